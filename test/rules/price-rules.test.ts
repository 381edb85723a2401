/** Rules over price files, each just below and just above what it finds. All facts are values: nothing is read. */

import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/plan/types.ts';
import { parseIntegrationPrices } from '../../src/prices/integration-prices.ts';
import { parsePriceFile } from '../../src/prices/parse-prices.ts';
import { PriceIndex } from '../../src/prices/price-index.ts';
import type { PriceBook, ProviderPrices, Route } from '../../src/prices/types.ts';
import type { RuleName } from '../../src/rule-names.ts';
import { priceRules, vendorsToPrice } from '../../src/rules/price-rules.ts';
import type { PriceFacts } from '../../src/rules/types.ts';
import { teamA } from '../helpers/state.ts';
import { filesOf, type Given, now, shareObject } from '../plan/kit.ts';
import { entry } from '../prices/kit.ts';
import { desiredFrom } from './facts.ts';
import { findingsOf } from './plan-facts.ts';

const hour = 3_600_000;
const tested = new Set<string>();

function read(body: unknown, age = 0): ProviderPrices {
  const file = parsePriceFile(body);
  if ('problem' in file) throw new Error(file.problem);
  const asOf = new Date(now.getTime() - age).toISOString();
  return {
    status: 'read',
    file,
    provenance: { kind: 'address', from: 'https://prices.example.com', asOf, cached: true },
  };
}

const openai = {
  default: entry(0, 0),
  'gpt-4o': entry(0.00025, 0.001),
  'gpt-4o-2024-08-06': entry(0.00025, 0.001),
  'gpt-4o-mini': entry(0.000015, 0.00006),
  'o9-preview-2026-01-01': entry(0.0001, 0.0002),
  'gpt-zero': entry(0, 0),
  'gpt-small:free': entry(0, 0),
};

const files: Readonly<Record<string, ProviderPrices>> = {
  openai: read(openai),
  sagemaker: read({ default: entry(0, 0) }),
  'reka-ai': read({ default: entry(0.0001, 0.0002), 'reka-core': entry(0.001, 0.002) }),
};

/** @param routes default: the workspace has no provider, so that the files alone count; null: not looked at */
function pricesOf(
  providers: Readonly<Record<string, ProviderPrices>> = files,
  integrations: PriceBook['integrations'] = new Map(),
  routes: readonly Route[] | null = [],
): PriceFacts {
  const book = { providers: new Map(Object.entries(providers)), integrations };
  return {
    index: new PriceIndex(routes === null ? book : { ...book, routes: new Map([[teamA, routes]]) }),
    maxAge: 24 * hour,
  };
}

function find(rule: RuleName, given: Given, prices: PriceFacts | null = pricesOf()): Finding[] {
  tested.add(rule);
  return findingsOf(rule, given, now.getTime(), { prices });
}

const messages = (rule: RuleName, body: string, prices = pricesOf()): string[] =>
  find(rule, { body }, prices).map(({ message }) => message);

interface Written {
  readonly name?: string;
  readonly limit?: string;
  readonly reset?: string;
  readonly per?: string;
}

function policy(
  match: string,
  { name = 'spend', limit = '$500', reset = 'monthly', per = 'workspace_id' }: Written = {},
) {
  const limits = limit.includes('/') ? `rate: ${limit}` : `budget: ${limit}\n    reset: ${reset}\n    alert: 80%`;
  return `  ${name}:\n    ${limits}\n    match: ${match}\n    per: ${per}\n`;
}
const policies = (...entries: readonly string[]): string => `policies:\n${entries.join('')}`;
const models = (...names: readonly string[]): string =>
  `{model: [${names.map((name) => `"@openai/${name}"`).join(', ')}]}`;

