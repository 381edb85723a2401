/** What rows do not say, in sentences: one for each cause, and none where there is nothing to say. */

import { dayMilliseconds, dayOf, startOfDay } from '../consumption/windows.ts';
import { formatWhole } from '../resources/amounts.ts';
import type { SourceFacts } from './row-batch.ts';
import { describeStoreGaps } from './store-gaps.ts';

export function describeFacts(facts: SourceFacts): string[] {
  const { rows, duplicates, contradictions, malformed, cost, files, missing, otherWorkspaces } = facts;
  const notes = [...(facts.knowsDays === true ? [] : describeEdges(facts)), ...describeStoreGaps(facts.gaps)];
  const say = (number: number, text: (number: string) => string): void => {
    if (number > 0) notes.push(text(formatWhole(number)));
  };
  const all = formatWhole(rows);
  say(malformed.count, (count) =>
    malformed.first.length === 0
      ? `${count} rows have no id or no time that can be read, and are not counted.`
      : `${count} lines are not rows and are not counted: ${malformed.first
          .slice(0, 5)
          .map(({ file, line, why }) => `${file}:${line} ${why}`)
          .join('; ')}${malformed.count > 5 ? ' …' : '.'}`,
  );
  say(
    duplicates,
    (count) => `${count} rows have an id that was there before: each id counts once, by its earliest row.`,
  );
  say(contradictions, (count) => `${count} of them say something else than the row that counts.`);
  say(otherWorkspaces, (count) => `${count} calls are of other workspaces than was asked about, and are left out.`);
  if (cost.isCoarse === true) {
    notes.push('Costs are held as Float32, of which seven digits are right: no sum of them is exact to the cent.');
  }
  say(cost.missing, (count) => `The cost of ${count} of ${all} calls is unknown: their rows say none.`);
  for (const [currency, number] of Object.entries(cost.otherCurrency)) {
    say(number, (count) => `The cost of ${count} calls is in ${currency}, and not in the sums.`);
  }
  say(
    cost.tooFine,
    (count) => `The cost of ${count} calls has more than ten decimals of a cent, and is not in the sums.`,
  );
  say(cost.outOfRange, (count) => `The cost of ${count} calls is negative or above $1,125, and is not in the sums.`);
  for (const [dim, number] of Object.entries(missing)) {
    say(number, (count) => `${count} of ${all} calls say nothing of ${dim}.`);
  }
  const mixed = files.filter(({ workspaces }) => (workspaces?.length ?? 0) > 1);
  say(
    mixed.length,
    (count) =>
      `${count} files hold calls of several workspaces: ${mixed
        .slice(0, 3)
        .map(({ name }) => name)
        .join(', ')}.`,
  );
  return notes;
}

/** Of a day without calls nothing says whether there were none, or whether they are not here. */
function describeEdges({ asked: { from, to }, oldest, newest }: SourceFacts): string[] {
  if (oldest === null || newest === null) return [];
  const notes: string[] = [];
  if (from !== null && startOfDay(oldest) > from) {
    notes.push(
      `The first call is of ${dayOf(oldest)}, and the window begins on ${dayOf(from)}: that there were none before, nothing says.`,
    );
  }
  if (to !== null && startOfDay(newest) + dayMilliseconds < to) {
    notes.push(
      `The last call is of ${dayOf(newest)}, and the window ends on ${dayOf(to - 1)}: that there were none after, nothing says.`,
    );
  }
  return notes;
}
