/** A file with `kind: workspace`, read but not yet joined with the organisation's defaults. */

import type { Forget } from '../resources/types.ts';
import { readForget } from './forget.ts';
import type { WrittenLimits } from './limits-entry.ts';
import { readLimits } from './limits-entry.ts';
import type { FieldNode, Place } from './nodes.ts';
import type { PolicyEntry } from './policy-entry.ts';
import { readPolicy } from './policy-entry.ts';
import type { Report, Written } from './reader.ts';
import { isAbsent, readBoolean, readEntries, readItems, readShaped, readText } from './reader.ts';
import type { Recipient } from './recipients.ts';
import { readAlerts } from './recipients.ts';
import { integrationShape, keyShape, patterns, policyShape, providerShape } from './schema.ts';
import { readSilence, type Silence } from './silence.ts';

export interface WorkspaceFile {
  /** Slug or UUID as written. */
  readonly ref: string;
  readonly at: Place;
  readonly owner?: string;
  readonly silence?: Silence;
  readonly skipDefaults: readonly { readonly name: string; readonly at: Place }[];
  readonly alerts?: readonly Recipient[];
  /** Where `recipients` of `alerts` starts, for the warning that it reaches nobody. */
  readonly alertsAt?: Place;
  readonly forget: readonly Forget[];
  readonly policies: readonly PolicyEntry[];
  readonly limits: readonly WrittenLimits[];
}

/** @param written the fields of the file's top level; unknown ones are reported already */
export function readWorkspace(written: Written, report: Report): WorkspaceFile | undefined {
  const owner = textOf(written.get('owner'), 255, report);
  textOf(written.get('description'), 500, report);
  const protectField = written.get('protect');
  const file = { protect: (protectField === undefined ? undefined : readBoolean(protectField, report)) ?? false };
  const alertsField = written.get('alerts');
  const alerts = readAlerts(alertsField, report);
  const silence = readSilence(written.get('silence'), report);
  const body = {
    ...(owner === undefined ? {} : { owner }),
    ...(silence === undefined ? {} : { silence }),
    skipDefaults: readNames(written.get('skip_defaults'), report),
    ...(alerts === undefined ? {} : { alerts }),
    ...(alertsField === undefined ? {} : { alertsAt: alertsField.at }),
    policies: readEntries(written.get('policies'), report, Object.keys(policyShape.shape)).flatMap((entry) =>
      readPolicy(entry, file, report),
    ),
    limits: [
      ...readOwnLimits(written.get('limits'), file, report),
      ...readSection(written.get('keys'), 'key-limits', file, report),
      ...readSection(written.get('providers'), 'provider-limits', file, report),
      ...readSection(written.get('integrations'), 'integration-limits', file, report),
    ],
  };
  const ref = written.get('workspace');
  const said =
    ref === undefined
      ? undefined
      : readShaped(ref, patterns.slug, 'invalid-workspace', 'the slug or UUID of a workspace', report);
  // A UUID as the service writes it: whoever looks for what this file says looks under that one.
  const slug = said !== undefined && patterns.uuid.test(said) ? said.toLowerCase() : said;
  const forget = readForget(written.get('forget'), slug ?? null, report);
  return ref === undefined || slug === undefined ? undefined : { ref: slug, at: ref.at, forget, ...body };
}

const wordsOf = {
  'key-limits': Object.keys(keyShape.shape),
  'provider-limits': Object.keys(providerShape.shape),
  'integration-limits': Object.keys(integrationShape.shape),
} as const;

export function readSection(
  field: FieldNode | undefined,
  kind: 'key-limits' | 'provider-limits' | 'integration-limits',
  file: { readonly protect: boolean },
  report: Report,
): readonly WrittenLimits[] {
  return readEntries(field, report, wordsOf[kind]).flatMap((entry) => readLimits(entry, kind, file, report) ?? []);
}

function readOwnLimits(
  field: FieldNode | undefined,
  file: { readonly protect: boolean },
  report: Report,
): readonly WrittenLimits[] {
  if (field === undefined || isAbsent(field.node)) return [];
  const limits = readLimits(field, 'workspace-limits', file, report);
  return limits === undefined ? [] : [limits];
}

function textOf(field: FieldNode | undefined, max: number, report: Report): string | undefined {
  return field === undefined ? undefined : readText(field, 'a text', report, max);
}

function readNames(field: FieldNode | undefined, report: Report): WorkspaceFile['skipDefaults'] {
  if (field === undefined) return [];
  return readItems(field, 'a list of names of defaults', report, { empty: true }).flatMap((item) => {
    const name = readText(item, 'the name of a default', report);
    return name === undefined ? [] : [{ name, at: item.at }];
  });
}
