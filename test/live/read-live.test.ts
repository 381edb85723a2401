/** Which lists are read, which rows have to be whole, and what of a row counts as there. */

import { describe, expect, it } from 'vitest';
import { findDifference, readPolicy, targetOf } from '../../src/apply/read-object.ts';
import { createLiveReader, readLive } from '../../src/live/read-live.ts';
import type { AppliedRecord, ClaimedChange } from '../../src/plan/applied-record.ts';
import { needsOf } from '../../src/plan/live-needs.ts';
import type { Change } from '../../src/plan/types.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import type { Kind } from '../../src/resources/types.ts';
import { teamA, uuid } from '../helpers/state.ts';
import { organisationId } from '../helpers/world.ts';
import { filesOf, type Given, recorded, recordOf } from '../plan/kit.ts';
import { createMemoryBackend, type Interruptions, type Rows, refusal } from './memory-backend.ts';

const [p1, k1] = [uuid(41), uuid(11)];

function needs(given: Given) {
  const { desired } = compilePolicies(Object.entries(filesOf(given)).map(([path, text]) => ({ path, text })));
  if (desired === null) throw new Error('no policies');
  return needsOf(desired, given.record ?? null);
}

async function read(given: Given, rows: Partial<Rows> = {}, interruptions: Interruptions = {}) {
  const backend = createMemoryBackend(rows, interruptions);
  const live = await readLive(backend, organisationId, needs(given));
  return { live, calls: backend.calls };
}

it('of many parts lists the workspaces once, and hands the same on to each: thousands of parts are not thousands of lists', async () => {
  const backend = createMemoryBackend({}, {});
  const readPart = createLiveReader(backend, organisationId);
  const none = { integrations: [], globalAccess: [], prices: [], needsWhole: () => false };
  const kinds: readonly Kind[] = ['usage-policy', 'rate-policy'];
  const parts = await Promise.all(kinds.map((kind) => readPart({ ...none, needs: [{ kind, workspace: teamA }] })));
  expect(backend.calls.filter((call) => call === 'LIST workspaces')).toHaveLength(1);
  expect(parts[1]?.workspaces).toBe(parts[0]?.workspaces);
  expect(parts.map(({ read: seen }) => [...seen])).toEqual(kinds.map((kind) => [`${teamA}/${kind}`]));
});

describe('what has to be read', () => {
  const change = { kind: 'usage-policy', workspaceId: teamA, name: 'spend', liveId: p1 } as ClaimedChange;
  const record = recordOf([]);
  const claim = { run: 'r', by: 'x', startedAt: '', leaseUntil: '', digest: '', changes: [change] };

  it.each<readonly [string, AppliedRecord]>([
    ['recorded', recorded({ kind: 'usage-policy', name: 'spend', id: p1 })],
    ['claimed', { ...record, claim }],
    ['in doubt', { ...record, doubts: [change] }],
  ])('also by what is %s', async (_, given) => {
    const { calls } = await read({ body: null, record: given });
    expect(calls).toContain('LIST usage-policy');
    expect(needs({ body: null, record: given }).needsWhole('usage-policy', p1, null)).toBe(true);
  });

  it('is each list once, whether it is asked for by slug or by id', async () => {
    const given = {
      body: 'policies:\n  spend: none\n',
      record: recorded({ kind: 'usage-policy', name: 'spend', id: p1 }),
    };
    const { calls, live } = await read(given);
    expect(calls.filter((call) => call === 'LIST usage-policy')).toHaveLength(1);
    expect([...live.read]).toContain(`${teamA}/usage-policy`);
  });

  it('is the list of keys where a match names one', async () => {
    const body = (key: string) =>
      `policies:\n  spend:\n    budget: $5\n    reset: monthly\n    per: workspace_id\n    match: {api_key: ${key}}\n`;
    expect((await read({ body: body('app') })).calls).toContain(`LIST keys ${teamA}`);
    expect((await read({ body: body(k1) })).calls).not.toContain(`LIST keys ${teamA}`);
  });
});

describe('rows that the list shows in part', () => {
  const budget = { type: 'cost', credit_limit: 5, periodic_reset: null, periodic_reset_days: 10 };
  const readsOf = async (body: string, row: object, name = 'app') => {
    const { calls } = await read({ body }, { keys: [{ id: k1, name, usage_limits: budget, ...row } as never] });
    return calls.filter((call) => call.startsWith('GET key'));
  };
  const keys = (name: string) => `keys:\n  ${name}:\n    budget: $5\n    reset: every 10 days\n`;

  it.each<readonly [string, string, object, number]>([
    ['of a key that is declared', keys('app'), {}, 1],
    ['of a key that "*" reaches', keys('"*"'), {}, 1],
    ['of a key of another name', keys('other'), {}, 0],
    [
      'but for its window, which the budget shows',
      keys('app'),
      { usage_limits: { ...budget, next_usage_reset_at: 'x' } },
      0,
    ],
    ['but for its window, which the key shows', keys('app'), { next_usage_reset_at: 'x' }, 0],
    [
      'of a calendar window',
      keys('app'),
      { usage_limits: { ...budget, periodic_reset_days: null, periodic_reset: 'monthly' } },
      0,
    ],
  ])('are read by id: %s', async (_, body, row, count) => {
    expect(await readsOf(body, row)).toHaveLength(count);
  });

  it.each<readonly [string, object, string | null | undefined]>([
    ['no reset, of which the list says nothing', {}, 'monthly'],
    ['days that are null, which say nothing', { periodic_reset_days: null }, 'monthly'],
    ['no reset, said so', { periodic_reset: null }, null],
    ['days', { periodic_reset_days: 3 }, undefined],
  ])('of a policy: %s', async (_, row, reset) => {
    const whole = { id: p1, name: 'spend', periodic_reset: 'monthly' };
    let isListed = true;
    const interruptions = {
      after: (call: string, { rows }: { rows: Rows }) => {
        if (call === 'LIST usage-policy' && isListed) {
          isListed = false;
          rows.usagePolicies = [whole];
        }
      },
    };
    const given = { body: 'policies:\n  spend: none\n' };
    const { live } = await read(given, { usagePolicies: [{ id: p1, name: 'spend', ...row }] }, interruptions);
    expect(live.objects.find(({ id }) => id === p1)?.row.periodic_reset).toBe(reset);
  });
});

