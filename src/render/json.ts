/** The plan and its outcomes for programs: stable key order, versioned, complete. */

import type { Diagnostic } from '../diagnostics.ts';
import { notJudged } from '../guards/judge.ts';
import { toDrift } from '../plan/find-drift.ts';
import type { Change, Outcome, Plan } from '../plan/types.ts';
import { countPlan } from './count-plan.ts';
import { describeChange } from './describe-change.ts';
import { describeDrift } from './describe-drift.ts';
import { toldDocument } from './describe-told.ts';
import { findingDocument } from './findings.ts';
import { undeclaredDocument } from './undeclared-document.ts';

/** Raised when a member changes its meaning or goes away; new members may come at any time. */
export const jsonVersion = 1;

export function renderJson(document: unknown): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

export function planDocument(plan: Plan): Record<string, unknown> {
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
    record_lines: plan.recordLines,
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
    impact: plan.impact,
    ...(plan.replayed === undefined ? {} : { replayed: plan.replayed }),
  };
}

function changeDocument(change: Change, plan: Plan): Record<string, unknown> {
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
    fingerprint: change.fingerprint,
  };
}

/** Addresses are those of the files. */
function toldIn({ told }: Plan, { id }: Change): Record<string, unknown> | null {
  const by = told?.of.get(id);
  return by === undefined ? null : toldDocument(by, false);
}

export function outcomeDocument({ change, status, detail, liveId }: Outcome): Record<string, unknown> {
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

export function diagnosticDocument({ code, severity, message, source, end }: Diagnostic): Record<string, unknown> {
  return { code, severity, message, ...source, end: end ?? null };
}
