/** Policy files as the tip of a branch holds them. */

import { normalize as normalizePath } from 'node:path/posix';
import type { Branch } from '../checkout/branch.ts';
import { UserError } from '../errors.ts';
import { keptPathOf } from '../extended-file.ts';
import type { FoundFile } from '../policy/files.ts';

/** A commit of a branch, and where its policies are. */
export interface FilesPlace {
  readonly branch: Pick<Branch, 'treesOf' | 'readTrees'>;
  /** Without `refs/heads/`. */
  readonly branchName: string;
  /** Of the policies, from the top of the repository. */
  readonly directory: string;
}

/**
 * Paths from the top of the repository. Null: there are none.
 *
 * @throws UserError where one of them has no text of its own
 */
export async function readFilesOfCommit(
  { branch, branchName, directory }: FilesPlace,
  commit: string,
): Promise<readonly FoundFile[] | null> {
  const tree = (await branch.treesOf([commit])).get(commit) ?? null;
  const found = tree === null ? undefined : (await branch.readTrees([tree])).get(tree);
  if (found === undefined || found.files.length === 0) return null;
  const [first] = found.unreadable;
  if (first !== undefined) {
    throw new UserError(
      `${directory === '' ? '.' : directory}/${first} on ${branchName} is a link, too large, or not UTF-8 text`,
      { hint: 'Files are taken as they stand in the commit: put the file itself there.' },
    );
  }
  const prefix = directory === '' ? '' : `${directory}/`;
  return found.files.map(({ path, text }) => ({
    path: normalizePath(`${prefix}${path}`),
    relative: keptPathOf(directory, path),
    text,
  }));
}
