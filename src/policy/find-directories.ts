/** Which directories of policies a file belongs to, by the organisation files around it. */

import path from 'node:path';
import { extendingFiles, findExtends } from '../extended-file.ts';
import { findTop } from '../real-path.ts';
import { findOrganisationFiles, readPolicyText } from './files.ts';

/**
 * The directory that the file is read with: the outermost one above it that holds an organisation file, as everything below is read with
 * that. Of a file that is in none: all whose organisation files extend it. Not beyond the repository, and outside Git the working directory.
 */
export async function findDirectories(file: string, cwd: string): Promise<readonly string[]> {
  const folder = path.dirname(file);
  const isHere = folder === cwd || folder.startsWith(cwd + path.sep);
  const top = (await findTop(folder)) ?? (isHere ? cwd : path.parse(file).root);
  let outermost: string | null = null;
  for (let above = folder; ; above = path.dirname(above)) {
    if (await holdsOrganisation(above)) outermost = above;
    if (above === top || path.dirname(above) === above) break;
  }
  if (outermost !== null) return [outermost];
  const found = [];
  for (const relative of await findOrganisationFiles(top)) {
    const organisation = path.join(top, relative);
    const written = findExtends((await readPolicyText(organisation, () => {})) ?? '');
    if (written !== null && path.resolve(path.dirname(organisation), written) === file)
      found.push(path.dirname(organisation));
  }
  return [...new Set(found)];
}

async function holdsOrganisation(folder: string): Promise<boolean> {
  for (const name of extendingFiles) {
    const text = await readPolicyText(path.join(folder, name), () => {});
    if (text !== undefined && /^kind:[ \t]+["']?org\b/m.test(text)) return true;
  }
  return false;
}
