/**
 * What policy files say, in parts that are reviewed one by one. As written: defaults and `"*"` stand for themselves and are
 * laid over nothing, so that a part moves only when somebody edits it.
 */

import { alertingOf, recipientsOf } from '../policy/alerting.ts';
import type { WrittenFiles } from '../policy/compile.ts';
import { resolveLimits, type WrittenLimits } from '../policy/limits-entry.ts';
import type { OrgFile } from '../policy/org.ts';
import type { PolicyEntry } from '../policy/policy-entry.ts';
import type { WrittenUntil } from '../policy/until.ts';
import type { WorkspaceFile } from '../policy/workspace.ts';
import { approverOfOwner, asksOwners } from '../resources/approval-rules.ts';
import { isBudget, isPartOfRate, toFields } from '../resources/fields.ts';
import type { ApprovalRule } from '../resources/review-settings.ts';
import type { Fields, FieldValue, Kind } from '../resources/types.ts';
import { canonicalJson } from '../stable-json.ts';
import { withoutAbsent } from '../without-absent.ts';
import type { DatedSides } from './amounts.ts';

/** Values by the name of the part; equal meaning, equal value. */
export type Group = Readonly<Record<string, unknown>>;

/** What the files of one commit say. */
export interface Statement {
  readonly groups: ReadonlyMap<string, Group>;
  /** False: some file could not be read, so that what is not found here may be in it. */
  readonly isWhole: boolean;
}

/** A group's key. One text for one thing, whatever characters a name has. */
const keyOf = (...parts: readonly (string | null)[]): string => JSON.stringify(parts);

export const groupKeys = {
  /** @param workspace as written; null for what belongs to the organisation */
  entry: (kind: Kind, workspace: string | null, name: string): string => keyOf('entry', kind, workspace, name),
  /** An entry of `defaults:`. */
  default: (kind: Kind, name: string): string => keyOf('default', kind, name),
  /** @param workspace as written; null for the organisation's file */
  file: (workspace: string | null): string => keyOf('file', workspace),
  settings: keyOf('settings'),
  place: keyOf('place'),
};

/** A group's key in words, for messages. */
export function describeGroup(key: string): string {
  const [what, ...rest] = JSON.parse(key) as (string | null)[];
  if (what === 'entry') return `${rest[0]}/${rest[1] ?? '-'}/${rest[2]}`;
  if (what === 'default') return `defaults/${rest[0]}/${rest[1]}`;
  if (what === 'file') return rest[0] === null ? 'the organisation file' : `the file of workspace ${rest[0]}`;
  return what === 'settings' ? 'settings' : 'the place of the record';
}

export function statementOf({ org, workspaces, broken }: WrittenFiles): Statement {
  const groups = new Map<string, Group>();
  if (org !== null) addOrganisation(org, groups);
  for (const workspace of workspaces) addWorkspace(workspace, groups);
  const settings = org === null ? {} : settingsOf(org);
  const silences = Object.assign({}, ...[...workspaces].map(silencesOf), org === null ? {} : silencesOfAll(org));
  const owners = org === null || !asksOwners(org.settings.approvals) ? {} : ownerParts(org, workspaces);
  groups.set(groupKeys.settings, {
    ...settings,
    ...silences,
    ...owners,
    ...(org === null ? {} : alertingParts(org, workspaces)),
  });
  return { groups, isWhole: broken.length === 0 && org !== null };
}

function addOrganisation(org: OrgFile, groups: Map<string, Group>): void {
  groups.set(groupKeys.place, {
    environment: org.environment,
    organisation: org.organisation,
    ...withoutAbsent({ ref: org.recordRef }),
  });
  groups.set(groupKeys.file(null), { exists: true, ...alertsOf(org), ...forgetOf(org) });
  for (const limits of org.limits) groups.set(groupKeys.entry(limits.kind, null, limits.name), partsOfLimits(limits));
  for (const policy of org.defaultPolicies) groups.set(groupKeys.default(policy.kind, policy.name), partsOf(policy));
  if (org.defaultKey !== undefined) groups.set(groupKeys.default('key-limits', '*'), partsOfLimits(org.defaultKey));
}

function addWorkspace(workspace: WorkspaceFile, groups: Map<string, Group>): void {
  const { ref } = workspace;
  const skipped = workspace.skipDefaults.map(({ name }) => [`skip_defaults.${name}`, true] as const);
  groups.set(groupKeys.file(ref), {
    exists: true,
    ...Object.fromEntries(skipped),
    ...alertsOf(workspace),
    ...forgetOf(workspace),
  });
  for (const policy of workspace.policies) groups.set(groupKeys.entry(policy.kind, ref, policy.name), partsOf(policy));
  for (const limits of workspace.limits) {
    groups.set(groupKeys.entry(limits.kind, ref, limits.name), partsOfLimits(limits));
  }
}

function alertsOf(file: Pick<OrgFile, 'alerts'>): Group {
  const recipients = recipientsOf(file);
  return recipients === undefined ? {} : { alerts: recipients.map(({ address }) => address).sort() };
}

