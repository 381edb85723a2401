/** Findings of the rules in each form that people read; `findingDocument` is for programs. */

import type { Diagnostic } from '../diagnostics.ts';
import type { Finding } from '../plan/types.ts';
import { escapeInvisible } from '../printable.ts';
import { escapeMarkdown } from './escape-markdown.ts';
import type { Colors } from './style.ts';

/** As problems of the files, in whose lists they are shown. A silenced one is a note with its reason. */
export function toDiagnostics(findings: readonly Finding[]): Diagnostic[] {
  return findings.map(({ rule, severity, message, fix, source, silenced }) =>
    silenced === null
      ? { code: rule, severity, message: `${message}. ${fix}`, source }
      : { code: rule, severity: 'info', message: `${message}. Silenced: ${silenced}`, source },
  );
}

/** Whether somebody has to look: what is silenced is shown too, for its reason. */
export function isShown({ severity, silenced }: Finding): boolean {
  return severity !== 'info' || silenced !== null;
}

/** Notes are counted unless they are asked for. */
export function findingLines(
  findings: readonly Finding[],
  verbose: boolean,
  colors: Colors,
  fold: (line: string) => readonly string[],
): string[] {
  if (findings.length === 0) return [];
  const shown = findings.filter((finding) => verbose || isShown(finding));
  const lines = shown.flatMap(({ severity, rule, id, message, fix, source, silenced }) => {
    const word = silenced !== null ? 'silenced' : severity === 'info' ? 'note' : severity;
    const paint =
      silenced !== null || severity === 'info' ? colors.dim : severity === 'error' ? colors.red : colors.yellow;
    const place = `${source.file}:${source.line}:${source.column}`;
    return [
      `  ${paint(word)} ${rule} (${id}) ${colors.dim(escapeInvisible(place))}`,
      ...fold(`    ${escapeInvisible(message)}`),
      ...fold(`    ${escapeInvisible(silenced === null ? fix : `Reason: ${silenced}`)}`),
    ];
  });
  const hidden = findings.length - shown.length;
  const more =
    hidden === 0
      ? []
      : [colors.dim(`  ${hidden} note${hidden === 1 ? '' : 's'}; --verbose shows ${hidden === 1 ? 'it' : 'them'}`)];
  return [colors.bold('findings'), ...lines, ...more, ''];
}

export const findingHead = '| | finding | rule | where |';

/** @param place how a source is written, as a link for example */
export function findingRow(finding: Finding, place: (source: Finding['source']) => string): string {
  const { severity, rule, message, fix, silenced, source } = finding;
  const mark = silenced !== null ? '🔇' : severity === 'error' ? '🛑' : severity === 'warning' ? '⚠️' : 'ℹ️';
  const what = silenced === null ? `${message}. ${fix}` : `${message}. Silenced: ${silenced}`;
  return `| ${mark} | ${escapeMarkdown(what)} | \`${rule}\` | ${place(source)} |`;
}

export function findingDocument({ source, entry, ...rest }: Finding): Record<string, unknown> {
  return { ...rest, ...source, entry };
}
