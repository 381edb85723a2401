/**
 * Exact arithmetic for money and paces: fractions of whole numbers, never binary fractions. A week is not a whole number of
 * months, so that $100 a week is 300000/7 cents per 30 days, and stays so until somebody reads it.
 */

/** In lowest terms; the denominator is positive. */
export interface Exact {
  readonly n: bigint;
  readonly d: bigint;
}

/** `41000`, `-3/7`: what an Exact is in JSON. */
export type ExactText = string;

export const zero: Exact = { n: 0n, d: 1n };

export function fraction(n: bigint, d: bigint): Exact {
  const sign = d < 0n ? -1n : 1n;
  const divisor = greatestDivisor(n < 0n ? -n : n, d * sign) || 1n;
  return { n: (n * sign) / divisor, d: (d * sign) / divisor };
}

/** Of a number as the service writes it: its shortest decimal form is taken at its word, so 0.1 is a tenth. */
export function exactOf(value: number): Exact {
  if (!Number.isFinite(value)) throw new RangeError('not a finite number');
  if (Number.isSafeInteger(value)) return { n: BigInt(value), d: 1n };
  const [mantissa = '0', exponent = '0'] = String(value).split('e');
  const [whole = '0', decimals = ''] = mantissa.split('.');
  const shift = Number(exponent) - decimals.length;
  const digits = BigInt(whole + decimals);
  return shift >= 0 ? { n: digits * 10n ** BigInt(shift), d: 1n } : fraction(digits, 10n ** BigInt(-shift));
}

export function add(a: Exact, b: Exact): Exact {
  return fraction(a.n * b.d + b.n * a.d, a.d * b.d);
}

export function subtract(a: Exact, b: Exact): Exact {
  return fraction(a.n * b.d - b.n * a.d, a.d * b.d);
}

export function multiply(a: Exact, b: Exact): Exact {
  return fraction(a.n * b.n, a.d * b.d);
}

/** @param b not zero */
export function divide(a: Exact, b: Exact): Exact {
  return fraction(a.n * b.d, a.d * b.n);
}

/** Negative, zero or positive, as a sort wants it. */
export function compare(a: Exact, b: Exact): number {
  const [left, right] = [a.n * b.d, b.n * a.d];
  return left < right ? -1 : left > right ? 1 : 0;
}

export function total(values: readonly Exact[]): Exact {
  return values.reduce(add, zero);
}

/** The smallest whole number that is not below it. */
export function ceiling({ n, d }: Exact): bigint {
  const quotient = n / d;
  return n % d > 0n ? quotient + 1n : quotient;
}

/** The nearest whole number; halves go away from zero. */
export function round({ n, d }: Exact): bigint {
  return n < 0n ? -round({ n: -n, d }) : (2n * n + d) / (2n * d);
}

/** For a picture or a metric: to a millionth. What is said and computed with stays exact. */
export function toDrawn(value: Exact): number {
  return Number(round(multiply(value, { n: 1_000_000n, d: 1n }))) / 1_000_000;
}

/** As a decimal, for what is not negative: to the nearest of that many places, without zeros at its end. `0.0125`, `100`. */
export function toDecimal(value: Exact, places: number): string {
  const digits = round(multiply(value, { n: 10n ** BigInt(places), d: 1n }))
    .toString()
    .padStart(places + 1, '0');
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`.replace(/\.?0+$/, '');
}

export function toText({ n, d }: Exact): ExactText {
  return d === 1n ? `${n}` : `${n}/${d}`;
}

export function fromText(text: ExactText): Exact {
  const [n = '0', d = '1'] = text.split('/');
  return fraction(BigInt(n), BigInt(d));
}

function greatestDivisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}
