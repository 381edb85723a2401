/** Honest mistakes in policy files, case by case: what is told, how often, and what to write. */

import { describe, expect, test } from 'vitest';
import { compilePolicies } from '../../src/policy/compile.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
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
])('mistakes-A2: %s is not a rate per minute', (text, written) => {
  expect(advice(rate(text))).toEqual([written]);
});

test('mistakes-A2: 100 per month may count requests or tokens, and no minutes', () => {
  expect(advice(rate('100 per month'))).toEqual([
    'budget: 100 tokens with reset: monthly',
    'budget: 100 requests with reset: monthly',
  ]);
});

describe('mistakes-H15: one mistake is one error, which names its cause', () => {
  const compileFiles = (files: Readonly<Record<string, string>>) =>
    compilePolicies(Object.entries({ 'org.yaml': orgFile(), ...files }).map(([path, text]) => ({ path, text })));
  const many = Array.from(
    { length: 40 },
    (_, at) => `  p${at}:\n    budget: $5\n    reset: monthly\n    per: workspace_id\n`,
  );
  const team = workspaceFile('ws-team-a', `policies:\n${many.join('')}keys:\n  ci: none\n`);
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'4d'.repeat(32)}\nsize 12345\n`;

  test('a file of a workspace that was copied, in one letter case or another', () => {
    const { desired, diagnostics } = compileFiles({ 'a.yaml': team, 'copy.yaml': team });
    expect(desired).toBeNull();
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toMatchObject([
      { code: 'duplicate-workspace', source: { file: 'copy.yaml', line: 3 } },
    ]);
    expect(diagnostics[0]?.message).toContain('is described in a.yaml already: merge the two files, or delete');
    expect(summarize(compileFiles({ 'org-copy.yaml': orgFile() }))).toEqual(['2:1 duplicate-org-file']);
  });

  test.each(['a.yaml', 'org.yaml'])('a pointer of Git LFS in place of %s', (path) => {
    const { diagnostics } = compileFiles({ [path]: pointer });
    expect(diagnostics.map(({ code, source }) => `${source.file} ${code}`)).toEqual([`${path} lfs-pointer`]);
    expect(diagnostics[0]?.message).toContain('git lfs pull');
  });

  test('conflict markers, of all three versions too', () => {
    for (const mark of ['<<<<<<< HEAD', '||||||| 3f2a1c', '>>>>>>> theirs']) {
      expect(told(`${budget('$5')}${mark}\n  x:\n    budget: $2\n`)).toMatchObject([{ code: 'conflict-marker' }]);
    }
  });

  test.each([
    ['before a value', policy('budget:\u00a0$5\nreset: monthly\nper: workspace_id')],
    ['in the indent', `policies:\n  total:\n  \u00a0\u00a0budget: $5\n    reset: monthly\n    per: workspace_id\n`],
    ['behind a word', policy('budget: $5\nreset: monthly\u00a0\nper: workspace_id')],
    ['within an amount', policy('budget: 10\u00a0000 tokens\nreset: monthly\nper: workspace_id')],
    ['in a key of the grammar', policy('budget: $5\nreset\u00a0: monthly\nper: workspace_id')],
  ])('a non-breaking space %s', (_, body) => {
    const [first, ...others] = told(body);
    expect(others).toEqual([]);
    expect(first?.message).toContain('a non-breaking space (U+00A0)');
  });

  test('a version in quotes', () => {
    const { diagnostics } = compileFiles({ 'a.yaml': team.replace('version: 1', "version: '1'") });
    expect(diagnostics).toMatchObject([{ code: 'unknown-version', source: { file: 'a.yaml', line: 1 } }]);
    expect(diagnostics[0]?.message).toBe('`version` is a number: write `1`, without quotes');
  });
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
  [budget('$500', '\nalert: [50%, 80]'), ['80%']],
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

const alert = (text: string, amount = '$500'): string => budget(amount, `\nalert: ${text}`);
const flow = (fields: string): string => `policies:\n  total: { per: api_key, ${fields} }\n`;

test.each([
  ['"80% "', ['80%']],
  ['"90%%"', ['90%']],
  ['"%80"', ['80%']],
  ['%80', ['80%']],
  ['%99.9', ['99%']],
  ['"$80%"', ['80%']],
  ['99.9%', ['99%']],
  ['0.5%', ['80%']],
  ['-10%', ['80%']],
  ['"1,250%"', ['80%']],
  ['80-90%', ['80%']],
])('mistakes-A3 neighbour: an alert of %s is a share, and never an amount', (text, written) => {
  expect(told(alert(text))).toHaveLength(1);
  expect(advice(alert(text))).toEqual(written);
});

test.each([
  ['1.000', '2000 tokens', ['1 token', '1,000 tokens']],
  ['2.500', '2000 tokens', ['80%']],
  ['2.500', '5000 tokens', ['80%']],
  ['2.500', '$500', ['80%']],
  ['1,5', '$500', ['80%']],
  ['80,5', '$500', ['80%']],
  ['0.005', '$500', ['80%']],
  ['-10', '$500', ['80%']],
  ['400', '$500', ['$400']],
])('mistakes-A3 neighbour: an alert of %s on %s is not rounded to one', (text, amount, written) => {
  expect(told(alert(text, amount))).toHaveLength(1);
  expect(advice(alert(text, amount))).toEqual(written);
});

test.each([
  [flow('budget: $1,250, reset: monthly'), ['"$1,250"']],
  [flow('budget: $12,500.50, reset: monthly'), ['"$12,500.50"']],
  [flow('budget: $1,250,000, reset: monthly'), ['"$1,250,000"']],
  [flow('budget: $1, 250, reset: monthly'), ['"$1,250"']],
  [flow('budget: 10,000 tokens, reset: monthly'), ['"10,000 tokens"']],
  [flow('budget: 1,5M tokens, reset: monthly'), ['1.5M tokens']],
  [flow('rate: 1,000 requests/minute'), ['"1,000 requests/minute"']],
  ['limits: { rate: 1,000 requests/minute }\n', ['"1,000 requests/minute"']],
  ['limits:\n  rates: [1,000 requests/minute]\n', ['"1,000 requests/minute"']],
  ['limits:\n  rates: [10 requests/minute, 1,000,000 tokens/day]\n', ['"1,000,000 tokens/day"']],
  ['limits: { budgets: [{ budget: $1,250, reset: monthly }] }\n', ['"$1,250"']],
])('mistakes-A3 neighbour: what a comma cuts off in %j is joined again, and told once', (body, written) => {
  expect(told(body).map(({ code }) => code)).toEqual(['comma-in-flow']);
  expect(advice(body)).toEqual(written);
  const [{ source, end = source } = { source: { line: 0, column: 0 } }] = told(body);
  const lines = body.split('\n');
  const line = lines[source.line - 4] ?? '';
  const followed = line.slice(0, source.column - 1) + (written[0] ?? '') + line.slice(end.column - 1);
  expect(told(lines.with(source.line - 4, followed).join('\n'))).toEqual([]);
});

test('mistakes-A3 neighbour: a number that a comma cuts off names its own number, under any key', () => {
  expect(advice(flow('max_monthly_budget: $5,000'))).toEqual(['budget: $5000 with reset: monthly', '"$5,000"']);
  expect(advice(flow('credit_limit: 5,000, reset: monthly'))).toEqual(['budget: $5000', '5000']);
});

test.each(['metadata.n: ["1","2"]', 'metadata.n: ["a",b,c]', 'metadata.n: [a1,b2]'])(
  'mistakes-A3 neighbour: items side by side stay items: %s',
  (condition) => {
    expect(told(budget('$5', `\nmatch:\n  ${condition}`))).toEqual([]);
  },
);

const aKey = (lines: string): string => `keys:\n  ci:\n${lines.replace(/^/gm, '    ')}\n`;

test.each([
  [policy('rpm: 60\nper: api_key'), 'rate: 60 requests/minute'],
  [policy('rpd: 60\nper: api_key'), 'rate: 60 requests/day'],
  [policy('tpm: 60k\nper: api_key'), 'rate: 60k tokens/minute'],
  [policy('tokens_per_hour: 60K\nper: api_key'), 'rate: 60k tokens/hour'],
  [policy('rate_limit: 60 requests/minute\nper: api_key'), 'rate: 60 requests/minute'],
  [policy('limit: 60 requests/minute\nper: api_key'), 'rate: 60 requests/minute'],
  ['limits:\n  rate_limits: [60 requests/minute]\n', 'rates: [60 requests/minute]'],
  [budget('$500', '\nalert_threshold: 70%'), 'alert: 70%'],
  [budget('$500', '\nthreshold: 90%'), 'alert: 90%'],
  [budget('$500', '\nthreshold: $400'), 'alert: $400'],
  [policy('budget: $5\nperiod: weekly\nper: api_key'), 'reset: weekly'],
  [policy('budget: $5\nbudget_duration: 7d\nper: api_key'), 'reset: every 7 days'],
  [policy('budget: $5\nperiodic_reset_days: 7\nper: api_key'), 'reset: every 7 days'],
  [policy('budget: $5\nreset: weekly\ngroup_by: api_key'), 'per: api_key'],
  [policy('budget: $5\nreset: weekly\ngroup_by: [{ key: api_key }, { key: model }]'), 'per: [api_key, model]'],
  [policy('credit_limit: 750.5\nreset: weekly\nper: api_key'), 'budget: $750.5'],
  [aKey('rate: 5 requests/day\nalert_emails: [a@b.io]'), 'recipients: [a@b.io]'],
])('mistakes-A3 neighbour: the value of another grammar goes with its key: %j', (body, written) => {
  expect(told(body)).toHaveLength(1);
  expect(told(body)[0]?.advice).toEqual([{ write: written, instead: 'field' }]);
});

test.each([
  [policy('rate_limit: 60\nper: api_key'), 'rate: 60 requests/minute'],
  [policy('rpm: many\nper: api_key'), 'rate: 100 requests/minute'],
  [budget('$500', '\nalert_threshold: 70'), 'alert: 70%'],
  [budget('$500', '\nthreshold: soon'), 'alert: 80%'],
  [aKey('credit_limit: 750.5\nreset: monthly'), 'budget: $750'],
  ['limits:\n  rpm: 0\n', 'rate: 100 requests/minute'],
  ['credit_limit: 750\n', 'limits: { budget: $750, reset: monthly }'],
  [policy('budget: $5\nreset: weekly\ngroup_by: team'), 'per: workspace_id'],
])('mistakes-A3 neighbour: what nobody wrote is an example: %j', (body, written) => {
  expect(told(body)).toHaveLength(1);
  expect(told(body)[0]?.advice).toEqual([{ write: written, instead: 'field', isExample: true }]);
  expect(told(body)[0]?.message).toContain(`\`${written}\`, for example`);
});

