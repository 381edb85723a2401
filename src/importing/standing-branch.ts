/**
 * The branch of a proposal: made once, and made anew where its base went on. Never moved where others have a commit on it.
 *
 * | the branch is | and its base | what becomes of it |
 * |---|---|---|
 * | not there | | made |
 * | one commit of tollgate's that means what is asked, in whatever spelling | has the same in the files that it touches, or Git merges it into what is asked | stays |
 * | the same | says otherwise there | made anew on its base; who asked before stays named in it |
 * | the same, without a pull request | whatever | made anew where it does not name who asks now |
 * | that, with the base merged into it | | stays |
 * | anything else | | is others': stays |
 */

import type { Branch } from '../checkout/branch.ts';
import type { NewCommit, ProposalBranch, ProposalBranches } from '../checkout/proposal-branches.ts';
import { UserError } from '../errors.ts';
import type { PolicyFile } from '../policy/compile.ts';
import { type DesiredDifference, hasDifference } from './compare-desired.ts';
import { commitMessage, isNamed, readRequesters, trailerOf } from './proposal-commit.ts';
import type { ProposalRun } from './proposal-run.ts';
import type { ProposalWords } from './proposal-words.ts';

export interface BranchMaking {
  /** What the base's files become. */
  readonly changed: readonly PolicyFile[];
  readonly branch: Branch;
  readonly proposals: ProposalBranches;
  readonly run: ProposalRun;
  /** The same edit of the files of another commit; null: it holds none that can be edited. */
  readonly remake: (commit: string) => Promise<readonly PolicyFile[] | null>;
  readonly readFiles: (commit: string) => Promise<readonly PolicyFile[] | null>;
  /** Two versions of all files; null: one of them does not compile. */
  readonly compare: (one: readonly PolicyFile[], other: readonly PolicyFile[]) => DesiredDifference | null;
}

export interface Standing {
  readonly commit: string;
  readonly diff: string;
  /** By this run. */
  readonly isNew: boolean;
  /** It was there, and its base changed in the same place: it is another commit now. */
  readonly isRemade: boolean;
  /** Whom it names, as it stands there. */
  readonly requesters: readonly string[];
}

/** On the base as it is now. */
export async function commitProposal(
  { branch, proposals, changed, run }: BranchMaking,
  words: ProposalWords,
  before: readonly string[] = [],
): Promise<string> {
  const author: NewCommit['author'] = words.asker.isAgent ? null : await proposals.readIdentity();
  const message = commitMessage(words, before);
  return proposals.commit({ parent: branch.tip, files: changed, message, author, at: run.session.clock.now() });
}

/** What this run has made on the base as it is now. */
export async function standsAnew(
  { branch, proposals }: BranchMaking,
  commit: string,
  words: ProposalWords,
): Promise<Standing> {
  const { requester } = words.asker;
  const requesters = requester === null ? [] : [trailerOf(requester)];
  return { commit, diff: await proposals.diff(branch.tip, commit), isNew: true, isRemade: false, requesters };
}

/** How often another run may make it anew first. */
const mostMoves = 3;

/**
 * What stands under that name; null: it is others', or nothing does.
 *
 * @param isOpen reviewers look at its pull request: who asks for the same then is not written into it, which would move it
 * @throws UserError
 */
export async function settleBranch(
  making: BranchMaking,
  name: string,
  words: ProposalWords,
  isOpen: boolean,
  moves = 0,
): Promise<Standing | null> {
  const { branch, proposals } = making;
  const there = (await proposals.list()).find((one) => one.name === name);
  if (there === undefined) return null;
  const base = await findBase(making, there);
  if (base === null) return null;
  const message = await proposals.readMessage(base.made);
  const requesters = readRequesters(message, words.workspace, words.proposal);
  // Whoever may push can make a branch of that name first, and have it say who asked, or what a CI system skips.
  if (requesters === null) return null;
  const stays = async (commit: string, more: Partial<Standing> = {}): Promise<Standing> => {
    const from = commit === there.tip ? base.commit : branch.tip;
    const diff = await proposals.diff(from, commit);
    return { commit, diff, isNew: false, isRemade: false, requesters, ...more };
  };
  if (base.isMerged) return stays(there.tip);
  const { requester } = words.asker;
  const isMissing = !isOpen && requester !== null && !isNamed(requesters, trailerOf(requester));
  const isStale = await hasMoved(making, base, there.tip, words, requesters);
  if (!isMissing && !isStale) return stays(there.tip);
  const remade = await commitProposal(making, words, requesters);
  const named = readRequesters(await proposals.readMessage(remade), words.workspace, words.proposal) ?? requesters;
  if (await proposals.move(name, there.tip, remade)) return stays(remade, { isRemade: isStale, requesters: named });
  return moves === mostMoves ? null : settleBranch(making, name, words, isOpen, moves + 1);
}

