/** Live rules at their edges: what is counted and what is not, what a plan takes away, and where the finding stands. */

import { describe, expect, it } from 'vitest';
import type { LiveObject } from '../../src/live/live.ts';
import { teamA, teamB, uuid } from '../helpers/state.ts';
import { workspaceFile } from '../helpers/world.ts';
import {
  type Given,
  keyObject,
  policyObject,
  providerObject,
  recordAfter,
  shareObject,
  workspaceObject,
} from '../plan/kit.ts';
import { findingsOf, saidOf } from './plan-facts.ts';

const keysRead = { read: new Set([`${teamA}/key-limits`]) };
const section = (head: string, ...entries: readonly (readonly [name: string, ...lines: string[]])[]): string =>
  `${head}:\n${entries.map(([name, ...lines]) => `  ${name}:\n${lines.map((line) => `    ${line}\n`).join('')}`).join('')}`;
const policies = (...entries: readonly (readonly [name: string, ...lines: string[]])[]): string =>
  section('policies', ...entries);
const keys = (...entries: readonly (readonly [name: string, ...lines: string[]])[]): string =>
  section('keys', ...entries);
const spend = ['budget: $500', 'reset: monthly', 'alert: none'] as const;
const budget = { usage_limits: { type: 'cost', credit_limit: 5, periodic_reset: 'monthly' } };
const rates = { rate_limits: [{ type: 'requests', unit: 'rpm', value: 5 }] };
const [app, web] = [keyObject('app', uuid(11)), keyObject('web', uuid(12))];
const elsewhere = (object: LiveObject): LiveObject => ({ ...object, workspaceId: teamB });

describe('counters-multiply', () => {
  const live = [app, web];
  const said = (lines: readonly string[], more: readonly LiveObject[] = [], rest = '') =>
    saidOf('counters-multiply', {
      body: policies(['p', ...spend, ...lines]) + rest,
      live: [...live, ...more],
      liveRest: keysRead,
    });

  it('counts the keys of the workspace that have not ended', () => {
    const others = [
      keyObject('ended', uuid(13), { expires_at: '2026-11-20T12:00:00.000Z' }),
      keyObject('later', uuid(14), { expires_at: '2026-11-20T12:00:00.001Z' }),
      keyObject('endless', uuid(15), { expires_at: null }),
      elsewhere(keyObject('far', uuid(16))),
    ];
    expect(said(['per: api_key'], others)).toEqual(['a.yaml:10:5 $500 × 4 keys = $2,000 in ws-team-a']);
  });

  it('says nothing where the policy is not for every key', () => {
    expect(said(['match: {model: "@openai/*"}', 'per: api_key'])).toEqual([]);
    expect(said(['per: model'])).toEqual([]);
    expect(said(['per: [api_key, model]'])).toEqual([]);
    expect(
      saidOf('counters-multiply', { body: policies(['p', 'rate: 5 requests/minute', 'per: metadata.team']) }),
    ).toEqual([]);
  });

  it('names the first metadata key, at the grouping', () => {
    expect(said(['per: [api_key, metadata.team, metadata.app]'])).toEqual([
      'a.yaml:10:5 $500 for every value of `metadata.app`: unbounded, as any caller can invent one',
    ]);
  });

  it('is about policies: "*" is many budgets, and says so', () => {
    const body = keys(['"*"', ...spend]);
    expect(saidOf('counters-multiply', { body, live, liveRest: keysRead })).toEqual([]);
  });

  it('looks at each workspace, whatever was found of another', () => {
    const perKey = policies(['d', ...spend, 'per: api_key']);
    const files = { 'policies/b.yaml': workspaceFile('ws-team-b', perKey) };
    const there = live.map(elsewhere);
    const both = [`${teamA}/key-limits`, `${teamB}/key-limits`];
    const said = (body: string, objects: readonly LiveObject[], read: readonly string[]) =>
      saidOf('counters-multiply', { body, files, live: objects, liveRest: { read: new Set(read) } });
    const words = ['b.yaml:10:5 $500 × 2 keys = $1,000 in ws-team-b'];
    expect(said(policies(['a', 'rate: 5 requests/minute', 'per: workspace_id']), there, both)).toEqual(words);
    expect(said(perKey, there, both.slice(1))).toEqual(words);
    expect(said(perKey, [app, ...there.slice(1), elsewhere(keyObject('more', uuid(17)))], both)).toEqual(words);
  });

  it('looks at each policy', () => {
    const body = policies(
      ['a', 'rate: 5 requests/minute', 'per: workspace_id'],
      ['b', ...spend, 'per: workspace_id'],
      ['c', ...spend, 'match: {model: "@openai/*"}', 'per: api_key'],
      ['d', ...spend, 'per: api_key'],
    );
    expect(saidOf('counters-multiply', { body, live, liveRest: keysRead })).toHaveLength(1);
    const alone = {
      body: '',
      files: { 'policies/0.yaml': workspaceFile('ws-team-b', policies(['d', ...spend, 'per: api_key'])) },
    };
    expect(saidOf('counters-multiply', { ...alone, body, live, liveRest: keysRead })).toHaveLength(1);
    const one = [elsewhere(app)];
    const read = { read: new Set([`${teamA}/key-limits`, `${teamB}/key-limits`]) };
    expect(saidOf('counters-multiply', { ...alone, body, live: [...live, ...one], liveRest: read })).toHaveLength(1);
  });
});

