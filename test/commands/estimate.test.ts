import { chmodSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { sampleSeed } from '../../src/emulator/sample/seed.ts';
import { cachePathOf, renderCacheEntry } from '../../src/prices/cache-entry.ts';
import { answer, type Handler, type Loopback, serve } from '../client/loopback.ts';
import { parseOutput, type Rig, type RigOptions, startRig, writeIn } from '../helpers/rig.ts';
import { testNow } from '../helpers/session.ts';
import { orgFile } from '../helpers/world.ts';
import { entry } from '../prices/kit.ts';

const hour = 3_600_000;
const day = 24 * hour;

const files: Readonly<Record<string, unknown>> = {
  openai: {
    default: entry(0, 0),
    'gpt-4o': entry(0.00025, 0.001),
    'gpt-4o-mini': entry(0.000015, 0.00006),
    'gpt-5': entry(0.000125, 0.001),
    image: entry(0, 0, { image: { high: { square: { price: 4 } } } }),
  },
  anthropic: { default: entry(0, 0), 'claude-3-5-sonnet-20241022': entry(0.0003, 0.0015) },
  google: { default: entry(0, 0), 'gemini-2.0-flash-001': entry(0.00001, 0.00004) },
};

const rigs: Rig[] = [];

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

async function start(options: RigOptions = {}): Promise<Rig> {
  // No key: an estimate needs none.
  const rig = await startRig({ ...options, env: { PORTKEY_API_KEY: undefined, ...options.env } });
  rigs.push(rig);
  return rig;
}

/** Serves `files` at `/v1/<provider>.json`. */
const published: Handler = ({ url }, response) => {
  const name = /^\/v1\/(.+)\.json$/.exec(url.pathname)?.[1] ?? '';
  return files[name] ?? answer(response, 404);
};

async function startWithPrices(handler = published): Promise<{ rig: Rig; pricing: string; service: Loopback }> {
  const service = await serve(handler);
  return { rig: await start(), pricing: service.baseUrl, service };
}

function writeFolder(rig: Rig, changed = new Date(testNow)): void {
  for (const [name, body] of Object.entries(files)) {
    writeIn(rig.folder, `prices/${name}.json`, JSON.stringify(body));
    utimesSync(join(rig.folder, `prices/${name}.json`), changed, changed);
  }
}

/** Lowest, expected and highest of every row of the table. */
function figuresOf(stdout: string): Record<string, string[]> {
  const rows = stdout.split('\n').filter((line) => /^(@|all,)/.test(line) && !line.includes(' · '));
  return Object.fromEntries(
    rows.map((row) => row.split(/ {2,}/)).map(([name = '', ...cells]) => [name, cells.slice(-3)]),
  );
}

describe('the figures', () => {
  it('are those of the published prices, to the cent', async () => {
    const { rig, pricing } = await startWithPrices();
    const model = [
      '@openai/gpt-4o',
      '@openai/gpt-4o-mini',
      '@openai/gpt-5',
      '@anthropic/claude-3-5-sonnet-20241022',
      '@google/gemini-2.0-flash-001',
    ];
    const { exit, stdout, stderr } = await rig.estimate({ pricing, model });
    expect([exit, stderr]).toEqual([0, '']);
    expect(figuresOf(stdout)).toEqual({
      '@openai/gpt-4o': ['$25', '$43.75', '$100'],
      '@openai/gpt-4o-mini': ['$1.50', '$2.63', '$6'],
      '@openai/gpt-5': ['$12.50', '$34.38', '$100'],
      '@anthropic/claude-3-5-sonnet-20241022': ['$30', '$60', '$150'],
      '@google/gemini-2.0-flash-001': ['$1', '$1.75', '$4'],
      'all, in equal shares': ['$1', '$28.50', '$150'],
    });
  });

  it('count back', async () => {
    const { rig, pricing } = await startWithPrices();
    const { stdout } = await rig.estimate({ pricing, budget: '$500' });
    expect(figuresOf(stdout)).toEqual({ '@openai/gpt-4o': ['50M tokens', '114,285,714 tokens', '200M tokens'] });
  });

  it('S2-5: follow the mix, and say when it is assumed', async () => {
    const { rig, pricing } = await startWithPrices();
    expect((await rig.estimate({ pricing })).stdout).toContain('at 3:1 of input and output (assumed');
    const { stdout } = await rig.estimate({ pricing, mix: '1:1' });
    expect(stdout).toContain('at 1:1 of input and output (from --mix)');
    expect(figuresOf(stdout)['@openai/gpt-4o']).toEqual(['$25', '$62.50', '$100']);
  });

  it('do not make a little nothing', async () => {
    const { rig, pricing } = await startWithPrices();
    const { stdout } = await rig.estimate({ pricing, budget: '10k tokens', model: ['@openai/gpt-4o-mini'] });
    expect(figuresOf(stdout)['@openai/gpt-4o-mini']).toEqual(['under $0.01', 'under $0.01', '$0.01']);
  });

  it('say "at least" where a price is unknown, and why', async () => {
    const { rig, pricing } = await startWithPrices();
    const model = ['@openai/gpt-4o', '@openai/gpt-4x', '@voyage/voyage-3', '@openai/image'];
    const { exit, stdout } = await rig.estimate({ pricing, model });
    // No file for a provider is an answer.
    expect(exit).toBe(0);
    expect(figuresOf(stdout)).toMatchObject({
      '@openai/gpt-4x': ['unknown', 'unknown', 'unknown'],
      '@voyage/voyage-3': ['unknown', 'unknown', 'unknown'],
      '@openai/image': ['unknown', 'unknown', 'unknown'],
      'all, in equal shares': ['unknown', 'at least $10.94', 'at least $100'],
    });
    expect(stdout).toContain('@openai/gpt-4x · no price: not in the price file; gpt-4o is listed');
    expect(stdout).toContain('@voyage/voyage-3 · unknown: there is no price file for voyage');
    expect(stdout).toContain('its cost cannot be derived from tokens');
    expect(stdout).toContain('count nothing against a budget in dollars; budgets in tokens count them');
  });

  it('mistakes-F7: an estimate goes on without policy files, and not with files that have errors', async () => {
    const { rig, pricing } = await startWithPrices();
    mkdirSync(join(rig.folder, 'empty'));
    const ran = await rig.estimate({ pricing, dir: 'empty' });
    expect([ran.exit, ran.stderr]).toEqual([0, expect.stringMatching(/: going on without policy files\n/)]);
    expect((await rig.estimate({ pricing, dir: 'empty', quiet: true })).stderr).not.toContain('going on');
    expect((await rig.estimate({ pricing, dir: 'nowhere' })).exit).toBe(1);
    writeFileSync(join(rig.folder, 'empty', 'org.yaml'), 'kind: org\n');
    expect((await rig.estimate({ pricing, dir: 'empty' })).exit).toBe(1);
  });

  it('are the same in JSON, exact, with source and age of every price', async () => {
    const { rig, pricing } = await startWithPrices();
    await rig.estimate({ pricing });
    const later = { now: testNow + 3 * hour };
    const document = parseOutput(
      await rig.estimate({ pricing, format: 'json', model: ['@openai/gpt-4o-mini'] }, later),
    );
    expect(document).toMatchObject({
      version: 1,
      ok: true,
      budget: { unit: 'tokens', amount: 10_000_000, text: '10M tokens' },
      mix: { input: 3, output: 1, input_share: '3/4', assumed: true },
      models: [
        {
          model: '@openai/gpt-4o-mini',
          kind: 'priced',
          cents_per_token: [{ input: '3/200000', output: '3/50000', where: null }],
          source: {
            kind: 'address',
            from: `${pricing}/openai.json`,
            as_of: '2026-11-20T12:00:00.000Z',
            age_seconds: 3 * 3600,
            cached: true,
          },
          estimate: {
            unit: 'cents',
            lowest: { bound: 'exact', value: '150', text: '$1.50' },
            expected: { bound: 'exact', value: '525/2', text: '$2.63' },
            highest: { bound: 'exact', value: '600', text: '$6' },
          },
        },
      ],
      all: null,
    });
  });

  it('fit the terminal, but for the table', async () => {
    const { rig, pricing } = await startWithPrices();
    const model = ['@openai/gpt-4o', '@openai/gpt-4x', '@openai/image'];
    const { stdout } = await rig.estimate({ pricing, model }, { columns: 60 });
    const lines = stdout.split('\n').filter((line) => !/^(model|@\S+ {2}|all,)/.test(line));
    expect(lines.length).toBeGreaterThan(8);
    expect(lines.filter((line) => line.length > 60)).toEqual([]);
  });

  it('are the same in markdown, where names are text', async () => {
    const { rig, pricing } = await startWithPrices();
    const model = ['@openai/gpt-4o', '@openai/<b>x</b>'];
    const { stdout } = await rig.estimate({ pricing, model, format: 'markdown' });
    expect(stdout).toMatch(/^\| &#64;&#8203;openai\/gpt-4o \| \$2\.50 \| \$10\.00 \| \$25 \| \$43\.75 \| \$100 \|$/m);
    expect(stdout).not.toContain('<b>');
  });
});

describe('copies', () => {
  it('S2-2: last 24 hours', async () => {
    const { rig, pricing, service } = await startWithPrices();
    const run = async (after: number) => {
      const { exit, stdout } = await rig.estimate({ pricing }, { now: testNow + after });
      expect(exit).toBe(0);
      return [service.seen.length, stdout.split('\n').find((line) => line.startsWith('Prices: '))];
    };
    const from = `Prices: ${pricing}/openai.json, read`;
    expect(await run(0)).toEqual([1, `${from} 2026-11-20 12:00 UTC, under a minute ago`]);
    expect(await run(day - 1)).toEqual([1, `${from} 2026-11-20 12:00 UTC, 23 h ago (kept copy)`]);
    expect(await run(day)).toEqual([2, `${from} 2026-11-21 12:00 UTC, under a minute ago`]);
    expect(await run(day + hour)).toEqual([2, `${from} 2026-11-21 12:00 UTC, 1 h ago (kept copy)`]);
  });

  it('are asked for once in a run, one file a provider', async () => {
    const { rig, pricing, service } = await startWithPrices();
    await rig.estimate({ pricing, model: ['@openai/gpt-4o', '@openai/gpt-5', '@google/x', '@openai/gpt-4o'] });
    expect(service.seen.map(({ url }) => url.pathname).sort()).toEqual(['/v1/google.json', '/v1/openai.json']);
  });

  it('of what is not there are kept too', async () => {
    const { rig, pricing, service } = await startWithPrices();
    await rig.estimate({ pricing, model: ['@voyage/x'] });
    await rig.estimate({ pricing, model: ['@voyage/x'] }, { now: testNow + hour });
    expect(service.seen).toHaveLength(1);
  });

  it('of one source do not stand in for another', async () => {
    const { rig, pricing, service } = await startWithPrices();
    await rig.estimate({ pricing });
    await rig.estimate({ pricing: `${pricing}/` });
    expect(service.seen).toHaveLength(1);
    const mirror = await serve(published);
    await rig.estimate({ pricing: mirror.baseUrl });
    expect(mirror.seen).toHaveLength(1);
  });

  it('S2-2: are all that is used offline, with their age', async () => {
    const { rig, pricing, service } = await startWithPrices();
    await rig.estimate({ pricing });
    const { exit, stdout } = await rig.estimate({ pricing, offline: true }, { now: testNow + 3 * day });
    expect([exit, service.seen.length]).toEqual([0, 1]);
    expect(figuresOf(stdout)['@openai/gpt-4o']?.[0]).toBe('$25');
    expect(stdout).toContain('! offline: the prices of openai are 3 days old, more than 24 h');
    const fresh = await rig.estimate({ pricing, offline: true }, { now: testNow + hour });
    expect(fresh.stdout).not.toContain('!');
    expect(fresh.stdout).toContain('1 h ago (kept copy)');
    const none = await rig.estimate({ pricing, offline: true, model: ['@google/gemini-2.0-flash-001'] });
    expect([none.exit, service.seen.length]).toEqual([6, 1]);
    expect(none.stdout).toContain('offline, and there is no copy of the prices of google');
  });

  it('are used when the address fails, and that is said', async () => {
    const { rig, pricing } = await startWithPrices((seen, response, count) =>
      count === 1 ? published(seen, response, count) : answer(response, 500),
    );
    await rig.estimate({ pricing });
    const { exit, stdout } = await rig.estimate({ pricing }, { now: testNow + 2 * day });
    expect(exit).toBe(0);
    expect(stdout).toMatch(
      /! the prices of openai cannot be read from .*answered 500.*; used instead: a copy that is 2 days old/,
    );
    expect(figuresOf(stdout)['@openai/gpt-4o']?.[0]).toBe('$25');
  });

  it('that are damaged are passed over with a word', async () => {
    const { rig, pricing, service } = await startWithPrices();
    await rig.estimate({ pricing });
    const folder = join(rig.folder, '.cache/tollgate/prices');
    const [name = ''] = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.json'),
    );
    const file = join(folder, name);
    // One digit: gpt-4o would cost twice as much.
    writeFileSync(file, readFileSync(file, 'utf8').replace('0.00025', '0.00050'));
    const { exit, stdout } = await rig.estimate({ pricing });
    expect([exit, service.seen.length]).toEqual([0, 2]);
    expect(stdout).toMatch(/! the copy of the prices of openai in .* was passed over: it is damaged/);
    expect(figuresOf(stdout)['@openai/gpt-4o']?.[0]).toBe('$25');
    expect((await rig.estimate({ pricing })).stdout).not.toContain('!');
  });

  it('that another version could read are passed over too', async () => {
    const { rig, pricing, service } = await startWithPrices();
    const copy = {
      source: pricing,
      provider: 'openai',
      fetchedAt: new Date(testNow).toISOString(),
      body: { m: 'odd' },
    };
    writeIn(rig.folder, join('.cache/tollgate/prices', cachePathOf(pricing, 'openai')), renderCacheEntry(copy));
    const { exit, stdout } = await rig.estimate({ pricing });
    expect([exit, service.seen.length]).toEqual([0, 1]);
    expect(stdout).toContain('was passed over');
  });

  it('that cannot be kept cost nothing but the next request', async () => {
    const { rig, pricing, service } = await startWithPrices();
    writeIn(rig.folder, 'file', '');
    const session = { env: { XDG_CACHE_HOME: join(rig.folder, 'file') } };
    const { exit, stdout } = await rig.estimate({ pricing }, session);
    await rig.estimate({ pricing }, { env: { HOME: undefined } });
    expect([exit, service.seen.length]).toEqual([0, 2]);
    expect(stdout).toContain('no copy of prices can be kept');
  });
});

describe('a source that fails', () => {
  it.each<[string, Handler, string]>([
    ['refuses', (_seen, response) => answer(response, 403), 'answered 403'],
    ['sends a page', (_seen, response) => answer(response, 200, '<html>'), 'not JSON'],
    ['sends another document', () => ({ error: 'maintenance' }), 'make no sense'],
    ['sends a list', () => [entry(1, 1)], 'make no sense'],
    ['nests without end', (_seen, response) => answer(response, 200, '['.repeat(200_000) + ']'.repeat(200_000)), ''],
    ['nests in an entry', (_seen, response) => answer(response, 200, deep(100_000)), ''],
  ])('%s: unknown, exit 6, and nothing is kept of it', async (_name, handler, why) => {
    const { rig, pricing, service } = await startWithPrices(handler);
    const { exit, stdout, stderr } = await rig.estimate({ pricing });
    expect([exit, stderr]).toEqual([6, '']);
    expect(stdout).toContain(why);
    expect(figuresOf(stdout)['@openai/gpt-4o']).toEqual(['unknown', 'unknown', 'unknown']);
    expect(parseOutput(await rig.estimate({ pricing, format: 'json' }))).toMatchObject({ ok: false, all: null });
    expect(service.seen.length).toBe(2);
  });

  it('is no reason to ask for what an address in plain http could change', async () => {
    const { exit, stderr } = await (await start()).estimate({ pricing: 'http://prices.example.com' });
    expect([exit, stderr]).toEqual([1, expect.stringContaining('plain http')]);
  });
});

function deep(levels: number): string {
  return `{"gpt-4o": {"pricing_config": {"pay_as_you_go": ${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}}}}`;
}

describe('a folder', () => {
  it('S2-9: is read without any request', async () => {
    const rig = await start();
    writeFolder(rig);
    const { exit, stdout } = await rig.estimate({ pricing: 'prices', model: ['@openai/gpt-4o', '@voyage/x'] });
    expect(exit).toBe(0);
    expect(stdout).toContain('Prices: prices/openai.json, last changed 2026-11-20 12:00 UTC, under a minute ago');
    expect(stdout).toContain('there is no price file for voyage (prices/voyage.json)');
    expect(stdout).not.toContain('Prices: prices/voyage.json');
    expect(readdirSync(rig.folder)).not.toContain('.cache');
  });

  it('S2-9, S2-21: is old after 30 days', async () => {
    const rig = await start();
    writeFolder(rig);
    const at = (now: number) => rig.estimate({ pricing: 'prices' }, { now });
    expect((await at(testNow + 30 * day)).stdout).not.toContain('!');
    expect((await at(testNow + 31 * day)).stdout).toContain(
      '! prices/openai.json was last changed 31 days ago, more than 30 days',
    );
  });

  it('that cannot be read is the fault of who wrote it', async () => {
    const rig = await start();
    writeIn(rig.folder, 'prices/openai.json', '{');
    expect(await rig.estimate({ pricing: 'prices' })).toMatchObject({
      exit: 1,
      stdout: expect.stringContaining('prices/openai.json is not JSON'),
    });
    expect(await rig.estimate({ pricing: 'nowhere' })).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('there is no folder nowhere'),
    });
    expect(await rig.estimate({ pricing: 'prices/openai.json' })).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('is a file'),
    });
    if (process.getuid?.() === 0) return;
    chmodSync(join(rig.folder, 'prices/openai.json'), 0);
    expect(await rig.estimate({ pricing: 'prices' })).toMatchObject({
      exit: 1,
      stdout: expect.stringContaining('EACCES'),
    });
  });
});

