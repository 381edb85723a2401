/** What takes an apply back in the policy files, or what stands in its way. */

import type { RecordedApply } from '../plan/applied-record.ts';
import { escapeInvisible } from '../printable.ts';
import type { RevertDocument } from './documents/files.ts';
import { jsonVersion, renderJson } from './json.ts';
import { colorsOf, type TextStyle } from './style.ts';

export interface RevertView {
  readonly apply: RecordedApply;
  readonly files: readonly { readonly file: string; readonly change: 'edited' | 'created' | 'deleted' }[];
  /** With one of them nothing is written. */
  readonly conflicts: readonly { readonly file: string; readonly line: number; readonly message: string }[];
  readonly isDryRun: boolean;
  /** Of Git; none outside of it. */
  readonly commands: readonly string[];
}

export function renderRevert(view: RevertView, format: 'text' | 'json', style: TextStyle): string {
  const { apply, files, conflicts, isDryRun, commands } = view;
  if (format === 'json') {
    const ok = conflicts.length === 0;
    const written = ok && !isDryRun && files.length > 0;
    return renderJson<RevertDocument>({
      version: jsonVersion,
      ok,
      record: apply.token,
      written,
      files,
      conflicts,
      commands,
    });
  }
  const colors = colorsOf(style);
  const show = escapeInvisible;
  const when = apply.at === null ? '' : ` of ${apply.at.slice(0, 16).replace('T', ' ')} UTC`;
  const what = show(`the apply${when} by ${apply.by ?? 'somebody'} (record ${apply.token.slice(0, 12)})`);
  if (conflicts.length > 0) {
    const count = conflicts.length === 1 ? '1 value has' : `${conflicts.length} values have`;
    return [
      `${colors.bold(`Nothing was written: ${count} changed since`)} ${what}.`,
      ...conflicts.map(({ file, line, message }) => `  ${show(`${file}:${line}`)}  ${show(message)}`),
      'Take the later applies back first, the latest before the others, or edit these lines by hand.',
      '',
    ].join('\n');
  }
  if (files.length === 0) return `Nothing to take back: the files say nothing of what ${what} changed.\n`;
  return [
    `${colors.bold(isDryRun ? 'Would take back' : 'Took back, in the files alone:')} ${what}${isDryRun ? ':' : ''}`,
    ...files.map(({ file, change }) => `  ${show(file)} (${change})`),
    ...(commands.length === 0 ? [] : ['', isDryRun ? 'Then, to have it reviewed:' : 'To have it reviewed:']),
    ...commands.map((command) => `  ${show(command)}`),
    ...(isDryRun ? [] : ['', 'Nothing live has changed: `tollgate plan` shows what the merge will do.']),
    '',
  ].join('\n');
}
