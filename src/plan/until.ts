/** `until:` in record and plan: what is remembered of a date, and which changes are its return, reviewed together with it. */

import { isSame } from '../resources/canonical.ts';
import type { DesiredEntry, Fields, SidesOfDate } from '../resources/types.ts';
import { hasCome, isMoveOfDate, laterOf } from '../resources/until.ts';
import { describeUntil } from '../resources/until-text.ts';
import type { RecordedEntry, RecordedUntil } from './applied-record.ts';
import type { ResolvedEntry } from './resolution.ts';
import type { Change } from './types.ts';

/** A date as record and plan hold it, whatever day it is. */
export function dateOf(until: SidesOfDate): Pick<RecordedUntil, 'date' | 'later'> {
  return { date: until.date, later: laterOf(until) as RecordedUntil['later'] };
}

/** What is to be remembered of it. The day is the first on which the entry was compiled as it is: one more day alone is not news. */
export function untilToRecord(
  { until }: Pick<DesiredEntry, 'until'>,
  recorded: Pick<RecordedEntry, 'until'> | null,
): { readonly until?: RecordedUntil } {
  if (until === undefined) return {};
  const { day } = until;
  const past = recorded?.until;
  const isKept =
    past !== undefined && isSameUntil({ until }, recorded) && hasCome(past, past.day) === hasCome(until, day);
  return { until: isKept ? past : { ...dateOf(until), day } };
}

/** Whether files and record say the same of a date, whatever day it was. */
export function isSameUntil(
  { until }: Pick<DesiredEntry, 'until'>,
  recorded: Pick<RecordedEntry, 'until'> | null,
): boolean {
  const past = recorded?.until;
  if (until === undefined || past === undefined) return until === past;
  return until.date === past.date && isSame(laterOf(until), past.later);
}

/**
 * A change with the mark of a return that nobody has to say yes to again: the last apply had the date and what holds then, it is
 * over now, and nothing but the date moved the entry since. What somebody moved by hand meanwhile is not loosened by it: an emergency cap
 * outlives a date as it outlives a merge.
 */
export function markReturn(change: Change, resolved: ResolvedEntry, recorded: RecordedEntry | null): Change {
  if (recorded === null || !isReturning(resolved, recorded)) return change;
  const { until, absent } = resolved.entry;
  const isGone = absent === true;
  const isQuiet = isGone ? isAsRecorded(change.before ?? {}, recorded.fields) : change.cause === 'edited';
  const isTighter = change.action === 'update' && change.cause === 'both' && change.direction === 'tighten';
  if (change.action === 'replace' || change.action === 'create' || !(isQuiet || isTighter)) return change;
  return until === undefined ? change : { ...change, due: until.date };
}

/** The last apply had the date, it has come since, and it alone moves what was recorded. */
function isReturning({ entry, name, fields }: ResolvedEntry, recorded: RecordedEntry): boolean {
  const { until } = entry;
  if (until === undefined || recorded.until === undefined) return false;
  if (!hasCome(until, until.day) || hasCome(recorded.until, recorded.until.day)) return false;
  if (!isSameUntil(entry, recorded) || recorded.name !== name || recorded.viaStar === true) return false;
  const isGone = entry.absent === true;
  // Of what goes there is no protection and no window any more; what is protected goes by no date.
  const isKept = isGone
    ? !recorded.protect
    : recorded.protect === entry.protect && recorded.starting === entry.starting;
  return isKept && isMoveOfDate(until, recorded.fields, isGone ? null : fields);
}

/**
 * What a move by hand is compared with: what was recorded and, once a date alone has moved it, what holds since. So a cap that somebody
 * set by hand before the date is not undone by it, as it is by no merge.
 *
 * @param live fields of the live object
 */
export function pastOfDrift(resolved: ResolvedEntry, recorded: RecordedEntry, live: Fields): Fields {
  const hasMoved = !isAsRecorded(live, recorded.fields);
  return hasMoved && isReturning(resolved, recorded) ? resolved.fields : recorded.fields;
}

function isAsRecorded(live: Fields, past: Fields): boolean {
  return Object.entries(past).every(([field, value]) => live[field] === undefined || isSame(live[field], value));
}

/** What a change leaves in the record that is still to come. */
export function pendingDate(entry: Pick<RecordedEntry, 'until'> | null): Change['until'] {
  if (entry?.until === undefined || hasCome(entry.until, entry.until.day)) return undefined;
  const { date, later } = entry.until;
  return { date, later };
}

/** For people: what the files say of a date now, and what the last apply had. All of it, as a word is for what it says. */
export function describeMovedDate(recorded: RecordedEntry, { until, fields }: DesiredEntry): string {
  const past = recorded.until;
  const was = past === undefined ? null : describeUntil(past, recorded.fields);
  const is = until === undefined ? null : describeUntil(dateOf(until), fields);
  if (is === null) return `stays as it is; it was ${was}`;
  return was === null ? is : `${is}; it was ${was}`;
}
