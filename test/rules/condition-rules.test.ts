/** Rules over what conditions name and which calls met them, each at both sides of what it finds. */

import { describe, expect, it, test } from 'vitest';
import type { Known } from '../../src/consumption/ask.ts';
import { type ConditionNames, noConditions } from '../../src/impact/condition-facts.ts';
import type { Finding } from '../../src/plan/types.ts';
import type { RuleName } from '../../src/rule-names.ts';
import { teamA, uuid } from '../helpers/state.ts';
import { type Given, now, planOf, spend } from '../plan/kit.ts';
import { findingsOf } from './plan-facts.ts';

const live: ConditionNames = {
  virtual_key: { value: ['openai-eu', 'openai-prod', 'my-bedrock'] },
  provider: { value: ['openai', 'house-llm'] },
  config: { value: ['pc-main-1'] },
  api_key: { value: [uuid(11)] },
};

function find(rule: RuleName, given: Given, names: ConditionNames): Finding[] {
  const conditions = { ...noConditions, names: new Map([[teamA, names]]) };
  return findingsOf(rule, given, now.getTime(), { conditions });
}

const matching = (match: string): Given => ({ body: spend(`match: ${match}`) });
const said = (rule: RuleName, match: string, names = live): string[] =>
  find(rule, matching(match), names).map(({ message }) => message);

test.each([
  [
    '{virtual_key: openai-us}',
    '`virtual_key`: no live provider "openai-us" in workspace ws-team-a; did you mean "openai-eu"?',
  ],
  [
    '{virtual_key: {except: openai-pro}}',
    '`virtual_key`: no live provider "openai-pro" in workspace ws-team-a; did you mean "openai-prod"?',
  ],
  ['{provider: open-ai}', '`provider`: no live vendor "open-ai" in workspace ws-team-a; did you mean "openai"?'],
  ['{model: "@open-ai/gpt-4o"}', '`model`: no live vendor "open-ai" in workspace ws-team-a; did you mean "openai"?'],
  ['{config: pc-main-2}', '`config`: no live config "pc-main-2" in workspace ws-team-a; did you mean "pc-main-1"?'],
  [
    `{api_key: "${uuid(12)}"}`,
    `\`api_key\`: no live key "${uuid(12)}" in workspace ws-team-a; did you mean "${uuid(11)}"?`,
  ],
  ['{virtual_key: [openai-prod, zzz]}', '`virtual_key`: no live provider "zzz" in workspace ws-team-a'],
])('mistakes-B1: %s names nothing live and is an error', (match, message) => {
  const [finding, ...others] = find('unknown-condition', matching(match), live);
  expect([finding?.message, finding?.severity, others.length]).toEqual([message, 'error', 0]);
});

test.each([
  ['{virtual_key: openai-prod}'],
  ['{provider: openai}'],
  ['{provider: house-llm}'],
  ['{provider: anthropic}'],
  ['{model: "@anthropic/*"}'],
  ['{config: pc-main-1}'],
  [`{api_key: "${uuid(11)}"}`],
  ['{metadata.team: zzz}'],
])('mistakes-B1: %s is known', (match) => {
  expect(said('unknown-condition', match)).toEqual([]);
  expect(said('unchecked-condition', match)).toEqual([]);
});

test('mistakes-B1: what is live already and did not change is a warning', () => {
  const given = matching('{virtual_key: openai-us}');
  const conditions = { ...noConditions, names: new Map([[teamA, live]]) };
  const policy = planOf(given).changes[0];
  expect(policy?.action).toBe('create');
  const row = { conditions: [{ key: 'virtual_key', value: 'openai-us' }], name: 'spend' };
  const object = {
    kind: 'usage-policy' as const,
    id: uuid(41),
    name: 'spend',
    workspaceId: teamA,
    row: {
      id: uuid(41),
      type: 'cost',
      credit_limit: 500,
      alert_threshold: null,
      periodic_reset: 'monthly',
      periodic_reset_days: null,
      group_by: [{ key: 'workspace_id' }],
      status: 'active',
      ...row,
    },
  };
  const found = findingsOf('unknown-condition', { ...given, live: [object] }, now.getTime(), { conditions });
  expect(found.map(({ severity }) => severity)).toEqual(['warning']);
});

