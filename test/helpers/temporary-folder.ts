/**
 * One temporary folder for a whole run, removed at its end: no test takes away what it made, nor does one that is stopped leave it.
 * What is worth keeping over runs, such as the bundle, stays where temporary files are otherwise.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function setup(): () => void {
  // Short, as paths are shown in lines of 80 columns.
  const folder = mkdtempSync(join(tmpdir(), 'tg-'));
  process.env.TOLLGATE_TEST_CACHE = tmpdir();
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
