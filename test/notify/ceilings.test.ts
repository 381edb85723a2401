/** Ceilings of groups: told once they are spent, or near that where a forecast is asked for, and of nothing that is not known. */

import { describe, expect, it } from 'vitest';
import type { GroupSpend } from '../../src/consumption/group-spend.ts';
import { exactOf } from '../../src/exact.ts';
import { findDueEvents } from '../../src/notify/due-events.ts';
import { ceilingsReached } from '../../src/notify/due-groups.ts';
import type { Memory } from '../../src/notify/memory.ts';
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
  alert: [],
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

describe('thresholds of a ceiling', () => {
  const alert = [
    { at: 50_000, recipients: ['half@example.com'] },
    { at: 80_000 },
    { at: 'budget', recipients: ['head@example.com'] },
  ] as const;
  const mails = { post: { type: 'mail', host: 'localhost', from: 'a@example.com' } } as const;
  const told = (one: GroupSpend, marks: Memory['marks'] = {}, recipients: readonly string[] = []) => {
    const routeOfPlace = () => ({ ...route, channels: ['post'], recipients });
    const groups = ceilingsReached([one], { routeOfPlace }, words);
    return findDueEvents({ groups, complete: new Set(), channels: mails, memory: { marks }, environment: 'e' })
      .tellings;
  };
  const shown = (tellings: ReturnType<typeof told>) =>
    tellings.map(({ message, to }) => [message.title, to.flatMap((one) => one.recipients)]);
  const remember = (tellings: ReturnType<typeof told>): Memory['marks'] =>
    Object.fromEntries(
      tellings.flatMap(({ marks, message }) =>
        marks.map(({ key, mark }) => [key, { ...mark, at: testNow, m: message.id }]),
      ),
    );

  it('are told to the cent, each to its own people, and the highest names those below it', () => {
    expect(shown(told(spend(49_999, { alert })))).toEqual([]);
    expect(shown(told(spend(50_000, { alert })))).toEqual([
      ['Group research is past $500 of its ceiling of $1,000', ['half@example.com']],
    ]);
    // Nobody but them is mailed where nobody is told of everything.
    expect(shown(told(spend(80_000, { alert: [{ at: 80_000 }] })))).toEqual([]);
    expect(shown(told(spend(100_000, { alert }), {}, ['all@example.com']))).toEqual([
      ['Group research has spent its ceiling of $1,000', ['all@example.com', 'half@example.com', 'head@example.com']],
    ]);
  });

  it('are told once each, and a lower one that comes later counts as told', () => {
    const first = remember(told(spend(60_000, { alert }), {}, ['all@example.com']));
    expect(told(spend(79_999, { alert }), first, ['all@example.com'])).toEqual([]);
    const second = told(spend(85_000, { alert }), first, ['all@example.com']);
    expect(shown(second)).toEqual([['Group research is past $800 of its ceiling of $1,000', ['all@example.com']]]);
    const lower = spend(85_000, { alert: [{ at: 20_000 }, ...alert] });
    expect(told(lower, { ...first, ...remember(second) }, ['all@example.com'])).toEqual([]);
  });

  it('are told to the owner where that is an address', () => {
    const owned = spend(80_000, { alert: [{ at: 80_000 }], owner: 'Jane@example.com' });
    expect(shown(told(owned))).toEqual([
      ['Group research is past $800 of its ceiling of $1,000', ['jane@example.com']],
    ]);
    expect(shown(told(spend(80_000, { alert: [{ at: 80_000 }], owner: '@example/finance' })))).toEqual([]);
  });
});
