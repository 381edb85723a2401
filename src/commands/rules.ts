import { UserError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { type GuardName, guardNames } from '../guard-names.ts';
import { guards } from '../guards/table.ts';
import { didYouMean } from '../nearest-name.ts';
import { renderGuard, renderRule, renderRuleList, renderRulesJson } from '../render/rules.ts';
import { allRules } from '../rules/find.ts';
import type { CommandResult, Session } from '../run/session.ts';

export interface RulesOptions {
  readonly format: 'text' | 'json';
}

/** For somebody who has met a finding, or an objection: what a rule or a guard looks for, why, and what to do. Without a name, all rules. */
export async function runRules(
  name: string | undefined,
  session: Session,
  { format }: RulesOptions = { format: 'text' },
): Promise<CommandResult> {
  // Plans print the short name, and some rules share one.
  const isNamed = (one: (typeof allRules)[number]): boolean =>
    one.name === name || one.id.toLowerCase() === name?.toLowerCase();
  const rules = name === undefined ? allRules : allRules.filter(isNamed);
  const named = guardNames.filter((one) => name === undefined || one === name);
  if (rules.length + named.length === 0) {
    const names = [...allRules.map((one) => one.name), ...guardNames];
    throw new UserError(`there is no rule or guard "${name}"${didYouMean(name ?? '', names)}`, {
      hint: '`tollgate rules` lists the rules, docs/guards.md the guards.',
    });
  }
  if (format === 'json') {
    return {
      exit: exitCodes.ok,
      output: renderRulesJson(
        rules,
        named.map((one) => [one, guards[one]] as const),
      ),
    };
  }
  return { exit: exitCodes.ok, output: renderFor(name, rules, named, session) };
}

function renderFor(
  name: string | undefined,
  rules: typeof allRules,
  named: readonly GuardName[],
  { style }: Session,
): string {
  if (name === undefined) return renderRuleList(rules, style);
  const [guard] = named;
  return guard === undefined
    ? rules.map((rule) => renderRule(rule, style)).join('\n')
    : renderGuard(guard, guards[guard], style);
}
