/** Settings that let changes through without a review. */

import { groupKeys } from './atoms.ts';
import { partOf } from './request.ts';
import type { ApprovalWindow } from './reviewed.ts';

/**
 * Whether every commit since the last apply says the same. A sealed record stays sealed when somebody puts it back by force:
 * what was taken away after it must not be in force again because a later commit, that nobody reviewed, says so once more.
 *
 * @param window from the record's own commit; null: that is not in the branch, so that nobody can tell
 */
export function isSaidThroughout(
  window: ApprovalWindow | null,
  setting: 'alone' | 'require_reviewed_plan',
  value: boolean,
): boolean {
  if (window === null) return false;
  const says = [...window.stretches].flatMap(({ before, after }) => [before, after]);
  return says.every((statement) => partOf(statement, groupKeys.settings, `review.${setting}`) === value);
}
