/** What is judged for itself: a change, a step of the record without one, or a line. Which resource it is about, and how people are told. */

import { changeId } from '../plan/make-change.ts';
import { keyOfStep } from '../plan/next-record.ts';
import type { Change, RecordLine, RecordStep } from '../plan/types.ts';
import type { ResourceKey } from '../resources/types.ts';

export type ReviewedItem = Change | RecordStep | RecordLine;

export function isLine(item: ReviewedItem): item is RecordLine {
  return 'detail' in item && 'action' in item && !('fingerprint' in item);
}

export function isStep(item: ReviewedItem): item is RecordStep {
  return 'previous' in item && 'next' in item;
}

/** Null: it is about no resource, such as a setting. */
export function keyOfItem(item: ReviewedItem): ResourceKey | null {
  return isStep(item) ? keyOfStep(item) : item.key;
}

/** `usage-policy/search/monthly`; of a line with what it does: `forget usage-policy/search/monthly`. */
export function describeItem(item: ReviewedItem): string {
  if ('fingerprint' in item) return item.id;
  const key = keyOfItem(item);
  if (isLine(item)) return `${item.action} ${key === null ? item.detail : changeId(key)}`;
  return key === null ? '' : changeId(key);
}
