/** The plan of changed prices says when the budgets that count in them run out, before anybody applies it. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { RequestLogRow } from '../../src/emulator/store.ts';
import { type RigOptions, startRig } from '../helpers/rig.ts';
import {
  integrationRow,
  providerRow,
  requestRow,
  smallState,
  teamA,
  teamB,
  usagePolicyRow,
  uuid,
} from '../helpers/state.ts';
import { orgFile, spendMayRise, workspaceFile } from '../helpers/world.ts';

const id = 'integration-prices/-/openai-prod';

const files = (prices: string) => ({
  'org.yaml': orgFile(
    `integrations:\n  openai-prod:\n    prices:\n${prices.replace(/^/gm, '      ')}\n${spendMayRise}`,
  ),
});

/** A call a day of the last seven, at noon but for today. */
function calls(cost: number, row: Partial<RequestLogRow> = {}): RequestLogRow[] {
  return [14, 15, 16, 17, 18, 19, 20].map((day) =>
    requestRow({
      id: `${day}-${JSON.stringify(row)}`,
      created_at: new Date(Date.UTC(2026, 10, day, 11)).toISOString(),
      workspace_id: teamA,
      cost,
      ...row,
    }),
  );
}

const priced = (input: number, output: number, more: object = {}) => ({
  type: 'static',
  pay_as_you_go: { request_token: { price: input }, response_token: { price: output }, ...more },
});
const model = (slug: string, pricing_config: object | null = null) => ({
  ...{ slug, name: slug, enabled: true, is_custom: false, is_finetune: false, base_model_slug: null },
  ...{ configurations: null, pricing_config: pricing_config as never },
});

async function start(prices: string, requestLogs: RequestLogRow[], options: RigOptions = {}) {
  const state = smallState({
    requestLogs,
    usagePolicies: [usagePolicyRow('monthly', uuid(41), teamA, { credit_limit: 6, periodic_reset: 'monthly' })],
    integrations: [
      integrationRow('openai-prod', uuid(31), [teamA], {
        pricing_adjustments: { multiplier: { default: 1 } },
        models: [model('gpt-4o', priced(2, 8)), model('gpt-4o-mini'), model('o1')],
      }),
    ],
    ...options.state,
  });
  const rig = await startRig({ files: files(prices), ...options, state });
  onTestFinished(() => rig.close());
  return rig;
}

type Rig = Awaited<ReturnType<typeof start>>;
const textOf = async (rig: Rig) => (await rig.plan()).stdout.replace(/\s+/g, ' ');
const effectOf = async (rig: Rig) =>
  (JSON.parse((await rig.plan({ format: 'json' })).stdout) as { prices?: Record<string, unknown> }).prices?.[id];

it('tells another day in every format, within 80 columns', async () => {
  const rig = await start('multiplier: 0.75', calls(100, { ai_model: 'gpt-4o-mini' }));
  const line = 'monthly (ws-team-a), $6 monthly: runs out about Sat 28 Nov instead of Thu 26 Nov';
  const { stdout } = await rig.plan({}, { columns: 80 });
  expect(stdout.replace(/\s+/g, ' ')).toContain(line);
  expect(Math.max(...stdout.split('\n').map((one) => one.length))).toBeLessThanOrEqual(80);
  expect((await rig.plan({ format: 'markdown' })).stdout.replace(/\s+/g, ' ')).toContain(line);
  // A third more for each dollar: `spend-up` objects, and the page shows the plan all the same.
  expect((await rig.plan({ format: 'html', out: 'plan.html' })).exit).toBe(3);
  const page = readFileSync(join(rig.folder, 'plan.html'), 'utf8').replace(/\s+/g, ' ');
  expect(page).toContain('runs out about Sat 28 Nov instead of Thu 26 Nov');
  expect(await effectOf(rig)).toMatchObject({
    same: 0,
    gaps: [],
    budgets: [
      {
        ...{ kind: 'usage-policy', workspace: 'ws-team-a', name: 'monthly', amount: 600, unknown: null },
        before: { when: 'this-window', at: '2026-11-26T12:00:00.000Z' },
        after: {
          earliest: { when: 'this-window', at: '2026-11-28T12:00:00.000Z' },
          latest: { when: 'this-window', at: '2026-11-28T12:00:00.000Z' },
        },
      },
    ],
  });
});

