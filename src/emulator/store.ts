/**
 * One state object that can be reset, exported to JSON and loaded again. Pure: no clock, no randomness, no files
 * (persistence.ts has those). Rows stand in the order of their making; lists are sorted when answered.
 */

import { compareText } from '../diagnostics.ts';
import { createRowIndex } from './row-index.ts';
import type {
  ApiKeyRow,
  IntegrationRow,
  IntegrationWorkspaceRow,
  OrganisationRow,
  Rows,
  StoreState,
  Table,
  Tables,
} from './state.ts';

export type * from './state.ts';

/** The organisation of a store that was given no seed. */
const emptyOrganisation = { id: '00000000-0000-4000-8000-000000000001', name: 'Example Organisation' };

export function buildEmptyState(organisation?: Partial<OrganisationRow>): StoreState {
  return {
    organisation: { ...emptyOrganisation, ...organisation },
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

/**
 * What time has done to rows, done when they are handed out: resets that have come due, keys that have expired. So nothing has to walk
 * all rows before each request.
 */
export interface Settlers {
  readonly rows: { readonly [Name in Table]?: (row: Rows[Name]) => void };
  readonly shares: (row: IntegrationWorkspaceRow) => void;
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
  /** By UUID, or slug where rows have one; archived rows too. Of several the first, in one workspace if that is given. */
  find<Name extends Table>(table: Name, idOrSlug: string, workspaceId?: string): Rows[Name] | undefined;
  /** The rows of one workspace, by its UUID; undefined: of all. */
  list<Name extends Table>(table: Name, workspaceId?: string): Rows[Name][];
  findApiKeyBySecret(secret: string): ApiKeyRow | undefined;
  /** Call after the secret of a key has changed. */
  noteNewSecret(row: ApiKeyRow): void;
  /** Of the providers of an integration, by its slug. */
  listProvidersOf(integrationSlug: string): Rows['providers'][];
  /** To whom an integration is lent, to one workspace or to all. */
  listShares(integration: IntegrationRow, workspaceId?: string): IntegrationWorkspaceRow[];
}

function completeState({ organisation, ...collections }: Partial<StoreState>): StoreState {
  return { ...buildEmptyState(organisation), ...collections };
}

/** What rows of any table may have to be found by. */
interface Named {
  readonly id?: string;
  readonly slug?: string;
  readonly workspace_id?: string | null;
}

/** @param initial handed over: `reset` goes back to it, so that nobody may change it afterwards */
export function createStore(initial: Partial<StoreState> = {}, settlers?: Settlers): Store {
  const first = completeState(initial);
  let state = structuredClone(first);
  const names = createRowIndex<Named>(({ id, slug }) => [id, slug].filter((name) => name !== undefined));
  const secrets = createRowIndex<ApiKeyRow>((row) => [
    row.secret,
    ...(row.previous_secret ? [row.previous_secret] : []),
  ]);
  const integrations = createRowIndex<Rows['providers']>((row) => [row.integration_id]);
  const workspaces = createRowIndex<Named>((row) => [row.workspace_id ?? '']);

  const rowsOf = <Name extends Table>(table: Name): Rows[Name][] => {
    const tables: Tables = state;
    return tables[table];
  };
  const settle = <Name extends Table>(table: Name, rows: Rows[Name][]): Rows[Name][] => {
    const settler = settlers?.rows[table];
    if (settler !== undefined) for (const row of rows) settler(row);
    return rows;
  };
  const listOf = <Row extends Named>(rows: readonly Row[], workspaceId: string | undefined): Row[] =>
    workspaceId === undefined ? [...rows] : workspaces.select(rows, workspaceId);

  return {
    get state() {
      return state;
    },
    reset() {
      state = structuredClone(first);
    },
    exportState: () => structuredClone(state),
    loadState(next) {
      state = structuredClone(completeState(next));
    },
    find(table, idOrSlug, workspaceId) {
      const isWanted = (row: Named): boolean => workspaceId === undefined || row.workspace_id === workspaceId;
      const row = names.find(rowsOf(table), idOrSlug, isWanted);
      return row && settle(table, [row])[0];
    },
    list: (table, workspaceId) => settle(table, listOf(rowsOf(table), workspaceId)),
    findApiKeyBySecret(secret) {
      const row = secrets.find(state.apiKeys, secret);
      return row && settle('apiKeys', [row])[0];
    },
    noteNewSecret: (row) => secrets.rekey(state.apiKeys, row),
    listProvidersOf: (slug) => integrations.select(state.providers, slug),
    listShares(integration, workspaceId) {
      const shares = listOf(integration.workspaces, workspaceId);
      for (const share of shares) settlers?.shares(share);
      return shares;
    },
  };
}

/** In place, so that what is known of the other rows stays known. */
export function removeRow<Row>(rows: Row[], row: Row): void {
  const at = rows.indexOf(row);
  if (at >= 0) rows.splice(at, 1);
}

/** Newest first; of two made in the same second, the one made later. */
export function sortNewestFirst<Row extends { readonly created_at: string }>(rows: readonly Row[]): Row[] {
  // Sorting is stable: of equal dates the later row stands first already.
  return [...rows].reverse().sort((a, b) => compareText(b.created_at, a.created_at));
}
