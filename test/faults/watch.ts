/** What must hold at every moment of an apply, judged from the emulator's own state after every request that took effect. */

import type { ObservedRequest } from '../../src/emulator/server.ts';
import type { StoreState } from '../../src/emulator/store.ts';
import type { Live, LiveObject } from '../../src/live/live.ts';
import { LiveIndex } from '../../src/live/live-index.ts';
import type { ClaimedChange } from '../../src/plan/applied-record.ts';
import { isChangeLive } from '../../src/plan/settle-claim.ts';
import type { Change, Outcome } from '../../src/plan/types.ts';
import { isSame } from '../../src/resources/canonical.ts';
import type { WireRow } from '../../src/resources/kind.ts';
import { isPolicyKind, specOf } from '../../src/resources/registry.ts';
import { organisationId } from '../helpers/world.ts';
import { findGivenEarly, findUnbound, type LawMoment } from './order-law.ts';

type Rows = Pick<
  StoreState,
  'workspaces' | 'apiKeys' | 'providers' | 'integrations' | 'usagePolicies' | 'ratePolicies'
>;

export interface Moment {
  readonly request: ObservedRequest | null;
  readonly rows: Rows;
}

/** The state before anything, and after every write that took effect. */
export interface Watch {
  readonly moments: Moment[];
  begin(state: StoreState): void;
  note(request: ObservedRequest, state: StoreState): void;
}

export function createWatch(): Watch {
  const watch: Watch = {
    moments: [],
    begin(state) {
      watch.moments.splice(0, watch.moments.length, { request: null, rows: copyRows(state) });
    },
    note(request, state) {
      if (request.method === 'GET' || request.status === undefined || request.status >= 300) return;
      watch.moments.push({ request, rows: copyRows(state) });
    },
  };
  return watch;
}

export interface Leniency {
  /** Somebody else changed objects meanwhile: what was in force may not be any more. */
  readonly hasRival?: boolean;
  /** The service forgets descriptions. */
  readonly dropsDescription?: boolean;
}

/** One line a violation; empty when all is well. */
export function findViolations(moments: readonly Moment[], outcomes: readonly Outcome[], lenient: Leniency): string[] {
  const changes = outcomes.map(({ change }) => change);
  const lives = moments.map(({ rows }) => toLive(rows));
  return [
    ...findUncounted(outcomes),
    ...findTwins(moments, changes),
    ...findGaps(moments, lives, changes, lenient),
    ...(lenient.hasRival === true ? [] : findEarly(moments, lives, changes, lenient)),
    ...(lenient.hasRival === true
      ? []
      : findGivenEarly(toLaw(moments, lives), changes, (one, live) => isInForce(one, live, lenient))),
    ...(lenient.hasRival === true ? [] : findUnbound(toLaw(moments, lives), changes)),
    ...(lenient.hasRival === true ? [] : findFalseSuccess(lives.at(-1), outcomes, lenient)),
    ...findTouched(moments, changes),
  ];
}

function toLaw(moments: readonly Moment[], lives: readonly Live[]): LawMoment[] {
  return lives.map((live, index) => ({ live, after: say(moments[index]?.request ?? null) }));
}

function findUncounted(outcomes: readonly Outcome[]): string[] {
  const ids = outcomes.map(({ change }) => change.id);
  return ids.length === new Set(ids).size ? [] : [`a change has two outcomes: ${ids.join(', ')}`];
}

/** Never two policies made for one name; beyond that only the old and the new one of a replacement. */
function findTwins(moments: readonly Moment[], changes: readonly Change[]): string[] {
  const first = moments[0]?.rows;
  const known = new Set([...(first?.usagePolicies ?? []), ...(first?.ratePolicies ?? [])].map(({ id }) => id));
  return changes
    .filter(({ key, action }) => isPolicyKind(key.kind) && (action === 'create' || action === 'replace'))
    .flatMap((change) =>
      moments.flatMap(({ request, rows }) => {
        const active = policiesOf(rows, change).filter(({ name }) => name === change.after?.name);
        const made = active.filter(({ id }) => !known.has(id));
        return made.length > 1 ? [`twin of ${change.id} after ${say(request)}: ${made.map(({ id }) => id)}`] : [];
      }),
    );
}

