/** A version of the record as a commit: what git is told to write. */

import { importCommit, quotePath, renderData } from '../checkout/fast-import.ts';
import { describeFailure } from '../checkout/git-child.ts';
import type { Git } from '../checkout/run-git.ts';
import { UserError } from '../errors.ts';
import type { AppliedRecord } from '../plan/applied-record.ts';
import type { TreeFiles } from './record-tree.ts';

/** As `git fast-import` reads it; the same every time. */
export function renderCommit(
  ref: string,
  record: AppliedRecord,
  tree: TreeFiles,
  parent: string | null,
  message: string,
  now: number,
): readonly string[] {
  const facts = [
    `Run: ${record.claim?.run ?? record.run}`,
    `By: ${record.claim?.by ?? record.appliedBy}`,
    `Commit: ${record.commit ?? 'none'}${record.dirty ? ' with uncommitted changes' : ''}`,
  ];
  const oneLine = (text: string): string => text.replace(/\p{Cc}+/gu, ' ');
  const text = `${oneLine(message)}\n\n${facts.map(oneLine).join('\n')}\n`;
  return renderVersion(ref, tree, parent, text, now);
}

/** A commit of tollgate's own whose tree is these files and nothing else. */
export function renderVersion(
  ref: string,
  tree: TreeFiles,
  parent: string | null,
  text: string,
  now: number,
): readonly string[] {
  const who = `tollgate <tollgate@localhost> ${Math.floor(now / 1000)} +0000`;
  return [
    `commit ${ref}`,
    'mark :1',
    `author ${who}`,
    `committer ${who}`,
    renderData(text),
    ...(parent === null ? [] : [`from ${parent}`]),
    'deleteall',
    ...[...tree].flatMap(([path, content]) => [`M 100644 inline ${quotePath(path)}`, renderData(content)]),
  ];
}

export async function writeCommit(git: Git, lines: readonly string[]): Promise<string> {
  const made = await importCommit(git, lines);
  if ('commit' in made) return made.commit;
  throw new UserError(`Git could not write the record: ${describeFailure(made.failed)}`);
}
