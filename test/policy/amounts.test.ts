import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { adviseRate } from '../../src/policy/advice.ts';
import { levelGrammars } from '../../src/policy/levels.ts';
import {
  alertFromPercent,
  formatAlert,
  formatAmount,
  formatRate,
  formatReset,
  isProblem,
  parseAmount,
  parsePercent,
  parseRate,
  parseReset,
} from '../../src/resources/amounts.ts';
import type { RateName, Reset, Unit } from '../../src/resources/types.ts';

const unit = fc.constantFrom<Unit>('cost', 'tokens', 'requests');
const amount = fc.oneof(
  fc.nat({ max: 100_000 }),
  fc.maxSafeNat(),
  fc.tuple(fc.integer({ min: 1, max: 999 }), fc.constantFrom(1e3, 1e5, 1e6, 1e9, 1e10)).map(([n, size]) => n * size),
);

describe('laws', () => {
  it('reads every amount that it prints', () => {
    fc.assert(
      fc.property(amount, unit, (n, u) => {
        expect(parseAmount(formatAmount(n, u))).toEqual({ unit: u, amount: n });
      }),
    );
  });

  it('reads every rate that it prints', () => {
    const name = fc
      .tuple(fc.constantFrom('tokens', 'requests'), fc.constantFrom('second', 'minute', 'hour', 'day', 'week'))
      .map(([type, window]) => `${type}/${window}` as RateName);
    fc.assert(
      fc.property(amount, name, (value, n) => {
        expect(parseRate(formatRate(value, n))).toEqual({ name: n, value });
      }),
    );
  });

  it('reads every reset that it prints', () => {
    const reset = fc.oneof(
      fc.constantFrom<Reset>('monthly', 'weekly', 'never'),
      fc.integer({ min: 1, max: 365 }).map((days): Reset => `every ${days} days`),
    );
    fc.assert(
      fc.property(reset, (r) => {
        expect(parseReset(formatReset(r))).toBe(r);
      }),
    );
  });

  it('prints an alert as something that means the same number', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: 1e12 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        unit,
        fc.boolean(),
        (limit, share, u, whole) => {
          const step = u === 'cost' && whole ? 100 : 1;
          const alert = Math.max(step, Math.floor((limit * share) / step) * step);
          const text = formatAlert(alert, limit, u, whole);
          const percent = parsePercent(text);
          const read =
            percent === null ? parseAmount(text) : { unit: u, amount: alertFromPercent(percent, limit, u, whole) };
          expect(read).toEqual({ unit: u, amount: alert });
        },
      ),
    );
  });

  it('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseAmount(text);
        parseRate(text);
        parseReset(text);
      }),
    );
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), unit, (n, u) => {
        expect(formatAmount(n, u)).toMatch(/^-?(\$|\d)/);
      }),
    );
  });
});

test.each([
  ['$500', { unit: 'cost', amount: 50_000 }],
  ['$1,250.50', { unit: 'cost', amount: 125_050 }],
  ['$2k', { unit: 'cost', amount: 200_000 }],
  ['$1.5k', { unit: 'cost', amount: 150_000 }],
  ['$1.2345k', { unit: 'cost', amount: 123_450 }],
  ['$0.10', { unit: 'cost', amount: 10 }],
  ['$4.35', { unit: 'cost', amount: 435 }],
  ['$1.500k', { unit: 'cost', amount: 150_000 }],
  ['2M tokens', { unit: 'tokens', amount: 2_000_000 }],
  ['1.5B tokens', { unit: 'tokens', amount: 1_500_000_000 }],
  ['250k tokens', { unit: 'tokens', amount: 250_000 }],
  ['1 token', { unit: 'tokens', amount: 1 }],
  ['1 tokens', { unit: 'tokens', amount: 1 }],
  ['10k requests', { unit: 'requests', amount: 10_000 }],
  ['1,000 requests', { unit: 'requests', amount: 1000 }],
])('parseAmount %s', (text, expected) => expect(parseAmount(text)).toEqual(expected));

test.each([
  ['500', 'invalid-amount'],
  ['5OO', 'invalid-amount'],
  ['$', 'invalid-amount'],
  ['$5 00', 'invalid-amount'],
  ['$1,00', 'invalid-amount'],
  ['$-5', 'invalid-amount'],
  ['-$5', 'invalid-amount'],
  ['€500', 'invalid-amount'],
  ['$500.0051', 'fraction-of-a-cent'],
  ['$1.500', 'invalid-amount'],
  ['$0.500', 'invalid-amount'],
  ['500.000 tokens', 'invalid-amount'],
  ['$0,500', 'invalid-amount'],
  ['$1.234567k', 'fraction-of-a-cent'],
  ['1.5 tokens', 'fraction-of-a-count'],
  ['1.2345k tokens', 'fraction-of-a-count'],
  ['$99999999999999999', 'amount-too-large'],
  ['9007199254740993 tokens', 'amount-too-large'],
  ['2M', 'invalid-amount'],
  ['2m tokens', 'invalid-amount'],
  ['2 M tokens', 'invalid-amount'],
  ['', 'invalid-amount'],
])('parseAmount refuses %j as %s', (text, code) => {
  const result = parseAmount(text);
  expect(isProblem(result) && result.code).toBe(code);
});

test.each([
  ['10000 rpm', '10000 requests/minute'],
  ['10k tpd', '10k tokens/day'],
  ['5/min', '5 requests/minute'],
  ['100 requests per hour', '100 requests/hour'],
  ['100', '100 requests/minute'],
])('parseRate answers %s with %s', (text, advice) => {
  const result = parseRate(text);
  if (!isProblem(result)) throw new Error(`${text} is a rate`);
  const { said } = adviseRate(text, result, levelGrammars['usage-policy']);
  expect(said.advice.map(({ write }) => write)).toContain(advice);
});

test.each([
  [50_000, 'cost', '$500'],
  [125_050, 'cost', '$1,250.50'],
  [5, 'cost', '$0.05'],
  [1000.5, 'cost', '$10.005'],
  [0.5, 'cost', '$0.005'],
  [-2500, 'cost', '-$25'],
  [1, 'tokens', '1 token'],
  [0, 'tokens', '0 tokens'],
  [2_000_000, 'tokens', '2M tokens'],
  [1_250_000, 'tokens', '1.25M tokens'],
  [1_234_567, 'tokens', '1,234,567 tokens'],
  [2500, 'requests', '2.5k requests'],
  [1_005_000_000, 'tokens', '1,005,000,000 tokens'],
  [10.5, 'requests', '10.5 requests'],
] as const)('formatAmount %d %s', (n, u, text) => expect(formatAmount(n, u)).toBe(text));

test.each([
  [40_000, 50_000, 'cost', false, '80%'],
  [33_333, 100_000, 'cost', false, '$333.33'],
  [26_600, 33_300, 'cost', true, '80%'],
  [26_640, 33_300, 'cost', false, '80%'],
  [null, 100, 'cost', false, 'none'],
  [100, 100, 'tokens', false, '100 tokens'],
  [99.5, 100, 'tokens', false, '99.5 tokens'],
] as const)('formatAlert %d of %d %s, whole %s', (alert, limit, u, whole, text) =>
  expect(formatAlert(alert, limit, u, whole)).toBe(text),
);
