/**
 * Resources → policy files: the inverse of compile. What cannot be written as it is, is found by `findRefusal` and left out
 * by the caller.
 */

import { compareText } from '../diagnostics.ts';
import { formatAlert, formatAmount, formatRate, formatReset } from '../resources/amounts.ts';
import { rateOf } from '../resources/field-text.ts';
import { alertOf, isApi, isBudget, memberOf, parseField, policyBudget } from '../resources/fields.ts';
import type { Budget, Condition, Desired, Fields, Kind, Match, Reset } from '../resources/types.ts';
import { compilePolicies } from './compile.ts';
import { levels } from './levels.ts';
import { type PrintedValue, quoted, renderYaml } from './yaml-text.ts';

export interface PrintedEntry {
  readonly kind: Kind;
  /** The entry's key in the file; unique in its section. */
  readonly name: string;
  /** The live name, where it differs from the key. Policies carry it in `fields.name` as well. */
  readonly liveName?: string;
  /** PrintedValue as `id:`. */
  readonly id?: string;
  readonly fields: Fields;
  readonly owner?: string;
  /** Reasons by the name of a rule. */
  readonly silence?: Readonly<Record<string, string>>;
  readonly protect?: boolean;
  /** ISO date-time at midnight UTC. */
  readonly starting?: string;
}

export interface PrintedWorkspace {
  readonly slug: string;
  readonly owner?: string;
  readonly entries: readonly PrintedEntry[];
}

export interface PrintedOrganisation {
  readonly environment: string;
  /** UUID. */
  readonly organisation: string;
  readonly gateway?: Desired['gateway'];
  /** The organisation's own keys, and integrations for new workspaces. */
  readonly entries: readonly PrintedEntry[];
}

export interface PrintedFile {
  /** Relative to the policies directory, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

type Lines = (readonly [key: string, value: PrintedValue | undefined])[];

/** @param schemas where the JSON Schemas are, seen from the policies directory */
export function printPolicies(
  input: PrintedOrganisation & { readonly workspaces: readonly PrintedWorkspace[] },
  schemas = '../schemas',
): readonly PrintedFile[] {
  const workspaces = [...input.workspaces].sort((a, b) => compareText(a.slug, b.slug));
  return [
    { path: 'org.yaml', text: printOrgFile(input, schemas) },
    ...workspaces.map((workspace) => ({
      path: `workspaces/${workspace.slug}.yaml`,
      text: printWorkspaceFile(workspace, `../${schemas}`),
    })),
  ];
}

export function printOrgFile(organisation: PrintedOrganisation, schemas = '../schemas'): string {
  const { gateway = {}, entries } = organisation;
  const integrations = sectionOf(entries, 'integration-limits');
  return renderFile(`${schemas}/org.schema.json`, [
    ['version', 1],
    ['kind', 'org'],
    ['environment', organisation.environment],
    ['organisation', organisation.organisation],
    [
      'gateway',
      mapOf([
        ['deployment', gateway.deployment],
        ['version', gateway.version],
        ['backend', gateway.backend],
        ['usage_unit', gateway.usageUnit],
      ]),
    ],
    ['keys', sectionOf(entries, 'key-limits')],
    [
      'integrations',
      mapOf([...(integrations ?? [])].map(([name, value]) => [name, mapOf([['new_workspaces', value]])])),
    ],
  ]);
}

export function printWorkspaceFile(workspace: PrintedWorkspace, schemas = '../../schemas'): string {
  const { entries } = workspace;
  const limits = entries.find((entry) => entry.kind === 'workspace-limits');
  return renderFile(`${schemas}/workspace.schema.json`, [
    ['version', 1],
    ['kind', 'workspace'],
    ['workspace', workspace.slug],
    ['owner', workspace.owner],
    ['policies', sectionOf(entries, 'usage-policy', 'rate-policy')],
    ['limits', limits === undefined ? undefined : printEntry(limits)],
    ['keys', sectionOf(entries, 'key-limits')],
    ['providers', sectionOf(entries, 'provider-limits')],
    ['integrations', sectionOf(entries, 'integration-limits')],
  ]);
}

/** One entry as written, without its key. */
export function printEntry(entry: PrintedEntry): ReadonlyMap<string, PrintedValue> | undefined {
  const { kind, fields } = entry;
  const liveName = typeof fields.name === 'string' ? fields.name : entry.liveName;
  const named = liveName !== undefined && (liveName !== entry.name || entry.id !== undefined);
  return mapOf([
    ['name', named ? liveName : undefined],
    ['id', entry.id],
    ['description', fields.description === undefined ? undefined : printDescription(fields.description)],
    ...printBudgets(entry),
    ...printRates(kind, fields),
    ['match', printMatch(fields.match)],
    ['per', printOneOrList(fields.per)],
    ['target', fields.target === 'mcp_tools' ? 'mcp_tools' : undefined],
    ['recipients', printRecipients(fields.recipients)],
    ['expires', fields.expires === null ? 'none' : fields.expires?.replace('.000Z', 'Z')],
    ['owner', entry.owner],
    ['silence', mapOf(Object.entries(entry.silence ?? {}))],
    ['protect', entry.protect === true ? true : undefined],
    [
      'api',
      mapOf(
        Object.keys(fields)
          .filter(isApi)
          .map((name) => [memberOf(name), fields[name]]),
      ),
    ],
  ]);
}

/**
 * Why an entry cannot stand in a file as it is (then it stays unmanaged), or null.
 *
 * @param workspace null for the organisation's own
 */
export function findRefusal(entry: PrintedEntry, workspace: string | null): string | null {
  const organisation = '00000000-0000-0000-0000-000000000000';
  const own = workspace === null ? [entry] : [];
  const org = printOrgFile({ environment: 'import', organisation, entries: own });
  const files = [
    { path: 'org.yaml', text: org },
    ...(workspace === null
      ? []
      : [{ path: 'workspace.yaml', text: printWorkspaceFile({ slug: workspace, entries: [entry] }) }]),
  ];
  const { desired, diagnostics } = compilePolicies(files);
  const problem = diagnostics.find((diagnostic) => diagnostic.severity === 'error');
  if (problem !== undefined) return problem.message;
  const compiled = desired?.entries.find((candidate) => candidate.kind === entry.kind && candidate.name === entry.name);
  if (compiled !== undefined && canonicalText(compiled.fields) === canonicalText(entry.fields)) return null;
  return 'what it holds cannot be written in a policy file';
}

function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => compareText(a, b)))
      : inner,
  );
}

