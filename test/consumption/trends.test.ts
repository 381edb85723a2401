import { describe, expect, it } from 'vitest';
import type { Day } from '../../src/consumption/analytics.ts';
import { compareSpend, findUnusualDays, type SpendRow } from '../../src/consumption/trends.ts';
import { exactOf } from '../../src/exact.ts';

const row = (name: string, cost: number, more: Partial<SpendRow> = {}): SpendRow => ({
  name,
  workspace: null,
  cost: exactOf(cost),
  requests: 100,
  errors: 0,
  ...more,
});

describe('a window against the one before', () => {
  it.each<[name: string, now: number, before: number, percent: number | null]>([
    ['a quarter more', 125, 100, 25],
    ['all gone', 0, 100, -100],
    ['a little less', 999, 1000, -1],
    ['the same', 100, 100, 0],
    ['twice as much', 200, 100, 100],
    ['nothing before', 100, 0, null],
  ])('%s', (_name, now, before, percent) => {
    expect(compareSpend('model', [row('a', now)], [row('a', before)])[0]?.changePercent).toBe(percent);
  });

  it('who stopped spending is shown, who is new has no change', () => {
    const trends = compareSpend('user', [row('new', 5)], [row('gone', 7)]);
    expect(trends.map(({ name, changePercent, before }) => [name, changePercent, before])).toEqual([
      ['new', null, exactOf(0)],
      ['gone', -100, exactOf(7)],
    ]);
  });

  it('an unknown window before is not a rise', () => {
    expect(compareSpend('user', [row('a', 5)], null)[0]).toMatchObject({ before: null, changePercent: null });
  });

  it('adds up what several workspaces say of one name, and keeps providers of workspaces apart', () => {
    expect(compareSpend('model', [row('a', 1.5), row('a', 2.25)], [])[0]).toMatchObject({
      cost: exactOf(3.75),
      requests: 200,
    });
    const apart = [row('a', 1, { workspace: 'x' }), row('a', 2, { workspace: 'y' })];
    expect(compareSpend('provider', apart, []).map(({ workspace }) => workspace)).toEqual(['y', 'x']);
  });

  it.each<[errors: number | null, requests: number, failing: boolean]>([
    [5, 100, false],
    [6, 100, true],
    [51, 1000, true],
    [0, 0, false],
    [null, 100, false],
  ])('%s errors of %i: failing %s', (errors, requests, failing) => {
    expect(compareSpend('model', [row('a', 1, { errors, requests })], [])[0]?.isFailing).toBe(failing);
  });
});

describe('unusual days', () => {
  const days = (...costs: readonly number[]): Day[] =>
    costs.map((cost, index) => ({ date: `2026-11-${String(index + 1).padStart(2, '0')}`, cost: exactOf(cost) }));
  const dates = (...costs: readonly number[]): string[] =>
    findUnusualDays('ws', days(...costs)).map(({ date }) => date);

  it.each<[name: string, costs: readonly number[], found: readonly string[]]>([
    ['three times the median is usual', [10, 10, 10, 10, 30], []],
    ['a cent above is not', [10, 10, 10, 10, 30.01], ['2026-11-05']],
    ['an even number of days', [10, 20, 10, 20, 10, 46], ['2026-11-06']],
    ['too few days to tell', [1, 1, 1, 100], []],
    ['a workspace that rests on most days', [0, 0, 0, 0, 5], []],
  ])('%s', (_name, costs, found) => {
    expect(dates(...costs)).toEqual(found);
  });

  it('says what is usual', () => {
    expect(findUnusualDays('ws', days(10, 20, 10, 20, 10, 46))[0]).toMatchObject({
      workspace: 'ws',
      median: exactOf(15),
    });
  });
});
