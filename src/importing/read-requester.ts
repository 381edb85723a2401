/** Who asks for a proposal: never what an argument says. */

import { findCiRun } from '../checkout/ci-run.ts';
import type { ProposalBranches } from '../checkout/proposal-branches.ts';
import { type GitHub, GitHubError } from '../github/port.ts';
import { requesterOf } from './proposal-commit.ts';
import type { ProposalRun } from './proposal-run.ts';
import type { Requester } from './proposal-words.ts';

/**
 * | asked | is |
 * |---|---|
 * | by a caller of a server | that caller |
 * | with a token of GitHub | its owner |
 * | in a job | whoever started it |
 * | by a person, in a clone that says who works there | the author of the commit, and nobody beside |
 * | otherwise | the user of the machine, who is not an account |
 *
 * @param github null: without a token
 */
export async function readRequester(
  { caller, session, isAgent }: ProposalRun,
  proposals: Pick<ProposalBranches, 'readIdentity'>,
  github: Pick<GitHub, 'readLogin'> | null,
): Promise<Requester | null> {
  if (caller !== null) return requesterOf(caller);
  const login = await github?.readLogin().catch((error: unknown) => {
    if (error instanceof GitHubError) return null;
    throw error;
  });
  const job = findCiRun(session.env);
  const account = login ?? job?.actor ?? null;
  if (account !== null) return { name: account, isAccount: login != null || job?.system === 'github' };
  if (!isAgent && (await proposals.readIdentity()) !== null) return null;
  return { name: session.user, isAccount: false };
}
