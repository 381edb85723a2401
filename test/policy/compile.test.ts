import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { compilePolicies, type KnownTexts, type PolicyFile } from '../../src/policy/compile.ts';
import { readPolicyFiles } from '../../src/policy/files.ts';
import { isForgotten } from '../../src/resources/fields.ts';
import type { Fields, Kind, Match } from '../../src/resources/types.ts';
import { compileWorkspace, desiredOf, entryNamed, orgHead, summarize, workspaceHead } from './helpers.ts';

const policy = (lines: string) => `policies:\n  p:\n${lines.replace(/^/gm, '    ')}\n`;
const key = (lines: string) => `keys:\n  k:\n${lines.replace(/^/gm, '    ')}\n`;
const fieldsOf = (body: string, name: string, org = ''): Fields => entryNamed(compileWorkspace(body, org), name).fields;

describe('the sample policies', async () => {
  const { files } = await readPolicyFiles('policies', new URL('../..', import.meta.url).pathname);
  const compiled = compilePolicies(files);
  const { entries, ...desired } = desiredOf(compiled);

  it('compile without a finding', () => expect(compiled.diagnostics).toEqual([]));

  it('are 26 written objects, and 29 once the two defaults are copied into five workspaces', () => {
    const copies = entries.filter((entry) => entry.fromDefaults);
    expect(entries).toHaveLength(29);
    expect(copies.map((entry) => `${entry.workspace} ${entry.name}`)).toEqual([
      'ws-sales-91be02 key-ceiling',
      'ws-support-c8812e key-ceiling',
      'ws-platform-5d10aa burst-guard',
      'ws-research-07c3d8 burst-guard',
      'ws-sales-91be02 burst-guard',
    ]);
    const defaults = new Set(copies.map((entry) => entry.name));
    expect(entries.length - copies.length + defaults.size).toBe(26);
  });

  it('carry environment, organisation, gateway, pricing and settings', () => {
    expect(desired).toMatchObject({
      environment: 'production',
      organisation: '7f3c1f8e-2b1d-4a57-9a44-0c7d2b6e9a10',
      gateway: { deployment: 'hybrid', version: '2.18', backend: '1.24' },
      pricing: { source: 'https://configs.portkey.ai/pricing', maxAgeHours: 24 },
      orgFile: { file: 'policies/org.yaml', line: 3, column: 1 },
      settings: { require: ['alert', 'owner'], max_monthly_budget: 500_000, unmanaged: 'report' },
    });
    expect(desired.workspaces.map(({ ref, owner, skipDefaults }) => [ref, owner, skipDefaults])).toEqual([
      ['ws-market-4f2a1c', 'marketing-ops', ['burst-guard']],
      ['ws-platform-5d10aa', 'platform', ['key-ceiling']],
      ['ws-research-07c3d8', 'research-ops', ['key-ceiling']],
      ['ws-sales-91be02', 'sales-enablement', []],
      ['ws-support-c8812e', 'support-tools', ['burst-guard']],
    ]);
  });

  it('know where each field stands', () => {
    const spend = entries.find((entry) => entry.name === 'monthly-spend');
    const lines = readFileSync(new URL('../../policies/workspaces/marketing.yaml', import.meta.url), 'utf8').split(
      '\n',
    );
    const line = (text: string) => lines.findIndex((candidate) => candidate.trim().startsWith(text)) + 1;
    const file = 'policies/workspaces/marketing.yaml';
    expect(spend?.source).toEqual({ file, line: line('monthly-spend:'), column: 3 });
    expect(spend?.fieldSources).toMatchObject({
      amount: { file, line: line('budget: $500'), column: 5 },
      unit: { file, line: line('budget: $500'), column: 5 },
      per: { file, line: line('per: workspace_id'), column: 5 },
    });
  });
});