describe('the organisation file', () => {
  it('names the source, relative to itself, and the age; a flag goes before it', async () => {
    const rig = await start({ files: { 'org.yaml': orgFile('pricing:\n  source: ../prices\n  max_age: 2d\n') } });
    writeFolder(rig);
    const old = await rig.estimate({}, { now: testNow + 3 * day });
    expect(old.stdout).toContain('../prices/openai.json was last changed 3 days ago, more than 2 days');
    expect(figuresOf(old.stdout)['@openai/gpt-4o']?.[0]).toBe('$25');
    expect((await rig.estimate({}, { now: testNow + 2 * day })).stdout).not.toContain('!');
    expect((await rig.estimate({ pricing: 'elsewhere' })).exit).toBe(1);
  });

  it('says how long a copy lasts', async () => {
    const service = await serve(published);
    const source = `pricing:\n  source: ${service.baseUrl}\n  max_age: 1h\n`;
    const rig = await start({ files: { 'org.yaml': orgFile(source) } });
    await rig.estimate();
    await rig.estimate({}, { now: testNow + hour - 1 });
    expect(service.seen).toHaveLength(1);
    await rig.estimate({}, { now: testNow + hour });
    expect(service.seen).toHaveLength(2);
  });

  it.each([
    ['saas', null],
    ['hybrid', 'may count by older ones'],
    ['air-gapped', 'which may be older'],
  ])('S2-7, S2-8: says what a %s deployment means', async (deployment, said) => {
    const rig = await start({ files: { 'org.yaml': orgFile(`gateway:\n  deployment: ${deployment}\n`) } });
    writeFolder(rig);
    const { stdout } = await rig.estimate({ pricing: 'prices' });
    if (said === null) expect(stdout).not.toContain('!');
    else expect(stdout).toContain(said);
  });

  it('of an air-gapped deployment without a source makes no request', async () => {
    const rig = await start({ files: { 'org.yaml': orgFile('gateway:\n  deployment: air-gapped\n') } });
    const { exit, stdout } = await rig.estimate();
    expect(exit).toBe(6);
    expect(stdout).toContain('unknown: offline, and there is no copy');
    expect(stdout).toContain('! air-gapped: no request is made; name a folder or a mirror');
    const service = await serve(published);
    expect((await rig.estimate({ pricing: service.baseUrl })).exit).toBe(0);
    expect(service.seen).toHaveLength(1);
  });

  it('with an error is refused; without any an estimate is made', async () => {
    const rig = await start({ files: { 'org.yaml': orgFile('colour: red\n') } });
    writeFolder(rig);
    expect(await rig.estimate({ pricing: 'prices' })).toMatchObject({
      exit: 1,
      stdout: expect.stringContaining('colour'),
    });
    expect((await rig.estimate({ pricing: 'prices', dir: 'nowhere' })).exit).toBe(1);
  });
});

