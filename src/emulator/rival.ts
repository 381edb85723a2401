/** Somebody else at work: the object that a request is about, changed by another hand at that very moment. */

import type { StoreState, UsageLimitRow } from './state.ts';

export const rivalDeeds = ['raise', 'rename', 'archive'] as const;
export type RivalDeed = (typeof rivalDeeds)[number];

/**
 * | deed | policy | key, provider, workspace, share of an integration |
 * |---|---|---|
 * | `raise` | the limit is one higher | the budget is one higher; none becomes 1000 a month |
 * | `rename` | another name | – |
 * | `archive` | gone | – |
 *
 * @param path below `/v1`; one that names no object changes nothing
 */
export function changeByHand(state: StoreState, path: string, deed: RivalDeed): void {
  const [first, second, third] = path.split('/').slice(1).map(decodeURIComponent);
  const policy =
    first !== 'policies'
      ? undefined
      : [...state.usagePolicies, ...state.ratePolicies].find(({ id, status }) => id === third && status === 'active');
  if (policy !== undefined) {
    if (deed === 'rename') policy.name = `${policy.name} (by hand)`;
    else if (deed === 'archive') policy.status = 'archived';
    else if ('credit_limit' in policy) policy.credit_limit += 1;
    else policy.value += 1;
    return;
  }
  if (deed !== 'raise') return;
  if (first === 'api-keys') {
    const key = state.apiKeys.find(({ id }) => id === second);
    if (key !== undefined) key.usage_limits = raise(key.usage_limits);
  } else if (first === 'providers') {
    const provider = state.providers.find(({ id, slug }) => id === second || slug === second);
    if (provider !== undefined) provider.usage_limits = raise(provider.usage_limits);
  } else if (first === 'admin' && second === 'workspaces') {
    const workspace = state.workspaces.find(({ id, slug }) => id === third || slug === third);
    if (workspace !== undefined) workspace.usage_limits = raiseFirst(workspace.usage_limits);
  } else if (first === 'integrations') {
    const integration = state.integrations.find(({ id, slug }) => id === second || slug === second);
    for (const share of integration?.workspaces ?? []) share.usage_limits = raiseFirst(share.usage_limits);
  }
}

function raise(limit: UsageLimitRow | null): UsageLimitRow {
  if (limit?.credit_limit === undefined) return { type: 'cost', credit_limit: 1000, periodic_reset: 'monthly' };
  return { ...limit, credit_limit: limit.credit_limit + 1 };
}

function raiseFirst(limits: readonly UsageLimitRow[] | null): UsageLimitRow[] {
  return [raise(limits?.[0] ?? null), ...(limits ?? []).slice(1)];
}