describe('values', () => {
  test.each<[string, Fields]>([
    ['budget: $1,250.50\nreset: monthly\nper: api_key', { unit: 'cost', amount: 125_050, reset: 'monthly' }],
    ['budget: 2M tokens\nreset: weekly\nper: api_key', { unit: 'tokens', amount: 2_000_000, reset: 'weekly' }],
    ['budget: 10k requests\nreset: never\nper: api_key', { unit: 'requests', amount: 10_000, reset: 'never' }],
    ['budget: $5\nreset: every 07 days\nper: api_key', { reset: 'every 7 days' }],
    ['budget: $5\nreset: every 1 day\nper: api_key', { reset: 'every 1 days' }],
    ['budget: $33.33\nreset: never\nalert: 80%\nper: api_key', { alert: 2666 }],
    ['budget: $33.33\nreset: never\nalert: $20.50\nper: api_key', { alert: 2050 }],
    ['budget: $5\nreset: never\nalert: none\nper: api_key', { alert: null }],
    ['budget: $5\nreset: never\ndescription: none\nper: api_key', { description: null }],
    ['budget: $5\nreset: never\ndescription: "none"\nper: api_key', { description: 'none' }],
    ['budget: $5\nreset: never\nper: [model, api_key, model]', { per: ['api_key', 'model'] }],
    [
      'rate: 2k tokens/week\nper: api_key',
      { unit: 'tokens', window: 'week', value: 2000, target: 'llm', match: 'all' },
    ],
    ['rate: 1 request/minute\nper: mcp_tool\ntarget: mcp_tools', { value: 1, target: 'mcp_tools', per: ['mcp_tool'] }],
    ['budget: $5\nreset: never\nper: api_key\napi: { new: { a: [1, null] } }', { 'api.new': { a: [1, null] } }],
  ])('policy %j', (lines, expected) => {
    expect(fieldsOf(policy(lines), 'p')).toMatchObject(expected);
  });

  test.each<[string, Match]>([
    ['match: all', 'all'],
    ['match: {}', 'all'],
    ['match: { api_key: "*" }', 'all'],
    ['match: { metadata.a: "*" }', [{ key: 'metadata.a', any: '*', except: [] }]],
    ['match: { metadata.a: ["*"] }', [{ key: 'metadata.a', any: ['*'], except: [] }]],
    ['match: { metadata.a: b }', [{ key: 'metadata.a', any: ['b'], except: [] }]],
    ['match: { metadata.a: [b] }', [{ key: 'metadata.a', any: ['b'], except: [] }]],
    ['match: { metadata.a: [c, b, c] }', [{ key: 'metadata.a', any: ['b', 'c'], except: [] }]],
    ['match: { metadata.a: { except: b } }', [{ key: 'metadata.a', any: '*', except: ['b'] }]],
    ['match: { metadata.a: { any: "*", except: [c, b] } }', [{ key: 'metadata.a', any: '*', except: ['b', 'c'] }]],
    ['match: { api_key: { any: "*", except: b } }', [{ key: 'api_key', any: '*', except: ['b'] }]],
    [
      'match: { virtual_key: v, api_key: "*" }',
      [
        { key: 'api_key', any: '*', except: [] },
        { key: 'virtual_key', any: ['v'], except: [] },
      ],
    ],
  ])('%s', (line, expected) => {
    expect(fieldsOf(policy(`budget: $5\nreset: never\nper: api_key\n${line}`), 'p').match).toEqual(expected);
  });

  test.each<[string, Fields]>([
    ['budget: none', { budget: null }],
    ['rate: none', { rates: null }],
    ['rates: none', { rates: null }],
    ['recipients: none', { recipients: [] }],
    ['expires: none', { expires: null }],
    ['description: none', { description: null }],
    ['recipients: B@Example.com', { recipients: ['b@example.com'] }],
    ['expires: 2027-01-31T02:00:00+02:00', { expires: '2027-01-31T00:00:00.000Z' }],
    [
      'budget: $333\nreset: weekly\nalert: 80%',
      { budget: { unit: 'cost', amount: 33_300, reset: 'weekly' }, alert: 26_600 },
    ],
    [
      'budget: 333 tokens\nreset: weekly\nalert: 80%',
      { budget: { unit: 'tokens', amount: 333, reset: 'weekly' }, alert: 266 },
    ],
    [
      'rates:\n  - 5 requests/second\n  - 40M tokens/week',
      { 'rate[requests/second]': 5, 'rate[tokens/week]': 40_000_000 },
    ],
  ])('key %j', (lines, expected) => {
    expect(fieldsOf(key(lines), 'k')).toEqual(expected);
  });

  test.each<[string, Fields]>([
    ['limits: none', { budgets: null, rates: null }],
    ['limits: { budget: none }', { budgets: null }],
    ['limits: { budgets: none, rate: 5 requests/day }', { budgets: null, 'rate[requests/day]': 5 }],
    [
      'limits:\n  budgets:\n    - { budget: $5, reset: weekly }\n    - { budget: $9, reset: monthly, alert: 50% }',
      {
        'alert[cost/monthly]': 400,
        'budget[cost/monthly]': { unit: 'cost', amount: 900, reset: 'monthly' },
        'budget[cost/weekly]': { unit: 'cost', amount: 500, reset: 'weekly' },
      },
    ],
  ])('%j', (body, expected) => {
    expect(fieldsOf(`${body}\n`, 'limits')).toEqual(expected);
  });

  it('fills in match and target, and nothing else', () => {
    expect(fieldsOf(policy('budget: $5\nreset: never\nper: api_key'), 'p')).toEqual({
      amount: 500,
      match: 'all',
      name: 'p',
      per: ['api_key'],
      reset: 'never',
      unit: 'cost',
    });
    expect(fieldsOf(key('rate: 5 requests/day'), 'k')).toEqual({ 'rate[requests/day]': 5 });
  });

  it('keeps a start beside the fields', () => {
    const entry = entryNamed(
      compileWorkspace(policy('budget: $5\nreset: { every: 10 days, starting: 2026-12-01 }\nper: api_key')),
      'p',
    );
    expect(entry).toMatchObject({ starting: '2026-12-01T00:00:00.000Z', fields: { reset: 'every 10 days' } });
  });

  it('means the same in any order of lines', () => {
    const one = compileWorkspace(
      policy('budget: $5\nreset: never\nalert: 50%\nper: [a, b]'.replace('[a, b]', '[model, api_key]')),
    );
    const other = compileWorkspace(policy('per: [api_key, model]\nalert: $2.50\nreset: never\nbudget: $5.00'));
    expect(JSON.stringify(entryNamed(other, 'p').fields)).toBe(JSON.stringify(entryNamed(one, 'p').fields));
  });
});

