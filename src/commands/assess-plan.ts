/** What a plan does to people and money, and what the rules find in it: both read what the plan alone did not need. */

import type { Impact } from '../impact/document.ts';
import { doubtKeyMetering } from '../impact/key-metering.ts';
import type { Live } from '../live/live.ts';
import { LiveIndex } from '../live/live-index.ts';
import { rememberReads } from '../live/remember-reads.ts';
import { assessImpact, budgetMoves } from '../plan/assess-impact.ts';
import type { Scope } from '../plan/scope.ts';
import type { Change, Finding, Plan, PlanNote } from '../plan/types.ts';
import type { PolicyFile } from '../policy/compile.ts';
import { readUsage } from '../reconcile/read-usage.ts';
import type { Review } from '../resources/review-settings.ts';
import type { Desired } from '../resources/types.ts';
import { buildFileFacts, findInPlan } from '../rules/find.ts';
import type { LiveFacts } from '../rules/types.ts';
import type { OpenBackend } from './open-backend.ts';
import { type PricesForRules, readForRules } from './read-for-rules.ts';
import { nowOf, type Session } from './session.ts';

export interface AssessedFacts {
  /** All of it: rules look at the whole. */
  readonly plan: Plan;
  /** What of it will be carried out. */
  readonly filtered: Plan;
  /** What of all that is said something of. */
  readonly scope: Scope;
  readonly resolved: LiveFacts['resolved'];
  readonly desired: Desired;
  readonly files: readonly PolicyFile[];
  readonly live: Live;
  /** `review:` in force. */
  readonly settings: Review;
  readonly prices: PricesForRules | null;
}

export interface Assessment {
  readonly findings: readonly Finding[];
  /** What could not be read. */
  readonly notes: readonly PlanNote[];
  /** The impact of some of the plan's changes, from what was read; null: nothing was read. */
  readonly assess: (changes: readonly Change[]) => Impact | null;
}

/** @throws CancelledError; what cannot be read is unknown */
export async function assessPlan(
  facts: AssessedFacts,
  options: { readonly impact: boolean },
  open: OpenBackend,
  session: Session,
): Promise<Assessment> {
  const { plan, filtered, scope, resolved, desired, files, live, settings, prices } = facts;
  const now = session.clock.now();
  const moves = options.impact ? budgetMoves(filtered.changes, live, nowOf(session)) : [];
  const changes = options.impact ? filtered.changes : [];
  // Lists that several of them look at are asked for once.
  const backend = rememberReads(open.backend);
  const [usage, { notes, ...read }] = await Promise.all([
    options.impact ? session.waiting('reading consumption', readUsage(backend, { moves, live, now })) : null,
    readForRules({ moves, severities: settings.rules, prices, live, changes }, { ...open, backend }, session),
  ]);
  const ofFiles = buildFileFacts(desired, files, settings);
  const index = new LiveIndex(live);
  const findings = findInPlan({ ...ofFiles, scope, index, resolved, changes: plan.changes, now, ...read });
  const assess = (some: readonly Change[]): Impact | null => {
    if (usage === null || some.length === 0) return null;
    return assessImpact(some, { live, desired, settings, usage, prices: read.prices?.book ?? null });
  };
  const doubt = doubtKeyMetering(changes, live);
  return { findings, notes: [...notes, ...(doubt === null ? [] : [keyNote(doubt)])], assess };
}

function keyNote(message: string): PlanNote {
  return { code: 'key-limits-in-doubt', severity: 'info', workspace: null, message, source: null };
}
