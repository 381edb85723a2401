/** Refs of the remote: those at which there may be records, and others. */

import { UserError } from '../errors.ts';
import { describeFailure } from './git-child.ts';
import type { Repository } from './repository.ts';

/**
 * @param patterns full refs, or folders of them such as `refs/tollgate/*`
 * @returns those that exist, in the order of their names
 */
export async function listRefs(repository: Repository, patterns: readonly string[]): Promise<readonly string[]> {
  if (patterns.length === 0) return [];
  return repository.withScratch(async (git) => {
    const result = await git(['ls-remote', '--quiet', repository.remote, ...patterns]);
    if (result.code !== 0) {
      throw new UserError(
        `whether ${repository.remoteName} holds another record cannot be known: ${describeFailure(result)}`,
        { exit: 'unreachable' },
      );
    }
    const refs = result.stdout
      .toString('utf8')
      .split('\n')
      .map((line) => line.split('\t')[1] ?? '');
    // A pattern also matches refs that only end in it.
    const folders = patterns.filter((pattern) => pattern.endsWith('/*')).map((pattern) => pattern.slice(0, -1));
    return refs.filter((ref) => patterns.includes(ref) || folders.some((folder) => ref.startsWith(folder))).sort();
  });
}
