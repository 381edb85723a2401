/**
 * The branch of a proposal: made once, and made anew where its base went on. Never moved where others have a commit on it.
 *
 * | the branch is | and its base | what becomes of it |
 * |---|---|---|
 * | not there | | made |
 * | one commit that says what is asked | has the same in the files that it touches, or Git merges it into what is asked | stays |
 * | the same | says otherwise there | made anew on its base; who asked before stays named in it |
 * | that, with the base merged into it | | stays |
 * | anything else | | is others': stays |
 */

import { requestersOf } from '../approvals/part-takers.ts';
import type { Branch } from '../checkout/branch.ts';
import type { NewCommit, ProposalBranch, ProposalBranches } from '../checkout/proposal-branches.ts';
import { UserError } from '../errors.ts';
import type { PolicyFile } from '../policy/compile.ts';
import type { ProposalRun } from './proposal-run.ts';
import { commitMessage, type ProposalWords } from './proposal-text.ts';

export interface BranchMaking {
  /** What the base's files become. */
  readonly changed: readonly PolicyFile[];
  readonly branch: Branch;
  readonly proposals: ProposalBranches;
  readonly run: ProposalRun;
  /** The same edit of the files of another commit; null: it holds none that can be edited. */
  readonly remake: (commit: string) => Promise<readonly PolicyFile[] | null>;
  readonly readFiles: (commit: string) => Promise<readonly PolicyFile[] | null>;
}

export interface Standing {
  readonly commit: string;
  readonly diff: string;
  /** By this run. */
  readonly isNew: boolean;
  /** It was there, and is another commit now. */
  readonly isRemade: boolean;
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

/** How often another run may make it anew first. */
const mostMoves = 3;

/** What stands under that name; null: it is others', or nothing does. @throws UserError */
export async function settleBranch(
  making: BranchMaking,
  name: string,
  words: ProposalWords,
  moves = 0,
): Promise<Standing | null> {
  const { branch, proposals, changed } = making;
  const there = (await proposals.list()).find((one) => one.name === name);
  if (there === undefined) return null;
  const base = await findBase(making, there);
  if (base === null) return null;
  const stays = async (commit: string, isRemade: boolean): Promise<Standing> => {
    const from = isRemade ? branch.tip : base.commit;
    return { commit, diff: await proposals.diff(from, commit), isNew: false, isRemade };
  };
  if (base.isMerged || base.commit === branch.tip) return stays(there.tip, false);
  const [before, now] = [await readTexts(making, base.commit), await readTexts(making, branch.tip)];
  const paths = new Set([...changed, ...base.wished].map(({ path }) => path));
  if ([...paths].every((path) => before.get(path) === now.get(path))) return stays(there.tip, false);
  const requesters = requestersOf({ message: await proposals.readMessage(there.tip) });
  const remade = await commitProposal(making, words, requesters);
  const merged = await branch.automaticTree(branch.tip, there.tip);
  if (merged !== null && merged === (await branch.treesOf([remade])).get(remade)) return stays(there.tip, false);
  if (await proposals.move(name, there.tip, remade)) return stays(remade, true);
  return moves === mostMoves ? null : settleBranch(making, name, words, moves + 1);
}

interface Base {
  readonly commit: string;
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
    const isSame = after.length === texts.size && after.every(({ path, text }) => texts.get(path) === text);
    // Beside the policies somebody may have put anything.
    const isAlone = (await proposals.listChanged(commit, tip)).every((path) => texts.has(path));
    return isSame && isAlone ? { commit, isMerged: parents.length === 2, wished } : null;
  } catch (error) {
    // Of those files it cannot be made any more, or they cannot be read.
    if (error instanceof UserError) return null;
    throw error;
  }
}

async function readTexts({ readFiles }: BranchMaking, commit: string): Promise<ReadonlyMap<string, string>> {
  return new Map(((await readFiles(commit)) ?? []).map(({ path, text }) => [path, text]));
}