describe('an integration', () => {
  const state = () => {
    const seed = sampleSeed(new Date(testNow));
    const prod = seed.integrations.find(({ slug }) => slug === 'openai-prod');
    if (prod === undefined) throw new Error('the sample has no openai-prod');
    prod.pricing_adjustments = { multiplier: { default: 0.8 } };
    prod.models.push({
      slug: 'in-house',
      name: 'in-house',
      enabled: true,
      is_custom: true,
      is_finetune: false,
      base_model_slug: null,
      configurations: null,
      pricing_config: { type: 'static', pay_as_you_go: { request_token: { price: 5 }, response_token: { price: 20 } } },
    });
    return seed;
  };

  it('S2-11: sets prices of its own and lowers the others by a fifth', async () => {
    const { pricing } = await startWithPrices();
    const rig = await startRig({ state: state() });
    rigs.push(rig);
    const model = ['@openai-prod/gpt-4o', '@openai-prod/in-house', '@openai/gpt-4o', '@openai/in-house'];
    const { exit, stdout } = await rig.estimate({ pricing, model, integration: ['openai-prod'] });
    expect(exit).toBe(0);
    expect(figuresOf(stdout)).toMatchObject({
      '@openai-prod/gpt-4o': ['$20', '$35', '$80'],
      // Dollars per million tokens, times the multiplier as well.
      '@openai-prod/in-house': ['$40', '$70', '$160'],
      '@openai/gpt-4o': ['$25', '$43.75', '$100'],
      '@openai/in-house': ['unknown', 'unknown', 'unknown'],
    });
    expect(stdout).toContain('Prices: integration openai-prod, read 2026-11-20 12:00 UTC');
    expect(rig.emulator.requests.counts).toEqual({ 'GET /integrations/:slug': 1, 'GET /integrations/:slug/models': 1 });
  });

  it('that prices a model itself needs no price file', async () => {
    const { pricing, service } = await startWithPrices();
    const rig = await startRig({ state: state() });
    rigs.push(rig);
    const asked = { pricing, model: ['@openai-prod/in-house'], integration: ['openai-prod'] };
    expect((await rig.estimate(asked)).exit).toBe(0);
    expect(service.seen).toEqual([]);
  });

  it('needs a key, and a name that there is', async () => {
    const rig = await start();
    const asked = { model: ['@openai-prd/gpt-4o'], integration: ['openai-prd'] };
    expect(await rig.estimate(asked)).toMatchObject({ exit: 1, stderr: expect.stringContaining('PORTKEY_API_KEY') });
    expect(await rig.estimate({ ...asked, backend: 'emulator' })).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('did you mean "openai-prod"?'),
    });
    expect(await rig.estimate({ integration: ['openai-prod'], backend: 'emulator' })).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('no model is written `@openai-prod/…`'),
    });
  });
});

