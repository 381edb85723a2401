/** Entries at attachment points: keys, providers, integrations, a workspace's own limits. */

import type { Source } from '../diagnostics.ts';
import type { AlertThreshold } from '../resources/alert-settings.ts';
import { formatReset } from '../resources/amounts.ts';
import { isSame } from '../resources/canonical.ts';
import { alertField, budgetField, type FieldsDraft, pickFields, rateField, slotFor } from '../resources/fields.ts';
import type { AttachmentKind, Budget, Fields, FieldValue } from '../resources/types.ts';
import { withoutAbsent } from '../without-absent.ts';
import { example, say, writeField } from './advice.ts';
import { entryAlerts, type WrittenAlerts } from './alert-keys.ts';
import { normalizeAlert, normalizeThresholds } from './alerts.ts';
import type { WrittenBudget } from './budgets.ts';
import { readBudget } from './budgets.ts';
import { budgetInListKeys, entryKeys, keyKeys, ownWords } from './entry-keys.ts';
import { asListItem, levelGrammars } from './levels.ts';
import type { FieldNode, SourceRange } from './nodes.ts';
import type { PassedMember } from './passthrough.ts';
import { type FileDefaults, type Identity, identityOf } from './policy-entry.ts';
import { quote } from './quote.ts';
import type { WrittenRate } from './rates.ts';
import { readRates } from './rates.ts';
import type { Written } from './reader.ts';
import { isNone, placesOf, readItems, readMap } from './reader.ts';
import type { Recipient } from './recipients.ts';
import { joinRecipients } from './recipients.ts';
import type { Report } from './report.ts';
import { readValues } from './shapes.ts';
import { readTwice, sayNothing, sayOtherUnit, sayProtected, type WrittenUntil } from './until.ts';

/** As written: undefined is absent, null is `none`. */
export interface WrittenLimits extends Identity {
  readonly kind: AttachmentKind;
  readonly name: string;
  readonly at: SourceRange;
  readonly budgets?: readonly WrittenBudget[] | null;
  readonly rates?: readonly WrittenRate[] | null;
  readonly recipients?: readonly Recipient[] | null;
  readonly alerts?: WrittenAlerts;
  /** By `ownWords`; of prices all of its fields. */
  readonly words?: Fields;
  readonly api: readonly PassedMember[];
  /** Where the written keys stand. */
  readonly places: Readonly<Record<string, SourceRange>>;
  readonly until?: WrittenUntil<WrittenLimits>;
}

type AttachmentLimitKind = Exclude<AttachmentKind, 'integration-prices'>;

export function readLimitsEntry(
  field: FieldNode,
  kind: AttachmentLimitKind,
  file: FileDefaults,
  report: Report,
): WrittenLimits | undefined {
  const base = { kind, name: field.key, at: field.at };
  if (isNone(field.node)) {
    const places = { budget: field.at, rate: field.at, recipients: field.at };
    const all = { ...base, liveName: field.key, protect: file.protect, budgets: null, rates: null, api: [], places };
    return kind === 'key-limits' ? { ...all, recipients: null } : all;
  }
  const read = (entry: FieldNode, say: Report) => readLimits(entry, kind, file, say);
  const { first, until } = readTwice(field, levelGrammars[kind], report, read);
  if (first === undefined || until === undefined) return first;
  checkUntil(first, until, report);
  return { ...first, until };
}

function checkUntil(first: WrittenLimits, { later, at }: WrittenUntil<WrittenLimits>, report: Report): void {
  if (later === 'none') return;
  if (first.kind === 'key-limits' && first.name === '*') {
    report('until-star', at, '`until` below `"*"`, which stands for many keys: name the key, and write it there');
  }
  const [before, after] = [first, later].map(limitsOf);
  for (const [name, unit] of Object.entries(before?.units ?? {})) {
    const now = after?.units[name];
    if (now === undefined && first.protect) report('until-protected', at, sayProtected);
    if (now !== undefined && now !== unit) report('until-unit', at, sayOtherUnit(unit, now));
  }
  if (isSame(before, after)) report('until-nothing', at, sayNothing);
}

