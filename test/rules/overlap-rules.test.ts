/** When one limit ends another: each part of the condition one step on either side. */

import { describe, expect, it } from 'vitest';
import type { RuleName } from '../../src/rule-names.ts';
import { messagesOf } from './facts.ts';

interface Limit {
  readonly amount?: string;
  readonly reset?: string;
  readonly match?: string;
  readonly per?: string;
}

function budget(
  name: string,
  { amount = '$100', reset = 'monthly', match = 'all', per = 'workspace_id' }: Limit,
): string {
  return `  ${name}:\n    budget: ${amount}\n    reset: ${reset}\n    alert: none\n    match: ${match}\n    per: ${per}\n`;
}

const rate = (name: string, { amount = '60 requests/minute', match = 'all', per = 'workspace_id' }: Limit): string =>
  `  ${name}:\n    rate: ${amount}\n    match: ${match}\n    per: ${per}\n`;

const isFound = (rule: RuleName, entries: string, rest = ''): boolean =>
  messagesOf(rule, `policies:\n${entries}${rest}`).length > 0;

describe('budget-never-reached: whether `outer` ends `inner`', () => {
  const openai = '{model: "@openai/*"}';
  const small = { amount: '$150', match: '{model: "@openai/gpt-4o"}', per: 'api_key' };
  const team = '{metadata.team: [nlp, vision]}';
  it.each<[string, Limit, Limit, boolean]>([
    ['wider, coarser, smaller', {}, small, true],
    ['equal amounts', { amount: '$150' }, small, true],
    ['a cent more', { amount: '$150.01' }, small, false],
    ['another unit', { amount: '1k tokens' }, small, false],
    ['a shorter period', { reset: 'weekly' }, small, false],
    ['a longer period', { reset: 'never' }, small, true],
    ['31 days hold a month', { reset: 'every 31 days' }, small, true],
    ['30 days do not', { reset: 'every 30 days' }, small, false],
    ['a month holds 28 days', {}, { ...small, reset: 'every 28 days' }, true],
    ['but not 29', {}, { ...small, reset: 'every 29 days' }, false],
    ['a week holds 7 days', { reset: 'weekly' }, { ...small, reset: 'every 7 days' }, true],
    ['but not 8', { reset: 'weekly' }, { ...small, reset: 'every 8 days' }, false],
    ['7 days hold a week', { reset: 'every 7 days' }, { ...small, reset: 'weekly' }, true],
    ['6 days do not', { reset: 'every 6 days' }, { ...small, reset: 'weekly' }, false],
    ['the vendor of the model', { match: openai }, small, true],
    ['a vendor whose name begins alike', { match: '{model: "@open/*"}' }, small, false],
    ['all but the vendor', { match: '{model: {any: "*", except: "@openai/*"}}' }, small, false],
    ['all but another vendor', { match: '{model: {any: "*", except: "@anthropic/*"}}' }, small, true],
    [
      'all but one model of the vendor',
      { match: '{model: {any: "*", except: "@openai/gpt-5"}}' },
      { ...small, match: openai },
      false,
    ],
    ['another vendor', { match: '{model: "@anthropic/*"}' }, small, false],
    ['one model of the vendor', { match: '{model: "@openai/gpt-4o"}' }, { ...small, match: openai }, false],
    ['the vendor without this model', { match: '{model: {any: "@openai/*", except: "@openai/gpt-4o"}}' }, small, false],
    [
      'the vendor without another model',
      { match: '{model: {any: "@openai/*", except: "@openai/gpt-5"}}' },
      small,
      true,
    ],
    [
      'except what is left out too',
      { match: '{model: {any: "*", except: "@openai/gpt-5"}}' },
      { ...small, match: '{model: {any: "@openai/*", except: "@openai/gpt-5"}}' },
      true,
    ],
    ['one of its values', { match: team }, { ...small, match: '{metadata.team: nlp}' }, true],
    ['a value more', { match: '{metadata.team: nlp}' }, { ...small, match: team }, false],
    [
      'all values but one of them',
      { match: '{metadata.team: {any: "*", except: nlp}}' },
      { ...small, match: team },
      false,
    ],
    [
      'all values but another',
      { match: '{metadata.team: {any: "*", except: audio}}' },
      { ...small, match: team },
      true,
    ],
    ['any value', { match: '{metadata.team: "*"}' }, { ...small, match: team }, true],
    ['a condition more', { match: '{metadata.team: "*", model: "@openai/*"}' }, { ...small, match: team }, false],
    [
      'a condition less',
      { match: '{metadata.team: "*"}' },
      { ...small, match: '{metadata.team: nlp, model: "@openai/*"}' },
      true,
    ],
    ['a finer counter', { per: '[api_key, model]' }, small, false],
    ['another counter', { per: 'model' }, small, false],
    ['the same counter', { per: 'api_key' }, small, true],
  ])('%s', (_, outer, inner, expected) => {
    expect(isFound('budget-never-reached', budget('outer', outer) + budget('inner', inner))).toBe(expected);
  });

  it('says whether the other may start anew in between', () => {
    const said = (outer: Limit, inner: Limit): string | undefined =>
      messagesOf('budget-never-reached', `policies:\n${budget('outer', outer)}${budget('inner', inner)}`)[0];
    expect(said({}, small)).toMatch(/and ends first$/);
    expect(said({ reset: 'never' }, small)).toMatch(/and ends first$/);
    expect(said({}, { ...small, reset: 'weekly' })).toMatch(/unless it starts anew in between$/);
    expect(said({ reset: 'every 7 days' }, { ...small, reset: 'every 7 days' })).toMatch(/unless/);
  });

  it('tells one of two that end each other', () => {
    const both = budget('a', { reset: 'weekly' }) + budget('b', { reset: 'every 7 days' });
    expect(messagesOf('budget-never-reached', `policies:\n${both}`)).toHaveLength(1);
    const twice = budget('a', {}) + budget('b', {});
    expect(messagesOf('budget-never-reached', `policies:\n${twice}`)).toEqual([]);
    expect(messagesOf('duplicate-limit', `policies:\n${twice}`)).toHaveLength(1);
  });

  it('lets "*" bound nothing, and be bounded', () => {
    const star = 'keys:\n  "*":\n    budget: $50\n    reset: monthly\n    alert: none\n';
    expect(isFound('budget-never-reached', budget('per-key', { per: 'api_key' }), star)).toBe(false);
    expect(isFound('budget-never-reached', budget('all', { amount: '$40' }), star)).toBe(true);
  });

  it('compares a provider with a policy on that provider alone', () => {
    const provider = 'providers:\n  openai-a:\n    budget: $100\n    reset: monthly\n    alert: none\n';
    const on = (slug: string): string => budget('p', { amount: '$90', match: `{virtual_key: ${slug}}` });
    expect(isFound('budget-never-reached', on('openai-a'), provider)).toBe(true);
    expect(isFound('budget-never-reached', on('openai-b'), provider)).toBe(false);
  });
});

