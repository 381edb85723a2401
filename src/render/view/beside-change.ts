/** What is known of one change, beside it: how much is used, when it runs out, what else holds, what a reader has to know. */

import { fromText } from '../../exact.ts';
import type { BudgetImpact, CommittedImpact, CounterImpact, LimitImpact, RunOutImpact } from '../../impact/document.ts';
import { formatExact } from '../../impact/money.ts';
import { countsFromZero } from '../../impact/moves.ts';
import { restartNote } from '../../plan/plan-policies.ts';
import type { Change, Plan } from '../../plan/types.ts';
import { escapeInvisible } from '../../printable.ts';
import { formatReset } from '../../resources/amounts.ts';
import { hasOneCounter } from '../../resources/limit.ts';
import type { Reset } from '../../resources/types.ts';
import { describeShare } from '../describe-impact.ts';
import { aside, type Line, reason, verdict, words } from './cells.ts';
import { lengthUntil, shortDay } from './days.ts';
import { countCallers, describeCaller, nameCallers, perOfCounters } from './traffic.ts';

/** Of one limit of a change. */
export interface LimitView {
  /** Null: there is nothing to say. */
  readonly used: Line | null;
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
  return {
    limits: limits.map((limit) => ({
      used: usedLine(limit, context),
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
      ...limits.flatMap((limit) => [...bindingLines(limit), ...mailLines(limit)]),
      ...limits.flatMap(tokenMoneyLines),
      // What is held back takes nothing away.
      ...(isWithheld ? [] : holdsLines(change, plan)),
    ],
  };
}

interface Context {
  readonly change: Change;
  readonly plan: Plan;
  readonly asOf: string;
  /** Why nothing is known of any use is said once, for all. */
  readonly isDoubted: boolean;
}

function usedLine(limit: LimitImpact, { change, isDoubted }: Context): Line | null {
  const { use, unit, counter } = limit;
  const per = perOfCounters(change, limit);
  if (use.status === 'unknown') return [words(isDoubted ? 'use not known' : `use not known: ${use.reason}`)];
  const { largest, blocked, freed, held, in_doubt: doubt } = use;
  const parts: string[] = [];
  // Where nobody is to be named, a counter without a name may be one of many.
  const isOne = change.key.kind !== 'usage-policy' || hasOneCounter(per);
  if (largest?.name === null && isOne) {
    const what = blocked.count > 0 ? ': stops them all' : freed.count > 0 ? ': frees them all' : '';
    parts.push(`${describeLargest(largest, limit, use.counters)}${what}`);
  } else if (blocked.count + freed.count + (held?.count ?? 0) > 0) {
    if (blocked.count > 0) parts.push(`stops ${nameCallers(blocked, per, unit) ?? countCallers(blocked, per)}`);
    if (freed.count > 0) parts.push(`frees ${nameCallers(freed, per, unit) ?? countCallers(freed, per)}`);
    if (held !== undefined) {
      const who = nameCallers(held, per, unit) ?? countCallers(held, per);
      parts.push(`another limit still refuses ${who}`);
    }
  } else if (largest !== null) {
    const who = largest.name === null ? '' : `${describeCaller(largest.name, per)} `;
    parts.push(`${who}${describeLargest(largest, limit, use.counters)}`);
  }
  if (freed.count > 0 && use.may_stay_blocked) {
    parts.push('on a backend before 1.20 they may stay blocked until the reset');
  }
  if (doubt !== null) {
    parts.push(`use of ${doubt.count} ${doubt.count === 1 ? 'counter' : 'counters'} not known: ${doubt.reason}`);
  }
  if (parts.length === 0) return counter === 'new' ? null : [words('nothing used so far')];
  return [words(`${parts.join('; ')}${use.source === 'analytics' ? ' (estimated from analytics)' : ''}`)];
}

/** `$352.66, 88% → 71%`. */
function describeLargest(largest: CounterImpact, { unit, before, after }: LimitImpact, counters: number): string {
  const sides = [[largest.percent_before, before] as const, [largest.percent_after, after] as const];
  const fullest = counters > 1 ? `, the fullest of ${counters}` : '';
  return `${formatExact(fromText(largest.used), unit)}${describeShare(sides, unit)}${fullest}`;
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

function bindingLines({ binds, unit, after }: LimitImpact): Line[] {
  if (binds === null || binds.limit === 'this') return [];
  if (binds.limit === 'unknown') {
    return [[reason(`which limit binds is not known: ${binds.reason ?? 'not read'}`)]];
  }
  const size = `${formatExact(fromText(binds.amount), unit)} ${formatReset(binds.reset as Reset)}`;
  const byPace = binds.reset === after?.reset ? '' : ' at this pace';
  return [[words(`${binds.limit} (${size}) is used up first${byPace}: this limit decides nothing alone`)]];
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
function causeLines({ cause, reason, action }: Change): Line[] {
  if (cause === 'adopted') return [[aside('live already, and seen for the first time')]];
  if (cause !== 'drifted' && cause !== 'both') return [];
  if (reason === 'deleted-by-hand') return [[words('deleted by hand since the last apply: made again')]];
  if (cause === 'both') return [[words('also changed by hand since the last apply: the files win')]];
  return [[words(`changed by hand since the last apply: ${action === 'delete' ? 'taken away' : 'put back'}`)]];
}

/** A removed budget is not the last one where another still holds. */
function holdsLines({ key, action, before, after }: Change, { impact }: Plan): Line[] {
  const goes = action === 'delete' || (after === null && before !== null);
  const moved = impact?.workspaces.find(({ workspace }) => workspace === key.workspace);
  const isMoney = before?.unit === 'cost' || Object.keys(before ?? {}).some((field) => field.startsWith('budget[cost'));
  if (!goes || moved === undefined || !isMoney) return [];
  return [[words(describeHold(moved.after))]];
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
