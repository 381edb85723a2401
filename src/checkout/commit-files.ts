/** Policy files as a commit holds them. */

import { UserError } from '../errors.ts';
import { extendedPath, findOutside } from '../extended-file.ts';
import { parseTreeListing, readGitObjects } from './git-objects.ts';
import { describeFailure, type Git } from './run-git.ts';

export const isPolicyFile = (path: string): boolean => /\.ya?ml$/i.test(path);
/** Dot files are read neither from disk nor from a commit. */
export const isPassedOver = (path: string): boolean => /(?:^|\/)(?:\.|node_modules(?:\/|$))/.test(path);

/** Of a folder, and what they extend outside of it; paths from the folder. */
export async function readFilesOf(git: Git, commit: string, folder: string) {
  const prefix = folder === '' ? '' : `${folder}/`;
  const listing = await git(['ls-tree', '-r', '-z', '--full-tree', commit, ...(prefix === '' ? [] : ['--', prefix])]);
  const entries = parseTreeListing(listing.stdout).filter(
    ({ path }) => isPolicyFile(path) && !isPassedOver(path.slice(prefix.length)),
  );
  const blobs =
    listing.code === 0
      ? await readGitObjects(
          git,
          entries.map(({ oid }) => oid),
        )
      : null;
  if (blobs === null) throw new UserError(`commit ${commit} cannot be read: ${describeFailure(listing)}`);
  const files = entries.map(({ path }, index) => ({
    path: path.slice(prefix.length),
    text: blobs[index]?.text ?? '',
  }));
  return [...files, ...(await readExtended(git, commit, folder, files))];
}

/** What the organisation file extends outside the folder, as the commit has it. */
async function readExtended(
  git: Git,
  commit: string,
  folder: string,
  files: readonly { path: string; text: string }[],
) {
  const found: { path: string; text: string }[] = [];
  for (const { path, text } of files) {
    const outside = findOutside(folder, path, text);
    if (outside === null) continue;
    const listing = await git(['ls-tree', '-z', '--full-tree', commit, '--', outside.place]);
    const [entry] = parseTreeListing(listing.stdout);
    const [blob] = (entry === undefined ? null : await readGitObjects(git, [entry.oid])) ?? [];
    if (blob !== undefined) found.push({ path: extendedPath(path, outside.written), text: blob.text });
  }
  return found;
}
