/** Committed spend of workspaces as they are live, without a plan. Pure. */

import type { LiveLimit } from '../consumption/limit-status.ts';
import type { ReadLimits } from '../consumption/read-limits.ts';
import { type Bound, type Committed, committedOf } from './committed.ts';

/** @param limits of all places, as they were read */
export function committedLive(
  slug: string,
  limits: readonly LiveLimit[],
  { keys, gaps }: Pick<ReadLimits, 'keys' | 'gaps'>,
): Committed {
  const own = limits.filter(({ workspace }) => workspace === slug);
  const boundsOf = (kind: LiveLimit['kind']): Bound[] =>
    own.filter((limit) => limit.kind === kind).map((limit) => ({ limit, name: limit.name, live: null }));
  // A list of which a row could not be read may lack the limit that decides.
  const isRead = (kind: LiveLimit['kind']): boolean =>
    !gaps.some((gap) => gap.kind === kind && (gap.workspace === slug || gap.workspace === null));
  const budgets = new Map(own.flatMap((limit) => (limit.kind === 'key-limits' ? [[limit.id, limit] as const] : [])));
  return committedOf({
    budgets: boundsOf('workspace-limits'),
    policies: isRead('usage-policy') ? boundsOf('usage-policy') : null,
    keys: isRead('key-limits')
      ? keys
          .filter(({ workspace }) => workspace === slug)
          .map(({ id, name }) => ({ id, name, isActive: true, budget: budgets.get(id) ?? null }))
      : null,
  });
}
