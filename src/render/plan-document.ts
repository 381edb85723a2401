/** The plan and its outcomes for programs: stable key order, versioned, complete. */

import type { Diagnostic } from '../diagnostics.ts';
import { notJudged } from '../guards/judge.ts';
import { toDrift } from '../plan/find-drift.ts';
import type { Change, Outcome, Plan } from '../plan/types.ts';
import { countPlan } from './count-plan.ts';
import { describeChange } from './describe-change.ts';
import { describeDrift } from './describe-drift.ts';
import { toldDocument } from './describe-told.ts';
import type { DiagnosticDocument } from './documents/parts.ts';
import type { BarePlanDocument, ChangeDocument, OutcomeDocument } from './documents/plan.ts';
import type { ToldDocument } from './documents/told.ts';
import { findingDocument } from './findings.ts';
import { jsonVersion } from './json.ts';
import { pricesDocument } from './prices-document.ts';
import { ratesDocument } from './rates-document.ts';
import { spendDocument } from './spend-document.ts';
import { undeclaredDocument } from './undeclared-document.ts';

export function planDocument(plan: Plan): BarePlanDocument {
  return {
    version: jsonVersion,
    environment: plan.environment,
    organisation: plan.organisation,
    base_url: plan.baseUrl,
    mode: plan.mode,
    has_record: plan.hasRecord,
    digest: plan.digest,
    counts: countPlan(plan),
    changes: plan.changes.map((change) => changeDocument(change, plan)),
    withheld: plan.withheld.map((change) => changeDocument(change, plan)),
    left: plan.left.map(({ change, direction }) => ({
      ...changeDocument(change, plan),
      summary: describeDrift(toDrift({ change, direction }), plan.names),
      // Of the move by hand, as the summary is.
      direction,
    })),
    record_lines: plan.recordLines.map(({ setting: _, ...line }) => line),
    unmanaged: plan.unmanaged,
    undeclared: undeclaredDocument(plan.undeclared),
    not_read: (plan.notRead ?? [])
      .filter(({ hasFile }) => hasFile)
      .map(({ workspace, kinds }) => ({ workspace, kinds })),
    unreadable: plan.unreadable ?? [],
    notes: plan.notes,
    findings: plan.findings.map(findingDocument),
    violations: plan.violations.map(({ first: _, ...violation }) => violation),
    guards_not_judged: notJudged(plan),
    ...(plan.asked === undefined || plan.asked.length === 0
      ? {}
      : { asked: plan.asked.map(({ by, because, hasApproved }) => ({ by, because, has_approved: hasApproved })) }),
    impact: plan.impact,
    spend: plan.impact === null ? null : spendDocument(plan.impact),
    ...(plan.replayed === undefined ? {} : { replayed: plan.replayed }),
    ...(plan.rates === undefined ? {} : { rates: ratesDocument(plan.rates) }),
    ...(plan.prices === undefined ? {} : { prices: pricesDocument(plan.prices) }),
  };
}

function changeDocument(change: Change, plan: Plan): ChangeDocument {
  return {
    id: change.id,
    kind: change.key.kind,
    workspace: change.key.workspace,
    name: change.key.name,
    live_id: change.liveId,
    action: change.action,
    cause: change.cause,
    reason: change.reason,
    direction: change.direction,
    summary: describeChange(change, plan.names),
    before: change.before,
    after: change.after,
    // A member that the service does not show is null here: JSON has no undefined.
    field_changes: change.fieldChanges.map(({ before, after, ...rest }) => ({
      ...rest,
      before: before ?? null,
      after: after ?? null,
    })),
    alert_told: toldIn(plan, change),
    source: change.source,
    depends_on: change.dependsOn,
    notes: change.notes,
    ...(change.until === undefined ? {} : { until: change.until }),
    ...(change.due === undefined ? {} : { due: change.due }),
    fingerprint: change.fingerprint,
  };
}

/** Addresses are those of the files. */
function toldIn({ told }: Plan, { id }: Change): ToldDocument | null {
  const by = told?.of.get(id);
  return by === undefined ? null : toldDocument(by, false);
}

export function outcomeDocument({ change, status, detail, liveId }: Outcome): OutcomeDocument {
  return {
    id: change.id,
    kind: change.key.kind,
    workspace: change.key.workspace,
    name: change.key.name,
    action: change.action,
    status,
    detail,
    live_id: liveId,
    fingerprint: change.fingerprint,
  };
}

export function diagnosticDocument({ code, severity, message, source, end }: Diagnostic): DiagnosticDocument {
  return { code, severity, message, ...source, end: end ?? null };
}