function forgetOf({ forget }: Pick<OrgFile, 'forget'>): Group {
  return Object.fromEntries(forget.map(({ path }) => [`forget.${path}`, true]));
}

/** Fields of a policy that together are what it allows: two halves that were approved apart can be what nobody saw. */
const limitFields: ReadonlySet<string> = new Set([
  'unit',
  'amount',
  'reset',
  'window',
  'value',
  'match',
  'per',
  'target',
]);

function partsOf(policy: PolicyEntry): Group {
  const { id, fields, starting, absent, protect, previously, until } = policy;
  const limit = limitFieldsOf(fields);
  const others = Object.entries(fields).filter(([field]) => !limitFields.has(field));
  return {
    // Value, date and what holds then are one thing: who says yes to one of them alone has not seen what it comes to.
    limit:
      absent === true
        ? 'none'
        : {
            ...limit,
            ...withoutAbsent({ id, starting, until: untilOf(until, ({ fields }) => limitFieldsOf(fields)) }),
          },
    ...Object.fromEntries(others),
    protect,
    ...withoutAbsent({ previously }),
  };
}

function limitFieldsOf(fields: Fields): Group {
  return Object.fromEntries(Object.entries(fields).filter(([field]) => limitFields.has(field)));
}

function untilOf<T>(until: WrittenUntil<T> | undefined, limitsOf: (later: T) => Group): Group | undefined {
  if (until === undefined) return undefined;
  const { date, later } = until;
  return { date, later: later === 'none' ? later : limitsOf(later) };
}

function limitsIn(fields: Fields): Group {
  const isLimit = (field: string) => isBudget(field) || field === 'budgets' || isPartOfRate(field);
  return Object.fromEntries(Object.entries(fields).filter(([field]) => isLimit(field)));
}

/** At an attachment point each limit moves together with the object that it is meant for. */
function partsOfLimits(limits: WrittenLimits): Group {
  const { fields, starting } = resolveLimits(limits, []);
  const { liveName, id, protect, previously } = limits;
  const target = withoutAbsent({ name: liveName, id });
  const until = untilOf(limits.until, (later) => limitsIn(resolveLimits(later, []).fields));
  const parts: Record<string, unknown> = { target, protect, ...withoutAbsent({ previously }) };
  const budgets: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(fields)) {
    if (isBudget(field) || field === 'budgets') budgets[field] = value;
    else parts[field] = isPartOfRate(field) ? withoutAbsent({ target, value, until }) : value;
  }
  // All budgets of a workspace are one part: a unit and a reset are the name of one, and move it to another name.
  if (Object.keys(budgets).length > 0) parts.budget = { target, ...budgets, ...withoutAbsent({ starting, until }) };
  return parts;
}

/** The part of the settings that is a rule of `review.approvals`. */
function approvalPart(rule: ApprovalRule): string {
  return `${approvalPrefix}${canonicalJson(rule)}`;
}

/** Of a part of the settings; null: it is another one. */
export function ruleOfPart(part: string): ApprovalRule | null {
  return part.startsWith(approvalPrefix) ? (JSON.parse(part.slice(approvalPrefix.length)) as ApprovalRule) : null;
}

const approvalPrefix = 'review.approvals.';
export const ownerPrefix = 'owner.';
const defaultsPrefix = 'defaults.';

/** Where owners are asked, who they are is a setting. Who is named nowhere on GitHub is nobody's word. */
function ownerParts({ limits, defaultPolicies, defaultKey }: OrgFile, workspaces: readonly WorkspaceFile[]): Group {
  const all = [
    ...workspaces.flatMap(({ ref, owner, policies, limits: attached }) => [
      [keyOf(ref), owner] as const,
      ...[...policies, ...attached].map((entry) => [keyOf(ref, entry.kind, entry.name), entry.owner] as const),
    ]),
    ...limits.map((entry) => [keyOf(null, entry.kind, entry.name), entry.owner] as const),
    ...[...defaultPolicies, ...(defaultKey === undefined ? [] : [defaultKey])].map(
      (entry) => [`${defaultsPrefix}${keyOf(entry.kind, entry.name)}`, entry.owner] as const,
    ),
  ];
  return Object.fromEntries(
    all.flatMap(([where, owner]) => {
      const named = approverOfOwner(owner);
      return named === null ? [] : [[`${ownerPrefix}${where}`, named] as const];
    }),
  );
}

/** Parts that say who answers for a resource, if they are there. */
export function ownerPartsOf(kind: Kind, workspace: string | null, name: string): readonly string[] {
  const places = [keyOf(workspace, kind, name), `${defaultsPrefix}${keyOf(kind, name)}`, keyOf(workspace)];
  return places.map((place) => `${ownerPrefix}${place}`);
}

