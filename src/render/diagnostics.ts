import type { Diagnostic } from '../diagnostics.ts';
import { sortDiagnostics } from '../diagnostics.ts';
import { escapeInvisible } from '../printable.ts';
import { escapeMarkdown, escapeProse } from './escape-markdown.ts';
import { colorsOf, type TextStyle } from './style.ts';

/** `file:line:col  code  message`, one line a problem, in the order of the files. */
export function renderDiagnosticsText(diagnostics: readonly Diagnostic[], style: TextStyle): string {
  const colors = colorsOf(style);
  return sortDiagnostics(diagnostics)
    .map(({ source, code, severity, message }) => {
      const place = escapeInvisible(`${source.file}:${source.line}:${source.column}`);
      const paint = severity === 'error' ? colors.red : severity === 'warning' ? colors.yellow : colors.dim;
      return `${place}  ${paint(severity === 'error' ? code : `${severity} ${code}`)}  ${escapeInvisible(message)}\n`;
    })
    .join('');
}

/** `2 errors, 1 warning` */
export function countDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const words = (['error', 'warning', 'info'] as const).flatMap((severity) => {
    const count = diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
    if (count === 0) return [];
    const plural = count === 1 ? '' : 's';
    return [severity === 'info' ? `${count} note${plural}` : `${count} ${severity}${plural}`];
  });
  return words.length === 0 ? 'no problems' : words.join(', ');
}

export function renderDiagnosticsMarkdown(diagnostics: readonly Diagnostic[]): string {
  if (diagnostics.length === 0) return 'No problems.\n';
  const rows = sortDiagnostics(diagnostics).map(({ source, code, severity, message }) => {
    const place = `${source.file}:${source.line}:${source.column}`;
    return `| ${escapeMarkdown(place)} | ${severity} | \`${code}\` | ${escapeProse(message)} |`;
  });
  return `${['| where | severity | code | problem |', '|---|---|---|---|', ...rows].join('\n')}\n`;
}
