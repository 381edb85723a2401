/**
 * A proposal as a branch and a pull request: found where it is there, made where it is not. Every answer leaves either both, or a
 * branch that says so, or nothing.
 */

import type { ProposalBranch } from '../checkout/proposal-branches.ts';
import { type GitHub, GitHubError, type ListedPull, type RepositoryFacts } from '../github/port.ts';
import { asking, isRefusal, openGitHub } from './ask-github.ts';
import { countedSpan, refuseTooMany } from './count-proposals.ts';
import { findOverlapping } from './overlapping.ts';
import { entryOfBranch, nameProposal, type ProposalName, ProposalRefusal } from './proposal.ts';
import { isNamed, trailerOf } from './proposal-commit.ts';
import { renderBody } from './proposal-text.ts';
import { labelsOf, type ProposalWords, titleOf } from './proposal-words.ts';
import { publishBranch } from './publish-branch.ts';
import { openCommands } from './publish-commands.ts';
import { readRequester } from './read-requester.ts';
import { commitProposal, type Standing, settleBranch, standsAnew } from './standing-branch.ts';
import { answer, type Publication, type Publishing, type Room, standsInTheWay, takePlace } from './take-place.ts';

/** @throws ProposalRefusal, UserError; nothing was made then */
export async function publishProposal(publishing: Publishing): Promise<Publication> {
  const { github: given, session } = publishing.run;
  const opened = given === undefined ? await openGitHub(session, publishing.checkout) : { github: given };
  if (opened.github === null) return publishBranch(publishing, opened.why);
  const { github } = opened;
  const facts = await asking('the repository', () => github.readRepository());
  refuseUnfit(facts);
  return publishPull(publishing, github, facts);
}

function refuseUnfit({ name, forkOf, isArchived }: RepositoryFacts): void {
  if (isArchived) throw new ProposalRefusal('forbidden', `${name} is archived, so nothing can be proposed there`);
  if (forkOf === null) return;
  throw new ProposalRefusal('forbidden', `the remote is ${name}, a fork of ${forkOf}: nobody applies from there`, {
    hint: `Propose in a clone of ${forkOf}, or name its remote with \`git config tollgate.remote NAME\`.`,
  });
}

async function publishPull(publishing: Publishing, github: GitHub, facts: RepositoryFacts): Promise<Publication> {
  const { words, run, branchName } = publishing;
  let said: ProposalWords | undefined;
  const readWords = async (): Promise<ProposalWords> => {
    const { proposals } = publishing;
    said ??= { ...words, asker: { ...words.asker, requester: await readRequester(run, proposals, github) } };
    return said;
  };
  const placed = await takePlace(publishing, () => findRoom(publishing, { github, facts, readWords }), readWords);
  if ('answer' in placed) return placed.answer;
  const { name, made } = placed;
  const known = await readWords();
  const pull = {
    head: name.branch,
    base: branchName,
    title: titleOf(known),
    body: bodyOf(publishing, facts, name, known, made.requesters),
  };
  try {
    const opened = await github.createPull(pull);
    const notes = [...publishing.notes, ...placed.notes, ...(await label(github, opened, known))];
    return { ...answer(publishing, name), status: 'opened', pull: opened, diff: made.diff, notes };
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    return afterFailure(publishing, { github, facts, name, error, made, words: known });
  }
}

function bodyOf(
  { planned, notes, branchName: base }: Publishing,
  { url }: RepositoryFacts,
  { branch }: ProposalName,
  words: ProposalWords,
  requesters: readonly string[],
): string {
  const link = `${url}/compare/${base}...${branch}`;
  return renderBody({ ...words, requesters, planned, notes, base, link });
}

/** What a run knows of GitHub. */
interface Asked {
  readonly github: GitHub;
  readonly facts: RepositoryFacts;
  /** With who asks, who is asked for once and only where it matters. */
  readonly readWords: () => Promise<ProposalWords>;
}