describe('unpriced-model', () => {
  it('names the models whose calls cost nothing, at the match', () => {
    const [finding] = find('unpriced-model', { body: policies(policy(models('gpt-4o', 'gpt-zero'))) });
    expect(finding?.message).toBe('"@openai/gpt-zero" has no price: calls cost nothing here');
    expect([finding?.severity, finding?.source]).toEqual(['warning', { file: 'policies/a.yaml', line: 10, column: 5 }]);
  });

  it('says what was probably meant, and that nothing is left that counts', () => {
    expect(messages('unpriced-model', policies(policy(models('gpt-4o-mni'))))).toEqual([
      '"@openai/gpt-4o-mni" has no price (did you mean "@openai/gpt-4o-mini"?): calls cost nothing here, so that $500 is never used up',
    ]);
    expect(messages('unpriced-model', policies(policy(models('a-1', 'b-2', 'c-3', 'd-4'))))).toEqual([
      '4 models ("@openai/a-1", "@openai/b-2", "@openai/c-3" …) have no price: calls cost nothing here, so that $500 is never used up',
    ]);
  });

  it('knows vendors whose file has no price at all', () => {
    expect(messages('unpriced-model', policies(policy('{model: "@sagemaker/*"}')))).toEqual([
      'no model of sagemaker has a price: calls cost nothing here, so that $500 is never used up',
    ]);
    expect(messages('unpriced-model', policies(policy('{provider: sagemaker}')))).toHaveLength(1);
    expect(messages('unpriced-model', policies(policy('{model: ["@sagemaker/*", "@openai/*"]}')))).toEqual([
      'no model of sagemaker has a price: calls cost nothing here',
    ]);
  });

  it.each([
    ['a model with a price', models('gpt-4o')],
    ['a fallback', '{model: "@reka-ai/no-such"}'],
    ['a vendor with prices', '{model: "@openai/*"}'],
    ['a vendor whose default has a price', '{model: "@reka-ai/*"}'],
    ['a vendor that is not known', '{model: "@voyage/voyage-3"}'],
    ['a model that is free on purpose', models('gpt-small:free')],
    ['any model', '{model: "*"}'],
    ['what is left out', '{model: {any: "@openai/*", except: "@openai/gpt-zero"}}'],
    ['no condition', 'all'],
  ])('finds nothing with %s', (_, match) => {
    expect(messages('unpriced-model', policies(policy(match)))).toEqual([]);
  });

  it.each(['10M tokens', '5 requests/minute'])('is about dollars: not about %s', (limit) => {
    expect(messages('unpriced-model', policies(policy(models('gpt-zero'), { limit })))).toEqual([]);
  });

  it('S2-11: believes the price that an integration sets', () => {
    const price = (value: number) => ({
      type: 'static',
      pay_as_you_go: { request_token: { price: value }, response_token: { price: value } },
    });
    const integration = (value: number, vendor = 'openai') =>
      parseIntegrationPrices(
        { slug: 'prod', vendor, adjustments: null, models: [{ slug: 'gpt-zero', pricing_config: price(value) }] },
        { kind: 'integration', from: 'prod', asOf: now.toISOString(), cached: false },
      );
    const found = (own: ReturnType<typeof integration>): number =>
      messages('unpriced-model', policies(policy(models('gpt-zero'))), pricesOf(files, new Map([['prod', own]]), null))
        .length;
    expect([found(integration(2)), found(integration(0)), found(integration(2, 'anthropic'))]).toEqual([0, 1, 1]);
  });

  describe('mistakes-B4: by the ways that calls of the workspace go', () => {
    const asOf = now.toISOString();
    const integration = (slug: string, ...own: readonly string[]) =>
      parseIntegrationPrices(
        {
          slug,
          vendor: 'openai',
          adjustments: null,
          models: own.map((name) => ({
            slug: name,
            pricing_config: { type: 'static', pay_as_you_go: { request_token: { price: 2 } } },
          })),
        },
        { kind: 'integration', from: slug, asOf, cached: false },
      );
    const book = new Map([
      ['own', integration('own', 'gpt-zero', 'gpt-4o-mni')],
      ['bare', integration('bare')],
    ]);
    const way = (name: string | null, slug = `via-${name}`): Route => ({ slug, vendor: 'openai', integration: name });
    const said = (match: string, routes: readonly Route[] | null, rule: RuleName = 'unpriced-model'): string[] =>
      messages(rule, policies(policy(match)), pricesOf(files, book, routes));

    it.each<[string, number, readonly Route[]]>([
      ['one that prices the model', 0, [way('own')]],
      ['one of two prices it', 0, [way('bare'), way('own')]],
      ['one that does not', 1, [way('bare')]],
      ['none', 1, []],
      ['another vendor', 1, [{ ...way('own'), vendor: 'anthropic' }]],
      ['one whose vendor nobody tells', 0, [{ ...way('own'), vendor: null }]],
      ['one that could not be read', 0, [way('locked')]],
      ['a provider without an integration', 1, [way(null)]],
    ])('%s: %i', (_, count, routes) => {
      expect(said(models('gpt-zero'), routes)).toHaveLength(count);
    });

    it('a condition on the provider leaves the others out', () => {
      const both = [way('own'), way('bare')];
      const match = (slug: string) => `{model: "@openai/gpt-zero", virtual_key: ${slug}}`;
      expect([said(match('via-own'), both).length, said(match('via-bare'), both).length]).toEqual([0, 1]);
      expect(said('{model: "@openai/gpt-zero", virtual_key: {except: via-own}}', both)).toHaveLength(1);
    });

    it('where they were not looked at, nothing is said as certain', () => {
      expect(said(models('gpt-zero'), null)).toEqual([]);
      const nobody = messages('unpriced-model', policies(policy(models('gpt-zero'))), pricesOf(files, new Map(), null));
      expect(nobody).toEqual([
        '"@openai/gpt-zero" has no price: calls cost nothing here, so that $500 is never used up, unless an integration sets a price',
      ]);
    });

    it('a name that an integration prices is not a misspelling', () => {
      expect(said(models('gpt-4o-mni'), [way('own')], 'unknown-model')).toEqual([]);
    });

    it('a vendor without prices is priced where an integration sets some', () => {
      const wide = (routes: readonly Route[]) =>
        messages('unpriced-model', policies(policy('{model: "@sagemaker/*"}')), pricesOf(files, book, routes)).length;
      const sagemaker = (name: string) => [{ ...way(name), vendor: 'sagemaker' }];
      expect([wide(sagemaker('own')), wide(sagemaker('bare')), wide(sagemaker('locked'))]).toEqual([0, 1, 0]);
    });
  });
});

