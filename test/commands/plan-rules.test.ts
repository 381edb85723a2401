/** Rules that need prices or traffic, through the command: what is asked for, when, and what a plan says of it. */

import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { answer, type Handler, type Loopback, serve } from '../client/loopback.ts';
import { parseOutput, type Ran, type Rig, startRig, succeed, writeIn } from '../helpers/rig.ts';
import { testNow } from '../helpers/session.ts';
import { integrationRow, keyRow, requestRow, smallState, teamA, teamB, uuid, workspaceRow } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { entry } from '../prices/kit.ts';

const hour = 3_600_000;
const openai = { default: entry(0, 0), 'gpt-4o': entry(0.00025, 0.001) };

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

const spend = (match: string): string =>
  workspaceFile(
    'ws-team-a',
    `policies:\n  spend:\n    budget: $500\n    reset: monthly\n    alert: 80%\n    match: ${match}\n    per: workspace_id\n`,
  );
const unlisted = '{model: "@openai/gpt-local-7b"}';

async function start(org: string, match = unlisted): Promise<Rig> {
  rig = await startRig({ state: smallState(), files: { 'org.yaml': orgFile(org), 'a.yaml': spend(match) } });
  return rig;
}

const published: Handler = ({ url }, response) => (url.pathname === '/v1/openai.json' ? openai : answer(response, 404));
const sourceOf = ({ baseUrl }: Loopback): string => `pricing:\n  source: ${baseUrl}\n`;

function said(ran: Ran, rule: string): string[] {
  const { findings } = parseOutput(ran) as { findings: readonly { rule: string; message: string }[] };
  return findings.filter((finding) => finding.rule === rule).map(({ message }) => message);
}

