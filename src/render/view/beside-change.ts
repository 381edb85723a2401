/** What is known of one change, beside it: how much is used, when it runs out, what else holds, what a reader has to know. */

import { compare, fromText } from '../../exact.ts';
import type {
  BudgetImpact,
  CommittedImpact,
  CounterImpact,
  HolderImpact,
  LimitImpact,
  PeopleImpact,
  RemovedImpact,
  RunOutImpact,
} from '../../impact/document.ts';
import { formatExact } from '../../impact/money.ts';
import { countsFromZero } from '../../impact/moves.ts';
import { restartNote } from '../../plan/plan-policies.ts';
import type { Change, Plan } from '../../plan/types.ts';
import { escapeInvisible } from '../../printable.ts';
import { formatRate, formatReset } from '../../resources/amounts.ts';
import { hasOneCounter } from '../../resources/limit.ts';
import type { RateName, Reset, Unit } from '../../resources/types.ts';
import { describeShare } from '../describe-impact.ts';
import { aside, type Line, reason, verdict, words } from './cells.ts';
import { lengthUntil, shortDay } from './days.ts';
import { priceLines } from './price-lines.ts';
import { rateLines } from './rate-lines.ts';
import { countCallers, describeCaller, nameCallers, perOfCounters } from './traffic.ts';

/** Of one limit of a change. */
export interface LimitView {
  /** Null: there is nothing to say. */
  readonly used: Line | null;
  /** Whom the change stops and lets in, and what still holds where a limit goes. */
  readonly effects: readonly Line[];
  /** When it is used up; without the words `runs out`, which a table has in its head. */
  readonly runsOut: Line | null;
  /** Of new counters: how long they count until they start again. */
  readonly firstWindow: Line | null;
}

export interface Beside {
  readonly limits: readonly LimitView[];
  readonly notes: readonly Line[];
}

/** @param limits what is known of the budgets of this change */
export function besideChange(change: Change, limits: readonly LimitImpact[], isWithheld: boolean, plan: Plan): Beside {
  const { impact } = plan;
  const context = { change, plan, asOf: impact?.as_of ?? '', isDoubted: impact?.doubt != null };
  const forgiven = limits.flatMap(forgivenLines);
  // What is held back takes nothing away.
  const holds = isWithheld ? [] : holdsLines(change, plan);
  return {
    limits: limits.map((limit, index) => ({
      used: usedLine(limit, context),
      effects: [...effectLines(limit, context), ...(index === limits.length - 1 ? holds : [])],
      runsOut: runOutLine(limit, context),
      firstWindow: firstWindowLine(limit, context),
    })),
    notes: [
      ...causeLines(change),
      // That counters restart is said with what is lost by it, where that is known.
      ...change.notes
        .filter((note) => forgiven.length === 0 || note !== restartNote)
        .map((note): Line => [verdict('warn', `! ${note}`)]),
      ...forgiven,
      ...limits.flatMap((limit) => [...bindingLines(limit, context.asOf), ...mailLines(limit)]),
      ...limits.flatMap(tokenMoneyLines),
      ...(limits.length === 0 ? holds : []),
      ...rateLines(change.id, plan),
      ...priceLines(change.id, plan),
      ...replayedLines(change, plan),
    ],
  };
}

function replayedLines({ id }: Change, { replayed }: Plan): Line[] {
  const said = replayed !== undefined && Object.hasOwn(replayed, id) ? replayed[id] : undefined;
  return said === undefined ? [] : [[words(said)]];
}

interface Context {
  readonly change: Change;
  readonly plan: Plan;
  readonly asOf: string;
  /** Why nothing is known of any use is said once, for all. */
  readonly isDoubted: boolean;
}

