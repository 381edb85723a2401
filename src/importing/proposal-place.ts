/** Where proposals go: the repository, its default branch and the directory of the policies. */

import type { Checkout } from '../checkout/checkout.ts';
import { UserError } from '../errors.ts';
import { folderOf, requireCheckoutOf } from '../run/open-record.ts';
import type { CommonOptions, Session } from '../run/session.ts';
import { entryOfBranch } from './proposal.ts';

export interface ProposalPlace {
  readonly checkout: Checkout;
  readonly repository: Awaited<ReturnType<Checkout['open']>>;
  /** Of the policies, from the top of the repository. */
  readonly directory: string;
  /** That proposals go into, without `refs/heads/`. */
  readonly branchName: string;
}

/** @param why what cannot be done without a repository. @throws UserError */
export async function openProposalPlace(options: CommonOptions, session: Session, why: string): Promise<ProposalPlace> {
  const checkout = await requireCheckoutOf(options, session, why);
  const directory = checkout.directoryOf(await folderOf(options, session));
  if (directory === null) throw new UserError(`${options.dir} is not in the repository at ${checkout.root}`);
  const repository = await checkout.open();
  const branchName = repository.hasRemote ? await checkout.readDefaultBranch() : await readOwnDefault(checkout);
  if (branchName !== null) return { checkout, repository, directory, branchName };
  throw new UserError(`${repository.remoteName} does not say which branch is the default one`, {
    hint: 'Proposals go into the default branch: `git remote set-head`, or commit something first.',
  });
}

/** Without a remote the checked out branch is whatever somebody looks at, maybe a proposal: `main` or `master` goes before it. */
async function readOwnDefault(checkout: Checkout): Promise<string | null> {
  const usual = ['main', 'master'].map((name) => `refs/heads/${name}`);
  const there = await checkout.listRefs(usual);
  const first = usual.find((ref) => there.includes(ref));
  const name = first === undefined ? await checkout.readDefaultBranch() : first.slice('refs/heads/'.length);
  if (name === null || entryOfBranch(name) === null) return name;
  throw new UserError(
    `${name} is checked out, which is a proposal, and there is no remote that names a default branch`,
    { hint: 'Check out the branch that is applied.' },
  );
}
