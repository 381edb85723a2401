/** What `init` wrote, and how to go on. */

import type { WrittenCi } from '../ci-systems.ts';
import { escapeInvisible } from '../printable.ts';
import type { InitDocument } from './documents/files.ts';
import { jsonVersion, renderJson } from './json.ts';
import { colorsOf, type TextStyle } from './style.ts';

export interface InitView {
  readonly files: readonly string[];
  readonly organisation: string | null;
  /** Why the organisation is not known; null where it is. */
  readonly problem: string | null;
  readonly ci: WrittenCi;
  readonly isBranchKnown: boolean;
  readonly isDryRun: boolean;
  readonly commands: readonly string[];
}

export function renderInit(view: InitView, format: 'text' | 'json', style: TextStyle): string {
  const { files, organisation, problem, isDryRun, commands } = view;
  const todo = toDo(view);
  if (format === 'json') {
    const written = !isDryRun;
    return renderJson<InitDocument>({
      version: jsonVersion,
      ok: true,
      written,
      files,
      organisation,
      problem,
      to_do: todo,
      commands,
    });
  }
  const colors = colorsOf(style);
  return [
    colors.bold(isDryRun ? 'Would write:' : 'Wrote:'),
    ...files.map((file) => `  ${escapeInvisible(file)}`),
    ...(todo.length === 0 ? [] : ['', 'By hand:']),
    ...todo.map((line) => `  ${escapeInvisible(line)}`),
    '',
    'Then:',
    ...commands.map((command) => `  ${escapeInvisible(command)}`),
    '',
  ].join('\n');
}

function toDo({ files, organisation, problem, ci, isBranchKnown }: InitView): readonly string[] {
  const [org = ''] = files;
  const workflow = files.at(-1) ?? '';
  return [
    ...(organisation === null
      ? [`${org}: write the id of your organisation (it could not be asked for: ${problem})`]
      : []),
    ...(ci === 'github'
      ? [
          `${workflow}: write a repository and a commit in place of OWNER/tollgate@COMMIT${isBranchKnown ? '' : ', and your default branch if it is not main'}`,
          'GitHub: the secrets PORTKEY_READ_KEY, and in an environment `tollgate` PORTKEY_APPLY_KEY (docs/github-action.md)',
        ]
      : []),
  ];
}