async function findRoom(publishing: Publishing, asked: Asked): Promise<Room> {
  const { github } = asked;
  const now = publishing.run.session.clock.now();
  const listed = await asking('the pull requests', () => github.listPulls(new Date(now - countedSpan)));
  const ours = listed.filter(({ headRef }) => entryOfBranch(headRef) !== null);
  const { name, pulls } = await findGeneration(publishing, github);
  const there = pulls.find(({ state }) => state === 'open');
  if (there !== undefined) return { answer: await answerFor(publishing, name, there, asked) };
  const rejected = pulls.find(({ state }) => state === 'closed');
  if (rejected !== undefined) {
    const note = `People closed #${rejected.number} without merging it. Whoever may can open that one again; nothing new is made of it.`;
    return { answer: { ...answer(publishing, name), status: 'rejected_before', pull: rejected, notes: [note] } };
  }
  const open = ours.filter(({ state }) => state === 'open');
  const rival = open.find(({ headRef }) => entryOfBranch(headRef) === name.entry);
  if (rival !== undefined) {
    const note = `#${rival.number} asks for something else of the same entry and is open. It has to be merged or closed first.`;
    return { answer: { ...answer(publishing, name), status: 'conflict', pull: rival, notes: [note] } };
  }
  const branches = await publishing.proposals.list();
  const known = new Set(ours.map(({ headRef }) => headRef));
  const begun = await listBegun(branches, { github, name, known, since: now - countedSpan });
  const begunRival = begun.find((one) => entryOfBranch(one.name) === name.entry);
  if (begunRival !== undefined) return { answer: standsInTheWay(publishing, name, begunRival) };
  const isOpen = new Set([...open.map(({ headRef }) => headRef), ...begun.map((one) => one.name)]);
  const wide = await findOverlapping(
    publishing,
    name,
    branches.filter((one) => isOpen.has(one.name)),
  );
  if (wide !== undefined) return { answer: standsInTheWay(publishing, name, wide) };
  const recent = ours.filter(({ createdAt }) => Date.parse(createdAt) > now - countedSpan);
  refuseTooMany(open.length + begun.length, recent.length + begun.length);
  return { name };
}

