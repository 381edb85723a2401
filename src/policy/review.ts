/** `review:` as it is written; what it leaves out is filled in where settings are used (guards/review.ts). */

import { compareText } from '../diagnostics.ts';
import { isProblem, parseAmount, parsePercent } from '../resources/amounts.ts';
import type { ReviewSettings } from '../resources/review-settings.ts';
import { requirableFields } from '../resources/review-settings.ts';
import type { Json } from '../resources/types.ts';
import { adviseAmount, example, say, writeValue } from './advice.ts';
import { ceiling } from './levels.ts';
import type { FieldNode } from './nodes.ts';
import { quote } from './quote.ts';
import type { Report } from './reader.ts';
import {
  expectMap,
  expectScalar,
  isAbsent,
  isNone,
  readBoolean,
  readItems,
  readMap,
  readShaped,
  readWord,
} from './reader.ts';
import { type guardsShape, patterns, type reviewShape } from './schema.ts';
import { isRuleName } from './silence.ts';

type Read = (field: FieldNode, report: Report) => Json | undefined;

const word =
  (...words: readonly string[]): Read =>
  (field, report) =>
    readWord(field, words, report);

const readers: Readonly<Record<keyof typeof reviewShape.shape, Read>> = {
  require: (field, report) =>
    readItems(field, 'a list of `alert`, `owner`, `description`', report, { empty: true }).flatMap(
      (item) => readWord(item, requirableFields, report) ?? [],
    ),
  max_monthly_budget: readDollars,
  recipient_domains: (field, report) =>
    readItems(field, say`a list of domains such as ${example('[example.com]')}`, report, { empty: true }).flatMap(
      (item) =>
        readShaped(
          item,
          patterns.domain,
          'invalid-domain',
          say`a domain such as ${example('example.com')}`,
          report,
        )?.toLowerCase() ?? [],
    ),
  unmanaged: word('report', 'fail'),
  show_people: word('names', 'counts'),
  drift: word('safe', 'revert', 'leave'),
  require_reviewed_plan: readBoolean,
  alone: readBoolean,
  guards: readGuards,
  rules: readRules,
};

const guardReaders: Readonly<Record<keyof typeof guardsShape.shape, Read>> = {
  deletes: readCounted,
  updates: readCounted,
  empties_scope: word('on', 'warn', 'off'),
  rewind: word('on', 'warn', 'off'),
  blocks_now: word('on', 'warn', 'off'),
  spend_up: readSpendUp,
  counter_reset: word('on', 'warn', 'off'),
  impact_unknown: word('on', 'warn', 'off'),
};

export function readReview(field: FieldNode | undefined, report: Report): ReviewSettings {
  const written = field === undefined || isAbsent(field.node) ? {} : readWith(readers, field, '`review`', report);
  // The readers are those of its members.
  return canonical(written) as ReviewSettings;
}

function readGuards(field: FieldNode, report: Report): Json | undefined {
  return isAbsent(field.node) ? undefined : readWith(guardReaders, field, '`guards`', report);
}

/** Each known key of a map through its reader. */
function readWith(
  table: Readonly<Record<string, Read>>,
  field: FieldNode,
  what: string,
  report: Report,
): Record<string, Json> {
  const result: Record<string, Json> = {};
  for (const [key, inner] of readMap(field, Object.keys(table), what, report) ?? []) {
    const value = table[key]?.(inner, report);
    if (value !== undefined) result[key] = value;
  }
  return result;
}

/** Whole cents, or null for `none`. */
function readDollars(field: FieldNode, report: Report): Json | undefined {
  if (isNone(field.node)) return null;
  const node = expectScalar(field, say`an amount such as ${[example('$5,000'), example('none')]}`, report);
  if (node === undefined) return undefined;
  const amount = parseAmount(node.text);
  if (!isProblem(amount) && amount.unit === 'cost') return amount.amount;
  const { code, said } = isProblem(amount)
    ? adviseAmount(node.text, amount, ceiling)
    : { code: 'unit-not-at-level', said: say`is not in dollars: write an amount such as ${example('$5,000')}` };
  report(code, node.at, say`\`${field.key}\`: ${quote(node.text)} ${said}`);
  return undefined;
}

/** `on`, `off`, or more than `count` and more than `percent`; a part that is left out keeps its default. */
function readCounted(field: FieldNode, report: Report): Json | undefined {
  if (field.node.type !== 'map') return readWord(field, ['on', 'off'], report);
  const written = readMap(field, ['count', 'percent'], `\`${field.key}\``, report);
  const numbers = [...(written ?? [])].flatMap(([key, inner]) => {
    const value = readWhole(inner, key === 'percent' ? 100 : 1_000_000, report);
    return value === undefined ? [] : [[key, value] as const];
  });
  return Object.fromEntries(numbers);
}

function readWhole(field: FieldNode, max: number, report: Report): number | undefined {
  const node = expectScalar(field, 'a whole number', report);
  if (node === undefined) return undefined;
  if (typeof node.value === 'number' && Number.isInteger(node.value) && node.value >= 0 && node.value <= max)
    return node.value;
  report(
    'invalid-number',
    node.at,
    `\`${field.key}\`: ${quote(node.text)} is no whole number from 0 to ${max}: write one without a unit`,
  );
  return undefined;
}

function readSpendUp(field: FieldNode, report: Report): Json | undefined {
  const { node } = field;
  if (node.type === 'scalar' && /^\d{1,4} ?%$/.test(node.text))
    return { percent: parsePercent(node.text) ?? Number.parseInt(node.text, 10) };
  if (node.type === 'scalar' && /^\d{1,4}$/.test(node.text)) {
    report(
      'invalid-number',
      node.at,
      say`\`spend_up\`: ${quote(node.text)} has no unit: write ${writeValue(`${node.text}%`)}`,
    );
    return undefined;
  }
  return readWord(field, ['on', 'warn', 'off'], report);
}

function readRules(field: FieldNode, report: Report): Json {
  const rules = (expectMap(field, report)?.fields ?? []).flatMap((rule) => {
    if (!isRuleName(rule, report)) return [];
    const severity = readWord(rule, ['off', 'info', 'warning', 'error'], report);
    return severity === undefined ? [] : [[rule.key, severity] as const];
  });
  return Object.fromEntries(rules);
}

/** Keys in code-unit order, sets sorted: equal settings are equal text. */
function canonical(settings: Record<string, Json>): Json {
  const sort = (value: Json): Json => {
    if (Array.isArray(value)) return [...new Set(value as string[])].sort(compareText);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value)
        .sort(([a], [b]) => compareText(a, b))
        .map(([key, inner]) => [key, sort(inner)]),
    );
  };
  return sort(settings);
}
