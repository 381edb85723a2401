/** A version of the record as a commit: what git is told to write. */

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
): string {
  const who = `tollgate <tollgate@localhost> ${Math.floor(now / 1000)} +0000`;
  const facts = [
    `Run: ${record.claim?.run ?? record.run}`,
    `By: ${record.claim?.by ?? record.appliedBy}`,
    `Commit: ${record.commit ?? 'none'}${record.dirty ? ' with uncommitted changes' : ''}`,
  ];
  const oneLine = (text: string): string => text.replace(/\p{Cc}+/gu, ' ');
  const text = `${oneLine(message)}\n\n${facts.map(oneLine).join('\n')}\n`;
  return [
    `commit ${ref}`,
    'mark :1',
    `author ${who}`,
    `committer ${who}`,
    renderData(text),
    ...(parent === null ? [] : [`from ${parent}`]),
    'deleteall',
    ...[...tree].flatMap(([path, content]) => [`M 100644 inline ${quotePath(path)}`, renderData(content)]),
    '',
    'get-mark :1',
    'done',
    '',
  ].join('\n');
}

/** One process, however many files: it reads them all and says the commit it made. */
export async function writeCommit(git: Git, stream: string): Promise<string> {
  const result = await git(['fast-import', '--quiet', '--done'], stream);
  const commit = result.stdout.toString('utf8').trim();
  if (result.code !== 0 || !/^[0-9a-f]{40,64}$/.test(commit)) {
    throw new UserError(`Git could not write the record: ${describeFailure(result)}`);
  }
  return commit;
}

function renderData(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}`;
}

function quotePath(path: string): string {
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
