/** The file with `kind: org`. */

import type { ReviewSettings } from '../resources/review-settings.ts';
import type { Desired, Forget } from '../resources/types.ts';
import { example, type Said, say, textOf, writeQuoted } from './advice.ts';
import { readForget } from './forget.ts';
import type { WrittenLimits } from './limits-entry.ts';
import { readLimits } from './limits-entry.ts';
import type { FieldNode, Place } from './nodes.ts';
import type { PolicyEntry } from './policy-entry.ts';
import { readPolicy } from './policy-entry.ts';
import { quote } from './quote.ts';
import type { Report, Written } from './reader.ts';
import { expectScalar, isAbsent, readEntries, readMap, readShaped, readText, readWord } from './reader.ts';
import type { Recipient } from './recipients.ts';
import { readAlerts } from './recipients.ts';
import { readReview } from './review.ts';
import {
  defaultsShape,
  gatewayShape,
  keyShape,
  newWorkspacesShape,
  patterns,
  policyShape,
  pricingShape,
  recordShape,
} from './schema.ts';
import { readSection } from './workspace.ts';

export interface OrgFile {
  readonly at: Place;
  readonly environment: string;
  readonly organisation: string;
  readonly gateway: Desired['gateway'];
  readonly pricing?: NonNullable<Desired['pricing']>;
  readonly recordRef?: string;
  readonly settings: ReviewSettings;
  readonly settingSources: NonNullable<Desired['settingSources']>;
  readonly alerts?: readonly Recipient[];
  readonly alertsAt?: Place;
  readonly defaultPolicies: readonly PolicyEntry[];
  /** `defaults.keys."*"` */
  readonly defaultKey?: WrittenLimits;
  readonly forget: readonly Forget[];
  readonly limits: readonly WrittenLimits[];
}

const noProtection = { protect: false };

export function readOrg(at: Place, written: Written, report: Report): OrgFile {
  const environment = required('environment', say`a short name such as ${example('production')}`, at, written, report);
  const organisation = required('organisation', "the organisation's UUID", at, written, report);
  const description = written.get('description');
  if (description !== undefined) readText(description, 'a text', report, 500);
  const record = sectionOf('record', Object.keys(recordShape.shape), written, report)?.get('ref');
  const recordRef = record === undefined ? undefined : readRef(record, report);
  const pricing = readPricing(written, report);
  const alertsField = written.get('alerts');
  const alerts = readAlerts(alertsField, report);
  const defaults = sectionOf('defaults', Object.keys(defaultsShape.shape), written, report);
  const defaultKey = readDefaultKey(defaults?.get('keys'), report);
  return {
    at,
    environment: environment ?? '',
    organisation: organisation?.toLowerCase() ?? '',
    gateway: readGateway(written, report),
    ...(pricing === undefined ? {} : { pricing }),
    ...(recordRef === undefined ? {} : { recordRef }),
    settings: readReview(written.get('review'), report),
    settingSources: findSettings(written),
    ...(alerts === undefined ? {} : { alerts }),
    ...(alertsField === undefined ? {} : { alertsAt: alertsField.at }),
    defaultPolicies: readEntries(defaults?.get('policies'), report, Object.keys(policyShape.shape)).flatMap((entry) =>
      readPolicy(entry, noProtection, report),
    ),
    ...(defaultKey === undefined ? {} : { defaultKey }),
    forget: readForget(written.get('forget'), null, report),
    limits: [...readOrgKeys(written, report), ...readOrgIntegrations(written.get('integrations'), report)],
  };
}