/** Who answers for what an owner stands on, as this statement says it. Null: a file that might say it cannot be read. */
export function ownersAt(statement: Statement, part: string): readonly string[] | null {
  const said = statement.groups.get(groupKeys.settings) ?? {};
  const own = said[part];
  if (typeof own === 'string') return [own];
  if (!statement.isWhole) return null;
  const ofWorkspace = (ref: string | null): readonly string[] => {
    const owner = said[`${ownerPrefix}${keyOf(ref)}`];
    return typeof owner === 'string' ? [owner] : [];
  };
  const place = part.slice(ownerPrefix.length);
  if (!place.startsWith(defaultsPrefix)) {
    const [ref = null, kind] = JSON.parse(place) as (string | null)[];
    return kind === undefined ? [] : ofWorkspace(ref);
  }
  const [kind, name] = JSON.parse(place.slice(defaultsPrefix.length)) as [Kind, string];
  // A default is of each workspace that it reaches.
  const refs = [...statement.groups.keys()].flatMap((group) => {
    const [what, ref] = JSON.parse(group) as [string, string | null];
    return what === 'file' && ref !== null ? [ref] : [];
  });
  return [...new Set(refs.filter((ref) => reaches(statement, ref, kind, name)).flatMap(ofWorkspace))];
}

function reaches({ groups }: Statement, ref: string, kind: Kind, name: string): boolean {
  const isSkipped = groups.get(groupKeys.file(ref))?.[`skip_defaults.${name}`] === true;
  return !isSkipped && !groups.has(groupKeys.entry(kind, ref, name));
}

/** Of a group that says what whoever comes later gets, a default or `"*"`; null: it is about one resource alone. */
export function templateOf(
  group: string,
): { readonly kind: Kind; readonly workspace: string | null; readonly name: string } | null {
  const [what, kind, ...rest] = JSON.parse(group) as [string, Kind, ...(string | null)[]];
  const name = rest.at(-1) ?? '';
  if (what === 'default') return { kind, workspace: null, name };
  return what === 'entry' && kind === 'key-limits' && name === '*' ? { kind, workspace: rest[0] ?? null, name } : null;
}

/** The limits of an entry's group. */
export function sidesOfGroup({ limit, budget }: Group): DatedSides {
  const said = limit ?? budget;
  if (said === undefined || said === 'none') return { now: null, until: null };
  const { target, starting: _starting, id: _id, until, ...fields } = said as Record<string, FieldValue>;
  const whole = (some: Fields): Fields =>
    toFields(Object.entries(budget === undefined && target !== undefined ? { ...some, target } : some));
  const now = whole(toFields(Object.entries(fields)));
  if (until === undefined) return { now, until: null };
  const { date, later } = until as unknown as { readonly date: string; readonly later: 'none' | Fields };
  return { now, until: { date, other: later === 'none' ? null : whole(later) } };
}

/** One part for each thing that a setting says: two guards that are edited apart are two. */
function settingsOf({ settings, gateway, pricing, groups }: OrgFile): Group {
  const { approvals = [], ...others } = settings;
  const review = Object.entries(others).flatMap(([name, value]) =>
    (name === 'guards' || name === 'rules') && typeof value === 'object' && value !== null
      ? Object.entries(value).map(([inner, said]) => [`review.${name}.${inner}`, said] as const)
      : [[`review.${name}`, value] as const],
  );
  const named = (section: string, values: object | undefined) =>
    Object.entries(values ?? {}).map(([name, value]) => [`${section}.${name}`, value] as const);
  // A rule that is another one now is one that went and one that came.
  const rules = approvals.map((rule) => [approvalPart(rule), true] as const);
  // A group is one part: who is in it and how much it may spend are the ceiling together.
  return Object.fromEntries([
    ...review,
    ...rules,
    ...named('gateway', gateway),
    ...named('pricing', pricing),
    ...named('groups', groups),
  ]);
}

/** One part for each channel and each place: what they say together is who is told of one thing. */
function alertingParts(org: OrgFile, workspaces: readonly WorkspaceFile[]): Group {
  const { channels, places } = alertingOf(org, workspaces) ?? { channels: {}, places: {} };
  const named = (section: string, parts: object) =>
    Object.entries(parts).map(([name, said]) => [`${section}.${name}`, said] as const);
  return Object.fromEntries([...named('channels', channels), ...named('alerts', places)]);
}

interface Silenced {
  readonly silence?: Readonly<Record<string, string>>;
}

function silencesOf({ ref, silence, policies, limits }: WorkspaceFile): Group {
  return {
    ...silencesAt(keyOf(ref), withoutAbsent({ silence })),
    ...Object.assign(
      {},
      ...[...policies, ...limits].map((entry) => silencesAt(keyOf(ref, entry.kind, entry.name), entry)),
    ),
  };
}

function silencesOfAll({ defaultPolicies, defaultKey, limits }: OrgFile): Group {
  const defaults = [...defaultPolicies, ...(defaultKey === undefined ? [] : [defaultKey])];
  return Object.assign(
    {},
    ...defaults.map((entry) => silencesAt(keyOf('defaults', entry.kind, entry.name), entry)),
    ...limits.map((entry) => silencesAt(keyOf(null, entry.kind, entry.name), entry)),
  );
}

function silencesAt(where: string, { silence = {} }: Silenced): Group {
  return Object.fromEntries(Object.entries(silence).map(([rule, reason]) => [`silence.${where}.${rule}`, reason]));
}