/** Whether the base says otherwise by now where the proposal touches it, and Git does not merge the two into what is asked. */
async function hasMoved(
  making: BranchMaking,
  base: Base,
  tip: string,
  words: ProposalWords,
  requesters: readonly string[],
): Promise<boolean> {
  const { branch, changed } = making;
  if (base.commit === branch.tip) return false;
  const [before, now] = [await readTexts(making, base.commit), await readTexts(making, branch.tip)];
  const paths = new Set([...changed, ...base.wished].map(({ path }) => path));
  if ([...paths].every((path) => before.get(path) === now.get(path))) return false;
  const remade = await commitProposal(making, words, requesters);
  const merged = await branch.automaticTree(branch.tip, tip);
  return merged === null || merged !== (await branch.treesOf([remade])).get(remade);
}

interface Base {
  readonly commit: string;
  /** The commit that says what is asked, on the branch. */
  readonly made: string;
  /** Somebody merged it into the branch: a commit that is not ours. */
  readonly isMerged: boolean;
  /** What the proposal made of its files. */
  readonly wished: readonly PolicyFile[];
}

/** The commit of the base on which the branch says what this proposal says, and nothing else; null: it says something else. */
async function findBase(making: BranchMaking, { tip, parents }: ProposalBranch): Promise<Base | null> {
  const { branch, proposals, remake, readFiles } = making;
  const ofBase: string[] = [];
  for (const parent of parents) if (await branch.hasInHistory(parent)) ofBase.push(parent);
  const [commit] = ofBase;
  if (commit === undefined || ofBase.length !== 1 || parents.length > 2) return null;
  try {
    const [before, after, wished] = [await readFiles(commit), await readFiles(tip), await remake(commit)];
    if (before === null || after === null || wished === null) return null;
    const texts = new Map([...before, ...wished].map(({ path, text }) => [path, text]));
    const isSame = await saysTheSame(making, texts, after, tip);
    // Beside the policies somebody may have put anything.
    const isAlone = (await proposals.listChanged(commit, tip)).every((path) => texts.has(path));
    const made = parents.find((parent) => parent !== commit) ?? tip;
    return isSame && isAlone ? { commit, made, isMerged: parents.length === 2, wished } : null;
  } catch (error) {
    // Of those files it cannot be made any more, or they cannot be read.
    if (error instanceof UserError) return null;
    throw error;
  }
}

/** To the letter, or in another spelling of the value that was asked: written in this one, the files are the same to the letter. */
async function saysTheSame(
  { remake, compare }: BranchMaking,
  wished: ReadonlyMap<string, string>,
  after: readonly PolicyFile[],
  tip: string,
): Promise<boolean> {
  const isSame = (texts: ReadonlyMap<string, string>): boolean =>
    texts.size === wished.size && [...texts].every(([path, text]) => wished.get(path) === text);
  const texts = new Map(after.map(({ path, text }) => [path, text]));
  if (isSame(texts)) return true;
  const files = [...wished].map(([path, text]) => ({ path, text }));
  const differs = compare(files, after);
  if (differs === null || hasDifference(differs)) return false;
  const respelled = (await remake(tip)) ?? [];
  return isSame(new Map([...texts, ...respelled.map(({ path, text }) => [path, text] as const)]));
}

async function readTexts({ readFiles }: BranchMaking, commit: string): Promise<ReadonlyMap<string, string>> {
  return new Map(((await readFiles(commit)) ?? []).map(({ path, text }) => [path, text]));
}
