/**
 * What a text was probably meant to be: amounts, rates and resets read loosely. Advice is made from it, and nothing else: what
 * is only guessed never becomes a limit.
 */

import type { Amount, Rate } from '../resources/amounts.ts';
import type { RateWindow } from '../resources/rate-windows.ts';
import type { RateName, Reset, Unit } from '../resources/types.ts';

/** A stretch of time as a rate's window, as a budget's reset, or as both. */
export interface Period {
  readonly window?: RateWindow;
  readonly reset?: Reset;
}

export interface Guess {
  /** Usually one; two where `2.500` may be two and a half or two thousand five hundred. */
  readonly numbers: readonly string[];
  /** The number with its suffix as it stands there. */
  readonly written: string;
  /** Power of ten of a suffix. */
  readonly exponent: number;
  /** Null: none is written. */
  readonly unit: Unit | null;
  /** Whether cents are written, not dollars. */
  readonly isCents: boolean;
  /** A currency that is not the US dollar, as written. */
  readonly currency?: string;
  readonly isPercent: boolean;
  readonly isNegative: boolean;
  /** Empty: none is written; two where `m` may be a minute or a month. */
  readonly periods: readonly Period[];
}

const second: Period = { window: 'second' };
const minute: Period = { window: 'minute' };
const hour: Period = { window: 'hour' };
const day: Period = { window: 'day', reset: 'every 1 days' };
const week: Period = { window: 'week', reset: 'weekly' };
const month: Period = { reset: 'monthly' };

/** Whole words only: by its first letter a month would be a minute, which is 43,200 times as much. */
const periodWords: readonly (readonly [words: RegExp, periods: readonly Period[]])[] = [
  [/^(?:s|secs?|seconds?)$/i, [second]],
  [/^(?:mins?|minutes?|minutely)$/i, [minute]],
  [/^m$/i, [minute, month]],
  [/^(?:h|hrs?|hours?|hourly)$/i, [hour]],
  [/^(?:d|days?|daily)$/i, [day]],
  [/^(?:w|wks?|weeks?|weekly)$/i, [week]],
  [/^(?:fortnights?|fortnightly|bi-?weekly)$/i, [{ reset: 'every 14 days' }]],
  [/^(?:mo|mon|mth|months?|monthly)$/i, [month]],
  [/^(?:q|qtr|quarters?|quarterly)$/i, [{ reset: 'every 90 days' }]],
  [/^(?:y|yrs?|years?|yearly|annum|annual|annually|pa)$/i, [{ reset: 'every 365 days' }]],
];

const suffixes: readonly (readonly [words: RegExp, exponent: number])[] = [
  [/^(?:k|thousand|tsd)$/i, 3],
  [/^(?:m|mm|mio|mln|millions?)$/i, 6],
  [/^(?:b|bn|bln|billions?|g)$/i, 9],
];

const unitWords: readonly (readonly [words: RegExp, unit: Unit])[] = [
  [/^(?:\$|usd|dollars?|bucks?)$/i, 'cost'],
  [/^(?:cents?|ct|¢)$/i, 'cost'],
  [/^(?:t|toks?|tokens?)$/i, 'tokens'],
  [/^(?:r|reqs?|requests?|calls?)$/i, 'requests'],
];

const otherCurrency =
  /^(?:€|£|¥|₹|₽|₩|kr|fr|[A-TV-Z]{1,2}\$|eur|euros?|gbp|pounds?|chf|francs?|jpy|yen|inr|rupees?|cny|rmb|cad|aud|nzd|sek|nok|dkk|pln|czk|brl|mxn|sgd|hkd)$/i;

function find<T>(table: readonly (readonly [words: RegExp, value: T])[], word: string): T | undefined {
  return table.find(([words]) => words.test(word))?.[1];
}

export function findPeriods(word: string): readonly Period[] {
  return find(periodWords, word) ?? [];
}

