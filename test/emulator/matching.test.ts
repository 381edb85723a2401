import { describe, expect, it } from 'vitest';
import {
  buildValueKey,
  findMatchingPolicies,
  isConditionMet,
  type MatchablePolicy,
  matchPolicy,
  type RequestFacts,
  type SentCondition,
} from '../../src/emulator/matching.ts';

const request: RequestFacts = {
  organisation_id: 'org-1',
  workspace_id: 'workspace-1',
  api_key_id: 'key-1',
  virtual_key: { id: 'provider-id-1', slug: 'openai-prod' },
  vendor: 'openai',
  model: 'gpt-4o',
  config_slug: 'pc-main',
  prompt: { id: 'prompt-id-1', slug: 'pp-main' },
  metadata: { _user: 'ada', team: 'search', empty: '', nothing: null, zero: 0, seven: 7 },
};
const mini: RequestFacts = { ...request, model: 'gpt-4o-mini' };

describe('a condition', () => {
  const cases: readonly (readonly [string, SentCondition, boolean, RequestFacts?])[] = [
    ['text * with a value', { key: 'api_key', value: '*' }, true],
    ['list of * is a literal asterisk', { key: 'api_key', value: ['*'] }, false],
    ['list of * against a literal asterisk', { key: 'metadata.star', value: ['*'] }, true, withMetadata({ star: '*' })],
    ['empty text looks at excludes only', { key: 'api_key', value: '' }, true],
    ['no value looks at excludes only', { key: 'api_key' }, true],
    ['no value, excluded', { key: 'api_key', excludes: 'key-1' }, false],
    ['empty list', { key: 'api_key', value: [] }, false],
    ['absent metadata and *', { key: 'metadata.absent', value: '*' }, false],
    ['absent metadata and excludes alone', { key: 'metadata.absent', excludes: 'x' }, false],
    ['empty metadata and *', { key: 'metadata.empty', value: '*' }, false],
    ['null metadata and *', { key: 'metadata.nothing', value: '*' }, false],
    ['zero metadata and *', { key: 'metadata.zero', value: '*' }, false],
    ['number is not its text', { key: 'metadata.seven', value: '7' }, false],
    ['number has a value', { key: 'metadata.seven', value: '*' }, true],
    ['inherited names are no metadata', { key: 'metadata.constructor', value: '*' }, false],
    ['api_key by id', { key: 'api_key', value: 'key-1' }, true],
    ['virtual_key by slug', { key: 'virtual_key', value: 'openai-prod' }, true],
    ['virtual_key by id', { key: 'virtual_key', value: 'provider-id-1' }, false],
    ['provider by vendor name', { key: 'provider', value: 'openai' }, true],
    ['provider by slug', { key: 'provider', value: 'openai-prod' }, false],
    ['model by vendor and name', { key: 'model', value: '@openai/gpt-4o' }, true],
    ['model by vendor wildcard', { key: 'model', value: ['@openai/*'] }, true],
    ['model by provider slug', { key: 'model', value: '@openai-prod/*' }, false],
    ['model without vendor', { key: 'model', value: 'gpt-4o' }, false],
    ['model with another wildcard', { key: 'model', value: '@openai/gpt-*' }, false],
    ['model in another case', { key: 'model', value: '@openai/GPT-4o' }, false],
    ['model excluded', { key: 'model', value: '@openai/*', excludes: '@openai/gpt-4o' }, false],
    ['model excluded by list', { key: 'model', value: '@openai/*', excludes: ['@openai/gpt-4o'] }, false],
    ['model not excluded', { key: 'model', value: '@openai/*', excludes: '@openai/gpt-4o' }, true, mini],
    ['model excluded by wildcard', { key: 'model', value: '*', excludes: '@openai/*' }, false],
    ['wildcard on another key is literal', { key: 'metadata.team', value: 'sea/*' }, false],
    ['excludes win over value', { key: 'metadata.team', value: 'search', excludes: 'search' }, false],
    ['one of a list', { key: 'metadata.team', value: ['ads', 'search'] }, true],
    ['own workspace', { key: 'workspace_id', value: 'workspace-1' }, true],
    ['own organisation', { key: 'organisation_id', value: 'org-1' }, true],
    ['config by slug', { key: 'config', value: 'pc-main' }, true],
    ['prompt by slug', { key: 'prompt', value: 'pp-main' }, true],
    ['endpoint_type never', { key: 'endpoint_type', value: '*' }, false],
    ['unknown key never', { key: 'colour', value: '*' }, false],
  ];

  for (const [name, condition, expected, facts = request] of cases) {
    it(name, () => expect(isConditionMet(condition, facts)).toBe(expected));
  }
});

describe('a value key', () => {
  const cases: readonly (readonly [string, readonly string[], string | undefined])[] = [
    ['nothing', [], 'default'],
    ['workspace', ['workspace_id'], 'workspace_id:workspace-1'],
    ['key', ['api_key'], 'api_key:key-1'],
    ['provider by id', ['virtual_key'], 'virtual_key:provider-id-1'],
    ['prompt by id', ['prompt'], 'prompt:prompt-id-1'],
    ['vendor', ['provider'], 'provider:openai'],
    ['model with a dot', ['model'], 'model:openai.gpt-4o'],
    ['two, in the given order', ['metadata.team', 'model'], 'metadata.team:search-model:openai.gpt-4o'],
    ['a missing value skips', ['metadata._user', 'metadata.absent'], undefined],
    ['an empty value skips', ['metadata.empty'], undefined],
    ['config never has a value', ['config'], undefined],
  ];

  it.each(cases)('by %s', (_, keys, expected) => {
    expect(
      buildValueKey(
        keys.map((key) => ({ key })),
        request,
      ),
    ).toBe(expected);
  });
});

describe('a policy', () => {
  const policy: MatchablePolicy = {
    workspace_id: 'workspace-1',
    conditions: [{ key: 'api_key', value: '*' }],
    group_by: [{ key: 'workspace_id' }],
    status: 'active',
  };

  it('applies when all conditions hold', () => {
    expect(matchPolicy(policy, request)).toBe('workspace_id:workspace-1');
    expect(matchPolicy({ ...policy, conditions: [] }, request)).toBe('workspace_id:workspace-1');
    const conditions = [...policy.conditions, { key: 'metadata.team', value: 'ads' }];
    expect(matchPolicy({ ...policy, conditions }, request)).toBeUndefined();
  });

  it('does not apply in another workspace, archived, or to MCP tools', () => {
    expect(matchPolicy({ ...policy, workspace_id: 'workspace-2' }, request)).toBeUndefined();
    expect(matchPolicy({ ...policy, status: 'archived' }, request)).toBeUndefined();
    expect(matchPolicy({ ...policy, target: 'mcp_tools' }, request)).toBeUndefined();
  });

  it('is one of several, each with its own counter', () => {
    const perUser = { ...policy, group_by: [{ key: 'metadata._user' }] };
    const other = { ...policy, workspace_id: 'workspace-2' };
    expect(findMatchingPolicies([policy, perUser, other], request)).toEqual([
      { policy, valueKey: 'workspace_id:workspace-1' },
      { policy: perUser, valueKey: 'metadata._user:ada' },
    ]);
  });
});

function withMetadata(metadata: Record<string, unknown>): RequestFacts {
  return { ...request, metadata };
}
