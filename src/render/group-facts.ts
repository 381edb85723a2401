/** Groups of workspaces against their ceilings, for people and programs: what is spent, how fast, and what may be. */

import { percentOf } from '../consumption/counters.ts';
import { add, compare, divide, type Exact, exactOf, fraction, round, toDrawn } from '../exact.ts';
import { formatExact, formatSpent, per30Days } from '../impact/money.ts';
import { formatAmount, formatReset } from '../resources/amounts.ts';
import type { StatusGroupDocument } from './documents/status.ts';
import type { MetricFamily } from './openmetrics.ts';
import type { StatusGroup } from './status-facts.ts';
import { formatDay, nearlyPercent } from './status-words.ts';
import { type Cell, type Line, share, verdict, words } from './view/cells.ts';

/** `research: $12,345 of $20,000 monthly 62 % · runs out Mon 2026-11-23 · may spend $18,000 / 30 days · 3 workspaces · owner x`. */
export function groupLine(one: StatusGroup): Line {
  const { group, ceiling, reset, workspaces, owner } = one;
  const most = ceiling === null ? '' : ` of ${formatAmount(ceiling, 'cost')} ${formatReset(reset)}`;
  const percent = percentSpent(one);
  const details = [
    ...(ceiling === null ? ['no ceiling'] : []),
    ...describeRunOut(one),
    describeCommitted(one),
    `${workspaces.length} ${workspaces.length === 1 ? 'workspace' : 'workspaces'}`,
    ...(owner === null ? [] : [`owner ${owner}`]),
    ...('unknown' in one.spent ? [`spend unknown: ${one.spent.unknown}`] : []),
  ];
  return [
    words(`${group ?? 'no group'}: ${describeSpent(one)}${most}`),
    ...(percent === null
      ? []
      : [words(' '), share(percent, percent >= 100 ? 'stop' : percent >= nearlyPercent ? 'warn' : 'fine')]),
    words(` · ${details.join(' · ')}`),
    ...overCommitted(one),
  ];
}

function describeSpent({ spent, atLeast }: StatusGroup): string {
  if ('value' in spent) return formatSpent(spent.value, 'cost');
  return atLeast.n > 0n ? `at least ${formatSpent(atLeast, 'cost')}` : '?';
}

/** Of what is known alone, where that is enough to be over it. */
function percentSpent({ ceiling, spent, atLeast }: StatusGroup): number | null {
  if (ceiling === null || ceiling <= 0) return null;
  const used = 'value' in spent ? spent.value : compare(atLeast, exactOf(ceiling)) >= 0 ? atLeast : null;
  return used === null ? null : percentOf(used, exactOf(ceiling));
}

function describeRunOut({ runOut, ceiling, spent, pacePerDay }: StatusGroup): string[] {
  if (ceiling === null) return [];
  if (runOut === null) {
    const why = 'unknown' in spent ? null : 'unknown' in pacePerDay ? pacePerDay.unknown : null;
    return why === null ? [] : [`run-out unknown: ${why}`];
  }
  switch (runOut.when) {
    case 'now':
      return ['its ceiling is spent'];
    case 'this-window':
      return [`reaches it ${formatDay(runOut.at)}`];
    case 'later-window':
      return [`lasts to its reset; a whole window reaches it`];
    case 'never':
      return ['does not reach it at this pace'];
  }
}

function describeCommitted({ committed }: StatusGroup): string {
  const { cents, atMost, unbounded, partly, unknown, bounded } = committed;
  if (unbounded > 0) return `nothing bounds ${unbounded} of ${bounded + partly + unbounded + unknown}`;
  const open = partly + unknown;
  const known = unknown === 0 ? add(cents, atMost) : cents;
  const most = formatExact(known, 'cost');
  if (unknown > 0) return `may spend ${most} / 30 days and what is not known of ${open}`;
  return `may spend ${partly > 0 ? 'at most ' : ''}${most} / 30 days`;
}