test.each(['  model: "@openai/*"', '  metadata.team: nlp\n  model: { except: "@openai/*" }', 'metadata.team: nlp'])(
  'mistakes-A3 neighbour: a condition left of its `match` is no reason to leave the match out: %j',
  (condition) => {
    const body = `${budget('$5', '\nmatch:')}${condition}\n`;
    expect(told(body).map(({ code }) => code)).toEqual(['level-with-parent']);
    expect(told(`${body}${/^ /.test(condition) ? '  other: none\n' : ''}`)).toHaveLength(1);
  },
);

test('mistakes-A3 neighbour: an entry behind an empty match stays an entry', () => {
  const body = `${budget('$5', '\nmatch:')}  model:\n    budget: $5\n    reset: never\n    per: api_key\n`;
  expect(told(body).map(({ code }) => code)).toEqual(['empty-value']);
});

test.each([
  ['    <<: *a\n    <<: *b\n', '<<: [*a, *b]'],
  ['    <<: [*a, *b]\n    <<: *c\n', '<<: [*a, *b, *c]'],
  ['    <<: *a\n    <<: *b\n    <<: *c\n', '<<: [*a, *b, *c]'],
])('mistakes-A3 neighbour: several merges are one with a list: %j', (merges, written) => {
  const shared = 'x-a: &a { reset: monthly }\nx-b: &b { per: api_key }\nx-c: &c { alert: 80% }\n';
  const body = (lines: string) => `${shared}policies:\n  total:\n${lines}    budget: $500\n`;
  expect(told(body(merges)).map(({ code }) => code)).toEqual(['duplicate-key']);
  expect(advice(body(merges))).toEqual([written]);
  expect(told(body(`    ${written}\n`))).toEqual([]);
});

