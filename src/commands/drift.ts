import { exitCodes } from '../exit-codes.ts';
import { findDrift } from '../plan/find-drift.ts';
import { findActors } from '../reconcile/audit.ts';
import { driftDocument, renderDriftMarkdown, renderDriftText } from '../render/drift.ts';
import { renderJson } from '../render/json.ts';
import { refuseFor } from './output.ts';
import { type PreparedPlan, preparePlan } from './prepare-plan.ts';
import { type CommandResult, type CommonOptions, nowOf, type Session } from './session.ts';

/**
 * Recorded fields that moved live, and changes still owed to Git; exit 2 if there are any. A service that cannot be reached
 * is never drift: that ends with 6 before anything is compared.
 */
export async function runDrift(options: CommonOptions, session: Session): Promise<CommandResult> {
  const prepared = await preparePlan({ ...options, mode: 'sync', only: [], allow: [] }, session);
  if (prepared.plan === null) return refuseFor(prepared.diagnostics, options.format, session);
  try {
    return await reportDrift(prepared, options, session);
  } finally {
    await prepared.open.close();
  }
}

async function reportDrift(prepared: PreparedPlan, options: CommonOptions, session: Session): Promise<CommandResult> {
  const { plan, steps, settled, open } = prepared;
  if (settled === null && !options.quiet) {
    session.say('There is no applied record yet: what moved live cannot be told, only what Git asks for.\n');
  }
  const report = findDrift(plan, steps);
  const since = settled?.appliedAt ?? nowOf(session).toISOString();
  const changes = report.drifts.map(({ change }) => change);
  const reading = findActors(open.backend, changes, since, nowOf(session).toISOString(), plan.organisation);
  const authors = await session.waiting('reading the audit log', reading);
  const view = { plan, report, authors };
  const count = report.drifts.length + report.owed.length + report.gone.length;
  const output =
    options.format === 'json'
      ? renderJson(driftDocument(view))
      : options.format === 'markdown'
        ? renderDriftMarkdown(view)
        : renderDriftText(view, session.style);
  return { exit: count > 0 ? exitCodes.changes : exitCodes.ok, output };
}
