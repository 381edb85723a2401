/** `until:` of an entry: its limit holds before a date, and another one, or none, from that midnight UTC on. */

import type { Advice } from '../diagnostics.ts';
import { example, exampleOf, insteadOfPolicy, type Phrase, say, writeField } from './advice.ts';
import { budgetForm } from './budgets.ts';
import { type Form, type Keys, key, mapForm, onPage, orNone, textForm } from './forms.ts';
import { type LevelGrammar, levelGrammars } from './levels.ts';
import { type FieldNode, isEmpty, type MapNode, type Node, type SourceRange } from './nodes.ts';
import { dayPattern } from './patterns.ts';
import { rateForm } from './rates.ts';
import { expectScalar, isNone, readMap } from './reader.ts';
import type { Report } from './report.ts';
import { readDate } from './resets.ts';

/** @typeParam T the entry as it is read */
export interface WrittenUntil<T> {
  /** `2026-12-15`. */
  readonly date: string;
  readonly at: SourceRange;
  /** The whole entry as it is from then on; `none`: there is no such policy. */
  readonly later: T | 'none';
}

const limitNames = ['budget', 'rate'] as const;
type LimitName = (typeof limitNames)[number];

const sayThen = 'What holds from that day on: an amount, a rate or `none`; `{budget: $500}` where the entry has both.';

/** @param levels of a policy two, as it is a budget or a rate */
function keysOf(budget: LevelGrammar, rate: LevelGrammar): Keys {
  const [budgets, rates] = [budgetForm(budget), rateForm(rate)];
  const both: Keys = {
    budget: key(orNone(budgets), 'The budget from that day on, with the same unit and reset. `none`: no budget.'),
    rate: key(orNone(rates), 'The rate from that day on, of the same unit and window. `none`: no rate.'),
  };
  const message = 'write an amount such as $500, a rate such as 100 requests/minute, or none';
  const some: Form = mapForm(onPage('until.md#writing-it', both), { minProperties: 1 });
  const alternatives = [
    { ...budgets.schema, errorMessage: message },
    { ...rates.schema, errorMessage: message },
    some.schema,
    { title: 'none', type: ['string'], const: 'none', errorMessage: message },
  ];
  const date = key(
    textForm(dayPattern, 'write a day, such as 2026-12-15', ['2026-12-15']),
    'The first day (UTC) on which `then` holds.',
    { isRequired: true },
  );
  const limit: Form = { schema: { anyOf: alternatives }, below: some.below ?? (() => null) };
  // In a literal, `then` would make a promise of it.
  return onPage(
    'until.md#writing-it',
    Object.fromEntries([
      ['date', date],
      ['then', key(limit, sayThen, { isRequired: true })],
    ]),
  );
}

export function untilForm(budget: LevelGrammar, rate: LevelGrammar = budget): Form {
  return mapForm(keysOf(budget, rate));
}

const policyKeys = keysOf(levelGrammars['usage-policy'], levelGrammars['rate-policy']);

interface ReadTwice<T> {
  readonly first: T | undefined;
  readonly until?: WrittenUntil<T>;
}

/**
 * Reads an entry as it is now and, where it says `until:`, as it is from then on: the same entry with other limits, so that whatever is
 * wrong with them is found by the same reader.
 */
