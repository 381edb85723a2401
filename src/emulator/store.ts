/**
 * One state object that can be reset, exported to JSON and loaded again. Pure: no clock, no randomness, no files
 * (persistence.ts has those). Rows stand in the order of their making; lists are sorted when answered.
 */

import { createRowIndex, type RowIndex } from './row-index.ts';
import type {
  ApiKeyRow,
  ConfigRow,
  IntegrationRow,
  IntegrationWorkspaceRow,
  OrganisationRow,
  ProviderRow,
  RatePolicyRow,
  RequestLogRow,
  StoreState,
  UsagePolicyRow,
  WorkspaceRow,
} from './state.ts';

export type * from './state.ts';

/** The organisation of a store that was given no seed. */
export const emptyOrganisationId = '00000000-0000-4000-8000-000000000001';

export function buildEmptyState(organisation?: Partial<OrganisationRow>): StoreState {
  return {
    organisation: { id: emptyOrganisationId, name: 'Example Organisation', ...organisation },
    workspaces: [],
    apiKeys: [],
    providers: [],
    integrations: [],
    configs: [],
    usagePolicies: [],
    ratePolicies: [],
    requestLogs: [],
    logExports: [],
    feedback: [],
    invites: [],
    auditLogs: [],
  };
}

/** The tables whose rows belong to a workspace each. */
export type WorkspaceTable =
  | 'apiKeys'
  | 'configs'
  | 'logExports'
  | 'providers'
  | 'ratePolicies'
  | 'requestLogs'
  | 'usagePolicies';

/**
 * What time has done to rows, done when they are handed out: resets that have come due, keys that have expired. So nothing has to walk
 * all rows before each request.
 */
export interface Settlers {
  readonly apiKeys?: (row: ApiKeyRow) => void;
  readonly providers?: (row: ProviderRow) => void;
  readonly usagePolicies?: (row: UsagePolicyRow) => void;
  readonly workspaces?: (row: WorkspaceRow) => void;
  readonly shares?: (row: IntegrationWorkspaceRow) => void;
}

export interface Store {
  /**
   * The live state. Routes change it in place; `reset` and `loadState` put another object here, so do not keep it. Rows are as they were
   * when they were last asked for: what time did to them since shows in what the methods below hand out.
   */
  readonly state: StoreState;
  /** Back to the state the store was made with. */
  reset(): void;
  /** A copy that shares nothing with the store; plain JSON. */
  exportState(): StoreState;
  /** Replaces everything. Collections that are absent are empty. `reset` still goes back to the first state. */
  loadState(state: Partial<StoreState>): void;
  /** By UUID or slug, archived ones too. */
  findWorkspace(idOrSlug: string): WorkspaceRow | undefined;
  findApiKey(id: string): ApiKeyRow | undefined;
  findApiKeyBySecret(secret: string): ApiKeyRow | undefined;
  /** Call after the secret of a key has changed. */
  noteNewSecret(row: ApiKeyRow): void;
  /** By UUID or slug, within one workspace, where slugs are unique, or the first of any. */
  findProvider(workspaceId: string | undefined, idOrSlug: string): ProviderRow | undefined;
  /** By UUID or slug. */
  findIntegration(idOrSlug: string): IntegrationRow | undefined;
  /** By UUID or slug. */
  findConfig(idOrSlug: string): ConfigRow | undefined;
  /** By UUID, archived ones too. */
  findUsagePolicy(id: string): UsagePolicyRow | undefined;
  findRatePolicy(id: string): RatePolicyRow | undefined;
  findRequestLog(id: string): RequestLogRow | undefined;
  listWorkspaces(): readonly WorkspaceRow[];
  /** The rows of one workspace, by its UUID; undefined: of all. */
  listRows<Name extends WorkspaceTable>(table: Name, workspaceId: string | undefined): StoreState[Name];
  /** Of the providers of an integration, by its slug. */
  listProvidersOf(integrationSlug: string): readonly ProviderRow[];
  /** To whom an integration is lent, to one workspace or to all. */
  listShares(integration: IntegrationRow, workspaceId: string | undefined): readonly IntegrationWorkspaceRow[];
}

function completeState(state: Partial<StoreState>): StoreState {
  const { organisation, ...collections } = structuredClone(state);
  return { ...buildEmptyState(organisation), ...collections };
}

