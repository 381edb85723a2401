/** A control plane that is a few rows: every call is listed, and may be answered otherwise. Nothing is checked. */

import { ServiceError } from '../../src/errors.ts';
import type { Backend, WireBody } from '../../src/live/backend.ts';
import type { LogPort } from '../../src/live/log-port.ts';
import type { WireRow } from '../../src/resources/kind.ts';
import { teamA, teamB, uuid } from '../helpers/state.ts';
import { organisationId } from '../helpers/world.ts';

type Row = WireRow & { readonly id: string };

export interface Rows {
  usagePolicies: Row[];
  ratePolicies: Row[];
  keys: Row[];
  workspaces: (Row & { readonly slug: string })[];
  providers: (Row & { readonly slug: string })[];
  shares: Row[];
  gift: WireRow | null;
}

export interface MemoryBackend extends Backend {
  readonly rows: Rows;
  /** `PUT usage-policy <id>` and the like, in order. */
  readonly calls: string[];
  /** Bodies of what was written, in order. */
  readonly bodies: WireBody[];
}

export interface Interruptions {
  /** Before a call takes effect; what it throws is the answer. */
  readonly before?: (call: string, backend: MemoryBackend) => unknown;
  /** After it took effect. */
  readonly after?: (call: string, backend: MemoryBackend) => unknown;
  readonly analytics?: (path: string, query: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
  readonly counters?: readonly {
    valueKey: string | null;
    usage: number | null;
    status: 'active' | 'exhausted' | null;
  }[];
}

export const workspaceRows = [
  { id: teamA, slug: 'ws-team-a', name: 'Team A' },
  { id: teamB, slug: 'ws-team-b', name: 'Team B' },
];

/** An answer of the service that is an error. */
export function refusal(status: number | undefined, method = 'PUT', maybeApplied = false): ServiceError {
  return new ServiceError(`${method} answered ${status}`, { status, method, path: '/x', maybeApplied });
}

export function createMemoryBackend(given: Partial<Rows> = {}, interruptions: Interruptions = {}): MemoryBackend {
  const { before, after, analytics, counters = [] } = interruptions;
  const rows: Rows = {
    usagePolicies: [],
    ratePolicies: [],
    keys: [],
    workspaces: workspaceRows,
    providers: [],
    shares: [],
    gift: null,
    ...given,
  };
  const calls: string[] = [];
  const bodies: WireBody[] = [];
  let made = 0;

  async function call<T>(name: string, answer: () => T): Promise<T> {
    calls.push(name);
    await before?.(name, backend);
    const value = answer();
    await after?.(name, backend);
    return value;
  }
  function find<T extends Row>(list: readonly T[], id: string): T {
    const row = list.find((one) => one.id === id);
    if (row === undefined) throw refusal(404, 'GET');
    return row;
  }
  function change<K extends keyof Rows>(name: K, matches: (row: Row) => boolean, body: WireBody): void {
    rows[name] = (rows[name] as Row[]).map((row) => (matches(row) ? { ...row, ...body } : row)) as Rows[K];
  }
  const listOf = (kind: string) => (kind === 'usage-policy' ? 'usagePolicies' : 'ratePolicies');
  const none = async (): Promise<never> => {
    throw refusal(403, 'GET');
  };

  const noLogs: LogPort = {
    listExports: none,
    readExport: none,
    createExport: none,
    aimExport: none,
    startExport: none,
    readLog: none,
    sendFeedback: none,
    readExportLines: () => {
      throw refusal(403, 'GET');
    },
  };

  const backend: MemoryBackend = {
    rows,
    calls,
    bodies,
    baseUrl: 'https://api.example.com/v1',
    serviceNow: () => null,
    gateWrites: () => {},
    listWorkspaces: () => call('LIST workspaces', () => rows.workspaces),
    listMembers: none,
    readWorkspace: (id) =>
      call(`GET workspace ${id}`, () => ({ ...find(rows.workspaces, id), organisation_id: organisationId })),
    listUsagePolicies: () => call('LIST usage-policy', () => rows.usagePolicies),
    listRatePolicies: () => call('LIST rate-policy', () => rows.ratePolicies),
    readUsagePolicy: (id) => call(`GET usage-policy ${id}`, () => find(rows.usagePolicies, id)),
    readRatePolicy: (id) => call(`GET rate-policy ${id}`, () => find(rows.ratePolicies, id)),
    listKeys: (id) => call(`LIST keys ${id}`, () => rows.keys),
    readKey: (id) => call(`GET key ${id}`, () => find(rows.keys, id)),
    listProviders: (id) => call(`LIST providers ${id}`, () => rows.providers),
    readProvider: (slug) =>
      call(`GET provider ${slug}`, () => rows.providers.find((one) => one.slug === slug) as never),
    listIntegrationSlugs: () => call('LIST integrations', () => ['openai-prod', 'anthropic-prod']),
    listIntegrationWorkspaces: (slug) => call(`LIST shares ${slug}`, () => rows.shares),
    readGlobalAccess: (slug) => call(`GET gift ${slug}`, () => rows.gift),
    readIntegrationPrices: async (slug) => ({ slug, vendor: null, adjustments: null, models: [] }),
    listConfigs: none,
    readConfig: none,
    listAuditRecords: none,
    listModels: none,
    logs: noLogs,
    readCounters: (id) => call(`GET counters ${id}`, () => counters),
    readAnalytics: (path, query) => call(`GET analytics ${path}`, () => analytics?.(path, query) ?? {}),
    createPolicy: (kind, body) =>
      call(`POST ${kind}`, () => {
        bodies.push(body);
        made += 1;
        const row = { description: null, status: 'active', ...body, id: uuid(0xa00 + made) };
        rows[listOf(kind)] = [row, ...rows[listOf(kind)]];
        return { id: row.id };
      }),
    updatePolicy: (kind, id, body) =>
      call(`PUT ${kind} ${id}`, () => {
        bodies.push(body);
        change(listOf(kind), (row) => row.id === id, body);
      }),
    deletePolicy: (kind, id) =>
      call(`DELETE ${kind} ${id}`, () => {
        rows[listOf(kind)] = rows[listOf(kind)].filter((row) => row.id !== id);
      }),
    resetCounter: () => call('PUT entity', () => true),
    setLimits: (target, body) =>
      call(`PUT ${target.kind}`, () => {
        bodies.push(body);
        if (target.kind === 'key-limits') change('keys', ({ id }) => id === target.keyId, body);
        if (target.kind === 'workspace-limits') change('workspaces', ({ id }) => id === target.workspaceId, body);
        if (target.kind === 'provider-limits') change('providers', ({ slug }) => slug === target.slug, body);
      }),
  };
  return backend;
}

/** Moves by sleeping, and takes no time. */
export function createStepClock(): { now: () => number; sleep: (milliseconds: number) => Promise<void> } {
  let now = Date.UTC(2026, 10, 20, 12);
  return {
    now: () => now,
    sleep: async (milliseconds) => {
      now += milliseconds;
    },
  };
}
