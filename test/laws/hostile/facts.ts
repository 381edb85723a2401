/** What people did in a story, and what its states come to: entry by entry, as parts that move, and live. */

import { amountOn, datedOf } from './asked.ts';
import { type Cap, type CapName, capNames, groupNames, type Model, ruleNames } from './model.ts';
import type { LivePolicy } from './stage.ts';

export interface Word {
  readonly guard: string;
  readonly number: number;
}

export interface ReviewFact {
  readonly by: string;
  readonly state: string;
  /** Index of the head that it is of. */
  readonly head: number;
  readonly at: number;
  /** Words in it that count if the review does. */
  readonly words: readonly Word[];
}

export interface PullFact {
  readonly number: number;
  /** What it was at each head, and what it was to be put on. */
  readonly heads: { readonly base: Model; readonly model: Model }[];
  readonly reviews: ReviewFact[];
  readonly part: Set<string>;
  isDoubtful: boolean;
  baseMovedAt: number;
  hasLostHeads: boolean;
  state: 'open' | 'merged' | 'pushed';
}
export const entries = [...capNames.map((name) => `a/${name}`), 'a/floor', 'b/floor', 'b/solo', 'key/app', 'key/batch'];
export const settingsEntry = 'settings';
export type Parts = Readonly<Record<string, unknown>>;

export function partsOf(model: Model, entry: string): Parts {
  const [where, name] = entry.split('/');
  if (entry === settingsEntry) {
    const silences = capNames.map((cap) => [`silence.${cap}`, model.caps[cap]?.silenced === true]);
    const { environment, organisation, ref } = model;
    const named = ruleNames.map((name) => [`rule.${name}`, model.rules[name]]);
    const groups = groupNames.map((name) => [`group.${name}`, model.groups[name]]);
    const owner = model.rules.owner && model.owner.startsWith('@') ? model.owner : null;
    const others = Object.fromEntries([...silences, ...named, ...groups]);
    return { ...model.settings, ...others, owner, environment, organisation, ref };
  }
  if (where === 'key') return { star: model.star };
  if (entry === 'b/solo') return { limit: { budget: model.solo, until: model.soloUntil } };
  if (name === 'floor') return { limit: model.floor, ...(where === 'a' ? { skip: model.skips } : {}) };
  const cap = model.caps[name as CapName];
  const forget = model.forgets === name;
  if (cap === null) return { forget };
  const { budget, until, key, id, note, protect } = cap;
  return { limit: { budget, until, key, id }, note, protect, alert: alertOf(cap, budget), forget };
}

function alertOf({ late }: Cap, budget: number): number {
  return Math.floor(budget * (late ? 99 : 50)) / 100;
}

export const isEqual = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** What is live once a state has been applied on a day; null: nothing. */
export function liveIn(model: Model, entry: string, day: string): LivePolicy | null {
  const budget = amountOn(datedOf(model, entry), day);
  if (budget === null) return null;
  const cap = entry.startsWith('a/') ? model.caps[entry.slice(2) as CapName] : null;
  if (cap == null) return { budget, key: 'all', note: null, alert: null };
  return { budget, key: cap.key, note: cap.note, alert: alertOf(cap, budget) };
}
export function asksSame(a: PullFact['heads'][number], b: PullFact['heads'][number]): boolean {
  const moves = ({ base, model }: PullFact['heads'][number]): unknown =>
    [...entries, settingsEntry].map((entry) => {
      const [was, is] = [partsOf(base, entry), partsOf(model, entry)];
      return Object.keys({ ...was, ...is }).map((name) =>
        isEqual(was[name], is[name]) ? null : [name, was[name], is[name]],
      );
    });
  return isEqual(moves(a), moves(b));
}

export function show(policy: LivePolicy | null | undefined): string {
  return policy == null ? 'nothing' : JSON.stringify(policy);
}