describe('identity', () => {
  test.each<[string, object]>([
    ['', { name: 'p', liveName: 'p', fields: { name: 'p' } }],
    ['name: Live name', { name: 'p', liveName: 'Live name', fields: { name: 'Live name' } }],
    ['id: abc\nname: Live', { name: 'p', id: 'abc', liveName: 'Live' }],
    ['previously: old', { previously: 'old' }],
    ['owner: team', { owner: 'team' }],
    ['protect: true', { protect: true }],
  ])('%j', (lines, expected) => {
    const compiled = compileWorkspace(policy(`budget: $5\nreset: never\nper: api_key\n${lines}`.trim()));
    expect(entryNamed(compiled, 'p')).toMatchObject(expected);
  });

  it('does not manage the live name of an entry with id alone', () => {
    const entry = entryNamed(compileWorkspace(policy('budget: $5\nreset: never\nper: api_key\nid: abc')), 'p');
    expect(entry.liveName).toBeUndefined();
    expect(entry.fields).not.toHaveProperty('name');
  });

  it('takes owner and protection from the file unless an entry has its own', () => {
    const body =
      'owner: team\nprotect: true\nkeys:\n  a: { rate: 5 requests/day }\n  b: { rate: 5 requests/day, owner: me, protect: false }\n';
    const compiled = compileWorkspace(body);
    expect(entryNamed(compiled, 'a')).toMatchObject({ owner: 'team', protect: true });
    expect(entryNamed(compiled, 'b')).toMatchObject({ owner: 'me', protect: false });
  });
});

describe('none and empty', () => {
  it('says of either kind of policy that it must not exist', () => {
    const { entries } = desiredOf(compileWorkspace('policies:\n  p: none\n'));
    expect(entries.map(({ kind, absent, fields }) => [kind, absent, fields])).toEqual([
      ['usage-policy', true, {}],
      ['rate-policy', true, {}],
    ]);
  });

  test.each<[string, Fields]>([
    ['keys', { budget: null, rates: null, recipients: [] }],
    ['providers', { budget: null, rates: null }],
    ['integrations', { budget: null, rates: null }],
  ])('clears every limit of an entry of %s', (section, expected) => {
    expect(fieldsOf(`${section}:\n  x: none\n`, 'x')).toEqual(expected);
  });

  it('takes empty maps for absent', () => {
    const compiled = compileWorkspace('policies: {}\nlimits: {}\nkeys:\n  x: {}\nalerts: {}\nskip_defaults: []\n');
    expect(compiled.diagnostics).toEqual([]);
    expect(desiredOf(compiled).entries).toEqual([]);
  });
});

