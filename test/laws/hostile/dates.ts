/** Dates that give more than before: guards judge them when they are planned, and on their day they need no second word. */

import { type Dated, datedOf } from './asked.ts';
import { entries } from './facts.ts';
import type { History } from './history.ts';
import { capNames, type Model, teamsOf } from './model.ts';

function endsIn(limit: Dated | null): boolean {
  return limit?.until != null && limit.until.later === null;
}

/** Limits that are to end by a date, and are there without an end. */
export function newEnds(recorded: (entry: string) => readonly Model[], tip: Model): readonly string[] {
  const isOpen = (limit: Dated | null): boolean => limit !== null && !endsIn(limit);
  return entries.filter(
    (entry) => endsIn(datedOf(tip, entry)) && recorded(entry).some((model) => isOpen(datedOf(model, entry))),
  );
}

/**
 * The guard that should have kept a date from being applied; null: none for certain. Certain is what was in force all the time, of a
 * limit of which nothing before gave as much.
 *
 * @param start number of the state that the record says was applied
 * @param spend what team B may spend once the date has come
 */
export function unsaidOf(history: History, entry: string, start: number, spend: number): string | null {
  const { states, steps } = history;
  const { until } = datedOf(states[start] as Model, entry) ?? { until: null };
  const isSaidIn = (model: Model): boolean =>
    JSON.stringify(datedOf(model, entry)?.until ?? null) === JSON.stringify(until);
  const first = states.findIndex(isSaidIn);
  const [earlier, since] = [states.slice(0, first), states.slice(first)];
  // Who takes it out and puts it in again may say the word with either.
  if (until === null || first <= 0 || !since.every(isSaidIn)) return null;
  const pull = steps[first]?.pull ?? null;
  const words = pull === null ? [] : history.approvals(pull).flatMap((review) => review.words);
  const isUnsaid = (guard: string, least: number): boolean =>
    !words.some((word) => word.guard === guard && word.number >= least);
  const isInForce = (setting: 'deletes' | 'spendUp'): boolean => states.every(({ settings }) => settings[setting]);
  if (until.later === null) {
    const isOpen = earlier.every((model) => datedOf(model, entry) !== null && !endsIn(datedOf(model, entry)));
    // What comes makes room for what goes.
    const isAlone = states.every(({ caps }) => capNames.every((name) => (caps[name] === null) === (name === 'delta')));
    return isInForce('deletes') && isOpen && isAlone && isUnsaid('deletes', 1) ? 'deletes' : null;
  }
  if (entry !== 'b/solo') return null;
  const most = Math.max(...earlier.map(({ solo, soloUntil }) => Math.max(solo, soloUntil?.later ?? 0)));
  if (isInForce('spendUp') && spend > most * 1.25 && isUnsaid('spend-up', 200)) return 'spend-up';
  const [{ groups }] = since as [Model];
  const isAbove = Object.values(groups).some((group) => {
    const teams = teamsOf(group);
    const sum = teams.reduce((all, team) => all + (team === 'a' ? 50 : spend), 0);
    return group !== null && teams.includes('b') && sum > group.ceiling;
  });
  const isAgreed = since.every((model) => JSON.stringify(model.groups) === JSON.stringify(groups));
  return isAbove && isAgreed && spend > most && isUnsaid('ceiling', 5) ? 'ceiling' : null;
}