describe('prices', () => {
  it('are read once in 24 hours, for the vendors that policies name', async () => {
    const service = await serve(published);
    const place = await start(sourceOf(service));
    const ran = await place.plan({ format: 'json' });
    expect(said(ran, 'unpriced-model')).toEqual([
      '"@openai/gpt-local-7b" has no price: calls cost nothing here, so that $500 is never used up',
    ]);
    await place.plan({}, { now: testNow + 23 * hour });
    expect(service.seen.map(({ url }) => url.pathname)).toEqual(['/v1/openai.json']);
    expect(service.seen[0]?.headers).not.toHaveProperty('x-portkey-api-key');
    await place.plan({}, { now: testNow + 25 * hour });
    expect(service.seen).toHaveLength(2);
  });

  it('are not asked for where no policy names a model, or the rules are off', async () => {
    const service = await serve(published);
    await (await start(sourceOf(service), 'all')).plan();
    await rig?.close();
    const names = ['unpriced-model', 'free-model', 'unknown-model', 'dated-model', 'budget-outpriced'];
    const off = [...names, 'custom-prices', 'prices-stale', 'prices-unknown'].map((name) => `    ${name}: off\n`);
    const place = await start(sourceOf(service));
    await succeed(place.plan());
    const before = service.seen.length;
    place.write({
      'org.yaml': orgFile(`${sourceOf(service)}review:\n  rules:\n${off.join('')}`),
      'a.yaml': spend('all'),
    });
    await succeed(place.apply());
    place.write({
      'org.yaml': orgFile(`${sourceOf(service)}review:\n  rules:\n${off.join('')}`),
      'a.yaml': spend(unlisted).replace('$500', '$400'),
    });
    await place.plan({}, { now: testNow + 48 * hour });
    expect([before, service.seen.length]).toEqual([1, 1]);
  });

  it('that cannot be read change nothing about a plan but what it says', async () => {
    const service = await serve((_seen, response) => answer(response, 503));
    const place = await start(sourceOf(service));
    const ran = await place.plan({ format: 'json' });
    expect([ran.exit, ran.stderr, service.seen.length]).toEqual([0, '', 1]);
    expect(said(ran, 'unpriced-model')).toEqual([]);
    expect(said(ran, 'prices-unknown')).toEqual([expect.stringContaining('answered 503')]);
  });

  it('of a copy that is too old are used, and said to be old', async () => {
    let isUp = true;
    const service = await serve((seen, response, count) =>
      isUp ? published(seen, response, count) : answer(response, 503),
    );
    const place = await start(sourceOf(service));
    await place.plan();
    isUp = false;
    const ran = await place.plan({ format: 'json' }, { now: testNow + 49 * hour });
    expect(said(ran, 'unpriced-model')).toHaveLength(1);
    expect(said(ran, 'prices-stale')).toEqual([`the prices of openai are 2 days old (${service.baseUrl}/openai.json)`]);
  });

  it('are read from a folder beside the organisation file; one that is not there stops no plan', async () => {
    const place = await start('pricing:\n  source: prices\n');
    const missing = await place.plan({ format: 'json' });
    expect(missing.exit).toBe(0);
    expect(said(missing, 'prices-unknown')).toEqual(['`pricing.source` names no folder of this repository: `prices`']);
    writeIn(place.folder, join('policies', 'prices', 'openai.json'), JSON.stringify(openai));
    expect(said(await place.plan({ format: 'json' }), 'unpriced-model')).toHaveLength(1);
  });

  it('are not asked of the service by who has a control plane of their own', async () => {
    const ran = await (await start('')).plan({ format: 'json' });
    expect(ran.exit).toBe(0);
    expect(said(ran, 'prices-unknown')).toEqual([
      'the prices of openai are not read: with a control plane other than api.portkey.ai, `pricing.source` says where they are',
    ]);
  });

  it('turn a budget of tokens into dollars where it names its models', async () => {
    const service = await serve(published);
    const place = await start(sourceOf(service));
    const tokens = (amount: string, match: string): string => spend(match).replace('$500', `${amount} tokens`);
    place.write({ 'org.yaml': orgFile(sourceOf(service)), 'a.yaml': tokens('2M', '{model: "@openai/gpt-4o"}') });
    const created = (await place.plan()).stdout.replace(/\s+/g, ' ');
    expect(created).toContain('at most $20 / 30 days, by the dearest price of its models');
    await succeed(place.apply());
    place.write({ 'org.yaml': orgFile(sourceOf(service)), 'a.yaml': tokens('3M', '{model: "@openai/gpt-4o"}') });
    const { impact } = parseOutput(await place.plan({ format: 'json' })) as {
      impact: { changes: readonly { limits: readonly unknown[] }[] };
    };
    expect(impact.changes[0]?.limits[0]).toMatchObject({
      before: { amount: '2000000', per_30_days: '2000' },
      after: { amount: '3000000', per_30_days: '3000' },
    });
    place.write({ 'org.yaml': orgFile(sourceOf(service)), 'a.yaml': tokens('3M', '{model: "@openai/*"}') });
    expect((await place.plan()).stdout).not.toContain('dearest price');
  });

  it('are in the markdown for the pull request', async () => {
    const service = await serve(published);
    const { stdout } = await (await start(sourceOf(service))).plan({ format: 'markdown' });
    expect(stdout).toMatch(/^- ⚠️ `unpriced-model` spend \(ws-team-a\): .*has no price/m);
  });
});