describe('free-model', () => {
  it('is said of models that are free by name, and of no other', () => {
    expect(messages('free-model', policies(policy(models('gpt-small:free', 'gpt-4o'))))).toEqual([
      '"@openai/gpt-small:free" costs nothing by design',
    ]);
    expect(messages('free-model', policies(policy(models('gpt-zero', 'gpt-4o'))))).toEqual([]);
    expect(messages('free-model', policies(policy(models('gpt-small:free'), { limit: '1M tokens' })))).toEqual([]);
  });
});

describe('unknown-model', () => {
  it('is found in policies of every kind, where another name is almost the same', () => {
    const said = ['"@openai/gpt-4o-mni" is not listed (did you mean "@openai/gpt-4o-mini"?)'];
    expect(messages('unknown-model', policies(policy(models('gpt-4o-mni'), { limit: '5 requests/minute' })))).toEqual(
      said,
    );
    expect(messages('unknown-model', policies(policy(models('gpt-4o-mni'), { limit: '1M tokens' })))).toEqual(said);
  });

  it('leaves models without a price in budgets of dollars to their own rule', () => {
    expect(messages('unknown-model', policies(policy(models('gpt-4o-mni'))))).toEqual([]);
    expect(messages('unknown-model', policies(policy('{model: "@reka-ai/reka-cor"}')))).toHaveLength(1);
  });

  it.each(['gpt-4o', 'something-else-entirely'])('is not found with %s', (name) => {
    expect(messages('unknown-model', policies(policy(models(name), { limit: '5 requests/minute' })))).toEqual([]);
  });
});

describe('dated-model', () => {
  const rate = { limit: '5 requests/minute' };

  it('is found where callers ask for the name without the date', () => {
    expect(messages('dated-model', policies(policy(models('gpt-4o-2024-08-06'), rate)))).toEqual([
      'calls that ask for "@openai/gpt-4o" are outside: only "@openai/gpt-4o-2024-08-06" is matched',
    ]);
  });

  it.each([
    ['both are named', models('gpt-4o-2024-08-06', 'gpt-4o')],
    ['all of the vendor is named', '{model: ["@openai/gpt-4o-2024-08-06", "@openai/*"]}'],
    ['there is no name without a date', models('o9-preview-2026-01-01')],
    ['there is no date', models('gpt-4o')],
    ['the vendor is not known', '{model: "@voyage/gpt-4o-2024-08-06"}'],
  ])('is not found where %s', (_, match) => {
    expect(messages('dated-model', policies(policy(match, rate)))).toEqual([]);
  });
});

describe('budget-outpriced', () => {
  // 10M tokens of gpt-4o cost $25 to $100.
  const both = (dollars: string, tokens: Written = {}, match = models('gpt-4o')): string[] =>
    messages(
      'budget-outpriced',
      policies(policy(match, { limit: dollars }), policy(match, { name: 'volume', limit: '10M tokens', ...tokens })),
    );

  it('says which of the two is never used up', () => {
    expect(both('$100.01')).toEqual([
      '$100.01 is never used up: policy "volume" ends at 10M tokens monthly, which cost $100 at most',
    ]);
    expect(both('$24.99')).toEqual([
      '10M tokens monthly are never used up: they cost $25 at least, and policy "spend" ends at $24.99',
    ]);
  });

  it.each(['$100', '$50', '$25'])('says nothing where either may come first: %s', (dollars) => {
    expect(both(dollars)).toEqual([]);
  });

  it('compares like with like', () => {
    expect(both('$1,000', { reset: 'weekly' })).toEqual([]);
    expect(both('$1,000', { per: 'api_key' })).toEqual([]);
    expect(both('$1,000', {}, '{model: "@openai/*"}')).toEqual([]);
    expect(both('$1,000', {}, models('gpt-4o', 'gpt-zero-unlisted'))).toEqual([]);
    expect(both('$1,000', {}, 'all')).toEqual([]);
  });
});