function printBudgets({ kind, fields, starting }: PrintedEntry): Lines {
  if (kind === 'rate-policy') return [];
  if (kind === 'usage-policy') {
    return printBudget(kind, policyBudget(fields) ?? undefined, fields.alert, starting);
  }
  if (kind !== 'workspace-limits') return printBudget(kind, fields.budget, fields.alert, starting);
  if (fields.budgets === null) return [['budget', 'none']];
  const names = Object.keys(fields).filter(isBudget).sort(compareText);
  const budgets = names.map((name) => printBudget(kind, fields[name], fields[alertOf(name)], starting));
  const [only] = budgets;
  return only !== undefined && budgets.length === 1
    ? only
    : [['budgets', budgets.length === 0 ? undefined : budgets.map((lines) => mapOf(lines) ?? null)]];
}

function printBudget(
  kind: Kind,
  budget: Budget | null | undefined,
  alert: number | null | undefined,
  starting: string | undefined,
): Lines {
  if (budget === undefined) return [];
  if (budget === null) return [['budget', 'none']];
  const { unit, amount, reset } = budget;
  const wholeUnits = levels[kind].wholeUnits;
  return [
    ['budget', formatAmount(amount, unit)],
    ['reset', printReset(reset, starting)],
    ['alert', alert === undefined ? undefined : printAlert(alert, budget, wholeUnits)],
  ];
}

/** A percentage where somebody would have written one: 32% is what is left of 80% of another amount. */
function printAlert(alert: number | null, { unit, amount }: Budget, wholeUnits: boolean): string {
  const text = formatAlert(alert, amount, unit, wholeUnits);
  const percent = /^(\d+)%$/.exec(text)?.[1];
  return percent === undefined || alert === null || Number(percent) % 5 === 0 ? text : formatAmount(alert, unit);
}

function printReset(reset: Reset, starting: string | undefined): PrintedValue {
  const text = formatReset(reset);
  if (starting === undefined) return text;
  return new Map([
    ['every', text.replace(/^every /, '')],
    ['starting', starting.slice(0, 10)],
  ]);
}

function printRates(kind: Kind, fields: Fields): Lines {
  if (kind === 'rate-policy') {
    return [['rate', formatRate(fields.value ?? 0, rateOf(fields))]];
  }
  if (fields.rates === null) return [['rate', 'none']];
  const rates = Object.keys(fields).flatMap((field) => {
    const parsed = parseField(field);
    return parsed.part === 'rate' ? [formatRate(fields[parsed.field] ?? 0, parsed.name)] : [];
  });
  const [only] = rates;
  return only !== undefined && rates.length === 1
    ? [['rate', only]]
    : [['rates', rates.length === 0 ? undefined : rates.sort(compareText)]];
}

function printMatch(match: Match | undefined): PrintedValue | undefined {
  if (match === undefined || match === 'all') return undefined;
  return mapOf(match.map((condition) => [condition.key, printCondition(condition)]));
}

function printCondition({ any, except }: Condition): PrintedValue {
  // A lone asterisk in a list is the literal one, so its list is kept.
  const values = (list: '*' | readonly string[]) =>
    list !== '*' && list.length === 1 && list[0] === '*' ? list : (printOneOrList(list) ?? null);
  if (except.length === 0) return values(any);
  return new Map([
    ['any', values(any)],
    ['except', values(except)],
  ]);
}

function printOneOrList(list: string | readonly string[] | undefined): PrintedValue | undefined {
  return typeof list === 'object' && list.length === 1 ? list[0] : list;
}

function printRecipients(recipients: readonly string[] | undefined): PrintedValue | undefined {
  return recipients?.length === 0 ? 'none' : recipients;
}

/** The text `none` is told from the keyword by its quotes. */
function printDescription(description: string | null): PrintedValue {
  if (description === null) return 'none';
  return description === 'none' ? quoted('none') : description;
}

function sectionOf(
  entries: readonly PrintedEntry[],
  ...of: readonly Kind[]
): ReadonlyMap<string, PrintedValue> | undefined {
  const mine = entries.filter((entry) => of.includes(entry.kind)).sort((a, b) => compareText(a.name, b.name));
  return mapOf(mine.map((entry) => [entry.name, printEntry(entry)]));
}

/** Without the lines that have no value; undefined where none is left. */
function mapOf(lines: Lines): ReadonlyMap<string, PrintedValue> | undefined {
  const kept = lines.filter((line): line is [string, PrintedValue] => line[1] !== undefined);
  return kept.length === 0 ? undefined : new Map(kept);
}

function renderFile(schema: string, lines: Lines): string {
  return renderYaml(mapOf(lines) ?? null, { comment: ` yaml-language-server: $schema=${schema}` });
}
