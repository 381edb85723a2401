/**
 * What the stand-in service holds. Rows are close to what the wire shows, but they are not the wire: each route picks the
 * members that its answer has, because the service's get and list answers differ. Nothing here is
 * shared with the client of this package, so that the two can disagree.
 *
 * Timestamps are ISO text of whole seconds with `.000Z`. Counters of type `cost` are in
 * **cents**, limits in **dollars**.
 */

export type Metadata = Readonly<Record<string, string>>;
export type IntegerBoolean = 0 | 1;

/** The shared budget object. Members that the server sets sit in the same object, as they do on the wire. */
export interface UsageLimitRow {
  id?: string;
  type?: 'cost' | 'tokens';
  credit_limit?: number;
  alert_threshold?: number | null;
  /** The empty text is what a cleared reset may read back as. */
  periodic_reset?: 'weekly' | 'monthly' | '' | null;
  periodic_reset_days?: number | null;
  next_usage_reset_at?: string | null;
  /** Cents for `cost`, tokens for `tokens`. */
  current_usage?: number;
  status?: 'active' | 'exhausted';
  last_reset_at?: string | null;
  is_threshold_alerts_sent?: boolean;
  is_exhausted_alerts_sent?: boolean;
  is_expired_alerts_sent?: boolean;
  /** See verdicts.ts; never shown. */
  verdict_due_at?: string;
}

export interface RateLimitRow {
  type: 'requests' | 'tokens';
  unit: string;
  value: number;
}

interface Dated {
  created_at: string;
  last_updated_at: string;
}

export interface Limits {
  usage_limits: UsageLimitRow[] | null;
  rate_limits: RateLimitRow[] | null;
}

/** What has a budget of its own: keys and providers. */
export interface OwnerRow extends Dated {
  status: 'active' | 'exhausted' | 'expired';
  usage_limits: UsageLimitRow | null;
  rate_limits: RateLimitRow[];
  expires_at: string | null;
  last_reset_at: string | null;
}

export interface OrganisationRow {
  id: string;
  name: string;
  /** False: every call on policies answers 403 AB03, as where the plan lacks them. Absent: true. */
  policies_enabled?: boolean;
  /** Longest life of a key in days; creating or updating beyond it answers 400. Absent: no maximum. */
  max_key_ttl_days?: number;
  /** Whether workspaces may set their own security settings; otherwise 400. Absent: false. */
  workspace_override_enabled?: boolean;
}

export interface WorkspaceUserRow extends Dated {
  id: string;
  first_name: string;
  last_name: string;
  email: string;
  org_role: 'admin' | 'member' | 'owner';
  role: 'admin' | 'member' | 'manager';
  status: 'active';
}

export interface WorkspaceRow extends Dated, Limits {
  id: string;
  slug: string;
  /** Without the icon; reads put the icon in front unless `name_format=plain`. */
  name: string;
  icon: string | null;
  description: string | null;
  status: 'active' | 'archived';
  is_default: IntegerBoolean;
  defaults: Record<string, unknown> | null;
  security_settings: Record<string, boolean>;
  settings: Record<string, unknown>;
  users: WorkspaceUserRow[];
  last_reset_at: string | null;
  created_by: string | null;
  creation_source: string;
  scim_source_id: string | null;
}

export type ApiKeyType = 'organisation-service' | 'workspace-service' | 'workspace-user';

export interface RotationPolicyRow {
  rotation_period?: 'weekly' | 'monthly' | null;
  rotation_period_days?: number | null;
  next_rotation_at?: string | null;
  key_transition_period_ms?: number;
  status?: string;
}

export interface ApiKeyRow extends OwnerRow {
  id: string;
  /** The whole key. Shown once, by create and rotate; everywhere else masked. */
  secret: string;
  /** The key before the last rotation, accepted until its end. */
  previous_secret: string | null;
  previous_secret_expires_at: string | null;
  name: string;
  description: string | null;
  type: ApiKeyType;
  /** The workspace's UUID; null for keys of the organisation. */
  workspace_id: string | null;
  user_id: string | null;
  creation_mode: 'ui' | 'api' | 'auto';
  scopes: string[];
  alert_emails: string[] | null;
  metadata: Record<string, unknown> | null;
  /** The UUID of the bound config. */
  config_id: string | null;
  allow_config_override: IntegerBoolean | null;
  rotation_policy: RotationPolicyRow | null;
  expiry_enforced: IntegerBoolean;
}

/** A provider, once called virtual key: a workspace's handle on an integration. */
export interface ProviderRow extends OwnerRow {
  id: string;
  slug: string;
  name: string;
  note: string | null;
  workspace_id: string;
  /** The integration's slug. */
  integration_id: string;
  /** The vendor's name, such as `openai`. */
  ai_provider_name: string;
  masked_api_key: string;
  model_config: Record<string, unknown> | null;
  tags: unknown;
}

/** At most one limit of each sort. */
export interface IntegrationWorkspaceRow extends Limits {
  /** The workspace's UUID; answers show its slug. */
  workspace_id: string;
  enabled: boolean;
}

export interface IntegrationModelRow {
  slug: string;
  name: string | null;
  enabled: boolean;
  is_custom: boolean;
  is_finetune: boolean;
  base_model_slug: string | null;
  configurations: Record<string, unknown> | null;
  /** `{ type: "static", pay_as_you_go: … }`, in dollars per million tokens. */
  pricing_config: Record<string, unknown> | null;
}

export interface GlobalWorkspaceAccessRow extends Limits {
  enabled: boolean;
}

