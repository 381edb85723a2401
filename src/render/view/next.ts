/** What a reader does next, and in which order: the one line of a plan that is about nobody's limit. */

import type { PlanView } from './plan-view.ts';

/** Where it is read: by whoever applies with a command, or in a pull request, whose merge applies it. */
export type ReadAt = 'command' | 'review';

/** A sentence, without the word `Next`; null: there is nothing to do. */
export function describeNext(
  { isNothing, blocks, stopped, digest, hasRecord, left }: PlanView,
  at: ReadAt,
): string | null {
  if (isNothing) return null;
  const unliftable = [...new Set(blocks.flatMap(({ guard, word }) => (word === null ? [guard] : [])))];
  if (unliftable.length > 0) {
    return `change the files and plan again, as no word lifts ${unliftable.join(' and ')}.`;
  }
  if (blocks.length > 0) {
    const edit = blocks.every(({ guard }) => guard === 'undeclared')
      ? 'write a file for each such workspace (tollgate import, or tollgate propose import WORKSPACE), or name it in review.undeclared.except'
      : 'change the files';
    // Whom nothing of the plan changes no apply puts right.
    if (digest === null) return `${edit}. There is nothing to apply.`;
    const way =
      at === 'review'
        ? 'an approving review that says the lines above, then the merge'
        : 'review and merge it first, then apply with the line above, which fits this plan alone';
    return `${edit}; or, if it is meant, ${way}.`;
  }
  if (digest === null)
    return left.length > 0
      ? 'decide on what was set by hand; nothing else is to be applied.'
      : 'nothing is to be applied.';
  const waits = stopped.length === 0 ? '' : ' What has errors waits until its file is mended.';
  if (at === 'review') return `review it, then merge it.${waits}`;
  return `${hasRecord ? 'merge it, then tollgate apply.' : 'commit, push, tollgate apply.'}${waits}`;
}
