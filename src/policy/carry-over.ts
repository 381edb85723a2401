/** A value that was written for a key of another grammar, as the right key takes it: nobody's numbers are replaced by others. */

import {
  type Amount,
  formatRate,
  formatReset,
  isProblem,
  parseAmount,
  parsePercent,
  parseRate,
  parseReset,
} from '../resources/amounts.ts';
import { isWithinYear } from '../resources/limits.ts';
import type { RateWindow } from '../resources/rate-windows.ts';
import { fitsLevel, guessPercent, writeWholeDollars } from './advice.ts';
import { findPeriods, guess, guessedRatesOf, guessReset } from './guess.ts';
import { asListItem, type LevelGrammar, levelGrammars } from './levels.ts';
import type { FieldNode, Node } from './nodes.ts';
import { patterns } from './patterns.ts';

/** Keys that say what a rate counts and in what time. */
export const rateWord =
  /^(?:max_)?(?:([rt])p([smhdw])|(requests|tokens)_per_(second|minute|hour|day|week))(?:_limit)?$/;

export interface CarriedOver {
  readonly text: string;
  /** Else part of it is nobody's word. */
  readonly isExact: boolean;
  /** Where it is a list. */
  readonly items?: readonly string[];
}

/**
 * What stands behind the right key; null where the value is none for it.
 *
 * @param what whose field it is, in the words of its level
 */
export function carryOver(field: FieldNode, right: string, what: string): CarriedOver | null {
  const { key, node } = field;
  switch (right) {
    case 'budget':
      return exact(amountIn(node, what)) ?? wholeDollarsIn(node);
    case 'rate':
      return exact(rateIn(field, what)) ?? bareRateIn(node);
    case 'rates':
      return listIn(node, (item) => rateIn({ ...field, node: item }, what));
    case 'alert': {
      const alert = exact(node.type === 'scalar' ? alertIn(node.text) : null);
      // The API counts it in the unit of the budget, and nearly everybody else in percent.
      const isEither = key === 'alert_threshold' && node.type === 'scalar' && Number(node.text) >= 1;
      return alert === null ? null : { ...alert, isExact: !isEither };
    }
    case 'reset':
      return exact(node.type === 'scalar' ? resetIn(node.text) : null);
    case 'per':
      return node.type === 'scalar' ? exact(groupIn(node)) : listIn(node, groupIn);
    case 'recipients':
      return listIn(node, addressIn);
    case 'alerts': {
      const list = listIn(node, addressIn);
      return list === null ? null : { text: `{ recipients: ${list.text} }`, isExact: true };
    }
    case 'limits': {
      const rate = rateIn(field, what);
      if (rate !== null) return { text: `{ rate: ${quoteComma(rate)} }`, isExact: true };
      const amount = amountIn(node, what);
      return amount === null ? null : { text: `{ budget: ${quoteComma(amount)}, reset: monthly }`, isExact: false };
    }
    default:
      return null;
  }
}

function exact(text: string | null): CarriedOver | null {
  return text === null ? null : { text, isExact: true };
}

/** Inside braces a comma would end it. */
function quoteComma(text: string): string {
  return text.includes(',') ? JSON.stringify(text) : text;
}

function levelOf(what: string): LevelGrammar {
  const level = Object.values(levelGrammars).find((one) => one.what === what);
  return level ?? asListItem(levelGrammars['workspace-limits']);
}

/** A bare number is in dollars, as the API's own budgets are. */
function readDollars(node: Node): { readonly text: string; readonly amount: Amount } | null {
  if (node.type !== 'scalar') return null;
  const text = typeof node.value === 'number' && guess(node.text)?.numbers.length === 1 ? `$${node.text}` : node.text;
  const amount = parseAmount(text);
  return isProblem(amount) ? null : { text, amount };
}

/** The amount that a value already is. */
export function amountIn(node: Node, what: string): string | null {
  const read = readDollars(node);
  return read !== null && fitsLevel(read.amount, levelOf(what)) ? read.text : null;
}

