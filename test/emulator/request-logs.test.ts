import { describe, expect, it } from 'vitest';
import { countPolicyUsage, countUsage, reachesLimit } from '../../src/emulator/accounting.ts';
import { costInMicroCents, generateRequests, type SampleStream, sumCost } from '../../src/emulator/request-logs.ts';
import type { UsagePolicyRow } from '../../src/emulator/store.ts';

const traffic: SampleStream = {
  workspace_id: 'workspace-1',
  api_key_id: 'key-1',
  virtual_key: 'openai-prod',
  ai_org: 'openai',
  ai_model: 'gpt-4o',
  metadata: { team: 'search' },
  from: new Date('2026-11-01T00:00:00.000Z'),
  to: new Date('2026-11-20T12:00:00.000Z'),
  requests: 100,
  input: [1_000, 9_000],
  output: [100, 900],
  errorEvery: 10,
  cacheEvery: 7,
};

const policy: UsagePolicyRow = {
  id: 'policy-1',
  name: 'p',
  description: null,
  workspace_id: 'workspace-1',
  conditions: [{ key: 'metadata.team', value: '*' }],
  group_by: [{ key: 'metadata.team' }],
  type: 'cost',
  credit_limit: 1,
  alert_threshold: null,
  periodic_reset: null,
  periodic_reset_days: null,
  next_usage_reset_at: null,
  last_reset_at: null,
  status: 'active',
  entities: {},
  created_at: '2026-11-01T00:00:00.000Z',
  last_updated_at: '2026-11-01T00:00:00.000Z',
};

describe('generated requests', () => {
  it('are the same for the same description and seed, and others for another seed', () => {
    expect(generateRequests([traffic], 1)).toEqual(generateRequests([traffic], 1));
    expect(generateRequests([traffic], 1)).not.toEqual(generateRequests([traffic], 2));
  });

  it('lie in their span, in order, in whole seconds', () => {
    const rows = generateRequests([traffic], 1);
    const dates = rows.map((row) => row.created_at);
    expect(rows).toHaveLength(100);
    expect(dates).toEqual([...dates].sort());
    expect(dates.every((date) => date >= '2026-11-01' && date < '2026-11-20T12' && date.endsWith('.000Z'))).toBe(true);
  });

  it('do not depend on the streams beside them', () => {
    const [alone] = [generateRequests([traffic], 1)];
    const beside = generateRequests([traffic, { ...traffic, api_key_id: 'key-2', requests: 3 }], 1);
    expect(beside.filter((row) => row.api_key_id === 'key-1')).toEqual(alone);
  });

  it('fail and hit the cache as often as they are told, and then cost nothing', () => {
    const rows = generateRequests([traffic], 1);
    const failed = rows.filter((row) => !row.is_success);
    const cached = rows.filter((row) => row.cache_status === 'HIT');
    expect(failed).toHaveLength(10);
    expect(cached.length).toBeGreaterThan(10);
    expect([...failed, ...cached].every((row) => row.cost === 0)).toBe(true);
  });

  it('cost what their tokens cost, to the millionth of a cent', () => {
    for (const row of generateRequests([traffic], 1)) {
      if (row.cost > 0) expect(costInMicroCents(row)).toBe(row.req_units * 250 + row.res_units * 1000);
    }
    expect(generateRequests([{ ...traffic, ai_model: 'unheard-of' }], 1).every((row) => row.cost === 0)).toBe(true);
  });

  it('are none in an empty span', () => {
    expect(generateRequests([{ ...traffic, to: traffic.from }], 1)).toEqual([]);
  });
});

describe('accounting', () => {
  const requestLogs = generateRequests([traffic, { ...traffic, metadata: { team: 'ads' }, requests: 31 }], 1);
  const state = { organisation: { id: 'org', name: 'Org' }, providers: [], requestLogs };

  it('adds up: the counters of a policy are the sum of its rows, whatever the grouping', () => {
    const usage = countPolicyUsage(policy, state, policy.created_at);
    const teams = ['ads', 'search'].map((team) =>
      sumCost(requestLogs.filter((row) => row.metadata.team === team && row.is_success)),
    );
    expect([...usage]).toEqual([
      ['metadata.team:ads', teams[0]],
      ['metadata.team:search', teams[1]],
    ]);
    const whole = countPolicyUsage({ ...policy, group_by: [{ key: 'workspace_id' }] }, state, policy.created_at);
    expect([...whole]).toEqual([['workspace_id:workspace-1', sumCost(requestLogs)]]);
  });

  it('counts tokens and requests of what was served, not of failures and cache hits', () => {
    const served = requestLogs.filter((row) => row.is_success && row.cache_status !== 'HIT');
    const all = (): boolean => true;
    expect(countUsage(requestLogs, 'requests', policy.created_at, all)).toBe(served.length);
    expect(countUsage(requestLogs, 'tokens', policy.created_at, all)).toBe(
      served.reduce((sum, row) => sum + row.total_units, 0),
    );
  });

  it('starts at the date it is given', () => {
    const since = '2026-11-10T00:00:00.000Z';
    const later = requestLogs.filter((row) => row.created_at >= since);
    expect(countUsage(requestLogs, 'cost', since, () => true)).toBe(sumCost(later));
  });

  it.each([
    ['cents against dollars, below', 499, 5, 'cost', false],
    ['cents against dollars, reached', 500, 5, 'cost', true],
    ['tokens reached', 100, 100, 'tokens', true],
    ['zero is not a limit', 100, 0, 'tokens', false],
    ['null is not a limit', 100, null, 'tokens', false],
  ] as const)('a limit is reached: %s', (_, usage, limit, type, expected) => {
    expect(reachesLimit(usage, limit, type)).toBe(expected);
  });
});
