import { ServiceError, type UnreadableRow, UnreadableRowsError, UserError } from '../errors.ts';
import type { Backend, WireBody, WireCounter } from '../live/backend.ts';
import type { WireKey } from '../resources/wire.ts';
import type { Client } from './client.ts';

/** The Backend port over a client of the real control plane or of the emulator. */
export function createApiBackend(client: Client): Backend {
  return {
    baseUrl: client.baseUrl,
    serviceNow: () => client.serverNow(),
    gateWrites: (mayWrite) => client.gateWrites(mayWrite),

    listWorkspaces: () => keepRows(client.listWorkspaces(), isActive),
    readWorkspace: (id) => client.readWorkspace(id),

    listMembers: async () =>
      (await client.listMembers()).map(({ id, email, role }) => ({
        id,
        email: email ? email.toLowerCase() : null,
        role: role ?? null,
      })),

    listUsagePolicies: (workspaceId) =>
      listOf('usage policies', workspaceId, client.listUsagePolicies(workspaceId), isActive),
    listRatePolicies: (workspaceId) =>
      listOf('rate policies', workspaceId, client.listRatePolicies(workspaceId), isActive),
    readUsagePolicy: (id) => client.readUsagePolicy(id),
    readRatePolicy: (id) => client.readRatePolicy(id),

    listKeys: (workspaceId) =>
      workspaceId === null
        ? keepRows(client.listKeys(), isOrganisationKey, (row) => row.workspaceId === null)
        : listOf('API keys', workspaceId, client.listKeys(workspaceId)),
    readKey: (id) => client.readKey(id),

    listProviders: (workspaceId) => listOf('providers', workspaceId, client.listProviders(workspaceId)),
    readProvider: (slug, workspaceId) => client.readProvider(slug, workspaceId),

    async listIntegrationSlugs() {
      const { rows, error } = await settle(keepRows(client.listIntegrations(), isActive));
      const slugs = rows.map((row) => row.slug);
      if (error === null) return slugs;
      throw new UnreadableRowsError(error.message, error, { readable: slugs, unreadable: error.unreadable });
    },
    listIntegrationWorkspaces: (slug) => client.listIntegrationWorkspaces(slug),
    async readIntegrationPrices(slug) {
      const [row, models] = await Promise.all([client.readIntegration(slug), client.listIntegrationModels(slug)]);
      const vendor = typeof row.ai_provider_id === 'string' ? row.ai_provider_id : null;
      return { slug, vendor, adjustments: row.pricing_adjustments, models };
    },
    readGlobalAccess: async (slug) => (await client.readIntegration(slug)).global_workspace_access_settings ?? null,

    async listConfigs(workspaceId) {
      const rows = (await client.listConfigs(workspaceId)).filter(isActive);
      // They only advise: rows of other workspaces are left out, where those of limits would end the run.
      const own = rows.filter(({ workspace_id: of }) => !of || of === workspaceId);
      return own.map(({ id, slug, name, status }) => ({ id, slug, name: name || slug, status: status ?? null }));
    },
    readConfig: async (slug) => ({ slug, config: await client.readConfigContent(slug) }),

    async listAuditRecords(from, to, organisationId) {
      const query = { start_time: from, end_time: to, organisation_id: organisationId };
      return (await client.listAuditRecords(query)).flatMap((row) => {
        const { timestamp, uri, user_id: who, method, response_status_code: status } = row;
        if (!timestamp || !uri) return [];
        return [{ when: timestamp, who: who ?? null, method: method ?? '', uri, status: status ?? null }];
      });
    },

    async readCounters(policyId) {
      const row = await client.readUsagePolicy(policyId, { includeUsage: true });
      const map = row.value_key_usage_map;
      if (map !== undefined && map !== null) {
        return Object.entries(map).map(([valueKey, usage]) => toCounter(valueKey, usage.current_usage, usage.status));
      }
      // A backend that does not know the parameter ignores it; entities show the same without a verdict.
      const entities = await client.listPolicyEntities(policyId);
      return entities.map((entity) => toCounter(entity.value_key, entity.current_usage, null));
    },
    readAnalytics: (path, query) => client.readAnalytics(path, query),
    listModels: (workspaceId) => client.listModels(workspaceId),
    logs: client.logs,

    createPolicy: (kind, body) => client.createPolicy(kind, body),
    updatePolicy: (kind, id, body) => client.updatePolicy(kind, id, body),
    async deletePolicy(kind, id) {
      try {
        await client.deletePolicy(kind, id);
      } catch (error) {
        // Asked to be gone and gone (docs/service-notes.md#errors). A 403 may mean the same or "no right": the list tells.
        if (!(error instanceof ServiceError && error.status === 404)) throw error;
      }
    },

    async setLimits(target, body) {
      switch (target.kind) {
        case 'workspace-limits':
          return client.updateWorkspace(target.workspaceId, body);
        case 'key-limits':
          return client.updateKey(target.keyId, body);
        case 'provider-limits':
          return client.updateProvider(target.slug, target.workspaceId, body);
        case 'integration-limits':
          return client.updateIntegrationWorkspaces(target.slug, wrapIntegrationBody(target.workspaceSlug, body));
        case 'integration-prices': {
          // Two endpoints hold the prices of one integration; nothing else of it is written.
          const { pricing_adjustments, models } = body;
          if ('pricing_adjustments' in body) await client.updateIntegration(target.slug, { pricing_adjustments });
          if ('models' in body) await client.updateIntegrationModels(target.slug, { models });
          return;
        }
      }
    },

    async resetCounter(policyId, valueKey) {
      const entities = await client.listPolicyEntities(policyId);
      const entity = entities.find(({ value_key: key }) => key === valueKey);
      if (entity === undefined) return false;
      await client.resetPolicyEntity(policyId, entity.id);
      return true;
    },
  };
}

