/** What editors refuse by the JSON Schemas and what `validate` refuses is the same, in what is a matter of structure. */

import { Ajv, type ValidateFunction } from 'ajv';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { compilePolicies } from '../../src/policy/compile.ts';
import { renderJsonSchemas } from '../../src/policy/json-schema.ts';
import { effort } from '../helpers/effort.ts';
import { orgHead } from '../policy/helpers.ts';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
type JsonMap = { readonly [key: string]: Json };

const policy = { budget: '$500', reset: 'monthly', alert: '80%', per: 'workspace_id' };
const limits = { budget: '$50', reset: 'weekly', alert: '80%', rate: '60 requests/minute' };

const workspace: JsonMap = {
  version: 1,
  kind: 'workspace',
  workspace: 'ws-one',
  description: 'for readers',
  owner: 'platform',
  silence: { exhausted: 'nightly jobs' },
  protect: false,
  skip_defaults: ['key-ceiling', '*'],
  alerts: { recipients: ['team@example.com'] },
  forget: ['policies/old', 'keys/old/rate', 'providers/old/budget'],
  policies: {
    total: { ...policy, description: 'all of it', match: { 'metadata.team': ['nlp', 'vision'] }, owner: 'finance' },
    burst: { rate: '100 requests/minute', per: ['api_key', 'metadata._user'], target: 'llm', protect: true },
    model: { ...policy, reset: { every: '10 days', starting: '2026-12-01' }, match: { model: '@openai/gpt-4o' } },
    renamed: { ...policy, name: 'live name', id: 'p-1', previously: 'old', match: { api_key: { except: ['x'] } } },
    passed: { ...policy, match: 'all', api: { some_member: 1 }, silence: { exhausted: 'why' } },
    gone: 'none',
    empty: {},
  },
  limits: {
    budgets: [
      { budget: '$2,000', reset: 'monthly', alert: '80%' },
      { budget: '2M tokens', reset: 'never' },
    ],
    rates: ['60 requests/minute', '1M tokens/day'],
  },
  keys: {
    '*': { budget: '1M tokens', reset: 'never', recipients: 'none' },
    ci: { ...limits, recipients: ['a@example.com'], expires: '2027-01-31T00:00:00Z', description: 'of the builds' },
    app: {
      budget: 'none',
      rates: ['5 requests/second', '1M tokens/week'],
      name: 'app key',
      id: 'k-1',
      api: { x: null },
    },
    none: 'none',
  },
  providers: { openai: { ...limits, expires: 'none' }, azure: 'none' },
  integrations: { shared: { ...limits, owner: 'finance' } },
};

const org: JsonMap = {
  version: 1,
  kind: 'org',
  environment: 'production',
  organisation: '7f3c1f8e-2b1d-4a57-9a44-0c7d2b6e9a10',
  description: 'for readers',
  gateway: { deployment: 'hybrid', version: '2.18', backend: '1.24.1', usage_unit: 'cents' },
  pricing: { source: 'https://example.com/prices', max_age: '24h' },
  record: { ref: 'refs/heads/tollgate-record' },
  alerts: { recipients: 'team@example.com' },
  review: {
    require: ['owner'],
    max_monthly_budget: '$5,000',
    recipient_domains: ['example.com'],
    unmanaged: 'report',
    show_people: 'counts',
    drift: 'safe',
    require_reviewed_plan: true,
    alone: false,
    guards: {
      deletes: { count: 2, percent: 30, plan: { count: 10, percent: 10 } },
      updates: 'on',
      rewind: 'warn',
      spend_up: '25%',
    },
    rules: { exhausted: 'warning' },
  },
  forget: ['keys/old'],
  defaults: { policies: { total: policy }, keys: { '*': limits } },
  keys: { admin: limits },
  integrations: { openai: { new_workspaces: limits } },
  groups: {
    research: {
      owner: 'x',
      workspaces: ['team-a', 'lab-*'],
      ceiling: '$500',
      reset: 'monthly',
      alert: ['50%', '$400'],
    },
  },
};