describe('traffic', () => {
  const week = new Date(testNow - 7 * 24 * hour).toISOString();
  const free = { ai_model: 'gpt-local', cost: 0, total_units: 5_000, created_at: week };

  async function startWithTraffic(): Promise<Rig> {
    const keys = [keyRow('app', uuid(11), teamA, { created_at: '2026-01-05T00:00:00.000Z' })];
    const state = smallState({ apiKeys: keys, requestLogs: [requestRow(free)] });
    const body = `${spend('all')}keys:\n  app:\n    rate: 5 requests/minute\n`;
    rig = await startRig({ state, files: { 'org.yaml': orgFile(''), 'a.yaml': body } });
    return rig;
  }

  it('that cost nothing is told where a budget moves', async () => {
    const place = await startWithTraffic();
    const ran = await place.plan({ format: 'json' });
    expect(said(ran, 'tokens-without-cost')).toEqual([
      '"gpt-local" used 5k tokens in 30 days in ws-team-a and cost nothing',
    ]);
    expect(said(await place.plan({ format: 'json', impact: false }), 'tokens-without-cost')).toEqual([]);
  });

  it('that may not be read changes nothing else', async () => {
    const place = await startWithTraffic();
    place.emulator.setFaults([{ path: '/analytics/**', fault: { kind: 'status', status: 403 } }]);
    const ran = await place.plan({ format: 'json' });
    expect([ran.exit, said(ran, 'tokens-without-cost'), said(ran, 'key-unused')]).toEqual([0, [], []]);
  });

  it('is not asked for where none moves', async () => {
    const place = await startWithTraffic();
    await succeed(place.apply());
    const before = place.emulator.requests.counts['GET /analytics/groups/:groupBy'] ?? 0;
    const ran = await place.plan({ format: 'json' });
    expect(said(ran, 'tokens-without-cost')).toEqual([]);
    // What the workspace without a file spent.
    expect(place.emulator.requests.counts['GET /analytics/groups/:groupBy']).toBe(before + 1);
  });
});

describe('integrations', () => {
  const limits = (budget: string): string =>
    `integrations:\n  openai-prod:\n    budget: ${budget}\n    reset: monthly\n    alert: 80%\n`;

  async function startWithMultiplier(): Promise<Rig> {
    const adjustments = { multiplier: { default: 1.5 } };
    const integrations = [integrationRow('openai-prod', uuid(31), [teamA], { pricing_adjustments: adjustments })];
    const state = smallState({ integrations });
    const files = { 'org.yaml': orgFile(''), 'a.yaml': workspaceFile('ws-team-a', limits('$50')) };
    rig = await startRig({ state, files });
    return rig;
  }

  it('that count other prices are told where their budget moves', async () => {
    const place = await startWithMultiplier();
    const ran = await place.plan({ format: 'json' });
    expect(said(ran, 'custom-prices')).toEqual(['integration "openai-prod" multiplies prices']);
    await succeed(place.apply());
    expect(said(await place.plan({ format: 'json' }), 'custom-prices')).toEqual([]);
  });

  it('mistakes-B4: what they charge is what a changed budget of their workspace is judged by', async () => {
    const service = await serve(published);
    const own = {
      slug: 'gpt-local-7b',
      enabled: true,
      is_custom: true,
      pricing_config: { type: 'static', pay_as_you_go: { request_token: { price: 2 } } },
    };
    const pricing = { pricing_adjustments: { multiplier: { default: 3 } }, models: [own] };
    const integrations = [integrationRow('openai-prod', uuid(31), [teamA], pricing as object)];
    const tokens = spend('{model: "@openai/gpt-4o"}').replace('$500', '2M tokens');
    const org = { 'org.yaml': orgFile(sourceOf(service)) };
    rig = await startRig({ state: smallState({ integrations }), files: { ...org, 'a.yaml': tokens } });
    expect((await rig.plan()).stdout.replace(/\s+/g, ' ')).toContain('at most $60 / 30 days');
    rig.write({ ...org, 'a.yaml': spend(unlisted) });
    expect(said(await rig.plan({ format: 'json' }), 'unpriced-model')).toEqual([]);
    const seen = rig.emulator.requests.counts;
    expect([seen['GET /providers'], seen['GET /integrations/:slug']]).toEqual([2, 2]);
    rig.emulator.setFaults([{ path: '/integrations/*', fault: { kind: 'status', status: 403 } }]);
    const refused = await rig.plan({ format: 'json' });
    expect([said(refused, 'unpriced-model'), said(refused, 'prices-unknown')]).toEqual([
      [],
      ['the prices of integration "openai-prod" were not read (GET /integrations/openai-prod answered 403 AB03)'],
    ]);
    rig.write({ ...org, 'a.yaml': tokens });
    expect((await rig.plan()).stdout).not.toContain('at most $');
  });

  it('whose prices may not be read are passed over', async () => {
    const place = await startWithMultiplier();
    place.emulator.setFaults([{ path: '/integrations/*', fault: { kind: 'status', status: 403 } }]);
    const ran = await place.plan({ format: 'json' });
    expect([ran.exit, said(ran, 'custom-prices')]).toEqual([0, []]);
  });
});

