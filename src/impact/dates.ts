/**
 * Committed spend on the days that `until:` names: what a plan makes of them, and what the last apply had of them. A return is judged when
 * it is reviewed, together with its date, and by the dearest day; on that day it needs no second word. Pure.
 *
 * | of an entry at $500 | day | before | after |
 * |---|---|---|---|
 * | `$800`, until 15 Dec, then $500 | now | $500 | $800 |
 * | | 15 Dec | $500 | $500 |
 * | `$500`, until 15 Dec, then $2,000 | 15 Dec | $500 | $2,000 |
 * | recorded: $500, until 15 Dec, then $2,000; another limit moves | 15 Dec | $2,000 | $2,000, and that |
 */

import { compare, multiply } from '../exact.ts';
import type { LiveWorkspace } from '../live/live.ts';
import type { LiveIndex } from '../live/live-index.ts';
import { isSame } from '../resources/canonical.ts';
import { toFields } from '../resources/fields.ts';
import type { Fields, FieldValue, ResourceKey } from '../resources/types.ts';
import type { Later } from '../resources/until.ts';
import { boundsOf, type Side } from './bounds.ts';
import type { Committed } from './committed.ts';
import { type BudgetMove, type ChangeFacts, movesOf } from './moves.ts';
import type { Usage } from './usage.ts';

export interface ComingDate {
  readonly date: string;
  readonly later: Later;
}

/** An entry with a date, in the record or in the files. */
export interface DatedFacts {
  readonly key: ResourceKey;
  readonly workspaceId: string | null;
  readonly liveId: string | null;
  /** Id of what the plan changes of it; null: nothing live. */
  readonly change: string | null;
  /** Of the last apply; null: none that was still to come. */
  readonly before: ComingDate | null;
  /** Once the plan is carried out. */
  readonly after: ComingDate | null;
}

export interface Dates {
  /** `2026-12-15`. */
  readonly today: string;
  readonly entries: readonly DatedFacts[];
}

/** What the plan says otherwise of what is to come than the last apply did, as budgets that move. */
export function movedByDates(
  { entries }: Dates,
  changes: readonly ChangeFacts[],
  index: LiveIndex,
  now: number,
): BudgetMove[] {
  const moved = entries.filter(({ before, after }) => !isSame(before, after));
  if (moved.length === 0) return [];
  // A date that is taken out moves what it would have moved, the other way.
  const undone = movesOf(sideOn('before', lastDay, moved, changes), index, now);
  const come = movesOf(sideOn('after', lastDay, moved, changes), index, now);
  return [...come, ...undone.map((move) => ({ ...move, before: move.after, after: move.before }))];
}

const lastDay = '9999-12-31';

export interface DayOfSpend {
  readonly date: string;
  /** By workspace id, of those whose spend a date moves. */
  readonly sides: ReadonlyMap<string, Side>;
}

interface DayFacts {
  readonly changes: readonly ChangeFacts[];
  readonly index: LiveIndex;
  readonly usage: Pick<Usage, 'lists'>;
  readonly workspaces: readonly LiveWorkspace[];
}

/** Today too, where a return is due that was reviewed: it is no rise of this plan. */
export function daysOfSpend({ today, entries }: Dates, facts: DayFacts): DayOfSpend[] {
  const { changes, index, usage } = facts;
  const ids = new Set(facts.workspaces.map(({ id }) => id));
  const here = entries.filter(({ workspaceId }) => ids.has(workspaceId ?? ''));
  const named = here.flatMap(({ before, after }) => [before, after].flatMap((one) => one?.date ?? []));
  const days = [...new Set(named.map((date) => (date < today ? today : date)))].sort();
  const dated = new Set(here.map(({ workspaceId }) => workspaceId));
  const workspaces = facts.workspaces.filter(({ id }) => dated.has(id));
  return days.map((date) => {
    const [was, will] = (['before', 'after'] as const).map((side) => sideOn(side, date, here, changes)) as [
      ChangeFacts[],
      ChangeFacts[],
    ];
    const [before, after] = [was, will].map((some) => boundsOf(some, index, usage, workspaces));
    const sides = workspaces.flatMap(({ id }): [string, Side][] => {
      const [from, to] = [before?.get(id)?.after, after?.get(id)?.after];
      return from === undefined || to === undefined ? [] : [[id, { before: from, after: to }]];
    });
    return { date, sides: new Map(sides) };
  });
}

/** What will have changed by a day: by the dates of the last apply alone, or by the plan and those that it leaves. */
function sideOn(
  side: 'before' | 'after',
  day: string,
  entries: readonly DatedFacts[],
  changes: readonly ChangeFacts[],
): ChangeFacts[] {
  const come = entries.filter((entry) => (entry[side]?.date ?? lastDay) <= day && entry[side] !== null);
  const alone = come.flatMap((entry): ChangeFacts[] => {
    const { key, workspaceId, liveId } = entry;
    if (liveId === null || (side === 'after' && entry.change !== null)) return [];
    const later = entry[side]?.later ?? {};
    const after = later === 'none' ? null : over({}, later);
    return [{ id: '', key, workspaceId, liveId, action: after === null ? 'delete' : 'update', after, starting: null }];
  });
  if (side === 'before') return alone;
  const byChange = new Map(
    come.flatMap(({ change, after }) => (change === null ? [] : [[change, after?.later] as const])),
  );
  const planned = changes.flatMap((change): ChangeFacts[] => {
    const later = byChange.get(change.id);
    if (later === undefined) return [change];
    if (later !== 'none') return [{ ...change, after: over(change.after ?? {}, later) }];
    return change.liveId === null ? [] : [{ ...change, action: 'delete', after: null }];
  });
  return [...planned, ...alone];
}

function over(fields: Fields, later: Exclude<Later, 'none'>): Fields {
  return toFields(Object.entries<FieldValue>({ ...fields, ...later }));
}

export interface SpendMove {
  readonly before: Committed;
  readonly after: Committed;
}

/** Whether committed spend rises by a larger share than in another pair; what nothing bounds rises most. */
export function risesMore(a: SpendMove, b: SpendMove): boolean {
  const [rankA, rankB] = [rankOf(a), rankOf(b)];
  if (rankA !== rankB) return rankA > rankB;
  if (a.before.kind !== 'bounded' || a.after.kind !== 'bounded') return false;
  if (b.before.kind !== 'bounded' || b.after.kind !== 'bounded') return false;
  return compare(multiply(a.after.cents, b.before.cents), multiply(b.after.cents, a.before.cents)) > 0;
}

function rankOf({ before, after }: SpendMove): number {
  if (before.kind !== 'bounded') return 0;
  return after.kind === 'unbounded' ? 3 : after.kind === 'bounded' ? 2 : 1;
}
