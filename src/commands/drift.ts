import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { findDrift } from '../plan/find-drift.ts';
import type { StoredRecord } from '../record/store.ts';
import {
  type ApplyMeanwhile,
  type DriftView,
  describeMeanwhile,
  driftDocument,
  hasDrift,
  meanwhileDocument,
  renderDriftMarkdown,
  renderDriftText,
} from '../render/drift.ts';
import { escapeMarkdown } from '../render/escape-markdown.ts';
import { renderJson } from '../render/json.ts';
import { findActors } from '../run/find-actors.ts';
import { findReturned } from '../run/find-returned.ts';
import type { Judged } from '../run/judge.ts';
import { looksLost } from '../run/judge-record.ts';
import { isUnderWay } from '../run/open-record.ts';
import { refuseFor } from '../run/output.ts';
import { goOn } from '../run/prepare.ts';
import { type CommandResult, type CommonOptions, type Format, nowOf, type Session } from '../run/session.ts';
import { closingOnFailure, type NoPlan, type Started, startRun } from '../run/start.ts';

/**
 * Recorded fields that moved live, and changes still owed to Git; exit 2 if there are any. A service that cannot be reached
 * is never drift: that ends with 6 before anything is compared.
 */
export async function runDrift(options: CommonOptions, session: Session): Promise<CommandResult> {
  const found = await gatherDrift(options, session);
  if ('diagnostics' in found) return refuseFor(found.diagnostics, options.format, session);
  if ('meanwhile' in found) return { exit: exitCodes.ok, output: renderMeanwhile(found, options.format) };
  return { exit: exitOfDrift(found), output: renderDrift(found, options.format, session) };
}

/** Without a record nothing is clean: what was declared before, and is live still, nobody knows. */
export function exitOfDrift({ record, report }: DriftView): ExitCode {
  if (record !== 'read') return exitCodes.stale;
  return hasDrift(report) ? exitCodes.changes : exitCodes.ok;
}

/**
 * Neither is reported while an apply is under way: what it has not written yet is not owed, and what it has is not drift.
 *
 * @throws UserError, ServiceError, CancelledError
 */
export async function gatherDrift(
  options: CommonOptions,
  session: Session,
): Promise<DriftView | NoPlan | ApplyMeanwhile> {
  const planning = {
    ...options,
    mode: 'sync' as const,
    only: [],
    allow: [],
    impact: false,
    isWhole: true,
    mayRecall: true,
  };
  const started = await startRun(planning, session);
  if ('plan' in started) return started;
  const underWay = await closingOnFailure(started.open, () => findUnderWay(started, session));
  if (underWay !== null) {
    await started.open.close();
    return underWay;
  }
  const prepared = await goOn(started, session);
  if (prepared.plan === null) return prepared;
  const { plan, steps, settled, filter, open, reads, live, record } = prepared;
  try {
    const sources = { store: record.store, reads };
    const returned = settled === null ? [] : await findReturned(plan, live, sources, session);
    const report = findDrift({ ...plan, notes: [...plan.notes, ...returned] }, steps, filter.workspaces);
    // Live is read after the record: an apply that came in between looks like drift.
    if (hasDrift(report)) {
      const ended = await findMeanwhile(prepared);
      if (ended !== null) return ended;
    }
    const since = settled?.appliedAt ?? nowOf(session).toISOString();
    const changes = report.drifts.map(({ change }) => change);
    const reading = findActors(reads, changes, since, nowOf(session).toISOString(), plan.organisation);
    const authors = await session.waiting('reading the audit log', reading);
    return { plan, report, authors, record: settled !== null ? 'read' : looksLost(plan) ? 'lost' : 'none' };
  } finally {
    await open.close();
  }
}

async function findUnderWay({ stored, reads }: Started, session: Session): Promise<ApplyMeanwhile | null> {
  const claim = stored?.record.claim;
  if (stored === null || claim === undefined || !(await isUnderWay(claim, reads.backend, session))) return null;
  return meanwhileOf(stored, 'under-way');
}

/** An apply that has moved the record since it was read. */
async function findMeanwhile({ record: { store }, stored }: Judged): Promise<ApplyMeanwhile | null> {
  if ((await store.readToken()) === (stored?.token ?? null)) return null;
  const found = await store.read();
  return found === null ? null : meanwhileOf(found, 'meanwhile');
}

function meanwhileOf({ record }: StoredRecord, meanwhile: ApplyMeanwhile['meanwhile']): ApplyMeanwhile {
  const { claim, environment } = record;
  const facts = claim ?? { by: record.appliedBy, run: record.run, startedAt: record.appliedAt };
  return { meanwhile, environment, by: facts.by, run: facts.run, since: facts.startedAt };
}

function renderMeanwhile(found: ApplyMeanwhile, format: Format): string {
  switch (format) {
    case 'json':
      return renderJson(meanwhileDocument(found));
    case 'markdown':
      return `### ${escapeMarkdown(describeMeanwhile(found))}\n`;
    case 'text':
      return `${describeMeanwhile(found)}\n`;
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
