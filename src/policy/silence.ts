/** Maps by the name of a rule: `silence:`, rules that one entry is excused from, and `review.rules`, how severe they are. */

import { nearestName } from '../nearest-name.ts';
import { type RuleName, ruleNames } from '../rule-names.ts';
import { say, writeKey } from './advice.ts';
import type { Shape } from './forms.ts';
import type { FieldNode } from './nodes.ts';
import { quote } from './quote.ts';
import { expectMap } from './reader.ts';
import type { Report } from './report.ts';
import { convert, keywordShape, textShape } from './shapes.ts';

/** Reasons by the name of the rule; the plan prints them. */
export type Silence = Readonly<Record<string, string>>;

export const silenceShape: Shape<Silence> = convert(
  byRule(textShape(255, 'the reason why this finding is accepted here')),
  (reasons) => (Object.keys(reasons).length === 0 ? undefined : reasons),
);

export const ruleSeverities = byRule(keywordShape('off', 'info', 'warning', 'error'));

function byRule<T>(value: Shape<T>): Shape<Readonly<Partial<Record<RuleName, T>>>> {
  return {
    schema: {
      type: 'object',
      propertyNames: { type: 'string', enum: ruleNames },
      additionalProperties: value.schema,
    },
    read: (field, report) => {
      const values = (expectMap(field, report)?.fields ?? []).flatMap((rule) => {
        const read = isRuleName(rule, report) ? value.read(rule, report) : undefined;
        return read === undefined ? [] : [[rule.key, read] as const];
      });
      return Object.fromEntries(values);
    },
  };
}

function isRuleName(field: FieldNode, report: Report): boolean {
  if (ruleNames.some((name) => name === field.key)) return true;
  const near = nearestName(field.key, ruleNames);
  const hint = near === undefined ? 'docs/rules.md lists them by name' : say`did you mean ${writeKey(near)}?`;
  report('unknown-rule', field.at, say`${quote(field.key)} is the name of no rule: ${hint}`);
  return false;
}
