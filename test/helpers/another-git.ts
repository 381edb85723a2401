/** `TOLLGATE_GIT=PATH`: the tests, and the tool in them, run this Git instead of the one that is installed. */

import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';

export function setup(): (() => void) | undefined {
  const { TOLLGATE_GIT: git, PATH: path = '' } = process.env;
  if (git === undefined || git === '') return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-git-'));
  symlinkSync(resolve(git), join(folder, 'git'));
  process.env.PATH = `${folder}${delimiter}${path}`;
  return () => rmSync(folder, { recursive: true, force: true });
}