it('asks nothing and says nothing where no price changes, or nobody is to look', async () => {
  const rig = await start('multiplier: 0.9', calls(100));
  expect((await rig.plan({ impact: false, format: 'json' })).stdout).not.toContain('"prices":{');
  expect((await rig.apply()).exit).toBe(0);
  rig.emulator.requests.clear();
  expect(await effectOf(rig)).toBeUndefined();
  const paths = rig.emulator.requests.recent.map(({ path }) => path.replace(/^.*\/v1/, ''));
  expect(paths.filter((path) => /groups\/(api_key|model)|providers|openai-prod\/workspaces/.test(path))).toEqual([]);
});

it('asks as often for ten budgets of a workspace as for one', async () => {
  const ask = async (count: number) => {
    const policies = Array.from({ length: count }, (_, at) =>
      usagePolicyRow(`p${at}`, uuid(100 + at), teamA, { credit_limit: 6 + at, conditions: [] }),
    );
    const rig = await start('multiplier: 0.75', calls(100), { state: { usagePolicies: policies } });
    rig.emulator.requests.clear();
    await effectOf(rig);
    return rig.emulator.requests.recent.filter(({ path }) => path.includes('analytics')).length;
  };
  expect(await ask(10)).toBe(await ask(1));
});

it('says of a budget whose calls go elsewhere that it runs out when it did', async () => {
  const elsewhere = providerRow('other-a', uuid(22), teamA, { integration_id: 'anthropic-prod' });
  const providers = [providerRow('openai-a', uuid(21), teamA), elsewhere];
  const rig = await start('multiplier: 0.75', calls(100, { virtual_key: 'other-a' }), { state: { providers } });
  expect(await textOf(rig)).toContain(
    'the one budget in dollars (ws-team-a) runs out when it did, at the pace of the last 7 days',
  );
  expect(await effectOf(rig)).toMatchObject({ budgets: [], same: 1, same_in: ['ws-team-a'], gaps: [] });
});

it('moves the part that goes through the integration alone, by the model that it is paid for', async () => {
  // $1 a day of gpt-4o, of which the price of output is halved: nobody knows how much of it is output. And $1 a day of another.
  const logs = [...calls(100), ...calls(100, { ai_model: 'o1' })];
  const rig = await start('models:\n  gpt-4o:\n    input: $2 per 1M tokens\n    output: $4 per 1M tokens', logs);
  // $6 at $2 a day: 23 Nov 12:00. At $1.50 a day: 24 Nov 12:00.
  expect(await textOf(rig)).toContain(
    'monthly (ws-team-a), $6 monthly: runs out between Mon 23 Nov and Tue 24 Nov instead of Mon 23 Nov',
  );
});

it('does not say whether a multiplier reaches prices of the integration’s own', async () => {
  const rig = await start('multiplier: 0.75', calls(100));
  expect(await textOf(rig)).toContain('runs out between Thu 26 Nov and Sat 28 Nov instead of Thu 26 Nov');
});

it('knows that a kind of token that stays as it is may be all of it', async () => {
  const audio = priced(2, 8, { request_audio_token: { price: 40 } });
  const rig = await start(
    'models:\n  gpt-4o:\n    input: $1.50 per 1M tokens\n    output: $6 per 1M tokens',
    calls(100),
    {
      state: { integrations: [integrationRow('openai-prod', uuid(31), [teamA], { models: [model('gpt-4o', audio)] })] },
    },
  );
  expect(await textOf(rig)).toContain('runs out between Thu 26 Nov and Sat 28 Nov instead of Thu 26 Nov');
});

it('takes a model of another date for either', async () => {
  const rig = await start(
    'multiplier: 1\nmodels:\n  gpt-4o:\n    input: $1.50 per 1M tokens\n    output: $6 per 1M tokens',
    calls(100, { ai_model: 'gpt-4o-2024-08-06' }),
  );
  expect(await textOf(rig)).toContain('runs out between Thu 26 Nov and Sat 28 Nov instead of Thu 26 Nov');
});

