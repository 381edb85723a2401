/** What rows of keys, workspaces, providers and shares say of their own budget's use. It is read before anything is estimated. Pure. */

import { budgetFromWire, wireBudgetsOf } from '../resources/limits.ts';
import type { Kind } from '../resources/types.ts';
import type { WireBudget } from '../resources/wire.ts';

export type RowVerdict = 'active' | 'exhausted' | null;

export interface RowUse {
  /** Null: the row shows none. */
  readonly reported: number | null;
  readonly verdict: RowVerdict;
}

export type Row = Readonly<Record<string, unknown>>;

/** The status of a workspace says whether it is archived, and of a share nothing is documented: only keys and providers are `active`. */
const ownStatus: readonly Kind[] = ['key-limits', 'provider-limits'];

export function useOfRow(kind: Kind, row: Row, budget: WireBudget | null | undefined): RowUse {
  const said = [row.status, budget?.status];
  // Either may lag behind; exhausted is the word that blocks.
  const isActive = budget?.status === 'active' || (ownStatus.includes(kind) && row.status === 'active');
  const reported = budget?.current_usage;
  return {
    reported: typeof reported === 'number' ? reported : null,
    verdict: said.includes('exhausted') ? 'exhausted' : isActive ? 'active' : null,
  };
}

/**
 * What a row without a budget says to have been used: members of a limit that is none (docs/service-notes.md#limit-object). A budget
 * that is set may go on from there.
 */
export function useWithoutBudget(row: Row): number | null {
  const shown = wireBudgetsOf(row).find(
    (wire) => budgetFromWire(wire) === null && typeof wire.current_usage === 'number',
  );
  return shown?.current_usage ?? null;
}

/**
 * A sum of analytics since the window began is more than was counted where the limit was set later. When that was, no row
 * shows; not after the row was written last.
 *
 * @param lastUpdated `last_updated_at` of the row
 * @param since milliseconds since the epoch
 */
export function mayBeginLater(lastUpdated: unknown, since: number): boolean {
  const written = typeof lastUpdated === 'string' ? Date.parse(lastUpdated) : Number.NaN;
  return Number.isNaN(written) || written > since;
}

export const beganLater =
  'analytics show more than the limit since its window began, but the limit may have been set later than that';
