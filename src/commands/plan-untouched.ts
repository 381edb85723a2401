/** Whether a commit changes the policies at all: who requires a plan of every request waits for no control plane where it does not. */

import { fromKeptPath } from '../extended-file.ts';
import { readPolicyFiles } from '../policy/files.ts';
import { folderOf, requireCheckoutOf } from '../run/open-record.ts';
import type { CommonOptions, Session } from '../run/session.ts';
import { compareWith, isUntouched } from './action/subject.ts';

/**
 * The work tree, and so its commit, against where that left a branch of the remote. False also where it cannot be known.
 *
 * @param branch without `refs/heads/`
 * @throws UserError outside a clone, and where the remote does not give the branch
 */
export async function arePoliciesUntouched(
  branch: string,
  options: Pick<CommonOptions, 'dir' | 'remote' | 'backend'>,
  session: Session,
): Promise<boolean> {
  const checkout = await requireCheckoutOf(options, session, 'so there is no branch to compare with');
  const [folder, head] = await Promise.all([folderOf(options, session), checkout.headCommit()]);
  const { files } = await readPolicyFiles(options.dir, session.cwd);
  const extended = files.flatMap(({ relative }) => fromKeptPath(relative) ?? []);
  if (head === null || (await checkout.uncommittedPolicyFiles(folder, extended)).length > 0) return false;
  const directory = checkout.directoryOf(folder) ?? '';
  return checkout.withBranch(branch, folder, async (found, branchName) => {
    const subject = { pull: null, head, base: null, into: null, ref: null };
    return isUntouched(await compareWith({ branch: found, branchName, checkout, directory }, subject));
  });
}
