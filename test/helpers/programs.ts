/** Programs that some tests need beside Node and Git: where one is not there, those tests are skipped, and the run says so. */

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where a program of this name is found, as a shell would find it. */
export function findProgram(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** For `it.skipIf(!hasProgram('bash'))`. */
export function hasProgram(name: string): boolean {
  if (findProgram(name) !== undefined) return true;
  process.stderr.write(`no ${name} here: tests that need it are skipped\n`);
  return false;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
