/** The file with `kind: org`. */

import type { AlertSettings } from '../resources/alert-settings.ts';
import type { ReviewSettings } from '../resources/review-settings.ts';
import type { Desired, Forget } from '../resources/types.ts';
import type { WorkspaceGroups } from '../resources/workspace-groups.ts';
import { withoutAbsent } from '../without-absent.ts';
import type { WrittenAlerts } from './alert-keys.ts';
import { orgIntegrationKeys, orgKeys } from './file-keys.ts';
import { readLimitsEntry, type WrittenLimits } from './limits-entry.ts';
import type { FieldNode, SourceRange } from './nodes.ts';
import { type PolicyEntry, readPolicyEntry } from './policy-entry.ts';
import { readPricesEntry } from './prices-entry.ts';
import { quote } from './quote.ts';
import { isAbsent, readMap, type Written } from './reader.ts';
import type { Report } from './report.ts';
import { readValues } from './shapes.ts';

export interface OrgFile {
  readonly at: SourceRange;
  readonly environment: string;
  readonly organisation: string;
  readonly gateway: Desired['gateway'];
  readonly pricing?: NonNullable<Desired['pricing']>;
  readonly recordRef?: string;
  readonly settings: ReviewSettings;
  readonly settingSources: NonNullable<Desired['settingSources']>;
  readonly alerts?: WrittenAlerts;
  readonly alertsAt?: SourceRange;
  readonly channels?: AlertSettings['channels'];
  readonly groups?: WorkspaceGroups;
  readonly defaultPolicies: readonly PolicyEntry[];
  /** `defaults.keys."*"` */
  readonly defaultKey?: WrittenLimits;
  readonly forget: readonly Forget[];
  readonly limits: readonly WrittenLimits[];
}

const noProtection = { protect: false };

export function readOrg(at: SourceRange, written: Written, report: Report): OrgFile {
  const said = readValues(orgKeys, written, report);
  const {
    environment = '',
    organisation = '',
    gateway = {},
    pricing,
    alerts,
    channels,
    review = {},
    defaults = {},
  } = said;
  return withoutAbsent({
    at,
    environment,
    organisation,
    gateway,
    pricing,
    recordRef: said.record?.ref,
    settings: review,
    settingSources: findSettings(written),
    alerts,
    alertsAt: written.get('alerts')?.at,
    channels,
    groups: said.groups,
    defaultPolicies: (defaults.policies ?? []).flatMap((entry) => readPolicyEntry(entry, noProtection, report)),
    defaultKey: readDefaultKey(defaults.keys ?? [], report),
    forget: (said.forget ?? []).map((path) => ({ workspace: null, ...path })),
    limits: [...readOrgKeys(said.keys ?? [], report), ...readOrgIntegrations(said.integrations ?? [], report)],
  });
}

/** For findings about what a setting says. */
function findSettings(written: Written): NonNullable<Desired['settingSources']> {
  const found = ['gateway', 'pricing', 'alerts', 'channels', 'review', 'groups'].flatMap((section) => {
    const field = written.get(section);
    if (field === undefined) return [];
    const inner = field.node.type === 'map' ? field.node.fields : [];
    return [
      [section, field.at.source] as const,
      ...inner.map(({ key, at }) => [`${section}.${key}`, at.source] as const),
    ];
  });
  return Object.fromEntries(found);
}

function readDefaultKey(entries: readonly FieldNode[], report: Report): WrittenLimits | undefined {
  for (const entry of entries.filter(({ key }) => key !== '*')) {
    const said = `${quote(entry.key)}: a default for keys is for all of them: write \`"*"\`, or name the key in its workspace's file`;
    report('default-key', entry.at, said);
  }
  const star = entries.find(({ key }) => key === '*');
  return star === undefined ? undefined : readLimitsEntry(star, 'key-limits', noProtection, report);
}

function readOrgKeys(entries: readonly FieldNode[], report: Report): readonly WrittenLimits[] {
  return entries.flatMap((entry) => {
    const limits = readLimitsEntry(entry, 'key-limits', noProtection, report);
    if (limits?.name !== '*') return limits ?? [];
    report('star-in-org', limits.at, '`"*"` stands for the keys of a workspace: write it under `defaults: {keys: …}`');
    return [];
  });
}

function readOrgIntegrations(entries: readonly FieldNode[], report: Report): readonly WrittenLimits[] {
  return entries.flatMap((entry) => {
    // Limits written without `new_workspaces` around them are the likely mistake.
    const inner =
      entry.node.type === 'map'
        ? entry.node.fields.find((candidate) => /^(?:budget|rate|reset|alert)/.test(candidate.key))
        : undefined;
    if (inner !== undefined) {
      const said = `\`${inner.key}\`: in the organisation file, limits of an integration stand below \`new_workspaces:\``;
      report('misplaced-key', inner.at, said);
      return [];
    }
    const written = readMap(entry, orgIntegrationKeys, 'an integration of the organisation', report);
    const [gift, prices] = [written?.get('new_workspaces'), written?.get('prices')];
    const given =
      gift === undefined || isAbsent(gift.node)
        ? undefined
        : readLimitsEntry({ ...gift, key: entry.key }, 'integration-limits', noProtection, report);
    const charged = prices === undefined ? undefined : readPricesEntry(entry.key, prices, report);
    return [given, charged].filter((limits) => limits !== undefined);
  });
}
