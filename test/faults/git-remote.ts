/** A bare remote whose main branch holds policy files, as a company's repository of budgets does. */

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { writeIn } from '../helpers/rig.ts';
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
