/** Honest mistakes in policy files, case by case: what is told, how often, and what to write. */

import { describe, expect, test } from 'vitest';
import { compilePolicies } from '../../src/policy/compile.ts';
import { compileWorkspace, desiredOf, orgHead, summarize } from './helpers.ts';

const policy = (lines: string): string => `policies:\n  total:\n${lines.replace(/^/gm, '    ')}\n`;
const budget = (text: string, more = ''): string => policy(`budget: ${text}\nreset: monthly\nper: workspace_id${more}`);
const rate = (text: string): string => policy(`rate: ${text}\nper: workspace_id`);
const told = (body: string) => compileWorkspace(body).diagnostics;
const advice = (body: string): string[] =>
  told(body).flatMap(({ advice: list = [] }) => list.map(({ write, also = [] }) => [write, ...also].join(' with ')));

test.each([
  [budget('$2.500'), ['$2.50', '$2,500']],
  [budget('500.000 tokens'), ['500 tokens', '500,000 tokens']],
  [rate('1.000 requests/minute'), ['1 request/minute', '1,000 requests/minute']],
  [budget('"$1,250.500"'), ['$1,250.50', '$1,250,500']],
  [budget('$0.500'), ['$500', '2M tokens', '10k requests']],
])('mistakes-A1: three decimals are refused, and both readings named: %j', (body, readings) => {
  expect(compileWorkspace(body).desired).toBeNull();
  expect(told(body)).toHaveLength(1);
  expect(advice(body)).toEqual(readings);
});

test.each([
  ['1000 requests/month', 'budget: 1000 requests with reset: monthly'],
  ['1000 requests/year', 'budget: 1000 requests with reset: every 365 days'],
  ['1000 requests/quarter', 'budget: 1000 requests with reset: every 90 days'],
  ['100k tokens per month', 'budget: 100k tokens with reset: monthly'],
])('mistakes-A2: %s is no rate per minute', (text, written) => {
  expect(advice(rate(text))).toEqual([written]);
});

test('mistakes-A2: 100 per month may count requests or tokens, and no minutes', () => {
  expect(advice(rate('100 per month'))).toEqual([
    'budget: 100 tokens with reset: monthly',
    'budget: 100 requests with reset: monthly',
  ]);
});

test.each(['€500', '"€1.000"', '500 EUR', '£500', 'CA$500'])('mistakes-A4: %s is not converted', (text) => {
  expect(advice(budget(text))).toEqual([]);
  expect(told(budget(text))[0]?.message).toContain('dollars');
});

test('mistakes-A5: an amount for a time is a budget with its reset', () => {
  expect(advice(budget('$500/month'))).toEqual(['budget: $500 with reset: monthly']);
});

test.each(['budget: $500\nreset: monthly\nalert: 80%\n', 'budgets:\n  - budget: $500\n    reset: monthly\n'])(
  'mistakes-A6: %j at the top is told once, with both places',
  (body) => {
    expect(summarize(compileWorkspace(body))).toEqual(['4:1 misplaced-key']);
    expect(told(body)[0]?.message).toMatch(/`limits:`.*`policies:`/);
  },
);

test.each([
  [budget('$500', '\nalerts: 80%'), ['alert']],
  [policy('monthly_budget: $500\nper: workspace_id'), ['budget: $500 with reset: monthly']],
  [policy('budget: $5\nreset: monthly\nper: workspce_id'), ['workspace_id']],
  [policy('budget: $5\nreset: monthly\nper: everyone'), ['workspace_id']],
  [budget('$5', '\nmatch:\n  modle: "@openai/*"'), ['model']],
  [budget('$500', '\nalert: 80'), ['80%']],
  [budget('$500', '\nalert: 0.8'), ['80%']],
  [budget('$500', '\nalert: [50%, 80%]'), ['80%']],
])('mistakes-A7: %j is told once, with the nearest', (body, written) => {
  expect(told(body)).toHaveLength(1);
  expect(advice(body)).toEqual(written);
});

test('mistakes-A7: a space before the percent sign is nothing', () => {
  expect(desiredOf(compileWorkspace(budget('$500', '\nalert: 80 %'))).entries[0]?.fields.alert).toBe(40_000);
});

