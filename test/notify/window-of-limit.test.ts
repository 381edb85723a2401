/** Which window a counter counts in, and when nobody can tell. */

import { expect, it } from 'vitest';
import type { LiveLimit } from '../../src/consumption/limit-status.ts';
import { nextReset } from '../../src/consumption/windows.ts';
import { windowOfLimit } from '../../src/notify/watched.ts';

type Row = Pick<LiveLimit, 'reset' | 'nextReset' | 'lastReset'> & { readonly source?: 'estimated' };

const cases: readonly (readonly [name: string, row: Row, now: string, window: string | null])[] = [
  [
    'a reset that is due and does not show',
    { reset: 'monthly', nextReset: '2026-12-01T00:00:00Z', lastReset: '2026-11-01T00:00:00Z' },
    '2026-12-01T00:30:00Z',
    null,
  ],
  [
    'a last reset of the window before, and no next one',
    { reset: 'monthly', nextReset: null, lastReset: '2026-11-01T00:00:00Z' },
    '2026-12-01T00:30:00Z',
    null,
  ],
  [
    'the same a day later: it is believed to have happened',
    { reset: 'monthly', nextReset: null, lastReset: '2026-11-01T00:00:00Z' },
    '2026-12-02T00:30:00Z',
    '2026-12-01T00:00:00.000Z',
  ],
  [
    'a last reset of this window, and no next one',
    { reset: 'monthly', nextReset: null, lastReset: '2026-12-01T00:00:07Z' },
    '2026-12-01T00:30:00Z',
    '2026-12-01T00:00:07.000Z',
  ],
  [
    'a last reset seven days ago, of every 7 days',
    { reset: 'every 7 days', nextReset: null, lastReset: '2026-11-20T00:00:00Z' },
    '2026-11-27T02:00:00Z',
    null,
  ],
  [
    'a next reset that lies ahead, whatever the last one',
    { reset: 'monthly', nextReset: '2027-01-01T00:00:00Z', lastReset: '2026-11-01T00:00:00Z' },
    '2026-12-01T00:30:00Z',
    '2026-12-01T00:00:00.000Z',
  ],
  [
    'use by analytics, which go by the calendar',
    { reset: 'monthly', nextReset: null, lastReset: '2026-11-01T00:00:00Z', source: 'estimated' },
    '2026-12-01T00:30:00Z',
    '2026-12-01T00:00:00.000Z',
  ],
  [
    'neither: the calendar alone',
    { reset: 'monthly', nextReset: null, lastReset: null },
    '2026-12-01T00:30:00Z',
    '2026-12-01T00:00:00.000Z',
  ],
];

it.each(cases)('%s', (_name, { source, ...row }, at, window) => {
  const now = Date.parse(at);
  const limit: LiveLimit = {
    kind: 'key-limits',
    field: 'budget',
    amount: 10_000,
    match: 'all',
    per: [],
    target: 'llm',
    unit: 'cost',
    alert: null,
    workspace: 'ws-a',
    id: 'key',
    name: 'key',
    createdAt: '2026-01-01T00:00:00Z',
    updatedAt: null,
    verdict: null,
    usage: { known: true, counters: [], source: source ?? 'reported', asOf: now },
    ...row,
  };
  const { reset } = row;
  const next = reset === null ? 'unknown' : nextReset({ ...row, reset, level: 'limits', now });
  expect(windowOfLimit(limit, next, now)?.id ?? null).toBe(window === null ? null : `since ${window}`);
});
