/** `silence:`: rules that one entry is excused from, each with the reason that the plan prints. */

import { nearestName } from '../nearest-name.ts';
import { ruleNames } from '../rule-names.ts';
import { say, writeKey } from './advice.ts';
import type { FieldNode } from './nodes.ts';
import { quote } from './quote.ts';
import type { Report } from './reader.ts';
import { expectMap, readText } from './reader.ts';

/** Reasons by the name of the rule. */
export type Silence = Readonly<Record<string, string>>;

export function readSilence(field: FieldNode | undefined, report: Report): Silence | undefined {
  if (field === undefined) return undefined;
  const reasons = (expectMap(field, report)?.fields ?? []).flatMap((rule) => {
    const reason = readText(rule, 'the reason why this finding is accepted here', report, 255);
    return isRuleName(rule, report) && reason !== undefined ? [[rule.key, reason] as const] : [];
  });
  return reasons.length === 0 ? undefined : Object.fromEntries(reasons);
}

/** Reports a key that is the name of no rule. */
export function isRuleName(field: FieldNode, report: Report): boolean {
  if (ruleNames.some((name) => name === field.key)) return true;
  const near = nearestName(field.key, ruleNames);
  const hint = near === undefined ? 'docs/rules.md lists them by name' : say`did you mean ${writeKey(near)}?`;
  report('unknown-rule', field.at, say`${quote(field.key)} is the name of no rule: ${hint}`);
  return false;
}
