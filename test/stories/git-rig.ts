/** A clone with a bare remote, as in CI: policy files in commits, the record on its ref, the emulator as control plane. */

import { join } from 'node:path';
import { type Rig, type RigOptions, startRig } from '../helpers/rig.ts';
import { copyMade, git } from '../record/git-fixture.ts';

export type Files = Readonly<Record<string, string>>;

export interface GitRig extends Rig {
  readonly remote: string;
  /** Writes the files, commits and pushes the branch that is checked out. Returns the commit. */
  commit(files: Files, message?: string): string;
  /** Any git command in the clone. */
  git(...args: string[]): string;
  /** Subjects of the record's commits, newest first. */
  history(): string[];
}

export async function startGitRig(options: Omit<RigOptions, 'files' | 'folder' | 'recordFile'> = {}): Promise<GitRig> {
  const { folder: base } = copyMade('nothing in a clone', (empty) => {
    git(empty, 'init', '--quiet', '--bare', '--initial-branch=main', join(empty, 'remote.git'));
    git(empty, 'init', '--quiet', '--initial-branch=main', join(empty, 'clone'));
  });
  const remote = join(base, 'remote.git');
  const folder = join(base, 'clone');
  git(folder, 'remote', 'add', 'origin', remote);
  const rig = await startRig({ ...options, folder, recordFile: null });
  return {
    ...rig,
    remote,
    commit(files, message = 'policies') {
      rig.write(files);
      git(folder, 'add', '--all', 'policies');
      git(folder, 'commit', '--quiet', '--allow-empty', '-m', message);
      git(folder, 'push', '--quiet', '--force', 'origin', 'HEAD');
      return git(folder, 'rev-parse', 'HEAD');
    },
    git: (...args) => git(folder, ...args),
    history: () => git(remote, 'log', '--format=%s', 'refs/tollgate/production').split('\n'),
  };
}
