/** Guards over what a plan does to people and money. They judge what is known; what is not is the matter of the last one. */

import { ceiling, divide, type Exact, exactOf, fromText, multiply, round, subtract } from '../exact.ts';
import { type Committed, exceedsSpend } from '../impact/committed.ts';
import type { CommittedImpact, CounterImpact, LimitImpact } from '../impact/document.ts';
import { formatExact } from '../impact/money.ts';
import type { Change, Plan, RecordLine } from '../plan/types.ts';
import { largestOf, toWordNumber, type WordNumber } from '../plan/words.ts';
import { isBudget } from '../resources/fields.ts';
import { isPartOfPrices } from '../resources/price-fields.ts';
import type { SpendUp } from '../resources/review-settings.ts';
import type { ResourceKey } from '../resources/types.ts';
import { dateInWords } from '../resources/until-text.ts';
import { unjudgedCeilings } from './ceiling.ts';
import { cheaperOf, unknownPrices } from './cheaper.ts';
import { type GuardInput, type Objection, shortenDetails } from './input.ts';

interface ImpactLine {
  /** Id of the change. */
  readonly id: string;
  /** Name and workspace of the change. */
  readonly what: string;
  readonly limit: LimitImpact;
}

function linesOf({ impact, changes }: Plan): ImpactLine[] {
  const keys = new Map(changes.map(({ id, key }) => [id, key]));
  return (impact?.changes ?? []).flatMap(({ id, limits }) => {
    const key = keys.get(id);
    if (key === undefined) return [];
    return limits.map((limit) => ({ id, what: nameOf(key), limit }));
  });
}

function nameOf({ name, workspace }: ResourceKey): string {
  return workspace === null ? name : `${name} (${workspace})`;
}

