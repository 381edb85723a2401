/**
 * A proposal as a branch and a pull request: found where it is there, made where it is not. Every answer leaves either both, or a
 * branch that says so, or nothing.
 */

import type { Branch } from '../checkout/branch.ts';
import type { Checkout } from '../checkout/checkout.ts';
import type { ProposalBranch, ProposalBranches } from '../checkout/proposal-branches.ts';
import { actorOf } from '../checkout/this-run.ts';
import { UserError } from '../errors.ts';
import { type GitHub, GitHubError, type ListedPull, type RepositoryFacts } from '../github/port.ts';
import type { PolicyFile } from '../policy/compile.ts';
import { locateRepository } from '../run/locate-repository.ts';
import { nowOf } from '../run/session.ts';
import type { ProposedPlan } from './compare-plans.ts';
import { entryOfBranch, labelOfTarget, nameProposal, type ProposalName, ProposalRefusal } from './proposal.ts';
import type { ProposalRun } from './proposal-run.ts';
import { commitMessage, type ProposalWords, renderBody, titleOf } from './proposal-text.ts';

export interface Publication {
  /**
   * | status | what is there |
   * |---|---|
   * | `opened` | a new pull request |
   * | `exists` | the same one, open since before |
   * | `rejected_before` | the same one, closed by people without a merge |
   * | `conflict` | another open one for the same entry, or a branch that others have moved |
   * | `branch_only` | a branch without a pull request, and the commands that make one |
   */
  readonly status: 'opened' | 'exists' | 'rejected_before' | 'conflict' | 'branch_only';
  readonly pull: Pick<ListedPull, 'number' | 'url'> | null;
  readonly branch: string;
  readonly diff: string;
  readonly notes: readonly string[];
  /** For people: what publishes a branch. */
  readonly commands: readonly string[];
}

export interface Publishing {
  readonly words: ProposalWords;
  readonly reason: string | null;
  readonly notes: readonly string[];
  readonly changed: readonly PolicyFile[];
  readonly planned: ProposedPlan;
  readonly branch: Branch;
  readonly branchName: string;
  readonly proposals: ProposalBranches;
  readonly checkout: Pick<Checkout, 'readRemoteUrl'>;
  /** Name of the remote; null: the clone has none. */
  readonly remoteName: string | null;
  readonly run: ProposalRun;
  /** The same edit of the files of another commit; null: it holds none that can be edited. */
  readonly remake: (commit: string) => Promise<readonly PolicyFile[] | null>;
  readonly readFiles: (commit: string) => Promise<readonly PolicyFile[] | null>;
}

/** At once, and in a day: counted in the repository, whoever asks. */
const mostProposals = { open: 5, aDay: 10 } as const;
const day = 86_400_000;

export const proposalLabels = { agent: 'tollgate:agent', urgent: 'urgent' } as const;

/** @throws ProposalRefusal, UserError; nothing was made then */
export async function publishProposal(publishing: Publishing): Promise<Publication> {
  const { session } = publishing.run;
  const located = locateRepository(session.env, await publishing.checkout.readRemoteUrl());
  const github = located.repository === null ? undefined : await session.openGitHub?.(located);
  if (located.repository === null || github === undefined) {
    const why = located.repository === null ? located.why : 'this program does not ask GitHub';
    return publishBranch(publishing, why);
  }
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
  const { words, run, branchName, planned } = publishing;
  const { session } = run;
  const now = session.clock.now();
  const listed = await asking('the pull requests', () => github.listPulls(new Date(now - day)));
  const ours = listed.filter(({ headRef }) => entryOfBranch(headRef) !== null);
  const { name, pulls } = await findGeneration(publishing, github);
  const there = pulls.find(({ state }) => state === 'open');
  if (there !== undefined) return answerFor(publishing, name, there, github);
  const rejected = pulls.find(({ state }) => state === 'closed');
  if (rejected !== undefined) {
    const note = `People closed #${rejected.number} without merging it. Whoever may can open that one again; nothing new is made of it.`;
    return { ...answer(publishing, name), status: 'rejected_before', pull: rejected, notes: [note] };
  }
  const open = ours.filter(({ state }) => state === 'open');
  const rival = open.find(({ headRef }) => entryOfBranch(headRef) === name.entry);
  if (rival !== undefined) {
    const note = `#${rival.number} asks for something else of the same entry and is open. It has to be merged or closed first.`;
    return { ...answer(publishing, name), status: 'conflict', pull: rival, notes: [note] };
  }
  const recent = ours.filter(({ createdAt }) => Date.parse(createdAt) > now - day);
  refuseTooMany(open.length, recent.length);
  const login = await github.readLogin().catch((error: unknown) => {
    if (error instanceof GitHubError) return null;
    throw error;
  });
  const requester = run.caller ?? login ?? actorOf(session);
  const said: ProposalWords = { ...words, asker: { ...words.asker, requester } };
  const made = await pushProposal(publishing, name, said);
  if (made === null) return movedByOthers(publishing, name);
  const link = `${facts.url}/compare/${branchName}...${name.branch}`;
  const pull = {
    head: name.branch,
    base: branchName,
    title: titleOf(said),
    body: renderBody({ ...said, reason: publishing.reason, planned, notes: publishing.notes, base: branchName, link }),
  };
  try {
    const opened = await github.createPull(pull);
    const notes = [...publishing.notes, ...(await label(github, opened.number, said))];
    return { ...answer(publishing, name), status: 'opened', pull: opened, diff: made.diff, notes };
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    return afterFailure(publishing, { github, facts, name, error, made });
  }
}

