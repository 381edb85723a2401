/**
 * A place for a proposal: how many there are is counted and a branch is made as one step, whoever else does the same at that moment.
 */

import type { Checkout } from '../checkout/checkout.ts';
import type { ProposalBranch } from '../checkout/proposal-branches.ts';
import type { ListedPull } from '../github/port.ts';
import type { ProposedPlan } from './compare-plans.ts';
import { labelOfTarget, type ProposalName, ProposalRefusal } from './proposal.ts';
import type { ProposalWords } from './proposal-words.ts';
import { deleteCommand } from './publish-commands.ts';
import { type BranchMaking, commitProposal, type Standing, settleBranch, standsAnew } from './standing-branch.ts';

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

export interface Publishing extends BranchMaking {
  /** Without who asks, which is read where something is to be made. */
  readonly words: ProposalWords;
  readonly notes: readonly string[];
  readonly planned: ProposedPlan;
  readonly branchName: string;
  readonly checkout: Pick<Checkout, 'readRemoteUrl'>;
  /** Name of the remote; null: the clone has none. */
  readonly remoteName: string | null;
}

/** What is there already, and answers; or the name for a branch that nothing stands in the way of. */
export type Room = { readonly answer: Publication } | { readonly name: ProposalName };

/** How often others may be faster before that is the answer: each of them made a proposal, and few may be open. */
const mostTries = 30;
/** How often a remote may refuse a branch together with the turn before it is asked for the branch alone. */
const mostRefusals = 3;

export type Placed =
  | { readonly answer: Publication }
  | { readonly name: ProposalName; readonly made: Standing; readonly notes: readonly string[] };

/**
 * The branch, while what was counted for it holds: where another one was made meanwhile, everything is counted again. So of any
 * number at once no more get a branch than there is room for, and the first one does.
 */
export async function takePlace(
  publishing: Publishing,
  findRoom: () => Promise<Room>,
  readWords: () => Promise<ProposalWords>,
): Promise<Placed> {
  const { proposals } = publishing;
  let commit: string | undefined;
  let refusals = 0;
  for (let tries = 0; tries < mostTries; tries += 1) {
    const turn = await proposals.readTurn();
    const room = await findRoom();
    if ('answer' in room) return room;
    const { name } = room;
    const words = await readWords();
    commit ??= await commitProposal(publishing, words);
    const became = await proposals.create(name.branch, commit, refusals === mostRefusals ? null : turn);
    if (became === 'created' || became === 'alone') {
      const made = await standsAnew(publishing, commit, words);
      const note = 'The remote takes branches alone: of several proposals at one moment more than five may be open.';
      return { name, made, notes: became === 'alone' ? [note] : [] };
    }
    if (became === 'there') {
      const made = await settleBranch(publishing, name.branch, words, false);
      return made === null ? { answer: movedByOthers(publishing, name) } : { name, made, notes: [] };
    }
    refusals = became === 'refused' ? refusals + 1 : 0;
  }
  throw new ProposalRefusal('unavailable', 'others proposed something at the same moment, again and again', {
    hint: 'Nothing was made. Propose the same again later.',
  });
}

export function answer(publishing: Publishing, { branch }: ProposalName): Omit<Publication, 'status'> {
  return { pull: null, branch, diff: '', notes: publishing.notes, commands: [] };
}

function movedByOthers(publishing: Publishing, name: ProposalName): Publication {
  const note = `There is a branch ${name.branch} that others have made or changed: its files or its message say something else than this would write. It is left as it is.`;
  return {
    ...answer(publishing, name),
    status: 'conflict',
    notes: [note],
    commands: [deleteCommand(publishing, name.branch)],
  };
}

export function standsInTheWay(publishing: Publishing, name: ProposalName, rival: ProposalBranch): Publication {
  const of = labelOfTarget(publishing.words.proposal.target);
  const note = `The branch ${rival.name} asks for something else of ${of}. It has to be merged or deleted first; what is yours you delete with the command below.`;
  return {
    ...answer(publishing, name),
    status: 'conflict',
    notes: [note],
    commands: [deleteCommand(publishing, rival.name)],
  };
}