/** How much is used: whom that stops or lets in is said of the change. */
function usedLine(limit: LimitImpact, { change, isDoubted }: Context): Line | null {
  const { use, counter } = limit;
  if (use.status === 'unknown') return [words(isDoubted ? 'use not known' : `use not known: ${use.reason}`)];
  const { largest, in_doubt: doubt } = use;
  const isNamed = isEachNamed(limit, change);
  const parts = [
    ...(largest === null || isNamed
      ? []
      : [describeLargest(largest, limit, use.counters, perOfCounters(change, limit))]),
    ...(doubt === null
      ? []
      : [`use of ${doubt.count} ${doubt.count === 1 ? 'counter' : 'counters'} not known: ${doubt.reason}`]),
  ];
  if (parts.length === 0) return counter === 'new' || isNamed ? null : [words('nothing used so far')];
  return [words(`${parts.join('; ')}${use.source === 'analytics' ? ' (estimated from analytics)' : ''}`)];
}

/** Who is refused and who is let in the moment it is applied, and whom another limit goes on refusing. */
function effectLines(limit: LimitImpact, { change, asOf }: Context): Line[] {
  const { use, unit } = limit;
  if (use.status === 'unknown') return [];
  const per = perOfCounters(change, limit);
  const { largest, blocked, freed, held, held_by: holders = [] } = use;
  // Where nobody is to be named, a counter without a name may be one of many.
  const isOne = largest?.name === null && (change.key.kind !== 'usage-policy' || hasOneCounter(per));
  const name = (people: PeopleImpact): string =>
    isOne ? 'all its calls' : (nameCallers(people, per, unit) ?? countCallers(people, per));
  const lines: Line[] = [];
  if (blocked.count > 0) lines.push([verdict('stop', 'stops'), words(` ${name(blocked)}`)]);
  if (freed.count > 0) {
    const doubt = use.may_stay_blocked ? ', but on a backend before 1.20 maybe not before the reset' : '';
    lines.push([words(`lets in ${name(freed)}${doubt}`)]);
  }
  if (held !== undefined) lines.push([words(describeHeld(holders, name(held), unit, asOf))]);
  return lines;
}

/** Those whom it stops or lets in are named, each with what it used. */
function isEachNamed(limit: LimitImpact, change: Change): boolean {
  const { use, unit } = limit;
  if (use.status === 'unknown') return false;
  return [use.blocked, use.freed].some(
    (people) => people.count > 0 && nameCallers(people, perOfCounters(change, limit), unit) !== null,
  );
}

/** `key-ceiling ($100) still refuses key newsletter-bot ($104.19) until Tue 1 Dec`. */
function describeHeld([first, ...more]: readonly HolderImpact[], who: string, unit: Unit, asOf: string): string {
  if (first === undefined) return `another limit still refuses ${who}`;
  const { limit, amount, next_reset: next } = first;
  const name = `${escapeInvisible(limit)} (${formatExact(fromText(amount), unit)})`;
  if (more.length > 0) return `${name} and ${more.length} more still refuse ${who}`;
  const until = next === null || next === 'unknown' ? '' : ` until ${shortDay(next, asOf)}`;
  return `${name} still refuses ${who}${until}`;
}

/** `$352.66, 88% → 71%`, `$104.19 by key newsletter-bot, over $50, the fullest of 4`. */
function describeLargest(
  { name, used, percent_before, percent_after }: CounterImpact,
  { unit, before, after }: LimitImpact,
  counters: number,
  per: readonly string[],
): string {
  const sides = [[percent_before, before] as const, [percent_after, after] as const];
  const who = name === null ? '' : ` by ${describeCaller(name, per)}`;
  const fullest = counters > 1 ? `, the fullest of ${counters}` : '';
  return `${formatExact(fromText(used), unit)}${who}${describeShare(sides, unit)}${fullest}`;
}

function runOutLine(limit: LimitImpact, { asOf }: Context): Line | null {
  const { forecast, before, after } = limit;
  if (after === null) return null;
  const until = reason(`, refused until ${describeReset(after, asOf)}`);
  if (forecast.status === 'unknown') return staysOver(limit) ? [words('now'), until] : [words('not known')];
  // Who is refused until now is named beside it.
  const was = forecast.before?.when === 'now' ? 'now' : describeRunOut(forecast.before, before, asOf);
  const will = describeRunOut(forecast.after, after, asOf);
  if (will === null) return null;
  // That it did not run out until now is what a reader takes for granted.
  const isNow = forecast.after?.when === 'now';
  const isNews = was === null || was === will || was === never || (was === 'now' && isNow);
  return [words(isNews ? will : `${was} → ${will}`), isNow ? until : words('')];
}

