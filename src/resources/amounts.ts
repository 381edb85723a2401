/**
 * Amounts, rates, resets and alerts as people write them, and back. Money is whole US cents; every calculation is done on
 * integers, so no amount ever passes through a binary fraction.
 *
 * Law: parse after format is the identity, for every amount that can be written.
 */

import { dropTrailing } from '../drop-trailing.ts';
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

/** Why a text cannot be read, and what to write instead. */
export interface AmountProblem {
  /** Stable diagnostic code. */
  readonly code: string;
  /** Follows the quoted value in a message. */
  readonly problem: string;
}

/** A number as written: digits, thousands commas, decimals, then `k`, `M` or `B`. */
const number = String.raw`(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?([kMB])?`;

/** Sources of regular expressions, shared with the JSON Schema. */
export const amountPatterns = {
  cost: String.raw`^\$${number}$`,
  count: `^${number} (tokens?|requests?)$`,
  rate: `^${number} (tokens?|requests?)/(second|minute|hour|day|week)$`,
  percent: String.raw`^(\d{1,3})%$`,
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
    return typeof amount === 'number' ? { unit: unitOf(count[4]), amount } : amount;
  }
  return { code: 'invalid-amount', problem: adviseAmount(text) };
}

/** `100 requests/minute`, `200k tokens/day`. */
export function parseRate(text: string): Rate | AmountProblem {
  const match = rateText.exec(text);
  if (match === null) return { code: 'invalid-rate', problem: adviseRate(text) };
  const value = scale(match, 0);
  if (typeof value !== 'number') return value;
  return { name: `${unitOf(match[4])}/${match[5] ?? ''}` as RateName, value };
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

/** Digits × 10^shift as a safe integer. Groups of the match: whole part, decimals, suffix. */
function scale(match: RegExpExecArray, shift: number): number | AmountProblem {
  const decimals = dropTrailing(match[2] ?? '', '0');
  const places = shift + (exponents[match[3] ?? ''] ?? 0);
  if (decimals.length > places) {
    return shift === 2
      ? {
          code: 'fraction-of-a-cent',
          problem: 'has a fraction of a cent: write at most two decimals, such as `$1,250.50`',
        }
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
    if (count < size || count % (size / decimals) !== 0) continue;
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

const suffixWords: Readonly<Record<string, string>> = {
  thousand: 'k',
  K: 'k',
  million: 'M',
  mio: 'M',
  mm: 'M',
  m: 'M',
  billion: 'B',
  bn: 'B',
  b: 'B',
  g: 'B',
};

/** What people write instead of an amount, and the answer to it. First match wins. */
const amountAdvice: readonly (readonly [RegExp, (match: RegExpExecArray) => string])[] = [
  [/^-/, () => 'is negative: a budget is at least `$1`, `100 tokens` or `1 request`'],
  [/^([\d,.]+[kMB]?)$/, ([, n]) => `has no unit: write \`$${n}\`, \`${n} tokens\` or \`${n} requests\``],
  [/^(?:US\$|USD|€|EUR|£) ?([\d,.]+)/i, ([, n]) => `is not in US dollars as they are written here: write \`$${n}\``],
  [/^\$? ?([\d,.]+) ?(?:\$|usd|dollars?)$/i, ([, n]) => `has its unit in the wrong place: write \`$${n}\``],
  [/^\$ +(.*)$/, ([, n]) => `has a space after the dollar sign: write \`$${n}\``],
  [
    /^(\$?[\d,.]+) ?(thousand|million|billion|mio|mm|bn|g|K|m|b)\b(.*)$/,
    ([, n, word = '', rest]) =>
      `has an unknown suffix: write \`${n}${suffixWords[word] ?? 'k'}${rest}\` (\`k\`, \`M\` or \`B\`)`,
  ],
  [
    /^([\d,.]+[kMB]?) ?(tok|token|tokens|req|reqs|request|requests|calls?)$/i,
    ([, n, w = '']) => `is not quite an amount: write \`${n} ${/^t/i.test(w) ? 'tokens' : 'requests'}\``,
  ],
  [/\//, () => 'is a rate: write it as `rate:`, or an amount such as `$500` or `2M tokens`'],
  [/%$/, () => 'is a percentage: write an amount, such as `$500` or `2M tokens`'],
];

function adviseAmount(text: string): string {
  return advise(
    amountAdvice,
    text,
    'is no amount: write one with its unit, such as `$500`, `2M tokens` or `10k requests`',
  );
}

const windowWords: Readonly<Record<string, string>> = { s: 'second', m: 'minute', h: 'hour', d: 'day', w: 'week' };

const rateAdvice: typeof amountAdvice = [
  [
    /^([\d,.]+[kMB]?) ?(r|t)p([smhdw])$/i,
    ([, n, type = '', window = '']) =>
      `is the API's spelling: write \`${n} ${/t/i.test(type) ? 'tokens' : 'requests'}/${windowWords[window.toLowerCase()] ?? ''}\``,
  ],
  [/^([\d,.]+[kMB]?)$/, ([, n]) => `has no unit: write \`${n} requests/minute\` or \`${n} tokens/day\``],
  [
    /^([\d,.]+[kMB]?) ?(?:\/|per) ?([a-z]+)$/i,
    ([, n, w = '']) => `does not say of what: write \`${n} requests/${windowWord(w)}\``,
  ],
  [
    /^([\d,.]+[kMB]?) ?(tok|token|tokens|req|reqs|requests?|calls?) ?(?:\/|per|an?|each| )+ ?([a-z]+)$/i,
    ([, n, type = '', w = '']) =>
      `is not quite a rate: write \`${n} ${/^t/i.test(type) ? 'tokens' : 'requests'}/${windowWord(w)}\``,
  ],
  [/^\$/, () => 'is money: a rate counts requests or tokens; write `budget:` to limit money'],
];

function windowWord(word: string): string {
  return windowWords[word.charAt(0).toLowerCase()] ?? 'minute';
}

function adviseRate(text: string): string {
  return advise(rateAdvice, text, 'is no rate: write one such as `100 requests/minute` or `200k tokens/day`');
}

function advise(table: typeof amountAdvice, text: string, otherwise: string): string {
  for (const [pattern, answer] of table) {
    const match = pattern.exec(text);
    if (match !== null) return answer(match);
  }
  return otherwise;
}
