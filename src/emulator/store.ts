/**
 * One state object that can be reset, exported to JSON and loaded again. Pure: no clock, no randomness, no files
 * (persistence.ts has those). Rows stand in the order of their making; lists are sorted when answered.
 */

import type {
  ApiKeyRow,
  ConfigRow,
  IntegrationRow,
  OrganisationRow,
  ProviderRow,
  StoreState,
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
    auditLogs: [],
  };
}

export interface Store {
  /** The live state. Routes change it in place; `reset` and `loadState` put another object here, so do not keep it. */
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
  /** By UUID or slug, within one workspace: slugs are unique there only. */
  findProvider(workspaceId: string, idOrSlug: string): ProviderRow | undefined;
  /** By UUID or slug. */
  findIntegration(idOrSlug: string): IntegrationRow | undefined;
  /** By UUID or slug. */
  findConfig(idOrSlug: string): ConfigRow | undefined;
}

function completeState(state: Partial<StoreState>): StoreState {
  const { organisation, ...collections } = structuredClone(state);
  return { ...buildEmptyState(organisation), ...collections };
}

export function createStore(initial: Partial<StoreState> = {}): Store {
  const first = completeState(initial);
  let state = structuredClone(first);
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
    findWorkspace(idOrSlug) {
      return state.workspaces.find((row) => row.id === idOrSlug || row.slug === idOrSlug);
    },
    findApiKey(id) {
      return state.apiKeys.find((row) => row.id === id);
    },
    findApiKeyBySecret(secret) {
      return state.apiKeys.find((row) => row.secret === secret || row.previous_secret === secret);
    },
    findProvider(workspaceId, idOrSlug) {
      return state.providers.find(
        (row) => row.workspace_id === workspaceId && (row.slug === idOrSlug || row.id === idOrSlug),
      );
    },
    findIntegration(idOrSlug) {
      return state.integrations.find((row) => row.slug === idOrSlug || row.id === idOrSlug);
    },
    findConfig(idOrSlug) {
      return state.configs.find((row) => row.slug === idOrSlug || row.id === idOrSlug);
    },
  };
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