function createIndexes() {
  const byIdOrSlug = <Row extends { readonly id: string; readonly slug: string }>(): RowIndex<Row> =>
    createRowIndex(({ id, slug }) => [id, slug]);
  const byId = <Row extends { readonly id: string }>(): RowIndex<Row> => createRowIndex(({ id }) => [id]);
  return {
    workspaces: byIdOrSlug<WorkspaceRow>(),
    integrations: byIdOrSlug<IntegrationRow>(),
    configs: byIdOrSlug<ConfigRow>(),
    providers: byIdOrSlug<ProviderRow>(),
    providersOf: createRowIndex<ProviderRow>((row) => [row.integration_id]),
    apiKeys: byId<ApiKeyRow>(),
    secrets: createRowIndex<ApiKeyRow>((row) => [row.secret, ...(row.previous_secret ? [row.previous_secret] : [])]),
    usagePolicies: byId<UsagePolicyRow>(),
    ratePolicies: byId<RatePolicyRow>(),
    requestLogs: byId<RequestLogRow>(),
    ofWorkspace: createRowIndex<{ readonly workspace_id: string | null }>((row) => [row.workspace_id ?? '']),
  };
}

export function createStore(initial: Partial<StoreState> = {}, settlers: Settlers = {}): Store {
  const first = completeState(initial);
  let state = structuredClone(first);
  const indexes = createIndexes();

  const settle = <Row>(row: Row, settler: ((row: Row) => void) | undefined): Row => {
    settler?.(row);
    return row;
  };
  const settleOne = <Row>(row: Row | undefined, settler: ((row: Row) => void) | undefined): Row | undefined =>
    row === undefined ? undefined : settle(row, settler);

  return {
    get state() {
      return state;
    },
    reset() {
      state = structuredClone(first);
    },
    exportState() {
      return structuredClone(state);
    },
    loadState(next) {
      state = completeState(next);
    },
    findWorkspace: (idOrSlug) => settleOne(indexes.workspaces.find(state.workspaces, idOrSlug), settlers.workspaces),
    findApiKey: (id) => settleOne(indexes.apiKeys.find(state.apiKeys, id), settlers.apiKeys),
    findApiKeyBySecret: (secret) => settleOne(indexes.secrets.find(state.apiKeys, secret), settlers.apiKeys),
    noteNewSecret: (row) => indexes.secrets.rekey(state.apiKeys, row),
    findProvider(workspaceId, idOrSlug) {
      const isWanted = (row: ProviderRow): boolean => workspaceId === undefined || row.workspace_id === workspaceId;
      return settleOne(indexes.providers.find(state.providers, idOrSlug, isWanted), settlers.providers);
    },
    findIntegration: (idOrSlug) => indexes.integrations.find(state.integrations, idOrSlug),
    findConfig: (idOrSlug) => indexes.configs.find(state.configs, idOrSlug),
    findUsagePolicy: (id) => settleOne(indexes.usagePolicies.find(state.usagePolicies, id), settlers.usagePolicies),
    findRatePolicy: (id) => indexes.ratePolicies.find(state.ratePolicies, id),
    findRequestLog: (id) => indexes.requestLogs.find(state.requestLogs, id),
    listWorkspaces: () => state.workspaces.map((row) => settle(row, settlers.workspaces)),
    listRows(table, workspaceId) {
      const all = state[table] as readonly { readonly workspace_id: string | null }[];
      const rows = (
        workspaceId === undefined ? [...all] : indexes.ofWorkspace.select(all, workspaceId)
      ) as StoreState[typeof table];
      const settler = (settlers as Readonly<Record<string, ((row: unknown) => void) | undefined>>)[table];
      for (const row of rows) settler?.(row);
      return rows;
    },
    listProvidersOf: (slug) => indexes.providersOf.select(state.providers, slug),
    listShares(integration, workspaceId) {
      const { workspaces } = integration;
      const rows = workspaceId === undefined ? workspaces : indexes.ofWorkspace.select(workspaces, workspaceId);
      return (rows as IntegrationWorkspaceRow[]).map((row) => settle(row, settlers.shares));
    },
  };
}

/** In place, so that what is known of the other rows stays known. */
export function removeRow<Row>(rows: Row[], row: Row): void {
  const at = rows.indexOf(row);
  if (at >= 0) rows.splice(at, 1);
}

/** Newest first (1.5); of two made in the same second, the one made later. */
export function sortNewestFirst<Row extends { readonly created_at: string }>(rows: readonly Row[]): Row[] {
  return rows
    .map((row, index) => ({ row, index }))
    .sort((a, b) => compareText(b.row.created_at, a.row.created_at) || b.index - a.index)
    .map(({ row }) => row);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
