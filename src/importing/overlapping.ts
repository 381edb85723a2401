/** Of proposals that import all that is live: which entries they touch, for one proposal is open for an entry. */

import type { ProposalBranch } from '../checkout/proposal-branches.ts';
import type { PolicyFile } from '../policy/compile.ts';
import { canonicalJson } from '../stable-json.ts';
import { mergeFiles } from './add-unmanaged.ts';
import { entryOfBranch, nameProposal, type ProposalName } from './proposal.ts';
import type { Publishing } from './take-place.ts';

/**
 * An open proposal that touches an entry of this one under another name; undefined: there is none, or it cannot be read any more.
 *
 * @param open branches of those that are open
 */
export async function findOverlapping(
  { words, branch, changed, readFiles, compare }: Publishing,
  name: ProposalName,
  open: readonly ProposalBranch[],
): Promise<ProposalBranch | undefined> {
  const all = nameProposal(words.workspace, { action: 'import', target: null }).entry;
  const touched = (before: readonly PolicyFile[] | null, after: readonly PolicyFile[] | null): readonly string[] =>
    before === null || after === null ? [] : (compare(before, after)?.entries ?? []).map((key) => canonicalJson(key));
  const rivals = open.filter((one) => {
    const entry = entryOfBranch(one.name);
    return entry !== name.entry && (name.entry === all || entry === all);
  });
  if (rivals.length === 0) return undefined;
  const files = await readFiles(branch.tip);
  const own = new Set(touched(files, files === null ? null : mergeFiles(files, changed)));
  for (const rival of rivals) {
    const [parent = ''] = rival.parents;
    if (touched(await readFiles(parent), await readFiles(rival.tip)).some((key) => own.has(key))) return rival;
  }
  return undefined;
}
