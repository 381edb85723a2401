/** What the commands over kept rows share: which files, which window, and what is said of them. */

import { dayMilliseconds, startOfDay } from '../consumption/windows.ts';
import { UserError } from '../errors.ts';
import type { RowsNeeds } from '../logs/open-rows.ts';
import type { RowsAsked } from '../logs/row-batch.ts';
import { beginOfDay } from '../logs/store.ts';
import { nowOf, type Session } from '../run/session.ts';

export interface LogsRowsOptions {
  /** Names, patterns, folders; none: the store. */
  readonly files: readonly string[];
  readonly store: string;
  readonly workspace: readonly string[];
  /** Days back from now; undefined: all that there is. */
  readonly since?: number | undefined;
  /** `2026-10-01`, or an ISO time. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** @throws UserError */
export function rowsAskedOf(options: LogsRowsOptions, session: Session): Omit<RowsAsked, 'dims'> {
  const { files, store, workspace, since } = options;
  if (since !== undefined && options.from !== undefined) {
    throw new UserError('--since and --from do not go together', {
      hint: 'Name the beginning of the window by one of them.',
    });
  }
  const from = options.from === undefined ? null : parseTime('--from', options.from, 0);
  const to = options.to === undefined ? null : parseTime('--to', options.to, dayMilliseconds);
  if (from !== null && to !== null && from >= to) {
    throw new UserError(`--from ${options.from} is not before --to ${options.to}`, {
      hint: 'Name the earlier one first.',
    });
  }
  const today = startOfDay(nowOf(session).getTime());
  const window =
    since === undefined
      ? { from, to }
      : { from: today - (since - 1) * dayMilliseconds, to: to ?? today + dayMilliseconds };
  return { from: files.length === 0 ? [store] : files, workspaces: workspace, window };
}

export function rowsNeedsOf(session: Session): RowsNeeds {
  return { folder: session.cwd, signal: session.signal };
}

/** A day as `--to` is in the window. */
function parseTime(flag: string, text: string, more: number): number {
  if (/^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(beginOfDay(text))) return beginOfDay(text) + more;
  const time = /^\d{4}-\d\d-\d\dT.*(?:Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new UserError(`${flag} ${JSON.stringify(text)} is not a day or a time`, {
    hint: 'Write a day such as 2026-10-01, or an ISO time with zone such as 2026-10-01T08:00:00Z.',
  });
}
