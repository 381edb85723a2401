/** Rules over prices among entries that are none of their business: each is looked at, and told at its place. */

import { describe, expect, it } from 'vitest';
import { parsePriceFile } from '../../src/prices/parse-prices.ts';
import { PriceIndex } from '../../src/prices/price-index.ts';
import type { ProviderPrices } from '../../src/prices/types.ts';
import type { RuleName } from '../../src/rule-names.ts';
import type { PriceFacts } from '../../src/rules/types.ts';
import { teamA, teamB } from '../helpers/state.ts';
import { now } from '../plan/kit.ts';
import { entry } from '../prices/kit.ts';
import { findingsOf } from './plan-facts.ts';

function read(body: unknown, age = 0): ProviderPrices {
  const file = parsePriceFile(body);
  if ('problem' in file) throw new Error(file.problem);
  const asOf = new Date(now.getTime() - age).toISOString();
  return { status: 'read', file, provenance: { kind: 'folder', from: 'prices', asOf, cached: false } };
}

const openai = {
  default: entry(0, 0),
  'gpt-4o': entry(0.00025, 0.001),
  'gpt-4o-2024-08-06': entry(0.00025, 0.001),
  'gpt-zero': entry(0, 0),
  'tiny:free': entry(0, 0),
};

const hour = 3_600_000;
const unknown: ProviderPrices = { status: 'unread', why: 'the mirror answered 503' };

function pricesOf(providers: Readonly<Record<string, ProviderPrices>>): PriceFacts {
  const routes = new Map([
    [teamA, []],
    [teamB, []],
  ]);
  return {
    index: new PriceIndex({ providers: new Map(Object.entries(providers)), integrations: new Map(), routes }),
    maxAge: 24 * hour,
  };
}

/** `line:column severity message` in the file of the workspace. */
function told(rule: RuleName, policies: string, providers = { openai: read(openai) }): string[] {
  const given = { body: `policies:\n${policies}` };
  return findingsOf(rule, given, now.getTime(), { prices: pricesOf(providers) }).map(
    ({ source, severity, message }) => `${source.line}:${source.column} ${severity} ${message}`,
  );
}

const spend = (name: string, match: string, budget = '$500'): string =>
  `  ${name}:\n    budget: ${budget}\n    reset: monthly\n    alert: 80%\n    per: workspace_id\n    match: ${match}\n`;
const pace = (name: string, match: string): string =>
  `  ${name}:\n    rate: 5 requests/minute\n    per: workspace_id\n    match: ${match}\n`;
const one = (model: string): string => `{model: "@openai/${model}"}`;
const some = (...models: readonly string[]): string =>
  `{model: [${models.map((name) => `"@openai/${name}"`).join(', ')}]}`;

/** Found by no rule, of every sort: entries are in the order of their names. */
const quiet = [
  spend('a-all', 'all'),
  spend('a-any', '{model: "*"}'),
  spend('a-priced', one('gpt-4o')),
  spend('a-requests', one('gpt-4o'), '7 requests'),
  spend('a-team', '{metadata.team: "*"}'),
].join('');
/** Of the line after them. */
const first = 6 + 6 * 5;

describe('unpriced-model', () => {
  it('is told at the match, of each entry', () => {
    const found = told('unpriced-model', quiet + spend('b', one('gpt-zero')) + spend('c', some('gpt-4o', 'gpt-zero')));
    expect(found).toEqual([
      `${first + 5}:5 warning "@openai/gpt-zero" has no price: calls cost nothing here, so that $500 is never used up`,
      `${first + 11}:5 warning "@openai/gpt-zero" has no price: calls cost nothing here`,
    ]);
  });

  it('lists two by name, and more by number and three names', () => {
    expect(told('unpriced-model', spend('b', some('x-1', 'y-2', 'gpt-4o')))).toEqual([
      '11:5 warning "@openai/x-1" and "@openai/y-2" have no price: calls cost nothing here',
    ]);
    expect(told('unpriced-model', spend('b', some('x-1', 'y-2', 'z-3', 'gpt-4o')))).toEqual([
      '11:5 warning 3 models ("@openai/x-1", "@openai/y-2", "@openai/z-3") have no price: calls cost nothing here',
    ]);
  });

  it('says what may be meant of a single one only', () => {
    expect(told('unpriced-model', spend('b', some('gpt-4p', 'gpt-4q', 'gpt-4o')))[0]).not.toContain('did you mean');
  });

  it('of a vendor without prices is told at the match, and of none that may have some', () => {
    const bare = read({ default: entry(0, 0), listed: entry(0, 0) });
    const match = '{model: "@bare/*"}';
    const withBare = (file: ProviderPrices): string[] =>
      told('unpriced-model', spend('b', match), { bare: file } as never);
    expect(withBare(bare)).toEqual([
      '11:5 warning no model of bare has a price: calls cost nothing here, so that $500 is never used up',
    ]);
    expect(withBare(read({ listed: entry(0, 0) }))).toHaveLength(1);
    const priced = [
      { default: entry(0.1, 0) },
      { default: entry(0, 0.1) },
      { default: entry(0, 0, { image: { high: { square: { price: 4 } } } }) },
      { default: { pricing_config: { pay_as_you_go: {}, fixed_cost: { request: { price: 1 } } } } },
      { default: { pricing_config: 7 }, listed: entry(0, 0) },
      { default: entry(0, 0), listed: entry(0, 0), other: entry(0.1, 0.1) },
      { default: entry(0, 0), listed: { pricing_config: 7 } },
    ];
    for (const body of priced) expect(withBare(read(body)), JSON.stringify(body)).toEqual([]);
    expect(withBare(unknown)).toEqual([]);
  });
});

