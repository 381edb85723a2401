import { importCommit } from '../checkout/fast-import.ts';
import { fetchFrom } from '../checkout/fetch.ts';
import { describeFailure } from '../checkout/git-child.ts';
import { tipIn } from '../checkout/push-refs.ts';
import type { Repository } from '../checkout/repository.ts';
import type { Git } from '../checkout/run-git.ts';
import { UserError } from '../errors.ts';
import { fetchedRef, pushedRefOf, pushLeased } from './scratch-refs.ts';
import type { TextStore } from './store.ts';
import { renderVersion } from './write-commit.ts';

export interface TextRefOptions {
  /** In full. Only refs below `refs/tollgate-notify/`: it is replaced without asking what it is. */
  readonly ref: string;
  /** The one file of its tree. */
  readonly file: string;
  /** Without the signal of the run: one that is cancelled still has to remember whom it told. */
  readonly open: () => Promise<Repository>;
  /** For the commit's date, milliseconds since the epoch. */
  readonly now: () => number;
}

const pushHint =
  'The job needs write access to the repository (in Actions: `permissions: contents: write`), and no rule may forbid refs below refs/tollgate-notify/.';

/**
 * One text as the only commit of a ref: each write replaces it with a lease on the one that was read, and what was before is kept by
 * nobody. From a scratch repository: the clone is only ever read.
 */
export function createTextRef({ ref, file, open, now }: TextRefOptions): TextStore {
  if (!/^refs\/tollgate-notify\/[A-Za-z0-9_][A-Za-z0-9_-]*$/.test(ref)) throw new Error(`cannot keep a text at ${ref}`);

  async function readTip(git: Git, repository: Repository): Promise<string | null> {
    const result = await git(['ls-remote', '--quiet', repository.remote, ref]);
    if (result.code !== 0) {
      throw new UserError(`${ref} on ${repository.remoteName} cannot be read: ${describeFailure(result)}`, {
        exit: 'unreachable',
        hint: 'Without it nobody knows who was told already, so nobody is told. Check the network and the access to the remote.',
      });
    }
    return tipIn(result.stdout, ref);
  }

  return {
    description: ref,

    async read() {
      const repository = await open();
      return repository.withScratch(async (git) => {
        const tip = await readTip(git, repository);
        if (tip === null) return null;
        const fetched = await fetchFrom(git, repository.remote, [`+${ref}:${fetchedRef}`], ['--depth=1']);
        const [commit, blob] = fetched.code === 0 ? await git.readObjects([fetchedRef, `${fetchedRef}:${file}`]) : [];
        if (commit == null || blob == null || blob.type !== 'blob') {
          const why = fetched.code === 0 ? `${file} is not in it` : describeFailure(fetched);
          throw new UserError(`${ref} on ${repository.remoteName} cannot be read: ${why}`, {
            exit: fetched.code === 0 ? 'invalid' : 'unreachable',
            hint: `If it is spoilt, delete it (\`git push ${repository.remoteName} :${ref}\`): what holds now is then told once more.`,
          });
        }
        return { text: blob.bytes.toString('utf8'), token: commit.oid };
      });
    },

    async write(text, expected) {
      const repository = await open();
      return repository.withScratch(async (git) => {
        const stream = renderVersion(pushedRefOf(ref), new Map([[file, text]]), null, 'What was told\n', now());
        const made = await importCommit(git, stream);
        if (!('commit' in made)) throw new UserError(`Git could not write ${ref}: ${describeFailure(made.failed)}`);
        const result = await pushLeased(git, repository.remote, ref, expected);
        if (result.code === 0) return made.commit;
        const tip = await readTip(git, repository);
        // The push worked and its answer was lost.
        if (tip === made.commit) return made.commit;
        if (tip !== expected) {
          throw new UserError(`${ref} on ${repository.remoteName} was moved by another run`, {
            exit: 'stale',
            hint: 'Run it again.',
          });
        }
        throw new UserError(`${ref} cannot be pushed to ${repository.remoteName}: ${describeFailure(result)}`, {
          exit: 'unreachable',
          hint: pushHint,
        });
      });
    },
  };
}
