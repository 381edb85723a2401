/** All that is known of what each change does, in words, unescaped: for who wants more than a plan says beside it. */

import { fromText } from '../exact.ts';
import type {
  BudgetImpact,
  CommittedSumImpact,
  CounterImpact,
  Impact,
  LimitImpact,
  PeopleImpact,
  RunOutImpact,
} from '../impact/document.ts';
import { formatDelta, formatExact } from '../impact/money.ts';
import type { Plan } from '../plan/types.ts';
import { formatReset } from '../resources/amounts.ts';
import type { Reset, ResourceKey, Unit } from '../resources/types.ts';
import { describePlaced } from './describe-change.ts';
import { day, minute } from './view/days.ts';
import { describeBy } from './view/money.ts';

/** A word for what a line is about, and the line. */
export interface ImpactLine {
  readonly label: string;
  readonly text: string;
}

/** One budget of one change. */
export interface ImpactEntry {
  /** `monthly-spend (ws-market)`. */
  readonly placed: string;
  readonly lines: readonly ImpactLine[];
}

/** Those named of the blocked and freed; the rest is a number. */
const mostNamed = 5;

export function describeImpact({ impact, changes }: Plan): ImpactEntry[] {
  if (impact === null) return [];
  const keys = new Map(changes.map(({ id, key }) => [id, key]));
  return impact.changes.flatMap(({ id, limits }) => {
    const key = keys.get(id);
    return key === undefined
      ? []
      : limits.map((limit) => ({
          placed: describePlaced(key),
          lines: [...linesOf(limit, key), ...workspaceLines(limit, key, impact)],
        }));
  });
}

function linesOf(limit: LimitImpact, key: ResourceKey): ImpactLine[] {
  const { unit, use, forecast, binds, forgiven, mail, shared_by: sharedBy } = limit;
  const lines: ImpactLine[] = [{ label: 'limit', text: describeMove(limit) }];
  const say = (label: string, text: string): void => void lines.push({ label, text });
  say('per', describeSharing(sharedBy, key));
  if (use.status === 'unknown') say('used', `unknown: ${use.reason}`);
  else {
    const estimate = use.source === 'analytics' ? ', estimated from analytics' : '';
    say('used', `${describeUse(limit, use.largest, use.counters)}${estimate}`);
    if (use.in_doubt !== null) {
      const { count, reason } = use.in_doubt;
      say('in doubt', `the use of ${count} ${count === 1 ? 'counter' : 'counters'}: ${reason}`);
    }
    if (use.blocked.count > 0) say('blocks', describePeople(use.blocked, unit));
    if (use.freed.count > 0) {
      const doubt = use.may_stay_blocked
        ? '; on a backend before 1.20 they may stay refused until the reset'
        : '; another limit may still refuse them';
      say('lets in', `${describePeople(use.freed, unit)}${doubt}`);
    }
    if (use.held !== undefined) {
      const by = (use.held_by ?? [])
        .map((one) => `${one.limit} (${formatExact(fromText(one.amount), unit)})`)
        .join(', ');
      say('refused still', `${describePeople(use.held, unit)}, by ${by === '' ? 'another limit' : by}`);
    }
  }
  if (forgiven !== null) say('counter', `starts at zero: ${formatExact(fromText(forgiven), unit)} so far is forgiven`);
  else if (limit.counter === 'starts-at-zero') say('counter', 'starts at zero');
  say('runs out', describeForecast(limit, forecast));
  if (limit.after?.next_reset != null) say('resets', describeReset(limit.after));
  if (binds?.limit === 'unknown') say('binds', `unknown: ${binds.reason ?? 'not read'}`);
  else if (binds !== null && binds.limit !== 'this') {
    const size = `${formatExact(fromText(binds.amount), unit)} ${formatReset(binds.reset as Reset)}`;
    const byPace = binds.reset === limit.after?.reset ? '' : ' at this pace';
    say('binds', `${binds.limit} (${size}) is used up first${byPace}: this limit decides nothing alone`);
  }
  say('mail', describeMail(mail, limit));
  return lines;
}