it('knows the calls of a key, and of nobody else', async () => {
  const rig = await start('multiplier: 2', [...calls(100, { ai_model: 'o1' })], {
    state: {
      usagePolicies: [],
      apiKeys: smallState().apiKeys?.map((row) => ({
        ...row,
        usage_limits: { type: 'cost', credit_limit: 6, periodic_reset: 'monthly', current_usage: 0 } as never,
      })) as never,
    },
  });
  const hidden = { ...files('multiplier: 2') };
  expect(await textOf(rig)).toContain(
    'key app (ws-team-a), $6 monthly: runs out about Mon 23 Nov instead of Thu 26 Nov',
  );
  expect(await textOf(rig)).not.toContain('key batch');
  hidden['org.yaml'] = hidden['org.yaml'].replace('review:\n', 'review:\n  show_people: counts\n');
  rig.write(hidden);
  const counted = await textOf(rig);
  expect(counted).toContain('key (not named) (ws-team-a), $6 monthly: runs out about');
  expect(counted).not.toContain('key app');
});

it.each([
  [
    'the catalogue’s price',
    'models:\n  o1:\n    input: $2 per 1M tokens\n    output: $4 per 1M tokens',
    calls(100, { ai_model: 'o1' }),
    'not known, now Thu 26 Nov: the catalogue’s price of o1 is on one side, and is not read',
  ],
  [
    'a kind of token that was free',
    'models:\n  gpt-4o:\n    input: $2 per 1M tokens\n    output: $8 per 1M tokens\n    cache_read: $1 per 1M tokens',
    calls(100),
    'gpt-4o pays for a kind of token that was free',
  ],
])('does not guess: %s', async (_, text, logs, said) => {
  const rig = await start(text, logs);
  expect(await textOf(rig)).toContain(said);
  expect(await effectOf(rig)).toMatchObject({ budgets: [{ after: null, unknown: expect.any(String) }] });
});

const becomesPaid = 'models:\n  gpt-4o:\n    input: $2 per 1M tokens\n    output: $8 per 1M tokens';
const wasFree = {
  state: {
    integrations: [integrationRow('openai-prod', uuid(31), [teamA], { models: [model('gpt-4o', priced(0, 0))] })],
  },
};

it.each([
  ['alone', []],
  ['beside those of a model that stays as it is', calls(100, { ai_model: 'o1' })],
])('does not take a model that was free until now for harmless: its calls %s', async (_, others) => {
  const rig = await start(becomesPaid, [...calls(0), ...others], wasFree);
  const said = await textOf(rig);
  expect(said).toContain('gpt-4o pays for a kind of token that was free');
  expect(said).not.toContain('when it did');
  expect(await effectOf(rig)).toMatchObject({ same: 0, budgets: [{ after: null, unknown: expect.any(String) }] });
});

it.each([
  ['no calls', []],
  ['calls of another model', calls(100, { ai_model: 'o1' })],
])('says that nothing moves where a model that was free had none: %s', async (_, logs) => {
  const rig = await start(becomesPaid, logs, wasFree);
  expect(await effectOf(rig)).toMatchObject({ budgets: [], same: 1 });
});

it('takes any part of the calls of a policy whose conditions analytics cannot be asked for', async () => {
  const used = { id: uuid(51), current_usage: 300, status: 'active' as const };
  const entity = { ...used, is_threshold_alerts_sent: false, is_exhausted_alerts_sent: false };
  const policy = usagePolicyRow('monthly', uuid(41), teamA, {
    ...{ conditions: [{ key: 'metadata._user', value: 'ana' }], credit_limit: 4 },
    entities: { [`workspace_id:${teamA}`]: entity },
  });
  const rig = await start('multiplier: 0.75', calls(100), { state: { usagePolicies: [policy] } });
  // $3 in 19.5 days: the last dollar lasts 6.5 days, or 8.7 where every call is cheaper.
  expect(await textOf(rig)).toContain('runs out between Fri 27 Nov and Sun 29 Nov instead of Fri 27 Nov');
});