/** What was proposed, merged and asked for once more is a proposal of its own. */
async function findGeneration(
  { words }: Publishing,
  github: GitHub,
): Promise<{ readonly name: ProposalName; readonly pulls: readonly ListedPull[] }> {
  for (let generation = 1; ; generation += 1) {
    const name = nameProposal(words.workspace, words.proposal, generation);
    const pulls = await asking('the pull requests of a branch', () => github.listPullsOfBranch(name.branch));
    if (!pulls.some(({ state }) => state === 'merged') || generation >= 1000) return { name, pulls };
  }
}

function answer(publishing: Publishing, { branch }: ProposalName): Omit<Publication, 'status'> {
  return { pull: null, branch, diff: '', notes: publishing.notes, commands: [] };
}

async function answerFor(
  publishing: Publishing,
  name: ProposalName,
  pull: ListedPull,
  github: GitHub,
): Promise<Publication> {
  const { proposals } = publishing;
  const there = (await proposals.list()).find((one) => one.name === name.branch);
  if (there === undefined || !(await isOurs(publishing, there))) {
    const note = `#${pull.number} is open for this, and others have changed its branch since: what it asks for now is theirs. It is left as it is.`;
    return { ...answer(publishing, name), status: 'conflict', pull, notes: [note] };
  }
  const diff = await proposals.diff(there.parents[0] ?? there.tip, there.tip);
  // What is urgent now may not have been so before.
  const isNews = publishing.words.isUrgent && !pull.labels.includes(proposalLabels.urgent);
  const notes = isNews ? await label(github, pull.number, publishing.words) : [];
  return { ...answer(publishing, name), status: 'exists', pull, diff, notes: [...publishing.notes, ...notes] };
}

function movedByOthers(publishing: Publishing, name: ProposalName): Publication {
  const note = `There is a branch ${name.branch} that others have made or changed. It is left as it is.`;
  return { ...answer(publishing, name), status: 'conflict', notes: [note] };
}

/** One commit on the history of the base that says what this proposal says, and nothing else. */
async function isOurs({ branch, remake, readFiles }: Publishing, { tip, parents }: ProposalBranch): Promise<boolean> {
  const [parent, ...others] = parents;
  if (parent === undefined || others.length > 0 || !(await branch.hasInHistory(parent))) return false;
  const [before, after] = [await readFiles(parent), await readFiles(tip)];
  if (before === null || after === null) return false;
  const wished = await remake(parent).catch((error: unknown) => {
    // Of those files it cannot be made any more.
    if (error instanceof UserError) return null;
    throw error;
  });
  if (wished === null) return false;
  const texts = new Map([...before, ...wished].map(({ path, text }) => [path, text]));
  return after.length === texts.size && after.every(({ path, text }) => texts.get(path) === text);
}

