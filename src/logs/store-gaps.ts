/** Which days of a window a store does not hold, or not yet wholly: without them every sum is too small. */

import { dayMilliseconds, dayOf } from '../consumption/windows.ts';
import { groupBy } from '../live/place-index.ts';
import { formatWhole } from '../resources/amounts.ts';
import type { RowsAsked, StoreGap } from './row-batch.ts';
import { beginOfDay, type StoreManifest } from './store.ts';

type Held = Pick<StoreManifest, 'workspace' | 'days'>;

/**
 * By workspace; none for one that holds all. Where a window has no end, what any workspace holds is its end.
 *
 * @param stores of one workspace there may be several
 * @param workspaces slugs that are asked about; empty: those that are held
 */
export function findGaps(
  stores: readonly Held[],
  { workspaces, window = { from: null, to: null } }: Pick<RowsAsked, 'workspaces' | 'window'>,
): StoreGap[] {
  const all = stores.flatMap(({ days }) => Object.keys(days)).sort();
  const [oldest, newest] = [all[0], all.at(-1)];
  if (oldest === undefined || newest === undefined) return [];
  const first = window.from === null ? oldest : dayOf(window.from);
  const last = window.to === null ? newest : dayOf(window.to - 1);
  const slugs = new Set(workspaces.length > 0 ? workspaces : stores.map(({ workspace }) => workspace));
  return [...slugs].sort().flatMap((workspace): StoreGap[] => {
    const own = stores.filter((store) => store.workspace === workspace);
    const held = [...new Set(own.flatMap(({ days }) => Object.keys(days)))]
      .filter((day) => first <= day && day <= last)
      .sort();
    const missing = spansBetween(held, first, last);
    const open = held.filter((day) => own.every(({ days }) => days[day]?.is_final !== true));
    return missing.length + open.length === 0 ? [] : [{ workspace, missing, open }];
  });
}

/** What lies between days that follow each other, as `2026-10-01 to 2026-10-09`. @param held in order */
function spansBetween(held: readonly string[], first: string, last: string): string[] {
  const spans: string[] = [];
  const add = (from: number, to: number): void => {
    if (from <= to) spans.push(from === to ? dayOf(from) : `${dayOf(from)} to ${dayOf(to)}`);
  };
  let next = beginOfDay(first);
  for (const day of held) {
    add(next, beginOfDay(day) - dayMilliseconds);
    next = beginOfDay(day) + dayMilliseconds;
  }
  add(next, beginOfDay(last));
  return spans;
}

/** One sentence for those that lack the same. */
export function describeStoreGaps(gaps: readonly StoreGap[]): string[] {
  return [
    ...describeAlike(gaps, ({ missing }) => missing).map(
      ([days, of]) =>
        `Not in the store: ${days}, of ${of}. What was called then is in no number; \`tollgate logs pull\` asks for it.`,
    ),
    ...describeAlike(gaps, ({ open }) => open).map(([days, of]) => `Not complete in the store yet: ${days}, of ${of}.`),
  ];
}

function describeAlike(
  gaps: readonly StoreGap[],
  daysOf: (gap: StoreGap) => readonly string[],
): readonly (readonly [days: string, workspaces: string])[] {
  const alike = groupBy(gaps, (gap) => few(daysOf(gap), 5) || null);
  return [...alike].map(([days, of]) => {
    const workspaces = of.map(({ workspace }) => workspace);
    return [days, few(workspaces, 3)];
  });
}

function few(names: readonly string[], most: number): string {
  return names.length > most
    ? `${names.slice(0, most).join(', ')} and ${formatWhole(names.length - most)} more`
    : names.join(', ');
}
