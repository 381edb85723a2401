/**
 * Rows as the control plane sends them, after parsing: only the members tollgate reads. Each is named once, here, with how
 * the service writes it; the type of a row and its parser (client/schemas.ts) follow from that. Members keep the service's
 * names. Unknown members stay on the object (they are sent back where a value is replaced whole).
 */

/** What a member holds once it is parsed. All but an `id` may be absent, or null. */
export interface ParsedMember {
  /** Text that is always there: without it a row makes no sense. */
  readonly id: string;
  readonly text: string;
  readonly texts: readonly string[];
  /** ISO 8601 with a zone. */
  readonly time: string;
  readonly flag: boolean;
  readonly number: number;
  /** What a limit can be. */
  readonly amount: number;
  /** What was used; a correction may be below zero. */
  readonly used: number;
  /** One, where the service may send a list of it. An object without `credit_limit` is not a limit. */
  readonly budget: WireBudget;
  readonly budgets: readonly WireBudget[];
  /** A list of one at most. */
  readonly loneBudget: readonly WireBudget[];
  /** A list of it, where the service may send one alone. */
  readonly rates: readonly WireRate[];
  readonly conditions: readonly WireCondition[];
  readonly grouping: readonly { readonly key: string }[];
  /** By value key. */
  readonly counters: Readonly<Record<string, WireValueKeyUsage>>;
  readonly globalAccess: WireGlobalAccess;
}

export type MemberKind = keyof ParsedMember;
export type Members = Readonly<Record<string, MemberKind>>;

/** A row with these members, and any others. */
export type RowOf<M extends Members> = {
  readonly [Name in keyof M as M[Name] extends 'id' ? Name : never]: string;
} & {
  readonly [Name in keyof M as M[Name] extends 'id' ? never : Name]?: ParsedMember[M[Name]] | null | undefined;
} & { readonly [member: string]: unknown };

/** The limit object (docs/service-notes.md#limit-object). On read a member may be missing, null or "" with the same meaning. */
export const budgetMembers = {
  type: 'text',
  credit_limit: 'amount',
  alert_threshold: 'amount',
  periodic_reset: 'text',
  periodic_reset_days: 'number',
  next_usage_reset_at: 'time',
  current_usage: 'used',
  status: 'text',
  last_reset_at: 'time',
} as const satisfies Members;
export interface WireBudget extends RowOf<typeof budgetMembers> {}

export const rateMembers = { type: 'text', unit: 'text', value: 'amount' } as const satisfies Members;
export interface WireRate extends RowOf<typeof rateMembers> {}

export interface WireCondition {
  readonly key: string;
  readonly value?: string | readonly string[] | null | undefined;
  readonly excludes?: string | readonly string[] | null | undefined;
}

const policyMembers = {
  id: 'id',
  name: 'text',
  description: 'text',
  status: 'text',
  workspace_id: 'text',
  organisation_id: 'text',
  conditions: 'conditions',
  group_by: 'grouping',
  type: 'text',
  created_at: 'time',
  last_updated_at: 'time',
} as const satisfies Members;

export const usagePolicyMembers = {
  ...policyMembers,
  credit_limit: 'amount',
  alert_threshold: 'amount',
  /** Missing (not null) on lists of backends before 1.18: not known, read by id. */
  periodic_reset: 'text',
  periodic_reset_days: 'number',
  next_usage_reset_at: 'time',
  last_reset_at: 'time',
  /** Only when asked for: what its counters hold, by value key. */
  value_key_usage_map: 'counters',
} as const satisfies Members;
export interface WireUsagePolicy extends RowOf<typeof usagePolicyMembers> {}

/** Usage counts cents for cost, else tokens or requests; `status` is `active` or `exhausted`. */
export const valueKeyMembers = { current_usage: 'used', status: 'text' } as const satisfies Members;
export interface WireValueKeyUsage extends RowOf<typeof valueKeyMembers> {}

export const ratePolicyMembers = {
  ...policyMembers,
  unit: 'text',
  value: 'amount',
  target: 'text',
} as const satisfies Members;
export interface WireRatePolicy extends RowOf<typeof ratePolicyMembers> {}

export const keyMembers = {
  id: 'id',
  name: 'text',
  description: 'text',
  /** `organisation-service`, `workspace-service`, `workspace-user`. */
  type: 'text',
  organisation_id: 'text',
  workspace_id: 'text',
  user_id: 'text',
  /** Open: `active`, `exhausted`, `expired`, … */
  status: 'text',
  /** `ui`, `api`, `auto`. */
  creation_mode: 'text',
  usage_limits: 'budget',
  rate_limits: 'rates',
  alert_emails: 'texts',
  expires_at: 'time',
  /** On get only. */
  next_usage_reset_at: 'time',
  last_updated_at: 'time',
} as const satisfies Members;
export interface WireKey extends RowOf<typeof keyMembers> {}

export const workspaceMembers = {
  id: 'id',
  slug: 'id',
  name: 'text',
  /** In lists only. */
  status: 'text',
  /** On get only. */
  organisation_id: 'text',
  usage_limits: 'budgets',
  rate_limits: 'rates',
  last_updated_at: 'time',
} as const satisfies Members;
export interface WireWorkspace extends RowOf<typeof workspaceMembers> {}

export const providerMembers = {
  id: 'id',
  slug: 'id',
  name: 'text',
  status: 'text',
  /** In list rows, not on get. */
  workspace_id: 'text',
  organisation_id: 'text',
  integration_id: 'text',
  usage_limits: 'budget',
  rate_limits: 'rates',
  expires_at: 'time',
} as const satisfies Members;
export interface WireProvider extends RowOf<typeof providerMembers> {}

export const integrationMembers = {
  id: 'id',
  slug: 'id',
  organisation_id: 'text',
  status: 'text',
  /** On get only. */
  global_workspace_access_settings: 'globalAccess',
} as const satisfies Members;
export interface WireIntegration extends RowOf<typeof integrationMembers> {}

/** What the service gives to workspaces created later. */
export const globalAccessMembers = {
  enabled: 'flag',
  usage_limits: 'loneBudget',
  rate_limits: 'rates',
} as const satisfies Members;
export interface WireGlobalAccess extends RowOf<typeof globalAccessMembers> {}

/** `id` is the workspace's slug here, unlike everywhere else (docs/service-notes.md#share-slug). */
export const shareMembers = { id: 'id', ...globalAccessMembers } as const satisfies Members;
export interface WireIntegrationWorkspace extends RowOf<typeof shareMembers> {}

/** Prices of an integration (docs/service-notes.md#integration-prices): the two parts that hold prices are checked by who reads them. */
export interface WireIntegrationPrices {
  readonly slug: string;
  readonly vendor: string | null;
  readonly adjustments: unknown;
  readonly models: readonly WireIntegrationModel[];
}

/** A model that it offers. Flags come back in several spellings. */
export interface WireIntegrationModel {
  readonly slug: string;
  readonly pricing_config?: unknown;
  readonly enabled?: unknown;
  readonly [member: string]: unknown;
}
