/** Whether limits of keys are known to count. Pure. */

import type { Live } from '../live/live.ts';
import type { WireBudget } from '../resources/wire.ts';
import type { ChangeFacts } from './moves.ts';

/**
 * The gateway counts them only where a setting of the organisation is on, which no route shows. One counter that has moved
 * proves it for all keys.
 *
 * @returns one sentence where a plan sets such a limit and nothing proves it; null otherwise
 */
export function doubtKeyMetering(changes: readonly ChangeFacts[], live: Live): string | null {
  const setsLimit = changes.some(({ key, after }) => {
    return key.kind === 'key-limits' && Boolean(after?.budget);
  });
  if (!setsLimit) return null;
  const hasMoved = live.objects.some(({ kind, row }) => {
    const limits = row.usage_limits as WireBudget | readonly WireBudget[] | null | undefined;
    const list = (Array.isArray(limits) ? limits : [limits]) as readonly (WireBudget | null | undefined)[];
    return kind === 'key-limits' && list.some((limit) => Number(limit?.current_usage ?? 0) > 0);
  });
  return hasMoved
    ? null
    : "budgets of keys count only where the organisation's `is_api_key_limit_enabled` is on, which no route shows; no key that was read shows any use";
}
