/** Whom `review.approvals` asks about a plan: as CODEOWNERS would, who is still to approve. */

import type { AskedOfPlan, Plan } from '../../plan/types.ts';
import { escapeInvisible } from '../../printable.ts';

/** Sentences; none where no rule asks about any of it. */
export function describeAsked({ asked = [] }: Pick<Plan, 'asked'>): string[] {
  if (asked.length === 0) return [];
  const open = asked.filter(({ hasApproved }) => hasApproved !== true);
  if (open.length === 0) return ['All whom `review.approvals` names have approved.'];
  const isKnown = open.some(({ hasApproved }) => hasApproved === false);
  const list = open.map(describeOne).join(', ');
  const problems = [...new Set(open.flatMap(({ problems }) => problems))];
  return [
    `${isKnown ? 'Waits for' : '`review.approvals` asks for'}: ${list}.`,
    ...problems.map((problem) => `${problem[0]?.toUpperCase()}${problem.slice(1)}.`),
  ].map(escapeInvisible);
}

/** `@org/finance (search/total: $1,500 > $1,000 per 30 days)`. */
function describeOne({ by, because }: AskedOfPlan): string {
  return `${by.length === 0 ? 'nobody who can be asked' : by.join(' or ')} (${because.join('; ')})`;
}
