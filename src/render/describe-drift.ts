/** One move by hand in words: for `drift`, and for what a plan leaves as it is. */

import type { Drift } from '../plan/find-drift.ts';
import { escapeInvisible } from '../printable.ts';
import { toFields } from '../resources/fields.ts';
import { isPolicyKind } from '../resources/registry.ts';
import { describeChange, type Names } from './describe-change.ts';

/** Said once below what is left. */
export const leftAdvice =
  'What was set by hand and is left stays until the files say so; to put it back: tollgate apply --revert-drift';

/** From what was recorded to what is live: the plan's change looks the other way. */
export function describeDrift({ change, fieldChanges, deleted }: Drift, names: Names): string {
  if (deleted) return 'deleted';
  const moved = fieldChanges.map(({ field }) => field);
  const pick = (side: 'before' | 'after') => ({
    ...change.before,
    ...toFields(fieldChanges.map((fieldChange) => [fieldChange.field, fieldChange[side] ?? null])),
  });
  if (moved.length === 0) return 'moved';
  // A change is headed by the name it leads to, a drift by the one that was recorded.
  const rename = isPolicyKind(change.key.kind) ? fieldChanges.find(({ field }) => field === 'name') : undefined;
  const called =
    rename === undefined ? [] : [`now called ${JSON.stringify(rename.after ?? null)}`].map(escapeInvisible);
  const rest = fieldChanges.filter((fieldChange) => fieldChange !== rename);
  if (rest.length === 0) return called.join('');
  const what = describeChange(
    { ...change, action: 'update', before: pick('before'), after: pick('after'), fieldChanges: rest },
    names,
  );
  return [what, ...called].join(', ');
}
