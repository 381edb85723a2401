/** Checks across entries and files, one small function each. Everything that one entry can tell is checked while reading it. */

import { nearestName } from '../nearest-name.ts';
import { isForgotten } from '../resources/fields.ts';
import { isPolicyKind, specOf } from '../resources/registry.ts';
import type { Desired, DesiredEntry, Forget } from '../resources/types.ts';
import { recipientsOfGroup } from '../resources/workspace-groups.ts';
import { say, writeValue } from './advice.ts';
import { listEntries } from './alerting.ts';
import { oneGroupPerWorkspace } from './group-checks.ts';
import type { SourceRange } from './nodes.ts';
import type { Organisation } from './normalize.ts';
import { ownersAreNames } from './owner-checks.ts';
import { quote } from './quote.ts';
import { placeAt, type Report } from './report.ts';
import { findMissing } from './review-checks.ts';

export interface Checked extends Organisation {
  readonly desired: Desired;
}

export type GrammarCheck = (checked: Checked, report: Report) => void;

export const grammarChecks: readonly GrammarCheck[] = [
  oneFilePerWorkspace,
  knownDefaults,
  oneEntryPerLiveObject,
  notDeclaredAndForgotten,
  allowedRecipientDomains,
  recipientsReachKeys,
  knownChannels,
  previousNamesAreFree,
  requiredFields,
  oneGroupPerWorkspace,
  ownersAreNames,
];

function oneFilePerWorkspace({ workspaces }: Checked, report: Report): void {
  const seen = new Map<string, SourceRange>();
  for (const workspace of workspaces) {
    const ref = workspace.ref.toLowerCase();
    const first = seen.get(ref);
    if (first === undefined) seen.set(ref, workspace.at);
    else
      report(
        'duplicate-workspace',
        workspace.at,
        `${quote(workspace.ref)} is described in ${first.source.file} already: merge the two files, or delete the one that is a copy`,
      );
  }
}

function knownDefaults({ org, workspaces }: Checked, report: Report): void {
  const known = [
    ...new Set(org.defaultPolicies.map((policy) => policy.name)),
    ...(org.defaultKey === undefined ? [] : ['*']),
  ];
  for (const skip of workspaces.flatMap((workspace) => workspace.skipDefaults)) {
    if (known.includes(skip.name)) continue;
    const near = nearestName(skip.name, known);
    const list = known.length === 0 ? 'there are none' : `there are ${known.map(quote).join(', ')}`;
    const hint = near === undefined ? list : say`did you mean ${writeValue(near)}?`;
    const said = say`\`skip_defaults\`: ${quote(skip.name)} is not a default of the organisation: ${hint}`;
    report('unknown-default', skip.at, said);
  }
}

function oneEntryPerLiveObject({ desired }: Checked, report: Report): void {
  for (const member of ['id', 'liveName'] as const) {
    const seen = new Map<string, DesiredEntry>();
    for (const entry of desired.entries) {
      const value = entry[member];
      if (value === undefined || entry.kind === 'workspace-limits') continue;
      // With an id, the name is what the object is to be called: names of keys and policies may be shared.
      if (member === 'liveName' && entry.id !== undefined && canShareName(entry)) continue;
      const key = JSON.stringify([entry.kind, entry.workspace?.toLowerCase() ?? null, value]);
      const first = seen.get(key);
      if (first === undefined) {
        seen.set(key, entry);
        continue;
      }
      if (first.source.file === entry.source.file && first.name === entry.name) continue;
      const what = member === 'id' ? 'id' : 'live name';
      const hint = `give each its own ${member === 'id' ? '`id:`' : '`name:`, or tell them apart by `id:`'}`;
      const said = `${quote(entry.name)} and ${quote(first.name)} have one ${what}, ${quote(value)}: ${hint}`;
      report(`duplicate-${member === 'id' ? 'id' : 'name'}`, placeAt(entry.source), said);
    }
  }
}

function canShareName({ kind }: DesiredEntry): boolean {
  return kind === 'key-limits' || isPolicyKind(kind);
}

function declares(entry: DesiredEntry, forget: Forget): boolean {
  if (entry.workspace !== forget.workspace || specOf(entry.kind).section !== forget.section) return false;
  if (forget.name !== undefined && entry.name !== forget.name && entry.liveName !== forget.name) return false;
  const { field } = forget;
  return (
    field === undefined ||
    entry.absent === true ||
    Object.keys(entry.fields).some((name) => isForgotten(entry.kind, field, name))
  );
}

function notDeclaredAndForgotten({ desired }: Checked, report: Report): void {
  const byWorkspace = new Map<string | null, DesiredEntry[]>();
  for (const entry of desired.entries) {
    const others = byWorkspace.get(entry.workspace);
    if (others === undefined) byWorkspace.set(entry.workspace, [entry]);
    else others.push(entry);
  }
  /** One error for one line: `"*"` is a path of every section. */
  const told = new Set<unknown>();
  for (const forget of desired.forget) {
    if (told.has(forget.source)) continue;
    const entry = byWorkspace.get(forget.workspace)?.find((candidate) => declares(candidate, forget));
    if (entry === undefined) continue;
    told.add(forget.source);
    const where = `${entry.source.file}:${entry.source.line}`;
    const hint = entry.fromDefaults === true ? 'add it to `skip_defaults`' : 'delete one of the two';
    const said = `\`forget\`: ${quote(forget.path)} is declared at ${where}: ${hint}`;
    report('declared-and-forgotten', placeAt(forget.source), said);
  }
}

