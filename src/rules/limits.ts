/** Budgets and rates of entries in one form, so that limits of different levels can be compared. */

import { isRateLimit, type Limit, limitsOf, type RateLimit, type TimedLimit } from '../resources/limit.ts';
import { reachedBy } from '../resources/match.ts';
import type { Condition, DesiredEntry, Fields, Match } from '../resources/types.ts';

/** In the words of policies, so that limits of all levels can be compared; `per` without the workspace, which tells nothing apart. */
export type Declared<L extends Limit = Limit> = L & { readonly entry: DesiredEntry };
export type DeclaredBudget = Declared<TimedLimit>;
export type DeclaredRate = Declared<RateLimit>;

/** With what `"*"` lays beneath a named key. */
function fieldsOf(entry: DesiredEntry): Fields {
  return entry.fieldsOverStar === undefined ? entry.fields : { ...entry.fieldsOverStar, ...entry.fields };
}

/** For messages: `policy "x"`, `key "y"`, `the workspace`. */
export function labelOfEntry({ kind, name }: DesiredEntry): string {
  switch (kind) {
    case 'usage-policy':
    case 'rate-policy':
      return `policy "${name}"`;
    case 'workspace-limits':
      return 'the workspace';
    case 'key-limits':
      return name === '*' ? 'each key by "*"' : `key "${name}"`;
    case 'provider-limits':
      return `provider "${name}"`;
    case 'integration-limits':
      return `integration "${name}"`;
    case 'integration-prices':
      return `prices of integration "${name}"`;
  }
}

/** Of a policy as written; none where it is for all calls, and of what is not a policy. */
export function conditionsOf({ fields }: DesiredEntry): readonly Condition[] {
  const { match = 'all' } = fields;
  return match === 'all' ? [] : match;
}

/** What a policy groups by, as written; nothing of what is not a policy. */
export function perOf({ fields }: DesiredEntry): readonly string[] {
  return fields.per ?? [];
}

/** What a condition names, left out or not; `"*"` names nothing. */
export function valuesOf({ any, except }: Condition): readonly string[] {
  return any === '*' ? except : [...any, ...except];
}

/** Which calls an entry's limits count, in the words of policies. Integrations have none, so they get one of their own. */
function scopeOf({ kind, name, liveName }: DesiredEntry, { match, per }: Limit): Pick<Limit, 'match' | 'per'> {
  const only = (key: string): Match => [{ key, any: [liveName ?? name], except: [] }];
  switch (kind) {
    case 'usage-policy':
    case 'rate-policy':
    case 'workspace-limits':
      return { match, per: withoutWorkspace(per) };
    case 'key-limits':
      return name === '*' ? { match, per } : { match: only('api_key'), per: [] };
    case 'provider-limits':
      return { match: only('virtual_key'), per: [] };
    case 'integration-limits':
    case 'integration-prices':
      return { match: only('integration'), per: [] };
  }
}

function withoutWorkspace(per: readonly string[]): readonly string[] {
  return per.includes('workspace_id') ? per.filter((key) => key !== 'workspace_id') : per;
}

/** Limits of entries, each made once: a dozen rules ask. */
export interface EntryLimits {
  readonly budgetsOf: (entry: DesiredEntry) => readonly DeclaredBudget[];
  readonly ratesOf: (entry: DesiredEntry) => readonly DeclaredRate[];
}

/** Of a large organisation they take more room than they are worth once the rules have run: whoever runs them makes this, and drops it. */
export function createEntryLimits(): EntryLimits {
  const known = new Map<DesiredEntry, DeclaredLimits>();
  const limitsOfEntry = (entry: DesiredEntry): DeclaredLimits => {
    const limits = known.get(entry) ?? declaredLimitsOf(entry);
    known.set(entry, limits);
    return limits;
  };
  return {
    budgetsOf: (entry) => limitsOfEntry(entry).budgets,
    ratesOf: (entry) => limitsOfEntry(entry).rates,
  };
}

interface DeclaredLimits {
  readonly budgets: readonly DeclaredBudget[];
  readonly rates: readonly DeclaredRate[];
}

/** Most entries have no rates, or no budgets. */
const nothing: readonly never[] = [];

function declaredLimitsOf(entry: DesiredEntry): DeclaredLimits {
  const budgets: DeclaredBudget[] = [];
  const rates: DeclaredRate[] = [];
  for (const limit of entry.absent === true ? [] : limitsOf(entry.kind, fieldsOf(entry))) {
    const scope = { entry, ...scopeOf(entry, limit) };
    if (isRateLimit(limit)) rates.push({ ...limit, ...scope });
    else if (limit.reset !== null) budgets.push({ ...limit, reset: limit.reset, ...scope });
  }
  return { budgets: budgets.length === 0 ? nothing : budgets, rates: rates.length === 0 ? nothing : rates };
}

/** Whether the entry itself says so: what `"*"` lays beneath a named key is told at `"*"`. */
export function isOwn({ entry, field }: Pick<Declared, 'entry' | 'field'>): boolean {
  return field in entry.fields;
}

/** Every model call of the workspace is counted by the limit, and nobody can stay outside. */
export function isInescapable({ match, per, kind, target }: Limit): boolean {
  // `"*"` reaches service keys alone, and a limit on one key or provider lets the others pass.
  const isForAll = match === 'all' && per.every((key) => key === 'api_key');
  return isForAll && target === 'llm' && kind !== 'key-limits';
}

/**
 * The limits that may cover a match, without asking each one: in their order, a superset of those that do. Whatever covers a match
 * holds all its values, so hundreds of policies for different teams or models are found by theirs.
 */
export function coveringIndex<T extends Pick<Limit, 'match'>>(outer: readonly T[]): (inner: Match) => readonly T[] {
  const wide: number[] = [];
  const byValue = new Map<string, number[]>();
  outer.forEach(({ match }, index) => {
    const places =
      match === 'all' ? [] : match.map(({ key, any }) => (any === '*' ? [] : any.map((value) => [key, value])));
    const narrow = places.find((values) => values.length > 0);
    if (narrow === undefined) wide.push(index);
    for (const value of narrow ?? []) {
      const place = JSON.stringify(value);
      const others = byValue.get(place);
      if (others === undefined) byValue.set(place, [index]);
      else others.push(index);
    }
  });
  return (inner) => {
    const found = new Set(wide);
    for (const condition of inner === 'all' ? [] : inner) {
      const values = reachedBy(condition);
      const holders = (values === '*' ? [] : values).map((value) =>
        spellings(condition.key, value).flatMap((at) => byValue.get(at) ?? []),
      );
      // What covers the condition holds each of its values: the rarest says the least.
      const rarest = holders.reduce<readonly number[] | null>(
        (least, other) => (least === null || other.length < least.length ? other : least),
        null,
      );
      for (const index of rarest ?? []) found.add(index);
    }
    return [...found].sort((a, b) => a - b).flatMap((index) => outer[index] ?? []);
  };
}

/** A value, and for a model what ends in `/*` and holds it. */
function spellings(key: string, value: string): string[] {
  const slashes = key === 'model' ? [...value.matchAll(/\//g)].map(({ index }) => `${value.slice(0, index)}/*`) : [];
  return [value, ...slashes].map((text) => JSON.stringify([key, text]));
}

/** Whether counters by `outer` hold all that those by `inner` hold: the same grouping or a coarser one. */
export function isCoarser(outer: readonly string[], inner: readonly string[]): boolean {
  return outer.every((key) => inner.includes(key));
}

/** Equal texts count the same calls into the same counters. */
export function scopeText({ match, per, target }: Limit): string {
  return JSON.stringify([match, per, target]);
}
