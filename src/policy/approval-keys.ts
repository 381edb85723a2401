/** `review.approvals`: rules over what changes, each with who has to approve it. */

import { isProblem, parseAmount } from '../resources/amounts.ts';
import {
  approverText,
  joinRules,
  type KindWord,
  parseApprover,
  wordsOfKinds,
  writeApprover,
} from '../resources/approval-rules.ts';
import type { ApprovalRule } from '../resources/review-settings.ts';
import { withoutAbsent } from '../without-absent.ts';
import { adviseAmount, example, say, writeValue } from './advice.ts';
import { hasOne, key, onPage, type Shape, textForm, when, withoutKeys } from './forms.ts';
import { ceilingGrammar } from './levels.ts';
import { amountPatterns } from './patterns.ts';
import { expectScalar, readItems, refuseValue } from './reader.ts';
import { convert, keywordShape, listOf, patternShape, sectionShape } from './shapes.ts';

const per30Days = ' per 30 days';
const dollars = amountPatterns(ceilingGrammar).cost.replace(/\$$/, `(?:${per30Days})?$`);

/** Whole cents. */
const above: Shape<number> = {
  ...textForm(dollars, 'write an amount in dollars, such as $1,000 per 30 days', ['$1,000 per 30 days']),
  read: (field, report) => {
    const node = expectScalar(field, say`an amount such as ${example('$1,000 per 30 days')}`, report);
    if (node === undefined) return undefined;
    const text = node.text.endsWith(per30Days) ? node.text.slice(0, -per30Days.length) : node.text;
    const amount = parseAmount(text);
    if (!isProblem(amount) && amount.unit === 'cost') return amount.amount;
    const monthly = monthlyAmount(text);
    if (monthly !== null) {
      const said = say`is always for 30 days: write ${writeValue(`${monthly}${per30Days}`)}`;
      return refuseValue(field, 'invalid-amount', said, report);
    }
    const { code, said } = isProblem(amount)
      ? adviseAmount(text, amount, ceilingGrammar)
      : { code: 'unit-not-at-level', said: say`is not in dollars: write an amount such as ${example('$1,000')}` };
    return refuseValue(field, code, said, report);
  },
};

/** `$1,000 monthly`, `$1,000/month`; null: it is something else. */
function monthlyAmount(text: string): string | null {
  const [, amount = ''] =
    /^(\S+?)\s*(?:monthly|(?:\/|per|a|every|each)\s*(?:month|30\s*days?))$/i.exec(text.trim()) ?? [];
  const found = parseAmount(amount);
  return isProblem(found) || found.unit !== 'cost' ? null : amount;
}

const kind = keywordShape<KindWord>(...(Object.keys(wordsOfKinds) as KindWord[]));

const approver = convert(
  patternShape(approverText, 'invalid-approver', say`a login or a team such as ${example('"@org/finance"')}`, {
    examples: ['@org/finance', '@login'],
    errorMessage: 'write a login such as "@login", or a team such as "@org/finance", in quotes',
  }),
  (text) => {
    const found = parseApprover(text);
    return found === null ? undefined : writeApprover(found);
  },
);

const approvers: Shape<readonly string[]> = {
  ...listOf(approver, say`a list of people and teams such as ${example('["@org/finance"]')}`, { minItems: 1 }),
  read: (field, report) => {
    const items = readItems(field, say`a list of people and teams such as ${example('["@org/finance"]')}`, report);
    const names = items.flatMap((item) => approver.read(item, report) ?? []);
    return names.length === 0 ? undefined : [...new Set(names)].sort();
  },
};

const onlyTrue: Shape<true> = {
  schema: { type: 'boolean', const: true, errorMessage: 'write true, or leave it out' },
  read: (field, report) => {
    const node = expectScalar(field, say`${example('true')}`, report);
    if (node === undefined || node.value === true) return node === undefined ? undefined : true;
    return refuseValue(field, 'unknown-word', say`is not known: write ${example('true')}, or leave it out`, report);
  },
};

const ruleKeys = onPage('approvals.md#by-amount-and-by-owner', {
  above: key(above, 'Where what may be spent in 30 days rises, and ends above this.'),
  kind: key(kind, 'Where it is of this kind.'),
  by: key(approvers, 'Who has to approve: one of these logins and teams (`@org/team`).'),
  owner: key(onlyTrue, 'Who answers for it has to approve: the `owner:` that names a person or team.'),
});

const section = sectionShape(ruleKeys, {
  allOf: [
    hasOne('write who has to approve: by, or owner: true', 'by', 'owner'),
    when(
      { properties: { by: true }, required: ['by'] },
      withoutKeys('a rule has by or owner: write two rules, and both have to approve', 'owner'),
    ),
  ],
});

const rule: Shape<ApprovalRule> = {
  ...section,
  read: (field, report) => {
    const written = section.read(field, report);
    // What is not a map, or what of it could not be read, is reported already.
    if (written === undefined || field.node.type !== 'map') return undefined;
    const has = (name: string): boolean =>
      field.node.type === 'map' && field.node.fields.some(({ key }) => key === name);
    if (has('by') && has('owner')) {
      report(
        'approvals-by-and-owner',
        field.at,
        'a rule of `approvals` has `by` or `owner`: write two rules, and both have to approve',
      );
      return undefined;
    }
    if (!has('by') && !has('owner')) {
      report(
        'approvals-by-nobody',
        field.at,
        say`a rule of \`approvals\` says nobody who has to approve: write ${example('by: ["@org/finance"]')} or ${example('owner: true')} in it`,
      );
      return undefined;
    }
    return withoutAbsent(written);
  },
};

/** In the order of their JSON: all that match have to be satisfied, whichever is written first. */
export const approvalsShape: Shape<readonly ApprovalRule[]> = convert(
  listOf(rule, say`a list of rules such as ${example('[{above: "$1,000 per 30 days", by: ["@org/finance"]}]')}`),
  (rules) => (rules.length === 0 ? undefined : joinRules(rules)),
);
