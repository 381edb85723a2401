/** `alert` of a budget: a percentage, an amount, several of them, or none. */

import type { AlertThreshold } from '../resources/alert-settings.ts';
import type { Amount } from '../resources/amounts.ts';
import { alertFromPercent, formatAmount, isProblem, parseAmount, parsePercent } from '../resources/amounts.ts';
import { withoutAbsent } from '../without-absent.ts';
import {
  adviseAlert,
  example,
  fitsBelow,
  type Sentence,
  say,
  smallestAlert,
  writeAmount,
  writeThreshold,
  writeWholeDollars,
} from './advice.ts';
import { type Form, key, listSchema, mapForm, orNone, refuseText, textForm } from './forms.ts';
import { calledAt, type LevelGrammar } from './levels.ts';
import type { FieldNode, SourceRange } from './nodes.ts';
import { amountPatterns } from './patterns.ts';
import { expectScalar, isNone, readItems, readMap, refuseValue } from './reader.ts';
import { joinRecipients, type Recipient, recipientsKey } from './recipients.ts';
import type { Report } from './report.ts';

/** Null: `none`. */
export type WrittenAlert = { readonly percent: number } | Amount | null;

/** One of several; only there it may be all of the budget. */
export interface WrittenThreshold {
  readonly at: NonNullable<WrittenAlert>;
  readonly recipients?: readonly Recipient[];
  readonly where: SourceRange;
}

/** `alert` is what the service can hold: the only one, or of several the highest below the budget. */
export interface WrittenAlerting {
  readonly alert?: WrittenAlert;
  /** Of a list, as written. */
  readonly thresholds?: readonly WrittenThreshold[];
}

/** Of one budget: a list is looked through as a whole. */
const mostThresholds = 10;

const fullAlert = 100;

export function alertForm(level: LevelGrammar): Form {
  const { alert, threshold, isZero } = amountPatterns(level);
  const message = `write a percentage or an amount below the ${calledAt(level)}, such as 80%, or a list of several`;
  const notZero = refuseText(isZero, 'too small: write 1% at least');
  const one = textForm(threshold, 'write a percentage or an amount, such as 80%', ['80%', '100%'], notZero);
  const items = {
    anyOf: [one.schema, mapForm({ ...thresholdKeys, at: key(one, sayAt, { isRequired: true }) }).schema],
  };
  const list = listSchema(items, message, { minItems: 1, maxItems: mostThresholds });
  return orNone(
    {
      schema: { anyOf: [textForm(alert, message, ['80%', '$400'], notZero).schema, list] },
    },
    message,
  );
}

const sayAt = 'A percentage or an amount; `100%`: the whole budget.';
const thresholdKeys = {
  at: key({ schema: {} }, sayAt),
  recipients: key(recipientsKey, 'Who is told of this threshold, beside the others.'),
};

/** @param budget undefined where it cannot be read */
export function readAlert(
  field: FieldNode,
  budget: Amount | undefined,
  level: LevelGrammar,
  report: Report,
): WrittenAlerting | undefined {
  if (field.node.type === 'list') return readThresholds(field, budget, level, report);
  const alert = readOne(field, budget, level, report);
  return alert === undefined ? undefined : { alert };
}

function readThresholds(
  field: FieldNode,
  budget: Amount | undefined,
  level: LevelGrammar,
  report: Report,
): WrittenAlerting | undefined {
  const items = readItems(field, say`a list such as ${example('[80%, 100%]')}`, report);
  if (items.length > mostThresholds) {
    const said = `\`alert\` has ${items.length} thresholds: at most ${mostThresholds} are told apart, so leave some out`;
    report('too-many-thresholds', field.node.at, said);
    return undefined;
  }
  const thresholds = items.flatMap((item) => readThreshold(item, budget, level, report) ?? []);
  if (thresholds.length === 0) return undefined;
  return withoutAbsent({ alert: highestOf(thresholds, budget, level), thresholds });
}

function readThreshold(
  item: FieldNode,
  budget: Amount | undefined,
  level: LevelGrammar,
  report: Report,
): WrittenThreshold | undefined {
  const written = item.node.type === 'map' ? readMap(item, thresholdKeys, 'a threshold', report) : null;
  if (written === undefined) return undefined;
  const at = written === null ? item : written.get('at');
  if (at === undefined) {
    report(
      'missing-at',
      item.at,
      say`a threshold needs \`at:\`: write ${{ ...example('at: 80%'), instead: 'in-entry' }}`,
    );
    return undefined;
  }
  const recipients = written?.get('recipients');
  const told = recipients === undefined ? undefined : (recipientsKey.read(recipients, report) ?? undefined);
  const isFull = at.node.type === 'scalar' && parsePercent(at.node.text) === fullAlert;
  const read = isFull ? { percent: fullAlert } : readOne(at, budget, level, report);
  if (read === null) {
    report('invalid-alert', at.node.at, '`none` beside other thresholds says nothing: leave it out');
    return undefined;
  }
  return read === undefined ? undefined : withoutAbsent({ at: read, recipients: told, where: at.node.at });
}