interface Unseen {
  readonly github: GitHub;
  /** What is proposed now. */
  readonly name: ProposalName;
  /** Branches whose pull requests are known. */
  readonly known: ReadonlySet<string>;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** Branches that have no pull request yet: another run is about to make it, or could not, or has since the list was read. */
async function listBegun(
  branches: readonly ProposalBranch[],
  { github, name, known, since }: Unseen,
): Promise<readonly ProposalBranch[]> {
  const begun: ProposalBranch[] = [];
  for (const one of branches) {
    if (one.name === name.branch || one.at < since || known.has(one.name) || entryOfBranch(one.name) === null) continue;
    const pulls = await listPullsOf(one.name, github);
    if (pulls.length === 0 || pulls.some(({ state }) => state === 'open')) begun.push(one);
  }
  return begun;
}

function listPullsOf(branch: string, github: GitHub): Promise<readonly ListedPull[]> {
  return asking('the pull requests of a branch', () => github.listPullsOfBranch(branch));
}

/** What was proposed, merged and asked for once more is a proposal of its own. */
async function findGeneration(
  { words }: Publishing,
  github: GitHub,
): Promise<{ readonly name: ProposalName; readonly pulls: readonly ListedPull[] }> {
  for (let generation = 1; ; generation += 1) {
    const name = nameProposal(words.workspace, words.proposal, generation);
    const pulls = await listPullsOf(name.branch, github);
    if (!pulls.some(({ state }) => state === 'merged') || generation >= 1000) return { name, pulls };
  }
}

async function answerFor(
  publishing: Publishing,
  name: ProposalName,
  pull: ListedPull,
  asked: Asked,
): Promise<Publication> {
  const { branchName } = publishing;
  if (pull.baseRef !== branchName) {
    const note = `#${pull.number} is open for this and goes into another branch than ${branchName}, from which nobody applies it. Set its base to ${branchName}, or close it and propose the same again.`;
    return { ...answer(publishing, name), status: 'conflict', pull, notes: [note] };
  }
  const words = await asked.readWords();
  const settled = await settleBranch(publishing, name.branch, words, true);
  const made = settled ?? (await putBack(publishing, name, words));
  if (made === null) {
    const note = `#${pull.number} is open for this, and others have made or changed its branch: what it asks for now is theirs. It is left as it is: merge or close it, and propose the same again.`;
    return { ...answer(publishing, name), status: 'conflict', pull, notes: [note] };
  }
  const { requester } = words.asker;
  const isOther = requester !== null && made.requesters.length > 0 && !isNamed(made.requesters, trailerOf(requester));
  const notes = [
    ...(made.isRemade ? await tellRemade(publishing, name, pull, asked, made) : []),
    ...(made.isNew ? [`The branch of #${pull.number} was gone, and was made anew.`] : []),
    ...(isOther ? [`${made.requesters.join(' and ')} asked for it before: whom its commit names stays so.`] : []),
    ...(await label(asked.github, pull, words)),
  ];
  return {
    ...answer(publishing, name),
    status: 'exists',
    pull,
    diff: made.diff,
    notes: [...publishing.notes, ...notes],
  };
}

/** The branch of a pull request that is still open; null: there is one of that name, which is others'. */
async function putBack(
  publishing: Publishing,
  { branch: name }: ProposalName,
  words: ProposalWords,
): Promise<Standing | null> {
  const { proposals } = publishing;
  if ((await proposals.list()).some((one) => one.name === name)) return null;
  const commit = await commitProposal(publishing, words);
  const became = await proposals.create(name, commit, null);
  if (became !== 'created' && became !== 'alone') return null;
  return standsAnew(publishing, commit, words);
}

/** What stood in its text was the plan of another base. */
async function tellRemade(
  publishing: Publishing,
  name: ProposalName,
  { number }: ListedPull,
  { github, facts, readWords }: Asked,
  { requesters }: Standing,
): Promise<readonly string[]> {
  const note = `${publishing.branchName} has changed in the same place since: the branch of #${number} was made anew on it. Who has approved it before has to look again.`;
  try {
    await github.updateIssue(number, { body: bodyOf(publishing, facts, name, await readWords(), requesters) });
    return [note];
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    return [note, `The plan in its text is the one from before, as it could not be written: ${error.message}.`];
  }
}

/**
 * Those that it lacks: of a creation whose answer was lost nothing was labelled, and what is urgent now may not have been so before.
 * A label that cannot be made does not take the pull request back.
 */
async function label(github: GitHub, { number, labels }: ListedPull, words: ProposalWords): Promise<readonly string[]> {
  const names = labelsOf(words).filter((one) => !labels.includes(one));
  if (names.length === 0) return [];
  try {
    await github.addLabels(number, names);
    return [];
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    return [`The labels ${names.join(' and ')} could not be put on #${number}: ${error.message}.`];
  }
}

interface Failure {
  readonly github: GitHub;
  readonly facts: RepositoryFacts;
  readonly name: ProposalName;
  readonly error: GitHubError;
  readonly made: Standing;
  readonly words: ProposalWords;
}

/**
 * | GitHub said | what is done |
 * |---|---|
 * | 422, and there is one | somebody was faster: theirs is the one |
 * | no, for good | the branch that was made for it goes again |
 * | nothing, that it failed, or not now | the branch stays: asked again, it is found |
 */
async function afterFailure(
  publishing: Publishing,
  { github, facts, name, error, made, words }: Failure,
): Promise<Publication> {
  const { proposals, branchName, notes } = publishing;
  const pulls = await github.listPullsOfBranch(name.branch).catch((cause: unknown) => {
    if (cause instanceof GitHubError) return null;
    throw cause;
  });
  const there = pulls?.find(({ state }) => state === 'open');
  if (there !== undefined) {
    const said = await label(github, there, words);
    return {
      ...answer(publishing, name),
      status: 'exists',
      pull: there,
      diff: made.diff,
      notes: [...notes, ...said],
    };
  }
  const { status = 0, isLimited } = error;
  const isForGood = !isLimited && status >= 400 && status < 500 && pulls !== null;
  const needs = isForGood && isRefusal(error) ? ['The token needs `pull-requests: write` on the repository.'] : [];
  if (isForGood && made.isNew && (await proposals.remove(name.branch, made.commit))) {
    throw new ProposalRefusal('forbidden', `the pull request was refused: ${error.message}`, {
      hint: [...needs, 'The branch made for it was taken away again.'].join(' '),
    });
  }
  const failed = `The branch is pushed, and its pull request could not be made: ${error.message}.`;
  const said = [failed, ...needs, 'Propose the same again, or open it by hand.'].join(' ');
  const commands = openCommands(words, name.branch, branchName, labelsOf(words), facts.name);
  return { ...answer(publishing, name), status: 'branch_only', diff: made.diff, notes: [...notes, said], commands };
}