/** For findings about what a setting says. */
function findSettings(written: Written): NonNullable<Desired['settingSources']> {
  const found = ['gateway', 'pricing', 'review'].flatMap((section) => {
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

function readRef(field: FieldNode, report: Report): string | undefined {
  const expected = say`a full ref such as ${example('refs/heads/tollgate-record')}`;
  const ref = readShaped(field, patterns.ref, 'invalid-ref', expected, report);
  if (ref === undefined || !patterns.lockedRef.test(ref)) return ref;
  report(
    'invalid-ref',
    field.node.at,
    say`\`ref\`: ${quote(ref)} ends a part in \`.lock\`, which is Git's own: write ${expected}`,
  );
  return undefined;
}

function required(
  key: 'environment' | 'organisation',
  expected: Said,
  at: Place,
  written: Written,
  report: Report,
): string | undefined {
  const field = written.get(key);
  if (field !== undefined) {
    return readShaped(
      field,
      key === 'environment' ? patterns.environment : patterns.uuid,
      `invalid-${key}`,
      expected,
      report,
    );
  }
  report(`missing-${key}`, at, say`the organisation file needs \`${key}:\`: write ${textOf(expected)}`);
  return undefined;
}

/** A section of the file as a map; absent and empty are the same. */
function sectionOf(key: string, known: readonly string[], written: Written, report: Report): Written | undefined {
  const field = written.get(key);
  return field === undefined || isAbsent(field.node) ? undefined : readMap(field, known, `\`${key}\``, report);
}

function readGateway(written: Written, report: Report): Desired['gateway'] {
  const section = sectionOf('gateway', Object.keys(gatewayShape.shape), written, report);
  const deployment = section?.get('deployment');
  const unit = section?.get('usage_unit');
  const deployed =
    deployment === undefined ? undefined : readWord(deployment, ['saas', 'hybrid', 'air-gapped'] as const, report);
  const usageUnit = unit === undefined ? undefined : readWord(unit, ['cents', 'dollars'] as const, report);
  const version = readVersion(section?.get('version'), report);
  const backend = readVersion(section?.get('backend'), report);
  return {
    ...(deployed === undefined ? {} : { deployment: deployed }),
    ...(version === undefined ? {} : { version }),
    ...(backend === undefined ? {} : { backend }),
    ...(usageUnit === undefined ? {} : { usageUnit }),
  };
}

function readVersion(field: FieldNode | undefined, report: Report): string | undefined {
  if (field === undefined) return undefined;
  const node = expectScalar(field, say`a version in quotes, such as ${example('"2.18"')}`, report);
  if (node === undefined) return undefined;
  if (typeof node.value === 'number') {
    // 1.20 would arrive as 1.2, which is another version.
    report(
      'unquoted-version',
      node.at,
      say`YAML reads ${quote(node.text)} as a number: write it in quotes, ${writeQuoted(node.text)}`,
    );
    return undefined;
  }
  return readShaped(
    field,
    patterns.version,
    'invalid-version',
    say`a version in quotes, such as ${example('"2.18"')}`,
    report,
  );
}

function readPricing(written: Written, report: Report): Desired['pricing'] {
  const section = sectionOf('pricing', Object.keys(pricingShape.shape), written, report);
  if (section === undefined) return undefined;
  const sourceField = section.get('source');
  const ageField = section.get('max_age');
  const source = sourceField === undefined ? undefined : readText(sourceField, 'a URL or a directory', report, 2000);
  const age =
    ageField === undefined
      ? undefined
      : readShaped(
          ageField,
          patterns.age,
          'invalid-age',
          say`hours or days, such as ${['24h', '30d'].map(example)}`,
          report,
        );
  if (
    source !== undefined &&
    sourceField !== undefined &&
    /^\w+:\/\//.test(source) &&
    !(/^https?:/.test(source) && URL.canParse(source))
  ) {
    report(
      'invalid-url',
      sourceField.node.at,
      `\`source\`: ${quote(source)} is no address: it starts with \`https://\`, or is a directory`,
    );
  }
  const maxAgeHours = age === undefined ? undefined : Number(age.slice(0, -1)) * (age.endsWith('d') ? 24 : 1);
  return { ...(source === undefined ? {} : { source }), ...(maxAgeHours === undefined ? {} : { maxAgeHours }) };
}

function readDefaultKey(field: FieldNode | undefined, report: Report): WrittenLimits | undefined {
  const [star, ...others] = readEntries(field, report, Object.keys(keyShape.shape)).toSorted(
    (a, b) => Number(b.key === '*') - Number(a.key === '*'),
  );
  for (const entry of star === undefined || star.key === '*' ? others : [star, ...others]) {
    report(
      'default-key',
      entry.at,
      `${quote(entry.key)}: a default for keys is for all of them: write \`"*"\`, or name the key in its workspace's file`,
    );
  }
  return star?.key === '*' ? readLimits(star, 'key-limits', noProtection, report) : undefined;
}

function readOrgKeys(written: Written, report: Report): readonly WrittenLimits[] {
  return readSection(written.get('keys'), 'key-limits', noProtection, report).filter((entry) => {
    if (entry.name !== '*') return true;
    report('star-in-org', entry.at, '`"*"` stands for the keys of a workspace: write it under `defaults: {keys: …}`');
    return false;
  });
}

function readOrgIntegrations(field: FieldNode | undefined, report: Report): readonly WrittenLimits[] {
  const known = Object.keys(newWorkspacesShape.shape);
  return readEntries(field, report).flatMap((entry) => {
    // Limits written without `new_workspaces` around them are the likely mistake.
    const inner =
      entry.node.type === 'map'
        ? entry.node.fields.find((candidate) => /^(?:budget|rate|reset|alert)/.test(candidate.key))
        : undefined;
    if (inner !== undefined) {
      report(
        'misplaced-key',
        inner.at,
        `\`${inner.key}\`: in the organisation file, limits of an integration stand below \`new_workspaces:\``,
      );
      return [];
    }
    const written = readMap(entry, known, 'an integration of the organisation', report);
    const given = written?.get('new_workspaces');
    if (given === undefined || isAbsent(given.node)) return [];
    const limits = readLimits({ ...given, key: entry.key }, 'integration-limits', noProtection, report);
    return limits === undefined ? [] : [limits];
  });
}
