/** Committed spend of the workspaces that a plan concerns, one row each: as it is, on the days to come, and as the last apply had it. Pure. */

import { subtract, toText } from '../exact.ts';
import type { CommittedMoves, Side } from './bounds.ts';
import { type Committed, committedOf } from './committed.ts';
import { type DayOfSpend, risesMore, type SpendMove } from './dates.ts';
import type { CommittedImpact, Impact } from './document.ts';

interface SpendFacts {
  readonly days: readonly DayOfSpend[];
  readonly today: string;
  /** By workspace id, with what somebody moved by hand put back as `after`; null: nothing was. */
  readonly recorded: ReadonlyMap<string, Side> | null;
  /** The plan could raise its committed spend, of which it is not known how high it is. */
  readonly mayRise: (workspaceId: string, before: Committed, after: Committed) => boolean;
}

export function spendRows(
  workspaces: CommittedMoves['workspaces'],
  { days, today, recorded, mayRise }: SpendFacts,
): Impact['workspaces'] {
  return workspaces.map(({ id, slug, before, after }) => {
    const own = days.flatMap(({ date, sides }): DatedMove[] => {
      const side = sides.get(id);
      return side === undefined ? [] : [{ date, before: committedOf(side.before), after: committedOf(side.after) }];
    });
    const most = dearestDay({ before, after }, own, today);
    const past = recorded?.get(id)?.after;
    const isUnjudged = [{ before, after }, ...(most === null ? [] : [most])].some((one) =>
      mayRise(id, one.before, one.after),
    );
    return {
      workspace: slug,
      before: toCommitted(before),
      after: toCommitted(after),
      delta: deltaOf(before, after),
      unjudged: isUnjudged ? 'its policies or keys could not be read, so that its committed spend is unknown' : null,
      ...(most === null ? {} : { on: toDay(most, today) }),
      ...(own.length === 0 ? {} : { days: own.map((one) => toDay(one, today)) }),
      ...(past === undefined ? {} : { recorded: toCommitted(committedOf(past)) }),
    };
  });
}

interface DatedMove extends SpendMove {
  readonly date: string;
}

/** The day on which it rises most; null: now, without a return that is due. */
function dearestDay(now: SpendMove, days: readonly DatedMove[], today: string): DatedMove | null {
  const due = days.find(({ date }) => date === today) ?? null;
  return days.reduce((most, one) => (risesMore(one, most ?? now) ? one : most), due);
}

function toDay(
  { date, before, after }: DatedMove,
  today: string,
): NonNullable<Impact['workspaces'][number]['days']>[number] {
  const sides = { before: toCommitted(before), after: toCommitted(after) };
  return { date, ...sides, ...(date === today ? { is_due: true } : {}) };
}

export function toCommitted(committed: Committed): CommittedImpact {
  if (committed.kind === 'bounded') {
    const { cents, by, times } = committed;
    const product = times === undefined ? {} : { times: { count: times.count, each: toText(times.each) } };
    return { kind: 'bounded', cents: toText(cents), by, ...product };
  }
  return { kind: committed.kind, cents: null, by: null };
}

function deltaOf(before: Committed, after: Committed): string | null {
  if (before.kind !== 'bounded' || after.kind !== 'bounded') return null;
  return toText(subtract(after.cents, before.cents));
}
