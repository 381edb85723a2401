/** How the budgets of a change move: what there is to say about people and money. Rates, names and mail alone move none. */

import { isSame } from '../resources/canonical.ts';
import { alertOf, isBudget, pickFields, policyBudget, slotFor } from '../resources/fields.ts';
import type { WireRow } from '../resources/kind.ts';
import { budgetFromWire } from '../resources/limits.ts';
import { specOf } from '../resources/registry.ts';
import type { Budget, Fields, Kind, Match, ResourceKey, Unit } from '../resources/types.ts';
import type { WireBudget, WireKey, WireUsagePolicy, WireWorkspace } from '../resources/wire.ts';
import { type Level, type Moment, nextReset, nextResetAfterChange, type WindowFacts } from './windows.ts';

/** The part of a planned change that matters here. */
export interface ChangeFacts {
  readonly id: string;
  readonly key: ResourceKey;
  readonly workspaceId: string | null;
  readonly liveId: string | null;
  readonly action: 'create' | 'update' | 'replace' | 'delete';
  readonly after: Fields | null;
  readonly starting: string | null;
}

/** The part of a live object that matters here. */
export interface ObjectFacts {
  readonly kind: Kind;
  readonly id: string;
  readonly name: string | null;
  readonly workspaceId: string | null;
  readonly row: WireRow;
}

export interface WorkspaceFacts {
  readonly id: string;
  readonly slug: string;
  /** Its own budgets, as its row shows them. */
  readonly budgets?: readonly Budget[];
}

/** What was read of the control plane. */
export interface LiveFacts {
  readonly organisationId: string;
  readonly workspaces: readonly WorkspaceFacts[];
  readonly objects: readonly ObjectFacts[];
  /** `<workspace id>/<kind>` pairs whose list was read. */
  readonly read: ReadonlySet<string>;
}

export interface BudgetMove {
  /** `<change id>#<n>`: names what was read for it. */
  readonly id: string;
  readonly change: ChangeFacts;
  readonly level: Level;
  readonly unit: Unit;
  readonly before: Budget | null;
  readonly after: Budget | null;
  /** In the budget's unit, as it shall be. */
  readonly alertAfter: number | null;
  /** What the budget applies to once the change is made; before it, when it goes. */
  readonly match: Match;
  readonly per: readonly string[];
  /** It applies to other requests than before, or shares its counters otherwise. */
  readonly isRescoped: boolean;
  readonly counter: 'kept' | 'new' | 'starts-at-zero' | 'gone';
  /** The live budget's own members; null where there is none. */
  readonly window: WindowFacts | null;
  /** The live object; null for what is created. */
  readonly object: ObjectFacts | null;
}

/** Whether committed spend of its workspace follows from it; budgets of providers and integrations bound only a part. */
export function boundsSpend({ unit, change: { workspaceId, key } }: BudgetMove): boolean {
  return unit === 'cost' && workspaceId !== null && key.kind !== 'provider-limits' && key.kind !== 'integration-limits';
}

/** Live facts with what is looked up in them again and again. */
export interface LiveIndex {
  readonly live: LiveFacts;
  readonly slugs: ReadonlyMap<string, string>;
}

export function indexLive(live: LiveFacts): LiveIndex {
  return { live, slugs: new Map(live.workspaces.map(({ id, slug }) => [id, slug])) };
}

export function movesOf(changes: readonly ChangeFacts[], facts: LiveFacts, now: number): BudgetMove[] {
  const objects = new Map(facts.objects.map((object) => [placeOf(object.kind, object.id), object]));
  const live = indexLive(facts);
  return changes.flatMap((change) => {
    const object = change.liveId === null ? undefined : objects.get(placeOf(change.key.kind, change.liveId));
    const moves =
      change.key.kind === 'usage-policy'
        ? policyMoves(change, object ?? null, live, now)
        : change.key.kind === 'rate-policy' || object === undefined
          ? []
          : attachmentMoves(change, object, live, now);
    return moves.flatMap(splitUnits).map((move, index) => ({ ...move, id: `${change.id}#${index}` }));
  });
}

function placeOf(kind: Kind, id: string): string {
  return `${kind}\n${id}`;
}

/** Canonical fields of a live object. */
export function fieldsOf(object: ObjectFacts, { live, slugs }: LiveIndex): Fields {
  const scope = {
    workspaceId: object.workspaceId,
    workspaceSlug: slugs.get(object.workspaceId ?? '') ?? null,
    organisationId: live.organisationId,
  };
  return specOf(object.kind).readFields(object.row, scope, []);
}

/** The fields once the change is made; null when the object goes. */
export function fieldsAfter(before: Fields, change: ChangeFacts): Fields | null {
  if (change.after === null) return null;
  const cleared = change.after.budgets === null ? pickFields(before, (field) => !isBudget(field)) : before;
  return { ...cleared, ...change.after };
}

type Move = Omit<BudgetMove, 'id'>;

/** Dollars that become tokens are two budgets: one that goes with its counters, and one whose counters are new. */
function splitUnits(move: Move): Move[] {
  const { before, after } = move;
  if (before === null || after === null || before.unit === after.unit) return [move];
  return [
    { ...move, unit: before.unit, after: null, alertAfter: null, counter: 'starts-at-zero' },
    {
      ...move,
      unit: after.unit,
      before: null,
      counter: 'new',
      window: null,
      object: move.level === 'policy' ? null : move.object,
    },
  ];
}

