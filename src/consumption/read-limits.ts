/** Every live budget of the workspaces asked for, with the counters that can be read. What cannot be read is said, not left out. */

import type { UnreadableRow } from '../errors.ts';
import { byHandle, requireWorkspaces } from '../live/named-workspaces.ts';
import { listReadable, listWorkspaces } from '../live/set-aside.ts';
import type { Kind, Unit } from '../resources/types.ts';
import { lacksReset, readWithReset } from '../resources/usage-policy.ts';
import type {
  WireBudget,
  WireIntegrationWorkspace,
  WireKey,
  WireProvider,
  WireUsagePolicy,
  WireWorkspace,
} from '../resources/wire.ts';
import type { Question, Reads } from './ask.ts';
import { type CountedCalls, callsOfIntegration } from './counted-calls.ts';
import type { ReportedCounter, UsageUnit } from './counters.ts';
import { splitCounters } from './doubt.ts';
import { budgetLimit, callsOfPolicy, policyLimit } from './limit-facts.ts';
import type { LimitUse, LiveLimit } from './limit-status.ts';
import { readPolicyCounters } from './read-counters.ts';
import { type Row, useOfRow } from './row-use.ts';

export interface LimitsQuery {
  /** Slugs or UUIDs; empty: all, and what belongs to the organisation itself. */
  readonly workspaces: readonly string[];
  readonly usageUnit: UsageUnit;
  /** Keys are not named in what is said; default: they are. */
  readonly counts?: boolean;
  /** Slugs of integrations whose shares are read; missing: those of all. */
  readonly integrations?: readonly string[];
  /** Policies of other units are left out, with their counters; missing: none are. */
  readonly unit?: Unit;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A list that could not be read. */
export interface Gap {
  readonly kind: Kind;
  /** Slug; null: of the organisation. */
  readonly workspace: string | null;
  readonly why: string;
}

/** Budgets that nobody counts, as what holds them was not read. */
export interface UnreadBudgets {
  readonly kind: Kind;
  /** Slug; null: of the organisation. */
  readonly workspace: string | null;
  /** A whole list, or one row of it. */
  readonly what: 'list' | 'row';
}

export interface ExpiringThing {
  readonly kind: 'key-limits' | 'provider-limits';
  readonly workspace: string | null;
  readonly id: string;
  readonly name: string;
  /** ISO, UTC. */
  readonly expiresAt: string;
}

/** Whether it has a budget or not. */
export interface LiveKey {
  readonly id: string;
  readonly name: string;
  /** Slug; null: of the organisation. */
  readonly workspace: string | null;
}

export interface ReadLimits {
  readonly workspaces: readonly { readonly id: string; readonly slug: string; readonly name: string }[];
  /** Use of workspaces, providers and integrations is not in them yet. */
  readonly limits: readonly LiveLimit[];
  /** Whose calls each counts; null: analytics cannot tell them apart. */
  readonly calls: ReadonlyMap<LiveLimit, CountedCalls | null>;
  readonly expiries: readonly ExpiringThing[];
  readonly gaps: readonly Gap[];
  readonly unread: readonly UnreadBudgets[];
  /** Ids of keys that belong to no person. */
  readonly serviceKeys: ReadonlySet<string>;
  /** All that have not expired. */
  readonly keys: readonly LiveKey[];
  /** Names of keys by id. */
  readonly keyNames: Readonly<Record<string, string>>;
}

/** Filled in by estimates; until then, and where analytics are refused, unknown. */
export const notEstimated: LimitUse = { known: false, why: 'analytics were not read' };

const notShown: LimitUse = { known: false, why: 'the service does not show its use' };

/** @throws UserError for a workspace that there is not; ServiceError when workspaces cannot be listed; CancelledError */
export async function readLimits(reads: Reads, query: LimitsQuery): Promise<ReadLimits> {
  const listed = await listWorkspaces(reads.backend);
  const live = listed.rows;
  const { workspaces: wanted } = query;
  const chosen = live.filter(({ id, slug }) => wanted.length === 0 || wanted.includes(slug) || wanted.includes(id));
  requireWorkspaces(wanted, live, listed.unreadable);
  const read = createReading(reads, query);
  for (const row of listed.unreadable) read.setAside('workspace-limits', null, row);
  await Promise.all([
    ...chosen.map((workspace) => read.workspace(workspace)),
    read.integrations(chosen),
    ...(wanted.length === 0 ? [read.organisationKeys()] : []),
  ]);
  return read.result(chosen);
}

interface Place {
  readonly id: string | null;
  readonly slug: string | null;
}

function createReading(reads: Reads, { usageUnit, counts = false, integrations, unit, now }: LimitsQuery) {
  const { backend } = reads;
  const limits: LiveLimit[] = [];
  const calls = new Map<LiveLimit, CountedCalls | null>();
  const expiries: ExpiringThing[] = [];
  const gaps: Gap[] = [];
  const unread: UnreadBudgets[] = [];
  const keyNames: Record<string, string> = {};
  const serviceKeys = new Set<string>();
  const keys: LiveKey[] = [];
  /** By workspace id. */
  const providers = new Map<string, readonly WireProvider[]>();
  const shares: { facts: LiveLimit; workspaceId: string; integration: string }[] = [];
  const policies: LiveLimit[] = [];

  const add = (facts: LiveLimit, of: CountedCalls): void => {
    limits.push(facts);
    calls.set(facts, of);
  };

  function setAside(kind: Kind, workspace: string | null, { name, id, why }: UnreadableRow): void {
    const row = counts && kind === 'key-limits' ? 'a key' : (name ?? id ?? 'one without a name');
    unread.push({ kind, workspace, what: 'row' });
    gaps.push({ kind, workspace, why: `the row of ${row}: ${why}` });
  }

  /** A list, with what of it makes no sense among the gaps. */
  async function attemptList<Row>(
    kind: Kind,
    place: Place,
    family: Question,
    reading: () => Promise<readonly Row[]>,
  ): Promise<readonly Row[]> {
    const listed = await attempt(kind, place, family, () => listReadable(reading()));
    if (listed === null) unread.push({ kind, workspace: place.slug, what: 'list' });
    for (const row of listed?.unreadable ?? []) setAside(kind, place.slug, row);
    return listed?.rows ?? [];
  }

  async function attempt<T>(kind: Kind, place: Place, family: Question, reading: () => Promise<T>): Promise<T | null> {
    const answer = await reads.attempt(family, reading);
    if ('value' in answer) return answer.value;
    gaps.push({ kind, workspace: place.slug, why: answer.unknown });
    return null;
  }

  async function readPolicies(workspace: WireWorkspace): Promise<void> {
    const rows = await attemptList('usage-policy', workspace, 'listUsagePolicies', () =>
      backend.listUsagePolicies(workspace.id),
    );
    await Promise.all(rows.map((row) => readPolicy(workspace, row)));
  }

  /** With its reset, which lists of older backends lack; without it where that cannot be read either. */
  async function readWhole(listed: WireUsagePolicy): Promise<WireUsagePolicy> {
    if (!lacksReset(listed)) return listed;
    return (
      (await attempt('usage-policy', { id: null, slug: null }, 'readUsagePolicy', async () => ({
        ...listed,
        ...(await readWithReset(backend, listed.id)),
      }))) ?? listed
    );
  }

  /** One read a policy. */
  async function readUsage({ id, type }: WireUsagePolicy): Promise<LimitUse> {
    const counters = await readPolicyCounters(reads, id);
    if ('unknown' in counters) return { known: false, why: counters.unknown };
    return toUse(counters.value, (type ?? 'cost') === 'cost');
  }

  async function readPolicy(workspace: WireWorkspace, listed: WireUsagePolicy): Promise<void> {
    if (unit !== undefined && (listed.type ?? 'cost') !== unit) return;
    const [row, usage] = await Promise.all([readWhole(listed), readUsage(listed)]);
    const facts = policyLimit(workspace, row, usage);
    if (facts === null) return;
    limits.push(facts);
    policies.push(facts);
  }

  function toUse(reported: readonly ReportedCounter[], isCost: boolean): LimitUse {
    const { counters, doubted } = splitCounters(reported, isCost, usageUnit);
    const [first] = doubted;
    if (first !== undefined && counters.length === 0) return { known: false, why: first.why };
    return { known: true, counters, ...(first === undefined ? {} : { doubted }), source: 'reported', asOf: now() };
  }

  /** What the row of an attachment point says of its budget. */
  function readRow(kind: Kind, row: Row, budget: WireBudget | null | undefined, fallback: LimitUse) {
    const { reported, verdict } = useOfRow(kind, row, budget);
    const isCost = (budget?.type ?? 'cost') === 'cost';
    return {
      row,
      budget,
      verdict,
      usage: reported === null ? fallback : toUse([{ valueKey: null, reported, verdict }], isCost),
    };
  }

  function addKeys(place: Place, rows: readonly WireKey[]): void {
    for (const row of rows) {
      const name = row.name ?? '(no name)';
      keyNames[row.id] = name;
      if (row.type?.endsWith('-service') === true) serviceKeys.add(row.id);
      if (row.expires_at && row.status !== 'expired') {
        expiries.push({ kind: 'key-limits', workspace: place.slug, id: row.id, name, expiresAt: row.expires_at });
      }
      // What has expired consumes nothing any more.
      if (row.status === 'expired') continue;
      keys.push({ id: row.id, name, workspace: place.slug });
      const budget = row.usage_limits;
      const read = readRow('key-limits', row, budget, notShown);
      const facts = budgetLimit('key-limits', { workspace: place.slug, id: row.id, name, ...read });
      if (facts !== null) add(facts, { of: 'key', id: row.id });
    }
  }

  function addProviders(workspace: WireWorkspace, rows: readonly WireProvider[]): void {
    providers.set(workspace.id, rows);
    for (const row of rows) {
      if (row.expires_at && row.status !== 'expired') {
        const { slug, expires_at: expiresAt } = row;
        expiries.push({ kind: 'provider-limits', workspace: workspace.slug, id: row.id, name: slug, expiresAt });
      }
      const read = readRow('provider-limits', row, row.usage_limits, notEstimated);
      const place = { workspace: workspace.slug, id: row.id, name: row.slug };
      const facts = budgetLimit('provider-limits', { ...place, ...read });
      if (facts !== null) add(facts, { of: 'providers', slugs: [row.slug] });
    }
  }

  return {
    setAside,
    async workspace(workspace: WireWorkspace): Promise<void> {
      for (const [index, budget] of (workspace.usage_limits ?? []).entries()) {
        const name = index === 0 ? 'limits' : `limits#${index + 1}`;
        const read = readRow('workspace-limits', workspace, budget, notEstimated);
        const place = { workspace: workspace.slug, id: `${workspace.id}/${index}`, name };
        const facts = budgetLimit('workspace-limits', { ...place, ...read });
        if (facts !== null) add(facts, { of: 'matched', match: 'all' });
      }
      await Promise.all([
        readPolicies(workspace),
        attemptList('key-limits', workspace, 'listKeys', () => backend.listKeys(workspace.id)).then((rows) =>
          addKeys(workspace, rows),
        ),
        attemptList('provider-limits', workspace, 'listProviders', () => backend.listProviders(workspace.id)).then(
          (rows) => addProviders(workspace, rows),
        ),
      ]);
    },

    async organisationKeys(): Promise<void> {
      const place = { id: null, slug: null };
      addKeys(place, await attemptList('key-limits', place, 'listKeys', () => backend.listKeys(null)));
    },

    async integrations(chosen: readonly WireWorkspace[]): Promise<void> {
      const none = { id: null, slug: null };
      const slugs =
        integrations ??
        (await attemptList('integration-limits', none, 'listIntegrationSlugs', () => backend.listIntegrationSlugs()));
      const workspaceOf = byHandle(chosen);
      const addShare = (integration: string, row: WireIntegrationWorkspace): void => {
        const workspace = workspaceOf.get(row.id);
        if (workspace === undefined) return;
        const budget = row.usage_limits?.[0];
        const read = readRow('integration-limits', row, budget, notEstimated);
        const id = `${integration}/${workspace.id}`;
        const facts = budgetLimit('integration-limits', { workspace: workspace.slug, id, name: integration, ...read });
        if (facts === null) return;
        limits.push(facts);
        shares.push({ facts, workspaceId: workspace.id, integration });
      };
      const lists = slugs.map(async (slug) => {
        const place = { id: null, slug: null };
        const rows = await attemptList('integration-limits', place, 'listIntegrationWorkspaces', () =>
          backend.listIntegrationWorkspaces(slug),
        );
        for (const row of rows) addShare(slug, row);
      });
      await Promise.all(lists);
    },

    result(chosen: readonly WireWorkspace[]): ReadLimits {
      // Lists of keys, providers and shares arrive in any order.
      for (const { facts, workspaceId, integration } of shares) {
        calls.set(facts, callsOfIntegration(integration, providers.get(workspaceId) ?? []));
      }
      const ids = Object.keys(keyNames);
      for (const facts of policies) calls.set(facts, callsOfPolicy(facts, ids));
      return {
        workspaces: chosen.map(({ id, slug, name }) => ({ id, slug, name: name ?? slug })),
        limits,
        calls,
        expiries,
        gaps,
        unread,
        serviceKeys,
        keys,
        keyNames,
      };
    },
  };
}