/** In the unit of the budget; infinite for all of it. */
function sizeOf({ at }: WrittenThreshold, budget: Amount, { wholeUnits }: LevelGrammar): number {
  if (!('percent' in at)) return at.amount;
  if (at.percent === fullAlert) return Number.POSITIVE_INFINITY;
  return alertFromPercent(at.percent, budget.amount, budget.unit, wholeUnits);
}

function highestOf(
  thresholds: readonly WrittenThreshold[],
  budget: Amount | undefined,
  level: LevelGrammar,
): WrittenAlert | undefined {
  const below = thresholds.filter(({ at }) => !('percent' in at) || at.percent < fullAlert);
  if (budget === undefined) return below.at(-1)?.at;
  const size = (threshold: WrittenThreshold) => sizeOf(threshold, budget, level);
  return below.reduce<WrittenThreshold | undefined>(
    (best, one) => (best === undefined || size(one) > size(best) ? one : best),
    undefined,
  )?.at;
}

/** Several thresholds as they are recorded, ascending; what does not fit the budget is reported. Null: there is one alone, or none. */
export function normalizeThresholds(
  budget: Amount & { readonly thresholds?: readonly WrittenThreshold[] | undefined },
  level: LevelGrammar,
  report: Report,
): readonly AlertThreshold[] | null {
  const { thresholds } = budget;
  if (thresholds === undefined) return null;
  const byAmount = new Map<AlertThreshold['at'], AlertThreshold>();
  for (const { at, recipients, where } of thresholds) {
    const isFull = 'percent' in at && at.percent === fullAlert;
    const value: AlertThreshold['at'] | null | undefined = isFull
      ? 'budget'
      : normalizeAlert({ ...budget, alert: at }, level, where, report);
    if (value === undefined || value === null) continue;
    if (byAmount.has(value)) {
      const shown = value === 'budget' ? '100%' : formatAmount(value, budget.unit);
      report('duplicate-threshold', where, `\`alert\`: \`${shown}\` stands here twice: keep one`);
      continue;
    }
    byAmount.set(value, withoutAbsent({ at: value, recipients: joinRecipients(recipients) }));
  }
  const size = ({ at }: AlertThreshold) => (at === 'budget' ? Number.POSITIVE_INFINITY : at);
  return [...byAmount.values()].sort((a, b) => size(a) - size(b));
}

function readOne(
  field: FieldNode,
  budget: Amount | undefined,
  level: LevelGrammar,
  report: Report,
): WrittenAlert | undefined {
  if (isNone(field.node)) return null;
  const node = expectScalar(field, say`a percentage or an amount, such as ${writeThreshold(budget, level)}`, report);
  if (node === undefined) return undefined;
  const percent = parsePercent(node.text);
  if (percent !== null) {
    if (percent >= 1 && percent <= 99) return { percent };
    const said = say`\`${percent}%\` is not between \`1%\` and \`99%\` of the ${calledAt(level)}: write ${writeThreshold(budget, level)}`;
    report('alert-not-below-budget', node.at, said);
    return undefined;
  }
  const amount = parseAmount(node.text);
  if (!isProblem(amount)) return amount;
  return refuseValue(field, 'invalid-alert', adviseAlert(node.text, budget, level), report);
}

/** What the reader looks at of a budget to judge its alert. */
interface Alerted extends Amount {
  readonly alert?: WrittenAlert;
}

/**
 * The alert in canonical units, null for none, undefined where there is none or it does not fit its budget (reported).
 *
 * @param at where the problem is reported
 */
export function normalizeAlert(
  budget: Alerted,
  level: LevelGrammar,
  at: SourceRange,
  report: Report,
): number | null | undefined {
  const { alert, unit, amount } = budget;
  if (alert === undefined || alert === null) return alert;
  const limit = formatAmount(amount, unit);
  const example = writeThreshold(budget, level);
  if ('percent' in alert) {
    const value = alertFromPercent(alert.percent, amount, unit, level.wholeUnits);
    if (value >= smallestAlert[unit]) return value;
    const whole = unit === 'cost' ? 'a dollar' : `one of the ${unit}`;
    report('alert-too-small', at, say`\`${alert.percent}%\` of \`${limit}\` is less than ${whole}: write ${example}`);
    return undefined;
  }
  const shownAlert = formatAmount(alert.amount, alert.unit);
  const refuse = (code: string, said: Sentence) => report(code, at, say`\`${shownAlert}\` ${said}`);
  if (alert.unit !== unit) {
    refuse(
      'alert-unit',
      say`is not in the unit of the ${calledAt(level)}, \`${limit}\`: write a percentage such as ${example}`,
    );
  } else if (alert.amount >= amount) {
    refuse(
      'alert-not-below-budget',
      say`is not below the ${calledAt(level)} of \`${limit}\`: write a smaller amount, or ${example}`,
    );
  } else if (alert.amount < smallestAlert[unit]) {
    const smallest = { unit, amount: smallestAlert[unit] };
    const fits = fitsBelow(smallest, budget, level);
    refuse('alert-too-small', say`is too small: write ${fits ? writeAmount(smallest) : example}`);
  } else if (level.wholeUnits && unit === 'cost' && alert.amount % 100 !== 0) {
    refuse(
      'whole-dollars',
      say`is not in whole dollars, as ${level.what} needs: write ${writeWholeDollars(alert.amount)}`,
    );
  } else {
    return alert.amount;
  }
  return undefined;
}
