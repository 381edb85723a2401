/** Rules over what workspaces called, each just below and just above what it finds. */

import { describe, expect, it } from 'vitest';
import type { ModelTraffic, WorkspaceTraffic } from '../../src/consumption/traffic.ts';
import { exactOf } from '../../src/exact.ts';
import type { Finding } from '../../src/plan/types.ts';
import type { RuleName } from '../../src/rule-names.ts';
import { trafficRules } from '../../src/rules/traffic-rules.ts';
import { teamA, teamB, uuid } from '../helpers/state.ts';
import { workspaceFile } from '../helpers/world.ts';
import { type Given, keyObject, now, providerObject } from '../plan/kit.ts';
import { findingsOf } from './plan-facts.ts';

const tested = new Set<string>();

function find(rule: RuleName, given: Given, traffic: Partial<WorkspaceTraffic> | null, workspace = teamA): Finding[] {
  tested.add(rule);
  const read = new Map(traffic === null ? [] : [[workspace, { models: null, keys: null, ...traffic }]]);
  return findingsOf(rule, given, now.getTime(), { traffic: read });
}

const row = (rest: { [member in keyof ModelTraffic]?: number | string | null } = {}): ModelTraffic => {
  const { model = 'gpt-x', requests = 100, errors = 0, tokens = 5_000, cost = 0 } = rest;
  const exact = (value: unknown) => (typeof value === 'number' ? exactOf(value) : null);
  return {
    model: String(model),
    requests: Number(requests),
    errors: errors === null ? null : Number(errors),
    tokens: exact(tokens),
    cost: exact(cost),
  };
};

const budget = (limit: string, name = 'spend'): string =>
  `  ${name}:\n    budget: ${limit}\n    reset: monthly\n    alert: 80%\n    per: workspace_id\n`;
const dollars = { body: `policies:\n${budget('$500')}` };
const rate = { body: 'policies:\n  pace:\n    rate: 5 requests/minute\n    per: workspace_id\n' };

describe('tokens-without-cost', () => {
  const said = (rest: Parameters<typeof row>[0], given: Given = dollars): string[] =>
    find('tokens-without-cost', given, { models: [row(), row(rest)] })
      .map(({ message }) => message)
      .slice(1);

  it('S2-16, S2-17: names the model and how much of it was used, at the workspace', () => {
    const [finding] = find('tokens-without-cost', dollars, { models: [row({ tokens: 1_234_567 })] });
    expect(finding?.message).toBe('"gpt-x" used 1,234,567 tokens in 30 days in ws-team-a and cost nothing');
    expect([finding?.source.line, finding?.severity]).toEqual([3, 'warning']);
    // S2-17: both ways out.
    expect(finding?.fix).toMatch(/price on the integration.*budget of tokens/);
  });

  it.each([
    ['a cost', { model: 'z', cost: 0.01 }],
    ['no tokens', { model: 'z', tokens: 0 }],
    ['tokens that are not said', { model: 'z', tokens: null }],
    ['a cost that is not said', { model: 'z', cost: null }],
    ['a name that says so', { model: 'z:free' }],
  ])('finds nothing with %s', (_, rest) => {
    expect(said(rest)).toEqual([]);
  });

  it('is about workspaces with dollars and no budget of tokens, where traffic was read', () => {
    const models = [row()];
    expect(find('tokens-without-cost', rate, { models })).toEqual([]);
    expect(
      find('tokens-without-cost', { body: `${dollars.body}${budget('1M tokens', 'volume')}` }, { models }),
    ).toEqual([]);
    expect(find('tokens-without-cost', dollars, { models }, teamB)).toEqual([]);
    expect(find('tokens-without-cost', dollars, null)).toEqual([]);
    expect(find('tokens-without-cost', dollars, { models: null })).toEqual([]);
  });
});

describe('mistakes-B5: a budget of tokens speaks for the dollars whose calls it counts', () => {
  const tokens = (match: string) =>
    `  volume:\n    budget: 1M tokens\n    reset: monthly\n    alert: 80%\n    match: ${match}\n    per: workspace_id\n`;
  const told = (body: string, live: Given['live'] = []) =>
    find('tokens-without-cost', { body: `${dollars.body}${body}`, live }, { models: [row()] }).length;

  it.each([
    ['another model', 1, tokens('{model: "@anthropic/*"}')],
    ['one caller', 1, tokens('{metadata.team: nlp}')],
    ['all calls', 0, budget('1M tokens', 'volume')],
    ['requests', 1, `${budget('1M requests', 'volume')}`],
  ])('%s', (_, count, body) => {
    expect(told(body)).toBe(count);
  });

  it('a key', () => {
    const body = 'keys:\n  app:\n    budget: 1M tokens\n    reset: monthly\n    alert: 80%\n';
    expect(told(body, [keyObject('app', uuid(11))])).toBe(1);
  });
});

describe('calls-without-tokens', () => {
  const none = { tokens: 0, cost: 0 };

  it('counts the calls that were answered and count nothing', () => {
    const [finding] = find('calls-without-tokens', dollars, {
      models: [row({ ...none, requests: 1_300, errors: 100 })],
    });
    expect(finding?.message).toBe('1.2k requests to "gpt-x" in 30 days in ws-team-a counted no tokens and no cost');
  });

  it.each([
    ['tokens', { tokens: 1, cost: 0 }],
    ['a cost', { tokens: 0, cost: 0.5 }],
    ['failures alone', { ...none, requests: 5, errors: 5 }],
    ['failures that are not said', { ...none, errors: null }],
    ['tokens that are not said', { tokens: null, cost: 0 }],
  ])('finds nothing with %s', (_, rest) => {
    expect(find('calls-without-tokens', dollars, { models: [row(rest)] })).toEqual([]);
  });

  it('is about budgets of dollars or tokens', () => {
    const models = [row(none)];
    expect(find('calls-without-tokens', { body: `policies:\n${budget('1M tokens')}` }, { models })).toHaveLength(1);
    expect(find('calls-without-tokens', { body: `policies:\n${budget('100 requests')}` }, { models })).toEqual([]);
    expect(find('calls-without-tokens', rate, { models })).toEqual([]);
  });
});

