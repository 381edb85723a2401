/**
 * When a budget's counter starts again, all in UTC (docs/service-notes.md#resets).
 *
 * | reset | policies | keys, workspaces, providers, integrations |
 * |---|---|---|
 * | weekly | Monday 00:00 | Sunday 00:00 |
 * | monthly | the 1st, 00:00 | the 1st, 00:00 |
 * | every N days | N days after the last reset, 00:00 | the same |
 * | never | never | never |
 */

import { daysOfReset } from '../resources/limits.ts';
import type { Kind, Reset } from '../resources/types.ts';

export const dayMilliseconds = 86_400_000;

/** Policies start their week on Monday, everything else on Sunday. */
export type Level = 'policy' | 'limits';

export function levelOf(kind: Kind): Level {
  return kind === 'usage-policy' ? 'policy' : 'limits';
}

export interface WindowFacts {
  readonly reset: Reset;
  readonly level: Level;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What the service says, ISO; believed where it lies ahead. */
  readonly nextReset?: string | null | undefined;
  readonly lastReset?: string | null | undefined;
  /** ISO date of the first reset as written in the files (`starting`). */
  readonly starting?: string | null | undefined;
}

/** Milliseconds since the epoch; null: never; `unknown`: the service shows nothing to count N days from. */
export type Moment = number | null | 'unknown';

/** When the counter is zeroed next, later than now. */
export function nextReset(facts: WindowFacts): Moment {
  const { reset, now } = facts;
  if (reset === 'never') return null;
  const said = instantOf(facts.nextReset);
  if (said !== null && said > now) return said;
  if (reset === 'weekly' || reset === 'monthly') return resetAfter(reset, facts.level, now);
  const days = daysOfReset(reset);
  if (days === null) return 'unknown';
  const last = instantOf(facts.lastReset);
  const anchor = said ?? (last === null ? null : startOfDay(last)) ?? instantOf(facts.starting);
  if (anchor === null) return 'unknown';
  if (anchor > now) return anchor;
  const length = days * dayMilliseconds;
  return anchor + (Math.floor((now - anchor) / length) + 1) * length;
}

/**
 * When the counter was zeroed last, as far as known: the regular start of the window, or a later reset by hand. For `never`
 * the last reset that the service shows.
 */
export function windowStart(facts: WindowFacts): Moment {
  const last = instantOf(facts.lastReset);
  if (facts.reset === 'never') return last;
  const next = nextReset(facts);
  const start = typeof next === 'number' ? resetBefore(facts.reset, facts.level, next) : null;
  if (start === null) return last ?? 'unknown';
  return last !== null && last > start && last <= facts.now ? last : start;
}

/**
 * Since when a counter has been counting: its last reset, or the creation of what carries it if it never had one.
 *
 * @param window null: the service shows none
 * @param createdAt ISO
 * @returns milliseconds since the epoch; null: the service shows nothing to tell it by
 */
export function countedSince(window: WindowFacts | null, createdAt: string | null): number | null {
  const created = instantOf(createdAt);
  const start = window === null ? 'unknown' : windowStart(window);
  if (typeof start !== 'number') return created;
  // The first window is short: it began with the object.
  return created === null ? start : Math.max(start, created);
}

/** The first reset after an instant that is a reset itself, or after any instant for calendar windows. Null: never. */
export function resetAfter(reset: Reset, level: Level, at: number): number | null {
  const today = startOfDay(at);
  const date = new Date(today);
  switch (reset) {
    case 'never':
      return null;
    case 'weekly': {
      const first = level === 'policy' ? 1 : 0;
      return today + ((first - date.getUTCDay() + 7) % 7 || 7) * dayMilliseconds;
    }
    case 'monthly':
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
    default: {
      const days = daysOfReset(reset);
      return days === null ? null : today + days * dayMilliseconds;
    }
  }
}

/** The start of the window that ends with this reset. */
function resetBefore(reset: Reset, level: Level, end: number): number | null {
  if (reset === 'monthly') {
    // What the service says may lie in the middle of a month, when somebody set it so.
    const last = new Date(end - 1);
    return Date.UTC(last.getUTCFullYear(), last.getUTCMonth(), 1);
  }
  if (reset === 'weekly') return (resetAfter(reset, level, end - 1) ?? end) - 7 * dayMilliseconds;
  const days = daysOfReset(reset);
  return days === null ? null : end - days * dayMilliseconds;
}

/**
 * The next reset once the change is made: the running window goes on where the reset stays the same, else the service starts
 * a new one from now (docs/service-notes.md#new-window). Of limits it may keep the end of the old one instead: then nobody can tell.
 *
 * @param before null: there was no budget, or its counter starts anew without its window
 */
export function nextResetAfterChange(before: WindowFacts | null, after: WindowFacts): Moment {
  const written = instantOf(after.starting);
  if (written !== null && written > after.now && after.reset !== 'never') return written;
  if (before !== null && before.reset === after.reset) return nextReset(before);
  const anew = resetAfter(after.reset, after.level, after.now);
  if (after.level === 'policy' || anew === null) return anew;
  const kept = instantOf(before?.nextReset);
  return kept === null || kept <= after.now || kept === anew ? anew : 'unknown';
}

/** Midnight UTC at or before an instant, in milliseconds. */
export function startOfDay(at: number): number {
  return Math.floor(at / dayMilliseconds) * dayMilliseconds;
}

/** The day of an instant, UTC: `2026-10-01`. Days compare as texts. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

function instantOf(text: string | null | undefined): number | null {
  const time = text === null || text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? null : time;
}
