/** Guards over how much a plan takes away or changes. */

import type { Counted, Threshold } from '../resources/review-settings.ts';
import type { Judging, Objection, Tally } from './input.ts';
import { countDeletes, countUpdates } from './tally.ts';

/** More than a number and more than a share, of a workspace or of the whole plan. The share is of the larger of both sides. */
export function judgeCounted(what: 'deletes' | 'updates'): (input: Judging, setting: Counted) => Objection | null {
  return ({ plan, tallies }, { plan: perPlan, ...perWorkspace }) => {
    const total = tallies.reduce((sum, tally) => sum + tally[what], 0);
    const all = { recorded: sum(tallies, 'recorded'), desired: sum(tallies, 'desired') };
    const exceeded = tallies.flatMap((tally) => {
      const said = exceeds(what, tally[what], tally, perWorkspace, tally.workspace ?? 'the organisation');
      return said.map((detail) => ({ detail, workspace: tally.workspace }));
    });
    const details = [...exceeded.map(({ detail }) => detail), ...exceeds(what, total, all, perPlan, 'the whole plan')];
    if (details.length === 0) return null;
    const count = what === 'deletes' ? countDeletes : countUpdates;
    const counted = plan.changes.filter((change) => count(change) > 0);
    const [worst] = exceeded;
    const first = worst === undefined ? counted[0] : counted.find(({ key }) => key.workspace === worst.workspace);
    return { count: total, details, first: first?.id };
  };
}

function sum(tallies: readonly Tally[], member: 'recorded' | 'desired'): number {
  return tallies.reduce((total, tally) => total + tally[member], 0);
}

function exceeds(
  counted: 'deletes' | 'updates',
  count: number,
  { recorded, desired }: Pick<Tally, 'recorded' | 'desired'>,
  { count: most, percent: share }: Threshold,
  where: string,
): string[] {
  const base = Math.max(recorded, desired);
  // In whole numbers: 30 % of 10 is exactly 3, and "more than" means 4.
  if (count <= most || count * 100 <= share * base) return [];
  const exact = base === 0 ? 100 : (count * 100) / base;
  // "10 %; more than 10 % need a word" would contradict itself.
  const percent = Math.round(exact) > share ? Math.round(exact) : Math.ceil(exact * 10) / 10;
  const what = counted === 'deletes' ? 'removes' : 'changes';
  return [
    `${what} ${count} of ${base} limits in ${where} (${percent} %); more than ${most} and more than ${share} % need a word`,
  ];
}

export function judgeEmptied({ plan: { changes }, tallies }: Judging): Objection | null {
  const emptied = tallies.filter(({ recorded, left, deletes }) => recorded > 0 && left === 0 && deletes > 0);
  if (emptied.length === 0) return null;
  const details = emptied.map(
    ({ workspace, recorded }) =>
      `leaves ${workspace ?? 'the organisation'} without any limit; ${recorded} ${recorded === 1 ? 'was' : 'were'} recorded`,
  );
  const first = changes.find((change) => change.key.workspace === emptied[0]?.workspace && countDeletes(change) > 0);
  return { count: emptied.length, details, first: first?.id };
}
