/** Policy files in Git: a bare remote on disk and clones of it, used by somebody without a name or a home. */

import { join } from 'node:path';
import { bareEnvironment, clone, copyMade, git, makeFolder } from '../record/git-fixture.ts';
import { writeIn } from './rig.ts';

export const recordRef = 'refs/tollgate/production';

export interface PolicyRemote {
  /** Folder of the bare repository. */
  readonly remote: string;
  /** Commits these policy files, all there are, on main, and pushes. Returns the commit. */
  commit(files: Readonly<Record<string, string>>): string;
  clone(...flags: string[]): string;
  /** Runs git in the bare repository. */
  git(...args: string[]): string;
}

export function makePolicyRemote(files: Readonly<Record<string, string>>): PolicyRemote {
  const { folder } = copyMade(`policies ${JSON.stringify(files)}`, (base) => makeIn(base).commit(files));
  return openIn(folder);
}

function makeIn(base: string): PolicyRemote {
  const remote = join(base, 'remote.git');
  const work = join(base, 'work');
  git(base, 'init', '--quiet', '--bare', '--initial-branch=main', remote);
  git(base, 'init', '--quiet', '--initial-branch=main', work);
  git(work, 'remote', 'add', 'origin', '../remote.git');
  // As on the large hosts: a commit can be asked for by its id, and history without files.
  git(remote, 'config', 'uploadpack.allowFilter', 'true');
  git(remote, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
  return openIn(base);
}

function openIn(base: string): PolicyRemote {
  const remote = join(base, 'remote.git');
  const work = join(base, 'work');
  return {
    remote,
    commit(wanted) {
      git(work, 'rm', '-r', '--quiet', '--ignore-unmatch', '.');
      for (const [path, text] of Object.entries(wanted)) writeIn(work, join('policies', path), text);
      writeIn(work, '.gitignore', 'node_modules/\n');
      git(work, 'add', '.');
      git(work, 'commit', '--quiet', '--allow-empty', '-m', 'policies');
      git(work, 'push', '--quiet', 'origin', 'main');
      return git(work, 'rev-parse', 'HEAD');
    },
    clone: (...flags) => clone(remote, ...flags),
    git: (...args) => git(remote, ...args),
  };
}

/** No user name, no mail address, no settings of anybody. */
export function nobody(): Record<string, string> {
  return bareEnvironment(makeFolder());
}
