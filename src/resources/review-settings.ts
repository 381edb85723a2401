/** `review:`: what judges a plan. As files say it, and with a value for everything. */

import type { Severity } from '../diagnostics.ts';
import type { RuleName } from '../rule-names.ts';

export type Switch = 'on' | 'warn' | 'off';

export interface Threshold {
  readonly count: number;
  readonly percent: number;
}

/** Named as in the files: `review.guards.<name>`. */
export const switchNames = [
  'empties_scope',
  'rewind',
  'blocks_now',
  'counter_reset',
  'ceiling',
  'impact_unknown',
] as const;
export type SwitchName = (typeof switchNames)[number];

export const requirableFields = ['alert', 'owner', 'description'] as const;
export type RequirableField = (typeof requirableFields)[number];

export type RuleSeverity = Severity | 'off';

/**
 * As written, and so recorded: what no file says is absent, and a part of a threshold that is left out is, too. Canonical
 * JSON.
 */
export interface ReviewSettings {
  readonly require?: readonly RequirableField[];
  /** Whole cents; null: `none` was written. */
  readonly max_monthly_budget?: number | null;
  /** Lower case; empty: any. */
  readonly recipient_domains?: readonly string[];
  readonly unmanaged?: 'report' | 'fail';
  readonly undeclared?: WrittenUndeclared;
  readonly show_people?: 'names' | 'counts';
  readonly drift?: DriftMode;
  readonly require_reviewed_plan?: boolean;
  readonly alone?: boolean;
  readonly approvals?: readonly ApprovalRule[];
  readonly guards?: WrittenGuards;
  readonly rules?: Readonly<Partial<Record<RuleName, RuleSeverity>>>;
}

/** Of `review.approvals`. All that is said of what it asks about has to hold. Canonical: equal meaning, equal JSON. */
export interface ApprovalRule {
  /** Whole cents per 30 days: what rises, and ends above. */
  readonly above?: number;
  /** A word of `wordsOfKinds` (approval-rules.ts). */
  readonly kind?: string;
  /** Lower case, sorted: `@login` and `@org/team`, one of whom has to approve. Missing: `owner` says who. */
  readonly by?: readonly string[];
  /** Who answers for the entry, by the `owner:` of its own or of its workspace. */
  readonly owner?: true;
}

/** Of live workspaces that no file is about. */
export interface WrittenUndeclared {
  /** Whole cents of 30 days; null: `none` was written. */
  readonly above?: number | null;
  /** Slugs or ids. */
  readonly except?: readonly string[];
}

/** What apply does with limits that were moved by hand. */
export type DriftMode = 'safe' | 'revert' | 'leave';

export interface WrittenGuards extends Readonly<Partial<Record<SwitchName, Switch>>> {
  readonly deletes?: WrittenCounted;
  readonly updates?: WrittenCounted;
  readonly spend_up?: WrittenSpendUp;
}

/** A part that is left out has its default. */
export type WrittenCounted = 'on' | 'off' | (Partial<Threshold> & { readonly plan?: Partial<Threshold> });
export type WrittenSpendUp = Switch | { readonly percent: number };

/** With a value for everything: what guards, rules and checks are given. */
export interface Review {
  readonly require: readonly RequirableField[];
  /** Whole cents; null: no ceiling. */
  readonly max_monthly_budget: number | null;
  /** Null: any; empty: nobody may be a recipient, where two lists have nothing in common. */
  readonly recipient_domains: readonly string[] | null;
  readonly unmanaged: 'report' | 'fail';
  readonly undeclared: UndeclaredReview;
  readonly show_people: 'names' | 'counts';
  readonly drift: DriftMode;
  readonly require_reviewed_plan: boolean;
  readonly alone: boolean;
  /** All that match have to be satisfied. */
  readonly approvals: readonly ApprovalRule[];
  readonly guards: Guards;
  readonly rules: Readonly<Record<RuleName, RuleSeverity>>;
}

export interface UndeclaredReview {
  /** Whole cents of 30 days; null: whatever one spends. */
  readonly above: number | null;
  /** Slugs or ids of workspaces that are known, and somebody else's. */
  readonly except: readonly string[];
}

export interface Guards extends Readonly<Record<Exclude<SwitchName, 'impact_unknown'>, Switch>> {
  /** `asked`, where nothing is written: objects, and only warns of a plan that was asked for without its impact. */
  readonly impact_unknown: Switch | 'asked';
  readonly deletes: Counted | 'off';
  readonly updates: Counted | 'off';
  readonly spend_up: SpendUp | 'off';
}

/** Of a workspace (or of the organisation's own), and of the whole plan. */
export interface Counted extends Threshold {
  readonly plan: Threshold;
}

/** More than `percent` is objected to, or only said. */
export interface SpendUp {
  readonly percent: number;
  readonly said: Exclude<Switch, 'off'>;
}