describe('key-unused', () => {
  const body = 'keys:\n  app:\n    budget: $5\n    reset: monthly\n    alert: 80%\n';
  const app = (row: Readonly<Record<string, unknown>> = {}) =>
    keyObject('app', uuid(11), { created_at: '2026-10-21T11:59:59.000Z', ...row });
  const said = (keys: WorkspaceTraffic['keys'], row = {}): string[] =>
    find('key-unused', { body, live: [app(row), keyObject('web', uuid(12))] }, { keys }).map(({ message }) => message);
  const others = new Set([uuid(12)]);

  it('is found where other keys made calls, or none did', () => {
    expect(said(others)).toEqual(['key "app" made no call in 30 days']);
    expect(said(new Set())).toEqual(['key "app" made no call in 30 days']);
  });

  it.each([
    ['its calls', new Set([uuid(11)]), {}],
    ['an unread list', null, {}],
    ['names that are no ids', new Set(['app', 'web']), {}],
    ['30 days of life', others, { created_at: '2026-10-21T12:00:00.000Z' }],
    ['no date of birth', others, { created_at: null }],
    ['an end', others, { status: 'expired' }],
  ])('is not found with %s', (_, keys, row) => {
    expect(said(keys, row)).toEqual([]);
  });
});

describe('several workspaces, models and keys', () => {
  const other = (body: string): Record<string, string> => ({ 'policies/b.yaml': workspaceFile('ws-team-b', body) });
  const both = new Map(
    [teamA, teamB].map((id) => [id, { models: [row({ model: 'x' }), row({ model: 'y' })], keys: null }]),
  );

  function told(rule: RuleName, given: Given): string[] {
    return findingsOf(rule, given, now.getTime(), { traffic: both }).map(
      ({ source, severity, message }) => `${source.file}:${source.line} ${severity} ${message}`,
    );
  }

  it('are looked at behind those that cost something', () => {
    const models = [row({ model: 'paid', cost: 5 }), row()];
    expect(find('tokens-without-cost', dollars, { models })).toHaveLength(1);
    const silent = row({ tokens: 0, cost: 0, requests: 1 });
    expect(find('calls-without-tokens', dollars, { models: [row({ model: 'paid', cost: 5 }), silent] })).toHaveLength(
      1,
    );
  });

  it('are each looked at, whatever was found of the one before', () => {
    const used = (name: string, workspace: string): string =>
      `"${name}" used 5k tokens in 30 days in ${workspace} and cost nothing`;
    expect(told('tokens-without-cost', { body: rate.body, files: other(dollars.body) })).toEqual([
      `policies/b.yaml:3 warning ${used('x', 'ws-team-b')}`,
      `policies/b.yaml:3 warning ${used('y', 'ws-team-b')}`,
    ]);
    expect(told('tokens-without-cost', { body: dollars.body, files: other(dollars.body) })).toHaveLength(4);
  });

  it('of calls that count nothing too', () => {
    const none = [row({ model: 'paid', cost: 5 }), row({ tokens: 0, cost: 0 })];
    const traffic = new Map([teamA, teamB].map((id) => [id, { models: none, keys: null }]));
    const given = { body: rate.body, files: other(dollars.body) };
    const found = findingsOf('calls-without-tokens', given, now.getTime(), { traffic });
    expect(found.map(({ source, severity }) => `${source.file}:${source.line} ${severity}`)).toEqual([
      'policies/b.yaml:3 warning',
    ]);
    expect(find('calls-without-tokens', dollars, { models: [row({ tokens: 0, cost: null })] })).toEqual([]);
  });

  it('of keys too, where each stands', () => {
    const body = `keys:\n${['app', 'old', 'web'].map((name) => `  ${name}:\n    rate: 5 requests/minute\n`).join('')}`;
    const born = { created_at: '2026-01-05T00:00:00.000Z' };
    const live = [
      keyObject('app', uuid(11), born),
      keyObject('old', uuid(12), { ...born, status: 'expired' }),
      keyObject('web', uuid(13), born),
    ];
    const found = find('key-unused', { body, live }, { keys: new Set([uuid(11)]) });
    expect(
      found.map(({ source, severity, message }) => `${source.line}:${source.column} ${severity} ${message}`),
    ).toEqual(['10:3 info key "web" made no call in 30 days']);
  });
});

it('key-unused is about keys by name', () => {
  const body = `keys:\n  "*":\n    rate: 5 requests/minute\n  web:\n    rate: 9 requests/minute\nproviders:\n  openai-a:\n    rate: 5 requests/minute\n`;
  const born = { created_at: '2026-01-05T00:00:00.000Z' };
  const live = [
    keyObject('app', uuid(11), born),
    keyObject('web', uuid(12), born),
    providerObject('openai-a', uuid(21), born),
  ];
  // One of them is a key that is gone.
  const keys = new Set([uuid(11), uuid(99)]);
  expect(find('key-unused', { body, live }, { keys }).map(({ message }) => message)).toEqual([
    'key "web" made no call in 30 days',
  ]);
  expect(find('key-unused', { body, live }, { keys: new Set([uuid(21)]) })).toEqual([]);
});

it('tests every rule over traffic', () => {
  expect([...tested].sort()).toEqual(trafficRules.map(({ name }) => name as string).sort());
});