it.each([
  ['0.1', 100, '$6 monthly: does not run out at this pace, now Thu 26 Nov'],
  ['9', 10, '$6 monthly: runs out about Fri 27 Nov, now not at this pace'],
])('says of a budget that runs out on one side alone what it does (×%s)', async (multiplier, cost, said) => {
  const rig = await start(`multiplier: ${multiplier}`, calls(cost, { ai_model: 'gpt-4o-mini' }));
  expect(await textOf(rig)).toContain(said);
});

it('leaves out a policy that lets in other providers alone', async () => {
  const policy = usagePolicyRow('monthly', uuid(41), teamA, {
    conditions: [{ key: 'virtual_key', value: ['anthropic-a'] }],
  });
  const rig = await start('multiplier: 0.75', calls(100), { state: { usagePolicies: [policy] } });
  expect(await effectOf(rig)).toMatchObject({ budgets: [], same: 1 });
});

it.each([
  ['/integrations/openai-prod/workspaces', 'whose budgets count in these prices is not known: GET /integrations'],
  ['/api-keys', 'not known: ws-team-a: GET /api-keys answered 403'],
  ['/providers', 'when it runs out then is not known, now Thu 26 Nov: GET /providers answered 403'],
])('says that %s cannot be read, and goes on', async (path, said) => {
  const rig = await start('multiplier: 0.75', calls(100));
  rig.emulator.faults.set([{ method: 'GET', path, fault: { kind: 'status', status: 403 } }]);
  expect(await textOf(rig)).toContain(said);
});

it('takes the pace of the window where analytics are refused', async () => {
  const rig = await start('multiplier: 0.75', calls(100));
  rig.emulator.faults.set([
    { method: 'GET', path: '/analytics/groups/api_key', fault: { kind: 'status', status: 403 } },
  ]);
  expect(await textOf(rig)).toContain('the one budget in dollars (ws-team-a) runs out when it did');
});

it('shows no budget of a workspace that does not have the integration', async () => {
  const rig = await start('multiplier: 0.75', calls(100, { workspace_id: teamB }), {
    state: { usagePolicies: [usagePolicyRow('other', uuid(42), teamB, { credit_limit: 6 })] },
  });
  expect(await textOf(rig)).toContain('no budget in dollars counts in these prices');
  expect(await textOf(rig)).not.toContain('other (ws-team-b)');
});

/** Three million tokens of gpt-4o, where there was one. */
const tokens = (amount: string) =>
  workspaceFile(
    'ws-team-a',
    `policies:\n  tokens:\n    budget: ${amount} tokens\n    reset: monthly\n    per: workspace_id\n    match:\n      model: "@openai/gpt-4o"\n`,
  );

it('counts what a budget of tokens costs by the old price before, and by the new one after', async () => {
  const rig = await start('models:\n  gpt-4o:\n    input: $2 per 1M tokens\n    output: $8 per 1M tokens', calls(100), {
    state: { usagePolicies: [] },
  });
  const agreed = files('models:\n  gpt-4o:\n    input: $2 per 1M tokens\n    output: $8 per 1M tokens');
  rig.write({ ...agreed, 'a.yaml': tokens('1M') });
  expect(await textOf(rig)).toContain('at most $8 / 30 days, by the dearest price of its models');
  expect((await rig.apply()).exit).toBe(0);

  // The price alone is not yet in force: another budget in the same plan is counted by what the plan makes of it.
  const cheaper = files('models:\n  gpt-4o:\n    input: $2 per 1M tokens\n    output: $7 per 1M tokens');
  rig.write({ ...agreed, 'a.yaml': tokens('3M') });
  expect(await textOf(rig)).toContain('at most $8 → $24 / 30 days');
  rig.write({ ...cheaper, 'a.yaml': tokens('3M') });
  expect(await textOf(rig)).toContain('at most $8 → $21 / 30 days');
  // What is held back moves nothing.
  const only = { only: ['usage-policy/ws-team-a/tokens'] };
  expect((await rig.plan(only)).stdout.replace(/\s+/g, ' ')).toContain('at most $8 → $24 / 30 days');
});

