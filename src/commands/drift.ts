import { exitCodes } from '../exit-codes.ts';
import { findDrift } from '../plan/find-drift.ts';
import { findActors } from '../reconcile/audit.ts';
import { type DriftView, driftDocument, renderDriftMarkdown, renderDriftText } from '../render/drift.ts';
import { renderJson } from '../render/json.ts';
import { refuseFor } from './output.ts';
import { type NoPlan, preparePlan } from './prepare-plan.ts';
import { type CommandResult, type CommonOptions, type Format, nowOf, type Session } from './session.ts';

/**
 * Recorded fields that moved live, and changes still owed to Git; exit 2 if there are any. A service that cannot be reached
 * is never drift: that ends with 6 before anything is compared.
 */
export async function runDrift(options: CommonOptions, session: Session): Promise<CommandResult> {
  const found = await gatherDrift(options, session);
  if ('diagnostics' in found) return refuseFor(found.diagnostics, options.format, session);
  return {
    exit: hasDrift(found) ? exitCodes.changes : exitCodes.ok,
    output: renderDrift(found, options.format, session),
  };
}

export function hasDrift({ report }: DriftView): boolean {
  return report.drifts.length + report.owed.length + report.gone.length > 0;
}

/** @throws UserError, ServiceError, CancelledError */
export async function gatherDrift(options: CommonOptions, session: Session): Promise<DriftView | NoPlan> {
  const prepared = await preparePlan({ ...options, mode: 'sync', only: [], allow: [], impact: false }, session);
  if (prepared.plan === null) return prepared;
  const { plan, steps, settled, filter, open } = prepared;
  try {
    if (settled === null && !options.quiet) {
      session.say('There is no applied record yet: what moved live cannot be told, only what Git asks for.\n');
    }
    const report = findDrift(plan, steps, filter.workspaces);
    const since = settled?.appliedAt ?? nowOf(session).toISOString();
    const changes = report.drifts.map(({ change }) => change);
    const reading = findActors(open.backend, changes, since, nowOf(session).toISOString(), plan.organisation);
    return { plan, report, authors: await session.waiting('reading the audit log', reading) };
  } finally {
    await open.close();
  }
}

function renderDrift(view: DriftView, format: Format, session: Session): string {
  switch (format) {
    case 'json':
      return renderJson(driftDocument(view));
    case 'markdown':
      return renderDriftMarkdown(view);
    case 'text':
      return renderDriftText(view, session.style);
  }
}
