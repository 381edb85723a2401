/** What a resource is, whoever describes it: the files, the record or the control plane. */

import type { Source } from '../diagnostics.ts';
import type { AlertSettings } from './alert-settings.ts';
import type { RateWindow } from './rate-windows.ts';
import type { ReviewSettings } from './review-settings.ts';
import type { WorkspaceGroups } from './workspace-groups.ts';

/** In the order of the table of kinds (registry.ts). */
export const kinds = [
  'usage-policy',
  'rate-policy',
  'workspace-limits',
  'key-limits',
  'provider-limits',
  'integration-limits',
  'integration-prices',
] as const;
export type Kind = (typeof kinds)[number];

export type PolicyKind = 'usage-policy' | 'rate-policy';
/** Kinds that hold limits; the other says what those in dollars count in. */
export type LimitKind = Exclude<Kind, 'integration-prices'>;
/** Kinds whose objects exist anyway: tollgate changes limits on them and never creates or deletes them. */
export type AttachmentKind = Exclude<Kind, PolicyKind>;

/** `cost` amounts are whole US cents in this program (the wire has dollars); the others are counts. */
export type Unit = 'cost' | 'tokens' | 'requests';

/** How often a budget starts again. `never` is a lifetime cap. Days: 1 to 365. */
export type Reset = 'never' | 'weekly' | 'monthly' | `every ${number} days`;

export type RateUnit = 'tokens' | 'requests';
/** For example `requests/minute`. A level holds at most one rate of a type and window. */
export type RateName = `${RateUnit}/${RateWindow}`;

/** A budget at an attachment point: always written whole, so always compared whole. Amount: cents or a count. */
export interface Budget {
  readonly unit: Unit;
  readonly amount: number;
  readonly reset: Reset;
}

/**
 * One condition of a policy. `any` is the text `*` (the request has some value) or a sorted list of exact values; a list
 * that holds an asterisk means the literal asterisk (docs/service-notes.md#condition-values). `except` is sorted; empty means none.
 */
export interface Condition {
  readonly key: string;
  readonly any: '*' | readonly string[];
  readonly except: readonly string[];
  /** Live only: members that no file can say, such as an operator. What it means is not known, so it equals no written one. */
  readonly others?: { readonly [member: string]: Json } | undefined;
}

/** `all`: every request of the workspace. Otherwise sorted by key; all must hold. */
export type Match = 'all' | readonly Condition[];

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Fields whose names say which limit of several they are; fields.ts reads and writes such names. */
type BudgetSlot = `budget[${string}]`;
type AlertSlot = `alert[${string}]`;
export type BudgetField = 'budget' | BudgetSlot;
export type AlertField = 'alert' | AlertSlot;
export type RateField = `rate[${string}]`;
export type ApiField = `api.${string}`;

/**
 * The fields of a resource by name, each in canonical form (equal meaning, equal value). A missing name means "not
 * declared" in files and record, "the service did not say" in live rows. `null` means none: cleared, or no such limit.
 *
 * | kind | names |
 * |---|---|
 * | usage-policy | `name` `description` `unit` `amount` `reset` `alert` `match` `per` `api.<member>` |
 * | rate-policy | `name` `description` `unit` `window` `value` `match` `per` `target` `api.<member>` |
 * | workspace-limits | `budget[<unit>/<reset>]` `alert[<unit>/<reset>]` `rate[<unit>/<window>]` `budgets` `rates` |
 * | key-limits | `budget` `alert` `rate[…]` `rates` `recipients` `expires` `description` `api.<member>` |
 * | provider-limits | `budget` `alert` `rate[…]` `rates` `expires` |
 * | integration-limits | `budget` `alert` `rate[…]` `rates` |
 * | integration-prices | `multiplier[<kind of token>]` `price[<model>]` (resources/price-fields.ts) |
 */
export interface Fields {
  readonly name?: string | null;
  readonly description?: string | null;
  /** Of a rate, never `cost`. */
  readonly unit?: Unit;
  readonly amount?: number | null;
  readonly reset?: Reset;
  readonly value?: number | null;
  readonly window?: RateWindow;
  readonly match?: Match;
  /** Sorted. */
  readonly per?: readonly string[];
  readonly target?: PolicyTarget;
  /** Sorted and lower-cased; empty: none. */
  readonly recipients?: readonly string[];
  /** ISO date-time in UTC with milliseconds. */
  readonly expires?: string | null;
  /** "No budget at all" (`none`), which excludes the single ones. */
  readonly budgets?: null;
  readonly rates?: null;
  readonly budget?: Budget | null;
  /** In the unit of the budget or policy. */
  readonly alert?: number | null;
  readonly [budget: BudgetSlot]: Budget | null;
  readonly [alert: AlertSlot]: number | null;
  readonly [rate: RateField]: number | null;
  readonly [member: ApiField]: Json;
  readonly [field: string]: FieldValue;
}
export type FieldValue = Json | Budget | Match;

/** Which calls a policy counts. */
export type PolicyTarget = 'llm' | 'mcp_tools';