it('leaves estimates, and copies of price files, at the old price until it is applied', async () => {
  const rig = await start('multiplier: 0.9', calls(100));
  const prices = join(rig.folder, 'prices');
  mkdirSync(prices);
  const token = (price: number) => ({ price });
  const catalogue = {
    pricing_config: { pay_as_you_go: { request_token: token(0.0001), response_token: token(0.0004) } },
  };
  writeFileSync(join(prices, 'openai.json'), JSON.stringify({ 'gpt-4o-mini': catalogue }));
  rig.write({ 'org.yaml': `${files('multiplier: 0.9')['org.yaml']}pricing:\n  source: ../prices\n` });
  const cost = async () => {
    const options = { model: ['@openai-prod/gpt-4o-mini'], integration: ['openai-prod'], budget: '1M tokens' };
    const { stdout } = await rig.estimate({ ...options, mix: '0:1', format: 'json' });
    return /"expected":\{[^}]*"text":"([^"]*)"/.exec(JSON.stringify(JSON.parse(stdout)))?.[1] ?? stdout;
  };
  const kept = readFileSync(join(prices, 'openai.json'), 'utf8');
  expect(await cost()).toBe('$4');
  await rig.plan();
  expect(await cost()).toBe('$4');
  expect((await rig.apply()).exit).toBe(0);
  expect(await cost()).toBe('$3.60');
  expect(readFileSync(join(prices, 'openai.json'), 'utf8')).toBe(kept);
});

it('says of each price that moves, in a line of its own, what a dollar buys then', async () => {
  const own = 'models:\n  gpt-4o:\n    input: $1.60 per 1M tokens\n    output: $8 per 1M tokens';
  const rig = await start(`multiplier: 0.85\n${own}`, calls(100, { ai_model: 'gpt-4o-mini' }));
  const { stdout } = await rig.plan({}, { columns: 80 });
  expect(Math.max(...stdout.split('\n').map((one) => one.length))).toBeLessThanOrEqual(80);
  expect(stdout).toMatch(/~ prices of integration openai-prod\n {6}2 prices change {2}/);
  expect(stdout).toContain('multiplier ×1 → ×0.85: a dollar buys 18 % more\n');
  // Output and caches stay, and are not told.
  expect(stdout.replace(/\s+/g, ' ')).toContain(
    'price of gpt-4o input $2 → $1.60 per 1M tokens: a dollar buys up to 25 % more',
  );
  const { changes } = JSON.parse((await rig.plan({ format: 'json' })).stdout);
  expect(changes[0].summary).toBe('multiplier ×1 → ×0.85; price of gpt-4o input $2 → $1.60 per 1M tokens');
});

it.each([
  ['multiplier: 85', 'a dollar buys 99 % less'],
  ['multiplier: 850', 'a dollar buys over 99 % less'],
  ['multiplier: 0.999', 'a dollar buys under 1 % more'],
  [
    'models:\n  gpt-4o:\n    input: $1 per 1M tokens\n    output: $16 per 1M tokens',
    'a dollar buys from 50 % less to 100 % more, by kind of token',
  ],
  [
    'models:\n  gpt-4o:\n    input: $2 per 1M tokens\n    output: $0 per 1M tokens',
    'free: no budget in dollars ends it',
  ],
  [
    'models:\n  gpt-4o:\n    input: $2 per 1M tokens\n    output: $8 per 1M tokens\n    cache_read: $1 per 1M tokens',
    'a dollar buys less of what was free',
  ],
])('%s: what a dollar buys', async (prices, said) => {
  const rig = await start(prices, calls(100));
  expect(await textOf(rig)).toContain(said);
});

it('says once it is applied that the prices are the catalogue’s again, of which there is no limit to speak of', async () => {
  const rig = await start('multiplier: 0.85', []);
  expect((await rig.apply()).exit).toBe(0);
  rig.write({ 'org.yaml': orgFile(spendMayRise) });
  const { exit, stdout, stderr } = await rig.apply();
  expect([exit, stderr]).toEqual([
    0,
    expect.stringContaining('prices of integration openai-prod: the catalogue’s prices'),
  ]);
  expect(`${stdout}${stderr}`).not.toContain('no limit');
});
