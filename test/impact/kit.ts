/** A workspace whose policies have consumed something, and the plan of other files against it. */

import type { EntityRow, RequestLogRow, StoreState, UsagePolicyRow } from '../../src/emulator/store.ts';
import type { Impact, LimitImpact } from '../../src/impact/document.ts';
import { parseOutput, type Ran, type Rig, type RigOptions, startRig, succeed } from '../helpers/rig.ts';
import { testNow } from '../helpers/session.ts';
import { requestRow, smallState, teamA, usagePolicyRow, uuid } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

export const wholeTeam = `workspace_id:${teamA}`;

export function entity(usage: number, status: EntityRow['status'] = 'active', id = 900): EntityRow {
  return {
    id: uuid(id),
    current_usage: usage,
    status,
    is_threshold_alerts_sent: false,
    is_exhausted_alerts_sent: false,
  };
}

/** `spend` of workspace team-a: $500 a month, shared by the workspace; used in cents by value key. */
export function spendRow(used: Readonly<Record<string, EntityRow>>, row: Partial<UsagePolicyRow> = {}): UsagePolicyRow {
  return usagePolicyRow('spend', uuid(101), teamA, { credit_limit: 500, entities: { ...used }, ...row });
}

/** One request, so many days ago. */
export function request(cents: number, daysAgo: number, row: Partial<RequestLogRow> = {}): RequestLogRow {
  const id = uuid(5000 + Math.round(daysAgo * 1000) + cents);
  return requestRow({
    id,
    trace_id: id,
    created_at: new Date(testNow - daysAgo * 86_400_000).toISOString(),
    req_units: 1000,
    res_units: 0,
    cost: cents,
    response_time: 100,
    ...row,
  });
}

export function spendFile(dollars: number | null, rest = 'per: workspace_id', more = ''): string {
  const spend = dollars === null ? '' : `  spend:\n    budget: $${dollars}\n    reset: monthly\n    ${rest}\n`;
  return workspaceFile('ws-team-a', `${spend === '' ? '' : `policies:\n${spend}`}${more}`);
}

/** Live and recorded as `before` says, then the files of `after`. */
export async function startMoved(
  state: Partial<StoreState>,
  before: string,
  after: string,
  { org = '', ...options }: Omit<RigOptions, 'state' | 'files'> & { readonly org?: string } = {},
): Promise<Rig> {
  const rig = await startRig({
    state: smallState(state),
    files: { 'org.yaml': orgFile(org), 'a.yaml': before },
    ...options,
  });
  await succeed(rig.apply({ impact: false }));
  rig.write({ 'org.yaml': orgFile(org), 'a.yaml': after });
  rig.emulator.requests.clear();
  return rig;
}

function impactIn(ran: Ran): Impact {
  return parseOutput(ran).impact as Impact;
}

export async function impactOf(rig: Rig): Promise<Impact> {
  return impactIn(await rig.plan({ format: 'json' }));
}

/** The one budget that the plan moves. */
export async function limitOf(rig: Rig): Promise<LimitImpact> {
  const { changes } = await impactOf(rig);
  const [limit, ...others] = changes.flatMap(({ limits }) => limits);
  if (limit === undefined || others.length > 0) throw new Error(`${others.length + 1} budgets move`);
  return limit;
}
