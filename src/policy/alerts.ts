/** `alert` of a budget: a percentage, an amount, or none. */

import type { Amount } from '../resources/amounts.ts';
import { alertFromPercent, formatAmount, isProblem, parseAmount, parsePercent } from '../resources/amounts.ts';
import {
  adviseAlert,
  fitsBelow,
  type Sentence,
  say,
  smallestAlert,
  writeAmount,
  writeThreshold,
  writeValue,
  writeWholeDollars,
} from './advice.ts';
import { type Form, orNone, textForm } from './forms.ts';
import type { LevelGrammar } from './levels.ts';
import type { FieldNode, ListNode, SourceRange } from './nodes.ts';
import { amountPatterns } from './patterns.ts';
import { expectScalar, isNone, refuseValue } from './reader.ts';
import type { Report } from './report.ts';

/** Null: `none`. */
export type WrittenAlert = { readonly percent: number } | Amount | null;

export function alertForm(level: LevelGrammar): Form {
  const { alert, isZero } = amountPatterns(level);
  const message = 'write a percentage or an amount below the budget, such as 80%';
  return orNone(textForm(alert, message, ['80%', '$400'], isZero));
}

/** @param budget undefined where it cannot be read */
export function readAlert(
  field: FieldNode,
  budget: Amount | undefined,
  level: LevelGrammar,
  report: Report,
): WrittenAlert | undefined {
  if (isNone(field.node)) return null;
  if (field.node.type === 'list') {
    const said = say`\`alert\` is one threshold, not a list: write ${fromList(field.node, budget, level)}`;
    report('not-a-value', field.node.at, said);
    return undefined;
  }
  const node = expectScalar(field, say`a percentage or an amount, such as ${writeThreshold(budget, level)}`, report);
  if (node === undefined) return undefined;
  const percent = parsePercent(node.text);
  if (percent !== null) {
    if (percent >= 1 && percent <= 99) return { percent };
    const said = say`\`${percent}%\` is not between \`1%\` and \`99%\` of the budget: write ${writeThreshold(budget, level)}`;
    report('alert-not-below-budget', node.at, said);
    return undefined;
  }
  const amount = parseAmount(node.text);
  if (!isProblem(amount)) return amount;
  return refuseValue(field, 'invalid-alert', adviseAlert(node.text, budget, level), report);
}

/** The last of several thresholds that could stand alone. */
function fromList({ items }: ListNode, budget: Amount | undefined, level: LevelGrammar) {
  const percents = items.map((item) => (item.type === 'scalar' ? parsePercent(item.text) : null));
  const last = percents.findLast(
    (percent) => percent !== null && percent >= 1 && percent <= 99 && fitsBelow({ percent }, budget, level),
  );
  return last == null ? writeThreshold(budget, level) : writeValue(`${last}%`);
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
    refuse('alert-unit', say`is not in the unit of the budget, \`${limit}\`: write a percentage such as ${example}`);
  } else if (alert.amount >= amount) {
    refuse(
      'alert-not-below-budget',
      say`is not below the budget of \`${limit}\`: write a smaller amount, or ${example}`,
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