describe('metadata-fixed-by-key', () => {
  const sets = (name: string, metadata: object, id = 20) => keyObject(name, uuid(id), { defaults: { metadata } });
  const words = 'one counter for each value set there, whatever callers send';

  it('looks at every grouping of every policy, and at keys of the workspace', () => {
    const body = policies(
      ['a', ...spend, 'per: api_key'],
      ['b', ...spend, 'per: [api_key, metadata.app, metadata.team]'],
    );
    const live = [app, sets('fixed', { team: 'nlp' }), elsewhere(sets('far', { app: 'x' }, 21))];
    expect(saidOf('metadata-fixed-by-key', { body, live })).toEqual([
      `a.yaml:15:5 \`metadata.team\` is set by key "fixed": ${words}`,
    ]);
  });

  it('lists five keys by name, in their order, and the number of all', () => {
    const body = policies(['a', ...spend, 'per: metadata.team']);
    const said = (count: number): string | undefined => {
      const live = Array.from({ length: count }, (_, index) => sets(`k${count - index}`, { team: 'nlp' }, 30 + index));
      return saidOf('metadata-fixed-by-key', { body, live })[0];
    };
    expect(said(2)).toBe(`a.yaml:10:5 \`metadata.team\` is set by 2 keys ("k1", "k2"): ${words}`);
    expect(said(5)).toBe(`a.yaml:10:5 \`metadata.team\` is set by 5 keys ("k1", "k2", "k3", "k4", "k5"): ${words}`);
    expect(said(6)).toBe(`a.yaml:10:5 \`metadata.team\` is set by 6 keys ("k1", "k2", "k3", "k4", "k5" …): ${words}`);
  });

  it('calls a key without a name by its id, and takes nothing for its own that all objects have', () => {
    const body = policies(['a', ...spend, 'per: metadata.constructor']);
    const nameless = (metadata: object) => [{ ...sets('x', metadata), name: null }];
    expect(saidOf('metadata-fixed-by-key', { body, live: nameless({}) })).toEqual([]);
    expect(saidOf('metadata-fixed-by-key', { body, live: nameless({ constructor: 'x' }) })).toEqual([
      `a.yaml:10:5 \`metadata.constructor\` is set by key "${uuid(20)}": ${words}`,
    ]);
  });
});