describe('recipients', () => {
  const org = 'alerts:\n  recipients: [org@example.com]\n';
  const alerts = 'alerts:\n  recipients: [WS@example.com]\n';

  it('are those of organisation, workspace and entry together', () => {
    const body = `${alerts}keys:\n  a: { recipients: [a@example.com, ws@example.com] }\n  b: { rate: 5 requests/day }\n  c: { recipients: none }\n  d: none\n`;
    expect(fieldsOf(body, 'a', org).recipients).toEqual(['a@example.com', 'org@example.com', 'ws@example.com']);
    expect(fieldsOf(body, 'b', org).recipients).toEqual(['org@example.com', 'ws@example.com']);
    expect(fieldsOf(body, 'c', org).recipients).toEqual([]);
    expect(fieldsOf(body, 'd', org).recipients).toEqual([]);
  });

  it('are not declared where no level declares any', () => {
    expect(fieldsOf('keys:\n  b: { rate: 5 requests/day }\n', 'b')).not.toHaveProperty('recipients');
  });

  it('reach keys of the organisation too', () => {
    const compiled = compileWorkspace('', `${org}keys:\n  admin: { budget: $5, reset: monthly }\n`);
    expect(compiled.diagnostics).toEqual([]);
    expect(entryNamed(compiled, 'admin')).toMatchObject({
      workspace: null,
      fields: { recipients: ['org@example.com'] },
    });
  });

  it('are a warning where they reach no key', () => {
    expect(summarize(compileWorkspace(alerts, org))).toEqual([
      '5:1 warning recipients-reach-no-key',
      '4:1 warning recipients-reach-no-key',
    ]);
  });
});

describe('defaults', () => {
  const org = `defaults:
  policies:
    ceiling: { budget: $250, reset: monthly, per: api_key }
    guard: { rate: 600 requests/minute, per: workspace_id }
  keys:
    "*": { budget: $50, reset: monthly, alert: 80%, rates: [5 requests/second, 1k tokens/minute], recipients: [star@example.com] }
`;
  const names = (body: string) =>
    desiredOf(compileWorkspace(body, org)).entries.map(
      (entry) => `${entry.kind} ${entry.name}${entry.fromDefaults ? ' (default)' : ''}`,
    );

  it('reach a workspace that has a file', () => {
    expect(names('')).toEqual([
      'usage-policy ceiling (default)',
      'rate-policy guard (default)',
      'key-limits * (default)',
    ]);
  });

  it('are replaced by an entry of the same name, of either kind', () => {
    expect(
      names('policies:\n  ceiling: { rate: 5 requests/day, per: api_key }\nkeys:\n  "*": { rate: 5 requests/day }\n'),
    ).toEqual(['rate-policy ceiling', 'rate-policy guard (default)', 'key-limits *']);
  });

  it('are dropped by skip_defaults', () => expect(names('skip_defaults: [ceiling, guard, "*"]\n')).toEqual([]));

  it('stand where the organisation file says them', () => {
    const entry = entryNamed(compileWorkspace('', org), 'ceiling');
    expect(entry).toMatchObject({ workspace: 'ws-one', source: { file: 'org.yaml', line: 7, column: 5 } });
  });

  it('tell a problem once, however many workspaces they reach', () => {
    const text = (name: string) => workspaceHead.replace('ws-one', name);
    const { diagnostics } = compilePolicies([
      {
        path: 'org.yaml',
        text: `${orgHead}review: { require: [alert] }\ndefaults:\n  policies:\n    ceiling: { budget: $250, reset: monthly, per: api_key }\n`,
      },
      { path: 'a.yaml', text: text('ws-a') },
      { path: 'b.yaml', text: text('ws-b') },
    ]);
    expect(summarize({ diagnostics })).toEqual(['8:5 required-alert']);
  });

  test.each<[string, Record<string, unknown>]>([
    [
      'alert: 50%\nbudget: $100\nreset: weekly',
      { budget: { unit: 'cost', amount: 10_000, reset: 'weekly' }, alert: 5000 },
    ],
    ['budget: $100\nreset: weekly', { budget: { unit: 'cost', amount: 10_000, reset: 'weekly' }, alert: 8000 }],
    ['budget: none', { budget: null, alert: undefined }],
    ['rate: 9 requests/second', { 'rate[requests/second]': 9, 'rate[tokens/minute]': 1000 }],
    ['rate: 9k tokens/day', { 'rate[requests/second]': 5, 'rate[tokens/day]': 9000, 'rate[tokens/minute]': undefined }],
    ['rates: none', { rates: null, 'rate[requests/second]': undefined }],
    ['recipients: none', { recipients: [], budget: { unit: 'cost', amount: 5000, reset: 'monthly' }, alert: 4000 }],
    ['recipients: [me@example.com]', { recipients: ['me@example.com'] }],
    ['expires: none', { expires: null, recipients: ['star@example.com'] }],
  ])('lie beneath a named key: %j', (lines, expected) => {
    const entry = entryNamed(compileWorkspace(key(lines), org), 'k');
    expect(entry.fieldsOverStar).toMatchObject(
      Object.fromEntries(Object.entries(expected).filter(([, value]) => value !== undefined)),
    );
    for (const [field, value] of Object.entries(expected))
      if (value === undefined) expect(entry.fieldsOverStar).not.toHaveProperty([field]);
    expect(entryNamed(compileWorkspace(key(lines), org), '*')).not.toHaveProperty('fieldsOverStar');
  });

  it('do not lie beneath a key where there is no star', () => {
    expect(
      entryNamed(compileWorkspace(`skip_defaults: ["*"]\n${key('rate: 5 requests/day')}`, org), 'k'),
    ).not.toHaveProperty('fieldsOverStar');
  });
});

