/** Guards over the record that a plan is judged by. */

import { type GuardInput, type Objection, shortenDetails } from './input.ts';

/** The checkout does not contain what was applied last. */
export function judgeRewind({ rewind }: GuardInput): Objection | null {
  if (rewind === null) return null;
  const why = rewind.answer === 'no' ? 'is not in the history of' : 'cannot be found in the history of';
  const details = [
    `the commit applied last, ${rewind.commit.slice(0, 12)}, ${why} this checkout: applying would roll back what came since`,
    ...(rewind.isBehind === true
      ? ['the default branch has moved on: merge it into this branch first, or plan the merged result']
      : []),
  ];
  return { count: 1, details };
}

/** The record would be chosen by the change that it judges. Alone in a change it is carried over by hand. */
export function judgeMoved({ moved = null }: GuardInput): Objection | null {
  if (moved === null) return null;
  const details = [
    `the applied record is of another place than the files say: ${moved.what}`,
    moved.isPure
      ? 'nothing else differs from the last apply: once this is merged, `tollgate record move` carries the record over; until then nothing is applied'
      : 'a move of the record is a merged change of its own, with nothing else in it: take it out of this one, or apply the rest first',
  ];
  return { count: 1, details, ...(moved.isPure ? { warns: true } : {}) };
}

/** What has moved to another environment is that one's by now: the one that it left must not delete it. */
export function judgeHeldElsewhere({ plan: { changes, heldElsewhere } }: GuardInput): Objection | null {
  const taken = changes.filter(({ id }) => heldElsewhere?.has(id) === true);
  if (taken.length === 0) return null;
  const details = taken.map(({ id }) => `takes away ${id}, which the record of another environment holds as well`);
  return { count: taken.length, details: shortenDetails(details), first: taken[0]?.id };
}
