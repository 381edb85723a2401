import { resolve } from 'node:path';
import { type DeclaredNames, listDeclaredNames } from '../policy/declared-names.ts';
import { readPolicyFiles } from '../policy/files.ts';

/** What the files of a directory declare; nothing where there are none. Completion says no word of what is wrong. */
export async function readNames(directory: string, cwd: string): Promise<DeclaredNames> {
  const found = await readPolicyFiles(resolve(cwd, directory), cwd).catch(() => null);
  return listDeclaredNames(found?.files ?? []);
}