/** Null where the text has words that nobody would expect in an amount or a rate. */
export function guess(text: string): Guess | null {
  // Longer than any amount; what reads below need not be fast then.
  const parts = text.length > 60 ? null : /^([^\d.,]*)([\d.,](?:[\d.,'’_ \u00a0\u202f]*\d)?)(.*)$/s.exec(text.trim());
  if (parts === null) return null;
  const [, before = '', digits = '', after = ''] = parts;
  const isNegative = /[-−]/.test(before);
  const words =
    `${before.replace(/[-+−~]/g, ' ')} ${after}`.match(/[A-Za-z]{1,2}\$|\p{L}+(?:-\p{L}+)?|[^\s\p{L}]/gu) ?? [];
  const found = { exponent: 0, unit: null as Unit | null, isCents: false, isPercent: false, isPer: false };
  let currency: string | undefined;
  let periods: readonly Period[] = [];
  for (const word of words) {
    const wire = /^([rtq])p([smhdw])$/i.exec(word);
    const inPeriod = found.isPer || /ly$/i.test(word) ? find(periodWords, word) : undefined;
    const suffix = found.exponent === 0 && !found.isPer ? find(suffixes, word) : undefined;
    const unit = find(unitWords, word === 'US$' ? '$' : word);
    if (/^(?:\/|per|a|an|each|every)$/i.test(word)) found.isPer = true;
    else if (wire !== null) {
      found.unit = wire[1]?.toLowerCase() === 't' ? 'tokens' : 'requests';
      periods = find(periodWords, wire[2] === 'm' || wire[2] === 'M' ? 'min' : (wire[2] ?? '')) ?? [];
    } else if (inPeriod !== undefined && periods.length === 0) periods = inPeriod;
    else if (suffix !== undefined && found.unit !== 'tokens' && found.unit !== 'requests') found.exponent = suffix;
    else if (otherCurrency.test(word)) currency = word;
    else if (unit !== undefined && !found.isPer && (found.unit === null || found.unit === unit)) {
      found.unit = unit;
      found.isCents = /^(?:c|¢)/i.test(word) && unit === 'cost';
    } else if (/^(?:%|pct|percent)$/i.test(word)) found.isPercent = true;
    else if (!/^(?:of|the|max|up|to|about|approx|only|ai|llm)$/i.test(word)) return null;
  }
  const { isPer, ...rest } = found;
  // `per 5 minutes`, `per fortune`.
  if (isPer && periods.length === 0) return null;
  const numbers = readNumbers(digits, found.exponent > 0);
  const written = digits + (/^[\d.,]+[kMB]/.exec(digits + after)?.[0] ?? '').slice(digits.length);
  return { ...rest, numbers, written, isNegative, periods, ...(currency === undefined ? {} : { currency }) };
}

/**
 * Decimal numbers that a spelling can stand for.
 *
 * | written             | read as              |
 * |---------------------|----------------------|
 * | `2,5` `.5`          | 2.5, 0.5             |
 * | `1.000.000` `1 000` | 1000000, 1000        |
 * | `1.250,50`          | 1250.50              |
 * | `2.500`             | 2.500 or 2500        |
 */
function readNumbers(digits: string, hasSuffix: boolean): readonly string[] {
  const joined = digits.replace(/(?<=\d)[ '’_\u00a0\u202f](?=\d{3}(?!\d))/g, '');
  if (/^\d+$/.test(joined)) return [joined];
  if (!/^\d*(?:[.,]\d+)+$/.test(joined)) return [];
  const signs = joined.match(/[.,]/g) ?? [];
  const last = signs.at(-1);
  const others = new Set(signs.slice(0, -1));
  const groups = joined.split(/[.,]/);
  const whole = groups.slice(0, -1);
  if (others.size > 1 || (whole.length > 1 && !isGrouped(whole))) return [];
  if (last !== undefined && others.has(last)) return isGrouped(groups) ? [groups.join('')] : [];
  const decimal = `${whole.join('') || '0'}.${groups.at(-1) ?? ''}`;
  if (!isGrouped(groups)) return [decimal];
  // The grammar's own commas.
  if (last === ',' && whole.length === 1) return [groups.join('')];
  return hasSuffix ? [decimal] : [decimal, groups.join('')];
}

function isGrouped([first = '', ...rest]: readonly string[]): boolean {
  return /^[1-9]\d{0,2}$/.test(first) && rest.every((group) => group.length === 3);
}

/** The amounts that it can stand for in a unit, those that cannot be counted whole left out. */
export function amountsOf({ numbers, exponent, isCents }: Guess, unit: Unit): readonly Amount[] {
  const shift = exponent + (unit === 'cost' && !isCents ? 2 : 0);
  return numbers.flatMap((number) => {
    const amount = shiftPoint(number, shift);
    return amount === null ? [] : [{ unit, amount }];
  });
}

export function guessedRatesOf(found: Guess, unit: 'tokens' | 'requests', window: RateWindow): readonly Rate[] {
  return amountsOf(found, unit).map(({ amount }) => ({ name: `${unit}/${window}` as RateName, value: amount }));
}

function shiftPoint(decimal: string, places: number): number | null {
  const [whole = '', decimals = ''] = decimal.split('.');
  const beyond = decimals.slice(places);
  if (/[1-9]/.test(beyond)) return null;
  const value = Number(whole + decimals.slice(0, places).padEnd(places, '0'));
  return Number.isSafeInteger(value) ? value : null;
}

/** Days that a word stands for, where no reset has its name. */
const dayCounts: Readonly<Record<string, number>> = { d: 1, w: 7, m: 30, q: 90, y: 365 };

/**
 * The reset that a text stands for, as it is written here; null where nothing is near. A year is the longest.
 *
 * @param text `daily`, `2 weeks`, `every month`, `14`, `P1M`, `lifetime`
 */
export function guessReset(text: string): Reset | null {
  const plain = text
    .trim()
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .replace(/^(?:every|each|per|a|once a|p)(?: |(?=\d))/, '')
    .replace(/^calendar[- _]/, '');
  if (/^(?:none|no|off|false|null|lifetime|once|never ever|nothing)$/.test(plain)) return 'never';
  const [, digits, word] = /^(\d{1,4})[- ]?([a-z]*)$/.exec(plain) ?? ['', '1', plain];
  const count = Number(digits);
  if (word === '24h' || plain === '24h' || plain === '24 hours') return 'every 1 days';
  const period = word === '' ? day : word === 'm' ? month : find(periodWords, word ?? '')?.[0];
  if (period?.reset === undefined) return null;
  if (count === 1 && word !== '') return period.reset;
  const step = /^every (\d+)/.exec(period.reset)?.[1];
  const days = count * (step === undefined ? (dayCounts[period.reset.charAt(0)] ?? 0) : Number(step));
  // Twelve months are a year, and its last five days are nobody's wish.
  const near = period.reset === 'monthly' && count === 12 ? 365 : days;
  return near >= 1 && near <= 365 ? `every ${near} days` : null;
}
