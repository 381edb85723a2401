/** Small builders of what the emulator holds. Every row is a whole row; only what a test is about is named. */

import {
  type ApiKeyRow,
  buildEmptyState,
  type GatewayConfigRow,
  type IntegrationRow,
  type ProviderRow,
  type RatePolicyRow,
  type RequestLogRow,
  type StoreState,
  type UsagePolicyRow,
  type WorkspaceRow,
} from '../../src/emulator/store.ts';
import { organisationId } from './world.ts';

/** A UUID from a number: `uuid(7)` is the same everywhere. */
export function uuid(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

const created = '2026-11-01T00:00:00.000Z';

export function workspaceRow(slug: string, id: string, row: Partial<WorkspaceRow> = {}): WorkspaceRow {
  return {
    id,
    slug,
    name: slug,
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
    created_at: created,
    last_updated_at: created,
    last_reset_at: null,
    created_by: null,
    creation_source: 'api',
    scim_source_id: null,
    ...row,
  };
}

export function keyRow(name: string, id: string, workspaceId: string | null, row: Partial<ApiKeyRow> = {}): ApiKeyRow {
  return {
    id,
    secret: `secret-of-${id}`,
    previous_secret: null,
    previous_secret_expires_at: null,
    name,
    description: null,
    type: workspaceId === null ? 'organisation-service' : 'workspace-service',
    workspace_id: workspaceId,
    user_id: null,
    status: 'active',
    creation_mode: 'api',
    scopes: ['completions.write'],
    usage_limits: null,
    rate_limits: [],
    alert_emails: null,
    expires_at: null,
    metadata: null,
    config_id: null,
    allow_config_override: null,
    rotation_policy: null,
    last_reset_at: null,
    expiry_enforced: 0,
    created_at: created,
    last_updated_at: created,
    ...row,
  };
}

export function providerRow(
  slug: string,
  id: string,
  workspaceId: string,
  row: Partial<ProviderRow> = {},
): ProviderRow {
  return {
    id,
    slug,
    name: slug,
    note: null,
    workspace_id: workspaceId,
    integration_id: 'openai-prod',
    ai_provider_name: 'openai',
    masked_api_key: 'sk*****abc',
    status: 'active',
    usage_limits: null,
    rate_limits: [],
    expires_at: null,
    last_reset_at: null,
    model_config: null,
    tags: null,
    created_at: created,
    last_updated_at: created,
    ...row,
  };
}

export function integrationRow(
  slug: string,
  id: string,
  workspaceIds: readonly string[],
  row: Partial<IntegrationRow> = {},
): IntegrationRow {
  return {
    id,
    slug,
    name: slug,
    ai_provider_id: 'openai',
    description: null,
    status: 'active',
    type: 'organisation',
    workspace_id: null,
    masked_key: 'sk*****abc',
    configurations: {},
    secret_mappings: [],
    pricing_adjustments: null,
    allow_all_models: true,
    global_workspace_access: null,
    workspaces: workspaceIds.map((workspace_id) => ({
      workspace_id,
      enabled: true,
      usage_limits: null,
      rate_limits: null,
    })),
    models: [],
    tags: null,
    created_at: created,
    last_updated_at: created,
    ...row,
  };
}

/** A config of the gateway; `config` is its JSON, or text as it is. */
export function configRow(
  name: string,
  id: string,
  workspaceId: string,
  config: object | string,
  row: Partial<GatewayConfigRow> = {},
): GatewayConfigRow {
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  return {
    id,
    slug: `pc-${name}`,
    name,
    workspace_id: workspaceId,
    is_default: 0,
    status: 'active',
    owner_id: uuid(90),
    updated_by: uuid(90),
    versions: [{ version_id: uuid(91), config: text, created_at: created, updated_by: uuid(90) }],
    created_at: created,
    last_updated_at: created,
    ...row,
  };
}

/** $100 monthly, shared by the workspace. */
export function usagePolicyRow(
  name: string | null,
  id: string,
  workspaceId: string,
  row: Partial<UsagePolicyRow> = {},
): UsagePolicyRow {
  return {
    id,
    name,
    description: null,
    workspace_id: workspaceId,
    conditions: [{ key: 'api_key', value: '*' }],
    group_by: [{ key: 'workspace_id' }],
    type: 'cost',
    credit_limit: 100,
    alert_threshold: null,
    periodic_reset: 'monthly',
    periodic_reset_days: null,
    next_usage_reset_at: '2026-12-01T00:00:00.000Z',
    last_reset_at: null,
    status: 'active',
    entities: {},
    created_at: created,
    last_updated_at: created,
    ...row,
  };
}

/** 100 requests a minute, shared by the workspace. */
export function ratePolicyRow(
  name: string | null,
  id: string,
  workspaceId: string,
  row: Partial<RatePolicyRow> = {},
): RatePolicyRow {
  return {
    id,
    name,
    description: null,
    workspace_id: workspaceId,
    conditions: [{ key: 'api_key', value: '*' }],
    group_by: [{ key: 'workspace_id' }],
    type: 'requests',
    unit: 'rpm',
    value: 100,
    target: 'llm',
    status: 'active',
    created_at: created,
    last_updated_at: created,
    ...row,
  };
}

/** One request of key `app` of team A on 2026-11-19 that cost a dollar; `cost` is in cents. */
export function requestRow(row: Partial<RequestLogRow> = {}): RequestLogRow {
  return {
    id: uuid(0xf00),
    trace_id: uuid(0xf01),
    span_id: null,
    created_at: '2026-11-19T12:00:00.000Z',
    workspace_id: uuid(1),
    api_key_id: uuid(11),
    virtual_key: 'openai-a',
    ai_org: 'openai',
    ai_model: 'gpt-4o',
    req_units: 900,
    res_units: 100,
    total_units: 1000,
    cost: 100,
    response_time: 500,
    response_status_code: 200,
    is_success: true,
    metadata: {},
    cache_status: 'DISABLED',
    config: null,
    prompt_slug: null,
    mode: 'single',
    request_url: 'https://api.openai.example.com/v1/chat/completions',
    endpoint_type: 'chatComplete',
    retry_success_count: 0,
    is_fallback: false,
    ...row,
  };
}

export const teamA = uuid(1);
export const teamB = uuid(2);
export const keyA1 = uuid(11);
export const keyA2 = uuid(12);

/**
 * Two workspaces, `ws-team-a` (keys `app` and `batch`, provider `openai-a`, a share of integration `openai-prod`) and
 * `ws-team-b` (key `web`), and no limit anywhere.
 */
export function smallState(rows: Partial<StoreState> = {}): Partial<StoreState> {
  return {
    ...buildEmptyState({ id: organisationId, name: 'Example' }),
    workspaces: [workspaceRow('ws-team-a', teamA), workspaceRow('ws-team-b', teamB)],
    apiKeys: [keyRow('app', keyA1, teamA), keyRow('batch', keyA2, teamA), keyRow('web', uuid(13), teamB)],
    providers: [providerRow('openai-a', uuid(21), teamA)],
    integrations: [integrationRow('openai-prod', uuid(31), [teamA])],
    ...rows,
  };
}