/** What limits allow goes beyond the ceiling: nobody is refused there. */
function overCommitted({ ceiling, reset, committed }: StatusGroup): Cell[] {
  if (ceiling === null) return [];
  const isOver = committed.unbounded > 0 || compare(committed.cents, per30Days(ceiling, reset)) > 0;
  return isOver ? [words(' · '), verdict('warn', 'its limits allow more than its ceiling')] : [];
}

export function groupDocument(one: StatusGroup): StatusGroupDocument {
  const { group, owner, workspaces, ceiling, reset, from, next, spent, pacePerDay, runOut, committed } = one;
  const whole = (value: Exact): number => Number(round(value));
  const { cents, atMost, ...counts } = committed;
  return {
    group,
    owner,
    workspaces,
    ceiling_cents: ceiling,
    reset,
    from: new Date(from).toISOString(),
    next_reset: new Date(next).toISOString(),
    spent_cents: 'value' in spent ? whole(spent.value) : null,
    spent_at_least_cents: whole(one.atLeast),
    percent: percentSpent(one),
    unknown_because: 'unknown' in spent ? spent.unknown : null,
    pace_cents_per_day: 'value' in pacePerDay ? whole(pacePerDay.value) : null,
    pace_unknown_because: 'unknown' in pacePerDay ? pacePerDay.unknown : null,
    run_out:
      runOut === null ? null : { when: runOut.when, at: 'at' in runOut ? new Date(runOut.at).toISOString() : null },
    committed_per_30_days: { cents: whole(cents), at_most_cents: whole(atMost), ...counts },
  };
}

/** Families of no group have an empty label, as what has none. */
export function groupFamilies(groups: readonly StatusGroup[]): MetricFamily[] {
  const dollars = (value: Exact): number => toDrawn(divide(value, fraction(100n, 1n)));
  const family = (
    word: string,
    unit: string | null,
    help: string,
    read: (group: StatusGroup) => number | null,
  ): MetricFamily => ({
    name: `tollgate_group_${word}`,
    unit,
    help,
    samples: groups.flatMap((one) => {
      const value = read(one);
      return value === null ? [] : [{ labels: { group: one.group ?? '' }, value }];
    }),
  });
  return [
    family(
      'ceiling_dollars',
      'dollars',
      'What a group of workspaces is to spend at most until its next reset.',
      ({ ceiling }) => (ceiling === null ? null : dollars(exactOf(ceiling))),
    ),
    family('spent_dollars', 'dollars', 'What its workspaces have spent since its window began.', ({ spent }) =>
      'value' in spent ? dollars(spent.value) : null,
    ),
    family('pace_dollars', 'dollars', 'What they spend in a day, of the last seven.', ({ pacePerDay }) =>
      'value' in pacePerDay ? dollars(pacePerDay.value) : null,
    ),
    family(
      'committed_dollars',
      'dollars',
      'What their limits allow in 30 days; none where that is not bounded or not known.',
      ({ committed }) =>
        committed.unbounded + committed.partly + committed.unknown > 0 ? null : dollars(committed.cents),
    ),
    family('workspaces', null, 'How many workspaces are in it.', ({ workspaces }) => workspaces.length),
    family(
      'run_out_timestamp_seconds',
      'seconds',
      'When its ceiling is reached before the next reset.',
      ({ runOut }) => (runOut?.when === 'this-window' ? runOut.at / 1_000 : null),
    ),
    family('next_reset_timestamp_seconds', 'seconds', 'When its window begins anew.', ({ next }) => next / 1_000),
    {
      name: 'tollgate_group_unknown',
      unit: null,
      help: 'What of it is not known, and why.',
      samples: groups.flatMap(({ group, spent, pacePerDay }) =>
        [['spent', spent] as const, ['pace', pacePerDay] as const].flatMap(([of, known]) =>
          'unknown' in known ? [{ labels: { group: group ?? '', of, reason: known.unknown }, value: 1 }] : [],
        ),
      ),
    },
  ];
}
