import { describe, expect, it } from 'vitest';
import { nextReset, nextResetAfterChange, type WindowFacts, windowStart } from '../../src/consumption/windows.ts';

const at = (text: string): number => Date.parse(text);
const iso = (moment: number | null | 'unknown'): string | null =>
  typeof moment === 'number' ? new Date(moment).toISOString().slice(0, 16) : moment;
const facts = (now: string, rest: Partial<WindowFacts>): WindowFacts => ({
  reset: 'monthly',
  level: 'policy',
  now: at(now),
  ...rest,
});

describe('next reset and start of the window', () => {
  const cases: [name: string, facts: WindowFacts, start: string | null, next: string | null][] = [
    ['a month', facts('2026-11-20T12:00Z', {}), '2026-11-01T00:00', '2026-12-01T00:00'],
    ['the last instant of a year', facts('2026-12-31T23:59:59.999Z', {}), '2026-12-01T00:00', '2027-01-01T00:00'],
    [
      'the first instant of a month is a new window',
      facts('2026-12-01T00:00Z', {}),
      '2026-12-01T00:00',
      '2027-01-01T00:00',
    ],
    ['February of a leap year', facts('2028-02-29T10:00Z', {}), '2028-02-01T00:00', '2028-03-01T00:00'],
    [
      'a week of a policy ends on Monday',
      facts('2026-11-22T23:00Z', { reset: 'weekly' }),
      '2026-11-16T00:00',
      '2026-11-23T00:00',
    ],
    [
      'a week of a key ends on Sunday',
      facts('2026-11-21T23:00Z', { reset: 'weekly', level: 'limits' }),
      '2026-11-15T00:00',
      '2026-11-22T00:00',
    ],
    [
      'Monday itself begins the week',
      facts('2026-11-23T00:00Z', { reset: 'weekly' }),
      '2026-11-23T00:00',
      '2026-11-30T00:00',
    ],
    [
      'Sunday itself begins the week of a key',
      facts('2026-11-22T00:00Z', { reset: 'weekly', level: 'limits' }),
      '2026-11-22T00:00',
      '2026-11-29T00:00',
    ],
    [
      'a week over the turn of the year',
      facts('2026-12-31T08:00Z', { reset: 'weekly' }),
      '2026-12-28T00:00',
      '2027-01-04T00:00',
    ],
    [
      'N days by what the service says',
      facts('2026-11-20T12:00Z', { reset: 'every 14 days', nextReset: '2026-11-25T00:00:00.000Z' }),
      '2026-11-11T00:00',
      '2026-11-25T00:00',
    ],
    [
      'N days from a date that has passed',
      facts('2026-11-20T12:00Z', { reset: 'every 7 days', nextReset: '2026-11-01T00:00Z' }),
      '2026-11-15T00:00',
      '2026-11-22T00:00',
    ],
    [
      'N days from the last reset',
      facts('2026-11-20T12:00Z', { reset: 'every 10 days', lastReset: '2026-11-15T08:30Z' }),
      '2026-11-15T08:30',
      '2026-11-25T00:00',
    ],
    [
      'N days from the written start',
      facts('2026-11-20T12:00Z', { reset: 'every 10 days', starting: '2026-11-22T00:00Z' }),
      '2026-11-12T00:00',
      '2026-11-22T00:00',
    ],
    ['N days of nobody knows what', facts('2026-11-20T12:00Z', { reset: 'every 10 days' }), 'unknown', 'unknown'],
    ['never', facts('2026-11-20T12:00Z', { reset: 'never' }), null, null],
    [
      'never, reset by hand',
      facts('2026-11-20T12:00Z', { reset: 'never', lastReset: '2026-11-02T00:00Z' }),
      '2026-11-02T00:00',
      null,
    ],
    [
      'a month, reset by hand',
      facts('2026-11-20T12:00Z', { lastReset: '2026-11-10T09:00Z' }),
      '2026-11-10T09:00',
      '2026-12-01T00:00',
    ],
    [
      'a month whose reset the service moved',
      facts('2026-11-20T12:00Z', { nextReset: '2026-11-28T00:00Z' }),
      '2026-11-01T00:00',
      '2026-11-28T00:00',
    ],
  ];
  it.each(cases)('%s', (_name, window, start, next) => {
    expect([iso(windowStart(window)), iso(nextReset(window))]).toEqual([start, next]);
  });
});