function wholeDollarsIn(node: Node): CarriedOver | null {
  const amount = readDollars(node)?.amount;
  return amount?.unit === 'cost' && amount.amount >= 100
    ? { text: writeWholeDollars(amount.amount).write, isExact: false }
    : null;
}

/** `60`, `60/min`: of what is not said, or in what time. */
function bareRateIn(node: Node): CarriedOver | null {
  const found = node.type === 'scalar' ? guess(node.text) : null;
  if (found === null || found.unit !== null || found.isPercent || found.isNegative || found.numbers.length !== 1)
    return null;
  const [{ window = 'minute' } = {}] = found.periods;
  const isDaily = window === 'minute' || window === 'hour' || window === 'day';
  const [rate] = isDaily && found.currency === undefined ? guessedRatesOf(found, 'requests', window) : [];
  return rate === undefined || rate.value < 1 ? null : { text: formatRate(rate.value, rate.name), isExact: false };
}

export function rateIn({ key, node }: FieldNode, what: string): string | null {
  if (node.type !== 'scalar') return null;
  const [, letter, short = '', word = letter === 't' ? 'tokens' : 'requests', long] = rateWord.exec(key) ?? [];
  const window = long ?? findPeriods(short === 'm' ? 'minute' : short)[0]?.window;
  const isBare = window !== undefined && /^[\d.,]+ ?[kKmMbB]?$/.test(node.text);
  const text = isBare ? `${node.text.replace(' ', '')} ${word}/${window}` : node.text;
  const rate = parseRate(text);
  const found = isProblem(rate) ? readRate(text) : { text, ...rate };
  const level = levelOf(what);
  const inTime = found?.name.split('/')[1] as RateWindow | undefined;
  return found === null || inTime === undefined || found.value < 1 || !level.windows.includes(inTime)
    ? null
    : found.text;
}

/** Read loosely, where only one reading is possible. */
function readRate(text: string) {
  const found = guess(text);
  if (found === null || found.isPercent || found.isNegative || found.currency !== undefined) return null;
  const [period] = found.periods;
  if (period?.window === undefined || found.periods.length > 1 || found.unit === null || found.unit === 'cost')
    return null;
  const [rate, ...others] = guessedRatesOf(found, found.unit, period.window);
  if (rate === undefined || others.length > 0 || found.numbers.length > 1) return null;
  return { ...rate, text: formatRate(rate.value, rate.name) };
}

function alertIn(text: string): string | null {
  const percent = parsePercent(text) ?? guessPercent(text);
  if (percent !== null) return percent >= 1 && percent <= 99 ? `${percent}%` : null;
  return isProblem(parseAmount(text)) ? null : text;
}

function resetIn(text: string): string | null {
  const reset = parseReset(text) ?? guessReset(text);
  return reset !== null && isWithinYear(reset) ? formatReset(reset) : null;
}

/** A word, or the map that the API has for one. */
function groupIn(node: Node): string | null {
  const inner = node.type === 'map' ? node.fields.find(({ key }) => key === 'key')?.node : node;
  const text = inner?.type === 'scalar' ? inner.text : '';
  return patterns.groupKey.test(text) && /^[\w.-]+$/.test(text) ? text : null;
}

function addressIn(node: Node): string | null {
  const text = node.type === 'scalar' ? node.text : '';
  return patterns.email.test(text.toLowerCase()) && /^[\w.+@-]+$/.test(text) ? text : null;
}

/** A list on one line; a lone value is a list of one. */
function listIn(node: Node, read: (item: Node) => string | null): CarriedOver | null {
  const nodes = node.type === 'list' ? node.items : [node];
  const items = nodes.flatMap((item) => read(item) ?? []);
  if (items.length === 0 || items.length < nodes.length) return null;
  return { text: `[${items.map(quoteComma).join(', ')}]`, isExact: true, items };
}
