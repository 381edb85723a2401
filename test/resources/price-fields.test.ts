/** Prices as numbers of the service and as text of people. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decimalOf, formatFactor, formatOwnPrice } from '../../src/resources/price-fields.ts';

it('are decimals without loss, however small or large', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = decimalOf(value);
      expect(text).toMatch(/^(0|[1-9]\d*)(\.\d*[1-9])?$/);
      expect(Number(text)).toBe(value === 0 ? 0 : value);
      expect(text === '0').toBe(value === 0);
    }),
  );
  expect([decimalOf(-1), decimalOf(Number.NaN), decimalOf('1'), decimalOf(Number.POSITIVE_INFINITY)]).toEqual(
    Array(4).fill(null),
  );
});

it('read as what they are', () => {
  expect(formatFactor(decimalOf(1e-30))).toBe('×1e-30');
  expect(formatFactor(decimalOf(0.000001))).toBe('×0.000001');
  expect(formatOwnPrice({ input: decimalOf(1e-30) ?? '', output: '0' })).toBe(
    'input $1e-30, output free per 1M tokens',
  );
  expect(formatOwnPrice({ input: '1234.5', output: '10' })).toBe('input $1,234.50, output $10 per 1M tokens');
});
