/**
 * Conditions and grouping of policies between the wire and canonical form (docs/service-notes.md#condition-form,
 * docs/service-notes.md#condition-values).
 */

import { compareText } from '../diagnostics.ts';
import type { Condition, Match } from './types.ts';
import type { WireCondition } from './wire.ts';

/** What a condition is read against: some values mean "this workspace" or "this organisation", that is: all of it. */
export interface MatchScope {
  readonly workspaceId: string | null;
  readonly workspaceSlug: string | null;
  readonly organisationId: string;
}

/** The condition that every request of the target fulfils. */
export function everythingKey(target: string): string {
  return target === 'mcp_tools' ? 'mcp_server' : 'api_key';
}

/**
 * Conditions that are always true here (own workspace, own organisation) are dropped; what is left of "everything" is `all`.
 * A value and a list of one are equal, except that a lone asterisk is a wildcard only as a text.
 */
export function matchFromWire(
  conditions: readonly WireCondition[] | null | undefined,
  scope: MatchScope,
  target: string,
): Match {
  const rest: Condition[] = [];
  for (const wire of conditions ?? []) {
    const condition = conditionFromWire(wire);
    if (!isOwnScope(condition, scope)) rest.push(condition);
  }
  const [first] = rest;
  if (first === undefined) return 'all';
  if (rest.length > 1) return sortConditions(rest);
  return isEverything(first, target) ? 'all' : rest;
}

function conditionFromWire(wire: WireCondition): Condition {
  const { key, value, excludes, ...rest } = wire;
  const others = Object.entries(rest).filter(([, member]) => member !== undefined && member !== null);
  return {
    key,
    // No value, or an empty one: the gateway looks at `excludes` alone (docs/service-notes.md#condition-values).
    any: value === undefined || value === null || value === '' || value === '*' ? '*' : sortedSet(value),
    except: excludes === undefined || excludes === null ? [] : sortedSet(excludes),
    ...(others.length === 0 ? {} : { others: Object.fromEntries(others) as Condition['others'] }),
  };
}

function isOwnScope(condition: Condition, scope: MatchScope): boolean {
  if (
    condition.others !== undefined ||
    condition.any === '*' ||
    condition.any.length !== 1 ||
    condition.except.length > 0
  )
    return false;
  const value = condition.any[0];
  if (condition.key === 'workspace_id') return value === scope.workspaceId || value === scope.workspaceSlug;
  return condition.key === 'organisation_id' && value === scope.organisationId;
}

function isEverything(condition: Condition, target: string): boolean {
  if (condition.others !== undefined) return false;
  return condition.key === everythingKey(target) && condition.any === '*' && condition.except.length === 0;
}

/** Sorted by key, then by content: the order on the wire means nothing. */
export function sortConditions(conditions: readonly Condition[]): readonly Condition[] {
  if (isAscending(conditions.map(({ key }) => key))) return conditions;
  return [...conditions].sort((a, b) => compareText(a.key, b.key) || compareText(JSON.stringify(a), JSON.stringify(b)));
}

export function matchToWire(match: Match, target: string): readonly WireCondition[] {
  if (match === 'all') return [{ key: everythingKey(target), value: '*' }];
  return match.map(({ key, any, except, others }) => ({
    ...others,
    key,
    value: any === '*' ? '*' : any.length === 1 && any[0] !== '*' ? (any[0] ?? '') : any,
    ...(except.length === 0 ? {} : { excludes: except.length === 1 ? (except[0] ?? '') : except }),
  }));
}

/** Missing grouping is one counter for the workspace (docs/service-notes.md#grouping). */
export function perFromWire(groupBy: readonly { readonly key: string }[] | null | undefined): readonly string[] {
  // Members that no file can say stay with their key, so that they show as a difference and import leaves the policy alone.
  const keys = sortedSet(
    (groupBy ?? []).map(({ key, ...rest }) =>
      Object.keys(rest).length === 0 ? key : `${key} ${JSON.stringify(rest)}`,
    ),
  );
  return keys.length === 0 ? ['workspace_id'] : keys;
}

export function perToWire(per: readonly string[]): readonly { readonly key: string }[] {
  return per.map((key) => ({ key }));
}

export function sortedSet(value: string | readonly string[]): readonly string[] {
  if (typeof value === 'string') return [value];
  if (isAscending(value)) return value;
  const [first = '', second = ''] = value;
  if (value.length === 2) return first === second ? [first] : [second, first];
  return [...new Set(value)].sort(compareText);
}

/** Without a repetition. */
function isAscending(texts: readonly string[]): boolean {
  for (let index = 1; index < texts.length; index++) {
    if ((texts[index - 1] ?? '') >= (texts[index] ?? '')) return false;
  }
  return true;
}

/** Whether every call that `inner` counts is counted by `outer`, as far as their conditions tell. */
export function covers(outer: Match, inner: Match): boolean {
  if (outer === 'all') return true;
  if (inner === 'all') return false;
  return outer.every((condition) => inner.some((other) => conditionCovers(condition, other)));
}

function conditionCovers(outer: Condition, inner: Condition): boolean {
  if (outer.key !== inner.key) return false;
  const isModel = outer.key === 'model';
  const { any } = outer;
  const reached = reachedBy(inner);
  const reaches = any === '*' || (reached !== '*' && reached.every((value) => holdsValue(any, value, isModel)));
  if (!reaches) return false;
  return outer.except.every(
    (left) =>
      holdsValue(inner.except, left, isModel) ||
      (reached !== '*' && !reached.some((value) => overlaps(value, left, isModel))),
  );
}

/** The values of a condition that it does not except itself; all of them where none would be left. */
export function reachedBy(condition: Condition): Condition['any'] {
  const reached = leftOf(condition);
  return reached.length === 0 ? condition.any : reached;
}

/** Whether no call can fulfil it, as it excepts each of its values. */
export function reachesNothing(condition: Condition): boolean {
  return leftOf(condition).length === 0;
}

function leftOf({ key, any, except }: Condition): Condition['any'] {
  if (any === '*' || except.length === 0) return any;
  return any.filter((value) => !holdsValue(except, value, key === 'model'));
}

/** Model values may end in `/*`. */
function holdsValue(values: readonly string[], value: string, isModel: boolean): boolean {
  return values.some(
    (candidate) =>
      candidate === value || (isModel && candidate.endsWith('/*') && value.startsWith(candidate.slice(0, -1))),
  );
}

function overlaps(a: string, b: string, isModel: boolean): boolean {
  return holdsValue([a], b, isModel) || holdsValue([b], a, isModel);
}
