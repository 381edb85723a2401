/** Files as written → desired state: defaults copied, recipients joined, `"*"` laid beneath named keys. */

import { compareText } from '../diagnostics.ts';
import { sortFields } from '../resources/fields.ts';
import type { Desired, DesiredEntry, DesiredWorkspace, SidesOfDate } from '../resources/types.ts';
import { kinds } from '../resources/types.ts';
import { withoutAbsent } from '../without-absent.ts';
import { say } from './advice.ts';
import { alertingOf, recipientsOf } from './alerting.ts';
import type { WrittenLimits } from './limits-entry.ts';
import { overlayLimits, resolveLimits } from './limits-entry.ts';
import type { OrgFile } from './org.ts';
import type { PolicyEntry } from './policy-entry.ts';
import { quote } from './quote.ts';
import type { Report } from './report.ts';
import type { WorkspaceFile } from './workspace.ts';

/** Bound by the resource it belongs to; kept for the rules, which look across files. */
export interface Organisation {
  readonly org: OrgFile;
  readonly workspaces: readonly WorkspaceFile[];
}

export function normalize({ org, workspaces }: Organisation, report: Report): Desired {
  const entries = [
    ...org.limits.map((limits) => toEntry(limits, null, undefined, [recipientsOf(org)], report)),
    ...workspaces.flatMap((workspace) => normalizeWorkspace(org, workspace, report)),
  ];
  return withoutAbsent({
    environment: org.environment,
    organisation: org.organisation,
    workspaces: workspaces.map(describeWorkspace).sort((a, b) => compareText(a.ref, b.ref)),
    entries: entries.sort(compareEntries),
    forget: [...org.forget, ...workspaces.flatMap((workspace) => workspace.forget)].sort(
      (a, b) => compareText(a.workspace ?? '', b.workspace ?? '') || compareText(a.path, b.path),
    ),
    settings: org.settings,
    gateway: org.gateway,
    recordRef: org.recordRef,
    pricing: org.pricing,
    alerting: alertingOf(org, workspaces),
    groups: org.groups,
    orgFile: org.at.source,
    settingSources: org.settingSources,
  });
}

function normalizeWorkspace(org: OrgFile, workspace: WorkspaceFile, report: Report): DesiredEntry[] {
  const { ref } = workspace;
  const skipped = new Set(workspace.skipDefaults.map((skip) => skip.name));
  const own = new Set(workspace.policies.map((policy) => policy.name));
  const inherited = org.defaultPolicies.filter((policy) => !own.has(policy.name) && !skipped.has(policy.name));
  const ownStar = workspace.limits.find((limits) => limits.kind === 'key-limits' && limits.name === '*');
  const defaultStar = ownStar !== undefined || skipped.has('*') ? undefined : org.defaultKey;
  const star = ownStar ?? defaultStar;
  const above = [recipientsOf(org), recipientsOf(workspace)];
  return [
    ...workspace.policies.map((policy) => toPolicy(policy, workspace)),
    ...inherited.map((policy): DesiredEntry => ({ ...toPolicy(policy, workspace), fromDefaults: true })),
    ...workspace.limits.map((limits) =>
      toEntry(
        limits,
        ref,
        limits.kind === 'key-limits' && limits.name !== '*' ? star : undefined,
        above,
        report,
        workspace.owner,
      ),
    ),
    ...(defaultStar === undefined
      ? []
      : [{ ...toEntry(defaultStar, ref, undefined, above, report, workspace.owner), fromDefaults: true as const }]),
  ];
}

function toPolicy(policy: PolicyEntry, { ref: workspace, owner }: WorkspaceFile): DesiredEntry {
  const { alerts: _routes, thresholds: _several, alsoTold: _people, until, ...rest } = policy;
  const fields = sortFields(policy.fields);
  const sides = until === undefined ? undefined : sidesOfPolicy(fields, until);
  return withoutAbsent({ ...rest, workspace, fields, owner: policy.owner ?? owner, until: sides });
}

function sidesOfPolicy(
  fields: DesiredEntry['fields'],
  { date, at, later }: NonNullable<PolicyEntry['until']>,
): SidesOfDate {
  const side = later === 'none' ? { fields: {}, absent: true as const } : { fields: sortFields(later.fields) };
  return { date, first: { fields }, later: side, source: at.source, day: '' };
}

function toEntry(
  limits: WrittenLimits,
  workspace: string | null,
  star: WrittenLimits | undefined,
  above: Parameters<typeof resolveLimits>[1],
  report: Report,
  fileOwner?: string,
): DesiredEntry {
  const { fieldSources, starting } = resolveLimits(limits, above);
  const sideOf = (side: WrittenLimits): Pick<DesiredEntry, 'fields' | 'fieldsOverStar'> => {
    const overStarReport: Report = (code, at, message) =>
      report(code, at, say`${quote(limits.name)} with what \`"*"\` adds to it: ${message}`);
    const overStar =
      star === undefined ? undefined : resolveLimits(overlayLimits(side, star), above, overStarReport).fields;
    return withoutAbsent({
      // The order of lines in a file means nothing: equal entries are equal text.
      fields: sortFields(resolveLimits(side, above).fields),
      fieldsOverStar: overStar === undefined ? undefined : sortFields(overStar),
    });
  };
  const first = sideOf(limits);
  const { until } = limits;
  if (until !== undefined && star?.budgets?.some(({ thresholds }) => thresholds !== undefined) === true) {
    const said = '`until` of a key for which `"*"` has a list under `alert`: write `alert:` here, one threshold';
    report('until-alerts', until.at, said);
  }
  const sides: SidesOfDate | undefined =
    until === undefined || until.later === 'none'
      ? undefined
      : { date: until.date, first, later: sideOf(until.later), source: until.at.source, day: '' };
  const { kind, name, liveName, id, protect, silence, owner = fileOwner } = limits;
  return withoutAbsent({
    ...{ kind, workspace, name, liveName, id, protect, owner },
    ...first,
    ...{ starting, until: sides, silence, source: limits.at.source, fieldSources },
  });
}

function describeWorkspace({ ref, owner, silence, skipDefaults, at }: WorkspaceFile): DesiredWorkspace {
  const skipped = [...new Set(skipDefaults.map((skip) => skip.name))].sort(compareText);
  return withoutAbsent({ ref, owner, silence, skipDefaults: skipped, source: at.source });
}

function compareEntries(a: DesiredEntry, b: DesiredEntry): number {
  return (
    kinds.indexOf(a.kind) - kinds.indexOf(b.kind) ||
    compareText(a.workspace ?? '', b.workspace ?? '') ||
    compareText(a.name, b.name)
  );
}