/** A counter without a number is not zero, and not a reason to doubt the others. */
function toCounter(
  valueKey: string | null | undefined,
  usage: number | null | undefined,
  status: string | null | undefined,
): WireCounter {
  return {
    valueKey: valueKey ?? null,
    usage: usage ?? null,
    status: status === 'active' || status === 'exhausted' ? status : null,
  };
}

/**
 * The service makes a provider on the side unless told not to: on the top level, where it is the default, and in each entry,
 * where it overrides (docs/service-notes.md#shares). The global settings have no such member.
 */
function wrapIntegrationBody(workspaceSlug: string | null, body: WireBody): WireBody {
  if (workspaceSlug !== null) {
    return { workspaces: [{ id: workspaceSlug, ...body }], create_default_provider: false };
  }
  const { create_default_provider: _, ...access } = body;
  return { global_workspace_access: access, create_default_provider: false };
}

/** Some rows of a list; what makes no sense stays, unless it is known to belong elsewhere. */
async function keepRows<Row>(
  listing: Promise<readonly Row[]>,
  isKept: (row: Row) => boolean,
  isKeptUnread: (row: UnreadableRow) => boolean = () => true,
): Promise<readonly Row[]> {
  const { rows, error } = await settle(listing);
  const readable = rows.filter(isKept);
  const unreadable = error?.unreadable.filter(isKeptUnread) ?? [];
  if (error === null || unreadable.length === 0) return readable;
  throw new UnreadableRowsError(error.message, error, { readable, unreadable });
}

/** The rows that make sense, beside the error that names the others. */
async function settle<Row>(
  listing: Promise<readonly Row[]>,
): Promise<{ readonly rows: readonly Row[]; readonly error: UnreadableRowsError | null }> {
  try {
    return { rows: await listing, error: null };
  } catch (error) {
    if (!(error instanceof UnreadableRowsError)) throw error;
    return { rows: error.readable as readonly Row[], error };
  }
}

/** What a workspace was asked for. */
async function listOf<Row extends { readonly id: string; readonly workspace_id?: string | null | undefined }>(
  what: string,
  workspaceId: string,
  listing: Promise<readonly Row[]>,
  isKept: (row: Row) => boolean = () => true,
): Promise<readonly Row[]> {
  return keepRows(listing, (row) => {
    requireWorkspace(what, workspaceId, [row]);
    return isKept(row);
  });
}

/** Archived objects are not read. A missing status is that of a get, or of an old backend. */
function isActive(row: { readonly status?: string | null | undefined }): boolean {
  return row.status !== 'archived';
}

/** A list without a workspace may hold the organisation's own keys alone or those of every workspace as well. */
function isOrganisationKey(key: WireKey): boolean {
  const withoutWorkspace = key.workspace_id === null || key.workspace_id === undefined || key.workspace_id === '';
  // A type that nobody documented is still that of a key which belongs to no workspace.
  return withoutWorkspace && !(key.type ?? '').startsWith('workspace-');
}

/**
 * A workspace key silently answers for its own workspace, whichever was asked for (docs/service-notes.md#keys-and-scopes): believing
 * it would plan one workspace's policies onto another.
 */
function requireWorkspace<Row extends { readonly id: string; readonly workspace_id?: string | null | undefined }>(
  what: string,
  workspaceId: string,
  rows: readonly Row[],
): readonly Row[] {
  const stray = rows.find((row) => row.workspace_id !== workspaceId);
  if (stray === undefined) return rows;
  const found = stray.workspace_id ? `workspace ${stray.workspace_id}` : 'no workspace';
  throw new UserError(`asked for the ${what} of workspace ${workspaceId}, the service sent ${stray.id} of ${found}`, {
    exit: 'unreachable',
    hint: 'A workspace key answers for its own workspace only: set PORTKEY_API_KEY to an organisation admin key.',
  });
}