/** A counter that stands over its limit needs no pace to be used up. */
export function staysOver({ use, after, counter }: LimitImpact): boolean {
  if (use.status === 'unknown' || after === null || counter !== 'kept') return false;
  return use.blocked.count > 0 || (use.largest?.percent_after ?? 0) >= 100;
}

const never = 'not at this pace';

/** Until when somebody is refused is said of what is to come alone. */
function describeRunOut(runOut: RunOutImpact | null, budget: BudgetImpact | null, asOf: string): string | null {
  if (runOut === null || budget === null) return null;
  const first = runOut.who === null ? '' : ` (${describeCaller(runOut.who, [])} first)`;
  switch (runOut.when) {
    case 'now':
      return `now${first}`;
    case 'this-window':
      return `${shortDay(runOut.at ?? '', asOf)}${first}`;
    case 'later-window':
      return `in a later window, ${shortDay(runOut.at ?? '', asOf)}`;
    case 'never':
      return never;
  }
}

/** `Tue 1 Dec`; of what never starts again, what has to happen. */
export function describeReset({ next_reset: next }: BudgetImpact, asOf: string): string {
  if (next === null) return 'it is raised, as it never resets';
  return next === 'unknown' ? 'its reset, which the service does not show' : shortDay(next, asOf);
}

/** A replacement's window is the one that ran before, where both are of one length and start on one day. */
function firstWindowLine(limit: LimitImpact, { asOf }: Context): Line | null {
  const { before, after } = limit;
  if (after === null || !countsFromZero(limit)) return null;
  const { next_reset: next } = after;
  if (next === null || next === 'unknown' || next === before?.next_reset) return null;
  const length = lengthUntil(next, asOf);
  return length === null ? null : [words(`first window: ${length}, resets ${shortDay(next, asOf)}`)];
}

function forgivenLines({ forgiven, unit }: LimitImpact): Line[] {
  if (forgiven === null || fromText(forgiven).n <= 0n) return [];
  const used = formatExact(fromText(forgiven), unit);
  return [[verdict('warn', `! counters restart at zero: ${used} used so far are forgiven`)]];
}

/** Another that ends first: of a raise that is all there is to say. */
function bindingLines({ binds, unit, before, after }: LimitImpact, asOf: string): Line[] {
  if (binds === null || binds.limit === 'this') return [];
  if (binds.limit === 'unknown') {
    return [[reason(`which limit binds is not known: ${binds.reason ?? 'not read'}`)]];
  }
  // Months are the same for all limits; weeks and days begin where each limit says.
  const isKnown = binds.reset === 'monthly' && after?.reset === 'monthly' && after.next_reset !== null;
  const ends = isKnown && after.next_reset !== 'unknown' ? `, resets ${shortDay(after.next_reset ?? '', asOf)}` : '';
  const size = `${formatExact(fromText(binds.amount), unit)} ${formatReset(binds.reset as Reset)}${ends}`;
  const isSamePeriod = binds.reset === after?.reset;
  const byPace = isSamePeriod ? '' : ' at this pace';
  return [
    [
      words(
        `${binds.limit} (${size}) is used up first${byPace}: ${boughtBy(binds.amount, isSamePeriod, before, after)}`,
      ),
    ],
  ];
}

/** What a raise past another limit is worth: amounts of one period alone can be held against each other. */
function boughtBy(
  binding: string,
  isSamePeriod: boolean,
  before: BudgetImpact | null,
  after: BudgetImpact | null,
): string {
  const isRaise = before !== null && after !== null && compare(fromText(after.amount), fromText(before.amount)) > 0;
  if (!isRaise || !isSamePeriod || before.reset !== after.reset) return 'this limit decides nothing alone';
  return compare(fromText(before.amount), fromText(binding)) >= 0
    ? 'this raise buys nothing while that stands'
    : 'this raise buys no more than that allows';
}

