/** Budgets and rates of entries in one form, so that limits of different levels can be compared. */

import { rateNameOf, splitRateName } from '../resources/limits.ts';
import { reachedBy } from '../resources/match.ts';
import type {
  Budget,
  Condition,
  DesiredEntry,
  Fields,
  Match,
  RateUnit,
  RateWindow,
  Reset,
  Unit,
} from '../resources/types.ts';

interface Bound {
  readonly entry: DesiredEntry;
  /** The field that holds it, for the place of a finding. */
  readonly field: string;
  readonly match: Match;
  /** Without `workspace_id`, which tells nothing apart within a workspace. */
  readonly per: readonly string[];
  readonly target: 'llm' | 'mcp_tools';
}

export interface BudgetTerms extends Bound {
  readonly unit: Unit;
  /** Cents or a count. */
  readonly amount: number;
  readonly reset: Reset;
  /** Undefined: not declared. Null: none. */
  readonly alert: number | null | undefined;
}

export interface RateTerms extends Bound {
  readonly unit: RateUnit;
  readonly window: RateWindow;
  readonly value: number;
}

/** With what `"*"` lays beneath a named key. */
function fieldsOf(entry: DesiredEntry): Fields {
  return entry.fieldsOverStar === undefined ? entry.fields : { ...entry.fieldsOverStar, ...entry.fields };
}

/** For messages: `policy "x"`, `key "y"`, `the workspace`. */
export function labelOf({ kind, name }: DesiredEntry): string {
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
  }
}

/** Of a policy as written; none where it is for all calls, and of what is no policy. */
export function conditionsOf({ fields }: DesiredEntry): readonly Condition[] {
  const match = (fields.match as Match | undefined) ?? 'all';
  return match === 'all' ? [] : match;
}

/** What a policy groups by, as written; nothing of what is no policy. */
export function perOf({ fields }: DesiredEntry): readonly string[] {
  return (fields.per as readonly string[] | undefined) ?? [];
}

/** What a condition names, left out or not; `"*"` names nothing. */
export function valuesOf({ any, except }: Condition): readonly string[] {
  return any === '*' ? except : [...any, ...except];
}

/** Which calls an entry's limits count, in the words of policies. Integrations have none, so they get one of their own. */
function scopeOf(entry: DesiredEntry): Pick<Bound, 'match' | 'per' | 'target'> {
  const { kind, name, fields, liveName } = entry;
  const only = (key: string): Match => [{ key, any: [liveName ?? name], except: [] }];
  switch (kind) {
    case 'usage-policy':
    case 'rate-policy':
      return {
        match: (fields.match as Match | undefined) ?? 'all',
        per: withoutWorkspace(perOf(entry)),
        target: fields.target === 'mcp_tools' ? 'mcp_tools' : 'llm',
      };
    case 'workspace-limits':
      return { match: 'all', per: [], target: 'llm' };
    case 'key-limits':
      return name === '*'
        ? { match: 'all', per: ['api_key'], target: 'llm' }
        : { match: only('api_key'), per: [], target: 'llm' };
    case 'provider-limits':
      return { match: only('virtual_key'), per: [], target: 'llm' };
    case 'integration-limits':
      return { match: only('integration'), per: [], target: 'llm' };
  }
}

function withoutWorkspace(per: readonly string[]): readonly string[] {
  return per.includes('workspace_id') ? per.filter((key) => key !== 'workspace_id') : per;
}

let budgetsByEntry = new WeakMap<DesiredEntry, readonly BudgetTerms[]>();
let ratesByEntry = new WeakMap<DesiredEntry, readonly RateTerms[]>();

/** Of a large organisation they take more room than they are worth once the rules have run. */
export function forgetTerms(): void {
  budgetsByEntry = new WeakMap();
  ratesByEntry = new WeakMap();
}

/** Most entries have no rates, or no budgets. */
const nothing: readonly never[] = [];

/** Made once an entry: a dozen rules ask. */
export function budgetsOf(entry: DesiredEntry): readonly BudgetTerms[] {
  return remembered(budgetsByEntry, entry, buildBudgets);
}

/** Made once an entry. */
export function ratesOf(entry: DesiredEntry): readonly RateTerms[] {
  return remembered(ratesByEntry, entry, buildRates);
}

function remembered<T>(
  memory: WeakMap<DesiredEntry, readonly T[]>,
  entry: DesiredEntry,
  build: (entry: DesiredEntry) => readonly T[],
): readonly T[] {
  const known = memory.get(entry);
  if (known !== undefined) return known;
  const built = build(entry);
  memory.set(entry, built.length === 0 ? nothing : built);
  return built;
}

function buildBudgets(entry: DesiredEntry): readonly BudgetTerms[] {
  if (entry.absent === true || entry.kind === 'rate-policy') return [];
  const fields = fieldsOf(entry);
  const common = { entry, ...scopeOf(entry) };
  if (entry.kind === 'usage-policy') {
    const { unit, amount, reset, alert } = fields as { unit?: Unit; amount?: number; reset?: Reset; alert?: number };
    if (unit === undefined || amount === undefined || reset === undefined) return [];
    return [{ ...common, field: 'amount', unit, amount, reset, alert }];
  }
  return Object.entries(fields).flatMap(([field, value]) => {
    if (!/^budget(\[|$)/.test(field) || value === null) return [];
    const { unit, amount, reset } = value as Budget;
    const alert = fields[field.replace('budget', 'alert')] as number | null | undefined;
    return [{ ...common, field, unit, amount, reset, alert }];
  });
}

function buildRates(entry: DesiredEntry): readonly RateTerms[] {
  if (entry.absent === true || entry.kind === 'usage-policy') return [];
  const fields = fieldsOf(entry);
  const common = { entry, ...scopeOf(entry) };
  if (entry.kind === 'rate-policy') {
    const { unit, window, value } = fields as { unit?: RateUnit; window?: RateWindow; value?: number };
    if (unit === undefined || window === undefined || value === undefined) return [];
    return [{ ...common, field: 'value', unit, window, value }];
  }
  return Object.entries(fields).flatMap(([field, value]) => {
    const name = rateNameOf(field);
    if (name === null || typeof value !== 'number') return [];
    const [unit, window] = splitRateName(name);
    return [{ ...common, field, unit, window, value }];
  });
}

/** Whether the entry itself says so: what `"*"` lays beneath a named key is told at `"*"`. */
export function isOwn({ entry, field }: Pick<Bound, 'entry' | 'field'>): boolean {
  return field in entry.fields;
}

/** Every model call of the workspace is counted by the limit, and nobody can stay outside. */
export function isInescapable({ match, per, entry, target }: Bound): boolean {
  // `"*"` reaches service keys alone, and a limit on one key or provider lets the others pass.
  const isForAll = match === 'all' && per.every((key) => key === 'api_key');
  return isForAll && target === 'llm' && entry.kind !== 'key-limits';
}

/**
 * The limits that may cover a match, without asking each one: in their order, a superset of those that do. Whatever covers a match
 * holds all its values, so hundreds of policies for different teams or models are found by theirs.
 */
export function coveringIndex<T extends Pick<Bound, 'match'>>(outer: readonly T[]): (inner: Match) => readonly T[] {
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
export function scopeText({ match, per, target }: Bound): string {
  return JSON.stringify([match, per, target]);
}