test.each([
  'metadata.team: { any: nlp, except: nlp }',
  'metadata.team: { any: [a, nlp], except: [nlp, a, b] }',
  'model: { any: "@openai/gpt-4o", except: "@openai/*" }',
  'model: { any: "@openai/*", except: "@openai/*" }',
])('mistakes-A3 neighbour: a condition that leaves nothing is refused: %s', (condition) => {
  expect(told(budget('$5', `\nmatch:\n  ${condition}`)).map(({ code }) => code)).toEqual(['invalid-match']);
});

test.each(['metadata.team: { any: [a, nlp], except: nlp }', 'model: { any: "@openai/*", except: "@openai/gpt-4o" }'])(
  'mistakes-A3 neighbour: a condition that leaves something is fine: %s',
  (condition) => expect(told(budget('$5', `\nmatch:\n  ${condition}`))).toEqual([]),
);

test.each([
  'policies:\n  budget: $5\n  reset: monthly\n  per: api_key\n  match:\n    model: "@openai/*"\n',
  'policies: { budget: $5, reset: monthly }\n',
  'keys:\n  rate: 5 requests/minute\n',
  'providers:\n  budget: $5\n  reset: monthly\n',
])('mistakes-A3 neighbour: fields without the name of their entry are one error: %j', (body) => {
  expect(told(body).map(({ code }) => code)).toEqual(['missing-name']);
});

