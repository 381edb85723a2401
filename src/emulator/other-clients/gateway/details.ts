/**
 * What the vendor's gateway is told of a caller's key, of a provider, of a config: the rows that the admin routes show, in the form that
 * it reads. Use is left out: gateways count by themselves or are told a verdict.
 */

import type { RouteContext } from '../../service.ts';
import type {
  ApiKeyRow,
  GatewayConfigRow,
  IntegrationRow,
  ProviderRow,
  RatePolicyRow,
  UsageLimitRow,
  UsagePolicyRow,
  WorkspaceRow,
} from '../../store.ts';

type Details = Readonly<Record<string, unknown>>;

function describeLimit(limit: UsageLimitRow): Details {
  return {
    id: limit.id,
    type: limit.type ?? 'cost',
    credit_limit: limit.credit_limit,
    alert_threshold: limit.alert_threshold ?? null,
    status: limit.status ?? 'active',
    is_threshold_alerts_sent: limit.is_threshold_alerts_sent ?? false,
  };
}

/** Rows without an amount are flags, not limits. */
function describeLimits(limits: readonly (UsageLimitRow | null)[] | null): Details[] {
  return (limits ?? []).flatMap((limit) => (limit?.credit_limit === undefined ? [] : [describeLimit(limit)]));
}

function describeUsagePolicy({ id, name, conditions, group_by, type, credit_limit, status }: UsagePolicyRow): Details {
  return { id, name, conditions, group_by, type, credit_limit, status };
}

function describeRatePolicy({ id, name, conditions, group_by, type, unit, value, status }: RatePolicyRow): Details {
  return { id, name, conditions, group_by, type, unit, value, status };
}

export function buildWorkspaceDetails(workspace: WorkspaceRow, { store }: RouteContext): Details {
  const isActive = ({ status }: UsagePolicyRow | RatePolicyRow): boolean => status === 'active';
  return {
    id: workspace.id,
    slug: workspace.slug,
    name: workspace.name,
    status: workspace.status,
    defaults: workspace.defaults ?? {},
    usage_limits: describeLimits(workspace.usage_limits),
    rate_limits: workspace.rate_limits ?? [],
    policies: {
      usage_limits: store.list('usagePolicies', workspace.id).filter(isActive).map(describeUsagePolicy),
      // The measured gateway does not know `target`: it would hold a policy on tools against model calls.
      rate_limits: store
        .list('ratePolicies', workspace.id)
        .filter((row) => isActive(row) && row.target !== 'mcp_tools')
        .map(describeRatePolicy),
    },
  };
}

export function buildKeyDetails(key: ApiKeyRow, { store }: RouteContext): Details {
  const limits = describeLimits([key.usage_limits]).map((limit) => ({
    ...limit,
    status: key.status === 'exhausted' ? 'exhausted' : limit.status,
  }));
  return {
    id: key.id,
    name: key.name,
    type: key.type,
    user_id: key.user_id,
    status: key.status,
    expires_at: key.expires_at,
    scopes: key.scopes,
    usage_limits: limits,
    rate_limits: key.rate_limits,
    defaults: {
      metadata: key.metadata ?? {},
      config_slug: key.config_id === null ? null : (store.find('configs', key.config_id)?.slug ?? null),
      allow_config_override: key.allow_config_override !== 0,
    },
  };
}

export function buildOrganisationDetails(context: RouteContext): Details {
  const { id, name } = context.organisation();
  return {
    organisation_id: id,
    name,
    owner_id: null,
    // Without it gateways do not meter the budgets of keys.
    settings: { is_api_key_limit_enabled: !context.quirks.keyLimitsNotMetered },
    enterprise_settings: null,
    defaults: {},
    is_first_generation_done: true,
  };
}

export function buildProviderDetails(row: ProviderRow, context: RouteContext): Details {
  const integration = context.store.find('integrations', row.integration_id);
  const { custom_host: host } = integration?.configurations ?? {};
  return {
    id: row.id,
    slug: row.slug,
    name: row.name,
    ai_provider_name: row.ai_provider_name,
    workspace_id: row.workspace_id,
    organisation_id: context.organisation().id,
    status: row.status,
    expires_at: row.expires_at,
    // Secrets of vendors are not kept: what is masked lets nobody in, and a stand-in of a vendor does not ask.
    key: row.masked_api_key,
    model_config: { ...(host !== undefined && { customHost: host }), ...row.model_config },
    usage_limits: describeLimits([row.usage_limits]),
    rate_limits: row.rate_limits,
    integration_details: integration === undefined ? null : describeIntegration(integration, row.workspace_id, context),
  };
}

function describeIntegration(row: IntegrationRow, workspaceId: string, { store }: RouteContext): Details {
  const [share] = store.listShares(row, workspaceId);
  return {
    id: row.id,
    slug: row.slug,
    status: row.status,
    allow_all_models: row.allow_all_models,
    models: row.models.map(({ slug, enabled, pricing_config }) => ({
      slug,
      status: enabled ? 'active' : 'archived',
      pricing_config,
    })),
    usage_limits: describeLimits(share?.usage_limits ?? null),
    rate_limits: share?.rate_limits ?? [],
  };
}

export function buildConfigDetails(row: GatewayConfigRow): Details {
  const version = row.versions.at(-1);
  return {
    id: row.id,
    slug: row.slug,
    name: row.name,
    workspace_id: row.workspace_id,
    version_id: version?.version_id ?? null,
    // As text; the gateway parses it.
    config: version?.config ?? '{}',
  };
}
