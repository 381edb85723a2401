/** Plans from policy files, a record and live objects, all of them values: nothing is read and nothing is written. */

import { settingsLines as findSettingsLines } from '../../src/guards/settings-lines.ts';
import type { Live, LiveObject } from '../../src/live/live.ts';
import { type AppliedRecord, type RecordedEntry, recordVersion } from '../../src/plan/applied-record.ts';
import { buildPlan, type PlanResult } from '../../src/plan/build-plan.ts';
import { nextWorkspaces } from '../../src/plan/next-record.ts';
import { noSettings, settingsOf as settingsInFiles } from '../../src/plan/settings.ts';
import type { Change, Outcome, OutcomeStatus, Plan } from '../../src/plan/types.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import type { WireRow } from '../../src/resources/kind.ts';
import type { Kind } from '../../src/resources/types.ts';
import { testNow } from '../helpers/session.ts';
import { teamA, teamB, uuid } from '../helpers/state.ts';
import { organisationId, orgFile, workspaceFile } from '../helpers/world.ts';

export const now = new Date(testNow);

export function policyObject(id: string, row: WireRow = {}, kind: Kind = 'usage-policy'): LiveObject {
  const defaults: WireRow =
    kind === 'usage-policy'
      ? { type: 'cost', credit_limit: 500, alert_threshold: null, periodic_reset: 'monthly', periodic_reset_days: null }
      : { type: 'requests', unit: 'rpm', value: 100, target: 'llm' };
  const whole: WireRow = {
    id,
    name: 'spend',
    description: null,
    conditions: [{ key: 'api_key', value: '*' }],
    group_by: [{ key: 'workspace_id' }],
    status: 'active',
    ...defaults,
    ...row,
  };
  return { kind, id, name: whole.name as string | null, workspaceId: teamA, row: whole };
}

export function keyObject(name: string, id: string, row: WireRow = {}): LiveObject {
  const whole = { id, name, type: 'workspace-service', creation_mode: 'api', status: 'active', ...row };
  return { kind: 'key-limits', id, name, workspaceId: teamA, row: whole };
}

export function providerObject(slug: string, id: string, row: WireRow = {}): LiveObject {
  return { kind: 'provider-limits', id, name: slug, workspaceId: teamA, row: { id, slug, ...row } };
}

export function workspaceObject(row: WireRow = {}): LiveObject {
  return { kind: 'workspace-limits', id: teamA, name: 'limits', workspaceId: teamA, row: { id: teamA, ...row } };
}

export function shareObject(row: WireRow = {}, workspaceId: string | null = teamA): LiveObject {
  return {
    kind: 'integration-limits',
    id: `openai-prod/${workspaceId ?? '*'}`,
    name: 'openai-prod',
    workspaceId,
    row: { id: 'ws-team-a', enabled: true, ...row },
  };
}

export function liveOf(objects: readonly LiveObject[], rest: Partial<Live> = {}): Live {
  return {
    organisationId,
    baseUrl: 'https://api.example.com/v1',
    workspaces: [
      { id: teamA, slug: 'ws-team-a', name: 'Team A' },
      { id: teamB, slug: 'ws-team-b', name: 'Team B' },
    ],
    objects,
    integrations: ['openai-prod', 'anthropic-prod'],
    read: new Set(),
    ...rest,
  };
}

export interface Given {
  /** What stands in the file of `ws-team-a` below its head; null: there is no such file. */
  readonly body: string | null;
  /** Below the head of the organisation file. */
  readonly org?: string;
  /** Other files by path. */
  readonly files?: Readonly<Record<string, string>>;
  readonly live?: readonly LiveObject[];
  readonly liveRest?: Partial<Live>;
  readonly record?: AppliedRecord | null;
  /** An error about one workspace stops that one alone. */
  readonly confinesErrors?: boolean;
}

export function filesOf({ body, org = '', files = {} }: Given): Record<string, string> {
  return {
    'policies/org.yaml': orgFile(org),
    ...(body === null ? {} : { 'policies/a.yaml': workspaceFile('ws-team-a', body) }),
    ...files,
  };
}