test('mistakes-A3 neighbour: an entry may be called like a field', () => {
  expect(told('policies:\n  budget:\n    budget: $5\n    reset: never\n    per: api_key\n  rate: none\n')).toEqual([]);
});

test.each([budget('{{ budget }}'), rate('{{rate}}'), 'description: {{ text }}\n'])(
  'mistakes-A3 neighbour: braces of a template are a placeholder: %j',
  (body) => expect(told(body).map(({ code }) => code)).toEqual(['placeholder']),
);

test.each([
  [rate('$5/minute'), 'write one such as'],
  [rate('-500'), 'is negative: write a rate such as'],
  [budget('-500'), 'is negative: write an amount such as'],
])('mistakes-A3 neighbour: the sentence about %j is whole', (body, words) => {
  expect(told(body)).toHaveLength(1);
  expect(told(body)[0]?.message).toContain(words);
});

test.each(['every  14  days', 'every 14  days', 'Every  2  weeks'])('mistakes-A3 neighbour: blanks in %s', (text) => {
  expect(advice(policy(`budget: $5\nreset: ${text}\nper: api_key`))).toEqual(['every 14 days']);
});

test.each([
  ['policies/x/bugdet', 'policies/x/budget'],
  ['policies/team/x/Reset', 'policies/team/x/reset'],
  ['keys/ci/rat', 'keys/ci/rate'],
])('mistakes-A3 neighbour: a slip in the field that `forget` names: %s', (path, meant) => {
  expect(advice(`forget: [${path}]\n`)).toEqual([meant]);
});

test('mistakes-A3 neighbour: names with a slash can be forgotten', () => {
  expect(told('forget: [policies/team/nlp, keys/team/ci]\n')).toEqual([]);
});

describe('a price in another unit is told the price that is meant, and what leaves it open no price', () => {
  const price = (text: string): string =>
    `integrations:\n  openai-prod:\n    prices:\n      models:\n        gpt-4o:\n          input: ${text}\n          output: $10 per 1M tokens\n`;
  const toldOf = (text: string) => compileWorkspace('', price(text)).diagnostics;

  test.each([
    ['$0.0025 per 1k tokens', '$2.50 per 1M tokens'],
    ['$0.0025 / 1K', '$2.50 per 1M tokens'],
    ['$0.001000 per 1k tokens', '$1 per 1M tokens'],
    ['$0.5 per 1,000 tokens', '$500 per 1M tokens'],
    ['$0.5/1000', '$500 per 1M tokens'],
    ['$5 per thousand tokens', '$5,000 per 1M tokens'],
    ['$1000 per M', '$1,000 per 1M tokens'],
    ['$2.5 per million tokens', '$2.50 per 1M tokens'],
  ])('%s', (text, meant) => {
    const [{ code, message } = { code: '', message: '' }, ...more] = toldOf(text);
    expect([code, more]).toEqual(['invalid-price', []]);
    expect(message).toContain(`did you mean \`${meant}\`?`);
    expect(toldOf(meant)).toEqual([]);
  });

  test.each([
    '$0.001000 per token',
    '$0.001000',
    '$1000 per token',
    '$1,000',
    '$5 per 1000k tokens',
    '$5 per 1,000,000 tokens',
    '$5 per 10 tokens',
    '2.50',
  ])('%s', (text) => {
    const [{ code, message } = { code: '', message: '' }, ...more] = toldOf(text);
    expect([code, more]).toEqual(['invalid-price', []]);
    expect(message).not.toContain('did you mean');
  });
});