describe('free-model', () => {
  it('is told at the match, of one or several', () => {
    const both = spend('b', one('tiny:free')) + spend('c', '{model: ["@openai/tiny:free", "@lab/small:free"]}');
    const lab = read({ default: entry(0, 0), 'small:free': entry(0, 0) });
    expect(told('free-model', quiet + both, { openai: read(openai), lab } as never)).toEqual([
      `${first + 5}:5 info "@openai/tiny:free" costs nothing by design`,
      `${first + 11}:5 info "@lab/small:free" and "@openai/tiny:free" cost nothing by design`,
    ]);
  });
});

describe('unknown-model', () => {
  it('is told at the match, of each model of each entry', () => {
    const rates = pace('b', some('gpt-4o', 'gpt-4p')) + pace('c', some('gpt-4q', 'gpt-zer'));
    expect(told('unknown-model', quiet + rates)).toEqual([
      `${first + 3}:5 warning "@openai/gpt-4p" is not listed (did you mean "@openai/gpt-4o"?)`,
      `${first + 7}:5 warning "@openai/gpt-4q" is not listed (did you mean "@openai/gpt-4o"?)`,
      `${first + 7}:5 warning "@openai/gpt-zer" is not listed (did you mean "@openai/gpt-zero"?)`,
    ]);
  });
});

describe('dated-model', () => {
  it('is told at the match, behind models that are as they should be', () => {
    const match = '{model: ["@lab/*", "@lab/gpt-4o-2024-08-06", "@openai/gpt-4o-2024-08-06", "@openai/gpt-9"]}';
    expect(told('dated-model', quiet + pace('b', match) + pace('c', some('gpt-4o-2024-08-06', 'gpt-4o')))).toEqual([
      `${first + 3}:5 warning calls that ask for "@openai/gpt-4o" are outside: only "@openai/gpt-4o-2024-08-06" is matched`,
    ]);
  });
});

describe('dated-model, of several', () => {
  it('is told behind a name without a date, and behind one whose usual name is there', () => {
    const dated = { ...openai, o9: entry(1, 1), 'o9-2025-01-01': entry(1, 1) };
    const match = some('a-1', 'gpt-4o', 'gpt-4o-2024-08-06', 'o9-2025-01-01');
    expect(told('dated-model', pace('b', match), { openai: read(dated) })).toEqual([
      '9:5 warning calls that ask for "@openai/o9" are outside: only "@openai/o9-2025-01-01" is matched',
    ]);
  });
});

describe('budget-outpriced', () => {
  it('is told at the amount of the one that is never used up', () => {
    const rich = spend('b-dollars', one('gpt-4o'), '$900') + spend('b-tokens', one('gpt-4o'), '10M tokens');
    expect(told('budget-outpriced', spend('a-requests', one('gpt-4o'), '7 requests') + rich)).toEqual([
      '13:5 info $900 is never used up: policy "b-tokens" ends at 10M tokens monthly, which cost $100 at most',
    ]);
    const poor = spend('b-dollars', one('gpt-4o'), '$9') + spend('b-tokens', one('gpt-4o'), '10M tokens');
    expect(told('budget-outpriced', spend('a-all', 'all') + poor)).toEqual([
      '19:5 info 10M tokens monthly are never used up: they cost $25 at least, and policy "b-dollars" ends at $9',
    ]);
  });

  it('looks at each pair', () => {
    const wide =
      spend('a-dollars', '{model: "@openai/*"}', '$900') + spend('a-tokens', '{model: "@openai/*"}', '10M tokens');
    const named = spend('b-dollars', one('gpt-4o'), '$900') + spend('b-tokens', one('gpt-4o'), '10M tokens');
    expect(told('budget-outpriced', wide + named)).toHaveLength(1);
  });

  it('says nothing of models of which one has no known price, or of a whole vendor', () => {
    const pair = (match: string): string => spend('b', match, '$900') + spend('c', match, '10M tokens');
    expect(told('budget-outpriced', pair(some('gpt-4o', 'gpt-none')))).toEqual([]);
    expect(told('budget-outpriced', pair('{model: ["@openai/gpt-4o", "@openai/*"]}'))).toEqual([]);
    expect(told('budget-outpriced', pair('{metadata.team: nlp}'))).toEqual([]);
  });
});

describe('prices', () => {
  it('that are old or unknown are told of each vendor, at the organisation file', () => {
    const all = { fresh: read(openai), lab: unknown, old: read(openai, 30 * hour), older: read(openai, 72 * hour) };
    const found = (rule: RuleName): string[] =>
      findingsOf(rule, { body: null }, now.getTime(), { prices: pricesOf(all) }).map(
        ({ source, severity, message }) => `${source.file}:${source.line} ${severity} ${message}`,
      );
    expect(found('prices-stale')).toEqual([
      'policies/org.yaml:2 warning the prices of old are 30 h old (prices)',
      'policies/org.yaml:2 warning the prices of older are 3 days old (prices)',
    ]);
    expect(found('prices-unknown')).toEqual(['policies/org.yaml:2 info the mirror answered 503']);
  });
});