/** What tokens cost at most, where the budget names its models and their prices are known. */
function tokenMoneyLines({ unit, before, after }: LimitImpact): Line[] {
  if (unit !== 'tokens' || after === null) return [];
  const [was, will] = [before, after].map((side) => (side === null ? null : describeMoney(side.per_30_days)));
  if (will === null || will === undefined || after.per_30_days === null) return [];
  const from = was === null || was === undefined || was === will ? '' : `${was} → `;
  return [[words(`at most ${from}${will} / 30 days, by the dearest price of its models`)]];
}

function mailLines({ mail: { to, at_once: atOnce } }: LimitImpact): Line[] {
  if (to.length === 0 || atOnce !== true) return [];
  return [[words(`mails ${to.join(', ')} at once: the threshold is passed already`)]];
}

/** What Git asks for is not explained; what somebody did by hand is, with what becomes of it. */
function causeLines({ cause, reason: why, action, lastWritten }: Change): Line[] {
  if (cause === 'adopted') return [[aside('live already, and seen for the first time')]];
  if (cause !== 'drifted' && cause !== 'both') return [];
  if (why === 'deleted-by-hand') return [[words('deleted by hand since the last apply: made again')]];
  // The row says when it was written last, which a narrow table has no room to explain.
  const when: Line =
    lastWritten === undefined ? [] : [words(' ('), reason('row written '), words(`${lastWritten.slice(0, 10)})`)];
  const since = reason(' since the last apply');
  if (cause === 'both') return [[words('also changed by hand'), since, ...when, words(': the files win')]];
  return [[words('changed by hand'), since, ...when, words(`: ${action === 'delete' ? 'taken away' : 'put back'}`)]];
}

/** A removed limit is not the last one where another still holds: of money, and of each other sort that goes. */
function holdsLines({ id, key, action, before, after }: Change, { impact }: Plan): Line[] {
  const goes = action === 'delete' || (after === null && before !== null);
  const moved = impact?.workspaces.find(({ workspace }) => workspace === key.workspace);
  const isMoney = before?.unit === 'cost' || Object.keys(before ?? {}).some((field) => field.startsWith('budget[cost'));
  const others = (impact?.removed ?? []).filter((one) => one.id === id);
  return [
    ...(goes && moved !== undefined && isMoney ? [[words(describeHold(moved.after))]] : []),
    ...others.map((one): Line => [words(describeRemains(one))]),
  ];
}

/** `removed; policy team-calls still holds at 100 requests/minute per api_key`. */
function describeRemains({ unit, of, holds }: RemovedImpact): string {
  const what = of === 'rate' ? `rate of ${unit}` : `${unit.replace(/s$/, '')} budget`;
  if (holds === null) return `removed; no other ${what} holds here`;
  if (holds === 'unknown') return `removed; whether another ${what} still holds is not known`;
  const { limit, amount, period, per } = holds;
  const whole = Number(fromText(amount).n);
  const size =
    of === 'rate'
      ? formatRate(whole, `${unit}/${period}` as RateName)
      : `${formatExact(fromText(amount), unit)} ${formatReset(period as Reset)}`;
  const each = hasOneCounter(per) ? '' : ` per ${per.map(escapeInvisible).join(' and ')}`;
  return `removed; ${escapeInvisible(limit)} still holds at ${size}${each}`;
}

function describeHold({ kind, cents, by }: CommittedImpact): string {
  switch (kind) {
    case 'bounded':
      return `removed; ${escapeInvisible(by ?? 'another limit')} still holds at ${describeMoney(cents)} / 30 days`;
    case 'unbounded':
      return 'removed; no other limit holds the spend of this workspace';
    case 'unknown':
      return 'removed; whether another limit still holds is not known';
  }
}

function describeMoney(cents: string | null): string {
  return cents === null ? 'an unknown amount' : formatExact(fromText(cents), 'cost');
}
