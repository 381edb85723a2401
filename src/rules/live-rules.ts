/** Rules about limits and what is live, from what the plan has read anyway. */

import type { LiveObject, LiveWorkspace } from '../live/live.ts';
import { hasExpired, oddState } from '../live/row-state.ts';
import { changeId } from '../plan/make-change.ts';
import { formatAmount } from '../resources/amounts.ts';
import { isBudget, isLimitField, isRate } from '../resources/fields.ts';
import { isBudgetLimit, type Limit, limitsOf } from '../resources/limit.ts';
import { isPolicyKind } from '../resources/registry.ts';
import type { DesiredEntry } from '../resources/types.ts';
import { budgetKinds } from './absence.ts';
import { isInescapable, perOf } from './limits.ts';
import { isUnseen, listKeys } from './live-lookup.ts';
import { at, type LiveFacts, type LiveRule } from './types.ts';

const countersMultiply: LiveRule = {
  name: 'counters-multiply',
  id: 'M2',
  severity: 'info',
  where: 'live',
  finds: 'a budget policy for each key, or for each value of a metadata key',
  why: 'The amount of such a policy is given to every counter, not shared. $500 for each of 40 keys is $20,000; for each value of a metadata key there is no sum at all, since any caller can invent a value.',
  fix: 'Nothing, if it is meant; else write `per: workspace_id`, or add a budget over all calls.',
  check: (facts, found) => {
    for (const { entry, workspace } of facts.resolved) {
      const [budget] = entry.kind === 'usage-policy' ? facts.limits.budgetsOf(entry) : [];
      if (budget === undefined || workspace === null) continue;
      const amount = formatAmount(budget.amount, budget.unit);
      const key = budget.per.find((group) => group.startsWith('metadata.'));
      if (key !== undefined) {
        found(at(entry, 'per'), `${amount} for every value of \`${key}\`: unbounded, as any caller can invent one`);
      } else if (budget.per.length === 1 && budget.per[0] === 'api_key' && budget.match === 'all') {
        if (!facts.index.isRead('key-limits', workspace.id)) continue;
        const count = facts.index
          .at('key-limits', workspace.id)
          .all.filter((object) => !hasExpired(object, facts.now)).length;
        if (count < 2) continue;
        found(
          at(entry, 'per'),
          `${amount} × ${count} keys = ${formatAmount(budget.amount * count, budget.unit)} in ${workspace.slug}`,
        );
      }
    }
  },
};

const metadataFixedByKey: LiveRule = {
  name: 'metadata-fixed-by-key',
  id: 'M4',
  severity: 'warning',
  where: 'live',
  finds: 'a policy that groups by a metadata key which the workspace, or live keys of it, set themselves',
  why: 'Metadata set on the workspace wins over that of an API key, and that over what the caller sends. All calls then have one value, and share one counter, whoever makes them.',
  fix: 'Group by `api_key`, or take the metadata out of the workspace or key.',
  check: (facts, found) => {
    for (const { entry, workspace } of facts.resolved) {
      if (workspace === null) continue;
      for (const group of perOf(entry)) {
        const name = /^metadata\.(.+)$/s.exec(group)?.[1];
        if (name === undefined) continue;
        if (workspace.metadata?.includes(name) === true) {
          found(at(entry, 'per'), `\`${group}\` is set by the workspace: one counter, whatever callers send`);
          continue;
        }
        const fixed = facts.index.at('key-limits', workspace.id).all.filter((object) => setsMetadata(object, name));
        if (fixed.length > 0)
          found(
            at(entry, 'per'),
            `\`${group}\` is set by ${listKeys(fixed)}: one counter for each value set there, whatever callers send`,
          );
      }
    }
  },
};

function setsMetadata(object: LiveObject, name: string): boolean {
  const defaults = object.row.defaults as { readonly metadata?: unknown } | null | undefined;
  const metadata = defaults?.metadata;
  return typeof metadata === 'object' && metadata !== null && Object.hasOwn(metadata, name);
}

const workspaceWithoutBudget: LiveRule = {
  name: 'workspace-without-budget',
  id: 'O9',
  severity: 'warning',
  where: 'live',
  finds:
    'a workspace with a file and without any budget: no policy, none of its own, none on a key, provider or integration, declared or live',
  why: 'Rates slow callers down; they bound no money. What such a workspace spends is bounded by nothing but the account of the vendor.',
  fix: 'Add a budget for the whole workspace: a policy with `per: workspace_id`, or `limits:`.',
  check: (facts, found) => {
    const odd = entriesInOddState(facts);
    for (const workspace of facts.desired.workspaces) {
      const place = facts.index.findWorkspace(workspace.ref);
      const declared = facts.byWorkspace.get(workspace.ref) ?? [];
      const bounds = declared.filter((entry) => facts.limits.budgetsOf(entry).length > 0 && !odd.has(entry));
      if (place === undefined || bounds.length > 0) continue;
      // Where nobody could look, something may bound it.
      if (isUnseen(facts, budgetKinds, place)) continue;
      if (!hasLiveBudget(facts, place)) found({ workspace }, `nothing bounds what ${place.slug} spends`);
    }
  },
};

/** Live ones that the files do not take away: whether they do is another rule's matter, so a plan that does is not an excuse. */
function hasLiveBudget(facts: LiveFacts, workspace: LiveWorkspace): boolean {
  const stays = (object: LiveObject): boolean =>
    isPolicyKind(object.kind) ? !isDeleted(facts, object) : takenFrom(facts, object.id, isBudget) === 0;
  const objects = budgetKinds.flatMap((kind) => facts.index.at(kind, workspace.id).all);
  return (
    hasOwnBudget(facts, workspace) ||
    objects.some((object) => liveLimitsOf(facts, object).some(isBudgetLimit) && stays(object))
  );
}

