import type { Diagnostic } from '../diagnostics.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import type { Finding } from '../plan/types.ts';
import { renderDiagnosticsMarkdown, renderDiagnosticsText } from '../render/diagnostics.ts';
import type { ProblemsDocument } from '../render/documents/validate.ts';
import { jsonVersion, renderJson } from '../render/json.ts';
import { diagnosticDocument } from '../render/plan-document.ts';

import { renderSarif } from '../render/sarif.ts';
import { allRules } from '../rules/find.ts';
import type { CheckFormat, CommandResult, Session } from './session.ts';

/** Problems that keep a command from its work: no plan while there is an error. */
export function refuseFor(
  diagnostics: readonly Diagnostic[],
  format: CheckFormat,
  session: Session,
  exit: ExitCode = exitCodes.invalid,
): CommandResult {
  return { exit, output: renderDiagnostics(diagnostics, format, session, [], false) };
}

export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  format: CheckFormat,
  session: Session,
  findings: readonly Finding[] = [],
  ok = !diagnostics.some(({ severity }) => severity === 'error'),
): string {
  switch (format) {
    case 'json':
      return renderJson<ProblemsDocument>({
        version: jsonVersion,
        ok,
        diagnostics: diagnostics.map(diagnosticDocument),
      });
    case 'sarif':
      return renderSarif({ version: session.version, rules: allRules, diagnostics, findings });
    case 'markdown':
      return renderDiagnosticsMarkdown(diagnostics);
    case 'text':
      return renderDiagnosticsText(diagnostics, session.style);
  }
}

/** Warnings and notes of a run that goes on, for people. */
export function sayDiagnostics(diagnostics: readonly Diagnostic[], session: Session): void {
  if (diagnostics.length > 0) session.say(renderDiagnosticsText(diagnostics, session.style));
}