export function readTwice<T>(
  field: FieldNode,
  level: LevelGrammar,
  report: Report,
  read: (field: FieldNode, report: Report) => T | undefined,
): ReadTwice<T> {
  const { node } = field;
  const written = node.type === 'map' ? node.fields.find(({ key }) => key === 'until') : undefined;
  if (node.type !== 'map' || written === undefined) return { first: read(field, report) };
  let isWrong = false;
  const noting: Report = (code, at, message, severity = 'error') => {
    isWrong ||= severity === 'error';
    report(code, at, message, severity);
  };
  const first = read({ ...field, node: withoutIdle(node, written) }, noting);
  const said = readUntil(written, node, level, noting);
  // Whatever is wrong with the entry would be said a second time.
  if (isWrong || said === null) return { first };
  const { date, limits } = said;
  if (level.form === 'policy' && Object.values(limits).every(isNone)) {
    return { first, until: { date, at: written.at, later: 'none' } };
  }
  const reportLater: Report = (code, at, message, severity = 'error') => {
    isWrong ||= severity === 'error';
    const { text, advice } = say`from ${date} on: ${message}`;
    // What would be written for the whole entry is written for what it is then.
    const meant = advice.map((one): Advice => (one.instead === 'entry' ? { ...one, instead: 'value' } : one));
    report(code, at, { text: text.replace(insteadOfPolicy, 'for no such policy'), advice: meant }, severity);
  };
  const later = read({ ...field, node: replaceLimits(node, limits) }, reportLater);
  return later === undefined || isWrong ? { first } : { first, until: { date, at: written.at, later } };
}

const idleKeys = ['reset', 'alert'];

/** Of a budget that comes with the date only: beside `budget: none` they are for what `then` says. */
function withoutIdle(node: MapNode, until: FieldNode): MapNode {
  const budget = node.fields.find(({ key }) => key === 'budget');
  if (budget === undefined || !isNone(budget.node) || !bringsBudget(until)) return node;
  return { ...node, fields: node.fields.filter(({ key }) => !idleKeys.includes(key)) };
}

function bringsBudget({ node }: FieldNode): boolean {
  const then = node.type === 'map' ? node.fields.find(({ key }) => key === 'then')?.node : undefined;
  const said = then?.type === 'map' ? then.fields.find(({ key }) => key === 'budget')?.node : then;
  return said !== undefined && !isNone(said);
}

type Limits = Readonly<Partial<Record<LimitName, Node>>>;

function replaceLimits(node: MapNode, limits: Limits): MapNode {
  const dropped = new Set(['until', ...(limits.budget !== undefined && isNone(limits.budget) ? idleKeys : [])]);
  return {
    ...node,
    fields: node.fields
      .filter(({ key }) => !dropped.has(key))
      .map((field) => ({ ...field, node: limits[field.key as LimitName] ?? field.node })),
  };
}

function readUntil(
  field: FieldNode,
  entry: MapNode,
  level: LevelGrammar,
  report: Report,
): { readonly date: string; readonly limits: Limits } | null {
  const { node } = field;
  if (node.type === 'scalar' && !isEmpty(node)) {
    const whole = example(wholeOf(new RegExp(dayPattern).test(node.text) ? node.text : undefined));
    report(
      'not-a-map',
      node.at,
      say`\`until\` says a day and what holds from then on: write ${whole}, or with an amount`,
    );
    return null;
  }
  const written = readMap(field, level.form === 'policy' ? policyKeys : keysOf(level, level), '`until`', report);
  if (written === undefined) return null;
  const [dateField, then] = [written.get('date'), written.get('then')];
  if (dateField === undefined) {
    const whole = writeWhole(undefined, textOf(then));
    report(
      'until-incomplete',
      field.at,
      say`\`until\` without \`date\`, the first day on which \`then\` holds: write ${whole}`,
    );
  }
  if (then === undefined) {
    const whole = writeWhole(textOf(dateField), undefined);
    report(
      'until-incomplete',
      field.at,
      say`\`until\` without \`then\`: write what holds from that day on, ${whole} or with an amount`,
    );
  }
  const date = dateField === undefined ? undefined : readDate(dateField, report, wholeDay);
  const limits = then === undefined ? null : readThen(then, entry, level, report);
  return date === undefined || limits === null ? null : { date: date.slice(0, 10), limits };
}

const wholeDay = say`a whole day in UTC, without a time, such as ${example('2026-12-15')}`;

/** With what is written of it already. */
function wholeOf(date = '2026-12-15', then = 'none'): string {
  return `{ date: ${date}, then: ${then} }`;
}

function writeWhole(date: string | undefined, then: string | undefined): Advice {
  return exampleOf(writeField(`until: ${wholeOf(date, then)}`));
}