function allowedRecipientDomains({ org, workspaces, desired }: Checked, report: Report): void {
  const { recipient_domains: domains = [] } = org.settings;
  if (domains.length === 0) return;
  const ofGroups = Object.entries(org.groups ?? {}).flatMap(([name, group]) => {
    const at = placeAt(desired.settingSources?.[`groups.${name}`] ?? desired.orgFile);
    return recipientsOfGroup(group).map((address) => ({ address, at }));
  });
  const { limits, policies } = listEntries(org, workspaces);
  const budgets = limits.flatMap((entry) => entry.budgets ?? []);
  const recipients = [
    ...[org, ...workspaces, ...policies, ...limits].map(({ alerts }) => alerts?.recipients),
    ...limits.map((entry) => entry.recipients),
    ...budgets.flatMap(({ thresholds = [] }) => thresholds.map((threshold) => threshold.recipients)),
    ...policies.map(({ alsoTold }) => alsoTold),
  ];
  for (const recipient of [...recipients, ofGroups].flatMap((list) => list ?? [])) {
    const domain = recipient.address.slice(recipient.address.lastIndexOf('@') + 1);
    if (domains.includes(domain)) continue;
    const allowed = domains.map(quote).join(', ');
    const said = `${quote(recipient.address)}: the organisation allows recipients at ${allowed} only`;
    report('recipient-domain', recipient.at, said);
  }
}

/** Recipients exist on keys alone: what is said for all keys of a file without keys is said to nobody. */
function recipientsReachKeys({ org, workspaces, desired }: Checked, report: Report): void {
  const reaching = desired.entries.filter(
    (entry) => entry.kind === 'key-limits' && (entry.fields.recipients as readonly unknown[] | undefined)?.length,
  );
  const said = 'reach no key, and only keys have recipients: declare keys, or write `keys: {"*": …}`';
  // Told by tollgate, recipients are of use without any key.
  if (org.channels !== undefined) return;
  if (org.alertsAt !== undefined && (org.alerts?.recipients?.length ?? 0) > 0 && reaching.length === 0) {
    report('recipients-reach-no-key', org.alertsAt, `the organisation's recipients ${said}`, 'warning');
  }
  for (const { ref, alerts, alertsAt } of workspaces) {
    if (
      alertsAt === undefined ||
      (alerts?.recipients?.length ?? 0) === 0 ||
      reaching.some((entry) => entry.workspace === ref)
    )
      continue;
    report('recipients-reach-no-key', alertsAt, `the recipients of this file ${said}`, 'warning');
  }
}

function knownChannels({ org, workspaces }: Checked, report: Report): void {
  const known = Object.keys(org.channels ?? {});
  const { limits, policies } = listEntries(org, workspaces);
  for (const { alerts } of [org, ...workspaces, ...policies, ...limits]) {
    for (const { name, at } of alerts?.channels ?? []) {
      if (known.includes(name)) continue;
      const near = nearestName(name, known);
      const list =
        known.length === 0
          ? 'there is none, write it under `channels:` there'
          : `there are ${known.map(quote).join(', ')}`;
      const hint = near === undefined ? list : say`did you mean ${writeValue(near)}?`;
      report('unknown-channel', at, say`${quote(name)} is not a channel of the organisation file: ${hint}`);
    }
  }
}

function previousNamesAreFree({ desired }: Checked, report: Report): void {
  const keyOf = (entry: DesiredEntry, name: string) => JSON.stringify([entry.kind, entry.workspace, name]);
  const byKey = new Map(desired.entries.map((entry) => [keyOf(entry, entry.name), entry]));
  const claimants = new Map<string, DesiredEntry>();
  for (const entry of desired.entries) {
    if (entry.previously === undefined) continue;
    const key = keyOf(entry, entry.previously);
    const first = claimants.get(key);
    if (first === undefined) claimants.set(key, entry);
    else {
      const said = `\`previously\`: ${quote(first.name)} and ${quote(entry.name)} cannot both have been ${quote(entry.previously)}: keep the line in one of them`;
      report('previously-twice', placeAt(entry.source), said);
    }
    const other = byKey.get(key);
    if (other === undefined) continue;
    const why = other === entry ? 'is the name it has now' : 'is declared as an entry of its own';
    const said = `\`previously\`: ${quote(entry.previously)} ${why}: take the line out`;
    report('previously-in-use', placeAt(entry.source), said);
  }
}

function requiredFields({ org, desired }: Checked, report: Report): void {
  for (const { code, source, message } of findMissing(desired, org.settings.require ?? []))
    report(code, placeAt(source), message);
}