/** Why the workspace may spend no more or less than before, though this limit moves: another one decides. */
function workspaceLines(
  { delta_per_30_days: delta }: LimitImpact,
  { workspace }: ResourceKey,
  impact: Impact,
): ImpactLine[] {
  const found = impact.workspaces.find((one) => one.workspace === workspace);
  if (delta === null || found === undefined || found.delta === null || found.delta === delta) return [];
  const { before, after } = found;
  const [was, will] = [before, after].map(({ cents }) => formatExact(fromText(cents ?? '0'), 'cost'));
  const sum = was === will ? `${will}, as before` : `${was} → ${will}`;
  return [{ label: 'workspace', text: `committed ${sum} / 30 days${describeBy(before, after)}` }];
}

/** `$500 → $750 monthly, +$250 / 30 days by this limit alone`; what is not monthly also says what it comes to in 30 days. */
function describeMove({ unit, before, after, delta_per_30_days: delta }: LimitImpact): string {
  const [was, becomes] = [before, after].map((side) => (side === null ? null : formatReset(side.reset as Reset)));
  const isSameAmount = before !== null && after !== null && before.amount === after.amount;
  if (isSameAmount) {
    const reset = was === becomes ? `${becomes ?? ''}, as it is` : `reset ${was ?? ''} → ${becomes ?? ''}`;
    return `${describeAmount(after, unit)}${was === becomes ? ' ' : ', '}${reset}${unit === 'tokens' ? inMoney(before, after) : perMonth(before, after)}`;
  }
  const amounts =
    was === becomes
      ? `${describeAmount(before, unit)} → ${describeAmount(after, unit)} ${becomes ?? ''}`
      : `${describeSide(before, unit)} → ${describeSide(after, unit)}`;
  const change = delta === null ? '' : `, ${formatDelta(fromText(delta), 'cost')} / 30 days by this limit alone`;
  return `${amounts}${change}${unit === 'tokens' ? inMoney(before, after) : perMonth(before, after)}`;
}

/** What tokens cost where the budget names its models. */
function inMoney(before: BudgetImpact | null, after: BudgetImpact | null): string {
  if ([before, after].every((side) => side === null || side.per_30_days === null)) return '';
  const [was, becomes] = [before, after].map((side) => {
    if (side === null) return 'no limit';
    return side.per_30_days === null ? 'unknown' : `at most ${formatExact(fromText(side.per_30_days), 'cost')}`;
  });
  return ` (${was} → ${becomes} per 30 days, by the dearest price of its models)`;
}

function describeSide(budget: BudgetImpact | null, unit: Unit): string {
  return budget === null ? 'no limit' : `${describeAmount(budget, unit)} ${formatReset(budget.reset as Reset)}`;
}

/** Both sides per 30 days, unless that is what the amounts say already. */
function perMonth(before: BudgetImpact | null, after: BudgetImpact | null): string {
  const sides = [before, after].map((side) => side?.per_30_days ?? null);
  if ([before, after].every((side) => side === null || side.per_30_days === null || side.per_30_days === side.amount))
    return '';
  const [was, becomes] = sides.map((side) => (side === null ? 'no limit' : formatExact(fromText(side), 'cost')));
  return ` (${was} → ${becomes} per 30 days)`;
}

function describeAmount(budget: BudgetImpact | null, unit: Unit): string {
  return budget === null ? 'no limit' : formatExact(fromText(budget.amount), unit);
}

function describeSharing(per: readonly string[], { kind }: ResourceKey): string {
  if (kind === 'key-limits') return 'whoever calls with this key shares one counter';
  const groups = per.filter((key) => key !== 'workspace_id');
  if (kind !== 'usage-policy' || groups.length === 0) return 'all callers it applies to share one counter';
  return `one counter for each ${groups.join(' and ')}`;
}