function policyMoves(change: ChangeFacts, object: ObjectFacts | null, live: LiveIndex, now: number): Move[] {
  const fields = object === null ? null : fieldsOf(object, live);
  const next = fields === null ? change.after : fieldsAfter(fields, change);
  const [before, after] = [policyBudget(fields ?? {}), policyBudget(next ?? {})];
  const isRestart = change.action === 'replace';
  const moves = !isSame(before, after) || !isSame(fields?.match ?? null, next?.match ?? null) || isRestart;
  if (!moves && change.starting === null) return [];
  const { match = 'all', per = ['workspace_id'] } = next ?? fields ?? {};
  const row = object?.row as unknown as WireUsagePolicy | undefined;
  return [
    {
      change,
      level: 'policy',
      unit: (after ?? before)?.unit ?? 'cost',
      before,
      after,
      alertAfter: typeof next?.alert === 'number' ? next.alert : null,
      match,
      per,
      isRescoped:
        fields !== null && next !== null && !(isSame(fields.match, next.match) && isSame(fields.per, next.per)),
      counter: object === null ? 'new' : next === null ? 'gone' : isRestart ? 'starts-at-zero' : 'kept',
      window: before === null ? null : windowOf(before, 'policy', now, row?.next_usage_reset_at, row?.last_reset_at),
      object,
    },
  ];
}

function windowOf(
  { reset }: Budget,
  level: Level,
  now: number,
  nextReset: string | null | undefined,
  lastReset: string | null | undefined,
): WindowFacts {
  return { reset, level, now, nextReset, lastReset };
}

function attachmentMoves(change: ChangeFacts, object: ObjectFacts, live: LiveIndex, now: number): Move[] {
  const fields = fieldsOf(object, live);
  const next = fieldsAfter(fields, change) ?? {};
  return pairBudgets(fields, next).map(({ before, after, alert }) => {
    const wire = before === null ? undefined : wireBudgetOf(object, before);
    const owner = object.row as unknown as WireKey & { readonly last_reset_at?: string | null };
    // A counter goes on under the budget of its unit; a key counts for itself, whoever calls with it.
    const isKept = before !== null && after !== null && before.unit === after.unit;
    return {
      change,
      level: 'limits',
      unit: (after ?? before)?.unit ?? 'cost',
      before,
      after,
      alertAfter: alert,
      match: 'all',
      per: [perOf(object.kind)],
      isRescoped: false,
      counter: after === null ? 'gone' : before === null ? 'new' : isKept ? 'kept' : 'starts-at-zero',
      window:
        before === null
          ? null
          : windowOf(
              before,
              'limits',
              now,
              wire?.next_usage_reset_at ?? owner.next_usage_reset_at,
              wire?.last_reset_at ?? owner.last_reset_at,
            ),
      object,
    };
  });
}

function perOf(kind: Kind): string {
  if (kind === 'key-limits') return 'api_key';
  if (kind === 'provider-limits') return 'virtual_key';
  return kind === 'integration-limits' ? 'integration' : 'workspace_id';
}

interface BudgetPair {
  readonly before: Budget | null;
  readonly after: Budget | null;
  readonly alert: number | null;
}

/** Budgets that differ. In a workspace's list one that goes and one of its unit that comes are one that changes its reset. */
function pairBudgets(fields: Fields, next: Fields): BudgetPair[] {
  const names = new Set([...Object.keys(fields), ...Object.keys(next)].filter(isBudget));
  const moved = [...names].sort().flatMap((name) => {
    const [before = null, after = null] = [fields[name], next[name]];
    return isSame(before, after) ? [] : [{ before, after, alert: next[alertOf(name)] ?? null }];
  });
  const come = moved.filter(({ before }) => before === null);
  const stay = moved.flatMap((pair): BudgetPair[] => {
    if (pair.before === null) return [];
    const heir = pair.after === null ? come.findIndex(({ after }) => after?.unit === pair.before?.unit) : -1;
    const [next] = heir < 0 ? [] : come.splice(heir, 1);
    return [next === undefined ? pair : { ...next, before: pair.before }];
  });
  return [...stay, ...come];
}

/** The live budget's row; of a workspace's list the first of that unit and reset. */
export function wireBudgetOf(object: ObjectFacts, budget: Budget): WireBudget | undefined {
  const limits = (object.row as unknown as WireWorkspace | WireKey).usage_limits as
    | WireBudget
    | readonly WireBudget[]
    | null
    | undefined;
  const list = Array.isArray(limits) ? (limits as readonly WireBudget[]) : limits ? [limits as WireBudget] : [];
  return list.find((wire) => {
    const read = budgetFromWire(wire);
    return read !== null && slotFor(read) === slotFor(budget);
  });
}

/** When its window ends, as it is and once the change is made. */
export function resetsOf(move: BudgetMove, now: number): [before: Moment, after: Moment] {
  const { before, after, window, level, change } = move;
  const first = window === null || before === null ? null : nextReset(window);
  if (after === null) return [first, null];
  const facts = { reset: after.reset, level, now, starting: change.starting };
  return [first, nextResetAfterChange(window, facts)];
}