/** Values by the key at which they are right, or nearly so. */
const amounts = ['$500', '$1,250', '$10.50', '$1.5k', '$1.2345k', '$10.00', '2M tokens', '10k requests', '0.5k tokens'];
const rates = ['100 requests/minute', '5 requests/second', '9 requests/week', '1k tokens/day', '1.5k requests/hour'];
const texts = ['x', 'none', 'of the team', 'x'.repeat(200), 'x'.repeat(255), 'x'.repeat(300)];
const conditions = ['x', '*', ['x', 'y'], { any: 'x' }, { any: '*', except: ['x'] }, { except: '*' }, 'x'.repeat(128)];
const recipients = ['none', 'a@example.com', ['a@example.com', 'b@example.com'], ['nobody'], []];
const words = ['on', 'off', 'warn', 'report', 'fail', 'names', 'counts', 'safe', 'saas', 'dollars', 'error', '9%', '9'];
const pools: Readonly<Record<string, readonly Json[]>> = {
  budget: [...amounts, 'none', '1.5 tokens', '$0', '$0.50', '99 tokens', '500', '$2.500', '€5'],
  max_monthly_budget: [...amounts, 'none', '$0'],
  reset: [
    ...['monthly', 'weekly', 'never', 'every 14 days', 'every 1 day', 'every 0 days', 'every 366 days', 'daily'],
    ...[{ every: '10 days' }, { every: '400 days' }, { every: 10 }, { starting: '2026-12-01' }],
    ...[
      { every: '9 days', starting: '2026-12-01' },
      { every: '9 days', starting: '2026-13-01' },
    ],
  ],
  ceiling: [...amounts, 'none', '$0', '500'],
  workspaces: [['team-a'], ['*', 'a-*'], ['a**'], ['a b'], ['x', 'x'], [], 'team-a'],
  alert: ['80%', '99 %', '1%', 'none', '$40', '100%', '0%', '80.5%', '$10.50', '9 requests'],
  rate: [...rates, 'none', '0 requests/minute', '1.5 requests/minute', '10/min', '5 requests/month'],
  rates: [rates.slice(0, 1), rates.slice(1, 3), rates.slice(2), rates, 'none', ['none'], ['10/min']],
  budgets: [
    ...['none', [{ budget: '$5', reset: 'monthly' }], [{ budget: 'none', reset: 'monthly' }], [{ budget: '$5' }], [{}]],
    ...[
      [{ budget: '$5', reset: { every: '9 days' } }],
      [{ budget: '$5', reset: { every: '9 days', starting: '2026-12-01' } }],
    ],
  ],
  per: ['workspace_id', 'api_key', 'metadata.team', ['model', 'api_key'], 'colour', ['colour'], []],
  match: [
    ...['all', {}, '*', { api_key: '*' }, { colour: 'x' }, { 'metadata.a': 'x', config: ['y'] }],
    ...[{ model: 'gpt-4o' }, { model: '@openai/*' }, { model: ['*'] }, { model: '*' }, { api_key: {} }],
    ...[{ 'metadata.team': 'x'.repeat(129) }, { api_key: 'x'.repeat(129) }],
  ],
  model: ['gpt-4o', '@openai/*', ['*'], '*', { except: ['@a/b'] }, { except: '*' }, { any: '*' }],
  'metadata.team': [...conditions, 'x'.repeat(129)],
  api_key: conditions,
  target: ['llm', 'mcp_tools', 'mcp'],
  recipients,
  alerts: [{}, { recipients: 'none' }, { recipients: [] }, 'none'],
  recipient_domains: [[], ['Example.com'], ['nodot'], ['example.com', 'a.b.c']],
  expires: ['none', '2027-01-31T00:00:00Z', '2027-01-31T00:00:00.000+02:00', '2027-01-31', 'never'],
  forget: [[], ['limits'], ['limits/rate'], ['limits/x'], ['colours'], ['policies//x'], ['keys/a/b/rate'], ['*'], '*'],
  skip_defaults: [[], ['*'], ['key-ceiling'], '*', [5]],
  require: [[], ['alert', 'alert'], ['owner', 'colour'], 'owner'],
  version: [1, 2, '1', '2.18', '2', 2.18],
  backend: ['1.24', '1.24.1', '1', 1.2],
  max_age: ['24h', '30d', '0h', '1 day'],
  ref: ['refs/heads/x', 'refs/x.lock', 'heads/x', 'refs//x'],
  source: ['prices', 'https://example.com/prices', 'x'.repeat(2000), 'x'.repeat(2001)],
  environment: ['staging', 'x y', 'x'.repeat(63), 'x'.repeat(64)],
  workspace: ['ws-two', '7F3C1F8E-2B1D-4A57-9A44-0C7D2B6E9A10', 'a b', 'x'.repeat(256)],
  organisation: ['7F3C1F8E-2B1D-4A57-9A44-0C7D2B6E9A10', 'acme'],
  silence: [{}, { exhausted: 'why' }, { exhausted: '' }, { colour: 'why' }, { exhausted: 'x'.repeat(256) }],
  rules: [{}, { exhausted: 'off' }, { exhausted: 'loud' }, { colour: 'off' }],
  deletes: [...words, {}, { count: 5 }, { count: -1 }, { percent: 101 }, { count: 1.5 }, { colour: 1 }],
  api: [{}, { some_member: { a: [1, null] } }, { 'a b': 1 }, { ['x'.repeat(65)]: 1 }, 5],
  protect: [true, false, 'yes'],
  ...Object.fromEntries(['description', 'owner', 'name', 'id', 'previously'].map((name) => [name, texts])),
  ...Object.fromEntries(['unmanaged', 'show_people', 'drift', 'deployment', 'usage_unit'].map((name) => [name, words])),
  ...Object.fromEntries(['rewind', 'blocks_now', 'updates', 'spend_up', 'alone'].map((name) => [name, words])),
};
/** Anything else. */
const odd: readonly Json[] = [
  ...['none', 'all', '*', '', 'x', 5, 0, 1.5, true, null, [], {}, ['x'], [5], [null], [''], { x: 1 }],
  ...[policy, limits, { rate: rates[0] ?? '' }, { new_workspaces: {} }, { new_workspaces: limits }, { owner: 'x' }],
];
const names = [
  ...Object.keys(pools),
  'colour',
  'x-own',
  '*',
  'x'.repeat(255),
  'x'.repeat(256),
  'keys',
  'new_workspaces',
];