/** While a policy is replaced, or its limit moves, it or its successor binds. */
function findGaps(
  moments: readonly Moment[],
  lives: readonly Live[],
  changes: readonly Change[],
  lenient: Leniency,
): string[] {
  return changes
    .filter(({ key, action }) => isPolicyKind(key.kind) && (action === 'update' || action === 'replace'))
    .flatMap((change) =>
      moments.flatMap(({ request, rows }, index) => {
        if (policiesOf(rows, change).some(({ id }) => id === change.liveId)) return [];
        const live = lives[index];
        if (change.action === 'replace' && live !== undefined && isInForce(change, live, lenient)) return [];
        return lenient.hasRival === true ? [] : [`neither old nor new ${change.id} after ${say(request)}`];
      }),
    );
}

/** Nothing takes force before what it depends on. */
function findEarly(
  moments: readonly Moment[],
  lives: readonly Live[],
  changes: readonly Change[],
  lenient: Leniency,
): string[] {
  const byId = new Map(changes.map((change) => [change.id, change]));
  return changes
    .filter(({ dependsOn }) => dependsOn.length > 0)
    .flatMap((change) =>
      moments.flatMap(({ request }, index) => {
        const [before, now] = [lives[index - 1], lives[index]];
        if (before === undefined || now === undefined) return [];
        if (isInForce(change, before, lenient) || !isInForce(change, now, lenient)) return [];
        return change.dependsOn.flatMap((id) => {
          const guarding = byId.get(id);
          if (guarding === undefined || isInForce(guarding, now, lenient)) return [];
          // Each waits for a part of the other; the law over traffic says which.
          if (guarding.dependsOn.includes(change.id)) return [];
          return [`${change.id} is in force before ${id}, after ${say(request)}`];
        });
      }),
    );
}

function findFalseSuccess(live: Live | undefined, outcomes: readonly Outcome[], lenient: Leniency): string[] {
  if (live === undefined) return ['nothing was watched'];
  return outcomes
    .filter(({ status }) => status === 'applied' || status === 'already-applied')
    .filter(({ change }) => !isInForce(change, live, lenient))
    .map(({ change, status }) => `${change.id} is said to be ${status} and is not in force`);
}

/** Objects that no change is about are as they were, to the byte. */
function findTouched(moments: readonly Moment[], changes: readonly Change[]): string[] {
  const [first, last] = [moments[0]?.rows, moments.at(-1)?.rows];
  if (first === undefined || last === undefined) return [];
  const ours = new Set(changes.map(({ liveId }) => liveId));
  const providers = new Set(changes.filter(({ key }) => key.kind === 'provider-limits').map(({ key }) => key.name));
  const now = flatten(last);
  return [...flatten(first)]
    .filter(([id]) => !ours.has(id))
    .filter(([, row]) => !('slug' in row && 'ai_provider_name' in row && providers.has(String(row.slug))))
    .filter(([id, row]) => seen(row) !== seen(now.get(id)))
    .map(([id]) => `${id} was touched, and nobody asked for it`);
}

/** The emulator's note of when its next synchronisation is due goes by itself, as time does. */
function seen(row: object | undefined): string {
  return JSON.stringify(row, (member, value) => (member === 'verdict_due_at' ? undefined : value)) ?? '';
}

function isInForce(change: Change, live: Live, { dropsDescription = false }: Leniency = {}): boolean {
  const { key, workspaceId, action, liveId } = change;
  const cleared = key.kind === 'workspace-limits' ? clearedBudgets(change) : [];
  const isLeftOut = (field: string): boolean =>
    (dropsDescription && field === 'description') || cleared.some((slot) => field.endsWith(`[${slot}]`));
  const after =
    change.after === null
      ? null
      : Object.fromEntries(Object.entries(change.after).filter(([field]) => !isLeftOut(field)));
  const isThere = isChangeLive(
    { kind: key.kind, workspaceId, action, liveId, after: after as ClaimedChange['after'] },
    new LiveIndex(live),
  );
  return isThere && cleared.every((slot) => !hasBudget(change, live, slot));
}

