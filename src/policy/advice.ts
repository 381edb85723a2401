/**
 * Every text that a diagnostic tells people to write, one function per kind of value. It goes into the message in backticks and
 * into the diagnostic as data, so that both are one, and so that tests can carry it out.
 */

import type { Advice } from '../diagnostics.ts';
import { escapeInvisible } from '../printable.ts';
import type { Amount, Rate } from '../resources/amounts.ts';
import {
  alertFromPercent,
  formatAmount,
  formatRate,
  formatReset,
  isProblem,
  parseAmount,
} from '../resources/amounts.ts';
import { secondsOfWindow } from '../resources/rate-windows.ts';
import type { Reset, Unit } from '../resources/types.ts';
import { looksSecret } from '../secret-shape.ts';
import { amountsOf, type Guess, guess, guessedRatesOf, type Period } from './guess.ts';
import { calledAt, type LevelGrammar } from './levels.ts';

/** A message, or a part of one, with the advice in it. */
export interface Sentence {
  readonly text: string;
  readonly advice: readonly Advice[];
}

export type Phrase = string | Sentence;

/** A sentence of texts, advice (lists of it read "a, b or c") and other sentences. */
export function say(
  texts: TemplateStringsArray,
  ...parts: readonly (Phrase | number | Advice | readonly Advice[])[]
): Sentence {
  const sentences = parts.map(toSentence);
  return {
    text: texts.map((text, index) => text + (sentences[index]?.text ?? '')).join(''),
    advice: sentences.flatMap((sentence) => sentence.advice),
  };
}

