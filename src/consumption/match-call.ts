/** Whether a policy counts a call, as far as is known of the call (docs/service-notes.md#condition-values). Pure. */

import type { Condition, Match } from '../resources/types.ts';

/** What is known of a call, in the words of conditions: `api_key`, `virtual_key`, `provider`, `model`, `metadata._user`. */
export interface CallFacts {
  readonly values: Readonly<Record<string, string>>;
  /** Metadata is known whole: a key that is not among the values is not sent. */
  readonly knowsMetadata: boolean;
}

export type CallMatch =
  | { readonly applies: 'yes' }
  /** The condition that keeps it out, or what its counter needs and the call lacks. */
  | { readonly applies: 'no'; readonly because: string }
  /** What would have to be known. */
  | { readonly applies: 'unknown'; readonly needs: readonly string[] };

/** @param per what a counter is kept for: a call that lacks one of these is not counted at all */
export function matchCall(match: Match, per: readonly string[], facts: CallFacts): CallMatch {
  const needs = new Set<string>();
  for (const condition of match === 'all' ? [] : match) {
    const value = factOf(condition.key, facts);
    if (value === null) return { applies: 'no', because: `the call has no ${condition.key}` };
    if (value === undefined) needs.add(condition.key);
    else if (!letsIn(condition, value)) return { applies: 'no', because: `${condition.key} is another` };
  }
  for (const key of per) {
    if (key === 'workspace_id' || key === 'organisation_id' || key === 'api_key') continue;
    if (factOf(key, facts) === null)
      return { applies: 'no', because: `it counts by ${key}, which the call does not have` };
  }
  return needs.size === 0 ? { applies: 'yes' } : { applies: 'unknown', needs: [...needs].sort() };
}

/** Undefined: not known. Null: known to be missing. */
function factOf(key: string, { values, knowsMetadata }: CallFacts): string | null | undefined {
  const value = Object.hasOwn(values, key) ? values[key] : undefined;
  if (value !== undefined && value !== '') return value;
  return value === '' || (knowsMetadata && key.startsWith('metadata.')) ? null : undefined;
}

/** @param value what the call has for the condition's key; one without a value is never let in */
export function letsIn({ key, any, except }: Condition, value: string): boolean {
  const holds = (candidates: readonly string[]): boolean =>
    candidates.some(
      (candidate) =>
        candidate === value ||
        (key === 'model' && candidate.endsWith('/*') && value.startsWith(candidate.slice(0, -1))),
    );
  return !holds(except) && (any === '*' || holds(any));
}

/**
 * What the counter of a call may be called: parts are joined in an order that the service does not show, and are not escaped, so
 * that value keys are built and compared. Null: a part is not known.
 *
 * @param ids of what is grouped by id: `workspace_id`, `virtual_key`
 */
export function valueKeysOf(
  per: readonly string[],
  { values }: CallFacts,
  ids: Readonly<Record<string, string | undefined>>,
): readonly string[] | null {
  const parts: string[] = [];
  for (const key of per) {
    const value = Object.hasOwn(ids, key) ? ids[key] : values[key];
    if (value === undefined) return null;
    parts.push(`${key}:${key === 'model' ? value.replace(/^@/, '').replace('/', '.') : value}`);
  }
  // More than four would be more orders than is worth a look; nobody groups by so many.
  return parts.length > 4 ? null : ordersOf(parts).map((order) => order.join('-'));
}

function ordersOf(parts: readonly string[]): readonly (readonly string[])[] {
  if (parts.length <= 1) return [parts];
  return parts.flatMap((part, index) =>
    ordersOf(parts.filter((_, other) => other !== index)).map((rest) => [part, ...rest]),
  );
}
