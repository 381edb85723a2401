/** Prices of an integration that somebody else sets: what no file declares, what drifts, what a newcomer finds, what is secret. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Rig, type RigOptions, startRig } from '../helpers/rig.ts';
import { integrationRow, smallState, teamA, uuid } from '../helpers/state.ts';
import { orgFile } from '../helpers/world.ts';

const priced = (input: number, output: number, more: object = {}) => ({
  type: 'static',
  pay_as_you_go: { request_token: { price: input }, response_token: { price: output }, ...more },
});
const model = (slug: string, pricing_config: object | null = null, more: object = {}) => ({
  ...{ slug, name: slug, enabled: true, is_custom: false, is_finetune: false, base_model_slug: null },
  ...{ configurations: null, pricing_config: pricing_config as never, ...more },
});
const files = (prices: string, rest = '') => ({
  'org.yaml': orgFile(`integrations:\n  openai-prod:\n    prices:\n${prices.replace(/^/gm, '      ')}\n${rest}`),
});
const agreed = 'multiplier: 0.85\nmodels:\n  gpt-4o:\n    input: $2 per 1M tokens\n    output: $8 per 1M tokens';

async function start(row: Parameters<typeof integrationRow>[3] = {}, options: RigOptions = {}) {
  const integrations = [
    integrationRow('openai-prod', uuid(31), [teamA], {
      pricing_adjustments: { multiplier: { default: 0.85 } },
      models: [model('gpt-4o', priced(2, 8)), model('gpt-4o-mini', priced(0.15, 0.6)), model('o1')],
      ...row,
    }),
  ];
  const rig = await startRig({ files: files(agreed), state: smallState({ integrations }), ...options });
  onTestFinished(() => rig.close());
  return rig;
}

function live(rig: Rig) {
  const [row] = rig.emulator.store.state.integrations;
  if (row === undefined) throw new Error('no integration');
  return row;
}

const planOf = async (rig: Rig, options: Parameters<Rig['plan']>[0] = {}) =>
  JSON.parse((await rig.plan({ ...options, format: 'json' })).stdout) as Record<string, never>;

describe('a price that no file declares', () => {
  it('is unmanaged, by name, and never touched', async () => {
    const rig = await start();
    const unmanaged = { kind: 'integration-prices', name: 'openai-prod', fields: ['price[gpt-4o-mini]'] };
    expect(await planOf(rig)).toMatchObject({ changes: [], unmanaged: [unmanaged] });
    expect((await rig.plan({ verbose: true })).stdout).toContain(
      'prices of integration openai-prod: price[gpt-4o-mini]',
    );
    const before = structuredClone(live(rig));
    expect((await rig.apply()).exit).toBe(0);
    expect(live(rig)).toEqual(before);
    // What somebody adds by hand later, a kind of token included.
    live(rig).pricing_adjustments = { multiplier: { default: 0.85, response_token: 0.9 } };
    expect(await planOf(rig)).toMatchObject({
      changes: [],
      unmanaged: [{ ...unmanaged, fields: ['multiplier[output]', 'price[gpt-4o-mini]'] }],
    });
  });

  it('counts where unmanaged limits are an objection', async () => {
    const rig = await start({}, { files: files(agreed, 'review:\n  unmanaged: fail\n') });
    const { exit, stdout } = await rig.plan();
    expect([exit, stdout]).toEqual([3, expect.stringContaining('unmanaged')]);
  });
});

describe('a price that moves by hand', () => {
  const lower = (rig: Rig) => {
    live(rig).pricing_adjustments = { multiplier: { default: 0.5 } };
  };
  const raise = (rig: Rig) => {
    live(rig).pricing_adjustments = { multiplier: { default: 2 } };
  };
  const drifted = { cause: 'drifted', field_changes: [{ field: 'multiplier[default]' }] };

  it.each([
    ['safe', 'lower', lower, { changes: [{ ...drifted, direction: 'tighten' }], left: [] }],
    ['safe', 'higher', raise, { changes: [], left: [{ ...drifted, direction: 'tighten' }] }],
    ['revert', 'lower', lower, { changes: [drifted], left: [] }],
    ['revert', 'higher', raise, { changes: [drifted], left: [] }],
    ['leave', 'lower', lower, { changes: [], left: [drifted] }],
    ['leave', 'higher', raise, { changes: [], left: [drifted] }],
  ] as const)('in mode %s, %s than declared', async (mode, _, move, expected) => {
    const rig = await start({}, { files: files(agreed, `review:\n  drift: ${mode}\n  guards:\n    spend_up: off\n`) });
    expect((await rig.apply()).exit).toBe(0);
    move(rig);
    expect(await planOf(rig)).toMatchObject(expected);
    const { exit, stdout } = await rig.drift();
    expect([exit, stdout]).toEqual([2, expect.stringContaining('prices of integration openai-prod')]);
    // The mode that is asked for by hand puts back in any case.
    expect((await rig.apply({ revertDrift: true })).exit).toBe(0);
    expect(live(rig).pricing_adjustments).toEqual({ multiplier: { default: 0.85 } });
    expect((await rig.drift()).exit).toBe(0);
  });

  it.each([
    ['a multiplier', { pricing_adjustments: { multiplier: { default: 2 } } }],
    ['a multiplier that is taken away', { pricing_adjustments: null }],
    ['an own price', { models: [model('gpt-4o', priced(2, 9)), model('gpt-4o-mini', priced(0.15, 0.6)), model('o1')] }],
  ])('tighter is left, and drift, plan and apply say so alike: %s', async (_, row) => {
    const rig = await start();
    expect((await rig.apply()).exit).toBe(0);
    Object.assign(live(rig), row);
    const before = structuredClone(live(rig));
    const drift = (await rig.drift()).stdout.replace(/\s+/g, ' ');
    expect(drift).toMatch(/tightened prices of integration openai-prod: .*\(left\)/);
    expect(drift).toContain('To put it back: tollgate apply --revert-drift.');
    const plan = await rig.plan();
    expect([plan.exit, plan.stdout.replace(/\s+/g, ' ')]).toEqual([
      0,
      expect.stringContaining('1 left as set by hand'),
    ]);
    expect((await rig.apply()).exit).toBe(0);
    expect(live(rig)).toEqual(before);
  });

  it.each([
    ['one kind of token dearer, another cheaper', { models: [model('gpt-4o', priced(3, 7))] }],
    ['the catalogue’s price, which may be lower', { models: [model('gpt-4o')] }],
    [
      'a dearer price, and a lower multiplier',
      {
        models: [model('gpt-4o', priced(3, 9))],
        pricing_adjustments: { multiplier: { default: 0.8 } },
      },
    ],
    ['in a form that nobody knows', { models: [model('gpt-4o', { type: 'dynamic' })] }],
  ])('is put back whole where some of it may be looser: %s', async (_, row) => {
    const rig = await start(
      {},
      { files: files(agreed, 'review:\n  guards:\n    spend_up: off\n    impact_unknown: off\n') },
    );
    expect((await rig.apply()).exit).toBe(0);
    Object.assign(live(rig), row);
    expect((await rig.drift()).stdout).not.toContain('(left)');
    expect((await rig.apply()).exit).toBe(0);
    expect([live(rig).models[0]?.pricing_config, live(rig).pricing_adjustments]).toEqual([
      priced(2, 8),
      { multiplier: { default: 0.85 } },
    ]);
  });

  it('of a model is put back as it was declared, the kinds that no file names left as they are', async () => {
    const rig = await start();
    expect((await rig.apply()).exit).toBe(0);
    const [gpt4o] = live(rig).models;
    if (gpt4o === undefined) throw new Error('no model');
    gpt4o.pricing_config = priced(1, 8, { request_audio_token: { price: 40 } }) as never;
    expect(await planOf(rig)).toMatchObject({ changes: [{ cause: 'drifted', direction: 'tighten' }] });
    expect((await rig.apply()).exit).toBe(0);
    expect(live(rig).models[0]?.pricing_config).toEqual(priced(2, 8, { request_audio_token: { price: 40 } }));
  });

  it('is written into the files where that is asked for', async () => {
    const rig = await start();
    expect((await rig.apply()).exit).toBe(0);
    lower(rig);
    expect((await rig.import({ acceptDrift: true })).exit).toBe(0);
    expect(readFileSync(join(rig.folder, 'policies', 'org.yaml'), 'utf8')).toContain('multiplier: 0.5\n');
    expect(await planOf(rig)).toMatchObject({ changes: [], left: [] });
  });
});

describe('a newcomer', () => {
  it('imports what was negotiated, and plans no change', async () => {
    const rig = await start(
      {
        pricing_adjustments: { multiplier: { default: 0.85, request_token: 0.825 } },
        models: [model('gpt-4o', priced(2.5, 10, { cache_read_input_token: { price: 0.0015 } })), model('o1')],
      },
      { files: {} },
    );
    expect((await rig.import()).exit).toBe(0);
    const text = readFileSync(join(rig.folder, 'policies', 'org.yaml'), 'utf8');
    expect(text).toContain('multiplier:\n        default: 0.85\n        input: 0.825\n');
    expect((await rig.validate()).exit).toBe(0);
    expect(await planOf(rig)).toMatchObject({ changes: [], left: [], unmanaged: [] });
    expect((await rig.apply()).exit).toBe(0);
    expect(await planOf(rig)).toMatchObject({ changes: [], record_lines: [] });
  });

  it('adds what is live to files that are there, and leaves what they say', async () => {
    const rig = await start({}, { files: files('multiplier: 0.85  # by contract of 2026') });
    expect((await rig.apply()).exit).toBe(0);
    expect((await rig.import()).exit).toBe(0);
    const text = readFileSync(join(rig.folder, 'policies', 'org.yaml'), 'utf8');
    expect(text).toContain('multiplier: 0.85  # by contract of 2026');
    const plan = await planOf(rig);
    expect(plan).toMatchObject({ changes: [] });
  });
});

describe('a secret of the integration', () => {
  const canary = 'canary-7f3a';
  const secret = (name: string) => `${canary}-${name}`;

  /** Everything below a folder, as text. */
  function textBelow(folder: string): string {
    return readdirSync(folder)
      .map((name) => join(folder, name))
      .map((path) => (statSync(path).isDirectory() ? textBelow(path) : readFileSync(path, 'utf8')))
      .join('\n');
  }

  it('is in no plan, record, file or log, and in nothing that is sent', async () => {
    const rig = await start({
      pricing_adjustments: { multiplier: { default: 0.5 } },
      masked_key: secret('key'),
      configurations: { api_key: secret('config'), aws_secret_access_key: secret('aws'), nested: [{ t: secret('n') }] },
      secret_mappings: [{ target_field: 'key', secret_reference_id: secret('mapping') }] as never,
      description: secret('description'),
      models: [
        model('gpt-4o', priced(1, 4), {
          name: secret('model-name'),
          configurations: { custom_host: 'https://llm.example.com', headers: { authorization: secret('header') } },
        }),
      ],
    });
    const said: string[] = [];
    const hear = ({ stdout, stderr }: { stdout: string; stderr: string }) => said.push(stdout, stderr);
    for (const format of ['text', 'json', 'markdown'] as const) hear(await rig.plan({ format }));
    hear(await rig.plan({ verbose: true, out: join(rig.folder, 'plan.json') }));
    const applied = await rig.apply();
    hear(applied);
    expect(applied.exit).toBe(0);
    live(rig).pricing_adjustments = { multiplier: { default: 0.9 } };
    hear(await rig.drift());
    hear(await rig.import());
    // A write that is refused is told as well.
    const fault = { kind: 'status', status: 400 } as const;
    rig.emulator.faults.set([{ method: 'PUT', path: '/integrations/openai-prod', fault }]);
    hear(await rig.apply());
    const sent = rig.emulator.requests.recent.filter(({ method }) => method !== 'GET');
    expect(sent.length).toBeGreaterThan(0);
    expect(JSON.stringify(sent)).not.toContain(canary);
    expect(said.join('\n')).toContain('openai-prod');
    expect(said.join('\n')).not.toContain(canary);
    expect(textBelow(rig.folder)).not.toContain(canary);
    // It is live still, as it was.
    expect(live(rig)).toMatchObject({ masked_key: secret('key'), description: secret('description') });
  });
});