/** What is limited, without the alert, which follows its budget. */
function limitsOf({ budgets, rates }: WrittenLimits) {
  const [budget, rate] = [budgets?.[0], rates?.[0]];
  const units: Readonly<Record<string, string>> = withoutAbsent({ budget: budget?.unit, rate: rate?.name });
  return { units, amounts: [budget?.amount ?? null, rate?.value ?? null] };
}

function readLimits(
  field: FieldNode,
  kind: AttachmentKind,
  file: FileDefaults,
  report: Report,
): WrittenLimits | undefined {
  const base = { kind, name: field.key, at: field.at };
  const level = levelGrammars[kind];
  const written = readMap(field, entryKeys[kind], level.what, report);
  if (written === undefined) return undefined;
  if (kind === 'key-limits' && field.key === '*') {
    for (const inner of [written.get('id'), written.get('name')]) {
      if (inner === undefined) continue;
      const said = `\`"*"\` stands for many keys, which have no one \`${inner.key}\`: leave the line out`;
      report('star-identity', inner.at, said);
    }
  }
  const { recipients, alerts, api = [], ...said } = readValues(keysOf(kind), written, report);
  const budgets =
    kind === 'workspace-limits' ? readBudgets(written, kind, report) : listOf(readBudget(written, level, report));
  const rates = readRates(written, level, report);
  const words = pickFields(said, (word) => Object.hasOwn(ownWords, word));
  const own = { budgets, rates, recipients, alerts, words, places: placesOf(written) };
  return withoutAbsent({ ...base, ...identityOf(field, written, said, file), ...own, api });
}

/** What is read by itself is the same for all of them, but for who is told. */
function keysOf(kind: AttachmentKind) {
  return kind === 'key-limits' ? keyKeys : { ...keyKeys, alerts: entryAlerts };
}

function listOf<T>(value: T | null | undefined): readonly T[] | null | undefined {
  if (value === undefined) return undefined;
  return value === null ? null : [value];
}

/** `budget` or `budgets` of a workspace. */
function readBudgets(
  written: Written,
  kind: AttachmentLimitKind,
  report: Report,
): readonly WrittenBudget[] | null | undefined {
  const level = levelGrammars[kind];
  const one = readBudget(written, level, report);
  const field = written.get('budgets');
  if (field === undefined) return listOf(one);
  const beside = written.get('budget');
  if (beside !== undefined) report('budget-and-budgets', beside.at, '`budget` beside `budgets`: move it into the list');
  if (isNone(field.node)) return null;
  const seen = new Map<string, SourceRange>();
  const list = example('[{ budget: $500, reset: monthly }]');
  return readItems(field, say`a list such as ${list}`, report).flatMap((item) => {
    const inner = readMap(item, budgetInListKeys, 'an entry of `budgets`', report);
    if (inner === undefined) return [];
    if (!inner.has('budget')) {
      report('no-limit', item.at, 'an entry of `budgets` needs `budget:`');
      return [];
    }
    const budget = readBudget(inner, asListItem(level), report);
    if (budget === null) report('no-limit', item.at, 'an entry of `budgets` cannot be `none`: leave it out');
    if (budget === undefined || budget === null) return [];
    if (budget.starting !== undefined) {
      const said = say`\`starting\` is not possible in a list of budgets: write ${writeField(`reset: ${formatReset(budget.reset)}`)}`;
      report('starting-in-list', budget.places.reset ?? item.at, said);
    }
    const key = slotFor(budget);
    const first = seen.get(key);
    if (first !== undefined) {
      const said = `a second budget of ${budget.unit} that resets ${quote(budget.reset)}, first on line ${first.source.line}: keep one`;
      report('duplicate-budget', item.at, said);
    }
    seen.set(key, item.at);
    return [budget];
  });
}

export interface ResolvedLimits {
  readonly fields: Fields;
  readonly fieldSources: Readonly<Record<string, Source>>;
  readonly starting?: string;
  /** By the slot of the budget, `''` where there can be one alone. Missing: no list of them is written. */
  readonly thresholds?: Readonly<Record<string, readonly AlertThreshold[]>>;
}