describe('workspace-without-budget', () => {
  const rate = policies(['calls', 'rate: 5 requests/minute', 'per: workspace_id']);
  const found = (given: Given): string[] => saidOf('workspace-without-budget', given);
  const bare = ['a.yaml:3:1 nothing bounds what ws-team-a spends'];

  it.each<[string, readonly LiveObject[]]>([
    ['a provider', [providerObject('openai-a', uuid(21), budget)]],
    ['an integration', [shareObject({ usage_limits: [budget.usage_limits] })]],
    ['a key', [app, keyObject('web', uuid(12), budget)]],
    ['a policy', [policyObject(uuid(41))]],
  ])('holds where %s has a live one', (_, live) => {
    expect(found({ body: rate, live })).toEqual([]);
  });

  it.each<[string, readonly LiveObject[]]>([
    ['rates', [keyObject('app', uuid(11), rates), policyObject(uuid(41), {}, 'rate-policy')]],
    ['budgets of another workspace', [elsewhere(policyObject(uuid(41)))]],
    [
      'an empty list',
      [shareObject({ usage_limits: [] }), providerObject('openai-a', uuid(21), { usage_limits: null })],
    ],
  ])('is not held by %s', (_, live) => {
    expect(found({ body: rate, live })).toEqual(bare);
  });

  it('is told of each workspace, also by its id', () => {
    const files = { 'policies/0.yaml': workspaceFile(teamB.toUpperCase(), rate) };
    expect(found({ body: policies(['p', ...spend, 'per: workspace_id']), files })).toEqual([
      '0.yaml:3:1 nothing bounds what ws-team-b spends',
    ]);
    expect(
      found({
        body: rate,
        files: { 'policies/0.yaml': workspaceFile('ws-team-b', policies(['p', ...spend, 'per: workspace_id'])) },
      }),
    ).toEqual(bare);
  });

  it('is told of a workspace behind one that is held', () => {
    const files = { 'policies/b.yaml': workspaceFile('ws-team-b', rate) };
    expect(found({ body: policies(['p', ...spend, 'per: workspace_id']), files })).toEqual([
      'b.yaml:3:1 nothing bounds what ws-team-b spends',
    ]);
  });

  it('finds a workspace by its id in any letters', () => {
    const id = 'ABCDEF00-0000-4000-8000-000000000001';
    const workspaces = [{ id: id.toLowerCase(), slug: 'ws-other', name: 'Other' }];
    const given = { body: null, files: { 'policies/0.yaml': workspaceFile(id, '') }, liveRest: { workspaces } };
    expect(found(given)).toEqual(['0.yaml:3:1 nothing bounds what ws-other spends']);
  });

  const whole = ['budget: $5', 'reset: monthly', 'alert: none', 'rate: 5 requests/minute'] as const;
  const limited = keyObject('app', uuid(11), { ...budget, ...rates });

  it('counts no budget that the plan takes from a key', () => {
    const before = { body: keys(['app', ...whole]), live: [limited] };
    const record = recordAfter(before);
    const taken = keys(['app', 'rate: 5 requests/minute']);
    expect(found({ body: taken, live: [limited], record })).toEqual(bare);
    expect(found({ body: taken, live: [limited] })).toEqual([]);
    expect(found({ body: keys(['app', 'budget: none', 'rate: 5 requests/minute']), live: [limited] })).toEqual(bare);
    expect(
      found({ body: keys(['app', 'budget: $5', 'reset: monthly', 'alert: none', 'rates: none']), live: [limited] }),
    ).toEqual([]);
    expect(found({ body: keys(['app', 'rate: 6 requests/minute']), live: [limited] })).toEqual([]);
    expect(found({ body: '', live: [limited], record })).toEqual(bare);
  });

  it('counts no budget that the plan takes from the workspace', () => {
    const own = (...budgets: readonly string[]): string => `limits:\n${budgets.map((line) => `  ${line}\n`).join('')}`;
    const live = [workspaceObject({ usage_limits: [budget.usage_limits] })];
    const budgets = [{ unit: 'cost', amount: 500, reset: 'monthly' }] as const;
    const workspaces = [{ id: teamA, slug: 'ws-team-a', name: 'Team A', budgets }];
    const given = { live, liveRest: { workspaces } };
    const monthly = own('budget: $5', 'reset: monthly', 'alert: none');
    const record = recordAfter({ ...given, body: monthly });
    expect(found({ ...given, body: rate })).toEqual([]);
    expect(found({ ...given, body: rate, record })).toEqual(bare);
    expect(found({ ...given, body: rate + own('budget: none') })).toEqual(bare);
    const weekly = { unit: 'tokens', amount: 500, reset: 'weekly' } as const;
    const two = {
      live: [
        workspaceObject({
          usage_limits: [budget.usage_limits, { type: 'tokens', credit_limit: 500, periodic_reset: 'weekly' }],
        }),
      ],
      liveRest: { workspaces: workspaces.map((one) => ({ ...one, budgets: [...budgets, weekly] })) },
    };
    expect(found({ ...two, body: rate, record: recordAfter({ ...two, body: monthly }) })).toEqual([]);
    expect(found({ ...two, body: rate + own('budgets: none') })).toEqual(bare);
  });
});