export function judgeBlocksNow({ plan }: GuardInput): Objection | null {
  // A date is a limit: whoever calls with what it ends is refused, whatever was read of consumption.
  const ended = plan.changes.filter(({ expiresAtOnce }) => expiresAtOnce === true);
  let count = ended.length;
  let first = ended[0]?.id;
  const byDate = ended.map(({ key, after }) => {
    const what = `${key.kind === 'key-limits' ? 'key' : 'provider'} ${nameOf(key)}`;
    return `${what} stops working at once: its date, ${String(after?.expires).slice(0, 10)}, is over`;
  });
  const byUse = linesOf(plan).flatMap(({ id, what, limit: { use, unit } }) => {
    if (use.status === 'unknown' || use.blocked.count === 0) return [];
    count += use.blocked.count;
    first ??= id;
    const named = use.blocked.largest.slice(0, 5).map((counter) => describeCounter(counter, unit));
    const more = use.blocked.count - named.length;
    const who = named.length === 0 ? '' : `: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
    return [`${what} stops ${use.blocked.count} ${use.blocked.count === 1 ? 'counter' : 'counters'} at once${who}`];
  });
  const details = shortenDetails([...byDate, ...byUse]);
  return count === 0 ? null : { count, details, first };
}

function describeCounter({ name, used }: CounterImpact, unit: LimitImpact['unit']): string {
  return `${name ?? 'its only one'} at ${formatExact(fromText(used), unit)}`;
}

export function judgeSpendUp({ plan: { impact, changes } }: GuardInput, { percent }: SpendUp): Objection | null {
  let first: string | undefined;
  const rises: WordNumber[] = [];
  const details = (impact?.workspaces ?? []).flatMap(({ workspace, on, ...now }) => {
    const { before, after } = on ?? now;
    const [was, wanted] = [toCommitted(before), toCommitted(after)];
    if (was.kind !== 'bounded' || !exceedsSpend(was, wanted, percent)) return [];
    first ??= changes.find(({ key, direction }) => key.workspace === workspace && direction === 'loosen')?.id;
    const since = on === undefined ? '' : `, from ${dateInWords(on.date)} on`;
    rises.push(riseOf(was, wanted));
    const from = `committed spend of ${workspace}: ${formatExact(was.cents, 'cost')} →`;
    if (wanted.kind !== 'bounded') return [`${from} unbounded / 30 days${since}`];
    const rise = `+${percentUp(was.cents, wanted.cents, percent)} %`;
    return [`${from} ${formatExact(wanted.cents, 'cost')} / 30 days (${rise}; over +${percent} %)${since}`];
  });
  const cheaper = changes.flatMap((change) => cheaperOf(change, percent));
  first ??= cheaper[0]?.id;
  const all = [...details, ...cheaper.map(({ detail }) => detail)];
  const largest = [...rises, ...cheaper.map(({ rise }) => rise)];
  return all.length === 0 ? null : { count: largestOf(largest), details: shortenDetails(all), first };
}

function toCommitted({ kind, cents, by }: CommittedImpact): Committed {
  if (kind === 'bounded' && cents !== null) return { kind, cents: fromText(cents), by: by ?? '' };
  return kind === 'unbounded' ? { kind } : { kind: 'unknown', atMost: null };
}

/** Percent, rounded up; from nothing every rise is without bound. */
function riseOf(was: { readonly cents: Exact }, wanted: Committed): WordNumber {
  if (wanted.kind !== 'bounded' || was.cents.n === 0n) return 'unbounded';
  return toWordNumber(ceiling(multiply(divide(subtract(wanted.cents, was.cents), was.cents), exactOf(100))));
}

/** Whole percent; with a decimal where the whole one would deny that the bound was passed. */
function percentUp(before: Exact, after: Exact, most: number): string {
  const share = divide(subtract(after, before), before);
  const whole = round(multiply(share, exactOf(100)));
  if (whole > BigInt(most)) return `${whole}`;
  const tenths = round(multiply(share, exactOf(1000)));
  return tenths > BigInt(most * 10) ? `${tenths / 10n}.${tenths % 10n}` : `${most}.1`;
}

export function judgeCounterReset({ plan }: GuardInput): Objection | null {
  let first: string | undefined;
  const details = linesOf(plan).flatMap(({ id, what, limit: { forgiven, unit } }) => {
    if (forgiven === null || fromText(forgiven).n <= 0n) return [];
    first ??= id;
    return [`${what} starts counting from zero: ${formatExact(fromText(forgiven), unit)} used so far no longer counts`];
  });
  return details.length === 0 ? null : { count: details.length, details: shortenDetails(details), first };
}

/** Changes that could trip one of the others, which cannot be judged for them: not knowing is not the same as harmless. */
export function judgeUnknown({ plan }: GuardInput): Objection | null {
  const { impact, changes, recordLines, hasCeilings = false } = plan;
  if (impact === null) {
    const able = [...changes.filter(movesBudget), ...recordLines.filter(movesDate)];
    const guards = hasCeilings
      ? 'blocks-now, spend-up, counter-reset and ceiling'
      : 'blocks-now, spend-up and counter-reset';
    const details = [`consumption was not read: ${guards} are not judged`];
    return able.length === 0 ? null : { count: able.length, details, first: changes.find(movesBudget)?.id };
  }
  const groups = new Map<string, { readonly guard: string; readonly reason: string; readonly who: string[] }>();
  let first: string | undefined;
  for (const { id, what, limit } of linesOf(plan)) {
    for (const { guard, reason } of limit.unjudged) {
      first ??= id;
      const group = groups.get(`${guard}\n${reason}`) ?? { guard, reason, who: [] };
      group.who.push(what);
      groups.set(`${guard}\n${reason}`, group);
    }
  }
  const used = [...groups.values()].map(({ guard, reason, who }) => {
    const more = who.length > 3 ? ` and ${who.length - 3} more` : '';
    return `${guard} cannot be judged for ${who.slice(0, 3).join(', ')}${more}, of unknown use: ${reason}`;
  });
  const spend = impact.workspaces.flatMap(({ workspace, unjudged }) => {
    if (unjudged === null) return [];
    const raising = changes.filter((change) => change.key.workspace === workspace && movesBudget(change));
    const loosening = raising.filter(({ direction }) => direction === 'loosen' || direction === 'rescope');
    const [one, ...others] = loosening.length > 0 ? loosening : raising;
    first ??= one?.id;
    const who = one === undefined ? '' : ` (${one.key.name}${others.length > 0 ? ` and ${others.length} more` : ''})`;
    return [`spend-up cannot be judged for ${workspace}${who}: ${unjudged}`];
  });
  const ceilings = unjudgedCeilings(plan);
  const prices = unknownPrices(changes);
  first ??= prices[0]?.id;
  const details = [...used, ...spend, ...ceilings, ...prices.map(({ detail }) => detail)];
  const counts = [...groups.values()].map(({ who }) => who.length);
  const count = counts.reduce((sum, one) => sum + one, spend.length + ceilings.length + prices.length);
  return count === 0 ? null : { count, details: shortenDetails(details), first };
}

/** What holds from a date on is another amount then. */
function movesDate({ key, why }: RecordLine): boolean {
  return why === 'until' && key !== null && key.kind !== 'rate-policy';
}

/** Of a policy, what moves whom it stops and when. */
const moving: ReadonlySet<string> = new Set([
  'amount',
  'unit',
  'reset',
  'match',
  'per',
  'target',
  'starting',
  'budgets',
]);

/** Names, descriptions, recipients, alerts and rates stop nobody and spend nothing. */
function movesBudget({ key, action, fieldChanges }: Change): boolean {
  if (key.kind === 'rate-policy') return false;
  if (key.kind === 'usage-policy' && action !== 'update') return true;
  return fieldChanges.some(({ field }) => moving.has(field) || isBudget(field) || isPartOfPrices(field));
}