it('a policy that shows no reset by its id either has none', async () => {
  const { live } = await read({ body: 'policies:\n  spend: none\n' }, { usagePolicies: [{ id: p1, name: 'spend' }] });
  expect(live.objects.find(({ id }) => id === p1)?.row).toHaveProperty('periodic_reset', null);
});

describe('what an integration gives', () => {
  const org = 'integrations:\n  openai-prod:\n    new_workspaces:\n      budget: $10\n      reset: monthly\n';
  const objects = async (gift: object | null) =>
    (await read({ body: '', org }, { gift: gift as never })).live.objects.filter(
      ({ kind }) => kind === 'integration-limits',
    );

  it.each<readonly [string, object | null, number]>([
    ['switched on', { enabled: true }, 1],
    ['switched off', { enabled: false, usage_limits: [] }, 0],
    ['nothing', null, 0],
  ])('to new workspaces: %s', async (_, gift, count) => {
    expect(await objects(gift)).toHaveLength(count);
  });

  it('to a workspace by its slug, which is called id', async () => {
    const body = 'integrations:\n  openai-prod:\n    budget: $10\n    reset: monthly\n';
    const shares = [{ id: 'ws-team-a' }, { id: 'ws-gone' }];
    const { live } = await read({ body }, { shares });
    expect(live.objects.map(({ id }) => id)).toEqual([teamA, `openai-prod/${teamA}`]);
  });
});

describe('whose key it is', () => {
  it('of another organisation is refused', async () => {
    const rows = { usagePolicies: [{ id: p1, organisation_id: 'somebody-else' }] };
    await expect(read({ body: 'policies:\n  spend: none\n' }, rows)).rejects.toThrow('belongs to somebody-else');
  });

  it('is the same in any case of letters', async () => {
    const rows = { usagePolicies: [{ id: p1, organisation_id: organisationId.toUpperCase() }] };
    await expect(read({ body: 'policies:\n  spend: none\n' }, rows)).resolves.toBeDefined();
  });
});

describe('one policy, read by its id', () => {
  const readOne = (
    row: object | null,
    kind: 'usage-policy' | 'rate-policy',
    before?: Interruptions['before'],
    listed = row !== null,
  ) => {
    const rows = row === null && !listed ? [] : [{ id: p1, ...row }];
    const given = kind === 'usage-policy' ? { usagePolicies: rows } : { ratePolicies: rows };
    return readPolicy(createMemoryBackend(given, before === undefined ? {} : { before }), kind, teamA, p1);
  };
  const refuse = (status: number) => (call: string) => {
    if (call.startsWith('GET')) throw refusal(status, 'GET');
  };

  it('that is archived is gone', async () => {
    expect(await readOne({ status: 'archived' }, 'usage-policy')).toBeNull();
    expect(await readOne({ status: 'active' }, 'usage-policy')).toMatchObject({ id: p1 });
  });

  it('that shows no reset has none; a rate policy has no such member', async () => {
    expect(await readOne({}, 'usage-policy')).toHaveProperty('periodic_reset', null);
    expect(await readOne({}, 'rate-policy')).not.toHaveProperty('periodic_reset');
  });

  it.each([403, 404])('that is answered %i is gone where no list has it', async (status) => {
    expect(await readOne(null, 'usage-policy', refuse(status))).toBeNull();
  });

  it.each([403, 404])('that is answered %i, and is in the list, is not gone', async (status) => {
    await expect(readOne({}, 'usage-policy', refuse(status))).rejects.toMatchObject({ status });
  });

  it('that cannot be read for another reason is not gone', async () => {
    await expect(readOne(null, 'usage-policy', refuse(500))).rejects.toMatchObject({ status: 500 });
  });
});

it.each<readonly [Kind, string | null, string, object]>([
  ['workspace-limits', 'ws', teamA, { kind: 'workspace-limits', workspaceId: teamA }],
  ['key-limits', 'ws', k1, { kind: 'key-limits', keyId: k1 }],
  ['provider-limits', 'ws', 'id', { kind: 'provider-limits', slug: 'name', workspaceId: teamA }],
  ['integration-limits', 'ws', `a/b/${teamA}`, { kind: 'integration-limits', slug: 'a/b', workspaceSlug: 'ws' }],
  ['integration-limits', null, 'a/b/*', { kind: 'integration-limits', slug: 'a/b', workspaceSlug: null }],
])('%s is addressed as its endpoint wants it', (kind, workspace, id, target) => {
  const change = { key: { kind, workspace, name: 'name' }, workspaceId: teamA } as Change;
  expect(targetOf(change, id)).toEqual(target);
});

it('the first field that is not as wanted is named, with both values', () => {
  expect(findDifference({ amount: 1, alert: null }, { amount: 1 })).toBeNull();
  expect(findDifference({ amount: 1 }, { amount: 2 })).toEqual({ field: 'amount', wanted: 2, found: 1 });
  expect(findDifference({}, { 'rate[requests/minute]': 5 })).toEqual({
    field: 'rate[requests/minute]',
    wanted: 5,
    found: null,
  });
});