/** What no form can say: sums, the calendar, one key against another's value, what is there already. */
const ofMeaning = new Set([
  ...[
    'alert-not-below-budget',
    'alert-too-small',
    'alert-unit',
    'amount-too-large',
    'budget-too-small',
    'invalid-date',
  ],
  ...['condition-not-for-budget', 'condition-not-for-target', 'invalid-match', 'two-token-rates'],
  ...[
    'duplicate-budget',
    'duplicate-forget',
    'duplicate-id',
    'duplicate-name',
    'duplicate-rate',
    'duplicate-recipient',
  ],
  ...['declared-and-forgotten', 'invalid-forget', 'previously-in-use', 'previously-twice', 'unknown-default'],
  ...['api-known-member', 'api-refused-member', 'extends-form', 'extends-nothing', 'invalid-url', 'missing-name'],
  ...['recipient-domain', 'required-owner', 'scope-condition', 'level-with-parent'],
]);

interface Step {
  readonly at: number;
  readonly do: 'set' | 'drop' | 'add' | 'rename';
  readonly name: string;
  readonly valueOf: (key: string) => Json;
}

const step: fc.Arbitrary<Step> = fc.record({
  at: fc.nat(),
  do: fc.constantFrom<Step['do'][]>('set', 'set', 'set', 'set', 'drop', 'add', 'add', 'rename'),
  name: fc.constantFrom(...names),
  valueOf: fc.tuple(fc.nat(), fc.nat(9)).map(([index, chance]) => (key: string) => {
    const pool = chance === 0 ? odd : (pools[key] ?? odd);
    return pool[index % pool.length] ?? null;
  }),
});

