/**
 * Amounts, rates, resets and alerts as people write them, and back. Money is whole US cents; every calculation is done on
 * integers, so no amount ever passes through a binary fraction.
 *
 * Law: parse after format is the identity, for every amount that can be written.
 */

import { dropTrailing } from '../drop-trailing.ts';
import { secondsOfWindow } from './rate-windows.ts';
import type { RateName, Reset, Unit } from './types.ts';

export interface Amount {
  readonly unit: Unit;
  /** Whole US cents, or a count. */
  readonly amount: number;
}

export interface Rate {
  readonly name: RateName;
  readonly value: number;
}

/** Why a text cannot be read. */
export interface AmountProblem {
  /** Stable diagnostic code. */
  readonly code: 'invalid-amount' | 'invalid-rate' | 'fraction-of-a-cent' | 'fraction-of-a-count' | 'amount-too-large';
  /** Follows the quoted value in a message. */
  readonly problem: string;
}

/**
 * A number as written: digits, thousands commas, decimals, then `k`, `M` or `B`. Exactly three decimals without a suffix are
 * no number here: half of the world writes two thousand five hundred as `2.500`.
 */
const number = String.raw`([1-9]\d{0,2}(?:,\d{3})+|\d+)(?:(?:\.(\d+))?([kMB])|\.(\d{1,2}|\d{4,}))?`;

/** Sources of regular expressions, shared with the JSON Schema. */
const amountPatterns = {
  cost: String.raw`^\$${number}$`,
  count: `^${number} (tokens?|requests?)$`,
  rate: `^${number} (tokens?|requests?)/(${Object.keys(secondsOfWindow).join('|')})$`,
  percent: String.raw`^(\d{1,3}) ?%$`,
  reset: String.raw`^(?:monthly|weekly|never|every \d{1,4} days?)$`,
} as const;

const costText = new RegExp(amountPatterns.cost);
const countText = new RegExp(amountPatterns.count);
const rateText = new RegExp(amountPatterns.rate);
const percentText = new RegExp(amountPatterns.percent);

/** Powers of ten. */
const exponents: Readonly<Record<string, number>> = { k: 3, M: 6, B: 9 };

export function isProblem<T extends object>(result: T | AmountProblem): result is AmountProblem {
  return 'problem' in result;
}

/** `$1,250.50` → 125050 cents; `2M tokens` → 2000000. */
export function parseAmount(text: string): Amount | AmountProblem {
  const cost = costText.exec(text);
  if (cost !== null) {
    const amount = scale(cost, 2);
    return typeof amount === 'number' ? { unit: 'cost', amount } : amount;
  }
  const count = countText.exec(text);
  if (count !== null) {
    const amount = scale(count, 0);
    return typeof amount === 'number' ? { unit: unitOf(count[5]), amount } : amount;
  }
  return { code: 'invalid-amount', problem: 'is not an amount' };
}

/** `100 requests/minute`, `200k tokens/day`. */
export function parseRate(text: string): Rate | AmountProblem {
  const match = rateText.exec(text);
  if (match === null) return { code: 'invalid-rate', problem: 'is not a rate' };
  const value = scale(match, 0);
  if (typeof value !== 'number') return value;
  return { name: `${unitOf(match[5])}/${match[6] ?? ''}` as RateName, value };
}