it('metadata of a workspace is read with it', async () => {
  const workspaces = [
    workspaceRow('ws-team-a', teamA, { defaults: { metadata: { team: 'nlp' }, config_id: null } }),
    workspaceRow('ws-team-b', teamB),
  ];
  const text = spend('all').replace('per: workspace_id', 'per: metadata.team');
  rig = await startRig({ state: smallState({ workspaces }), files: { 'org.yaml': orgFile(''), 'a.yaml': text } });
  expect(said(await rig.plan({ format: 'json' }), 'metadata-fixed-by-key')).toEqual([
    '`metadata.team` is set by the workspace: one counter, whatever callers send',
  ]);
});

describe('what conditions name', () => {
  it('mistakes-B1: is looked up where the plan sets the policy, and what is not live stops it', async () => {
    const place = await start('', '{virtual_key: openai-b}');
    const ran = await place.plan({ format: 'json' });
    expect(said(ran, 'unknown-condition')).toEqual([
      '`virtual_key`: no live provider "openai-b" in workspace ws-team-a; did you mean "openai-a"?',
    ]);
    expect(ran.exit).toBe(3);
  });

  it('are not asked for where the rules about them are off, or nothing changes', async () => {
    const off = ['unknown-condition', 'unchecked-condition', 'matches-no-call'].map((name) => `    ${name}: off\n`);
    const org = `review:\n  rules:\n${off.join('')}`;
    const place = await start(org, 'all');
    await succeed(place.apply());
    const asked = () => place.emulator.requests.counts['GET /analytics/graphs/requests'] ?? 0;
    place.write({ 'org.yaml': orgFile(org), 'a.yaml': spend('{metadata.team: nlp}') });
    place.emulator.requests.clear();
    await place.plan();
    expect(asked()).toBe(0);
    await succeed(place.apply({ impact: false }));
    place.write({ 'org.yaml': orgFile(''), 'a.yaml': spend('{metadata.team: nlp}') });
    await place.plan();
    expect(asked()).toBe(0);
  });
});

describe('budgets of keys', () => {
  const keys = workspaceFile('ws-team-a', 'keys:\n  app:\n    budget: $50\n    reset: monthly\n');
  const notesOf = async (used: number | undefined): Promise<readonly string[]> => {
    const limits = used === undefined ? null : ({ type: 'cost', credit_limit: 9, current_usage: used } as never);
    const apiKeys = [keyRow('app', uuid(11), teamA), keyRow('other', uuid(12), teamA, { usage_limits: limits })];
    rig = await startRig({ state: smallState({ apiKeys }), files: { 'org.yaml': orgFile(''), 'a.yaml': keys } });
    const { notes } = parseOutput(await rig.plan({ format: 'json' })) as { notes: readonly { code: string }[] };
    return notes.map(({ code }) => code).filter((code) => code === 'key-limits-in-doubt');
  };

  it.each([
    ['no key has a budget', undefined, 1],
    ['no counter has moved', 0, 1],
    ['a counter has moved', 3, 0],
  ])('are in doubt where nothing shows that they count: %s', async (_, used, count) => {
    expect(await notesOf(used)).toHaveLength(count);
  });
});