function describeUse(
  { unit, counter, before, after }: LimitImpact,
  largest: CounterImpact | null,
  counters: number,
): string {
  if (largest === null) return counter === 'new' ? 'nothing: its counters are new' : 'nothing so far';
  const used = formatExact(fromText(largest.used), unit);
  const sides = [[largest.percent_before, before] as const, [largest.percent_after, after] as const];
  const share = describeShare(sides, unit);
  if (counters <= 1 && largest.name === null) return `${used}${share}`;
  const of = counters > 1 ? `, the fullest of ${counters} counters` : '';
  return `${largest.name ?? 'one counter'} ${used}${share}${of}`;
}

/** `, 88% → 71%`; above the limit in amounts, as no share of it is over the whole: `, over $50`. */
export function describeShare(
  sides: readonly (readonly [percent: number | null, limit: BudgetImpact | null])[],
  unit: Unit,
): string {
  const shares = sides.flatMap(([percent, limit]) => {
    if (percent === null || limit === null) return [];
    return [percent > 100 ? `over ${formatExact(fromText(limit.amount), unit)}` : `${percent}%`];
  });
  return shares.length === 0 ? '' : `, ${[...new Set(shares)].join(' → ')}`;
}

function describePeople({ count, largest }: PeopleImpact, unit: Unit): string {
  const named = largest.slice(0, mostNamed).flatMap(({ name, used }) => {
    const amount = formatExact(fromText(used), unit);
    return name === null ? [] : [`${name} (${amount})`];
  });
  const counters = `${count} ${count === 1 ? 'counter' : 'counters'} at once`;
  if (named.length === 0) return counters;
  const more = count - named.length;
  return `${counters}: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function describeForecast(limit: LimitImpact, forecast: LimitImpact['forecast']): string {
  if (forecast.status === 'unknown') return `unknown: ${forecast.reason}`;
  const [before, after] = [describeRunOut(forecast.before, limit.before), describeRunOut(forecast.after, limit.after)];
  const span = `pace of the 7 days to ${minute(forecast.as_of)}`;
  return before === after ? `${after}, before and after (${span})` : `${before} → ${after} (${span})`;
}

function describeRunOut(runOut: RunOutImpact | null, budget: BudgetImpact | null): string {
  if (runOut === null) return 'no limit';
  const who = runOut.who === null ? '' : ` (${runOut.who} first)`;
  const more = runOut.counters > 1 ? `, ${runOut.counters} counters by the reset` : '';
  switch (runOut.when) {
    case 'now':
      return `now${who}${more}`;
    case 'this-window':
      return `${day(runOut.at ?? '')}${who}${more}`;
    case 'later-window':
      return `not before ${budget?.next_reset ? day(budget.next_reset) : 'the reset'}, then ${day(runOut.at ?? '')}${who}`;
    case 'never':
      return 'never at this pace';
  }
}

function describeReset({ next_reset: next }: BudgetImpact): string {
  return next === null
    ? 'never'
    : next === 'unknown'
      ? 'unknown: the service does not show when'
      : `${day(next)} 00:00 UTC`;
}

function describeMail({ to, at_once: atOnce }: LimitImpact['mail'], { after, counter }: LimitImpact): string {
  if (to.length === 0) return after === null || counter === 'gone' ? 'nobody' : 'nobody by the service';
  const now = atOnce === null ? '' : atOnce ? '; the threshold is passed already' : '';
  return `${to.join(', ')}${now}`;
}

/** What the committed spend of the organisation leaves open; null: nothing. */
export function describeOpenSum({ organisation }: Impact): string | null {
  if (organisation === null) return null;
  const [was, will] = [openOf(organisation.before), openOf(organisation.after)];
  if (was === null && will === null) return null;
  return `Committed spend that is not known: ${was === will ? will : `${was ?? 'none'} → ${will ?? 'none'}`}.`;
}

function openOf(sum: CommittedSumImpact): string | null {
  const { partly, unknown } = sum;
  const parts = [
    ...(partly > 0 ? [`at most ${formatExact(fromText(sum.at_most), 'cost')} in ${partly} partly read`] : []),
    ...(unknown > 0 ? [`${unknown} not read`] : []),
  ];
  return parts.length === 0 ? null : parts.join(', ');
}

export const footnote = 'Only traffic through the gateway is counted, and models without a price cost nothing here.';