/** Identity of a resource within an environment, as people write it. */
export interface ResourceKey {
  readonly kind: Kind;
  /**
   * The workspace's slug; null for what belongs to the organisation: its keys, and what an integration gives to
   * workspaces created later (`new_workspaces`).
   */
  readonly workspace: string | null;
  /** Policy name, key name, provider slug, integration slug; `limits` for a workspace's own limits. */
  readonly name: string;
}

/** What an entry asks for on one side of a date. */
interface SideOfDate {
  readonly fields: Fields;
  readonly fieldsOverStar?: Fields;
  readonly absent?: true;
}

/** `until:`: the first side holds before the date, the other one from its midnight UTC on. */
export interface SidesOfDate {
  /** `2026-12-15`. */
  readonly date: string;
  readonly first: SideOfDate;
  readonly later: SideOfDate;
  /** Where `until` stands. */
  readonly source: Source;
  /** The day that the entry is compiled for; `''`: for none, so that the first side holds. */
  readonly day: string;
}

/** A resource that the files ask for, before names are resolved to ids. */
export interface DesiredEntry {
  readonly kind: Kind;
  /** The workspace as written (slug or UUID); null for the organisation's own keys and integrations. */
  readonly workspace: string | null;
  /** The entry's key in the file. `*` stands for every live service key of the workspace (kind key-limits). */
  readonly name: string;
  /**
   * The live name to look for: `name:` if written, else the entry's key. Undefined when `id:` is written without `name:`
   * (then the live name is not managed).
   */
  readonly liveName?: string;
  /** The live id written as `id:`. */
  readonly id?: string;
  /** The name this policy had before, written as `previously:`. */
  readonly previously?: string;
  /** `none` was written for the whole policy: it must not exist. Attachment points carry nulls in `fields` instead. */
  readonly absent?: true;
  readonly protect: boolean;
  readonly owner?: string;
  /** Declared fields only. `match` still holds key names where people wrote names. */
  readonly fields: Fields;
  /**
   * For a named key beside a `*` entry: the fields with those of `*` beneath them, for when the key is one that `*` reaches.
   */
  readonly fieldsOverStar?: Fields;
  /** ISO date at midnight UTC (`reset: {every, starting}`): sent on create or when it differs from the record, never compared with live. */
  readonly starting?: string;
  /** Where the entry's key stands. */
  readonly source: Source;
  /** Where single fields stand, by the field's name. */
  readonly fieldSources: Readonly<Record<string, Source>>;
  /** Both sides of the date, of which the fields above are the one that holds on its day. */
  readonly until?: SidesOfDate;
  /** Reasons by the name of a rule (src/rules): its findings about this entry are shown as accepted and stop nobody. */
  readonly silence?: Readonly<Record<string, string>>;
  /** The entry came from `defaults:` of the organisation file. */
  readonly fromDefaults?: true;
}

export interface DesiredWorkspace {
  /** Slug or UUID as written. */
  readonly ref: string;
  readonly owner?: string;
  /** As of an entry, for findings about the workspace itself. */
  readonly silence?: Readonly<Record<string, string>>;
  /** Names of organisation defaults left out here. */
  readonly skipDefaults: readonly string[];
  readonly source: Source;
}

/** `forget:`: stop managing without touching live. */
export interface Forget {
  readonly workspace: string | null;
  /** As written, for messages. */
  readonly path: string;
  readonly section: 'policies' | 'limits' | 'keys' | 'providers' | 'integrations';
  /** Missing: the whole section. */
  readonly name?: string;
  /** One field of the entry as written (`rate`, `alert`, `budget` …). Missing: the whole entry. */
  readonly field?: string;
  readonly source: Source;
}

/** Everything the policy files say, checked and normalized. */
export interface Desired {
  readonly environment: string;
  /** The organisation's UUID. */
  readonly organisation: string;
  /** Sorted by `ref`. */
  readonly workspaces: readonly DesiredWorkspace[];
  /** Sorted by kind (table order), workspace, name. */
  readonly entries: readonly DesiredEntry[];
  readonly forget: readonly Forget[];
  /** `review:` as written: without defaults. What judges a plan is in force, see plan/settings.ts. */
  readonly settings: ReviewSettings;
  readonly gateway: {
    readonly deployment?: 'saas' | 'hybrid' | 'air-gapped';
    /** Version of the gateway (data plane), as written. */
    readonly version?: string;
    /** Version of the backend (control plane), as written. */
    readonly backend?: string;
    /** What the service's `current_usage` counts in. Default cents. */
    readonly usageUnit?: 'cents' | 'dollars';
  };
  /** `record.ref`: where the applied record lives, if not at the default ref. */
  readonly recordRef?: string;
  readonly pricing?: { readonly source?: string; readonly maxAgeHours?: number };
  /** Who is told, and how. Missing: the files say nothing of it, but for recipients of keys. */
  readonly alerting?: AlertSettings;
  /** `groups:` as written; those in force are the ones of the last apply. */
  readonly groups?: WorkspaceGroups;
  /** Where `kind: org` stands, for problems that concern the whole organisation. */
  readonly orgFile: Source;
  /** Where settings stand, by path: `gateway`, `gateway.version`. Only what is written. */
  readonly settingSources?: Readonly<Record<string, Source>>;
}
