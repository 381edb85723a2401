/** `reset` of a budget, on one line or as a window with its first day. */

import { parseDay } from '../instant.ts';
import { parseReset } from '../resources/amounts.ts';
import { daysOfReset, isWithinYear } from '../resources/limits.ts';
import type { Reset } from '../resources/types.ts';
import {
  example,
  exampleOf,
  explainPlaceholder,
  type Sentence,
  say,
  writeField,
  writeReset,
  writeValue,
} from './advice.ts';
import { type Keys, key, mapForm, type Shape, textForm } from './forms.ts';
import { guessReset } from './guess.ts';
import type { FieldNode } from './nodes.ts';
import { dayPattern, everyPattern, patterns, resetPattern } from './patterns.ts';
import { expectScalar, readMap, readShaped, refuseValue } from './reader.ts';
import type { Report } from './report.ts';

export interface WrittenReset {
  readonly reset: Reset;
  /** ISO date-time at midnight UTC. */
  readonly starting?: string;
}

const every = key(
  textForm(everyPattern, 'write a number of days, such as 10 days', ['10 days']),
  'Length of a window, 1 to 365 days.',
  { isRequired: true },
);
const windowKeys: Keys = {
  every,
  starting: key(
    textForm(dayPattern, 'write a day in quotes, such as "2026-12-01"', ['2026-12-01']),
    'First day of the window (UTC). Sent when it is new; it moves by itself afterwards.',
  ),
};

const line = textForm(resetPattern, 'write monthly, weekly, never (a lifetime cap), or days such as every 14 days', [
  'monthly',
  'weekly',
  'never',
  'every 14 days',
]);

/** @param keys of the window */
function resetShape(keys: Keys): Shape<WrittenReset> {
  const window = mapForm(keys);
  return { ...window, schema: { anyOf: [line.schema, window.schema] }, read: readReset };
}

export const resetOfBudget = resetShape(windowKeys);
/** In a list of budgets a window starts on no day of its own. */
export const resetOfListedBudget = resetShape({ every });

function readReset(field: FieldNode, report: Report): WrittenReset | undefined {
  if (field.node.type === 'map') return readWindow(field, report);
  const node = expectScalar(field, say`${exampleResets}`, report);
  if (node === undefined) return undefined;
  const reset = parseReset(node.text);
  if (reset !== null && isWithinYear(reset)) return { reset };
  if (reset !== null) {
    report('reset-days', node.at, adviseDays(reset, 'every '));
    return undefined;
  }
  return refuseValue(field, 'invalid-reset', adviseReset(node.text), report);
}

const exampleResets = ['monthly', 'weekly', 'every 14 days', 'never'].map((text) => example(text));

function adviseReset(text: string): Sentence {
  const left = explainPlaceholder(text);
  const meant = left === null ? guessReset(text) : null;
  if (meant !== null) return say`is not a reset: write ${writeReset(meant)}`;
  const tooLong = /\d/.test(text) ? ', and none is longer than 365 days' : '';
  return say`${left ?? `is not a reset${tooLong}`}: write ${exampleResets}`;
}

function readWindow(field: FieldNode, report: Report): WrittenReset | undefined {
  const written = readMap(field, windowKeys, '`reset`', report);
  const every = written?.get('every');
  const starting = written?.get('starting');
  const date = starting === undefined ? undefined : readDate(starting, report);
  if (every === undefined) {
    const ways = [exampleOf(writeField('reset: every 10 days')), exampleOf(writeField('reset: monthly'))];
    report('invalid-reset', field.at, say`\`reset\` without \`every\`: write ${ways}`);
    return undefined;
  }
  const node = expectScalar(every, say`${example('10 days')}`, report);
  if (node === undefined) return undefined;
  const refuse = (said: Sentence) => refuseValue(every, 'invalid-reset', said, report);
  if (/^(?:monthly|weekly|never)$/.test(node.text)) {
    return refuse(
      say`is a calendar reset and cannot start on a day of its own, as \`reset: ${node.text}\` without \`starting\` does not: write a number of days, such as ${example('30 days')}`,
    );
  }
  const reset = patterns.every.test(node.text) ? parseReset(`every ${node.text}`) : null;
  if (reset === null) {
    const days = daysOf(guessReset(node.text) ?? 'never');
    return refuse(say`is not a number of days: write ${days === null ? example('10 days') : writeValue(days)}`);
  }
  if (!isWithinYear(reset)) {
    report('reset-days', node.at, adviseDays(reset, ''));
    return undefined;
  }
  return { reset, ...(date === undefined ? {} : { starting: date }) };
}

function daysOf(reset: Reset): string | null {
  return reset === 'weekly' ? '7 days' : (/^every (.*)$/.exec(reset)?.[1] ?? null);
}

function adviseDays(reset: Reset, before: 'every ' | ''): Sentence {
  const days = daysOfReset(reset) ?? 0;
  const nearest = writeValue(days < 1 ? `${before}1 day` : `${before}365 days`);
  const ways = before === '' ? [nearest] : [nearest, example('never')];
  return say`${days} days are not between 1 and 365: write ${ways}`;
}

export function readDate(
  field: FieldNode,
  report: Report,
  expected = say`a day, such as ${example('"2026-12-01"')}`,
): string | undefined {
  const text = readShaped(field, patterns.date, 'invalid-date', expected, report);
  if (text === undefined) return undefined;
  const at = parseDay(text);
  if (at !== null) return new Date(at).toISOString();
  return refuseValue(field, 'invalid-date', say`is not a day of the calendar: write ${expected}`, report);
}
