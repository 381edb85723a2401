/** GitHub, asked for a proposal: whether it can be, and refusals by their cause. */

import type { Checkout } from '../checkout/checkout.ts';
import { type GitHub, GitHubError } from '../github/port.ts';
import { locateRepository } from '../run/locate-repository.ts';
import type { Session } from '../run/session.ts';
import { ProposalRefusal } from './proposal.ts';

/** The port, or why nobody can be asked, and what would help. */
export async function openGitHub(
  session: Session,
  checkout: Pick<Checkout, 'readRemoteUrl'>,
): Promise<
  { readonly github: GitHub } | { readonly github: null; readonly why: string; readonly advice: string | null }
> {
  const located = locateRepository(session.env, await checkout.readRemoteUrl());
  if (located.repository === null) return { github: null, why: located.why, advice: located.advice };
  const github = await session.openGitHub?.(located);
  return github === undefined ? { github: null, why: 'this program does not ask GitHub', advice: null } : { github };
}

/** It knows who asks, and says no. */
export function isRefusal({ status, isLimited }: GitHubError): boolean {
  return !isLimited && (status === 401 || status === 403 || status === 404);
}

/**
 * | GitHub said | code | exit |
 * |---|---|---|
 * | no, to this token | `forbidden` | 6 |
 * | not now: asked too often | `unavailable` | 6 |
 * | nothing, or that it failed | `unavailable` | 6 |
 *
 * @param nothing what was not done, as the start of the advice
 * @throws ProposalRefusal in one sentence
 */
export async function asking<T>(what: string, call: () => Promise<T>, nothing = 'Nothing was made. '): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    const code = isRefusal(error) ? 'forbidden' : 'unavailable';
    throw new ProposalRefusal(code, `${what} cannot be read: ${error.message}`, { hint: `${nothing}${hintOn(error)}` });
  }
}

function hintOn(error: GitHubError): string {
  if (error.isLimited) return 'This token has asked too often: its limit starts anew within an hour.';
  if (error.status === 401) return 'GitHub does not know the token in GITHUB_TOKEN or GH_TOKEN, or it has expired.';
  if (isRefusal(error)) return 'The token needs `contents: read` and `pull-requests: write`.';
  return 'Ask again later: the same is found again.';
}