describe('key-without-limit', () => {
  const byModel = policies(['models', 'rate: 5 requests/minute', 'match: {model: "@openai/*"}', 'per: workspace_id']);
  const found = (given: Given): string[] => saidOf('key-without-limit', { liveRest: keysRead, ...given });
  const bare = ['a.yaml:3:1 key "web" of ws-team-a may spend without any limit'];

  it.each<[string, string, readonly LiveObject[]]>([
    ['a rate for MCP tools', policies(['t', 'target: mcp_tools', 'rate: 5 requests/minute', 'per: workspace_id']), []],
    ['a live rate for MCP tools', byModel, [policyObject(uuid(41), { target: 'mcp_tools' }, 'rate-policy')]],
    ['a live policy for each model', byModel, [policyObject(uuid(41), { group_by: [{ key: 'model' }] })]],
    [
      'a live policy on one model',
      byModel,
      [
        policyObject(uuid(41), {
          conditions: [
            { key: 'api_key', value: '*' },
            { key: 'model', value: '@openai/*' },
          ],
        }),
      ],
    ],
    ['a live policy on any model', byModel, [policyObject(uuid(41), { conditions: [{ key: 'model', value: '*' }] })]],
    ['a live policy elsewhere', byModel, [elsewhere(policyObject(uuid(41)))]],
    [
      'limits of a provider',
      `${byModel}providers:\n  openai-a:\n    rate: 5 requests/minute\n`,
      [providerObject('openai-a', uuid(21))],
    ],
  ])('is held by no %s', (_, body, live) => {
    expect(found({ body, live: [...live, web] })).toEqual(bare);
  });

  it.each<[string, string, readonly LiveObject[]]>([
    ['a budget policy over all calls', policies(['p', ...spend, 'per: workspace_id']), []],
    ['a rate of the workspace', `${byModel}limits:\n  rate: 9 requests/minute\n`, [workspaceObject()]],
    ['a live rate over all calls', byModel, [policyObject(uuid(41), {}, 'rate-policy')]],
    ['a live policy for each key', byModel, [policyObject(uuid(41), { group_by: [{ key: 'api_key' }] })]],
    [
      'a live policy on the workspace',
      byModel,
      [policyObject(uuid(41), { conditions: [{ key: 'workspace_id', value: teamA }], group_by: null })],
    ],
    ['a live policy without conditions', byModel, [policyObject(uuid(41), { conditions: null })]],
  ])('is held by %s', (_, body, live) => {
    expect(found({ body, live: [...live, web] })).toEqual([]);
  });

  it('goes by what the workspace itself has, and by what was read', () => {
    const of = (budgets?: readonly { unit: 'cost'; amount: number; reset: 'monthly' }[]) => ({
      ...keysRead,
      workspaces: [{ id: teamA, slug: 'ws-team-a', name: 'Team A', ...(budgets === undefined ? {} : { budgets }) }],
    });
    expect(
      found({ body: byModel, live: [web], liveRest: of([{ unit: 'cost', amount: 5, reset: 'monthly' }]) }),
    ).toEqual([]);
    expect(found({ body: byModel, live: [web], liveRest: of([]) })).toEqual(bare);
    expect(found({ body: byModel, live: [web], liveRest: of() })).toEqual(bare);
    expect(found({ body: byModel, live: [web], liveRest: {} })).toEqual([]);
  });

  it('looks at each workspace, whatever was found of another', () => {
    const files = (body: string) => ({ 'policies/0.yaml': workspaceFile('ws-team-b', body) });
    const read = { read: new Set([`${teamA}/key-limits`, `${teamB}/key-limits`]) };
    expect(found({ body: byModel, live: [web], files: files('') })).toEqual(bare);
    const over = policies(['p', ...spend, 'per: workspace_id']);
    expect(found({ body: byModel, live: [web], liveRest: read, files: files(over) })).toEqual(bare);
    const live = [web, elsewhere(policyObject(uuid(41)))];
    expect(found({ body: byModel, live, liveRest: read, files: files('') })).toEqual(bare);
  });

  it('looks at a workspace behind one that is held, or was not read', () => {
    const files = { 'policies/b.yaml': workspaceFile('ws-team-b', byModel) };
    const live = [elsewhere(web)];
    const both = [`${teamA}/key-limits`, `${teamB}/key-limits`];
    const words = ['b.yaml:3:1 key "web" of ws-team-b may spend without any limit'];
    const said = (body: string, objects: readonly LiveObject[], read = both) =>
      found({ body, files, live: objects, liveRest: { read: new Set(read) } });
    expect(said(byModel, live, both.slice(1))).toEqual(words);
    expect(said(policies(['p', ...spend, 'per: workspace_id']), live)).toEqual(words);
    expect(said(byModel, [...live, policyObject(uuid(41))])).toEqual(words);
  });

  it('counts what is declared for the key, unless it is that there is none', () => {
    const live = [app, web];
    expect(found({ body: byModel + keys(['app', 'rate: 5 requests/minute']), live })).toEqual(bare);
    expect(found({ body: byModel + keys(['app', ...spend]), live })).toEqual(bare);
    expect(found({ body: byModel + keys(['app', 'expires: 2027-06-01T00:00:00Z']), live })).toEqual([
      'a.yaml:3:1 2 keys ("app", "web") of ws-team-a may spend without any limit',
    ]);
    expect(found({ body: byModel + keys(['app', 'budget: none', 'rates: none']), live: [app] })).toEqual([
      'a.yaml:3:1 key "app" of ws-team-a may spend without any limit',
    ]);
  });

  it('counts nothing that the plan takes away', () => {
    const all = policies(['spend', ...spend, 'per: workspace_id']);
    const live = [web, policyObject(uuid(41))];
    const record = recordAfter({ body: all, live });
    expect(found({ body: byModel, live, record })).toEqual(bare);
    const held = [keyObject('web', uuid(12), budget)];
    const recorded = recordAfter({ body: keys(['web', 'budget: $5', 'reset: monthly', 'alert: none']), live: held });
    expect(found({ body: byModel, live: held, record: recorded })).toEqual(bare);
    const slow = [keyObject('web', uuid(12), { ...budget, ...rates })];
    expect(found({ body: byModel + keys(['web', 'budget: none']), live: slow })).toEqual([]);
    expect(found({ body: byModel + keys(['web', 'budget: none', 'rates: none']), live: slow })).toEqual(bare);
  });
});

