import { describe, expect, it } from 'vitest';
import { sumCost } from '../../src/emulator/request-logs.ts';
import { sampleOrganisationId } from '../../src/emulator/sample/ids.ts';
import { sampleRecord } from '../../src/emulator/sample/record.ts';
import { sampleSeed } from '../../src/emulator/sample/seed.ts';
import type { StoreState } from '../../src/emulator/store.ts';
import { appliedRecordSchema } from '../../src/plan/applied-record.ts';

/** The first and the last day of months, a Sunday and a Monday, and the day in the examples. */
const days = [
  '2026-11-20T19:30:12.345Z',
  '2026-10-31T23:59:59.000Z',
  '2026-11-01T00:00:30.000Z',
  '2026-11-15T00:00:10.000Z',
  '2026-11-16T08:00:00.000Z',
  '2026-12-05T12:00:00.000Z',
];

function workspaceId(state: StoreState, slug: string): string {
  return state.workspaces.find((row) => row.slug === slug)?.id ?? '';
}

function findPolicy(state: StoreState, slug: string, name: string) {
  const id = workspaceId(state, slug);
  return state.usagePolicies.find((row) => row.workspace_id === id && row.name === name);
}

describe('the sample organisation', () => {
  const now = new Date('2026-11-20T19:30:12.345Z');
  const state = sampleSeed(now);

  it('is the same for the same date', () => {
    expect(sampleSeed(now)).toEqual(state);
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });

  it('is the organisation of the sample files, with their workspaces and two without a file', () => {
    expect(state.organisation.id).toBe(sampleOrganisationId);
    expect(state.workspaces.map((row) => [row.slug, row.status])).toEqual([
      ['ws-market-4f2a1c', 'active'],
      ['ws-sales-91be02', 'active'],
      ['ws-research-07c3d8', 'active'],
      ['ws-platform-5d10aa', 'active'],
      ['ws-support-c8812e', 'active'],
      ['ws-sandbox-2b7e90', 'active'],
      ['ws-legacy-e04d61', 'archived'],
    ]);
  });

  it('has ids of its own for everything', () => {
    const ids = [
      ...state.workspaces,
      ...state.apiKeys,
      ...state.providers,
      ...state.integrations,
      ...state.configs,
      ...state.usagePolicies,
      ...state.ratePolicies,
      ...state.requestLogs,
      ...state.usagePolicies.flatMap((policy) => Object.values(policy.entities)),
    ].map((row) => row.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(state.apiKeys.map((key) => key.secret)).size).toBe(state.apiKeys.length);
  });

  it('has keys of every kind: user, service, automatic, expired, exhausted, and two of one name', () => {
    const named = (name: string) => state.apiKeys.filter((key) => key.name === name);
    expect(named('contractor-ana')[0]?.type).toBe('workspace-user');
    expect(named('load-test')[0]).toMatchObject({ status: 'expired', usage_limits: { is_expired_alerts_sent: true } });
    expect(named('ci-runner')[0]?.status).toBe('exhausted');
    expect(named('default_user_key').map((key) => key.creation_mode)).toEqual(['auto', 'auto', 'auto']);
    expect(state.apiKeys.filter((key) => key.type === 'organisation-service')).toHaveLength(1);
  });

  it('only refers to what exists', () => {
    const workspaces = new Set(state.workspaces.map((row) => row.id));
    const keys = new Set(state.apiKeys.map((row) => row.id));
    const configs = new Set(state.configs.map((row) => row.slug));
    const providers = new Set(state.providers.map((row) => `${row.workspace_id} ${row.slug}`));
    for (const row of state.requestLogs) {
      expect(workspaces.has(row.workspace_id) && keys.has(row.api_key_id)).toBe(true);
      expect(providers.has(`${row.workspace_id} ${row.virtual_key}`)).toBe(true);
      expect(row.config === null || configs.has(row.config)).toBe(true);
    }
  });

  it('spends about as much as its requests cost', () => {
    const marketing = workspaceId(state, 'ws-market-4f2a1c');
    const month = state.requestLogs.filter(
      (row) => row.workspace_id === marketing && row.created_at >= '2026-11-01T00:00:00.000Z',
    );
    const counter = findPolicy(state, 'ws-market-4f2a1c', 'monthly-spend')?.entities[`workspace_id:${marketing}`];
    expect(counter?.current_usage).toBe(sumCost(month));
  });

  it.each(days)('has the same ones near and over their limits on %s', (day) => {
    const seeded = sampleSeed(new Date(day));
    const exhausted = seeded.usagePolicies.flatMap((policy) =>
      Object.values(policy.entities).flatMap((entity) => (entity.status === 'exhausted' ? [policy.name] : [])),
    );
    expect(exhausted).toEqual([
      'key-ceiling',
      'old-trial',
      'old-trial',
      'old-trial',
      'old-trial',
      'key-ceiling',
      'fortnight-quota',
      'frontier-models',
    ]);
    expect(seeded.apiKeys.filter((key) => key.status === 'exhausted').map((key) => key.name)).toEqual(['ci-runner']);
    const spend = findPolicy(seeded, 'ws-market-4f2a1c', 'monthly-spend');
    const entity = Object.values(spend?.entities ?? {})[0];
    expect(entity).toMatchObject({ status: 'active', is_threshold_alerts_sent: true });
  });

  it.each(days)('lies in the thirty days before %s', (day) => {
    const last = new Date(day).toISOString();
    const first = new Date(Date.parse(day) - 30 * 86_400_000 - 1000).toISOString();
    const seeded = sampleSeed(new Date(day));
    expect(seeded.requestLogs.every((row) => row.created_at >= first && row.created_at <= last)).toBe(true);
  });
});

describe('the sample record', () => {
  const now = new Date('2026-11-20T19:30:12.345Z');
  const record = appliedRecordSchema.parse(sampleRecord(now));
  const state = sampleSeed(now);
  const live = new Map(
    [...state.usagePolicies, ...state.ratePolicies, ...state.apiKeys, ...state.providers].map((row) => [row.id, row]),
  );

  it('names what is live, by id and by name', () => {
    for (const workspace of record.workspaces) {
      for (const entry of workspace.entries) {
        if (entry.kind === 'workspace-limits' || entry.kind === 'integration-limits') continue;
        expect(live.get(entry.id)).toMatchObject({ name: entry.name, workspace_id: workspace.id });
      }
    }
  });

  it('leaves out what was made by hand', () => {
    const recorded = new Set(record.workspaces.flatMap((workspace) => workspace.entries.map((entry) => entry.id)));
    const unrecorded = [...state.usagePolicies, ...state.ratePolicies].filter((row) => !recorded.has(row.id));
    expect(unrecorded.map((row) => row.name)).toEqual([
      'summer-campaign',
      'playground-cap',
      'daily-ceiling',
      'weekend-brake',
    ]);
  });
});