export function planResult(given: Given): PlanResult {
  const files = Object.entries(filesOf(given)).map(([path, text]) => ({ path, text }));
  const { desired, diagnostics } = compilePolicies(files);
  if (desired === null) throw new Error(diagnostics.map(({ code, message }) => `${code}: ${message}`).join('\n'));
  const live = liveOf(given.live ?? [], given.liveRest);
  const { record = null, confinesErrors } = given;
  const settingsLines = record === null ? [] : findSettingsLines(record.settings, settingsInFiles(desired));
  return buildPlan({ desired, live, record, now, confinesErrors, settingsLines });
}

export function planOf(given: Given): Plan {
  const { plan, diagnostics } = planResult(given);
  if (plan === null) throw new Error(diagnostics.map(({ code, message }) => `${code}: ${message}`).join('\n'));
  return plan;
}

/** The one change of a plan. */
export function onlyChange(given: Given): Change {
  const { changes } = planOf(given);
  const [change] = changes;
  if (change === undefined || changes.length !== 1) throw new Error(`${changes.length} changes instead of one`);
  return change;
}

export function outcomeOf(change: Change, status: OutcomeStatus = 'applied'): Outcome {
  // One that is not carried out has made nothing.
  const created = status === 'applied' || status === 'already-applied' ? uuid(0xabc) : null;
  return { change, status, detail: null, liveId: change.liveId ?? created };
}

/** The record after everything was applied; ids of creates are `uuid(0xabc)`. */
export function recordAfter(given: Given): AppliedRecord {
  const { plan, recordSteps, diagnostics } = planResult(given);
  if (plan === null) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  const outcomes = plan.changes.map((change) => outcomeOf(change));
  return recordOf(nextWorkspaces(recordSteps, outcomes, { filter: { only: [], workspaces: [] }, past: null }), {
    settings: settingsOf(given),
    digest: plan.digest,
  });
}

function settingsOf(given: Given): AppliedRecord['settings'] {
  const { desired } = compilePolicies(Object.entries(filesOf(given)).map(([path, text]) => ({ path, text })));
  return desired === null ? noSettings : settingsInFiles(desired);
}

export function recordOf(workspaces: AppliedRecord['workspaces'], rest: Partial<AppliedRecord> = {}): AppliedRecord {
  return {
    version: recordVersion,
    tool: 'test',
    environment: 'production',
    organisation: organisationId,
    baseUrl: 'https://api.example.com/v1',
    directory: null,
    commit: null,
    dirty: false,
    appliedBy: 'test',
    appliedAt: now.toISOString(),
    run: 'test',
    digest: '',
    way: 'by-hand',
    settings: settingsOf({ body: '' }),
    workspaces,
    outcomes: [],
    files: {},
    ...rest,
  };
}

/** A record of `ws-team-a`. */
export function recorded(...entries: (Partial<RecordedEntry> & Pick<RecordedEntry, 'kind' | 'name' | 'id'>)[]) {
  return recordOf([
    { id: teamA, slug: 'ws-team-a', entries: entries.map((entry) => ({ fields: {}, protect: false, ...entry })) },
  ]);
}

/** `action kind/name` of every change, in order. */
export function actionsOf({ changes }: Pick<Plan, 'changes'>): string[] {
  return changes.map(({ action, key }) => `${action} ${key.kind}/${key.name}`);
}

/** A usage policy as a file says it. */
export function spend(lines = '', name = 'spend'): string {
  return `policies:\n${entry(name, lines)}`;
}

export function entry(
  name: string,
  lines = '',
  budget = 'budget: $500\n    reset: monthly\n    per: workspace_id',
): string {
  const more =
    lines === ''
      ? ''
      : `\n${lines
          .split('\n')
          .map((line) => `    ${line}`)
          .join('\n')}`;
  return `  ${name}:\n    ${budget}${more}\n`;
}
