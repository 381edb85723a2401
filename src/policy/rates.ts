/** Rates, as written at any level. */

import type { Rate } from '../resources/amounts.ts';
import { formatRate, isProblem, parseRate } from '../resources/amounts.ts';
import type { RateWindow } from '../resources/types.ts';
import type { Level } from './levels.ts';
import type { FieldNode, Place } from './nodes.ts';
import { quote } from './quote.ts';
import type { Report, Written } from './reader.ts';
import { expectScalar, isNone, readItems, shown } from './reader.ts';

export interface WrittenRate extends Rate {
  readonly at: Place;
}

/**
 * The fields `rate` and `rates` of one map.
 *
 * @returns null for `none`, undefined where neither is written
 */
export function readRates(written: Written, level: Level, report: Report): readonly WrittenRate[] | null | undefined {
  const one = written.get('rate');
  const several = written.get('rates');
  if (one !== undefined && several !== undefined) {
    report('rate-and-rates', one.at, '`rate` beside `rates`: move it into the list');
  }
  const field = several ?? one;
  if (field === undefined) return undefined;
  if (isNone(field.node)) return null;
  const items = several === undefined ? [field] : readItems(field, 'a list such as `- 100 requests/minute`', report);
  const rates = items.flatMap((item) => {
    const rate = readRate(item, level, report);
    return rate === undefined ? [] : [{ ...rate, at: one === undefined ? item.at : field.at }];
  });
  checkTogether(rates, report);
  return rates;
}

export function readRate(field: FieldNode, level: Level, report: Report): Rate | undefined {
  const node = expectScalar(field, 'a rate such as `100 requests/minute`', report);
  if (node === undefined) return undefined;
  if (/^(?:off|no|false|unlimited|disabled)$/i.test(node.text)) {
    report('invalid-rate', node.at, `\`${shown(field)}\`: ${quote(node.text)} is no rate: write \`none\` for no rate`);
    return undefined;
  }
  const rate = parseRate(node.text);
  if (isProblem(rate)) {
    const code = rate.code === 'invalid-rate' && /^[\d.,]+[kMB]?$/.test(node.text) ? 'amount-without-unit' : rate.code;
    report(code, node.at, `\`${shown(field)}\`: ${quote(node.text)} ${rate.problem}`);
    return undefined;
  }
  const [unit, window = ''] = rate.name.split('/');
  if (rate.value === 0) {
    // The gateway reads 0 as "not enforced" and some documents say that it blocks (API reference 14.5).
    report('rate-zero', node.at, `${quote(node.text)}: a rate is at least 1; write \`none\` for no rate`);
  } else if (!level.windows.includes(window as RateWindow)) {
    const known = level.windows.map((word) => `\`${unit}/${word}\``).join(', ');
    report('rate-window', node.at, `${quote(node.text)}: ${level.what} has no rates per ${window}: write ${known}`);
  }
  return rate;
}

/** Two rates of a type and window share one counter, and of several token rates only one is charged (API reference 1.11). */
export function checkTogether(rates: readonly WrittenRate[], report: Report): void {
  const seen = new Map<string, WrittenRate>();
  for (const rate of rates) {
    const same = seen.get(rate.name);
    const tokens = rate.name.startsWith('tokens/') ? seen.get('tokens') : undefined;
    if (same !== undefined) {
      report(
        'duplicate-rate',
        rate.at,
        `\`${formatRate(rate.value, rate.name)}\` beside \`${formatRate(same.value, same.name)}\`: keep one`,
      );
    } else if (tokens !== undefined) {
      const said = 'the gateway charges only one rate of tokens: keep one';
      report(
        'two-token-rates',
        rate.at,
        `\`${formatRate(rate.value, rate.name)}\` beside \`${formatRate(tokens.value, tokens.name)}\`: ${said}`,
      );
    }
    if (!seen.has(rate.name)) seen.set(rate.name, rate);
    if (rate.name.startsWith('tokens/') && !seen.has('tokens')) seen.set('tokens', rate);
  }
}
