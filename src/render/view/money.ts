/** What happens to money: committed spend of the organisation, and of each workspace whose limits move. */

import { fromText, toText, total } from '../../exact.ts';
import type { CommittedImpact, CommittedSumImpact, Impact } from '../../impact/document.ts';
import { formatDelta, formatExact } from '../../impact/money.ts';
import type { Plan } from '../../plan/types.ts';
import { escapeInvisible } from '../../printable.ts';
import { listFew } from '../list-few.ts';
import { type Cell, fresh, type Line, reason, words } from './cells.ts';
import { nameOfWorkspace } from './traffic.ts';

/** `$250 → $500 (+$250)`: for the first line. Null: no cost limit changes. */
export function organisationMoney(plan: Plan): Line | null {
  const all = plan.impact?.organisation ?? null;
  if (all === null) return null;
  const [was, will] = [describeSum(all.before), describeSum(all.after)];
  // Of one side that is unbounded as a whole nothing is left to say.
  const isMixed = was !== 'unbounded' && will !== 'unbounded';
  return moved(was, will, all.delta ?? (isMixed ? boundedDelta(plan) : null), isMixed ? describeReach(plan) : []);
}

/** What those come to that are bounded before and after: where others are bounded than before, no difference of sums tells. */
function boundedDelta({ impact }: Plan): string | null {
  const deltas = (impact?.workspaces ?? []).flatMap(({ delta }) => (delta === null ? [] : [fromText(delta)]));
  return deltas.length === 0 ? null : toText(total(deltas));
}

/** `unbounded now: marketing`: what is in no difference of amounts. */
function describeReach(plan: Plan): Reach[] {
  const { impact } = plan;
  const named = (is: (one: Impact['workspaces'][number]) => boolean): string[] =>
    (impact?.workspaces ?? []).filter(is).map(({ workspace }) => nameOfWorkspace(workspace, plan));
  const opened = named(({ before, after }) => before.kind === 'bounded' && after.kind === 'unbounded');
  const closed = named(({ before, after }) => before.kind === 'unbounded' && after.kind === 'bounded');
  return [
    ...(opened.length === 0 ? [] : [{ text: `unbounded now: ${listFew(opened, 3)}`, to: 'raise' } as const]),
    ...(closed.length === 0 ? [] : [{ text: `bounded now: ${listFew(closed, 3)}`, to: 'cut' } as const]),
  ];
}

interface Reach {
  readonly text: string;
  readonly to: 'raise' | 'cut';
}

function moved(was: string, will: string, delta: string | null, reach: readonly Reach[] = []): Line {
  const amount = delta === null ? 0n : fromText(delta).n;
  if (was === will && reach.length === 0 && amount === 0n) {
    return [words(will === 'not known' ? will : `${will}, as before`)];
  }
  const moves: Reach[] = [
    ...(delta === null || amount === 0n
      ? []
      : [{ text: formatDelta(fromText(delta), 'cost'), to: amount > 0n ? 'raise' : 'cut' } as const]),
    ...reach,
  ];
  const shifts = moves.map(({ text, to }): Cell => ({ is: 'shift', text: ` (${text})`, to }));
  return [words(`${was} → `), fresh(will), ...shifts];
}

/** Whose amounts these are, and why not those of all: a plan reads the limits of what it moves. */
export function reachOfMoney(plan: Plan): string | null {
  const { impact } = plan;
  const all = impact?.organisation ?? null;
  if (all === null) return null;
  const { after } = all;
  const count = after.bounded + after.partly + after.unbounded + after.unknown;
  const missing = after.partly + after.unknown;
  if (missing === 0) return null;
  const moved = impact?.workspaces ?? [];
  const [doubted, known] = [true, false].map((is) =>
    moved.flatMap((one) => ((one.after.kind === 'unknown') === is ? [nameOfWorkspace(one.workspace, plan)] : [])),
  ) as [string[], string[]];
  const isAll = known.length === count - missing && known.length > 0 && known.length <= 2;
  const others = missing - doubted.length;
  return [
    `in ${isAll ? known.join(' and ') : `${count - missing} of ${count} workspaces`}`,
    ...(doubted.length === 0 ? [] : [`not known of ${listFew(doubted, 3)}`]),
    ...(others <= 0 ? [] : [`${others} ${others === 1 ? 'other does' : 'others do'} not change`]),
  ].join('; ');
}

function describeSum({ cents, bounded, partly, unbounded, unknown }: CommittedSumImpact): string {
  if (bounded === 0 && partly + unbounded + unknown > 0) return unbounded > 0 ? 'unbounded' : 'not known';
  const open = unbounded === 0 ? '' : ` and unbounded in ${unbounded} ${unbounded === 1 ? 'workspace' : 'workspaces'}`;
  return `${formatExact(fromText(cents), 'cost')}${open}`;
}

/** Beside the name of a workspace: `$250 → $500 (+$250), by old-trial → monthly-spend`. */
export function workspaceMoney(impact: Impact | null, slug: string | null): Line | null {
  const found = impact?.workspaces.find(({ workspace }) => workspace === slug);
  if (found === undefined) return null;
  const { before, after, delta, unjudged } = found;
  const [was, will] = [describeBound(before), describeBound(after)];
  const isSame = before.kind === after.kind && before.cents === after.cents;
  const line = isSame ? moved(will, will, null) : moved(was, will, delta);
  return [...line, ...(unjudged === null ? [reason(describeBy(before, after))] : [words(`: ${unjudged}`)])];
}

/** `$250 (5 keys × $50)`. */
function describeBound({ kind, cents, times }: CommittedImpact): string {
  if (kind !== 'bounded' || cents === null) return kind === 'unbounded' ? 'unbounded' : 'not known';
  const amount = formatExact(fromText(cents), 'cost');
  if (times === undefined) return amount;
  const { count, each } = times;
  return `${amount} (${count} ${count === 1 ? 'key' : 'keys'} × ${formatExact(fromText(each), 'cost')})`;
}

/** Why the sum of a workspace moves by another amount than one of its limits. */
export function describeBy(before: CommittedImpact, after: CommittedImpact): string {
  const [was, will] = [before.by, after.by].map((by) => (by === null ? null : escapeInvisible(by)));
  if (was === null || will === null || was === undefined || will === undefined) return '';
  return was === will ? `, by ${will}` : `, by ${was} → ${will}`;
}
