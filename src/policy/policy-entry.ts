/** One entry of `policies:` → a usage policy or a rate policy, without its workspace. */

import type { Advice, Source } from '../diagnostics.ts';
import { toFields } from '../resources/fields.ts';
import type { DesiredEntry, FieldValue, PolicyKind } from '../resources/types.ts';
import { adviseNone, exampleOf, say } from './advice.ts';
import { alertOf } from './alerts.ts';
import { readBudget } from './budgets.ts';
import { readIdentity } from './identity.ts';
import { levels } from './levels.ts';
import { type PolicyForm, readMatch, readPer } from './match.ts';
import type { FieldNode } from './nodes.ts';
import { readPassthrough } from './passthrough.ts';
import { readRates } from './rates.ts';
import type { Report, Written } from './reader.ts';
import { isNone, readMap, readText, readWord } from './reader.ts';
import { policyShape } from './schema.ts';

export type PolicyEntry = Omit<DesiredEntry, 'workspace' | 'owner'> & {
  readonly kind: PolicyKind;
  readonly owner?: string;
};

/** Without `protect` written, the file's own. */
export interface FileDefaults {
  readonly protect: boolean;
}

const known = Object.keys(policyShape.shape);
const level = levels['usage-policy'];

/** `x: none` is two entries, since it says of either kind that it shall not exist. */
export function readPolicy(field: FieldNode, file: FileDefaults, report: Report): readonly PolicyEntry[] {
  if (isNone(field.node)) {
    const absent = {
      name: field.key,
      liveName: field.key,
      absent: true,
      protect: false,
      fields: {},
      source: field.at.source,
    } as const;
    return (['usage-policy', 'rate-policy'] as const).map((kind) => ({ ...absent, kind, fieldSources: {} }));
  }
  const written = readMap(field, known, 'a policy', report);
  if (written === undefined) return [];
  const form = readForm(field, written, report);
  const identity = readIdentity(field, written, file, report);
  const common = readCommon(field, written, form, report);
  const limit = form.limits === 'budget' ? readBudgetFields(written, report) : readRateFields(written, report);
  const named: Part =
    identity.liveName === undefined ? [] : [['name', identity.liveName, written.get('name') ?? field]];
  const parts = [...named, ...common, ...(limit?.part ?? [])];
  return [
    {
      kind: form.limits === 'budget' ? 'usage-policy' : 'rate-policy',
      name: field.key,
      ...identity,
      fields: toFields(parts.map(([name, value]) => [name, value])),
      ...(limit?.starting === undefined ? {} : { starting: limit.starting }),
      source: field.at.source,
      fieldSources: sourcesOf(parts),
    },
  ];
}

type Part = readonly (readonly [
  name: string,
  value: FieldValue,
  field: { readonly at: { readonly source: Source } } | undefined,
])[];

function sourcesOf(part: Part): Record<string, Source> {
  return Object.fromEntries(part.flatMap(([name, , field]) => (field === undefined ? [] : [[name, field.at.source]])));
}

function readForm(field: FieldNode, written: Written, report: Report): PolicyForm {
  const budget = written.get('budget');
  const rate = written.get('rate');
  if (budget !== undefined && rate !== undefined) {
    report('budget-and-rate', rate.at, '`rate` beside `budget` in one policy: make two policies of it');
  } else if (budget === undefined && rate === undefined) {
    const ways = [{ ...inEntry('budget: $500'), also: ['reset: monthly'] }, inEntry('rate: 100 requests/minute')];
    report('no-limit', field.at, say`a policy needs \`budget:\` or \`rate:\`: write ${ways}`);
  }
  const limits = budget === undefined && rate !== undefined ? 'rate' : 'budget';
  const targetField = written.get('target');
  const target = targetField === undefined ? undefined : readWord(targetField, ['llm', 'mcp_tools'] as const, report);
  if (targetField !== undefined && budget !== undefined) {
    report('target-on-budget', targetField.at, '`target` exists on rate policies alone: leave it out');
  }
  return { target: target ?? 'llm', limits };
}

/** A line more of the policy. */
function inEntry(write: string): Advice {
  return exampleOf({ write, instead: 'in-entry' });
}

function readCommon(field: FieldNode, written: Written, form: PolicyForm, report: Report): Part {
  const description = written.get('description');
  const match = written.get('match');
  const per = written.get('per');
  const said = description === undefined ? undefined : readDescription(description, 500, report);
  const readableMatch = match === undefined ? ('all' as const) : readMatch(match, form, report);
  const readablePer = per === undefined ? undefined : readPer(per, form, report);
  if (per === undefined) {
    const [all, each] = ['workspace_id', 'api_key'].map((key) => inEntry(`per: ${key}`));
    const hint = say`write ${all ?? []} for one counter that all share, or ${each ?? []} for one per key`;
    report('missing-per', field.at, say`a policy needs \`per\`, which says who shares a counter: ${hint}`);
  }
  return [
    ...(said === undefined ? [] : [['description', said, description] as const]),
    ...(readableMatch === undefined ? [] : [['match', readableMatch, match] as const]),
    ...(readablePer === undefined ? [] : [['per', readablePer, per] as const]),
    ...(form.limits === 'rate' ? [['target', form.target, written.get('target')] as const] : []),
    ...readPassthrough(written.get('api'), report).map((member) => [member.field, member.value, member] as const),
  ];
}

function readBudgetFields(written: Written, report: Report): { part: Part; starting?: string | undefined } | undefined {
  const field = written.get('budget');
  if (field !== undefined && isNone(field.node)) {
    report('no-limit', field.node.at, adviseNone(level, 'budget'));
    return undefined;
  }
  const budget = readBudget(written, level, report);
  if (budget === undefined || budget === null) return undefined;
  // Reported by readBudget already.
  const alert = alertOf(budget, level, budget.places.budget, () => {});
  const part: Part = [
    ['unit', budget.unit, field],
    ['amount', budget.amount, field],
    ['reset', budget.reset, written.get('reset')],
    ...(alert === undefined ? [] : [['alert', alert, written.get('alert')] as const]),
  ];
  return { part, starting: budget.starting };
}

function readRateFields(written: Written, report: Report): { part: Part; starting?: undefined } | undefined {
  readBudget(written, level, report);
  const field = written.get('rate');
  if (field !== undefined && isNone(field.node)) {
    report('no-limit', field.node.at, adviseNone(level, 'rate'));
    return undefined;
  }
  const rate = readRates(written, level, report)?.[0];
  if (rate === undefined) return undefined;
  const [unit = '', window = ''] = rate.name.split('/');
  return {
    part: [
      ['unit', unit, field],
      ['window', window, field],
      ['value', rate.value, field],
    ],
  };
}

/** `none` without quotes clears; `"none"` is the text. */
export function readDescription(field: FieldNode, max: number, report: Report): string | null | undefined {
  if (isNone(field.node) && field.node.type === 'scalar' && field.node.plain) return null;
  return readText(field, 'a text, or `none`', report, max);
}
