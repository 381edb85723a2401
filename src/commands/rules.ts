import { UserError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { didYouMean } from '../nearest-name.ts';
import { renderRule, renderRuleList } from '../render/rules.ts';
import { allRules } from '../rules/find.ts';
import type { CommandResult, Session } from '../run/session.ts';

/** For somebody who has met a finding: what a rule looks for, why, and what to do. Without a name, all of them. */
export async function runRules(name: string | undefined, session: Session): Promise<CommandResult> {
  if (name === undefined) return { exit: exitCodes.ok, output: renderRuleList(allRules, session.style) };
  // Plans print the short name, and some rules share one.
  const rules = allRules.filter((one) => one.name === name || one.id.toLowerCase() === name.toLowerCase());
  if (rules.length === 0) {
    const names = allRules.map((one) => one.name);
    throw new UserError(`there is no rule "${name}"${didYouMean(name, names)}`, {
      hint: '`tollgate rules` lists them.',
    });
  }
  return { exit: exitCodes.ok, output: rules.map((rule) => renderRule(rule, session.style)).join('\n') };
}