describe('exhausted', () => {
  const body = keys(['app', ...spend]) + section('providers', ['openai-a', ...spend], ['openai-b', ...spend]);
  const used = { ...budget, status: 'exhausted' };
  const said = (live: readonly LiveObject[], more = body) => saidOf('exhausted', { body: more, live });
  const providers = [providerObject('openai-a', uuid(21), {}), providerObject('openai-b', uuid(22), used)];

  it('names keys and providers at their budgets, by their own status or that of the budget', () => {
    expect(said([keyObject('app', uuid(11), used), ...providers])).toEqual([
      'a.yaml:7:5 key "app" is used up, and refused until 2026-12-01 00:00 UTC',
      'a.yaml:16:5 provider "openai-b" is used up, and refused until 2026-12-01 00:00 UTC',
    ]);
    const inBudget = { usage_limits: { ...budget.usage_limits, status: 'exhausted' } };
    expect(
      said([
        keyObject('app', uuid(11), inBudget),
        providerObject('openai-a', uuid(21)),
        providerObject('openai-b', uuid(22)),
      ]),
    ).toHaveLength(1);
  });

  it('goes by the date that the service says, on the row or in the budget', () => {
    const days = { type: 'cost', credit_limit: 5, periodic_reset_days: 10 };
    const at = 'a.yaml:7:5 key "app" is used up, and refused until';
    const row = { status: 'exhausted', usage_limits: days, next_usage_reset_at: '2026-11-27T00:00:00.000Z' };
    const only = keys(['app', ...spend]);
    expect(said([keyObject('app', uuid(11), row)], only)).toEqual([`${at} 2026-11-27 00:00 UTC`]);
    const inner = { ...days, status: 'exhausted', next_usage_reset_at: '2026-11-28T00:00:00.000Z' };
    expect(said([keyObject('app', uuid(11), { usage_limits: inner })], only)).toEqual([`${at} 2026-11-28 00:00 UTC`]);
    expect(said([keyObject('app', uuid(11), { status: 'exhausted', usage_limits: days })], only)).toEqual([
      `${at} its next reset`,
    ]);
  });

  it('knows that weeks of keys begin on Sunday', () => {
    const weekly = { status: 'exhausted', usage_limits: { ...budget.usage_limits, periodic_reset: 'weekly' } };
    expect(said([keyObject('app', uuid(11), weekly)], keys(['app', ...spend]))).toEqual([
      'a.yaml:7:5 key "app" is used up, and refused until 2026-11-22 00:00 UTC',
    ]);
  });

  it('is no matter of workspaces and integrations, whose rows say nothing of it', () => {
    const rest = `limits:\n${spend.map((line) => `  ${line}\n`).join('')}${section('integrations', ['openai-prod', ...spend])}`;
    const live = [workspaceObject({ status: 'exhausted' }), shareObject({ status: 'exhausted', ...budget })];
    expect(said(live, rest)).toEqual([]);
    expect(
      saidOf('expires-soon', {
        body: rest,
        live: live.map((one) => ({ ...one, row: { ...one.row, status: 'expired' } })),
      }),
    ).toEqual([]);
  });

  it('is no matter of policies', () => {
    const live = [policyObject(uuid(41), { name: 'p', status: 'exhausted' })];
    expect(said(live, policies(['p', ...spend, 'per: workspace_id']))).toEqual([]);
  });
});