function toSentence(part: Phrase | number | Advice | readonly Advice[]): Sentence {
  if (typeof part === 'string' || typeof part === 'number') return { text: String(part), advice: [] };
  if ('text' in part) return part;
  // A value that looks like a secret is repeated by nobody, advice included.
  const advice = ('write' in part ? [part] : part).filter(({ write }) => !looksSecret(write));
  const shown = advice.map(({ write, also = [] }) =>
    [write, ...also].map((text) => `\`${escapeInvisible(text)}\``).join(' with '),
  );
  return { text: shown.join(', ').replace(/, ([^,`]*`[^`]*`(?: with `[^`]*`)?)$/, ' or $1'), advice };
}

export function textOfPhrase(said: Phrase): string {
  return typeof said === 'string' ? said : said.text;
}

export function writeValue(write: string): Advice {
  return { write, instead: 'value' };
}

export function writeKey(write: string): Advice {
  return { write, instead: 'key' };
}

/** A whole line, key and value. */
export function writeField(write: string, ...also: readonly string[]): Advice {
  return { write, instead: 'field', ...(also.length === 0 ? {} : { also }) };
}

export function exampleOf(advice: Advice): Advice {
  return { ...advice, isExample: true };
}

/** A value that shows the form. */
export function example(write: string): Advice {
  return exampleOf(writeValue(write));
}

/** A text that YAML would read as something else. */
export function writeQuoted(text: string): Advice {
  return writeValue(JSON.stringify(text));
}

export function writeAmount({ amount, unit }: Amount): Advice {
  return writeValue(formatAmount(amount, unit));
}

/** An amount that was guessed, in the words of who wrote it where the grammar takes them. */
function spellAmount(found: Guess, { amount, unit }: Amount): string {
  const noun = amount === 1 ? unit.slice(0, -1) : unit;
  const asWritten = unit === 'cost' ? `$${found.written}` : `${found.written} ${noun}`;
  const read = parseAmount(asWritten);
  if (!isProblem(read) && read.amount === amount) return asWritten;
  // Beside a reading with a point, thousands show best by their comma.
  const isAmbiguous = found.numbers.length > 1 && unit !== 'cost';
  return isAmbiguous ? `${String(amount).replace(/\B(?=(\d{3})+$)/g, ',')} ${noun}` : formatAmount(amount, unit);
}

function spellRate(found: Guess, { value, name }: Rate): string {
  const [unit = '', window = ''] = name.split('/');
  return `${spellAmount(found, { amount: value, unit: unit as Unit })}/${window}`;
}

/** Where only whole dollars are taken: what is over is left out, so that nothing is allowed that was not written. */
export function writeWholeDollars(cents: number): Advice {
  return writeAmount({ unit: 'cost', amount: Math.max(100, cents - (cents % 100)) });
}

export function writeRate({ value, name }: Rate): Advice {
  return writeValue(formatRate(value, name));
}

export function writeReset(reset: Reset): Advice {
  return writeValue(formatReset(reset));
}

/** A budget with its reset, where something else stood for both. */
function writeBudget(amount: string, reset: Reset): Advice {
  return writeField(`budget: ${amount}`, `reset: ${formatReset(reset)}`);
}

/** How "none of it" is written where a budget or a rate is refused: a policy without its limit is none. */
function writeNone(level: LevelGrammar, what: 'budget' | 'rate'): Advice | null {
  if (level.form === 'list' || level.form === 'alone') return null;
  if (level.form === 'policy') return { write: 'none', instead: 'entry' };
  return { ...writeValue('none'), ...(what === 'budget' ? { without: ['reset', 'alert'] } : {}) };
}

/** Smallest budget in canonical units: a dollar, 100 tokens, a request (docs/service-notes.md#minimums). */
export const smallestBudgets: Readonly<Record<Unit, number>> = { cost: 100, tokens: 100, requests: 1 };

/** Smallest alert: 1 on the wire (docs/service-notes.md#limit-object), which is a dollar where the unit is cost. */
export const smallestAlert: Readonly<Record<Unit, number>> = { cost: 100, tokens: 1, requests: 1 };

/** Whether a budget of that amount is accepted there. */
export function fitsLevel({ unit, amount }: Amount, level: LevelGrammar): boolean {
  const isWhole = !(level.wholeUnits && unit === 'cost') || amount % 100 === 0;
  return level.units.includes(unit) && amount >= smallestBudgets[unit] && isWhole;
}

const exampleTexts: Readonly<Record<Unit, string>> = { cost: '$500', tokens: '2M tokens', requests: '10k requests' };

export function exampleAmounts(level: LevelGrammar): readonly Advice[] {
  return level.units.map((unit) => exampleOf(writeValue(exampleTexts[unit])));
}

export function exampleRates(): readonly Advice[] {
  return [exampleOf(writeValue('100 requests/minute')), exampleOf(writeValue('200k tokens/day'))];
}

/** What templates leave behind where nobody filled them in. */
const placeholder = /\$\{|\{\{|^\$[A-Za-z_]\w*$|^<[\w -]+>$|^%\w+%$/;

/** What was written instead of a value: `${BUDGET}`. Null for anything else. */
export function explainPlaceholder(text: string): string | null {
  return placeholder.test(text) ? 'is a placeholder, and variables are not substituted here' : null;
}

/** What people write for "no limit". */
const noneWords = /^(?:off|no|false|null|nil|unlimited|infinite|inf|\.inf|disabled|never|\$?0)$/i;

export function isNoneWord(text: string): boolean {
  return noneWords.test(text);
}

/** Of what has no limit but this one. */
export const insteadOfPolicy = 'behind the name of the policy, or leave the policy out';

/** For a budget of zero and for words that mean no budget. */
export function adviseNone(level: LevelGrammar, what: 'budget' | 'rate'): Sentence {
  const none = writeNone(level, what);
  if (none === null) return say`to have no ${what}, leave it out`;
  return none.instead === 'entry'
    ? say`without its ${what} a policy holds nothing: write ${none} ${insteadOfPolicy}`
    : say`write ${none} for no ${what}${what === 'budget' ? ', without `reset`' : ''}`;
}

interface Told {
  readonly code: string;
  readonly said: Sentence;
}

/** Why a text is not an amount, and what to write; follows the quoted value. */
export function adviseAmount(
  text: string,
  problem: { readonly code: string; readonly problem: string },
  level: LevelGrammar,
): Told {
  const examples = say`write one with its unit, such as ${exampleAmounts(level)}`;
  const plain = (said: Sentence): Told => ({ code: problem.code, said });
  const left = explainPlaceholder(text);
  if (left !== null) return plain(say`${left}: write the amount itself, such as ${exampleAmounts(level)}`);
  if (problem.code === 'amount-too-large') return plain(say`${problem.problem}`);
  const found = guess(text);
  if (found === null) return plain(say`${problem.problem}: ${examples}`);
  if (found.currency !== undefined) {
    return plain(say`is not in US dollars, and another currency is not converted: give the amount in dollars`);
  }
  if (found.isPercent) return plain(say`is a percentage: write an amount, such as ${exampleAmounts(level)}`);
  if (found.isNegative) return plain(say`is negative: write an amount such as ${exampleAmounts(level)}`);
  if (found.periods.length > 0) return plain(advisePeriodic(found, level) ?? say`${problem.problem}: ${examples}`);
  const units = found.unit === null ? level.units : [found.unit];
  const meant = units.flatMap((unit) => amountsOf(found, unit));
  const advice = meant
    .filter((amount) => fitsLevel(amount, level))
    .map((amount) => writeValue(spellAmount(found, amount)));
  if (found.numbers.length > 1) {
    // Of two readings neither is likelier, so both are shown, also where only one could stand here.
    const readings = meant.map((amount) => `\`${spellAmount(found, amount)}\``).join(' or ');
    const tail = advice.length === 0 ? examples : say`write ${advice}`;
    const both = advice.length === meant.length ? 'can be read in two ways' : `can be read as ${readings}`;
    const said = meant.length > 1 ? both : 'has three decimals, which may be thousands';
    const fraction = found.unit === 'cost' ? 'fraction-of-a-cent' : 'fraction-of-a-count';
    return { code: meant.length > 1 ? 'ambiguous-amount' : fraction, said: say`${said}: ${tail}` };
  }
  if (advice.length === 0) return plain(say`${problem.problem}: ${examples}`);
  if (found.unit === null) return { code: 'amount-without-unit', said: say`has no unit: write ${advice}` };
  return plain(say`${problem.code === 'invalid-amount' ? 'is not quite an amount' : problem.problem}: write ${advice}`);
}

/** `$500/month` is a budget with its reset; `1000 requests/minute` beside `budget:` a rate. */
function advisePeriodic(found: Guess, level: LevelGrammar): Sentence | null {
  const units = found.unit === null ? level.units : [found.unit];
  const budgets = budgetsIn(found, units, level, found.periods);
  if (budgets.length > 0) return say`is an amount for a time: write ${budgets}`;
  const rates = ratesFor(found, level);
  if (rates.length === 0 || level.form === 'list' || level.form === 'alone') return null;
  const advice = rates.map(
    (rate): Advice => ({ ...writeField(`rate: ${spellRate(found, rate)}`), without: ['reset', 'alert'] }),
  );
  return say`is a rate: write ${advice} instead, without \`reset\``;
}

function ratesFor(found: Guess, level: LevelGrammar): readonly Rate[] {
  const units = found.unit === 'cost' ? [] : found.unit === null ? (['requests', 'tokens'] as const) : [found.unit];
  return found.periods.flatMap(({ window }) =>
    window === undefined || !level.windows.includes(window)
      ? []
      : units.flatMap((unit) => guessedRatesOf(found, unit, window).filter(({ value }) => value >= 1)),
  );
}

/** Why a text is not a rate, and what to write; follows the quoted value. */
export function adviseRate(
  text: string,
  problem: { readonly code: string; readonly problem: string },
  level: LevelGrammar,
): Told {
  const examples = say`write one such as ${exampleRates()}`;
  const plain = (said: Sentence): Told => ({ code: problem.code, said });
  const left = explainPlaceholder(text);
  if (left !== null) return plain(say`${left}: write the rate itself, such as ${exampleRates()}`);
  if (problem.code === 'amount-too-large') return plain(say`${problem.problem}`);
  const found = guess(text);
  if (found?.isNegative === true) return plain(say`is negative: write a rate such as ${exampleRates()}`);
  if (found === null || found.isPercent) return plain(say`${problem.problem}: ${examples}`);
  if (found.unit === 'cost' || found.currency !== undefined) {
    const [budget] = found.currency === undefined ? budgetsFor(found, level) : [];
    return budget === undefined
      ? plain(say`is money, which \`budget:\` limits, and a rate counts requests or tokens: ${examples}`)
      : plain(say`is money, and a rate counts requests or tokens: write ${budget}`);
  }
  const isBare = found.periods.length === 0;
  const rates = ratesFor(isBare ? { ...found, periods: [{ window: 'minute' }] } : found, level);
  const advice = [
    ...rates.map((rate) => writeValue(spellRate(found, rate))),
    ...(isBare ? [] : budgetsFor(found, level)),
  ];
  if (isBare && found.unit === null && advice.length > 0) {
    return { code: 'amount-without-unit', said: say`has no unit: write ${advice}` };
  }
  if (isBare && advice.length > 0) return plain(say`does not say in what time: write ${advice.map(exampleOf)}`);
  if (!found.periods.some(({ window }) => window !== undefined) && !isBare) return plain(adviseWindow(found, level));
  if (advice.length === 0) return plain(say`${problem.problem}: ${examples}`);
  if (found.numbers.length > 1)
    return { code: 'ambiguous-amount', said: say`can be read in two ways: write ${advice}` };
  if (found.unit === null) return plain(say`does not say of what: write ${advice}`);
  return plain(say`is not quite a rate: write ${advice}`);
}

/** A window that no rate has at this level, or none has at all: the same count as a budget, where one can hold it. */
export function adviseWindow(found: Guess, level: LevelGrammar): Sentence {
  const windows = level.windows
    .map((word) => `\`${word}\``)
    .join(', ')
    .replace(/, ([^,]*)$/, ' or $1');
  const said = `counts in a time that no rate of ${level.what} has, which is ${windows}`;
  const budgets = budgetsFor(found, level);
  if (budgets.length > 0) return say`${said}: write ${budgets}`;
  const longer = longerRatesOf(found, level);
  if (longer.length > 0) return say`${said}: write ${longer}, of which all may come at once`;
  // No advice that would be refused here: where requests have no budget, a policy has.
  const reset = found.periods.find((period) => period.reset !== undefined)?.reset;
  const unit = found.unit ?? 'requests';
  const [amount] = reset === undefined ? [] : amountsOf(found, unit);
  if (amount === undefined || reset === undefined || unit === 'cost') return say`${said}`;
  return say`${said}: a policy can have \`budget: ${spellAmount(found, amount)}\` with \`reset: ${formatReset(reset)}\``;
}

/** As many in the shortest time that the level has, where less was written. */
function longerRatesOf(found: Guess, level: LevelGrammar): readonly Advice[] {
  const [shortest] = [...level.windows].sort((a, b) => secondsOfWindow[a] - secondsOfWindow[b]);
  const units = found.unit === 'cost' ? [] : [found.unit ?? 'requests'];
  return found.periods.flatMap(({ window }) => {
    if (window === undefined || shortest === undefined) return [];
    const times = secondsOfWindow[shortest] / secondsOfWindow[window];
    if (times <= 1) return [];
    return units
      .flatMap((unit) => guessedRatesOf(found, unit, shortest))
      .map(({ name, value }) => ({ name, value: value * times }))
      .filter(({ value }) => value >= 1 && Number.isSafeInteger(value))
      .map(writeRate);
  });
}

/** In place of a rate, what counts the same over a longer time. */
function budgetsFor(found: Guess, level: LevelGrammar): readonly Advice[] {
  if (level.form === 'list' || level.hasBudget) return [];
  const units = found.unit === null ? level.units.filter((unit) => unit !== 'cost') : [found.unit];
  const isRate = ({ window }: Period) =>
    window !== undefined && level.windows.includes(window) && found.unit !== 'cost';
  return budgetsIn(
    found,
    units,
    level,
    found.periods.filter((period) => !isRate(period)),
  );
}

/** The budgets, each with its reset, that were written as an amount in a time. */
function budgetsIn(
  found: Guess,
  units: readonly Unit[],
  level: LevelGrammar,
  periods: readonly Period[],
): readonly Advice[] {
  return periods.flatMap(({ reset }) =>
    (reset === undefined ? [] : units)
      .flatMap((unit) => amountsOf(found, unit))
      .filter((amount) => fitsLevel(amount, level))
      .map((amount) => {
        const text = spellAmount(found, amount);
        return level.form === 'alone' || reset === undefined ? writeValue(text) : writeBudget(text, reset);
      }),
  );
}

/** The thresholds that fit a budget, the usual one first; `none` where its unit is too coarse for any. */
export function writeThreshold(budget: Amount | undefined, level: LevelGrammar): Advice {
  if (budget === undefined) return example('80%');
  const fits = (percent: number) =>
    alertFromPercent(percent, budget.amount, budget.unit, level.wholeUnits) >= smallestAlert[budget.unit];
  const percent = [80, 90, 99].find(fits);
  return exampleOf(writeValue(percent === undefined ? 'none' : `${percent}%`));
}

/** Why a text is not an alert, and what to write; follows the quoted value. */
export function adviseAlert(text: string, budget: Amount | undefined, level: LevelGrammar): Sentence {
  const example = writeThreshold(budget, level);
  const left = explainPlaceholder(text);
  if (left !== null) return say`${left}: write the threshold itself, such as ${example}`;
  if (isNoneWord(text)) return say`is not an alert: write ${writeValue('none')} for no alert`;
  const neither = say`write a whole percentage or an amount below the ${calledAt(level)}, such as ${example}`;
  const percent = guessPercent(text);
  if (percent !== null && fitsBelow({ percent }, budget, level))
    return say`is not an alert: write ${writeValue(`${percent}%`)}`;
  // What is a share of the budget is never an amount.
  const found = isShare(text) ? null : guess(text);
  const units = found?.unit == null ? (budget === undefined ? [] : [budget.unit]) : [found.unit];
  if (found === null || found.currency !== undefined || found.isNegative || found.periods.length > 0)
    return say`is not an alert: ${neither}`;
  const meant = units.flatMap((unit) => amountsOf(found, unit));
  const advice = meant
    .filter((amount) => fitsBelow(amount, budget, level))
    .map((amount) => writeValue(spellAmount(found, amount)));
  // A bare number with a point may be a share as well.
  const isClear = found.unit !== null || meant.length > 1 || found.numbers[0]?.includes('.') !== true;
  if (isClear && advice.length > 0 && advice.length === meant.length) return say`is not an alert: write ${advice}`;
  if (meant.length < 2) return say`is not an alert: ${neither}`;
  const readings = meant.map((amount) => `\`${spellAmount(found, amount)}\``).join(' or ');
  return say`can be read as ${readings}: ${neither}`;
}

function isShare(text: string): boolean {
  return /%|\bp(?:er ?cent|ct|c)\b/i.test(text);
}

/**
 * `80`, `0.8`, `80 percent`, `$80%` → a whole percentage, what is written after the point of one left out; null where it is none
 * of 1 to 99.
 */
export function guessPercent(text: string): number | null {
  const [, digits = ''] = /^[^\d.,−-]*(\d{0,3}(?:[.,]\d{1,2})?)(?!\d)[^\d]*$/.exec(text) ?? [];
  const number = Number(digits === '' ? Number.NaN : digits.replace(',', '.'));
  if (isShare(text)) return number >= 1 && number < 100 ? Math.floor(number) : null;
  if (digits !== text) return null;
  const percent = /^0?[.,]/.test(digits) ? Number(digits.replace(/^0?[.,]/, '').padEnd(2, '0')) : number;
  return Number.isInteger(percent) && percent >= 1 && percent <= 99 ? percent : null;
}

/** Whether an alert is accepted beside that budget. */
export function fitsBelow(
  alert: { readonly percent: number } | Amount,
  budget: Amount | undefined,
  level: LevelGrammar,
): boolean {
  if (budget === undefined) return true;
  if ('percent' in alert) {
    return alertFromPercent(alert.percent, budget.amount, budget.unit, level.wholeUnits) >= smallestAlert[budget.unit];
  }
  const isWhole = !(level.wholeUnits && alert.unit === 'cost') || alert.amount % 100 === 0;
  return (
    alert.unit === budget.unit && alert.amount < budget.amount && alert.amount >= smallestAlert[alert.unit] && isWhole
  );
}
