/** Rates, as written at any level. */

import type { Rate } from '../resources/amounts.ts';
import { formatRate, isProblem, parseRate } from '../resources/amounts.ts';
import type { RateWindow } from '../resources/rate-windows.ts';
import {
  adviseNone,
  adviseRate,
  adviseWindow,
  example,
  exampleRates,
  isNoneWord,
  type Sentence,
  say,
  writeRate,
} from './advice.ts';
import { type Form, refuseText, textForm } from './forms.ts';
import { guess } from './guess.ts';
import { asListItem, type LevelGrammar } from './levels.ts';
import type { FieldNode, SourceRange } from './nodes.ts';
import { amountPatterns } from './patterns.ts';
import type { Written } from './reader.ts';
import { expectScalar, isNone, readItems, refuseValue } from './reader.ts';
import type { Report } from './report.ts';

export interface WrittenRate extends Rate {
  readonly at: SourceRange;
}

export function rateForm(level: LevelGrammar): Form {
  const { rate, isZero } = amountPatterns(level);
  const examples = ['100 requests/minute', '200k tokens/day'];
  const windows = level.windows.join(', ');
  const message = `write a count of requests or tokens and a window (${windows}), such as 100 requests/minute`;
  return textForm(rate, message, examples, refuseText(isZero, 'too small: write 1 request or token at least'));
}

/**
 * The fields `rate` and `rates` of one map.
 *
 * @returns null for `none`, undefined where neither is written
 */
export function readRates(
  written: Written,
  level: LevelGrammar,
  report: Report,
): readonly WrittenRate[] | null | undefined {
  const one = written.get('rate');
  const several = written.get('rates');
  if (one !== undefined && several !== undefined) {
    report('rate-and-rates', one.at, '`rate` beside `rates`: move it into the list');
  }
  const field = several ?? one;
  if (field === undefined) return undefined;
  if (isNone(field.node)) return null;
  const list = say`a list such as ${example('[100 requests/minute]')}`;
  const items = several === undefined ? [field] : readItems(field, list, report);
  const place =
    several === undefined
      ? { ...level, hasBudget: written.has('budget') || written.has('budgets') }
      : asListItem(level);
  const rates = items.flatMap((item) => {
    const rate = readRate(item, place, report);
    return rate === undefined ? [] : [{ ...rate, at: one === undefined ? item.at : field.at }];
  });
  checkTogether(rates, report);
  return rates;
}

function readRate(field: FieldNode, level: LevelGrammar, report: Report): Rate | undefined {
  const node = expectScalar(field, say`a rate such as ${exampleRates()}`, report);
  if (node === undefined) return undefined;
  const { text } = node;
  const refuse = (code: string, said: Sentence) => refuseValue(field, code, said, report);
  if (isNoneWord(text)) {
    return refuse('invalid-rate', say`is not a rate: ${adviseNone(level, 'rate')}`);
  }
  const rate = parseRate(text);
  if (isProblem(rate)) {
    const { code, said } = adviseRate(text, rate, level);
    return refuse(code, said);
  }
  const window = rate.name.split('/')[1] ?? '';
  if (!level.windows.includes(window as RateWindow)) {
    const found = guess(text);
    refuse('rate-window', found === null ? say`has a window that ${level.what} has not` : adviseWindow(found, level));
  } else if (rate.value === 0) {
    // The gateway does not enforce 0, and some documents say that it blocks (docs/service-notes.md#zero-limit).
    const one = writeRate({ name: rate.name, value: 1 });
    refuse('rate-zero', say`is not a rate, the least is ${one}: ${adviseNone(level, 'rate')}`);
  }
  return rate;
}

/**
 * Two rates of a type and window share one counter, and of several token rates only one is charged
 * (docs/service-notes.md#limit-object).
 */
function checkTogether(rates: readonly WrittenRate[], report: Report): void {
  const text = ({ value, name }: WrittenRate) => `\`${formatRate(value, name)}\``;
  const isTokens = ({ name }: WrittenRate) => name.startsWith('tokens/');
  for (const [index, rate] of rates.entries()) {
    const before = rates.slice(0, index);
    const same = before.find(({ name }) => name === rate.name);
    const tokens = isTokens(rate) ? before.find(isTokens) : undefined;
    if (same !== undefined) report('duplicate-rate', rate.at, `${text(rate)} beside ${text(same)}: keep one`);
    else if (tokens !== undefined) {
      const said = `${text(rate)} beside ${text(tokens)}: the gateway charges only one rate of tokens: keep one`;
      report('two-token-rates', rate.at, said);
    }
  }
}