/** `80%` → 80; null for any other text. */
export function parsePercent(text: string): number | null {
  const digits = percentText.exec(text)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** Canonical reset; null for any other text. Does not check the bounds of the days. */
export function parseReset(text: string): Reset | null {
  const days = /^every (\d{1,4}) days?$/.exec(text)?.[1];
  if (days !== undefined) return `every ${Number(days)} days`;
  return text === 'monthly' || text === 'weekly' || text === 'never' ? text : null;
}

export function formatReset(reset: Reset): string {
  return reset === 'every 1 days' ? 'every 1 day' : reset;
}

/** Also formats what cannot be written, such as a live `$10.005`, without rounding it. */
export function formatAmount(amount: number, unit: Unit): string {
  if (amount < 0) return `-${formatAmount(-amount, unit)}`;
  if (unit === 'cost') return `$${formatDollars(amount)}`;
  return `${formatCount(amount)} ${amount === 1 ? unit.slice(0, -1) : unit}`;
}

/** In full, `60,000`: how many there were, which no file says. */
export function formatWhole(count: number): string {
  return groupThousands(String(count));
}

export function formatRate(value: number, name: RateName): string {
  const [unit = '', window = ''] = name.split('/');
  return `${formatCount(value)} ${value === 1 ? unit.slice(0, -1) : unit}/${window}`;
}

/**
 * The amount that a percentage of a budget stands for: rounded down to a whole cent or count, and to a whole dollar where
 * the level holds whole units only.
 */
export function alertFromPercent(percent: number, amount: number, unit: Unit, wholeUnits: boolean): number {
  const step = unit === 'cost' && wholeUnits ? 100n : 1n;
  const exact = (BigInt(amount) * BigInt(percent)) / 100n;
  return Number(exact - (exact % step));
}

/**
 * `80%` where the nearest whole percentage converts back to the same number at that level, else the amount.
 *
 * @param alert null: none
 * @param wholeUnits the level holds whole dollars (keys, workspaces, providers, integrations)
 */
export function formatAlert(alert: number | null, amount: number, unit: Unit, wholeUnits: boolean): string {
  if (alert === null) return 'none';
  if (Number.isSafeInteger(alert) && Number.isSafeInteger(amount) && amount > 0) {
    const percent = Math.round((alert / amount) * 100);
    if (percent >= 1 && percent <= 99 && alertFromPercent(percent, amount, unit, wholeUnits) === alert) {
      return `${percent}%`;
    }
  }
  return formatAmount(alert, unit);
}

/** Digits × 10^shift as a safe integer. Groups of the match: whole part, decimals before a suffix, suffix, decimals without. */
function scale(match: RegExpExecArray, shift: number): number | AmountProblem {
  const decimals = dropTrailing(match[2] ?? match[4] ?? '', '0');
  const places = shift + (exponents[match[3] ?? ''] ?? 0);
  if (decimals.length > places) {
    return shift === 2
      ? { code: 'fraction-of-a-cent', problem: 'has a fraction of a cent' }
      : { code: 'fraction-of-a-count', problem: 'is not a whole number: tokens and requests are counted whole' };
  }
  const digits = `${match[1] ?? ''}`.replaceAll(',', '') + decimals.padEnd(places, '0');
  const value = Number(digits);
  // Above 2^53 the number would not be the one that was written.
  if (!Number.isSafeInteger(value)) return { code: 'amount-too-large', problem: 'is too large to be counted exactly' };
  return value;
}

function unitOf(word: string | undefined): 'tokens' | 'requests' {
  return word?.startsWith('token') ? 'tokens' : 'requests';
}

function formatDollars(cents: number): string {
  if (!Number.isInteger(cents)) {
    const [whole = '0', decimals = ''] = decimalText(cents / 100).split('.');
    return `${groupThousands(whole)}.${decimals.padEnd(2, '0')}`;
  }
  const digits = BigInt(cents).toString().padStart(3, '0');
  const decimals = digits.slice(-2);
  return groupThousands(digits.slice(0, -2)) + (decimals === '00' ? '' : `.${decimals}`);
}

/** Suffix, its size, and the decimals it may carry: `2.5k` and `1.25M` read well, `1.234k` does not. */
const suffixes = [
  ['B', 1_000_000_000, 100],
  ['M', 1_000_000, 100],
  ['k', 1_000, 10],
] as const;

function formatCount(count: number): string {
  if (!Number.isInteger(count)) {
    const [whole = '0', decimals = '0'] = decimalText(count).split('.');
    return `${groupThousands(whole)}.${decimals}`;
  }
  for (const [suffix, size, decimals] of suffixes) {
    if (count < size) continue;
    // The suffix of its own size, or digits: 2,162.7k would be a second way to write 2,162,700.
    if (count % (size / decimals) !== 0) break;
    const tenths = BigInt(count) / BigInt(size / decimals);
    const rest = (tenths % BigInt(decimals))
      .toString()
      .padStart(decimals === 100 ? 2 : 1, '0')
      .replace(/0+$/, '');
    return `${groupThousands((tenths / BigInt(decimals)).toString())}${rest === '' ? '' : `.${rest}`}${suffix}`;
  }
  return groupThousands(BigInt(count).toString());
}

/** Never `1e-7`. */
function decimalText(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toFixed(12).replace(/0+$/, '') : text;
}

function groupThousands(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}