it('a factor in an unknown form that is left by hand is sent as it is beside another change', async () => {
  const off = 'review:\n  drift: leave\n  guards:\n    spend_up: off\n    impact_unknown: off\n';
  const rig = await start({}, { files: files('multiplier:\n  default: 0.85\n  input: 0.9', off) });
  live(rig).pricing_adjustments = { multiplier: { default: 0.85, request_token: 0.9 } };
  expect((await rig.apply()).exit).toBe(0);
  const tiers = { '1': 0.8, '2': 0.7 };
  live(rig).pricing_adjustments = { multiplier: { default: 0.85, request_token: tiers } } as never;
  rig.write(files('multiplier:\n  default: 0.8\n  input: 0.9', off));
  expect((await rig.apply()).exit).toBe(0);
  expect(live(rig).pricing_adjustments).toEqual({ multiplier: { default: 0.8, request_token: tiers } });
});

it('a price that the service does not take away is not said to be gone', async () => {
  const rig = await start({}, { files: files(agreed, 'review:\n  guards:\n    impact_unknown: off\n') });
  expect((await rig.apply()).exit).toBe(0);
  rig.emulator.setQuirks({ nullKeepsPrices: true });
  rig.write(files('multiplier: 0.85\nmodels:\n  gpt-4o: none', 'review:\n  guards:\n    impact_unknown: off\n'));
  const { exit, stdout, stderr } = await rig.apply();
  expect(exit).toBe(5);
  expect((stdout + stderr).replace(/\s+/g, ' ')).toMatch(/price of gpt-4o.*\$2/);
  expect(live(rig).models[0]?.pricing_config).toEqual(priced(2, 8));
});