describe('expires-soon', () => {
  const until = (...lines: readonly string[]): string => keys(['app', ...spend, ...lines]);
  const said = (body: string, row: object) =>
    saidOf('expires-soon', { body, live: [keyObject('app', uuid(11), { ...row })] });
  const expired = { status: 'expired', expires_at: '2026-11-01T00:00:00.000Z' };

  it('says when a key has ended, also where only its status says so', () => {
    expect(said(until(), expired)).toEqual(['a.yaml:6:3 key "app" has expired on 2026-11-01 00:00 UTC']);
    expect(said(until(), { status: 'expired' })).toEqual(['a.yaml:6:3 key "app" has expired']);
    expect(said(until('expires: 2026-11-01T00:00:00Z'), expired)).toEqual([
      'a.yaml:10:5 key "app" has expired on 2026-11-01 00:00 UTC',
    ]);
  });

  it('leaves alone a key that the files give a later end, or none', () => {
    expect(said(until('expires: 2027-06-01T00:00:00Z'), expired)).toEqual([]);
    expect(said(until('expires: none'), expired)).toEqual([]);
  });

  it('warns where the files bring the end near', () => {
    expect(said(until('expires: 2026-12-01T00:00:00Z'), { expires_at: '2027-06-01T00:00:00.000Z' })).toEqual([
      'a.yaml:10:5 key "app" expires at 2026-12-01 00:00 UTC',
    ]);
  });

  it('tells providers, and each entry for itself', () => {
    const body = until() + section('providers', ['openai-a', ...spend], ['openai-b', ...spend]);
    const live = [
      keyObject('app', uuid(11), { expires_at: '2027-06-01T00:00:00.000Z' }),
      providerObject('openai-a', uuid(21), { expires_at: null }),
      providerObject('openai-b', uuid(22), { expires_at: '2026-11-21T00:00:00.000Z' }),
    ];
    expect(saidOf('expires-soon', { body, live })).toEqual([
      'a.yaml:15:3 provider "openai-b" expires at 2026-11-21 00:00 UTC',
    ]);
  });

  it('looks behind what has no end', () => {
    const body = policies(['p', ...spend, 'per: workspace_id']) + until();
    const live = [keyObject('app', uuid(11), { expires_at: '2026-11-21T00:00:00.000Z' })];
    expect(saidOf('expires-soon', { body, live })).toEqual(['a.yaml:12:3 key "app" expires at 2026-11-21 00:00 UTC']);
  });

  it('is no matter of policies', () => {
    const live = [policyObject(uuid(41), { name: 'p', status: 'expired', expires_at: '2026-11-01T00:00:00.000Z' })];
    expect(saidOf('expires-soon', { body: policies(['p', ...spend, 'per: workspace_id']), live })).toEqual([]);
  });
});

