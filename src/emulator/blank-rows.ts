/** Rows as they begin: made at a date, and nothing set. */

import type {
  ApiKeyRow,
  IntegrationRow,
  PolicyBase,
  ProviderRow,
  RatePolicyRow,
  UsagePolicyRow,
  WorkspaceRow,
} from './store.ts';

function dateBlank(created_at: string) {
  return { created_at, last_updated_at: created_at };
}

const noOwnerLimits = () => ({ usage_limits: null, rate_limits: [], expires_at: null, last_reset_at: null });

export function blankKey(created: string): Omit<ApiKeyRow, 'id' | 'secret' | 'name' | 'type' | 'workspace_id'> {
  return {
    ...dateBlank(created),
    ...noOwnerLimits(),
    previous_secret: null,
    previous_secret_expires_at: null,
    description: null,
    user_id: null,
    status: 'active',
    creation_mode: 'api',
    scopes: [],
    alert_emails: null,
    metadata: null,
    config_id: null,
    allow_config_override: null,
    rotation_policy: null,
    expiry_enforced: 0,
  };
}

export function blankWorkspace(created: string): Omit<WorkspaceRow, 'id' | 'slug' | 'name'> {
  return {
    ...dateBlank(created),
    icon: null,
    description: null,
    status: 'active',
    is_default: 0,
    defaults: null,
    usage_limits: null,
    rate_limits: null,
    security_settings: {},
    settings: {},
    users: [],
    last_reset_at: null,
    created_by: null,
    creation_source: 'api',
    scim_source_id: null,
  };
}

type ProviderNeeds = 'id' | 'slug' | 'name' | 'workspace_id' | 'integration_id' | 'ai_provider_name' | 'masked_api_key';

export function blankProvider(created: string): Omit<ProviderRow, ProviderNeeds> {
  return {
    ...dateBlank(created),
    ...noOwnerLimits(),
    note: null,
    status: 'active',
    model_config: null,
    tags: null,
  };
}

export function blankIntegration(created: string): Omit<IntegrationRow, 'id' | 'slug' | 'name' | 'ai_provider_id'> {
  return {
    ...dateBlank(created),
    description: null,
    status: 'active',
    type: 'organisation',
    workspace_id: null,
    masked_key: '',
    configurations: {},
    secret_mappings: [],
    pricing_adjustments: null,
    allow_all_models: true,
    global_workspace_access: null,
    workspaces: [],
    models: [],
    tags: null,
  };
}

function blankPolicy(created: string): Omit<PolicyBase, 'id' | 'workspace_id'> {
  return {
    ...dateBlank(created),
    name: null,
    description: null,
    conditions: [],
    group_by: [],
    status: 'active',
  };
}

export function blankUsagePolicy(created: string): Omit<UsagePolicyRow, 'id' | 'workspace_id'> {
  return {
    ...blankPolicy(created),
    type: 'cost',
    credit_limit: 0,
    alert_threshold: null,
    periodic_reset: null,
    periodic_reset_days: null,
    next_usage_reset_at: null,
    last_reset_at: null,
    entities: {},
  };
}

export function blankRatePolicy(created: string): Omit<RatePolicyRow, 'id' | 'workspace_id'> {
  return {
    ...blankPolicy(created),
    type: 'requests',
    unit: 'rpm',
    value: 0,
    target: 'llm',
  };
}