function textOf(field: FieldNode | undefined): string | undefined {
  if (field?.node.type !== 'scalar' || isEmpty(field.node)) return undefined;
  const { text } = field.node;
  return /^[\w$.% /-]+$/.test(text) ? text : JSON.stringify(text);
}

function readThen(then: FieldNode, entry: MapNode, level: LevelGrammar, report: Report): Limits | null {
  const find = (name: string) => entry.fields.find(({ key }) => key === name);
  const refuse = (code: string, at: SourceRange, said: Phrase): null => {
    report(code, at, said);
    return null;
  };
  const list = find('budgets') ?? find('rates');
  if (list !== undefined) {
    return refuse(
      'until-list',
      list.at,
      `\`until\` beside \`${list.key}\`: it is about one limit, \`budget\` or \`rate\``,
    );
  }
  const named = limitNames.filter((name) => find(name) !== undefined);
  const [one] = named;
  if (one === undefined) {
    // Of a policy it is said where its form is read.
    if (level.form === 'policy') return null;
    return refuse(
      'until-without-limit',
      then.at,
      '`until` without `budget` or `rate`: write beside it what holds before',
    );
  }
  const limits = then.node.type === 'map' ? readSome(then, named, report) : readOne(then, one, named, report);
  if (limits === null) return null;
  const alert = find('alert');
  if (limits.budget !== undefined && alert?.node.type === 'list') {
    const said = '`until` beside a list under `alert`: who is told of several thresholds does not move by itself';
    return refuse('until-alerts', alert.at, say`${said}: write one ${exampleOf(writeField('alert: 80%'))}`);
  }
  const none = limitNames.find((name) => limits[name] !== undefined && isNone(limits[name]) && isCleared(find(name)));
  return none === undefined ? limits : refuse('until-nothing', then.at, sayNothing);
}

function isCleared(field: FieldNode | undefined): boolean {
  return field !== undefined && isNone(field.node);
}

/** What a date would move nothing by. */
export const sayNothing = '`then` is what holds before the date as well: leave `until` out, or write what it is to be';

function readOne(then: FieldNode, one: LimitName, named: readonly LimitName[], report: Report): Limits | null {
  const ways = [example('{ budget: $500 }'), example('{ budget: $500, rate: 100 requests/minute }')];
  if (isEmpty(then.node) || then.node.type === 'list') {
    expectScalar(then, say`an amount such as ${example('$500')}`, report);
    return null;
  }
  if (named.length === 1) return { [one]: then.node };
  report('until-ambiguous', then.node.at, say`\`then\` beside a budget and a rate: write which of them it is, ${ways}`);
  return null;
}

function readSome(then: FieldNode, named: readonly LimitName[], report: Report): Limits | null {
  const written = readMap(then, someKeys, '`then`', report);
  if (written === undefined) return null;
  const other = [...written.values()].find(({ key }) => !named.includes(key as LimitName));
  if (other !== undefined) {
    report(
      'until-other-limit',
      other.at,
      `\`then\`: this entry has no \`${other.key}\` before the date: write it beside`,
    );
    return null;
  }
  if (written.size === 0) {
    report('until-incomplete', then.at, say`\`then\` is empty: write ${example('$500')}`);
    return null;
  }
  return Object.fromEntries([...written].map(([name, { node }]) => [name, node]));
}

const someKeys: Keys = Object.fromEntries(limitNames.map((name) => [name, key({ schema: {} }, sayThen)]));

/** A unit or a window that moved would be another limit, with a counter of its own. */
export function sayOtherUnit(before: string, then: string): string {
  const [is, was] = [then, before].map((unit) => (unit === 'cost' ? 'dollars' : unit));
  return `\`then\` is in ${is}, and what holds before in ${was}: from the date on it is the same limit, with another amount in ${was}`;
}

/** A protected limit is taken away by a change of its own, and by no date. */
export const sayProtected =
  '`then: none` beside `protect: true`: what is protected is taken away by nobody but a person; write an amount, or take `protect` out';
