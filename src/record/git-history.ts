/** Versions of a record on a Git ref: the commits that lead to it. */

import { describeFailure, type Git } from '../checkout/run-git.ts';
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
  const isShallow = (await git(['rev-parse', '--is-shallow-repository'])).stdout.toString('utf8').trim() === 'true';
  const names = commits.flatMap((commit) => documents.map((document) => `${commit}:${document}`));
  const texts = await readPresent(git, names);
  const versions = commits.flatMap((token, index): RecordVersion[] => {
    const tree = new Map<string, string>();
    for (const [offset, document] of documents.entries()) {
      const text = texts[index * documents.length + offset];
      if (text != null) tree.set(document, text);
    }
    if (!tree.has('record.json')) return [];
    try {
      return [{ token, summary: parseSummary(tree, `${where} at ${token.slice(0, 12)}`), problem: null }];
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return [{ token, summary: null, problem: error.message }];
    }
  });
  return { versions, isComplete: commits.length < limit || !isShallow, keepsPast: true };
}

/** Contents in the order asked for, null for what is not there. `git cat-file --batch`: header line, bytes, newline. */
async function readPresent(git: Git, names: readonly string[]): Promise<readonly (string | null)[]> {
  if (names.length === 0) return [];
  const { stdout } = await git(['cat-file', '--batch'], `${names.join('\n')}\n`);
  const texts: (string | null)[] = [];
  for (let at = 0; at < stdout.length; ) {
    const end = stdout.indexOf(10, at);
    const size = / blob (\d+)$/.exec(stdout.toString('utf8', at, end))?.[1];
    if (end < 0) break;
    at = end + 1;
    texts.push(size === undefined ? null : stdout.toString('utf8', at, at + Number(size)));
    if (size !== undefined) at += Number(size) + 1;
  }
  return texts;
}
