/** The rates that a change sets, moves or takes away, beside what they were. */

import type { LiveObject } from '../live/live.ts';
import type { LiveIndex } from '../live/live-index.ts';
import { isSame } from '../resources/canonical.ts';
import { isRateLimit, limitsOf, type RateLimit } from '../resources/limit.ts';
import type { Fields } from '../resources/types.ts';
import { type ChangeFacts, fieldsAfter } from './moves.ts';

export interface RateMove {
  readonly change: ChangeFacts;
  readonly before: RateLimit | null;
  readonly after: RateLimit | null;
  /** As it will be; as it is, when it goes. */
  readonly limit: RateLimit;
  /** The live object; null for what is created. */
  readonly object: LiveObject | null;
}

export function rateMovesOf(changes: readonly ChangeFacts[], index: LiveIndex): RateMove[] {
  return changes.flatMap((change) => {
    const { kind } = change.key;
    const object = change.liveId === null ? undefined : index.at(kind, change.workspaceId).byId(change.liveId);
    if (kind !== 'rate-policy' && object === undefined) return [];
    const fields = object === undefined ? null : index.fieldsOf(object);
    const next = fields === null ? change.after : fieldsAfter(fields, change);
    const ratesOf = (side: Fields | null) => limitsOf(kind, side ?? {}).filter(isRateLimit);
    const [was, becomes] = [ratesOf(fields), ratesOf(next)];
    return [...new Set([...was, ...becomes].map(({ field }) => field))].sort().flatMap((field): RateMove[] => {
      const before = was.find((one) => one.field === field) ?? null;
      const after = becomes.find((one) => one.field === field) ?? null;
      const limit = after ?? before;
      if (limit === null || (before !== null && after !== null && isSame(before, after))) return [];
      return [{ change, before, after, limit, object: object ?? null }];
    });
  });
}
