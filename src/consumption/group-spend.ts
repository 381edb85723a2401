/** What groups of workspaces have spent of their ceilings, how fast, and when those are reached. The service counts nothing by group. */

import { compareText } from '../diagnostics.ts';
import { add, type Exact, exactOf, zero } from '../exact.ts';
import type { AlertThreshold } from '../resources/alert-settings.ts';
import {
  type Groupable,
  type GroupReset,
  partition,
  type WorkspaceGroup,
  type WorkspaceGroups,
} from '../resources/workspace-groups.ts';
import { readTotal } from './analytics.ts';
import type { Known, Reads } from './ask.ts';
import { paceDays, perDay } from './pace.ts';
import { findRunOut, type RunOut } from './run-out.ts';
import { dayMilliseconds, nextReset, windowStart } from './windows.ts';

export interface GroupSpend {
  /** Null: the workspaces that are in none. */
  readonly group: string | null;
  readonly owner: string | null;
  /** Slugs, sorted. */
  readonly workspaces: readonly string[];
  /** Whole cents in a window; null: none. */
  readonly ceiling: number | null;
  readonly reset: GroupReset;
  /** Of the ceiling, ascending. */
  readonly alert: readonly AlertThreshold[];
  /** The running window, milliseconds since the epoch. */
  readonly from: number;
  readonly next: number;
  /** Cents since it began. */
  readonly spent: Known<Exact>;
  /** The same of those workspaces of which it is known. */
  readonly atLeast: Exact;
  /** Cents a day, of the last seven. */
  readonly pacePerDay: Known<Exact>;
  /** Null: there is no ceiling, or it is not known. */
  readonly runOut: RunOut | null;
}

/** Two questions a workspace: nobody waits for a thousand in no group without having asked. */
const mostUngrouped = 25;

/** A window of days begins somewhere: with the first of January 1970, whoever asks. */
const firstWindow = '1970-01-01T00:00:00.000Z';

/**
 * Each group, by name, and last those in none: every workspace once.
 *
 * @param which those with a ceiling alone, or all
 */
export async function readGroupSpend(
  reads: Reads,
  groups: WorkspaceGroups,
  workspaces: readonly Groupable[],
  now: number,
  which: 'all' | 'ceilings' = 'all',
): Promise<readonly GroupSpend[]> {
  const parts = [...partition(workspaces, groups)].filter(([name, own]) =>
    which === 'all' ? name !== null || own.length > 0 : name !== null && groups[name]?.ceiling !== undefined,
  );
  return Promise.all(
    parts.map(([name, own]) => {
      const group = name === null ? undefined : groups[name];
      return readSpend(
        reads,
        name,
        group ?? { workspaces: [] },
        own.map(({ slug }) => slug),
        now,
      );
    }),
  );
}

async function readSpend(
  reads: Reads,
  name: string | null,
  { ceiling, reset = 'monthly', owner, alert = [] }: WorkspaceGroup,
  slugs: readonly string[],
  now: number,
): Promise<GroupSpend> {
  const facts = { reset, level: 'policy', now, starting: firstWindow } as const;
  const [from, next] = [windowStart(facts), nextReset(facts)];
  // A window that comes again has both.
  if (typeof from !== 'number' || typeof next !== 'number') throw new Error(`no window: ${reset}`);
  const isAsked = name !== null || slugs.length <= mostUngrouped;
  const since = async (start: number): Promise<readonly Known<Exact>[]> =>
    Promise.all(
      slugs.map(async (workspace): Promise<Known<Exact>> => {
        if (!isAsked) return { unknown: `analytics of ${slugs.length} workspaces in no group were not asked for` };
        const total = await readTotal(reads, 'cost', { workspace, from: start, to: now });
        return 'unknown' in total ? total : { value: exactOf(total.value) };
      }),
    );
  const [parts, recent] = await Promise.all([since(from), since(now - paceDays * dayMilliseconds)]);
  const spent = sumOf(parts);
  const week = sumOf(recent);
  const pacePerDay: Known<Exact> = 'unknown' in week ? week : { value: perDay(week.value) };
  const runOut =
    ceiling === undefined || 'unknown' in spent || 'unknown' in pacePerDay
      ? null
      : findRunOut({
          used: spent.value,
          limit: exactOf(ceiling),
          pacePerDay: pacePerDay.value,
          now,
          nextReset: next,
          reset,
          level: 'policy',
        });
  return {
    group: name,
    owner: owner ?? null,
    workspaces: [...slugs].sort(compareText),
    ceiling: ceiling ?? null,
    reset,
    alert,
    from,
    next,
    spent,
    atLeast: parts.reduce((sum, part) => ('unknown' in part ? sum : add(sum, part.value)), zero),
    pacePerDay,
    runOut,
  };
}

/** A part that is not known makes the sum unknown. */
function sumOf(parts: readonly Known<Exact>[]): Known<Exact> {
  let sum = zero;
  for (const part of parts) {
    if ('unknown' in part) return part;
    sum = add(sum, part.value);
  }
  return { value: sum };
}
