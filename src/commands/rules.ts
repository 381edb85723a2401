import { UserError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { guardNames } from '../guard-names.ts';
import { guards } from '../guards/table.ts';
import { didYouMean } from '../nearest-name.ts';
import { renderGuard, renderRule, renderRuleList } from '../render/rules.ts';
import { allRules } from '../rules/find.ts';
import type { CommandResult, Session } from '../run/session.ts';

/** For somebody who has met a finding, or an objection: what a rule or a guard looks for, why, and what to do. Without a name, all rules. */
export async function runRules(name: string | undefined, session: Session): Promise<CommandResult> {
  if (name === undefined) return { exit: exitCodes.ok, output: renderRuleList(allRules, session.style) };
  // Plans print the short name, and some rules share one.
  const rules = allRules.filter((one) => one.name === name || one.id.toLowerCase() === name.toLowerCase());
  const guard = guardNames.find((one) => one === name);
  if (guard !== undefined) return { exit: exitCodes.ok, output: renderGuard(guard, guards[guard], session.style) };
  if (rules.length === 0) {
    const names = [...allRules.map((one) => one.name), ...guardNames];
    throw new UserError(`there is no rule or guard "${name}"${didYouMean(name, names)}`, {
      hint: '`tollgate rules` lists the rules, docs/guards.md the guards.',
    });
  }
  return { exit: exitCodes.ok, output: rules.map((rule) => renderRule(rule, session.style)).join('\n') };
}
