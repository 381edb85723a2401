/**
 * What `until:`, `review.approvals` and ceilings come to, said once more in a few lines: how much a limit gives on a day, whom a
 * rule asks about a move, and what a group may spend. Shares nothing with the product.
 */

import {
  type CapName,
  type Group,
  groupNames,
  type Model,
  type RuleName,
  rules,
  teamsOf,
  type Until,
} from './model.ts';
import type { LiveState } from './stage.ts';

export type Verdict = 'ok' | 'bad' | 'maybe';
export type Answer = 'yes' | 'no' | 'maybe';

export interface Dated {
  readonly budget: number;
  readonly until: Until | null;
}

/** The limit that files say of an entry; null: they declare none. */
export function datedOf(model: Model, entry: string): Dated | null {
  const [where, name] = entry.split('/');
  const plain = (budget: number | null): Dated | null => (budget === null ? null : { budget, until: null });
  if (where === 'key') return plain(model.star);
  if (entry === 'b/solo') return { budget: model.solo, until: model.soloUntil };
  if (name === 'floor') return where === 'a' && model.skips ? null : plain(model.floor);
  return model.caps[name as CapName];
}

/** Null: there is no such limit then. */
export function amountOn(limit: Dated | null, day: string): number | null {
  if (limit === null) return null;
  return limit.until !== null && day >= limit.until.date ? limit.until.later : limit.budget;
}

function isRise(from: number | null, to: number | null, above: number): boolean {
  if (to === null) return from !== null;
  return to > above && (from === null || to > from);
}

/** What bears on how much may be spent. */
export function isMoney(part: string): boolean {
  return part !== 'note' && part !== 'alert' && part !== 'protect';
}

/** Whether a rule is about what an entry becomes. */
export function isAsked(name: RuleName, entry: string, before: Model, after: Model, day: string): Answer {
  const { above, kind } = rules[name];
  if (kind !== null && (kind !== 'usage-policy' || entry.startsWith('key/'))) return 'no';
  if (name === 'owner' && entry.startsWith('b/')) return 'no';
  if (above === null) return 'yes';
  const [was, is] = [datedOf(before, entry), datedOf(after, entry)];
  const days = [was?.until?.date, is?.until?.date].filter((date) => date !== undefined && date > day) as string[];
  if ([day, ...days].some((one) => isRise(amountOn(was, one), amountOn(is, one), above))) return 'yes';
  if (JSON.stringify(was) === JSON.stringify(is)) return 'no';
  const sides = [is?.budget ?? null, is?.until === null || is === null ? 0 : is.until.later];
  return sides.some((side) => side === null || side > above) ? 'maybe' : 'no';
}

/** Those of whom a rule asks one, of files with it. */
export function namedBy(name: RuleName, { owner }: Model): readonly string[] | null {
  const { by } = rules[name];
  if (by !== null) return by;
  return owner.startsWith('@') ? [owner] : null;
}

export function isOneOf(by: readonly string[], people: readonly string[], finance: ReadonlySet<string>): boolean {
  const asked = by.map((name) => name.slice(1).toLowerCase());
  return people.some((one) => asked.includes(one) || (asked.includes('example/finance') && finance.has(one)));
}

/** What one of the teams may spend in 30 days. Team A has $50 in all. */
export function spendOf(live: LiveState, team: 'a' | 'b'): number {
  if (team === 'a') return 50;
  return Math.min(
    live['b/solo']?.budget ?? Number.POSITIVE_INFINITY,
    live['b/floor']?.budget ?? Number.POSITIVE_INFINITY,
  );
}

/** Groups that files say, where all of them agree. */
export function agreedGroups(models: readonly Model[]): readonly Group[] {
  return groupNames.flatMap((name) => {
    const [first, ...others] = models.map(({ groups }) => JSON.stringify(groups[name]));
    const found = models[0]?.groups[name] ?? null;
    return found === null || others.some((other) => other !== first) ? [] : [found];
  });
}

/** A group above its ceiling in which the spend of team B rises. */
export function exceeded(groups: readonly Group[], before: LiveState, after: LiveState): Group | null {
  if (spendOf(after, 'b') <= spendOf(before, 'b')) return null;
  const sum = (group: Group): number => teamsOf(group).reduce((all, team) => all + spendOf(after, team), 0);
  return groups.find((group) => teamsOf(group).includes('b') && sum(group) > group.ceiling) ?? null;
}
