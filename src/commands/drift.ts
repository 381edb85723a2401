import { type ExitCode, exitCodes } from '../exit-codes.ts';
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
import { gatherDrift } from '../run/gather-drift.ts';
import { refuseFor } from '../run/output.ts';
import type { CommandResult, CommonOptions, Format, Session } from '../run/session.ts';

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
