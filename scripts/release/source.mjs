/** What a release is made of: a commit of the default branch, and the Action's bundle, which later leaves that branch. */
import { fetchDefaultBranch, git, Refusal, succeeds } from './tags.mjs';

export const bundlePath = 'dist/action.js';

/**
 * The commit that is checked out, or the one below it where that is a release's own commit, which adds the bundle and nothing else: a tag
 * that was moved already names that one.
 */
export function findSource() {
  const head = git('rev-parse', 'HEAD');
  const branch = fetchDefaultBranch();
  const isMerged = (commit) => succeeds('merge-base', '--is-ancestor', commit, branch.ref);
  if (isMerged(head)) return head;
  const [parent, ...others] = git('rev-list', '--parents', '--max-count=1', head).split(' ').slice(1);
  if (parent !== undefined && others.length === 0 && isMerged(parent)) {
    const changed = git('diff-tree', '--no-commit-id', '--name-only', '-r', parent, head);
    if (changed === bundlePath) return parent;
  }
  throw new Refusal(`${head} is not on ${branch.name}: merge it first, and tag what the merge made`);
}
