/** What somebody moved by hand since the last apply, where a plan moves on from it: as changes that would put it back. Pure. */

import type { ChangeFacts } from '../impact/moves.ts';
import { isSame } from '../resources/canonical.ts';
import { keyOfStep } from './next-record.ts';
import type { RecordStep } from './types.ts';

/**
 * Rules of approval count from what the record has: a raise by hand that the files take over, or lower a little, is theirs.
 *
 * | record | live | files | |
 * |---|---|---|---|
 * | $100 | $900 | $900, or $890 | back to $100 |
 * | $100 | $900 | $100 | – : the plan puts it back itself |
 */
export function undoneByHand(steps: readonly RecordStep[]): readonly ChangeFacts[] {
  return steps.flatMap((step): ChangeFacts[] => {
    const { workspaceId, previous, next, kept } = step;
    const key = keyOfStep(step);
    const liveId = step.liveId ?? previous?.id ?? null;
    if (key === null || liveId === null || previous === null || kept === true) return [];
    if (isSame(previous.fields, next?.fields ?? null)) return [];
    return [{ id: '', key, workspaceId, liveId, action: 'update', after: previous.fields, starting: null }];
  });
}
