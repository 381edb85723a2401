/** `above` over the committed spend of a workspace: now, on the days of `until:`, and as the last apply had it. */

import { expect, test } from 'vitest';
import { findRequirements } from '../../src/approvals/requirements.ts';
import type { CommittedImpact, Impact } from '../../src/impact/document.ts';
import type { Plan, RecordStep } from '../../src/plan/types.ts';
import type { Fields } from '../../src/resources/types.ts';

type Spend = number | 'unbounded' | 'unknown';
const spend = (dollars: Spend): CommittedImpact =>
  typeof dollars === 'number'
    ? { kind: 'bounded', cents: String(dollars * 100), by: 'a' }
    : { kind: dollars, cents: null, by: null };
const key = { kind: 'usage-policy', workspace: 'search', name: 'a' } as const;
const policy = (dollars: number): Fields => ({
  ...{ unit: 'cost', amount: dollars * 100, reset: 'monthly', match: 'all', per: ['workspace_id'], target: 'llm' },
});

interface Row {
  readonly now: readonly [Spend, Spend];
  readonly days?: Readonly<Record<string, readonly [Spend, Spend]>>;
  readonly recorded?: Spend;
}

const today = '2026-11-30';

function impactOf({ now: [before, after], days, recorded }: Row): Impact {
  const row = {
    workspace: 'search',
    before: spend(before),
    after: spend(after),
    ...(days === undefined
      ? {}
      : {
          days: Object.entries(days).map(([date, [from, to]]) => ({
            ...{ date, before: spend(from), after: spend(to) },
            ...(date === today ? { is_due: true } : {}),
          })),
        }),
    ...(recorded === undefined ? {} : { recorded: spend(recorded) }),
  };
  // By a machine that is ahead of the service.
  return { as_of: '2026-12-01T10:00:00.000Z', workspaces: [row] } as unknown as Impact;
}

/** Of a budget that rises from $100 to $200 by a change, beside a rule of $1,000. */
function because(
  impact: Impact | null,
  before: Fields | null = policy(100),
  step: Partial<RecordStep> = {},
): string | null {
  const entry = { ...key, id: null, fields: policy(200) };
  const of: RecordStep = {
    ...{ workspaceId: 'w', workspaceSlug: 'search', changeId: 'a', liveId: '1' },
    previous: before === null ? null : ({ ...entry, fields: before } as never),
    next: entry as never,
    ...step,
  };
  const change = { id: 'a', key, workspaceId: 'w', before, entry };
  const plan = { changes: of.changeId === null ? [] : [change], recordLines: [], impact } as unknown as Plan;
  const rules = [{ above: 100_000, by: ['@third'] }];
  const found = findRequirements({ rules, owners: [], plan, steps: [of], record: null });
  return [...found.values()].flat()[0]?.because ?? null;
}

const above = (dollars: string): string => `search: ${dollars} > $1,000 per 30 days`;

test.each<[string, Row, string | null]>([
  ['rises above', { now: [900, 1100] }, above('$1,100')],
  ['rises to it', { now: [900, 1000] }, null],
  ['falls', { now: [2000, 1100] }, null],
  ['stays above', { now: [1100, 1100] }, null],
  ['becomes unbounded', { now: [900, 'unbounded'] }, above('unbounded')],
  ['becomes unknown', { now: [900, 'unknown'] }, above('unbounded')],
  ['comes out of what is unknown', { now: ['unknown', 1100] }, above('$1,100')],
  ['becomes bounded', { now: ['unbounded', 1100] }, null],
  // The day on which it rises by the largest share is not the one on which it is highest.
  [
    'is highest on a day on which it rises less',
    { now: [10, 10], days: { '2026-12-01': [10, 500], '2026-12-15': [900, 1200] } },
    above('$1,200'),
  ],
  [
    'is unknown on a day',
    { now: [10, 10], days: { '2026-12-01': ['unknown', 'unknown'], '2026-12-15': [900, 1200] } },
    above('unbounded'),
  ],
  ['falls on a day', { now: [10, 10], days: { '2026-12-15': [1300, 1200] } }, null],
  // What is due today was judged with its date: it is on both sides of today.
  ['is moved by a return that is due', { now: [200, 1800], days: { '2026-11-30': [1800, 1800] } }, null],
  ['rises beside a return that is due', { now: [200, 1810], days: { '2026-11-30': [1800, 1810] } }, above('$1,810')],
  ['was raised by hand and is lowered', { now: [1800, 1780], recorded: 200 }, above('$1,780')],
  ['was raised by hand, and falls below what was recorded', { now: [1800, 1500], recorded: 1600 }, null],
])('a workspace whose spend %s', (_, row, expected) => {
  expect(because(impactOf(row))).toBe(expected);
});

test('one limit more where nothing bounds all of it raises nothing, and a higher one is not known to', () => {
  const open = impactOf({ now: ['unbounded', 'unbounded'] });
  expect(because(open, null)).toBeNull();
  expect(because(open)).toBe(above('unbounded'));
});

test('without an impact the sum is unknown, except of what is adopted as it is', () => {
  const unknown = 'search: what may be spent is unknown';
  expect(because(null)).toBe(unknown);
  expect(because(null, null)).toBe(unknown);
  expect(because(null, null, { changeId: null })).toBeNull();
  expect(because(null, policy(100), { changeId: null })).toBe(unknown);
  const until = { date: '2026-12-15', later: { amount: 30_000 }, day: '2026-11-30' };
  expect(because(null, null, { changeId: null, next: { ...key, fields: policy(200), until } as never })).toBe(unknown);
});
