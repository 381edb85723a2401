/** What the commands over kept rows share: which files and which window. */

import { dayMilliseconds, dayOf, startOfDay } from '../consumption/windows.ts';
import { UserError } from '../errors.ts';
import { parseDay, parseInstant } from '../instant.ts';
import type { RowsNeeds } from '../logs/open-rows.ts';
import type { RowsAsked, RowsWindow, SourceFacts } from '../logs/row-batch.ts';
import { nowOf, type Session } from '../run/session.ts';

export interface WindowOptions {
  /** Days back from now; undefined: all that there is. */
  readonly since?: number | undefined;
  /** `2026-10-01`, or an ISO time. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export interface LogsRowsOptions extends WindowOptions {
  /** Names, patterns, folders; none: the store. */
  readonly files: readonly string[];
  readonly store: string;
  readonly workspace: readonly string[];
}

/** @throws UserError */
export function rowsAskedOf(options: LogsRowsOptions, session: Session): Omit<RowsAsked, 'dims'> {
  const { files, store, workspace } = options;
  return { from: files.length === 0 ? [store] : files, workspaces: workspace, window: windowAskedOf(options, session) };
}

/** @throws UserError for days that there are not, and for windows that end before they begin */
export function windowAskedOf(options: WindowOptions, session: Session): RowsWindow {
  const { since } = options;
  if (since !== undefined && options.from !== undefined) {
    throw new UserError('--since and --from do not go together', {
      hint: 'Name the beginning of the window by one of them.',
    });
  }
  const today = startOfDay(nowOf(session).getTime());
  const from =
    since !== undefined
      ? today - (since - 1) * dayMilliseconds
      : options.from === undefined
        ? null
        : parseTime('--from', options.from, 0);
  // What is asked for since a day is asked for up to now: days that a store lacks at its end count too.
  const open = since === undefined ? null : today + dayMilliseconds;
  const to = options.to === undefined ? open : parseTime('--to', options.to, dayMilliseconds);
  if (from !== null && to !== null && from >= to) {
    const begin =
      since === undefined ? `--from ${options.from}` : `--since ${since}d, which begins with ${dayOf(from)},`;
    throw new UserError(`${begin} is not before --to ${options.to}`, { hint: 'Name the earlier one first.' });
  }
  return { from, to };
}

/** @throws UserError where there is no call to answer from: that is not a limit that stops nobody */
export function requireRows({ rows }: SourceFacts, { from, to }: RowsWindow): void {
  if (rows > 0) return;
  const isConfined = from !== null || to !== null;
  throw new UserError(isConfined ? 'no call of these logs lies in the window' : 'these logs hold no call', {
    hint: '`tollgate logs spend --by day` shows of which days there are calls.',
  });
}

export function rowsNeedsOf(session: Session): RowsNeeds {
  return { folder: session.cwd, signal: session.signal };
}

/** A day as `--to` is in the window. */
function parseTime(flag: string, text: string, more: number): number {
  const day = parseDay(text);
  const at = day === null ? parseInstant(text) : day + more;
  if (at !== null) return at;
  const what = /^\d{4}-\d\d-\d\d(?:T|$)/.test(text) ? 'a day or a time that there is' : 'a day or a time';
  throw new UserError(`${flag} ${JSON.stringify(text)} is not ${what}`, {
    hint: 'Write a day such as 2026-10-01, or an ISO time with zone such as 2026-10-01T08:00:00Z.',
  });
}