/**
 * Canonical fields of an entry.
 *
 * @param above recipients of the organisation and of the workspace
 * @param report is called with alerts that do not fit their budget; they have been reported while reading unless two entries were merged
 */
export function resolveLimits(
  written: WrittenLimits,
  above: readonly (readonly Recipient[] | undefined)[],
  report: Report = () => {},
): ResolvedLimits {
  const fields: FieldsDraft = {};
  const fieldSources: Record<string, Source> = {};
  const thresholds: Record<string, readonly AlertThreshold[]> = {};
  const set = (name: string, value: FieldValue, at: SourceRange | undefined) => {
    fields[name] = value;
    if (at !== undefined) fieldSources[name] = at.source;
  };
  const { places } = written;
  const many = written.kind === 'workspace-limits';
  if (written.budgets === null) set(many ? 'budgets' : 'budget', null, places.budget ?? places.budgets);
  for (const budget of written.budgets ?? []) {
    const value: Budget = { unit: budget.unit, amount: budget.amount, reset: budget.reset };
    const slot = many ? slotFor(budget) : null;
    set(budgetField(slot), { ...value }, budget.places.budget);
    const alert = normalizeAlert(budget, levelGrammars[written.kind], budget.places.alert ?? written.at, report);
    if (alert !== undefined) set(alertField(slot), alert, budget.places.alert);
    const several = normalizeThresholds(budget, levelGrammars[written.kind], report);
    if (several !== null) thresholds[slot ?? ''] = several;
  }
  if (written.rates === null) set('rates', null, places.rates ?? places.rate);
  for (const rate of written.rates ?? []) set(rateField(rate.name), rate.value, rate.at);
  if (written.kind === 'key-limits') {
    const recipients = written.recipients === null ? [] : joinRecipients(...above, written.recipients);
    if (recipients !== undefined) set('recipients', recipients, places.recipients);
  }
  for (const [word, value] of Object.entries(written.words ?? {})) set(word, value, places[word]);
  for (const member of written.api) set(member.field, member.value, member.at);
  const starting = written.budgets?.[0]?.starting;
  const several = Object.keys(thresholds).length === 0 ? undefined : thresholds;
  return withoutAbsent({ fields, fieldSources, starting, thresholds: several });
}

/**
 * A named key over `"*"`, field by field: what the named one writes wins. Its budget comes with its reset; an alert of `*`
 * applies to the budget that results. Rates are fields of their own, but only one rate of tokens can exist.
 */
export function overlayLimits(named: WrittenLimits, star: WrittenLimits): WrittenLimits {
  const budgets = overBudgets(named.budgets, star.budgets);
  const rates = overRates(named.rates, star.rates);
  const own = new Set(named.api.map((member) => member.field));
  return withoutAbsent({
    kind: named.kind,
    name: named.name,
    at: named.at,
    protect: named.protect,
    budgets,
    rates,
    recipients: named.recipients === undefined ? star.recipients : named.recipients,
    alerts: named.alerts ?? star.alerts,
    words: { ...star.words, ...named.words },
    api: [...named.api, ...star.api.filter((member) => !own.has(member.field))],
    places: { ...star.places, ...named.places },
  });
}

function overBudgets(named: WrittenLimits['budgets'], star: WrittenLimits['budgets']): WrittenLimits['budgets'] {
  if (named === undefined) return star;
  const [own] = named ?? [];
  const { alert, thresholds } = star?.[0] ?? {};
  if (own === undefined || own.alert !== undefined || own.thresholds !== undefined) return named;
  if (alert === undefined && thresholds === undefined) return named;
  return [{ ...own, ...withoutAbsent({ alert, thresholds }), places: { budget: own.places.budget } }];
}

function overRates(named: WrittenLimits['rates'], star: WrittenLimits['rates']): WrittenLimits['rates'] {
  if (named === undefined) return star;
  if (named === null || star === undefined || star === null) return named;
  const tokens = named.some((rate) => rate.name.startsWith('tokens/'));
  const names = new Set(named.map((rate) => rate.name));
  const beneath = star.filter((rate) => !names.has(rate.name) && !(tokens && rate.name.startsWith('tokens/')));
  return [...named, ...beneath];
}
