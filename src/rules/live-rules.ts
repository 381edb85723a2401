/** Rules about limits and what is live, from what the plan has read anyway. */

import { changeId } from '../plan/make-change.ts';
import type { Change, LiveObject, LiveWorkspace } from '../plan/types.ts';
import { formatAmount } from '../resources/amounts.ts';
import { budgetFromWire, isLimit } from '../resources/limits.ts';
import { oddState } from '../resources/row-state.ts';
import type { DesiredEntry } from '../resources/types.ts';
import type { WireBudget } from '../resources/wire.ts';
import { budgetKinds } from './absence.ts';
import { budgetsOf, isInescapable, perOf, ratesOf } from './limits.ts';
import { isEnded, isRead, isUnseen, keyOf, listKeys, objectsIn, workspaceOf } from './live-lookup.ts';
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
      const [budget] = entry.kind === 'usage-policy' ? budgetsOf(entry) : [];
      if (budget === undefined || workspace === null) continue;
      const amount = formatAmount(budget.amount, budget.unit);
      const key = budget.per.find((group) => group.startsWith('metadata.'));
      if (key !== undefined) {
        found(at(entry, 'per'), `${amount} for every value of \`${key}\`: unbounded, as any caller can invent one`);
      } else if (budget.per.length === 1 && budget.per[0] === 'api_key' && budget.match === 'all') {
        if (!isRead(facts, 'key-limits', workspace)) continue;
        const count = objectsIn(facts, 'key-limits', workspace).filter((object) => !isEnded(object, facts.now)).length;
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
        const fixed = objectsIn(facts, 'key-limits', workspace).filter((object) => setsMetadata(object, name));
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
    for (const workspace of facts.desired.workspaces) {
      const place = workspaceOf(facts, workspace.ref);
      const declared = facts.byWorkspace.get(workspace.ref) ?? [];
      const bounds = declared.filter((entry) => budgetsOf(entry).length > 0 && !isInOddState(facts, entry));
      if (place === undefined || bounds.length > 0) continue;
      // Where nobody could look, something may bound it.
      if (isUnseen(facts, budgetKinds, place)) continue;
      if (!hasLiveBudget(facts, place)) found({ workspace }, `nothing bounds what ${place.slug} spends`);
    }
  },
};

/** Live ones that the files do not take away: whether they do is another rule's matter, so a plan that does is no excuse. */
function hasLiveBudget(facts: LiveFacts, workspace: LiveWorkspace): boolean {
  return (
    hasOwnBudget(facts, workspace) ||
    budgetKinds.some((kind) =>
      objectsIn(facts, kind, workspace).some((object) =>
        oddState(object.row) !== null
          ? false
          : kind === 'usage-policy'
            ? !isDeleted(facts, object) && isLimit(object.row.credit_limit as number | null | undefined)
            : budgetOfRow(object) !== null && takenFrom(facts, object.id, /^budget/) === 0,
      ),
    )
  );
}

/** Whether all that an entry is live as is in a state of which nobody knows what it means. */
function isInOddState({ resolved }: LiveFacts, entry: DesiredEntry): boolean {
  const objects = resolved.flatMap((one) => (one.entry === entry && one.live !== null ? [one.live] : []));
  return objects.length > 0 && objects.every(({ row }) => oddState(row) !== null);
}

function hasOwnBudget(facts: LiveFacts, { id, budgets = [] }: LiveWorkspace): boolean {
  return budgets.length > takenFrom(facts, id, /^budget/);
}

/** By the live object that they are about, made once a plan: there is one for each. */
const changesByObject = new WeakMap<LiveFacts['changes'], ReadonlyMap<string | null, Change>>();

function changeOf({ changes }: LiveFacts, id: string): Change | undefined {
  const known = changesByObject.get(changes);
  const byObject = known ?? new Map(changes.map((change) => [change.liveId, change]));
  if (known === undefined) changesByObject.set(changes, byObject);
  return byObject.get(id);
}

function isDeleted(facts: LiveFacts, { id }: LiveObject): boolean {
  return changeOf(facts, id)?.after === null;
}

/** How many limits of these fields the plan takes away at an attachment point, where null is none. */
function takenFrom(facts: LiveFacts, id: string, fields: RegExp): number {
  const changed = changeOf(facts, id)?.fieldChanges ?? [];
  return changed.filter(({ field, after }) => fields.test(field) && after === null).length;
}

function budgetOfRow({ kind, row }: LiveObject): ReturnType<typeof budgetFromWire> {
  if (kind === 'usage-policy' || kind === 'rate-policy' || kind === 'workspace-limits') return null;
  const limits = row.usage_limits as WireBudget | readonly WireBudget[] | null | undefined;
  return budgetFromWire(Array.isArray(limits) ? limits[0] : (limits as WireBudget | null | undefined));
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
      const place = workspaceOf(facts, workspace.ref);
      if (place === undefined || !isRead(facts, 'key-limits', place)) continue;
      if (isUnseen(facts, policyKinds, place)) continue;
      const declared = facts.byWorkspace.get(workspace.ref) ?? [];
      if ([...declared.flatMap(budgetsOf), ...declared.flatMap(ratesOf)].some(isInescapable)) continue;
      if (hasOwnBudget(facts, place) || hasLivePolicyOverAll(facts, place)) continue;
      const bare = objectsIn(facts, 'key-limits', place).filter(
        (object) => !reached.has(object.id) && !isEnded(object, facts.now) && isUnlimited(facts, object),
      );
      if (bare.length > 0) found({ workspace }, `${listKeys(bare)} of ${place.slug} may spend without any limit`);
    }
  },
};

function hasLimit({ kind }: DesiredEntry, fields: DesiredEntry['fields']): boolean {
  if (kind !== 'key-limits') return false;
  return Object.entries(fields).some(([name, value]) => /^(?:budget$|rate\[)/.test(name) && value !== null);
}

function isUnlimited(facts: LiveFacts, object: LiveObject): boolean {
  if (oddState(object.row) !== null) return true;
  const budgets = budgetOfRow(object) === null ? 0 : 1;
  const rates = keyOf(object).rate_limits?.filter(({ value }) => isLimit(value)).length ?? 0;
  return takenFrom(facts, object.id, /^budget/) >= budgets && takenFrom(facts, object.id, /^rate/) >= rates;
}

function hasLivePolicyOverAll(facts: LiveFacts, workspace: LiveWorkspace): boolean {
  const policies = [...objectsIn(facts, 'usage-policy', workspace), ...objectsIn(facts, 'rate-policy', workspace)];
  return policies.some((policy) => {
    const { row } = policy;
    if (row.target === 'mcp_tools' || isDeleted(facts, policy) || oddState(row) !== null) return false;
    if (!isLimit((row.credit_limit ?? row.value) as number | null | undefined)) return false;
    const conditions = (row.conditions as readonly { readonly key: string; readonly value?: unknown }[] | null) ?? [];
    const groups = (row.group_by as readonly { readonly key: string }[] | null) ?? [];
    return (
      conditions.every(({ key, value }) => key === 'workspace_id' || (key === 'api_key' && value === '*')) &&
      groups.every(({ key }) => key === 'workspace_id' || key === 'api_key')
    );
  });
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
