/** Versions of a record on a Git ref: the commits that lead to it. */

import { describeFailure } from '../checkout/git-child.ts';
import { parentsOf } from '../checkout/git-objects.ts';
import type { Git } from '../checkout/run-git.ts';
import { UserError } from '../errors.ts';
import { parseSummary } from './record-tree.ts';
import type { RecordHistory, RecordVersion } from './store.ts';

/** What the summary of a version is made of. */
const documents = ['record.json', 'outcomes.json', 'claim.json'] as const;

/** The fetched commits of a ref, newest first; those that hold no record (a README on an orphan branch) are passed over. */
export async function listVersions(git: Git, fetchedRef: string, limit: number, where: string): Promise<RecordHistory> {
  const count = Number.isFinite(limit) ? [`--max-count=${limit}`] : [];
  const log = await git(['rev-list', '--first-parent', ...count, fetchedRef]);
  if (log.code !== 0) {
    throw new UserError(`the history of the record ${where} cannot be read: ${describeFailure(log)}`);
  }
  const commits = log.stdout.toString('utf8').split('\n').filter(Boolean);
  const names = commits.flatMap((commit) => documents.map((document) => `${commit}:${document}`));
  const [oldest, ...found] = await git.readObjects([commits.at(-1) ?? fetchedRef, ...names]);
  // What was not fetched any more is still named by the commit after it.
  const isWhole = oldest != null && parentsOf(oldest).length === 0;
  const versions = commits.flatMap((token, index): RecordVersion[] => {
    const tree = new Map<string, string>();
    for (const [offset, document] of documents.entries()) {
      const blob = found[index * documents.length + offset];
      if (blob?.type === 'blob') tree.set(document, blob.bytes.toString('utf8'));
    }
    if (!tree.has('record.json')) return [];
    try {
      return [{ token, summary: parseSummary(tree, `${where} at ${token.slice(0, 12)}`), problem: null }];
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return [{ token, summary: null, problem: error.message }];
    }
  });
  return { versions, isComplete: commits.length < limit || isWhole, keepsPast: true };
}
