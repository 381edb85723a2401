/** Objects of a repository, out of what git answers about them. */

import type { Git } from './run-git.ts';

export interface TreeEntry {
  readonly path: string;
  readonly oid: string;
}

/** Ordinary files of a tree: no links, no submodules. */
export function parseTreeListing(stdout: Buffer): readonly TreeEntry[] {
  return stdout
    .toString('utf8')
    .split('\0')
    .flatMap((line) => {
      const match = /^100\d{3} blob ([0-9a-f]+)\t(.+)$/s.exec(line);
      return match?.[1] === undefined || match[2] === undefined ? [] : [{ oid: match[1], path: match[2] }];
    });
}

/** Contents in the order asked for; null when one is missing. `git cat-file --batch`: header line, bytes, newline. */
export async function readGitObjects(
  git: Git,
  names: readonly string[],
): Promise<readonly { oid: string; text: string }[] | null> {
  if (names.length === 0) return [];
  const { code, stdout } = await git(['cat-file', '--batch'], `${names.join('\n')}\n`);
  if (code !== 0) return null;
  const objects: { oid: string; text: string }[] = [];
  for (let at = 0; at < stdout.length; ) {
    const end = stdout.indexOf(10, at);
    const [oid, , size] = stdout.toString('utf8', at, end).split(' ');
    if (end < 0 || oid === undefined || size === undefined) return null;
    const start = end + 1;
    at = start + Number(size) + 1;
    objects.push({ oid, text: stdout.toString('utf8', start, at - 1) });
  }
  return objects.length === names.length ? objects : null;
}