describe('rate-never-reached: whether `outer` keeps `inner` below', () => {
  const inner = { amount: '3600 requests/hour', match: '{model: "@openai/*"}' };
  it.each<[string, Limit, Limit, boolean]>([
    ['so many minutes as an hour has', {}, inner, true],
    ['one more a minute', { amount: '61 requests/minute' }, inner, false],
    ['so many minutes as a day has', {}, { ...inner, amount: '86400 requests/day' }, true],
    ['one less a day', {}, { ...inner, amount: '86399 requests/day' }, false],
    ['so many hours as a week has', { amount: '10k requests/hour' }, { ...inner, amount: '1680k requests/week' }, true],
    ['one less a week', { amount: '10k requests/hour' }, { ...inner, amount: '1679999 requests/week' }, false],
    ['a longer window, the same number', { amount: '3600 requests/day' }, inner, true],
    ['a longer window, one more', { amount: '3601 requests/day' }, inner, false],
    ['another unit', { amount: '60 tokens/minute' }, inner, false],
    ['other calls', { match: '{model: "@anthropic/*"}' }, inner, false],
    ['all calls but these', { match: '{model: {any: "*", except: "@openai/*"}}' }, inner, false],
    ['a finer counter', { per: 'api_key' }, inner, false],
    ['a finer counter on both', { per: 'api_key' }, { ...inner, per: 'api_key' }, true],
  ])('%s', (_, outer, other, expected) => {
    expect(isFound('rate-never-reached', rate('outer', outer) + rate('inner', other))).toBe(expected);
  });

  it('keeps MCP tools and model calls apart', () => {
    const tools = '  tools:\n    target: mcp_tools\n    rate: 60 requests/minute\n    per: workspace_id\n';
    expect(
      isFound('rate-never-reached', tools + rate('calls', { amount: '100 requests/minute', per: 'api_key' })),
    ).toBe(false);
  });
});

