import type { GitResult } from './git-child.ts';
import type { Git } from './run-git.ts';

const common = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules'];

/**
 * A full name that the remote does not have is completed by Git: whoever may push a branch could call it
 * `refs/tollgate/production`, and it would be taken for the record that is not there yet.
 */
const lookalikes = ['^refs/refs/*', '^refs/tags/refs/*', '^refs/heads/refs/*', '^refs/remotes/refs/*'];

/** @param refs full names with where they go, or commits; a name that only a lookalike answers to brings nothing, with code 0 */
export function fetchFrom(
  git: Git,
  remote: string,
  refs: readonly string[],
  flags: readonly string[] = [],
): Promise<GitResult> {
  return git(['fetch', ...common, ...flags, remote, ...refs, ...lookalikes]);
}