describe('custom-prices', () => {
  const given: Given = {
    body: 'integrations:\n  openai-prod:\n    budget: $500\n    reset: monthly\n    alert: 80%\n',
    live: [shareObject()],
  };
  const own = (adjustments: unknown, names: readonly string[] = []) => {
    const price = { type: 'static', pay_as_you_go: { request_token: { price: 1 } } };
    const wire = {
      slug: 'openai-prod',
      vendor: 'openai',
      adjustments,
      models: names.map((slug) => ({ slug, pricing_config: price })),
    };
    const provenance = { kind: 'integration', from: 'openai-prod', asOf: now.toISOString(), cached: false } as const;
    return pricesOf({}, new Map([['openai-prod', parseIntegrationPrices(wire, provenance)]]));
  };
  const said = (prices: PriceFacts): string[] => find('custom-prices', given, prices).map(({ message }) => message);

  it('is told at the budget', () => {
    const [finding] = find('custom-prices', given, own({ multiplier: { request_token: 0.9 } }));
    expect([finding?.severity, finding?.source]).toEqual(['info', { file: 'policies/a.yaml', line: 7, column: 5 }]);
  });

  it('tells multipliers and prices of its own', () => {
    expect(said(own({ multiplier: { default: 1.2 } }))).toEqual(['integration "openai-prod" multiplies prices']);
    expect(said(own({ multiplier: { response_token: 0.9 } }, ['a', 'b']))).toEqual([
      'integration "openai-prod" multiplies prices and sets its own for 2 models',
    ]);
    expect(said(own(null, ['a']))).toEqual(['integration "openai-prod" sets its own for 1 model']);
    expect(said(own({ multiplier: 'x' }))).toEqual(['integration "openai-prod" multiplies prices']);
  });

  it.each([[null], [{ multiplier: { default: 1 } }], [{}]])('says nothing of %j', (adjustments) => {
    expect(said(own(adjustments))).toEqual([]);
  });
});

describe('prices-stale and prices-unknown', () => {
  const body = policies(policy(models('gpt-4o')));

  it('tells prices that are older than they may be, at the organisation file', () => {
    const [finding] = find('prices-stale', { body }, pricesOf({ openai: read(openai, 25 * hour) }));
    expect(finding?.message).toBe('the prices of openai are 25 h old (https://prices.example.com)');
    expect(finding?.source.file).toBe('policies/org.yaml');
    expect(find('prices-stale', { body }, pricesOf({ openai: read(openai, 24 * hour) }))).toEqual([]);
  });

  it('tells what could not be read, and what is not there', () => {
    const provenance = { kind: 'folder', from: 'prices/openai.json', asOf: now.toISOString(), cached: false } as const;
    const unread: ProviderPrices = { status: 'unread', why: 'prices.example.com/openai.json answered 503' };
    expect(messages('prices-unknown', body, pricesOf({ openai: unread }))).toEqual([
      'prices.example.com/openai.json answered 503',
    ]);
    expect(messages('prices-unknown', body, pricesOf({ openai: { status: 'missing', provenance } }))).toEqual([
      'there is no price file for openai (prices/openai.json)',
    ]);
    expect(messages('prices-unknown', body)).toEqual([]);
    expect(messages('unpriced-model', policies(policy(models('gpt-zero'))), pricesOf({ openai: unread }))).toEqual([]);
  });
});

it('asks for the files of the vendors that policies name', () => {
  const desired = desiredFrom(
    Object.entries(
      filesOf({
        body: policies(
          policy(models('gpt-4o')),
          policy('{model: "@sagemaker/*"}', { name: 'b' }),
          policy('{provider: bedrock}', { name: 'c' }),
          policy('{metadata.team: nlp}', { name: 'd' }),
          policy('{provider: "../../etc"}', { name: 'e' }),
        ),
      }),
    ).map(([path, text]) => ({ path, text })),
  );
  expect(vendorsToPrice(desired)).toEqual(['bedrock', 'openai', 'sagemaker']);
});

it('tests every rule over prices', () => {
  expect([...tested].sort()).toEqual(priceRules.map(({ name }) => name as string).sort());
});
