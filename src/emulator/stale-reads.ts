/**
 * The window after a write in which reads show what was before. Off unless the quirk
 * `staleReads` is on, for all or for one write. Keyed by the row object itself, so a reset of the store forgets everything.
 */

import type { Quirks, StaleReads } from './quirks.ts';

export interface StaleReadTracker {
  /** Call before changing `row`. */
  beforeChange(row: object): void;
  /** Call after adding `row`. */
  afterCreate(row: object): void;
  /** What a read shows in place of `row`; undefined: nothing yet. Counts as a read. */
  view<Row extends object>(row: Row): Row | undefined;
  /** Ends every window: from now on reads show what is there. */
  forget(): void;
}

interface Window {
  readonly old: object | undefined;
  until: number;
  readsLeft: number;
}

export function createStaleReadTracker(quirks: Quirks, now: () => Date): StaleReadTracker {
  let windows = new WeakMap<object, Window>();

  const open = (stale: StaleReads, row: object, old: object | undefined): void => {
    const until = now().getTime() + (stale.ms ?? 0);
    const readsLeft = stale.reads ?? 0;
    const known = windows.get(row);
    // A second write within the window lengthens it: readers still have not seen the first.
    if (known !== undefined && isOpen(known)) Object.assign(known, { until, readsLeft });
    else windows.set(row, { old, until, readsLeft });
  };
  const isOpen = (window: Window): boolean => window.readsLeft > 0 || now().getTime() < window.until;

  return {
    beforeChange(row) {
      if (quirks.staleReads !== null) open(quirks.staleReads, row, structuredClone(row));
    },
    afterCreate(row) {
      if (quirks.staleReads?.creations === true) open(quirks.staleReads, row, undefined);
    },
    view(row) {
      const window = windows.get(row);
      if (window === undefined) return row;
      if (!isOpen(window)) {
        windows.delete(row);
        return row;
      }
      window.readsLeft -= 1;
      return window.old as typeof row | undefined;
    },
    forget() {
      windows = new WeakMap();
    },
  };
}
