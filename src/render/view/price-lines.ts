/** When the budgets that count in changed prices run out, beside the change. */

import type { RunOut } from '../../consumption/run-out.ts';
import { exactOf } from '../../exact.ts';
import { formatExact } from '../../impact/money.ts';
import { isSameDay, type PricedBudget, type RunOutRange } from '../../impact/price-effect.ts';
import type { Plan } from '../../plan/types.ts';
import { escapeInvisible } from '../../printable.ts';
import { formatReset } from '../../resources/amounts.ts';
import { describePlaced } from '../describe-change.ts';
import { listFew } from '../list-few.ts';
import { aside, type Line, words } from './cells.ts';
import { shortDay } from './days.ts';

/** Of more there is a count; all are in JSON. */
const mostBudgets = 5;

export function priceLines(id: string, { prices }: Plan): Line[] {
  const effect = prices?.get(id);
  if (effect === undefined) return [];
  const { budgets, same, sameIn, gaps, asOf } = effect;
  const where = sameIn.length === 0 ? '' : ` (${listFew(sameIn.map(escapeInvisible), 3)})`;
  const sorted = [...budgets].sort((a, b) => momentOf(a) - momentOf(b));
  const more = sorted.length - mostBudgets;
  return [
    ...sorted.slice(0, mostBudgets).map((budget): Line => [words(describeBudget(budget, asOf))]),
    ...(more > 0 ? [[words(`${more} more ${noun(more)} in dollars may run out another day`)]] : []),
    ...(budgets.length === 0 && gaps.length === 0 ? [[words(describeSame(same, where))]] : []),
    ...(budgets.length > 0 && same > 0
      ? [[words(`${same} more ${noun(same)} in dollars${where} ${same === 1 ? 'runs' : 'run'} out as now`)]]
      : []),
    ...gaps.map((gap): Line => [words(`not known: ${escapeInvisible(gap)}`)]),
    ...(budgets.length === 0 ? [] : [[aside('at the pace of the last 7 days, as the budgets are now')]]),
  ];
}

function describeSame(same: number, where: string): string {
  if (same === 0) return 'no budget in dollars counts in these prices';
  const which = same === 1 ? `the one budget in dollars${where} runs` : `all ${same} budgets in dollars${where} run`;
  return `${which} out when ${same === 1 ? 'it' : 'they'} did, at the pace of the last 7 days`;
}

function noun(count: number): string {
  return count === 1 ? 'budget' : 'budgets';
}

/** The soonest first, what is not known before all. */
function momentOf({ after }: PricedBudget): number {
  if ('unknown' in after) return Number.NEGATIVE_INFINITY;
  const { earliest } = after.value;
  if (earliest.when === 'now') return Number.NEGATIVE_INFINITY;
  return 'at' in earliest ? earliest.at : Number.MAX_VALUE;
}

/** `key ci-runner (ws-a), $500 monthly: runs out about Sat 12 Dec instead of Sun 20 Dec`. */
function describeBudget({ kind, workspace, name, amount, reset, before, after }: PricedBudget, asOf: string): string {
  const what = describePlaced({ kind, workspace, name: name ?? '(not named)' });
  const size = `${formatExact(exactOf(amount), 'cost')}${reset === null ? '' : ` ${formatReset(reset)}`}`;
  const still = before === null ? '' : `, now ${describeRunOut(before, asOf)}`;
  if ('unknown' in after) {
    return `${what}, ${size}: when it runs out then is not known${still}: ${escapeInvisible(after.unknown)}`;
  }
  if (after.value.earliest.when === 'never') return `${what}, ${size}: does not run out at this pace${still}`;
  const was = before === null || before.when === 'never' ? still : ` instead of ${describeRunOut(before, asOf)}`;
  return `${what}, ${size}: runs out ${describeRange(after.value, asOf)}${was}`;
}

function describeRange({ earliest, latest }: RunOutRange, asOf: string): string {
  if (isSameDay(earliest, latest)) {
    return 'at' in earliest ? `about ${describeRunOut(earliest, asOf)}` : describeRunOut(earliest, asOf);
  }
  return latest.when === 'never'
    ? `${describeRunOut(earliest, asOf)} at the earliest`
    : `between ${describeRunOut(earliest, asOf)} and ${describeRunOut(latest, asOf)}`;
}

function describeRunOut(runOut: RunOut, asOf: string): string {
  switch (runOut.when) {
    case 'now':
      return 'now';
    case 'this-window':
    case 'later-window':
      return shortDay(new Date(runOut.at).toISOString(), asOf);
    case 'never':
      return 'not at this pace';
  }
}
