/** Reads what the commits declare that a record rests on. */

import { resolve } from 'node:path';
import type { Checkout } from '../checkout/checkout.ts';
import { UserError } from '../errors.ts';
import { findOutside } from '../extended-file.ts';
import type { AppliedRecord } from '../plan/applied-record.ts';
import { buildProof, commitsOf, type Proof, type ProofProblem, trustRecord } from '../plan/prove-entries.ts';
import { compilePolicies, type KnownTexts } from '../policy/compile.ts';
import type { Desired } from '../resources/types.ts';
import type { CheckoutFacts, OpenRecord } from './open-record.ts';

/** Commits of owed entries are few; a record that names more was not written by tollgate. */
const mostCommits = 100;

/**
 * @param desired what the files of this run declare: where none has changed, nothing is compiled, and else what `facts.texts` holds of
 *   them is not read again
 */
export async function proveRecord(
  record: AppliedRecord,
  desired: Desired,
  { checkout, isShared }: OpenRecord,
  facts: ReadFacts & { readonly isVouchedFor: boolean },
): Promise<Proof> {
  if (!isShared) return trustRecord(record);
  const reader = checkout === null ? null : new DeclarationReader(checkout, desired, facts);
  const read = new Map<string | null, Desired | ProofProblem>();
  const commits = [...commitsOf(record)];
  const folder = record.directory ?? facts.directory ?? '';
  await reader?.prepare(commits.slice(0, mostCommits), folder);
  for (const [index, commit] of commits.entries()) {
    // Of a history that was rewritten the files are left that were applied, and in a sealed record they are so.
    if (commit === record.commit && facts.isAsApplied && facts.isVouchedFor && facts.isRewritten)
      read.set(commit, desired);
    else if (commit === null) read.set(null, 'no-commit');
    else if (reader === null || index >= mostCommits) read.set(commit, 'unreadable');
    else read.set(commit, await reader.readAt(commit, folder));
  }
  return buildProof(record, read, desired);
}

/** With what the files of this run were read as. */
export type ReadFacts = CheckoutFacts & { readonly texts: KnownTexts };

/** What commits in the history of HEAD declare, each tree compiled once. */
export class DeclarationReader {
  readonly #checkout: Checkout;
  readonly #facts: ReadFacts;
  readonly #desired: Desired;
  readonly #byTree = new Map<string, Desired | ProofProblem>();
  readonly #extended = new Set<string>();
  #trees: ReadonlyMap<string, string | null> = new Map();

  constructor(checkout: Checkout, desired: Desired, facts: ReadFacts) {
    this.#checkout = checkout;
    this.#facts = facts;
    this.#desired = desired;
  }

  /** Asks Git once for the trees of many commits. */
  async prepare(commits: readonly (string | null)[], folder: string): Promise<void> {
    const { commit: head, uncommitted, isEdited = false, directory, extended } = this.#facts;
    const asked = [...commits, head].flatMap((commit) => commit ?? []);
    this.#trees = await this.#checkout.readTrees(asked, resolve(this.#checkout.root, folder));
    const tree = head === null ? null : this.#trees.get(head);
    // What lies outside is not in the tree: equal trees may extend unequal files.
    const isAll = extended.length === 0 && uncommitted.length === 0 && !isEdited && folder === directory;
    if (tree != null && isAll) this.#byTree.set(tree, this.#desired);
  }

  async readAt(commit: string, folder: string): Promise<Desired | ProofProblem> {
    const { commit: head, hasInHistory } = this.#facts;
    const answer =
      hasInHistory !== undefined
        ? (await hasInHistory(commit))
          ? 'yes'
          : 'no'
        : head === null
          ? 'unknown'
          : await this.#checkout.isAncestor(commit, head);
    if (answer !== 'yes') return answer === 'no' ? 'not-in-history' : 'beyond-shallow';
    const tree = this.#trees.get(commit) ?? null;
    const known = tree === null ? undefined : this.#byTree.get(tree);
    if (known !== undefined) return known;
    const { found, extended } = await this.#compile(commit, folder);
    for (const path of extended) this.#extended.add(path);
    if (tree !== null && extended.length === 0) this.#byTree.set(tree, found);
    return found;
  }

  /** Files outside the directory that any of the commits read so far extends, from the repository's top. */
  get extended(): readonly string[] {
    return [...this.#extended].sort();
  }

  async #compile(commit: string, folder: string) {
    try {
      const files = await this.#checkout.readFilesAtCommit(commit, resolve(this.#checkout.root, folder));
      const extended = files.flatMap(({ path, text }) => findOutside(folder, path, text)?.place ?? []);
      return { found: compilePolicies(files, this.#facts.texts).desired ?? ('does-not-compile' as const), extended };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { found: 'unreadable' as const, extended: [] };
    }
  }
}