/** In a state that nobody documented it bounds nothing. */
function liveLimitsOf({ index }: LiveFacts, object: LiveObject): Limit[] {
  return oddState(object.row) === null ? limitsOf(object.kind, index.fieldsOf(object)) : [];
}

/** Entries of which all that they are live as is in a state of which nobody knows what it means. */
function entriesInOddState({ resolved }: LiveFacts): ReadonlySet<DesiredEntry> {
  const isOdd = new Map<DesiredEntry, boolean>();
  for (const { entry, live } of resolved) {
    if (live !== null) isOdd.set(entry, isOdd.get(entry) !== false && oddState(live.row) !== null);
  }
  return new Set([...isOdd.keys()].filter((entry) => isOdd.get(entry)));
}

function hasOwnBudget(facts: LiveFacts, { id, budgets = [] }: LiveWorkspace): boolean {
  return budgets.length > takenFrom(facts, id, isBudget);
}

function isDeleted({ changeOf }: LiveFacts, { id }: LiveObject): boolean {
  return changeOf(id)?.after === null;
}

/** How many limits of these fields the plan takes away at an attachment point, where null is none. */
function takenFrom({ changeOf }: LiveFacts, id: string, isMeant: (field: string) => boolean): number {
  const changed = changeOf(id)?.fieldChanges ?? [];
  return changed.filter(({ field, after }) => isMeant(field) && after === null).length;
}

const policyKinds = ['usage-policy', 'rate-policy'] as const;

const keyWithoutLimit: LiveRule = {
  name: 'key-without-limit',
  id: 'O9',
  severity: 'warning',
  where: 'live',
  finds:
    'live API keys that have no budget and no rate of their own, in a workspace without a limit over all of its calls',
  why: 'Such a key is bounded by nothing: a loop in a script, or whoever finds the key, spends until somebody looks.',
  fix: 'Declare limits for all keys (`keys: {"*": …}`), or a policy with `per: api_key`.',
  check: (facts, found) => {
    const limited = facts.resolved.filter(({ entry, fields }) => hasLimit(entry, fields));
    const reached = new Set(limited.flatMap(({ live }) => live?.id ?? []));
    for (const workspace of facts.desired.workspaces) {
      const place = facts.index.findWorkspace(workspace.ref);
      if (place === undefined || !facts.index.isRead('key-limits', place.id)) continue;
      if (isUnseen(facts, policyKinds, place)) continue;
      const declared = facts.byWorkspace.get(workspace.ref) ?? [];
      if ([...declared.flatMap(facts.limits.budgetsOf), ...declared.flatMap(facts.limits.ratesOf)].some(isInescapable))
        continue;
      if (hasOwnBudget(facts, place) || hasLivePolicyOverAll(facts, place)) continue;
      const bare = facts.index
        .at('key-limits', place.id)
        .all.filter(
          (object) => !reached.has(object.id) && !hasExpired(object, facts.now) && isUnlimited(facts, object),
        );
      if (bare.length > 0) found({ workspace }, `${listKeys(bare)} of ${place.slug} may spend without any limit`);
    }
  },
};

function hasLimit({ kind }: DesiredEntry, fields: DesiredEntry['fields']): boolean {
  if (kind !== 'key-limits') return false;
  return Object.entries(fields).some(([name, value]) => isLimitField(name) && value !== null);
}

function isUnlimited(facts: LiveFacts, object: LiveObject): boolean {
  const limits = liveLimitsOf(facts, object);
  const isTaken = (isMeant: (field: string) => boolean): boolean =>
    takenFrom(facts, object.id, isMeant) >= limits.filter(({ field }) => isMeant(field)).length;
  return isTaken(isBudget) && isTaken(isRate);
}

function hasLivePolicyOverAll(facts: LiveFacts, workspace: LiveWorkspace): boolean {
  return policyKinds
    .flatMap((kind) => facts.index.at(kind, workspace.id).all)
    .filter((policy) => !isDeleted(facts, policy))
    .flatMap((policy) => liveLimitsOf(facts, policy))
    .some(
      ({ match, per, target }) =>
        match === 'all' && target === 'llm' && per.every((key) => key === 'workspace_id' || key === 'api_key'),
    );
}

const startingInPast: LiveRule = {
  name: 'starting-in-past',
  id: 'T11',
  severity: 'warning',
  where: 'live',
  finds: 'a change that sends a `starting:` which is not ahead',
  why: 'The date says when the first window ends, so it has to lie ahead. The service moves a past date to one of its own choice, and the plan cannot say which.',
  fix: 'Write a date ahead, or take `starting:` out once it has passed.',
  check: (facts, found) => {
    const byChange = new Map(
      facts.resolved.map(({ entry, workspace, name }) => {
        return [changeId({ kind: entry.kind, workspace: workspace?.slug ?? null, name }), entry];
      }),
    );
    for (const { starting, key } of facts.changes) {
      if (starting === null || Date.parse(starting) > facts.now) continue;
      const entry = byChange.get(changeId(key));
      if (entry !== undefined)
        found(at(entry, 'reset', 'budget'), `\`starting: ${starting.slice(0, 10)}\` is not ahead`);
    }
  },
};

export const liveRules: readonly LiveRule[] = [
  countersMultiply,
  metadataFixedByKey,
  workspaceWithoutBudget,
  keyWithoutLimit,
  startingInPast,
];
