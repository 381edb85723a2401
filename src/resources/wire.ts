/**
 * Rows as the control plane sends them, after parsing: only the members tollgate reads, all optional but the identity.
 * Members keep the service's names. Unknown members stay on the object (they are sent back where a value is replaced whole).
 */

/** The limit object (docs/service-notes.md#limit-object). On read a member may be missing, null or "" with the same meaning. */
export interface WireBudget {
  readonly type?: string | null | undefined;
  readonly credit_limit?: number | null | undefined;
  readonly alert_threshold?: number | null | undefined;
  readonly periodic_reset?: string | null | undefined;
  readonly periodic_reset_days?: number | null | undefined;
  readonly next_usage_reset_at?: string | null | undefined;
  readonly current_usage?: number | null | undefined;
  readonly status?: string | null | undefined;
  readonly last_reset_at?: string | null | undefined;
  readonly [member: string]: unknown;
}

export interface WireRate {
  readonly type?: string | null | undefined;
  readonly unit?: string | null | undefined;
  readonly value?: number | null | undefined;
  readonly [member: string]: unknown;
}

export interface WireCondition {
  readonly key: string;
  readonly value?: string | readonly string[] | null | undefined;
  readonly excludes?: string | readonly string[] | null | undefined;
}

interface WirePolicy {
  readonly id: string;
  readonly name?: string | null | undefined;
  readonly description?: string | null | undefined;
  readonly status?: string | null | undefined;
  readonly workspace_id?: string | null | undefined;
  readonly organisation_id?: string | null | undefined;
  readonly conditions?: readonly WireCondition[] | null | undefined;
  readonly group_by?: readonly { readonly key: string }[] | null | undefined;
  readonly type?: string | null | undefined;
  readonly created_at?: string | null | undefined;
  readonly last_updated_at?: string | null | undefined;
  readonly [member: string]: unknown;
}

export interface WireUsagePolicy extends WirePolicy {
  readonly credit_limit?: number | null | undefined;
  readonly alert_threshold?: number | null | undefined;
  /** Missing (not null) on lists of backends before 1.18: not known, read by id. */
  readonly periodic_reset?: string | null | undefined;
  readonly periodic_reset_days?: number | null | undefined;
  readonly next_usage_reset_at?: string | null | undefined;
  readonly last_reset_at?: string | null | undefined;
  /** Only when asked for: what its counters hold, by value key. */
  readonly value_key_usage_map?: Readonly<Record<string, WireValueKeyUsage>> | null | undefined;
}

/** Usage counts cents for cost, else tokens or requests. */
export interface WireValueKeyUsage {
  readonly current_usage?: number | null | undefined;
  /** `active` or `exhausted`. */
  readonly status?: string | null | undefined;
  readonly [member: string]: unknown;
}

export interface WireRatePolicy extends WirePolicy {
  readonly unit?: string | null | undefined;
  readonly value?: number | null | undefined;
  readonly target?: string | null | undefined;
}

export interface WireKey {
  readonly id: string;
  readonly name?: string | null | undefined;
  readonly description?: string | null | undefined;
  /** `organisation-service`, `workspace-service`, `workspace-user`. */
  readonly type?: string | null | undefined;
  readonly organisation_id?: string | null | undefined;
  readonly workspace_id?: string | null | undefined;
  readonly user_id?: string | null | undefined;
  /** Open: `active`, `exhausted`, `expired`, … */
  readonly status?: string | null | undefined;
  /** `ui`, `api`, `auto`. */
  readonly creation_mode?: string | null | undefined;
  /** An object without `credit_limit` is not a limit. */
  readonly usage_limits?: WireBudget | null | undefined;
  readonly rate_limits?: readonly WireRate[] | null | undefined;
  readonly alert_emails?: readonly string[] | null | undefined;
  readonly expires_at?: string | null | undefined;
  /** On get only. */
  readonly next_usage_reset_at?: string | null | undefined;
  readonly last_updated_at?: string | null | undefined;
  readonly [member: string]: unknown;
}

export interface WireWorkspace {
  readonly id: string;
  readonly slug: string;
  readonly name?: string | null | undefined;
  /** In lists only. */
  readonly status?: string | null | undefined;
  /** On get only. */
  readonly organisation_id?: string | null | undefined;
  readonly usage_limits?: readonly WireBudget[] | null | undefined;
  readonly rate_limits?: readonly WireRate[] | null | undefined;
  readonly last_updated_at?: string | null | undefined;
  readonly [member: string]: unknown;
}

export interface WireProvider {
  readonly id: string;
  readonly slug: string;
  readonly name?: string | null | undefined;
  readonly status?: string | null | undefined;
  /** In list rows, not on get. */
  readonly workspace_id?: string | null | undefined;
  readonly organisation_id?: string | null | undefined;
  readonly integration_id?: string | null | undefined;
  readonly usage_limits?: WireBudget | null | undefined;
  /** Array on read; the client turns a lone object into a list of one. */
  readonly rate_limits?: readonly WireRate[] | null | undefined;
  readonly expires_at?: string | null | undefined;
  readonly [member: string]: unknown;
}

export interface WireIntegration {
  readonly id: string;
  readonly slug: string;
  readonly organisation_id?: string | null | undefined;
  readonly status?: string | null | undefined;
  /** On get only. */
  readonly global_workspace_access_settings?: WireGlobalAccess | null | undefined;
  readonly [member: string]: unknown;
}

/** What the service gives to workspaces created later. */
export interface WireGlobalAccess {
  readonly enabled?: boolean | null | undefined;
  readonly usage_limits?: readonly WireBudget[] | null | undefined;
  readonly rate_limits?: readonly WireRate[] | null | undefined;
  readonly [member: string]: unknown;
}

/** `id` is the workspace's slug here, unlike everywhere else (docs/service-notes.md#share-slug). */
export interface WireIntegrationWorkspace {
  readonly id: string;
  readonly enabled?: boolean | null | undefined;
  readonly usage_limits?: readonly WireBudget[] | null | undefined;
  readonly rate_limits?: readonly WireRate[] | null | undefined;
  readonly [member: string]: unknown;
}
