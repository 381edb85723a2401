/** Which proposals there are, and what became of one: from GitHub, by the names of their branches. */

import { speakingReviews } from '../approvals/approved.ts';
import { withProposalBranches } from '../checkout/proposal-branches.ts';
import { type GitHub, GitHubError, type ListedPull } from '../github/port.ts';
import { requireCheckoutOf } from '../run/open-record.ts';
import type { CommonOptions, Session } from '../run/session.ts';
import { asking, openGitHub } from './ask-github.ts';
import { entryOfBranch, ProposalRefusal } from './proposal.ts';
import { saysUrgent } from './proposal-commit.ts';
import { openProposalPlace, type ProposalPlace } from './proposal-place.ts';
import { proposalLabels } from './proposal-words.ts';
import { listOpenBranches } from './publish-branch.ts';
import { deleteCommand } from './publish-commands.ts';

export interface ProposalState {
  /** Null: of a branch alone. */
  readonly number: number | null;
  readonly url: string | null;
  readonly branch: string;
  /** `branch`: whether there is a pull request is not known. */
  readonly state: ListedPull['state'] | 'branch';
  readonly urgent: boolean;
  /** People whose latest review approves; null: it cannot be read. */
  readonly approvals: number | null;
  readonly title: string;
}

export interface KnownProposals {
  readonly proposals: readonly ProposalState[];
  readonly notes: readonly string[];
  /** For people: what deletes a branch of one's own. */
  readonly commands: readonly string[];
}

/** @param number null: all that are open; without a token those that are branches. @throws ProposalRefusal, UserError */
export async function readProposals(
  number: number | null,
  options: CommonOptions,
  session: Session,
): Promise<KnownProposals> {
  const without = 'so there is no repository to look for proposals in';
  const checkout = await requireCheckoutOf(options, session, without);
  const opened = await openGitHub(session, checkout);
  if (opened.github === null) {
    const { why, advice } = opened;
    if (number === null) {
      const note = `Pull requests are not known: ${why}. ${advice ?? ''}`.trim();
      return { ...(await readBranches(await openProposalPlace(options, session, without))), notes: [note] };
    }
    throw new ProposalRefusal(
      'unavailable',
      `proposals are pull requests, and ${why}`,
      advice === null ? {} : { hint: advice },
    );
  }
  const { github } = opened;
  const proposals = await asking('the proposals', () => read(number, github, session), '');
  return { proposals, commands: [], notes: [] };
}

async function readBranches({
  repository,
  branchName,
  directory,
}: ProposalPlace): Promise<Omit<KnownProposals, 'notes'>> {
  const remoteName = repository.hasRemote ? repository.remoteName : null;
  return withProposalBranches(repository, branchName, directory, async (branch, proposals) => {
    const open = (await listOpenBranches(await proposals.list(), branch, proposals)).slice(0, mostShown);
    const rows: ProposalState[] = [];
    for (const { name, tip } of open) {
      const message = await proposals.readMessage(tip);
      const title = message.split('\n')[0] ?? '';
      const urgent = saysUrgent(message);
      rows.push({ number: null, url: null, branch: name, state: 'branch', urgent, approvals: null, title });
    }
    return { proposals: rows, commands: open.map(({ name }) => deleteCommand({ remoteName }, name)) };
  });
}

const mostShown = 20;

async function read(number: number | null, github: GitHub, session: Session): Promise<readonly ProposalState[]> {
  const listed =
    number === null
      ? (await github.listPulls(new Date(session.clock.now()))).filter(({ state }) => state === 'open')
      : await listPullsBeside(github, number);
  const wanted = listed
    .filter((pull) => entryOfBranch(pull.headRef) !== null && (number === null || pull.number === number))
    .slice(0, mostShown);
  if (number !== null && wanted.length === 0) {
    throw new ProposalRefusal('not_found', `#${number} is not a proposal`, {
      hint: 'Without a number all that are open are listed.',
    });
  }
  return Promise.all(
    wanted.map(async (pull) => ({
      number: pull.number,
      url: pull.url,
      branch: pull.headRef,
      state: pull.state,
      urgent: pull.labels.includes(proposalLabels.urgent),
      approvals: await countApprovals(github, pull.number),
      title: pull.title,
    })),
  );
}

/** Empty: there is no such number. */
async function listPullsBeside(github: GitHub, number: number): Promise<readonly ListedPull[]> {
  try {
    return await github.listPullsOfBranch((await github.readPull(number)).headRef);
  } catch (error) {
    if (error instanceof GitHubError && error.status === 404) return [];
    throw error;
  }
}

/** Whether they count is judged when it is applied (docs/approvals.md). */
async function countApprovals(github: GitHub, number: number): Promise<number | null> {
  try {
    const speaking = speakingReviews(await github.readPullReview(number));
    return speaking.filter(({ state }) => state === 'APPROVED').length;
  } catch (error) {
    if (error instanceof GitHubError) return null;
    throw error;
  }
}
