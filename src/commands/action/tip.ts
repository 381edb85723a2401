/** The tip of the default branch: the only thing that an apply of the Action takes, whatever the event. */

import type { Branch } from '../../checkout/branch.ts';
import type { Checkout } from '../../checkout/checkout.ts';
import { parseRemote } from '../../checkout/remote-url.ts';
import { UserError } from '../../errors.ts';
import type { FoundFile } from '../../policy/files.ts';
import { readFilesOfCommit } from '../../run/branch-files.ts';
import { folderOf, requireCheckoutOf } from '../../run/open-record.ts';
import type { PolicySource } from '../../run/policy-source.ts';
import { emptiedFile, findIdentity } from './identity.ts';
import { type ActionRun, commonOptions } from './types.ts';

export interface DefaultBranch {
  readonly branch: Branch;
  /** Without `refs/heads/`. */
  readonly branchName: string;
  readonly checkout: Checkout;
  /** Of the policies, from the top of the repository. */
  readonly directory: string;
}

export interface Tip extends DefaultBranch {
  readonly source: PolicySource;
}

/** @throws UserError when the branch or its policy files cannot be had */
export function withTip<T>(run: ActionRun, work: (tip: Tip) => Promise<T>): Promise<T> {
  return withDefaultBranch(run, async (found) => {
    const { branch, branchName } = found;
    const files = await readFiles(found);
    return work({ ...found, source: { commit: branch.tip, files, branchName, hasInHistory: branch.hasInHistory } });
  });
}

/** @throws UserError when the branch cannot be had */
async function withDefaultBranch<T>(run: ActionRun, work: (found: DefaultBranch) => Promise<T>): Promise<T> {
  const { inputs, event, session } = run;
  checkDirectory(inputs.directory);
  const options = commonOptions(run);
  const checkout = await requireCheckoutOf(options, session, 'so there is no branch to apply');
  await checkIsOfRun(checkout, run);
  const folder = await folderOf(options, session);
  const directory = checkout.directoryOf(folder) ?? '';
  return checkout.withBranch(event.defaultBranch, folder, (branch, branchName) =>
    work({ branch, branchName, checkout, directory }),
  );
}

/** Null: it cannot be had, which stops no plan. What the work itself throws goes on. */
export async function withDefaultBranchIfAny<T>(
  run: ActionRun,
  work: (found: DefaultBranch | null) => Promise<T>,
): Promise<T> {
  let isFound = false;
  try {
    return await withDefaultBranch(run, (found) => {
      isFound = true;
      return work(found);
    });
  } catch (error) {
    if (isFound || !(error instanceof UserError)) throw error;
    return work(null);
  }
}

function checkDirectory(directory: string): void {
  if (!directory.split('/').includes('..')) return;
  throw new UserError(`input directory: "${directory}" leads out of the workspace of the job`, {
    hint: 'Write it from there, such as `policies`, or `PATH/policies` where `actions/checkout` has a `path`.',
  });
}

/** Reviews are asked of the repository that the workflow runs for: of files of another one they say nothing. */
async function checkIsOfRun(checkout: Checkout, { event, repositoryUrl, inputs }: ActionRun): Promise<void> {
  const own = parseRemote((await checkout.readRemoteUrl()) ?? '');
  const asked = parseRemote(repositoryUrl);
  const isOther = own?.host === asked?.host && own?.repository.toLowerCase() !== asked?.repository.toLowerCase();
  if (own === null || asked === null || !isOther) return;
  throw new UserError(`${inputs.directory} is in ${own.repository}, and this workflow runs for ${event.repository}`, {
    hint: 'Run the workflow in the repository that holds the policy files: its reviews are what counts.',
  });
}

async function readFiles(found: DefaultBranch): Promise<readonly FoundFile[]> {
  const { branch, branchName, directory } = found;
  const files = await readFilesOfCommit(found, branch.tip);
  if (files !== null) return files;
  const identity = await findIdentity(branch);
  const emptied = identity === null ? null : emptiedFile(identity, directory);
  if (emptied !== null) return [emptied];
  throw new UserError(`no policy files in ${directory === '' ? '.' : directory} on ${branchName}`, {
    hint: 'Name their directory from the top of the repository with the input `directory`.',
  });
}
