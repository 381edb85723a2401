import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { percentOf } from '../../src/consumption/counters.ts';
import { add, ceiling, compare, exactOf, fraction, fromText, multiply, round, toText } from '../../src/exact.ts';
import { formatDelta, formatExact, per30Days } from '../../src/impact/money.ts';

describe('exact arithmetic', () => {
  it('takes a number at its decimal word', () => {
    expect(toText(exactOf(0.1))).toBe('1/10');
    expect(toText(exactOf(41_000.000_001))).toBe('41000000001/1000000');
    expect(toText(exactOf(-2.5))).toBe('-5/2');
    expect(toText(exactOf(1e-7))).toBe('1/10000000');
    expect(toText(exactOf(1.5e21))).toBe('1500000000000000000000');
    expect(() => exactOf(Number.NaN)).toThrow(RangeError);
  });
  it('adds tenths to a whole, which binary fractions do not', () => {
    const tenth = exactOf(0.1);
    expect(toText(Array.from({ length: 10 }, () => tenth).reduce(add))).toBe('1');
  });
  it('rounds halves away from zero, and up for a ceiling', () => {
    expect([round(fraction(5n, 2n)), round(fraction(-5n, 2n)), round(fraction(7n, 3n))]).toEqual([3n, -3n, 2n]);
    expect([ceiling(fraction(5n, 2n)), ceiling(fraction(4n, 2n)), ceiling(fraction(-5n, 2n))]).toEqual([3n, 2n, -2n]);
  });
  it('keeps lowest terms through text', () => {
    const whole = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n });
    fc.assert(
      fc.property(whole, fc.bigInt({ min: 1n, max: 10n ** 12n }), (n, d) => {
        const value = fraction(n, d);
        expect(fromText(toText(value))).toEqual(value);
        expect(value.n * d).toBe(n * value.d);
      }),
    );
  });
});

describe('per 30 days', () => {
  it.each([
    ['monthly', '70000'],
    ['never', '70000'],
    ['weekly', '300000'],
    ['every 1 days', '2100000'],
    ['every 14 days', '150000'],
    ['every 90 days', '70000/3'],
    ['every 365 days', '420000/73'],
  ] as const)('$700 %s', (reset, cents) => {
    expect(toText(per30Days(70_000, reset))).toBe(cents);
  });
  it('comes back exactly: 7 thirtieths of a week are the amount', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 50 }), fc.integer({ min: 1, max: 365 }), (amount, days) => {
        const back = multiply(per30Days(amount, `every ${days} days`), fraction(BigInt(days), 30n));
        expect(compare(back, exactOf(amount))).toBe(0);
      }),
    );
  });
});

describe('what people see', () => {
  it('is rounded to whole cents', () => {
    expect(formatExact(per30Days(10_000, 'weekly'), 'cost')).toBe('$428.57');
    expect(formatDelta(exactOf(25_000), 'cost')).toBe('+$250');
    expect(formatDelta(exactOf(-3050), 'cost')).toBe('-$30.50');
    expect(formatDelta(exactOf(0), 'cost')).toBe('±$0');
  });
  it.each([
    [41_000, 75_000, 55],
    [74_999, 75_000, 99],
    [75_000, 75_000, 100],
    [1, 75_000, 1],
    [0, 75_000, 0],
    [90_000, 75_000, 120],
  ])('%i of %i cents is %i %%', (used, limit, percent) => {
    expect(percentOf(exactOf(used), exactOf(limit))).toBe(percent);
  });
});