/** The service's documents disagree on the unit of `pricing_config`: per token, or per million. */
describe('a live price that fits the other reading alone', () => {
  const perToken = priced(0.0000025, 0.00001);
  const own = 'models:\n  gpt-4o:\n    input: $2.50 per 1M tokens\n    output: $10 per 1M tokens';

  it('stops every price of its integration, until somebody says by a word what it is', async () => {
    const rig = await start({ models: [model('gpt-4o'), model('o1', perToken)] }, { files: files(own) });
    const before = structuredClone(live(rig));
    const { stdout } = await rig.plan();
    expect(stdout.replace(/\s+/g, ' ')).toMatch(
      /BLOCKED by rules, impact-unknown.*the live price of o1 .* reads like one per token/,
    );
    expect((await rig.apply()).exit).toBe(3);
    expect(live(rig)).toEqual(before);
    const words = [...stdout.matchAll(/--allow (\S+)/g)].flatMap(([, word]) => word ?? []);
    expect((await rig.apply({ allow: words })).exit).toBe(0);
    expect(live(rig).models).toMatchObject([{ pricing_config: priced(2.5, 10) }, { pricing_config: perToken }]);
  });

  it('is no reason against a multiplier, which has no unit', async () => {
    const rig = await start({ models: [model('gpt-4o', perToken)] }, { files: files('multiplier: 0.8') });
    expect((await rig.apply()).exit).toBe(0);
  });

  it('is not imported in digits that no file holds, and doubted where a file can say it', async () => {
    const rig = await start(
      { models: [model('gpt-4o', perToken), model('o1', priced(0.000015, 0.00006))] },
      { files: {} },
    );
    const { exit, stdout } = await rig.import();
    expect([exit, stdout.replace(/\s+/g, ' ')]).toEqual([0, expect.stringContaining('price[gpt-4o]')]);
    const org = readFileSync(join(rig.folder, 'policies', 'org.yaml'), 'utf8');
    expect(org).toContain('o1:\n          input: $0.000015 per 1M tokens');
    const plan = await rig.plan({ verbose: true });
    expect([plan.exit, plan.stdout.replace(/\s+/g, ' ')]).toEqual([
      0,
      expect.stringContaining('reads like one per token'),
    ]);
  });
});

it('a price of $0 asks for a word, as a multiplier of 0 is refused', async () => {
  const nothing = 'models:\n  o1:\n    input: $0 per 1M tokens\n    output: $0 per 1M tokens';
  const rig = await start({}, { files: files(nothing) });
  const { exit, stdout } = await rig.plan();
  const said = stdout.replace(/\s+/g, ' ');
  expect([exit, said]).toEqual([3, expect.stringContaining('what is free ends no budget')]);
  expect(said).toContain('--allow spend-up=unbounded@');
  expect(said).toContain('o1 is free: no budget in dollars ends its calls');
});