describe('metadata-escapable: what holds callers that leave the metadata out', () => {
  const perUser = budget('user', { per: 'metadata._user' });
  it.each([
    ['nothing', '', true],
    ['a policy over all calls', budget('all', {}), false],
    ['a policy per key', budget('all', { per: 'api_key' }), false],
    ['a policy per model', budget('all', { per: 'model' }), true],
    ['a policy on one vendor', budget('all', { match: '{model: "@openai/*"}' }), true],
    ['a rate', rate('all', {}), true],
  ])('%s', (_, more, expected) => {
    expect(isFound('metadata-escapable', perUser + more)).toBe(expected);
  });

  it('a budget of the workspace does, one of each key does not', () => {
    const of = (section: string): string => `${section}    budget: $5\n    reset: monthly\n    alert: none\n`;
    expect(isFound('metadata-escapable', perUser, of('limits:\n'))).toBe(false);
    expect(isFound('metadata-escapable', perUser, of('keys:\n  "*":\n'))).toBe(true);
  });

  it('a rate holds rates', () => {
    const byTeam = rate('team', { match: '{metadata.team: nlp}' });
    expect(isFound('metadata-escapable', byTeam)).toBe(true);
    expect(isFound('metadata-escapable', byTeam + rate('all', { per: 'api_key' }))).toBe(false);
    expect(isFound('metadata-escapable', byTeam + budget('all', {}))).toBe(true);
  });
});

describe('oversubscribed', () => {
  const keys = (...lines: readonly string[]): string =>
    `keys:\n${lines.map((line, index) => `  k${index}:\n    budget: ${line}\n    alert: none\n`).join('')}`;
  const said = (rest: string): string[] =>
    messagesOf('oversubscribed', `policies:\n${budget('all', { amount: '$300' })}${rest}`);

  it('compares per 30 days', () => {
    // $70 a week are exactly $300 in 30 days.
    expect(said(keys('$35\n    reset: weekly', '$35\n    reset: weekly'))).toEqual([]);
    expect(said(keys('$35\n    reset: weekly', '$36\n    reset: weekly'))).toEqual([
      '2 keys may spend $304.29 of $300 in 30 days: 1 % more than there is',
    ]);
  });

  it('counts no tokens, and no key alone', () => {
    expect(said(keys('$200\n    reset: monthly', '9M tokens\n    reset: monthly'))).toEqual([]);
    expect(said(keys('$500\n    reset: monthly'))).toEqual([]);
  });
});

describe('gateway-too-old', () => {
  const gateway = (version: string, backend = '1.24'): string =>
    `gateway:\n  version: "${version}"\n  backend: "${backend}"\n`;
  const endpoint =
    'policies:\n  p:\n    rate: 5 requests/minute\n    match: {endpoint_type: embed}\n    per: workspace_id\n';
  it.each([
    [rate('p', {}), '1.16.9', 1],
    [rate('p', {}), '1.17', 0],
    [rate('p', { match: '{model: "@openai/*"}' }), '1.99', 1],
    [rate('p', { match: '{model: "@openai/*"}' }), '2.0', 0],
    [rate('p', { per: 'config' }), '1.99', 1],
  ])('%j with gateway %s', (entries, version, count) => {
    expect(messagesOf('gateway-too-old', `policies:\n${entries}`, gateway(version))).toHaveLength(count);
  });

  it('takes the backend for endpoint types, and nothing where no version is written', () => {
    expect(messagesOf('gateway-too-old', endpoint, gateway('2.18', '1.12'))).toEqual([
      '`endpoint_type` needs backend 1.13.0, and this one is 1.12',
    ]);
    expect(messagesOf('gateway-too-old', endpoint, gateway('2.18', '1.13'))).toEqual([]);
    expect(messagesOf('gateway-too-old', endpoint)).toEqual([]);
  });

  it('leaves alone what is not a policy', () => {
    expect(messagesOf('gateway-too-old', 'keys:\n  a:\n    rate: 5 requests/minute\n', gateway('1.0'))).toEqual([]);
  });
});
