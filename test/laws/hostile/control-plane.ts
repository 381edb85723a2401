/** The control plane of a story: what is live by name, what somebody changes by hand, and what counts as a write. */

import type { StoreState } from '../../../src/emulator/store.ts';
import { smallState, teamA, teamB, usagePolicyRow, uuid } from '../../helpers/state.ts';
import type { LivePolicy, LiveState } from './stage.ts';

/** A policy of team A that no file ever declares. */
export const foreignId = uuid(900);

export function startState(): Partial<StoreState> {
  return smallState({ usagePolicies: [usagePolicyRow('foreign', foreignId, teamA, { credit_limit: 777 })] });
}

export function isWrite({ method, path }: { readonly method: string; readonly path: string }): boolean {
  return method !== 'GET' && !/analytics|logs/.test(path);
}

export function liveOf(state: StoreState): LiveState {
  const live: Record<string, LivePolicy> = {};
  for (const row of state.usagePolicies) {
    if (row.status === 'archived') continue;
    const where = row.workspace_id === teamA ? 'a' : row.workspace_id === teamB ? 'b' : '?';
    const key = row.id === foreignId ? 'foreign' : `${where}/${row.name ?? row.id}`;
    const condition = JSON.stringify(row.conditions);
    live[key in live ? `${key} again` : key] = {
      budget: row.credit_limit ?? 0,
      key: condition.includes('"*"') || condition.includes(row.workspace_id ?? '-') ? 'all' : 'app',
      note: row.description ?? null,
      alert: row.alert_threshold ?? null,
    };
  }
  for (const row of state.apiKeys) {
    if (row.workspace_id !== teamA) continue;
    const limits = row.usage_limits as { credit_limit?: number | null } | null;
    if (limits?.credit_limit == null) continue;
    live[`key/${row.name}`] = { budget: limits.credit_limit, key: 'all', note: null, alert: null };
  }
  return live;
}

/** By hand, in the service's own pages. */
export function setLive(state: StoreState, name: string, budget: number): void {
  const row = state.usagePolicies.find((one) => one.name === name && one.status !== 'archived');
  if (row !== undefined) Object.assign(row, { credit_limit: budget, alert_threshold: Math.floor(budget / 2) });
}
