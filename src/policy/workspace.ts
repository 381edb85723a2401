/** A file with `kind: workspace`, read but not yet joined with the organisation's defaults. */

import type { Forget } from '../resources/types.ts';
import { withoutAbsent } from '../without-absent.ts';
import type { WrittenAlerts } from './alert-keys.ts';
import { workspaceKeys } from './file-keys.ts';
import { readLimitsEntry, type WrittenLimits } from './limits-entry.ts';
import type { SourceRange } from './nodes.ts';
import { type PolicyEntry, readPolicyEntry } from './policy-entry.ts';
import { isAbsent, type Written } from './reader.ts';
import type { Report } from './report.ts';
import { readValues } from './shapes.ts';
import type { Silence } from './silence.ts';

export interface WorkspaceFile {
  /** Slug or UUID as written. */
  readonly ref: string;
  readonly at: SourceRange;
  readonly owner?: string;
  readonly silence?: Silence;
  readonly skipDefaults: readonly { readonly name: string; readonly at: SourceRange }[];
  readonly alerts?: WrittenAlerts;
  /** Where `recipients` of `alerts` starts, for the warning that it reaches nobody. */
  readonly alertsAt?: SourceRange;
  readonly forget: readonly Forget[];
  readonly policies: readonly PolicyEntry[];
  readonly limits: readonly WrittenLimits[];
}

/** @param written the fields of the file's top level; unknown ones are reported already */
export function readWorkspace(written: Written, report: Report): WorkspaceFile | undefined {
  const said = readValues(workspaceKeys, written, report);
  const file = { protect: said.protect ?? false };
  const own = written.get('limits');
  const policies = (said.policies ?? []).flatMap((entry) => readPolicyEntry(entry, file, report));
  const limits = [
    ...(own === undefined || isAbsent(own.node) ? [] : [[own, 'workspace-limits'] as const]),
    ...(said.keys ?? []).map((entry) => [entry, 'key-limits'] as const),
    ...(said.providers ?? []).map((entry) => [entry, 'provider-limits'] as const),
    ...(said.integrations ?? []).map((entry) => [entry, 'integration-limits'] as const),
  ].flatMap(([entry, kind]) => readLimitsEntry(entry, kind, file, report) ?? []);
  const { workspace: ref } = said;
  const at = written.get('workspace')?.at;
  if (ref === undefined || at === undefined) return undefined;
  return withoutAbsent({
    ref,
    at,
    owner: said.owner,
    silence: said.silence,
    skipDefaults: said.skip_defaults ?? [],
    alerts: said.alerts,
    alertsAt: written.get('alerts')?.at,
    forget: (said.forget ?? []).map((path) => ({ workspace: ref, ...path })),
    policies,
    limits,
  });
}
