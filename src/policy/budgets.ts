/** Budgets with their reset and alert, as written at any level. */

import type { Advice } from '../diagnostics.ts';
import type { Amount } from '../resources/amounts.ts';
import { formatAmount, isProblem, parseAmount } from '../resources/amounts.ts';
import type { Reset } from '../resources/types.ts';
import { withoutAbsent } from '../without-absent.ts';
import {
  adviseAmount,
  adviseNone,
  exampleAmounts,
  exampleOf,
  fitsLevel,
  isNoneWord,
  type Sentence,
  say,
  smallestBudgets,
  writeWholeDollars,
} from './advice.ts';
import { normalizeAlert, normalizeThresholds, readAlert, type WrittenAlerting } from './alerts.ts';
import { type Form, refuseText, textForm } from './forms.ts';
import type { LevelGrammar } from './levels.ts';
import { type FieldNode, isEmpty, type SourceRange } from './nodes.ts';
import { amountPatterns } from './patterns.ts';
import type { Written } from './reader.ts';
import { expectScalar, isNone, refuseValue } from './reader.ts';
import type { Report } from './report.ts';
import { resetOfBudget } from './resets.ts';

export interface WrittenBudget extends Amount, WrittenAlerting {
  readonly reset: Reset;
  /** ISO date-time at midnight UTC. */
  readonly starting?: string;
  readonly places: { readonly budget: SourceRange; readonly reset?: SourceRange; readonly alert?: SourceRange };
}

export function budgetForm(level: LevelGrammar): Form {
  const { budget, tooSmall } = amountPatterns(level);
  const examples = ['$500', level.wholeUnits ? '$1,250' : '$1,250.50', '2M tokens'];
  const message = 'write an amount with its unit, such as $500, $2,500 or 2M tokens';
  const smallest = level.units.map((unit) => formatAmount(smallestBudgets[unit], unit)).join(' or ');
  return textForm(budget, message, examples, refuseText(tooSmall, `too small: write ${smallest} at least`));
}

/**
 * The fields `budget`, `reset` and `alert` of one map.
 *
 * @returns null for `budget: none`, undefined where no budget is written or it cannot be read
 */
export function readBudget(written: Written, level: LevelGrammar, report: Report): WrittenBudget | null | undefined {
  const fields = { budget: written.get('budget'), reset: written.get('reset'), alert: written.get('alert') };
  const { budget } = fields;
  // One policy holds one limit: which of them was meant is said once, by who reads its form.
  const rateBeside = level.form === 'policy' ? written.get('rate') : undefined;
  const isLimited = budget !== undefined && !isNone(budget.node);
  const amount = isLimited ? readAmount(budget, level, report) : undefined;
  const reset = fields.reset === undefined ? undefined : resetOfBudget.read(fields.reset, report);
  const alert = fields.alert === undefined ? undefined : readAlert(fields.alert, amount, level, report);
  if (!isLimited) {
    const alone = [fields.reset, fields.alert].filter((field) => field !== undefined);
    const beside = budget !== undefined ? 'budget: none' : rateBeside !== undefined ? 'rate' : null;
    // What is missing is missing once; what is too much, each line of it.
    for (const field of beside === null ? alone.slice(0, 1) : alone) reportAlone(field, beside, level, report);
    return budget === undefined ? undefined : null;
  }
  if (fields.reset === undefined && rateBeside === undefined && !isEmpty(budget.node)) {
    const ways = ['monthly', 'weekly', 'every 14 days', 'never'].map((way) => writeBeside(`reset: ${way}`));
    const said = say`\`budget\` without \`reset\`, which is \`never\` for a lifetime cap: write ${ways}`;
    report('missing-reset', budget.at, said);
  }
  if (amount === undefined) return undefined;
  const result: WrittenBudget = withoutAbsent({
    ...amount,
    reset: reset?.reset ?? 'never',
    starting: reset?.starting,
    ...alert,
    places: withoutAbsent({ budget: budget.at, reset: fields.reset?.at, alert: fields.alert?.at }),
  });
  if (result.thresholds !== undefined) normalizeThresholds(result, level, report);
  else if (fields.alert !== undefined) normalizeAlert(result, level, fields.alert.node.at, report);
  return result;
}

/** A line more in the same map. */
function writeBeside(write: string): Advice {
  return exampleOf({ write, instead: 'beside' });
}

/** `reset` or `alert` where there is no budget for it. */
function reportAlone(field: FieldNode, beside: string | null, level: LevelGrammar, report: Report): void {
  const said =
    beside !== null
      ? say`beside \`${beside}\` has nothing to act on: leave it out`
      : say`without \`budget\`: write ${writeBeside(`budget: ${level.units.includes('cost') ? '$500' : '2M tokens'}`)} beside it`;
  report(`${field.key}-without-budget`, field.at, say`\`${field.key}\` ${said}`);
}

function readAmount(field: FieldNode, level: LevelGrammar, report: Report): Amount | undefined {
  const node = expectScalar(field, say`an amount such as ${exampleAmounts(level)}`, report);
  if (node === undefined) return undefined;
  const { text } = node;
  const refuse = (code: string, said: Sentence) => refuseValue(field, code, said, report);
  if (isNoneWord(text)) {
    return refuse(
      'invalid-amount',
      say`is not an amount, the least is \`${least(level)}\`: ${adviseNone(level, 'budget')}`,
    );
  }
  const amount = parseAmount(text);
  if (isProblem(amount)) {
    const { code, said } = adviseAmount(text, amount, level);
    return refuse(code, said);
  }
  const { unit } = amount;
  if (!level.units.includes(unit)) {
    refuse('unit-not-at-level', say`counts requests, which only a policy limits: write ${exampleAmounts(level)}`);
  } else if (amount.amount < smallestBudgets[unit]) {
    const zero = amount.amount === 0 ? say`, or ${adviseNone(level, 'budget')}` : say``;
    refuse('budget-too-small', say`is too small: the least is \`${formatAmount(smallestBudgets[unit], unit)}\`${zero}`);
  } else if (level.wholeUnits && unit === 'cost' && amount.amount % 100 !== 0) {
    refuse(
      'whole-dollars',
      say`is not in whole dollars, as ${level.what} needs: write ${writeWholeDollars(amount.amount)}`,
    );
  }
  // What is refused judges no alert.
  return fitsLevel(amount, level) ? amount : undefined;
}

function least(level: LevelGrammar): string {
  const [unit = 'cost'] = level.units;
  return formatAmount(smallestBudgets[unit], unit);
}
