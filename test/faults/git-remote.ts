/** A bare remote whose main branch holds policy files, as a company's repository of budgets does. */

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type Rig, writeIn } from '../helpers/rig.ts';
import { git, makeFolder } from '../record/git-fixture.ts';

export function makeGitRemote(files: Readonly<Record<string, string>>): string {
  const base = makeFolder();
  const [remote, work] = [join(base, 'remote.git'), join(base, 'work')];
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', remote]);
  execFileSync('git', ['init', '--quiet', '--initial-branch=main', work]);
  for (const [path, text] of Object.entries(files)) writeIn(work, join('policies', path), text);
  git(work, 'add', '.');
  git(work, 'commit', '--quiet', '-m', 'first');
  git(work, 'push', '--quiet', remote, 'main');
  return remote;
}

/** Writes files in a clone of it, commits them on the default branch and pushes. */
export function pushAll(
  { folder, write }: Pick<Rig, 'folder' | 'write'>,
  files: Readonly<Record<string, string>>,
): void {
  write(files);
  git(folder, 'add', '.');
  git(folder, 'commit', '--quiet', '-m', 'next');
  git(folder, 'push', '--quiet', 'origin', 'HEAD:main');
}