it('is answered by the emulator alone, whatever the files say', async () => {
  const rig = await start({ files: { 'org.yaml': orgFile('pricing:\n  source: https://prices.example.com\n') } });
  const { exit, stdout } = await rig.estimate({ backend: 'emulator' });
  expect(exit).toBe(0);
  expect(figuresOf(stdout)['@openai/gpt-4o']).toEqual(['$25', '$43.75', '$100']);
  expect(stdout).toContain('Prices: http://emulator.localhost/pricing/openai.json');
  expect(readdirSync(rig.folder)).not.toContain('.cache');
});

describe('what cannot be estimated', () => {
  it.each([
    [{ model: ['openai/gpt-4o'] }, 'Write --model @openai/gpt-4o.'],
    [{ model: ['@openai/*'] }, 'names no single model'],
    [{ model: ['@../../secret/x'] }, 'names no single model'],
    [{ model: ['@../x'] }, 'names no single model'],
    [{ budget: '500' }, 'has no unit'],
    [{ budget: '00' }, "in single quotes, such as '$500'"],
    [{ budget: '10k requests' }, 'counts requests'],
    [{ budget: '$0' }, 'is nothing'],
    [{ mix: '75%' }, 'Write whole parts'],
    [{ mix: '0:0' }, 'not a mix'],
    [{ offline: true, integration: ['openai'] }, 'exclude each other'],
  ])('%o', async (options, said) => {
    const { exit, stdout, stderr } = await (await start()).estimate({ pricing: 'nowhere', ...options });
    expect([exit, stdout]).toEqual([1, '']);
    expect(stderr).toContain(said);
  });
});