test('mistakes-B1: what could not be read, or is listed by no route, is said as not known', () => {
  const refused: ConditionNames = { virtual_key: { unknown: 'the key lacks a scope' } };
  expect(said('unknown-condition', '{virtual_key: openai-us}', refused)).toEqual([]);
  expect(said('unchecked-condition', '{virtual_key: openai-us}', refused)).toEqual([
    'not known whether `virtual_key` "openai-us" is live (the key lacks a scope)',
  ]);
  expect(said('unknown-condition', '{prompt: pp-hello}')).toEqual([]);
  expect(said('unchecked-condition', '{prompt: pp-hello}')).toEqual([
    'not known whether `prompt` "pp-hello" is live (no known route lists them)',
  ]);
});

test('mistakes-B2: the slug of a live provider that no file declares is not the name of a vendor', () => {
  expect(said('model-by-slug', '{model: "@openai-prod/gpt-4o"}')).toEqual([
    '`model`: "@openai-prod/gpt-4o" matches no call: openai-prod is the slug of a provider here, and vendors are compared',
  ]);
  expect(said('unknown-condition', '{model: "@openai-prod/gpt-4o"}')).toEqual([]);
  expect(said('model-by-slug', '{model: "@openai-prod/gpt-4o"}', {})).toEqual([]);
  expect(said('model-by-slug', '{model: "@openai/gpt-4o"}', { virtual_key: { value: ['openai'] } })).toEqual([]);
});

describe('mistakes-B3: a condition that no call of 30 days met', () => {
  function told(rule: RuleName, calls: Known<{ atMost: number; ofWorkspace: number }> | null, uncounted = 0): string[] {
    const given = matching('{metadata.team: nlp}');
    const [change] = planOf(given).changes;
    const matched = new Map(calls === null ? [] : [[change?.id ?? '', calls]]);
    return findingsOf(rule, given, now.getTime(), {
      conditions: { names: new Map(), matched, uncounted },
    }).map(({ message }) => message);
  }

  it('is found while the workspace made calls', () => {
    expect(told('matches-no-call', { value: { atMost: 0, ofWorkspace: 1 } })).toEqual([
      'no call of 30 days matches this, while ws-team-a made 1 request',
    ]);
  });

  it.each([
    ['one call', { value: { atMost: 1, ofWorkspace: 1 } }],
    ['no traffic at all', { value: { atMost: 0, ofWorkspace: 0 } }],
    ['nothing read', null],
    ['a refusal', { unknown: 'refused' }],
  ])('is not found with %s', (_, calls) => {
    expect(told('matches-no-call', calls)).toEqual([]);
  });

  it('is said not to be known where analytics were refused, or too many were to be asked for', () => {
    expect(told('unchecked-condition', { unknown: 'refused' })).toEqual([
      'not known whether a call of 30 days matches this (refused)',
    ]);
    expect(told('unchecked-condition', null, 3)).toEqual(['the calls of 3 more changed policies were not counted']);
  });
});

describe('what is not known of conditions', () => {
  const refused: ConditionNames = { virtual_key: { unknown: 'refused' } };
  function told(match: string, calls: Known<{ atMost: number; ofWorkspace: number }> | null): string[] {
    const given = matching(match);
    const id = planOf(given).changes[0]?.id ?? '';
    const conditions = {
      names: new Map([[teamA, refused]]),
      matched: new Map(calls === null ? [] : [[id, calls]]),
      uncounted: 0,
    };
    return findingsOf('unchecked-condition', given, now.getTime(), { conditions }).map(({ message }) => message);
  }

  it('is one sentence an entry, however many names it has', () => {
    expect(told('{prompt: [pp-a, pp-b, pp-c, pp-d, pp-e]}', null)).toEqual([
      'not known whether `prompt` "pp-a", `prompt` "pp-b", `prompt` "pp-c" and 2 more are live (no known route lists them)',
    ]);
    expect(told('{prompt: pp-a}', { unknown: 'refused' })).toHaveLength(1);
  });

  it.each([
    ['{prompt: pp-a}', 0],
    ['{virtual_key: openai-us}', 0],
    ['{prompt: [pp-a, pp-b]}', 1],
    ['{virtual_key: {except: openai-us}}', 1],
  ])('is not said of the one name that calls carried: %s', (match, count) => {
    expect(told(match, { value: { atMost: 3, ofWorkspace: 3 } })).toHaveLength(count);
    expect(told(match, { value: { atMost: 0, ofWorkspace: 0 } })).toHaveLength(1);
  });
});