describe('next reset after a change', () => {
  const running = facts('2026-11-20T12:00Z', { reset: 'every 14 days', nextReset: '2026-11-25T00:00Z' });
  it('stays where the reset stays', () => {
    expect(iso(nextResetAfterChange(running, { ...running, nextReset: null }))).toBe('2026-11-25T00:00');
  });
  it('is counted from now where it changes', () => {
    const policy = { ...running, level: 'policy' } as const;
    expect(iso(nextResetAfterChange(policy, { ...policy, reset: 'every 10 days' }))).toBe('2026-11-30T00:00');
    expect(iso(nextResetAfterChange(policy, { ...policy, reset: 'weekly' }))).toBe('2026-11-23T00:00');
    expect(iso(nextResetAfterChange(null, running))).toBe('2026-12-04T00:00');
  });
  it('mistakes-G4: is not known of limits, which may keep the end of the old window', () => {
    const limits = { ...running, level: 'limits' } as const;
    expect(nextResetAfterChange(limits, { ...limits, reset: 'every 10 days' })).toBe('unknown');
    expect(nextResetAfterChange(limits, { ...limits, reset: 'never' })).toBeNull();
    expect(iso(nextResetAfterChange({ ...limits, nextReset: null }, { ...limits, reset: 'weekly' }))).toBe(
      '2026-11-22T00:00',
    );
    // Both readings are one.
    expect(
      iso(nextResetAfterChange({ ...limits, nextReset: '2026-11-30' }, { ...limits, reset: 'every 10 days' })),
    ).toBe('2026-11-30T00:00');
  });
  it('is the written start where there is one', () => {
    const starting = '2026-11-28T00:00:00.000Z';
    expect(iso(nextResetAfterChange(running, { ...running, starting }))).toBe('2026-11-28T00:00');
  });
});

describe('what the service or the files say of a reset', () => {
  const instant = '2026-11-20T12:00Z';

  it.each<readonly [string, Partial<WindowFacts>, string | null]>([
    ['ahead: believed', { reset: 'every 10 days', nextReset: '2026-11-23T06:00Z' }, '2026-11-23T06:00'],
    [
      'this very moment: the next one comes after it',
      { reset: 'every 10 days', nextReset: instant },
      '2026-11-30T12:00',
    ],
    ['past: counted on from it', { reset: 'every 10 days', nextReset: '2026-11-15T00:00Z' }, '2026-11-25T00:00'],
    ['of a calendar window, past: the calendar', { nextReset: '2026-11-15T00:00Z' }, '2026-12-01T00:00'],
    ['nothing: nobody can tell', { reset: 'every 10 days' }, 'unknown'],
  ])('next, %s', (_, more, next) => {
    expect(iso(nextReset(facts(instant, more)))).toBe(next);
  });

  it.each<readonly [string, Partial<WindowFacts>, string | null]>([
    ['by hand within the window', { lastReset: '2026-11-10T08:00Z' }, '2026-11-10T08:00'],
    ['this very moment', { lastReset: instant }, '2026-11-20T12:00'],
    ['in the future, which nobody can have done', { lastReset: '2026-11-21T00:00Z' }, '2026-11-01T00:00'],
    ['before the window', { lastReset: '2026-10-10T00:00Z' }, '2026-11-01T00:00'],
  ])('last, %s', (_, more, start) => {
    expect(iso(windowStart(facts(instant, more)))).toBe(start);
  });

  it.each<readonly [string, Partial<WindowFacts>, string | null]>([
    ['ahead', { starting: '2026-11-25T00:00Z' }, '2026-11-25T00:00'],
    ['past: as the reset has it', { starting: '2026-11-15T00:00Z' }, '2026-12-01T00:00'],
    ['this very moment', { starting: instant }, '2026-12-01T00:00'],
    ['for a budget that never resets', { reset: 'never', starting: '2026-11-25T00:00Z' }, null],
  ])('written, %s', (_, more, next) => {
    expect(iso(nextResetAfterChange(null, facts(instant, more)))).toBe(next);
  });

  it('goes on over a change that keeps the period, and starts anew over one that does not', () => {
    const running = facts(instant, { reset: 'every 10 days', nextReset: '2026-11-23T06:00Z' });
    expect(iso(nextResetAfterChange(running, facts(instant, { reset: 'every 10 days' })))).toBe('2026-11-23T06:00');
    expect(iso(nextResetAfterChange(running, facts(instant, { reset: 'every 5 days' })))).toBe('2026-11-25T00:00');
  });
});