function clearedBudgets({ after }: Change): string[] {
  return Object.entries(after ?? {}).flatMap(([field, value]) =>
    value === null ? (/^budget\[(.+)\]$/.exec(field)?.[1] ?? []) : [],
  );
}

/** A workspace may hold a second budget of one unit and reset that somebody made by hand: that one stays. */
function hasBudget({ key, workspaceId, liveId, before }: Change, live: Live, slot: string): boolean {
  const row = live.objects.find(({ kind, id }) => kind === key.kind && id === liveId)?.row;
  if (row === undefined) return false;
  const scope = { workspaceId, workspaceSlug: key.workspace, organisationId: live.organisationId };
  const field = `budget[${slot}]`;
  return isSame(specOf(key.kind).readFields(row, scope, [before ?? {}])[field] ?? null, before?.[field] ?? undefined);
}

/** As if read from a service that shows everything at once. */
function toLive(rows: Rows): Live {
  const asRow = (row: object): WireRow => row as unknown as WireRow;
  const isActive = ({ status }: { readonly status: string }): boolean => status === 'active';
  const objects: LiveObject[] = [
    ...(['usagePolicies', 'ratePolicies'] as const).flatMap((list) =>
      [...rows[list]].filter(isActive).map((row) => ({
        kind: list === 'usagePolicies' ? ('usage-policy' as const) : ('rate-policy' as const),
        id: row.id,
        name: row.name,
        workspaceId: row.workspace_id,
        row: asRow(row),
      })),
    ),
    ...rows.workspaces.map((row) => ({
      kind: 'workspace-limits' as const,
      id: row.id,
      name: 'limits',
      workspaceId: row.id,
      row: asRow(row),
    })),
    ...rows.apiKeys.map((row) => ({
      kind: 'key-limits' as const,
      id: row.id,
      name: row.name,
      workspaceId: row.workspace_id,
      row: asRow(row),
    })),
    ...rows.providers.map((row) => ({
      kind: 'provider-limits' as const,
      id: row.id,
      name: row.slug,
      workspaceId: row.workspace_id,
      row: asRow(row),
    })),
    ...rows.integrations.flatMap(({ slug, workspaces }) =>
      workspaces.map((share) => ({
        kind: 'integration-limits' as const,
        id: `${slug}/${share.workspace_id}`,
        name: slug,
        workspaceId: share.workspace_id,
        row: asRow(share),
      })),
    ),
  ];
  return {
    organisationId,
    baseUrl: '',
    workspaces: rows.workspaces.map(({ id, slug, name }) => ({ id, slug, name })),
    objects,
    integrations: rows.integrations.map(({ slug }) => slug),
    read: new Set(),
  };
}

function policiesOf(rows: Rows, { key, workspaceId }: Change): { id: string; name: string | null }[] {
  const list = key.kind === 'usage-policy' ? rows.usagePolicies : rows.ratePolicies;
  return [...list].filter(({ status, workspace_id }) => status === 'active' && workspace_id === workspaceId);
}

function flatten(rows: Rows): Map<string, object> {
  const plain = [rows.usagePolicies, rows.ratePolicies, rows.apiKeys, rows.providers, rows.workspaces].flat();
  const shares = rows.integrations.flatMap(({ slug, workspaces }) =>
    workspaces.map((share): [string, object] => [`${slug}/${share.workspace_id}`, share]),
  );
  return new Map([...plain.map((row): [string, object] => [row.id, row]), ...shares]);
}

function copyRows(state: StoreState): Rows {
  const { workspaces, apiKeys, providers, integrations, usagePolicies, ratePolicies } = state;
  return structuredClone({ workspaces, apiKeys, providers, integrations, usagePolicies, ratePolicies });
}

function say(request: ObservedRequest | null): string {
  return request === null ? 'nothing' : `${request.method} ${request.path} (request ${request.number})`;
}
