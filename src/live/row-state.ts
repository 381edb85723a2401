import type { WireRow } from '../resources/kind.ts';
import { wireBudgetsOf } from '../resources/limits.ts';

/** What rows and budgets are documented to be in (docs/service-notes.md#odd-states). */
const documented: ReadonlySet<string> = new Set(['active', 'exhausted', 'expired', 'archived']);

/**
 * A state that nobody documented, such as `paused`, of a row or of a limit in it; null: none. Whether its limits bind is not
 * known, so they bound nothing as far as rules and committed spend go.
 */
export function oddState(row: WireRow | null | undefined): string | null {
  for (const { status } of row ? [row, ...wireBudgetsOf(row)] : []) {
    if (typeof status === 'string' && status !== '' && !documented.has(status.toLowerCase())) return status;
  }
  return null;
}

/** A key or provider whose time is over: no call gets through it, and the service may refuse every write to it. */
export function hasExpired({ row }: { readonly row: WireRow }, now: number): boolean {
  const { status, expires_at: expires } = row;
  return status === 'expired' || (typeof expires === 'string' && Date.parse(expires) <= now);
}
