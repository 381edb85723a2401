/** What an entry asks for until a date, and what from then on. Pure: the day is a value. */

import { isSame } from './canonical.ts';
import type { Desired, DesiredEntry, Fields, FieldValue, SidesOfDate } from './types.ts';

/** Files that were compiled for no day, or for another one, as of this one. Entries without a date, or of this day, are the same objects. */
export function desiredOn(desired: Desired, day: string): Desired {
  if (desired.entries.every(({ until }) => until === undefined || until.day === day)) return desired;
  return { ...desired, entries: desired.entries.map((entry) => entryOn(entry, day)) };
}

/** Before every date: each entry as it is first. */
export const firstDay = '0000-01-01';

export function entryOn(entry: DesiredEntry, day: string): DesiredEntry {
  const { until } = entry;
  if (until === undefined || until.day === day) return entry;
  const { fields: _, fieldsOverStar: __, absent: ___, ...rest } = entry;
  return { ...rest, ...sideOn(until, day), until: { ...until, day } };
}

export function hasCome({ date }: Pick<SidesOfDate, 'date'>, day: string): boolean {
  return day >= date;
}

function sideOn(until: SidesOfDate, day: string): SidesOfDate['first'] {
  return hasCome(until, day) ? until.later : until.first;
}

/** Fields that the date moves, with what they are from then on (null: none); `none`: from then on there is no such policy. */
export type Later = 'none' | Readonly<Record<string, FieldValue>>;

export function laterOf({ first, later }: SidesOfDate): Later {
  return later.absent === true ? 'none' : movedBetween(first.fields, later.fields);
}

function movedBetween(first: Fields, later: Fields): Readonly<Record<string, FieldValue>> {
  const names = [...new Set([...Object.keys(first), ...Object.keys(later)])].sort();
  return Object.fromEntries(
    names.filter((name) => !isSame(first[name], later[name])).map((name) => [name, later[name] ?? null]),
  );
}

/**
 * Whether fields moved by the date alone: each is what one side of it says of it, and is what the other side says now. What neither side
 * moves stays out of it, such as a match, in which files have names and the record has ids: that has to be equal.
 */
export function isMoveOfDate({ first, later }: SidesOfDate, before: Fields, after: Fields | null): boolean {
  const sides = [
    [first.fields, later.fields],
    [first.fieldsOverStar, later.fieldsOverStar],
  ] as const;
  return sides.some(([from, to]) => {
    if (from === undefined) return false;
    const moved = to === undefined || after === null ? {} : movedBetween(from, to);
    const names = new Set([...Object.keys(before), ...Object.keys(after ?? {})]);
    return [...names].every((name) => {
      if (after === null) return name === 'match' || isSame(before[name], from[name]);
      if (!(name in moved)) return isSame(before[name], after[name]);
      return isSame(before[name], from[name]) && isSame(after[name], to?.[name]);
    });
  });
}
