import { describeFailure } from '../checkout/git-child.ts';
import type { Repository } from '../checkout/repository.ts';
import { dryPush, pushedRefOf } from './scratch-refs.ts';

/**
 * Whether a push to the folder of the record's ref is let in, as far as `git push --dry-run` can tell: it connects and logs in as for a
 * push, and then sends nothing and moves nothing. Rules of a branch and hooks of the server have no say in it.
 *
 * @returns why it is not; null: it is
 */
export async function tryPush(repository: Repository, ref: string): Promise<string | null> {
  return repository.withScratch(async (git) => {
    // Nothing of this ever leaves the scratch repository, which goes with it.
    const tree = await git(['hash-object', '-w', '-t', 'tree', '--stdin'], '');
    const someone = ['-c', 'user.name=tollgate', '-c', 'user.email=tollgate@localhost'];
    const commit = await git([...someone, 'commit-tree', tree.stdout.toString('utf8').trim(), '-m', 'never pushed']);
    const made = await git(['update-ref', pushedRefOf('refs/never-pushed'), commit.stdout.toString('utf8').trim()]);
    const failed = [tree, commit, made].find(({ code }) => code !== 0);
    const result = failed ?? (await dryPush(git, repository.remote, ref));
    return result.code === 0 ? null : describeFailure(result);
  });
}