test.each([
  [
    'fields level with their entry',
    'policies:\n  total:\n  budget: $5\n  reset: monthly\n  per: api_key\n',
    '6:3 level-with-parent',
  ],
  ['a section level with its file', 'limits:\nbudget: $5\nreset: monthly\n', '5:1 level-with-parent'],
  ['one space short', 'policies:\n  total:\n    budget: $5\n   reset: monthly\n    per: api_key\n', '7:4 bad-indent'],
  [
    'one space too many',
    'policies:\n  total:\n    budget: $5\n     reset: monthly\n    per: api_key\n',
    '7:6 bad-indent',
  ],
  ['a star as key', 'keys:\n  *:\n    budget: $5\n    reset: monthly\n', '5:3 unquoted-value'],
  ['a list of policies', 'policies:\n  - name: total\n    budget: $5\n', '5:3 not-a-map'],
  ['a variable', budget('$' + '{BUDGET}'), '6:13 invalid-amount'],
  ['conflict markers', '<<<<<<< HEAD\nlimits: none\n=======\nkeys: {}\n>>>>>>> other\n', '4:1 conflict-marker'],
  ['a quote that is not closed', budget('"$5'), '6:13 open-quote'],
  ['a colon without its space', budget('$5').replace('reset: ', 'reset:'), '7:5 missing-colon'],
  ['a non-breaking space', budget('$5').replace('reset: ', 'reset:\u00a0'), '7:11 odd-blank'],
])('mistakes-A8: %s is one error that names the cause', (_, body, expected) => {
  expect(summarize(compileWorkspace(body))).toEqual([expected]);
});

describe('mistakes-A8', () => {
  test.each(['---\n', '---\n# nothing more\n', '...\n', '\n---\n\n'])(
    'an empty document behind the file is nothing: %j',
    (end) => {
      expect(told(budget('$5') + end)).toEqual([]);
    },
  );

  test('a version in quotes is told to go without', () => {
    const text = `${orgHead.replace('version: 1', 'version: "1"')}`;
    const [first] = compilePolicies([{ path: 'org.yaml', text }]).diagnostics;
    expect(first?.advice).toEqual([{ write: '1', instead: 'value' }]);
    expect(first?.message).toContain('without quotes');
  });
});

test('mistakes-A9: shared fields are merged, what the entry says itself wins', () => {
  const body = `x-common: &common
  reset: monthly
  per: workspace_id
x-more: &more { reset: weekly, alert: 80% }
policies:
  a: { <<: *common, budget: $500 }
  b:
    budget: $50
    reset: never
    <<: [*common, *more]
`;
  const compiled = compileWorkspace(body);
  expect(compiled.diagnostics).toEqual([]);
  const [a, b] = desiredOf(compiled).entries.map(({ fields }) => fields);
  expect(a).toMatchObject({ reset: 'monthly', per: ['workspace_id'], amount: 50_000 });
  expect(b).toMatchObject({ reset: 'never', per: ['workspace_id'], amount: 5000, alert: 4000 });
});

test('mistakes-A9: what cannot be merged is one sentence', () => {
  expect(summarize(compileWorkspace('policies:\n  a:\n    <<: all\n    budget: $5\n'))).toEqual(['6:5 merge-key']);
});

test.each([
  [budget('$0'), 'entry'],
  [rate('0 requests/minute'), 'entry'],
  [rate('unlimited'), 'entry'],
  ['keys:\n  ci:\n    rate: unlimited\n', 'value'],
  ['keys:\n  ci:\n    budget: $0\n', 'value'],
])('mistakes-K9: `none` is advised where it is accepted: %j', (body, place) => {
  const none = told(body).flatMap(({ advice: list = [] }) => list.filter(({ write }) => write === 'none'));
  expect(none.map(({ instead }) => instead)).toEqual([place]);
});

test('mistakes-K9: a list of defaults to skip asks for no star', () => {
  expect(told(`skip_defaults: [a]\n${budget('$5')}`)[0]?.message).not.toContain('did you mean');
});

test.each([
  ['alert: 80%', ['`alert` beside `rate` has nothing to act on: leave it out']],
  [
    'reset: monthly\nalert: 80%',
    [
      '`reset` beside `rate` has nothing to act on: leave it out',
      '`alert` beside `rate` has nothing to act on: leave it out',
    ],
  ],
  ['budget: $5', ['`rate` beside `budget` in one policy: make two policies of it']],
])('what a rate cannot have beside it is not made whole, as that would be refused: %j', (beside, messages) => {
  const body = policy(`rate: 5 requests/minute\nper: workspace_id\n${beside}`);
  expect(told(body).map(({ message }) => message)).toEqual(messages);
});