function refuseTooMany(open: number, today: number): void {
  const hint = 'People decide about those that are there first.';
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

interface Pushed {
  readonly commit: string;
  readonly diff: string;
  /** By this run. */
  readonly isNew: boolean;
}

/** Null: a branch of that name is there and is not what this one would be. */
async function pushProposal(
  publishing: Publishing,
  { branch: name }: ProposalName,
  words: ProposalWords,
): Promise<Pushed | null> {
  const { branch, proposals, changed, run } = publishing;
  const commit = await proposals.commit({
    parent: branch.tip,
    files: changed,
    message: commitMessage(words),
    author: words.asker.isAgent ? null : await proposals.readIdentity(),
    at: run.session.clock.now(),
  });
  if ((await proposals.create(name, commit)) === 'created') {
    return { commit, diff: await proposals.diff(branch.tip, commit), isNew: true };
  }
  const there = (await proposals.list()).find((one) => one.name === name);
  if (there === undefined || !(await isOurs(publishing, there))) return null;
  return { commit: there.tip, diff: await proposals.diff(there.parents[0] ?? there.tip, there.tip), isNew: false };
}

/** A label that cannot be made is no reason to have no pull request. */
async function label(github: GitHub, number: number, { asker, isUrgent }: ProposalWords): Promise<readonly string[]> {
  const names = [...(asker.isAgent ? [proposalLabels.agent] : []), ...(isUrgent ? [proposalLabels.urgent] : [])];
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
  readonly made: Pushed;
}

/**
 * | GitHub said | what is done |
 * |---|---|
 * | 422, and there is one | somebody was faster: theirs is the one |
 * | no, for good | the branch that was made for it goes again |
 * | nothing, or that it failed | the branch stays: asked again, it is found |
 */
async function afterFailure(
  publishing: Publishing,
  { github, facts, name, error, made }: Failure,
): Promise<Publication> {
  const { proposals, branchName, notes } = publishing;
  const pulls = await github.listPullsOfBranch(name.branch).catch((cause: unknown) => {
    if (cause instanceof GitHubError) return null;
    throw cause;
  });
  const there = pulls?.find(({ state }) => state === 'open');
  if (there !== undefined) {
    return { ...answer(publishing, name), status: 'exists', pull: there, diff: made.diff };
  }
  const isRefused = error.status !== undefined && error.status >= 400 && error.status < 500 && pulls !== null;
  if (isRefused && made.isNew && (await proposals.remove(name.branch, made.commit))) {
    throw new ProposalRefusal('forbidden', `the pull request was refused: ${error.message}`, {
      hint: 'The token needs `pull-requests: write` on the repository. The branch made for it was taken away again.',
    });
  }
  const said = `The branch is pushed, and its pull request could not be made: ${error.message}. Propose the same again, or open it by hand.`;
  const commands = [`gh pr create --repo ${facts.name} --base ${branchName} --head ${name.branch}`];
  return { ...answer(publishing, name), status: 'branch_only', diff: made.diff, notes: [...notes, said], commands };
}

/** Where nobody can be asked for a pull request. */
async function publishBranch(publishing: Publishing, why: string): Promise<Publication> {
  const { proposals, branch, branchName, remoteName, words, run, notes } = publishing;
  const listed = await proposals.list();
  const open: ProposalBranch[] = [];
  for (const one of listed) if (!(await branch.hasInHistory(one.tip))) open.push(one);
  let generation = 1;
  const nameOf = (): ProposalName => nameProposal(words.workspace, words.proposal, generation);
  const isMerged = (): boolean =>
    listed.some(({ name }) => name === nameOf().branch) && !open.some(({ name }) => name === nameOf().branch);
  while (isMerged() && generation < 1000) generation += 1;
  const name = nameOf();
  const isThere = open.some((one) => one.name === name.branch);
  const rival = open.find((one) => one.name !== name.branch && entryOfBranch(one.name) === name.entry);
  if (rival !== undefined) {
    const note = `The branch ${rival.name} asks for something else of ${labelOfTarget(words.proposal.target)}. It has to be merged or deleted first.`;
    return { ...answer(publishing, name), status: 'conflict', notes: [note] };
  }
  if (!isThere) {
    const now = nowOf(run.session).getTime();
    refuseTooMany(open.length, listed.filter(({ at }) => at > now - day).length);
  }
  const made = await pushProposal(publishing, name, words);
  if (made === null) return movedByOthers(publishing, name);
  const where =
    remoteName !== null
      ? `The branch is pushed to ${remoteName}, and no pull request was made: ${why}.`
      : 'The branch is in this clone alone, which has no remote: no pull request was made.';
  const commands =
    remoteName !== null
      ? [`gh pr create --base ${branchName} --head ${name.branch}`]
      : [`git push REMOTE ${name.branch}`, `gh pr create --base ${branchName} --head ${name.branch}`];
  return { ...answer(publishing, name), status: 'branch_only', diff: made.diff, notes: [...notes, where], commands };
}

/** @throws ProposalRefusal in one sentence */
async function asking<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    const isRefused = error.status === 401 || error.status === 403 || error.status === 404;
    throw new ProposalRefusal(isRefused ? 'forbidden' : 'unavailable', `${what} cannot be read: ${error.message}`, {
      hint: 'Nothing was made. The token needs `contents: read` and `pull-requests: write`.',
    });
  }
}
