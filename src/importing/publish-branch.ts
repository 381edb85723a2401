/** A proposal as a branch alone: where nobody can be asked for a pull request. */

import type { ProposalBranch } from '../checkout/proposal-branches.ts';
import { isOnGitHub } from '../run/locate-repository.ts';
import { countedSpan, refuseTooMany } from './count-proposals.ts';
import { findOverlapping } from './overlapping.ts';
import { entryOfBranch, nameProposal, type ProposalName } from './proposal.ts';
import { labelsOf } from './proposal-words.ts';
import { openCommands, pushCommand } from './publish-commands.ts';
import { readRequester } from './read-requester.ts';
import { answer, type Publication, type Publishing, type Room, standsInTheWay, takePlace } from './take-place.ts';

/** @param why there is no pull request */
export async function publishBranch(publishing: Publishing, why: string): Promise<Publication> {
  const { branchName, remoteName, run, proposals } = publishing;
  const requester = await readRequester(run, proposals, null);
  const words = { ...publishing.words, asker: { ...publishing.words.asker, requester }, isAlone: true };
  const placed = await takePlace(
    publishing,
    () => findRoomForBranch(publishing),
    async () => words,
  );
  if ('answer' in placed) return placed.answer;
  const { name, made } = placed;
  const place =
    remoteName !== null
      ? `The branch is pushed to ${remoteName}, and no pull request was made: ${why}.`
      : 'The branch is in this clone alone, which has no remote: no pull request was made. REMOTE below stands for the one that you push to.';
  // Of a host that is not GitHub nobody here knows the command.
  const opening =
    remoteName === null || isOnGitHub(run.session.env, await publishing.checkout.readRemoteUrl())
      ? openCommands(words, name.branch, branchName, labelsOf(words))
      : [];
  const where =
    opening.length > 0 ? place : `${place} Open one of ${name.branch} into ${branchName} as its host has it.`;
  const commands = [...(remoteName === null ? [pushCommand(name.branch)] : []), ...opening];
  const remade = made.isRemade
    ? [`${branchName} has changed in the same place since it was made: it was made anew on it.`]
    : [];
  const notes = [...publishing.notes, ...placed.notes, ...remade, where];
  return { ...answer(publishing, name), status: 'branch_only', diff: made.diff, notes, commands };
}

/** Those whose change the base has not. Of a pull request that was closed nobody knows without a token: it counts as open. */
export async function listOpenBranches(
  listed: readonly ProposalBranch[],
  { tip }: Pick<Publishing['branch'], 'tip'>,
  proposals: Pick<Publishing['proposals'], 'isMerged'>,
): Promise<readonly ProposalBranch[]> {
  const open: ProposalBranch[] = [];
  for (const one of listed) {
    if (entryOfBranch(one.name) !== null && !(await proposals.isMerged(tip, one.tip))) open.push(one);
  }
  return open;
}

async function findRoomForBranch(publishing: Publishing): Promise<Room> {
  const { proposals, branch, branchName, words, run } = publishing;
  const listed = await proposals.list();
  const open = await listOpenBranches(listed, branch, proposals);
  let generation = 1;
  const nameOf = (): ProposalName => nameProposal(words.workspace, words.proposal, generation);
  const isMerged = (): boolean =>
    listed.some(({ name }) => name === nameOf().branch) && !open.some(({ name }) => name === nameOf().branch);
  while (isMerged() && generation < 1000) generation += 1;
  const name = nameOf();
  const rival =
    open.find((one) => one.name !== name.branch && entryOfBranch(one.name) === name.entry) ??
    (await findOverlapping(publishing, name, open));
  if (rival !== undefined) return { answer: standsInTheWay(publishing, name, rival) };
  if (!open.some((one) => one.name === name.branch)) {
    const now = run.session.clock.now();
    const hint = `Without a token of GitHub a branch counts until ${branchName} has its change or it is deleted: \`tollgate propose show\` lists them, with the commands that delete one's own.`;
    refuseTooMany(open.length, listed.filter(({ at }) => at > now - countedSpan).length, hint);
  }
  return { name };
}