describe('files', () => {
  const org = { path: 'org.yaml', text: orgHead };
  const workspace = { path: 'a.yaml', text: workspaceHead };
  test.each<[string, readonly PolicyFile[], string[]]>([
    ['no organisation file', [workspace], ['1:1 missing-org-file']],
    ['two organisation files', [org, { ...org, path: 'p.yaml' }], ['2:1 duplicate-org-file']],
    ['two files for one workspace', [org, workspace, { ...workspace, path: 'b.yaml' }], ['3:1 duplicate-workspace']],
    ['no files', [], []],
  ])('%s', (_, files, expected) => {
    const compiled = compilePolicies(files);
    expect(summarize(compiled)).toEqual(expected);
    expect(compiled.desired).toBeNull();
  });

  it('names the other file', () => {
    const { diagnostics } = compilePolicies([org, workspace, { ...workspace, path: 'b.yaml' }]);
    expect(diagnostics[0]).toMatchObject({ source: { file: 'b.yaml' }, message: expect.stringContaining('a.yaml') });
  });

  it('of a text that was read before, in another thread too, are not read again', () => {
    const texts: KnownTexts = new Map();
    compilePolicies([org, workspace], texts);
    const files = [org, workspace].map(({ path, text }) => ({ path: `later/${path}`, text }));
    // What is known keeps its place: that shows it.
    const placeOf = (known?: KnownTexts) => desiredOf(compilePolicies(files, known)).orgFile.file;
    expect(placeOf(structuredClone(texts))).toBe('org.yaml');
    expect(placeOf()).toBe('later/org.yaml');
  });

  it('accept a workspace by its UUID', () => {
    const text = workspaceHead.replace('ws-one', '0b2e4c1a-94d7-4c6f-8a55-1f6f7f0d9c11');
    expect(desiredOf(compilePolicies([org, { path: 'a.yaml', text }])).workspaces[0]?.ref).toBe(
      '0b2e4c1a-94d7-4c6f-8a55-1f6f7f0d9c11',
    );
  });
});

