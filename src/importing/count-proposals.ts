/** How many proposals a repository bears at once. What is counted, and what is made of it. */

import { ProposalRefusal } from './proposal.ts';

/** At once, and in a day: counted in the repository, whoever asks. */
const mostProposals = { open: 5, aDay: 10 } as const;
/** How long a proposal counts as one of the day, in milliseconds. */
export const countedSpan = 86_400_000;

/** @throws ProposalRefusal where there is no room for one more */
export function refuseTooMany(
  open: number,
  today: number,
  hint = 'People decide about those that are there first.',
): void {
  if (open >= mostProposals.open) {
    throw new ProposalRefusal('rate_limited', `${open} proposals are open, and ${mostProposals.open} may be at once`, {
      hint,
    });
  }
  if (today >= mostProposals.aDay) {
    throw new ProposalRefusal(
      'rate_limited',
      `${today} proposals were made within a day, and ${mostProposals.aDay} may be`,
      { hint },
    );
  }
}