/** Paths of all keys of all maps. */
function pathsOf(json: Json, path: readonly string[] = []): (readonly string[])[] {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return [];
  return Object.entries(json).flatMap(([key, inner]) => [[...path, key], ...pathsOf(inner, [...path, key])]);
}

function change(json: Json, [head = '', ...rest]: readonly string[], step: Step): Json {
  const changed: Record<string, Json> = {};
  for (const [key, inner] of Object.entries(json as JsonMap)) {
    const isThere = key === head && rest.length === 0;
    if (isThere && step.do === 'drop') continue;
    const value = isThere && step.do === 'set' ? step.valueOf(key) : inner;
    changed[isThere && step.do === 'rename' ? step.name : key] =
      key === head && rest.length > 0 ? change(inner, rest, step) : value;
    if (isThere && step.do === 'add') changed[step.name] = step.valueOf(step.name);
  }
  return changed;
}

const file = fc.record({
  kind: fc.constantFrom('workspace', 'workspace', 'org'),
  steps: fc.array(step, { minLength: 1, maxLength: 2 }),
});

const ajv = new Ajv({ strict: false, allErrors: true });
const validators: Readonly<Record<string, ValidateFunction>> = {
  org: ajv.compile(JSON.parse(renderJsonSchemas()['org.schema.json'] ?? '')),
  workspace: ajv.compile(JSON.parse(renderJsonSchemas()['workspace.schema.json'] ?? '')),
};

const defaults =
  'defaults:\n  policies:\n    key-ceiling: { budget: $5, reset: monthly, per: api_key }\n  keys:\n    "*": { budget: $5, reset: monthly }\n';

const noCounts = { accepted: 0, refused: 0, ofMeaning: 0 };
let counts = noCounts;
beforeEach(() => {
  counts = { ...noCounts };
});

function compare(kind: string, json: Json): string | null {
  const text = stringify(json, { aliasDuplicateObjects: false });
  const files = [
    { path: `${kind}.yaml`, text },
    ...(kind === 'org' ? [] : [{ path: 'org.yaml', text: orgHead + defaults }]),
  ];
  const errors = compilePolicies(files).diagnostics.filter(({ severity }) => severity === 'error');
  const isOfMeaning = errors.length > 0 && errors.every(({ code }) => ofMeaning.has(code));
  counts[isOfMeaning ? 'ofMeaning' : errors.length === 0 ? 'accepted' : 'refused'] += 1;
  if (isOfMeaning) return null;
  const validate = validators[kind];
  const isAccepted = validate?.(json) === true;
  if (isAccepted === (errors.length === 0)) return null;
  const said = errors.map(
    ({ source, code, message }) => `${code}: ${text.split('\n')[source.line - 1]?.trim()}: ${message}`,
  );
  const refused = (validate?.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  return isAccepted ? `validate alone refuses ${said.join('; ')}` : `the schema alone refuses ${refused.join('; ')}`;
}

test.each([
  ['workspace', workspace],
  ['org', org],
])('the %s file without a mistake is accepted by both', (kind, json) => {
  expect(validators[kind]?.(json)).toBe(true);
  expect(compare(kind, json)).toBeNull();
  expect(counts).toEqual({ ...noCounts, accepted: 1 });
});

test('mistakes-K10: of generated files, the schemas and validate refuse the same', () => {
  const found = new Map<string, string>();
  fc.assert(
    fc.property(file, ({ kind, steps }) => {
      const changed = steps.reduce<Json>(
        (json, one) => {
          const paths = pathsOf(json);
          return change(json, paths[one.at % paths.length] ?? [], one);
        },
        kind === 'org' ? org : workspace,
      );
      const said = compare(kind, changed);
      if (said !== null && found.size < 25) found.set(said.replace(/\d+/g, 'N').slice(0, 80), said.slice(0, 400));
    }),
    { numRuns: effort('files against the schemas', 300, 2000), seed: 20_261_129 },
  );
  expect([...found.values()].join('\n')).toBe('');
  // Files of both sorts, and few of which nothing is asked.
  expect(counts.accepted).toBeGreaterThan(counts.ofMeaning);
  expect(counts.refused).toBeGreaterThan(counts.ofMeaning);
}, 600_000);
