/** What is known of a changed rate, beside its change: the peak of its window, and how many calls it would have refused. */

import { type Between, describeBetween } from '../../consumption/rate-bounds.ts';
import type { Refused } from '../../consumption/read-rate.ts';
import { dayMilliseconds } from '../../consumption/windows.ts';
import type { JudgedRate, RateFacts } from '../../impact/judged-rate.ts';
import type { Change, Plan } from '../../plan/types.ts';
import { escapeInvisible } from '../../printable.ts';
import { formatWhole } from '../../resources/amounts.ts';
import { formatRateLimit, hasOneCounter, type RateLimit } from '../../resources/limit.ts';
import { describeKey } from '../describe-change.ts';
import { listFew } from '../list-few.ts';
import { type Line, words } from './cells.ts';
import { shortDay } from './days.ts';
import { describeCaller } from './traffic.ts';

/** Before all else, of rates that are set or lowered: what nobody knows is not taken for harmless. Null: there are none. */
export function ratesHeadline(plan: Plan): string | null {
  const tighter = plan.changes.filter(
    ({ key, action, fieldChanges }) =>
      (key.kind === 'rate-policy' && (action === 'create' || action === 'replace')) ||
      fieldChanges.some(
        ({ field, direction }) => (field === 'value' || field.startsWith('rate')) && direction === 'tighten',
      ),
  );
  const isKnown = ({ id }: Change) => plan.replayed?.[id] !== undefined || (plan.rates?.get(id) ?? []).some(isTold);
  const known = tighter.filter(isKnown);
  const unknown = tighter.filter((change) => !isKnown(change));
  const sentences = [
    ...(known.length === 0 ? [] : [describeKnown(known, plan)]),
    ...(unknown.length === 0 ? [] : [`whom the rate ${nameFew(unknown)} will refuse is not known`]),
  ];
  return sentences.length === 0 ? null : sentences.join('; ');
}

function isTold({ demand }: JudgedRate): boolean {
  return !('unknown' in demand) && demand.refusedAfter !== null;
}

/** Of several the same call may be refused by more than one: no sum of theirs is a number of calls. */
function describeKnown(known: readonly Change[], { rates }: Plan): string {
  const [change, ...others] = known;
  const [rate, ...more] = rates?.get(change?.id ?? '') ?? [];
  if (rate === undefined || 'unknown' in rate.demand || others.length + more.length > 0)
    return `what the rate ${nameFew(known)} would have refused is said beside it`;
  const { since } = rate.demand;
  const day = shortDay(since, since);
  if (isWithoutCalls(rate.demand))
    return `since ${day} there were no ${rate.limit.unit} that the rate ${nameFew(known)} counts`;
  return `the rate ${nameFew(known)} ${describeRefused({ ...rate, before: null }, rate.demand)} since ${day}`;
}

function nameFew(changes: readonly Change[]): string {
  return listFew(
    changes.map(({ key }) => describeKey(key)),
    2,
  );
}

/** Of a change with several rates each line says which it is about. */
export function rateLines(id: string, { rates, names }: Plan): Line[] {
  // Of tools analytics never tell, which the headline says.
  const judged = (rates?.get(id) ?? []).filter(({ limit }) => limit.target === 'llm');
  return judged.map((rate): Line => {
    const which = judged.length > 1 ? `${formatRateLimit(rate.limit)}: ` : '';
    if ('unknown' in rate.demand) return [words(`${which}peak not known: ${escapeInvisible(rate.demand.unknown)}`)];
    // Wherever there is a bound: it is no number of calls, in a comment either.
    return [words(`${which}${describeDemand(rate, rate.demand, names)}${describeStep(rate.demand)}`)];
  });
}

function describeDemand(rate: JudgedRate, facts: RateFacts, names: Plan['names']): string {
  const { limit } = rate;
  const since = `since ${shortDay(facts.since, facts.since)}:`;
  if (isWithoutCalls(facts)) return `${since} no ${limit.unit} that it counts`;
  const peak = describeBetween(facts.peak, (count) => formatWindow(limit, count));
  return `${since} peak ${peak ?? 'not known'}${describeBusiest(limit, facts, names)}; ${describeRefused(rate, facts)}`;
}

function isWithoutCalls({ peak }: RateFacts): boolean {
  return peak.atMost === 0;
}

/** ` of user ana`, ` of one key`; nothing where there is one counter. */
function describeBusiest({ kind, per }: RateLimit, { busiest }: RateFacts, names: Plan['names']): string {
  if (kind !== 'rate-policy' || hasOneCounter(per)) return '';
  const [key = ''] = per;
  if (busiest === null) return ' of one counter';
  return ` of ${key === 'api_key' ? describeCaller(names[busiest] ?? busiest, per) : describeCaller(`${key}:${busiest}`, per)}`;
}

/**
 * | | |
 * |---|---|
 * | a new rate | `would have refused 2 of 7 calls` |
 * | another one | `would have refused 2 → 1 of 7 calls`; where each counts other calls `2 of 9 → 1 of 7 calls` |
 * | none any more | `the rate that goes would have refused 2 of 7 calls` |
 */
function describeRefused({ before, after }: JudgedRate, { refusedBefore, refusedAfter }: RateFacts): string {
  const said = 'would have refused';
  if (after === null) return `the rate that goes ${said} ${describeCalls(refusedBefore)} ${ofCalls(refusedBefore)}`;
  const will = `${describeCalls(refusedAfter)} ${ofCalls(refusedAfter)}`;
  if (before === null) return `${said} ${will}`;
  const isOfOthers = typeof refusedBefore?.of === 'number' && refusedBefore.of !== refusedAfter?.of;
  const was = `${describeCalls(refusedBefore)}${isOfOthers ? ` of ${formatWhole(refusedBefore.of ?? 0)}` : ''}`;
  return `${said} ${was} → ${will}`;
}

function describeCalls(between: Between | null): string {
  if (between?.atMost === 0) return 'none';
  return (between === null ? null : describeBetween(between, formatWhole)) ?? 'an unknown number';
}

function ofCalls(refused: Refused | null): string {
  if (typeof refused?.of !== 'number') return 'of the calls';
  return `of ${formatWhole(refused.of)} ${refused.of === 1 ? 'call' : 'calls'}`;
}

function formatWindow({ unit, window }: RateLimit, count: number): string {
  return `${formatWhole(count)} ${count === 1 ? unit.slice(0, -1) : unit}/${window}`;
}

/** Why it is no closer. */
function describeStep({ step, peak }: RateFacts): string {
  if (step === null) return ' (from analytics, which show no shorter times)';
  const length = lengthOf(step);
  return peak.atLeast === peak.atMost ? ` (from analytics)` : ` (from analytics, which count by ${length})`;
}

function lengthOf(step: number): string {
  if (step % dayMilliseconds === 0) return plural(step / dayMilliseconds, 'day');
  return step % 3_600_000 === 0 ? plural(step / 3_600_000, 'hour') : plural(step / 60_000, 'minute');
}

function plural(count: number, noun: string): string {
  return count === 1 ? noun : `${count} ${noun}s`;
}
