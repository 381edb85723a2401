/** The tip of the default branch: the only thing that an apply of the Action takes, whatever the event. */

import { type Branch, readDefaultBranch, withBranch } from '../../checkout/branch.ts';
import { requireRepository } from '../../checkout/repository.ts';
import { UserError } from '../../errors.ts';
import type { FoundFile } from '../../policy/files.ts';
import type { PolicySource } from '../policy-source.ts';
import type { ActionRun } from './types.ts';

export interface Tip {
  readonly branch: Branch;
  /** Without `refs/heads/`. */
  readonly branchName: string;
  readonly source: PolicySource;
}

/** @throws UserError when the branch or its policy files cannot be had */
export async function withTip<T>(run: ActionRun, work: (tip: Tip) => Promise<T>): Promise<T> {
  const { inputs, event, session } = run;
  const directory = normalize(inputs.directory);
  const workOn = async (branch: Branch, branchName: string): Promise<T> => {
    const files = await readFiles(branch, directory, branchName);
    const source = { commit: branch.tip, files, hasInHistory: branch.hasInHistory };
    return work({ branch, branchName, source });
  };
  const { surroundings } = session;
  if (surroundings !== undefined) return surroundings.withBranch((branch) => workOn(branch, event.defaultBranch ?? ''));
  const repository = await requireRepository({ directory: session.cwd, env: session.env });
  const branchName = event.defaultBranch ?? (await readDefaultBranch(repository));
  if (branchName === null) {
    throw new UserError('neither the event nor the remote says which branch is the default one', {
      hint: 'Give `actions/checkout` the repository that holds the policy files.',
    });
  }
  return withBranch(repository, branchName, directory, (branch) => workOn(branch, branchName));
}

/** The directory as Git names it from the top. */
function normalize(directory: string): string {
  const parts = directory.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) {
    throw new UserError(`input directory: "${directory}" leads out of the repository`, {
      hint: 'Write it from the top of the repository, such as `policies`.',
    });
  }
  return parts.join('/');
}

async function readFiles(branch: Branch, directory: string, branchName: string): Promise<FoundFile[]> {
  const tree = (await branch.treesOf([branch.tip])).get(branch.tip) ?? null;
  const found = tree === null ? undefined : (await branch.readTrees([tree])).get(tree);
  const shown = directory === '' ? '.' : directory;
  if (found === undefined || found.files.length === 0) {
    throw new UserError(`no policy files in ${shown} on ${branchName}`, {
      hint: 'Name their directory from the top of the repository with the input `directory`.',
    });
  }
  const [first] = found.unreadable;
  if (first !== undefined) {
    throw new UserError(`${shown}/${first} on ${branchName} is a link, too large, or not UTF-8 text`, {
      hint: 'Apply takes files as they stand in the commit: put the file itself there.',
    });
  }
  const prefix = directory === '' ? '' : `${directory}/`;
  return found.files.map(({ path, text }) => ({ path: `${prefix}${path}`, relative: path, text }));
}
