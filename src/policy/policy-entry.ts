/** One entry of `policies:` → a usage policy or a rate policy, without its workspace. */

import type { Advice, Source } from '../diagnostics.ts';
import type { AlertThreshold } from '../resources/alert-settings.ts';
import { toFields } from '../resources/fields.ts';
import type { DesiredEntry, FieldValue, PolicyKind } from '../resources/types.ts';
import { withoutAbsent } from '../without-absent.ts';
import { adviseNone, exampleOf, say } from './advice.ts';
import type { WrittenAlerts } from './alert-keys.ts';
import { normalizeAlert, normalizeThresholds } from './alerts.ts';
import { readBudget } from './budgets.ts';
import { policyKeys } from './entry-keys.ts';
import { levelGrammars } from './levels.ts';
import { type PolicyForm, readMatch, readPer } from './match.ts';
import type { FieldNode } from './nodes.ts';
import { readRates } from './rates.ts';
import type { Written } from './reader.ts';
import { isNone, readMap } from './reader.ts';
import type { Recipient } from './recipients.ts';
import type { Report } from './report.ts';
import { readValues } from './shapes.ts';
import type { Silence } from './silence.ts';
import { readTwice, sayNothing, sayOtherUnit, sayProtected, type WrittenUntil } from './until.ts';

export type PolicyEntry = Omit<DesiredEntry, 'workspace' | 'owner' | 'until'> & {
  readonly kind: PolicyKind;
  readonly owner?: string;
  readonly alerts?: WrittenAlerts;
  readonly thresholds?: readonly AlertThreshold[];
  /** Whom single thresholds tell. */
  readonly alsoTold?: readonly Recipient[];
  readonly until?: WrittenUntil<PolicyEntry>;
};

/** Without `protect` written, the file's own. */
export interface FileDefaults {
  readonly protect: boolean;
}

/** Who an entry is, apart from its limits. */
export interface Identity {
  readonly liveName?: string;
  readonly id?: string;
  readonly previously?: string;
  readonly owner?: string;
  readonly protect: boolean;
  readonly silence?: Silence;
}

type WrittenIdentity = Partial<Omit<Identity, 'liveName'>> & { readonly name?: string };

/** The key is the live name, unless `name:` gives one; with `id:` alone the live name is not managed. */
export function identityOf(
  field: FieldNode,
  written: Written,
  { name, protect, id, previously, owner, silence }: WrittenIdentity,
  file: FileDefaults,
): Identity {
  const liveName = name ?? (written.has('id') ? undefined : field.key);
  return withoutAbsent({ liveName, id, previously, owner, protect: protect ?? file.protect, silence });
}

const level = levelGrammars['usage-policy'];

/** `x: none` is two entries, since it says of either kind that it must not exist. */
export function readPolicyEntry(field: FieldNode, file: FileDefaults, report: Report): readonly PolicyEntry[] {
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
  const { first, until } = readTwice(field, level, report, (entry, say) => readPolicy(entry, file, say));
  if (first === undefined) return [];
  if (until !== undefined) checkUntil(first, until, report);
  return [withoutAbsent({ ...first, until })];
}

function checkUntil(first: PolicyEntry, { later, at }: WrittenUntil<PolicyEntry>, report: Report): void {
  if (later === 'none') {
    if (first.protect) report('until-protected', at, sayProtected);
    return;
  }
  const [before, after] = [first, later].map(describeLimit);
  if (before?.unit !== after?.unit) report('until-unit', at, sayOtherUnit(before?.unit ?? '', after?.unit ?? ''));
  else if (before?.amount === after?.amount) report('until-nothing', at, sayNothing);
}

function describeLimit({ fields: { unit, window, amount, value } }: PolicyEntry) {
  return { unit: `${unit}${window === undefined ? '' : `/${window}`}`, amount: amount ?? value };
}

