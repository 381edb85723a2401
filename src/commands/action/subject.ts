/** What a plan is for: an open pull request, or a group of a merge queue; and whether it touches the policy files at all. */

import { join } from 'node:path/posix';
import { isInHistory } from '../../checkout/branch.ts';
import type { PullRequestFacts } from '../../github/event.ts';
import type { DefaultBranch } from './tip.ts';
import type { ActionRun } from './types.ts';

export interface RunSubject {
  /** Null: a group of several. */
  readonly pull: PullRequestFacts | null;
  /** Commit that is judged, and that the check is about. */
  readonly head: string;
  /** Of a group, what it is put on; null: of a pull request that is a matter of Git. */
  readonly base: string | null;
  /** Branch that it goes into where that is another one than the default branch; null: it is the default branch. */
  readonly into: string | null;
  /** Of a group, the branch of the queue. */
  readonly ref: string | null;
}

/** Null: the run is about nothing that could be merged. What is closed already has its last word. */
export function subjectOf({ event: { context, ref, defaultBranch } }: ActionRun): RunSubject | null {
  const intoOf = (branch: string): string | null => (branch === defaultBranch ? null : branch);
  if (context.kind === 'merge-group') {
    const { head, base } = context;
    return { pull: null, head, base, into: intoOf(context.baseRef), ref };
  }
  if (context.kind !== 'pull-request' || !context.pull.isOpen) return null;
  const { pull } = context;
  return { pull, head: pull.head, base: null, into: intoOf(pull.baseRef), ref: null };
}

/** The default branch beside what is to be merged. */
export interface ComparedBranch extends DefaultBranch {
  /** Tree of the policies' directory at the head; null: there is none, or no such commit here. */
  readonly headTree: string | null;
  /** The same where it began; empty: nobody knows where that is. */
  readonly baseTrees: readonly (string | null)[];
}

export async function compareWith(found: DefaultBranch, { head, base, pull }: RunSubject): Promise<ComparedBranch> {
  const { branch } = found;
  if (!(await branch.fetchHeads([{ pull: pull?.number ?? 0, commit: head }])).has(head))
    return { ...found, headTree: null, baseTrees: [] };
  const bases = base === null ? await branch.mergeBases(head, branch.tip) : [base];
  const trees = await branch.treesOf([head, ...bases]);
  return { ...found, headTree: trees.get(head) ?? null, baseTrees: bases.map((commit) => trees.get(commit) ?? null) };
}

/** False also where it cannot be known. */
export function isUntouched({ headTree: head, baseTrees: bases }: ComparedBranch): boolean {
  return head !== null && bases.length > 0 && bases.every((tree) => tree === head);
}

/**
 * Paths of the policy files that it changes, adds or takes away.
 *
 * @param directory as the files' places name it
 */
export async function readTouched(
  { branch, headTree: head, baseTrees: bases }: ComparedBranch,
  directory: string,
): Promise<ReadonlySet<string>> {
  const trees = await branch.readTrees([head, ...bases].filter((tree) => tree !== null));
  const textsOf = (tree: string | null): ReadonlyMap<string, string> =>
    new Map((trees.get(tree ?? '')?.files ?? []).map(({ path, text }) => [path, text]));
  const after = textsOf(head);
  const touched = bases.flatMap((base) => {
    const before = textsOf(base);
    return [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path));
  });
  return new Set(touched.map((path) => join(directory, path)));
}

/**
 * Pull requests of a group. Its branch is named after the last of them and the commit below: `…/pr-12-<commit>`; that
 * commit is the head of the one before, whose branch is there as well.
 */
export async function findGroup(
  { branch, branchName, checkout }: DefaultBranch,
  { head, base, ref }: RunSubject,
): Promise<readonly number[]> {
  const queue = `refs/heads/gh-readonly-queue/${branchName}/`;
  const refs = await checkout.listRefs([`${queue}*`]);
  const numbers = new Set<number>();
  for (const name of [...refs, ref ?? '']) {
    const [, number, below] = /\/pr-(\d+)-([0-9a-f]{40,64})$/.exec(name) ?? [];
    if (number === undefined || below === undefined) continue;
    const isBelow =
      name === ref ||
      (below !== head &&
        (await isInHistory(branch, below, head)) &&
        (base === null || (await isInHistory(branch, base, below))));
    if (isBelow) numbers.add(Number(number));
  }
  return [...numbers].sort((a, b) => a - b);
}
