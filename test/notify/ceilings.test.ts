/** Ceilings of groups: told once they are spent, or near that where a forecast is asked for, and of nothing that is not known. */

import { describe, expect, it } from 'vitest';
import type { GroupSpend } from '../../src/consumption/group-spend.ts';
import { exactOf } from '../../src/exact.ts';
import { findDueEvents } from '../../src/notify/due-events.ts';
import { ceilingsReached } from '../../src/notify/due-groups.ts';
import type { AlertRoute } from '../../src/resources/alert-settings.ts';
import { testNow } from '../helpers/session.ts';

const day = 86_400_000;
const route: AlertRoute = { recipients: [], channels: ['hook'], forecast: null, also: new Set(), isAsked: false };
const channels = { hook: { type: 'webhook', url: 'https://example.com', secret_env: 'TOLLGATE_NOTIFY_X' } } as const;
const words = { environment: 'production', counts: false, now: testNow };

const spend = (cents: number, rest: Partial<GroupSpend> = {}): GroupSpend => ({
  group: 'research',
  owner: 'jane',
  workspaces: ['ws-team-a'],
  ceiling: 100_000,
  reset: 'monthly',
  from: Date.UTC(2026, 10, 1),
  next: Date.UTC(2026, 11, 1),
  spent: { value: exactOf(cents) },
  atLeast: exactOf(cents),
  pacePerDay: { value: exactOf(0) },
  runOut: { when: 'never' },
  ...rest,
});

const reached = (one: GroupSpend, forecast: number | null = null) =>
  ceilingsReached([one], { routeOfPlace: () => ({ ...route, forecast }) }, words);
const titles = (one: GroupSpend, forecast: number | null = null): string[] =>
  reached(one, forecast).map(({ all, write }) => write(all).title);

describe('a ceiling', () => {
  const near = spend(90_000, { runOut: { when: 'this-window', at: testNow + 3 * day } });

  it('is told to the cent', () => {
    expect(titles(spend(99_999))).toEqual([]);
    expect(titles(spend(100_000))).toEqual(['Group research has spent its ceiling of $1,000']);
  });

  it('is told ahead where the organisation has a forecast, and within its days', () => {
    expect(titles(near)).toEqual([]);
    expect(titles(near, 2)).toEqual([]);
    expect(titles(near, 3)).toEqual([expect.stringMatching(/^Group research reaches its ceiling of \$1,000 on /)]);
  });

  it('is told by what is known, and nothing is told of no group or of none', () => {
    const unknown = { spent: { unknown: 'refused' }, runOut: null } as const;
    expect(titles(spend(100_000, unknown))).toHaveLength(1);
    expect(titles(spend(99_999, unknown))).toEqual([]);
    expect(titles(spend(100_000, { ceiling: null }))).toEqual([]);
    expect(titles(spend(100_000, { group: null }))).toEqual([]);
  });

  it('is told once a window and ceiling', () => {
    const due = (one: GroupSpend, marks = {}) =>
      findDueEvents({ groups: reached(one), complete: new Set(), channels, memory: { marks }, environment: 'e' })
        .tellings;
    const [first] = due(spend(100_000));
    const marks = Object.fromEntries(
      (first?.marks ?? []).map(({ key, mark }) => [key, { ...mark, at: testNow, m: first?.message.id ?? '' }]),
    );
    expect(due(spend(120_000), marks)).toEqual([]);
    expect(due(spend(200_000, { ceiling: 150_000 }), marks)).toHaveLength(1);
    expect(due(spend(120_000, { from: Date.UTC(2026, 11, 1), next: Date.UTC(2027, 0, 1) }), marks)).toHaveLength(1);
  });
});
