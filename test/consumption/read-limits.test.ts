/** Live budgets with what they say of their use: in their own units, and with what could not be read. */

import { describe, expect, it } from 'vitest';
import { createReads } from '../../src/consumption/ask.ts';
import { type LimitsQuery, readLimits } from '../../src/consumption/read-limits.ts';
import { teamA, uuid } from '../helpers/state.ts';
import { createMemoryBackend, type Interruptions, type Rows, refusal } from '../live/memory-backend.ts';

const counters = [{ valueKey: 'k', usage: 5, status: 'active' as const }];
const policy = (row: object = {}) => ({
  id: uuid(41),
  name: 'spend',
  type: 'cost',
  credit_limit: 100,
  periodic_reset: 'monthly',
  conditions: [{ key: 'api_key', value: '*' }],
  group_by: [{ key: 'workspace_id' }],
  ...row,
});

function read(rows: Partial<Rows>, query: Partial<LimitsQuery> = {}, interruptions: Interruptions = { counters }) {
  const backend = createMemoryBackend(rows, interruptions);
  return readLimits(createReads(backend), { workspaces: ['ws-team-a'], usageUnit: 'cents', now: () => 0, ...query });
}

describe('counters', () => {
  it.each<readonly [string, LimitsQuery['usageUnit'], bigint]>([
    ['cost', 'cents', 5n],
    ['cost', 'dollars', 500n],
    ['tokens', 'dollars', 5n],
    ['requests', 'dollars', 5n],
  ])('of %s, where money is told in %s', async (type, usageUnit, used) => {
    const { limits } = await read({ usagePolicies: [policy({ type })] }, { usageUnit });
    expect(limits[0]?.usage).toMatchObject({ known: true, counters: [{ used: { n: used, d: 1n } }] });
  });

  it('of tokens on a key are tokens too', async () => {
    const usage_limits = { type: 'tokens', credit_limit: 100, current_usage: 5 };
    const { limits } = await read(
      { keys: [{ id: uuid(11), name: 'app', usage_limits } as never] },
      { usageUnit: 'dollars' },
    );
    expect(limits[0]?.usage).toMatchObject({ counters: [{ used: { n: 5n } }] });
  });

  it('that show no use are not zero', async () => {
    const unseen = [{ valueKey: 'k', usage: null, status: null }];
    const { limits } = await read({ usagePolicies: [policy()] }, {}, { counters: unseen });
    expect(limits[0]?.usage).toMatchObject({ known: false });
  });
});

describe('what is in it', () => {
  const limits = { type: 'cost', credit_limit: 10, periodic_reset: 'monthly' };

  it('is not a key that has expired, and every key that will', async () => {
    const keys = [
      { id: 'k1', name: 'gone', status: 'expired', usage_limits: limits, expires_at: '2026-01-01T00:00:00.000Z' },
      {
        id: 'k2',
        name: 'soon',
        status: 'active',
        type: 'workspace-service',
        usage_limits: limits,
        expires_at: '2027-01-01T00:00:00.000Z',
      },
    ] as never[];
    const found = await read({ keys });
    expect(found.limits.map(({ name }) => name)).toEqual(['soon']);
    expect(found.expiries.map(({ name }) => name)).toEqual(['soon']);
    expect([...found.serviceKeys]).toEqual(['k2']);
  });

  it('is every budget of a workspace under a name of its own', async () => {
    const workspaces = [
      { id: teamA, slug: 'ws-team-a', usage_limits: [limits, { ...limits, periodic_reset: 'weekly' }] },
    ];
    expect((await read({ workspaces })).limits.map(({ name }) => name)).toEqual(['limits', 'limits#2']);
  });

  it('is the traffic of the integration’s own providers', async () => {
    const providers = [
      { id: 'x', slug: 'ours', integration_id: 'openai-prod' },
      { id: 'y', slug: 'theirs', integration_id: 'other' },
    ];
    const found = await read({ providers, shares: [{ id: 'ws-team-a', usage_limits: [limits] }] });
    const of = found.limits.filter(({ kind }) => kind === 'integration-limits').map((one) => found.calls.get(one));
    expect(of[0]).toEqual({ of: 'providers', slugs: ['ours'] });
  });

  it('are the organisation’s own keys where nobody asked for workspaces', async () => {
    const backend = createMemoryBackend({});
    await readLimits(createReads(backend), { workspaces: [], usageUnit: 'cents', now: () => 0 });
    expect(backend.calls).toContain('LIST keys null');
    const one = createMemoryBackend({});
    await readLimits(createReads(one), { workspaces: [teamA], usageUnit: 'cents', now: () => 0 });
    expect(one.calls).not.toContain('LIST keys null');
  });

  it('is said of what could not be read', async () => {
    const before = (call: string): void => {
      if (call.startsWith('LIST keys')) throw refusal(403, 'GET');
    };
    const { gaps } = await read({}, {}, { before });
    expect(gaps).toMatchObject([{ kind: 'key-limits', workspace: 'ws-team-a' }]);
  });

  it('is a workspace that there is', async () => {
    await expect(read({}, { workspaces: ['ws-team-c'] })).rejects.toThrow('ws-team-c');
  });
});