export interface IntegrationRow extends Dated {
  id: string;
  slug: string;
  name: string;
  /** The vendor's name, such as `openai`. */
  ai_provider_id: string;
  description: string | null;
  status: 'active' | 'archived';
  type: 'organisation' | 'workspace';
  /** The owner's UUID when `type` is `workspace`. */
  workspace_id: string | null;
  masked_key: string;
  configurations: Record<string, unknown>;
  secret_mappings: unknown[];
  pricing_adjustments: Record<string, unknown> | null;
  allow_all_models: boolean;
  global_workspace_access: GlobalWorkspaceAccessRow | null;
  workspaces: IntegrationWorkspaceRow[];
  models: IntegrationModelRow[];
  tags: unknown;
}

export interface ConfigVersionRow {
  version_id: string;
  /** JSON text, as the get answer shows it. */
  config: string;
  created_at: string;
  updated_by: string | null;
}

export interface GatewayConfigRow extends Dated {
  id: string;
  slug: string;
  name: string;
  workspace_id: string;
  is_default: IntegerBoolean;
  status: 'active' | 'inactive' | 'archived';
  owner_id: string;
  updated_by: string;
  /** The last one is in force. */
  versions: ConfigVersionRow[];
}

export interface ConditionRow {
  key: string;
  value?: string | string[];
  excludes?: string | string[];
}

export interface GroupByRow {
  key: string;
}

/** One counter of a usage policy. */
export interface EntityRow {
  id: string;
  /** Cents for `cost`, tokens or requests otherwise. */
  current_usage: number;
  status: 'active' | 'exhausted';
  is_threshold_alerts_sent: boolean;
  is_exhausted_alerts_sent: boolean;
}

/** What policies of both kinds have. */
export interface PolicyBase extends Dated {
  id: string;
  name: string | null;
  description: string | null;
  workspace_id: string;
  conditions: ConditionRow[];
  group_by: GroupByRow[];
  status: 'active' | 'archived';
}

export interface UsagePolicyRow extends PolicyBase {
  type: 'cost' | 'tokens' | 'requests';
  /** Dollars for `cost`. */
  credit_limit: number;
  alert_threshold: number | null;
  periodic_reset: 'weekly' | 'monthly' | null;
  periodic_reset_days: number | null;
  next_usage_reset_at: string | null;
  last_reset_at: string | null;
  /** By value key; lost with the policy. */
  entities: Record<string, EntityRow>;
  /** See verdicts.ts; never shown. */
  verdict_due_at?: string;
}

export interface RatePolicyRow extends PolicyBase {
  type: 'requests' | 'tokens';
  unit: string;
  value: number;
  target: 'llm' | 'mcp_tools';
}

/** One request of the data plane; the source of analytics, log details and exports. */
export interface RequestLogRow {
  id: string;
  trace_id: string;
  span_id: string | null;
  created_at: string;
  /** The workspace's UUID. */
  workspace_id: string;
  api_key_id: string;
  /** The provider's slug. */
  virtual_key: string | null;
  /** The vendor's name. */
  ai_org: string;
  /** As the caller wrote it. */
  ai_model: string;
  req_units: number;
  res_units: number;
  total_units: number;
  /** Cents; 0 for models without a price and for cache hits. */
  cost: number;
  /** Milliseconds. */
  response_time: number;
  response_status_code: number;
  is_success: boolean;
  /** Includes `_user` where the caller sent one. */
  metadata: Metadata;
  cache_status: 'HIT' | 'SEMANTIC HIT' | 'MISS' | 'DISABLED';
  /** The config's slug. */
  config: string | null;
  prompt_slug: string | null;
  mode: string;
  request_url: string;
  endpoint_type: string;
  retry_success_count: number;
  is_fallback: boolean;
  /** As the caller and the provider sent them; absent: not recorded. */
  request_body?: unknown;
  response_body?: unknown;
}

export interface LogExportRow extends Dated {
  id: string;
  workspace_id: string;
  status: 'draft' | 'in_progress' | 'success' | 'failed' | 'stopped';
  description: string;
  filters: Record<string, unknown>;
  requested_data: string[];
  created_by: string;
}

export interface FeedbackRow {
  id: string;
  trace_id: string;
  workspace_id: string;
  value: number;
  weight: number;
  metadata: Record<string, unknown>;
  created_at: string;
}

/** Somebody who was asked to join and has not yet. */
export interface InviteRow {
  id: string;
  email: string;
  first_name: string | null;
  last_name: string | null;
  role: WorkspaceUserRow['org_role'];
  status: 'pending';
  /** UUID of each workspace, and the role there. */
  workspaces: { id: string; role: WorkspaceUserRow['role'] }[];
  created_at: string;
  expires_at: string;
}

/** One write, tried or done. */
export interface AuditRow {
  timestamp: string;
  method: 'POST' | 'PUT' | 'DELETE';
  uri: string;
  request_id: string;
  /** JSON text. */
  request_body: string;
  /** JSON text. */
  query_params: string;
  /** JSON text, the key masked. */
  request_headers: string;
  user_id: string;
  user_type: 'user' | 'api_key';
  organisation_id: string;
  /** The workspace's UUID; empty for the organisation. */
  workspace_id: string;
  response_status_code: number;
  resource_type: string;
  action: string;
  client_ip: string;
  country: string;
}

/** What stands in each table. */
export interface Rows {
  workspaces: WorkspaceRow;
  apiKeys: ApiKeyRow;
  providers: ProviderRow;
  integrations: IntegrationRow;
  configs: GatewayConfigRow;
  usagePolicies: UsagePolicyRow;
  ratePolicies: RatePolicyRow;
  requestLogs: RequestLogRow;
  logExports: LogExportRow;
  feedback: FeedbackRow;
  invites: InviteRow;
  auditLogs: AuditRow;
}
export type Table = keyof Rows;

export type Tables = { [Name in Table]: Rows[Name][] };

export interface StoreState extends Tables {
  organisation: OrganisationRow;
}
