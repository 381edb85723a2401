/** Policy files as a commit holds them. */

import { UserError } from '../errors.ts';
import { extendedPath, findOutside } from '../extended-file.ts';
import { findFile, listFiles, nameFolder, type ReadObjects, readAll, readListings } from './git-objects.ts';
import { isPassedOver, isPolicyFile } from './policy-trees.ts';

/** Of a folder, and what they extend outside of it; paths from the folder. */
export async function readFilesOf(read: ReadObjects, commit: string, folder: string) {
  const [tree] = await read([nameFolder(commit, folder)]);
  if (tree?.type !== 'tree') return [];
  const listings = await readListings(read, [tree.oid]);
  const all = listFiles(tree.oid, listings, isPassedOver);
  const entries = all.filter(({ type, path }) => type === 'file' && isPolicyFile(path));
  const blobs = await readAll(
    read,
    entries.map(({ oid }) => oid),
  );
  if (blobs === null || all.some(({ type }) => type === 'folder')) {
    throw new UserError(`commit ${commit} cannot be read: objects of it are missing here`);
  }
  const files = entries.map(({ path }, index) => ({ path, text: blobs[index]?.bytes.toString('utf8') ?? '' }));
  return [...files, ...(await readExtended(read, commit, folder, files))];
}

/** What the organisation file extends outside the folder, as the commit has it. */
async function readExtended(
  read: ReadObjects,
  commit: string,
  folder: string,
  files: readonly { path: string; text: string }[],
) {
  const found: { path: string; text: string }[] = [];
  for (const { path, text } of files) {
    const outside = findOutside(folder, path, text);
    const oid = outside === null ? null : await findFile(read, commit, outside.place);
    if (outside === null || oid === null) continue;
    const [blob] = await read([oid]);
    if (blob != null) found.push({ path: extendedPath(path, outside.written), text: blob.bytes.toString('utf8') });
  }
  return found;
}
