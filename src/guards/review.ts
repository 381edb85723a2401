/**
 * `review:` with its defaults, and the stricter of two of them. This is the one place that knows the defaults: records hold
 * what files say, so that another default reaches everybody.
 */

import { compareText } from '../diagnostics.ts';
import { joinRules } from '../resources/approval-rules.ts';
import type {
  DriftMode,
  Review,
  ReviewSettings,
  RuleSeverity,
  UndeclaredReview,
} from '../resources/review-settings.ts';
import { type RuleName, ruleNames } from '../rule-names.ts';
import { firstOf } from './settings.ts';
import { defaultGuards, fillGuards, stricterGuards } from './table.ts';

/** Defaults that depend on where a run takes place, and on the rules that this version has. */
export interface ReviewDefaults {
  /** Each rule's own severity; the rules stand above the planner. */
  readonly rules: Readonly<Record<RuleName, RuleSeverity>>;
  /** Anybody can read what this run prints. */
  readonly isPublic: boolean;
  /** The Action applies reviewed plans alone unless told otherwise; a person with the key is asked on the terminal. */
  readonly inAction: boolean;
}

/** Of what does not depend on the surroundings. */
export const defaultReview = {
  require: [],
  max_monthly_budget: null,
  recipient_domains: null,
  unmanaged: 'report',
  undeclared: { above: null, except: [] },
  drift: 'safe',
  alone: false,
  approvals: [],
  guards: defaultGuards,
} as const satisfies Partial<Review>;

/** What settings mean: a value for everything that they leave out. */
export function fillReview(written: ReviewSettings, { rules, isPublic, inAction }: ReviewDefaults): Review {
  const { recipient_domains: domains = [], guards = {}, rules: said = {}, undeclared = {}, ...rest } = written;
  return {
    ...defaultReview,
    show_people: isPublic ? 'counts' : 'names',
    require_reviewed_plan: inAction,
    ...rest,
    recipient_domains: domains.length === 0 ? null : domains,
    undeclared: { ...defaultReview.undeclared, ...undeclared },
    guards: fillGuards(guards),
    rules: { ...rules, ...said },
  };
}

/**
 * What neither side could do without: never looser than either. A lattice, so that the order of commits means nothing.
 *
 * `drift` has no line of strictness but two promises: what was loosened by hand is put back (`safe`, `revert`), and what was
 * tightened by hand outlives a merge (`safe`, `leave`). Whoever says `revert` against `leave` gets both.
 */
export function stricterOf(a: Review, b: Review): Review {
  return {
    require: [...new Set([...a.require, ...b.require])].sort(compareText),
    max_monthly_budget: leastOf(a.max_monthly_budget, b.max_monthly_budget),
    recipient_domains: intersect(a.recipient_domains, b.recipient_domains),
    unmanaged: firstOf(['fail', 'report'], a.unmanaged, b.unmanaged),
    undeclared: stricterUndeclared(a.undeclared, b.undeclared),
    show_people: firstOf(['counts', 'names'], a.show_people, b.show_people),
    drift: stricterDrift(a.drift, b.drift),
    require_reviewed_plan: a.require_reviewed_plan || b.require_reviewed_plan,
    alone: a.alone && b.alone,
    approvals: joinRules(a.approvals, b.approvals),
    guards: stricterGuards(a.guards, b.guards),
    rules: mapRules((name) => firstOf(['error', 'warning', 'info', 'off'], a.rules[name], b.rules[name])),
  };
}

function stricterUndeclared(a: UndeclaredReview, b: UndeclaredReview): UndeclaredReview {
  return { above: leastOf(a.above, b.above), except: a.except.filter((name) => b.except.includes(name)) };
}

function stricterDrift(a: DriftMode, b: DriftMode): DriftMode {
  return a === b ? a : 'safe';
}

/** Null is not a bound at all. */
function leastOf(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}

function intersect(a: readonly string[] | null, b: readonly string[] | null): readonly string[] | null {
  if (a === null || b === null) return a ?? b;
  return a.filter((domain) => b.includes(domain)).sort(compareText);
}

function mapRules(severityOf: (name: RuleName) => RuleSeverity): Record<RuleName, RuleSeverity> {
  return Object.fromEntries(ruleNames.map((name) => [name, severityOf(name)])) as Record<RuleName, RuleSeverity>;
}
