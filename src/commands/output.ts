import type { Diagnostic } from '../diagnostics.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { renderDiagnosticsText } from '../render/diagnostics.ts';
import { diagnosticDocument, jsonVersion, renderJson } from '../render/json.ts';
import { renderDiagnosticsMarkdown } from '../render/markdown.ts';
import type { CommandResult, Format, Session } from './session.ts';

/** Problems that keep a command from its work: no plan while there is an error. */
export function refuseFor(
  diagnostics: readonly Diagnostic[],
  format: Format,
  session: Session,
  exit: ExitCode = exitCodes.invalid,
): CommandResult {
  return { exit, output: renderDiagnostics(diagnostics, format, session) };
}

export function renderDiagnostics(diagnostics: readonly Diagnostic[], format: Format, session: Session): string {
  const ok = !diagnostics.some(({ severity }) => severity === 'error');
  switch (format) {
    case 'json':
      return renderJson({ version: jsonVersion, ok, diagnostics: diagnostics.map(diagnosticDocument) });
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