describe('legacy-virtual-key', () => {
  it('names the provider at its entry, and leaves keys and policies alone', () => {
    const rate = 'rate: 5 requests/minute';
    const body =
      policies(['p', rate, 'per: workspace_id']) +
      keys(['app', rate]) +
      section('providers', ['openai-a', rate], ['openai-b', rate]);
    const live = [
      keyObject('app', uuid(11), { integration_id: null }),
      providerObject('openai-a', uuid(21), { integration_id: 'openai-prod' }),
      providerObject('openai-b', uuid(22), { integration_id: null }),
    ];
    expect(findingsOf('legacy-virtual-key', { body, live }).map(({ severity }) => severity)).toEqual(['info']);
    expect(saidOf('legacy-virtual-key', { body, live })).toEqual([
      'a.yaml:15:3 provider "openai-b" has no integration: it is a virtual key of the old kind',
    ]);
  });
});

describe('starting-in-past', () => {
  const lines = (day: string) =>
    ['budget: $5', 'reset:', `  every: 7 days`, `  starting: "${day}"`, 'alert: none'] as const;

  it('points at the reset of a policy and at the budget of a key', () => {
    const body = policies(
      ['a', 'rate: 5 requests/minute', 'per: workspace_id'],
      ['b', ...lines('2026-12-01'), 'per: workspace_id'],
      ['c', ...lines('2026-11-01'), 'per: workspace_id'],
    );
    expect(saidOf('starting-in-past', { body })).toEqual(['a.yaml:18:5 `starting: 2026-11-01` is not ahead']);
    expect(saidOf('starting-in-past', { body: keys(['app', ...lines('2026-11-01')]), live: [app] })).toEqual([
      'a.yaml:7:5 `starting: 2026-11-01` is not ahead',
    ]);
  });

  it('is a warning unless it is said otherwise', () => {
    const [finding] = findingsOf('starting-in-past', { body: keys(['app', ...lines('2026-11-01')]), live: [app] });
    expect(finding?.severity).toBe('warning');
  });

  it('takes the very instant of the date for past', () => {
    const found = (time: number) =>
      findingsOf('starting-in-past', { body: keys(['app', ...lines('2026-12-01')]), live: [app] }, time).length;
    const instant = Date.UTC(2026, 11, 1);
    expect([found(instant - 1), found(instant)]).toEqual([0, 1]);
  });

  it('of a default is about the copy that is sent', () => {
    const indented = ['week:', ...[...lines('2026-11-01'), 'per: workspace_id'].map((line) => `  ${line}`)];
    const org = `defaults:\n  policies:\n${indented.map((line) => `    ${line}\n`).join('')}review:\n  rules:\n    starting-in-past: error\n`;
    const files = { 'policies/b.yaml': workspaceFile('ws-team-b') };
    const there = elsewhere(
      policyObject(uuid(42), { name: 'week', credit_limit: 5, periodic_reset: null, periodic_reset_days: 7 }),
    );
    const record = recordAfter({ body: null, org, files, live: [there] });
    const [finding, ...others] = findingsOf('starting-in-past', { body: '', org, files, live: [there], record });
    expect([finding?.change, finding?.severity, others]).toEqual(['usage-policy/ws-team-a/week', 'error', []]);
  });
});