test('forget', () => {
  const body = 'forget: [policies/x, keys/ci, keys/ci/rate, keys/a/b, limits, limits/budget, providers/x, keys]\n';
  const { forget } = desiredOf(compileWorkspace(body, 'forget: [integrations/x]\n'));
  expect(forget.map(({ workspace, path, section, name, field }) => [workspace, path, section, name, field])).toEqual([
    [null, 'integrations/x', 'integrations', 'x', undefined],
    ['ws-one', 'keys', 'keys', undefined, undefined],
    ['ws-one', 'keys/a/b', 'keys', 'a/b', undefined],
    ['ws-one', 'keys/ci', 'keys', 'ci', undefined],
    ['ws-one', 'keys/ci/rate', 'keys', 'ci', 'rate'],
    ['ws-one', 'limits', 'limits', undefined, undefined],
    ['ws-one', 'limits/budget', 'limits', undefined, 'budget'],
    ['ws-one', 'policies/x', 'policies', 'x', undefined],
    ['ws-one', 'providers/x', 'providers', 'x', undefined],
  ]);
});

test('review, as written: what it leaves out is filled in where it is used', () => {
  const review =
    'review:\n  drift: leave\n  show_people: counts\n  rules: { alert-missing: info }\n  guards:\n    deletes: { count: 5 }\n    updates: off\n    spend_up: 40%\n    counter_reset: off\n';
  expect(desiredOf(compileWorkspace('', review)).settings).toEqual({
    drift: 'leave',
    guards: {
      counter_reset: 'off',
      deletes: { count: 5 },
      spend_up: { percent: 40 },
      updates: 'off',
    },
    rules: { 'alert-missing': 'info' },
    show_people: 'counts',
  });
});

test('what the organisation requires', () => {
  const review = 'review: { require: [alert, owner, description] }\n';
  const body = `${policy('budget: $5\nreset: never\nper: api_key')}${key('budget: $5\nreset: never\nalert: none')}`;
  expect(summarize(compileWorkspace(body, review))).toEqual([
    // An owner is missed once, at the workspace: it may be written for all entries there.
    '3:1 required-owner',
    '5:3 required-alert',
    '5:3 required-description',
  ]);
});

test('gateway, record and pricing', () => {
  const org =
    'gateway: { backend: "1.20", usage_unit: dollars }\nrecord: { ref: refs/heads/tollgate-record }\npricing: { max_age: 30d }\n';
  expect(desiredOf(compileWorkspace('', org))).toMatchObject({
    gateway: { backend: '1.20', usageUnit: 'dollars' },
    recordRef: 'refs/heads/tollgate-record',
    pricing: { maxAgeHours: 720 },
  });
});

test.each([
  ['$1', []],
  ['$0.99', ['budget-too-small']],
  ['100 tokens', []],
  ['99 tokens', ['budget-too-small']],
  ['1 request', []],
])('the least budget is one: %s', (budget, codes) => {
  const body = `policies:\n  spend:\n    budget: ${budget}\n    reset: monthly\n    per: workspace_id\n`;
  expect(compileWorkspace(body).diagnostics.map(({ code }) => code)).toEqual(codes);
});

test.each([
  ['policies/budget', { name: 'budget' }],
  ['policies/spend/budget', { name: 'spend', field: 'budget' }],
  ['policies/a/b', { name: 'a/b' }],
  ['keys/rate', { name: 'rate' }],
  ['limits/rate', { field: 'rate' }],
])('forget: %s means what stands there', (path, meant) => {
  const [item] = desiredOf(compileWorkspace(`forget: [${path}]\n`)).forget;
  const { name, field } = item ?? {};
  expect({ ...(name === undefined ? {} : { name }), ...(field === undefined ? {} : { field }) }).toEqual(meant);
});

test.each<readonly [string, Kind, string, boolean]>([
  ['api', 'key-limits', 'api.note', true],
  ['api', 'key-limits', 'budget', false],
  ['description', 'usage-policy', 'api.description', false],
  ['budget', 'usage-policy', 'amount', true],
  ['budgets', 'workspace-limits', 'budget[cost/weekly]', true],
  ['rate', 'rate-policy', 'value', true],
  ['rate', 'workspace-limits', 'rate[tokens/day]', true],
  ['rate', 'key-limits', 'budget', false],
])('forget: `%s` of %s is about %s: %s', (written, kind, compiled, is) => {
  expect(isForgotten(kind, written, compiled)).toBe(is);
});