function readPolicy(field: FieldNode, file: FileDefaults, report: Report): PolicyEntry | undefined {
  const written = readMap(field, policyKeys, 'a policy', report);
  if (written === undefined) return undefined;
  const { description, target = 'llm', api = [], alerts, ...said } = readValues(policyKeys, written, report);
  const form = readForm(field, written, target, report);
  const identity = identityOf(field, written, said, file);
  const limit = form.limits === 'budget' ? readBudgetFields(written, report) : readRateFields(written, report);
  const { match, per } = readScope(field, written, form, report);
  const parts: Part = [
    ['name', identity.liveName, written.get('name') ?? field],
    ['description', description, written.get('description')],
    ['match', match, written.get('match')],
    ['per', per, written.get('per')],
    ['target', form.limits === 'rate' ? target : undefined, written.get('target')],
    ...api.map((member) => [member.field, member.value, member] as const),
    ...(limit?.part ?? []),
  ];
  const present = parts.filter(([, value]) => value !== undefined);
  return withoutAbsent({
    kind: form.limits === 'budget' ? ('usage-policy' as const) : ('rate-policy' as const),
    name: field.key,
    ...identity,
    fields: toFields(present.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))),
    starting: limit?.starting,
    alerts,
    thresholds: limit?.thresholds,
    alsoTold: limit?.alsoTold,
    source: field.at.source,
    fieldSources: Object.fromEntries(
      present.flatMap(([name, , where]) => (where === undefined ? [] : [[name, where.at.source]])),
    ),
  });
}

type Part = readonly (readonly [
  name: string,
  value: FieldValue | undefined,
  field: { readonly at: { readonly source: Source } } | undefined,
])[];

interface ReadLimit {
  readonly part: Part;
  readonly starting?: string | undefined;
  readonly thresholds?: readonly AlertThreshold[] | undefined;
  readonly alsoTold?: readonly Recipient[] | undefined;
}

function readForm(field: FieldNode, written: Written, target: PolicyForm['target'], report: Report): PolicyForm {
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
  if (targetField !== undefined && budget !== undefined) {
    report('target-on-budget', targetField.at, '`target` exists on rate policies alone: leave it out');
  }
  return { target, limits };
}

/** A line more of the policy. */
function inEntry(write: string): Advice {
  return exampleOf({ write, instead: 'in-entry' });
}

function readScope(field: FieldNode, written: Written, form: PolicyForm, report: Report) {
  const match = written.get('match');
  const per = written.get('per');
  if (per === undefined) {
    const [all, each] = ['workspace_id', 'api_key'].map((key) => inEntry(`per: ${key}`));
    const hint = say`write ${all ?? []} for one counter that all share, or ${each ?? []} for one per key`;
    report('missing-per', field.at, say`a policy needs \`per\`, which says who shares a counter: ${hint}`);
  }
  return {
    match: match === undefined ? ('all' as const) : readMatch(match, form, report),
    per: per === undefined ? undefined : readPer(per, form, report),
  };
}

function readBudgetFields(written: Written, report: Report): ReadLimit | undefined {
  const field = written.get('budget');
  if (field !== undefined && isNone(field.node)) {
    report('no-limit', field.node.at, say`\`budget: none\`: ${adviseNone(level, 'budget')}`);
    return undefined;
  }
  const budget = readBudget(written, level, report);
  if (budget === undefined || budget === null) return undefined;
  // Reported by readBudget already.
  const alert = normalizeAlert(budget, level, budget.places.budget, () => {});
  const part: Part = [
    ['unit', budget.unit, field],
    ['amount', budget.amount, field],
    ['reset', budget.reset, written.get('reset')],
    ['alert', alert, written.get('alert')],
  ];
  // Reported by readBudget already.
  const thresholds = normalizeThresholds(budget, level, () => {}) ?? undefined;
  const people = budget.thresholds?.flatMap(({ recipients = [] }) => recipients) ?? [];
  return { part, starting: budget.starting, thresholds, alsoTold: people.length === 0 ? undefined : people };
}

function readRateFields(written: Written, report: Report): ReadLimit | undefined {
  readBudget(written, level, report);
  const field = written.get('rate');
  if (field !== undefined && isNone(field.node)) {
    report('no-limit', field.node.at, say`\`rate: none\`: ${adviseNone(level, 'rate')}`);
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
