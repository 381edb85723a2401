/** Whether limits of keys are known to count. Pure. */

import type { Live } from '../live/live.ts';
import { wireBudgetsOf } from '../resources/limits.ts';
import type { ChangeFacts } from './moves.ts';

/**
 * The gateway counts them only where a setting of the organisation is on, which no route shows. One counter that has moved
 * proves it for all keys.
 *
 * @returns one sentence where a plan sets such a limit and nothing proves it; null otherwise
 */
export function doubtKeyMetering(changes: readonly ChangeFacts[], live: Live): string | null {
  if (!changes.some(({ key, after }) => key.kind === 'key-limits' && after?.budget)) return null;
  const hasMoved = live.objects.some(
    ({ kind, row }) =>
      kind === 'key-limits' && wireBudgetsOf(row).some(({ current_usage: used }) => Number(used ?? 0) > 0),
  );
  return hasMoved
    ? null
    : "budgets of keys count only where the organisation's `is_api_key_limit_enabled` is on, which no route shows; no key that was read shows any use";
}
