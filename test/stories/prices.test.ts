/** Negotiated prices in Git: the multipliers of an integration and the prices of its models, from the first line to the last. */

import { afterEach, describe, expect, it } from 'vitest';
import { cheaperOf, unknownPrices } from '../../src/guards/cheaper.ts';
import { buildLiveEntries } from '../../src/importing/live-entries.ts';
import { LiveIndex } from '../../src/live/live-index.ts';
import { readEverything } from '../../src/live/read-everything.ts';
import { printPolicies } from '../../src/policy/print.ts';
import { integrationRow, smallState, teamA, uuid } from '../helpers/state.ts';
import { organisationId, orgFile, startWorld, type World } from '../helpers/world.ts';

let world: World;
afterEach(() => world.close());

const model = (slug: string, pricing_config: Record<string, unknown> | null = null) => ({
  ...{ slug, name: slug, enabled: true, is_custom: false, is_finetune: false, base_model_slug: null },
  configurations: null,
  pricing_config,
});
const perMillion = (input: number, output: number) => ({
  type: 'static',
  pay_as_you_go: { request_token: { price: input }, response_token: { price: output } },
});

async function start(more: Parameters<typeof integrationRow>[3] = {}): Promise<void> {
  const row = integrationRow('openai-prod', uuid(31), [teamA], {
    models: [model('gpt-4o'), model('gpt-4o-mini', perMillion(0.15, 0.6)), model('o1')],
    ...more,
  });
  world = await startWorld({ state: smallState({ integrations: [row] }) });
}

function live() {
  const [row] = world.emulator.store.state.integrations;
  if (row === undefined) throw new Error('no integration');
  return row;
}

const prices = (text: string) => ({
  'policies/org.yaml': orgFile(`integrations:\n  openai-prod:\n    prices:\n${text.replace(/^/gm, '      ')}`),
});
const agreed = prices(
  'multiplier: 0.85\nmodels:\n  gpt-4o:\n    input: $2.50 per 1M tokens\n    output: $10 per 1M tokens',
);

describe('prices of an integration', () => {
  it('are declared, applied as exact decimals and at rest from then on', async () => {
    await start();
    const plan = await world.planOk(agreed);
    expect(plan.changes).toMatchObject([
      { id: 'integration-prices/-/openai-prod', action: 'create', direction: 'loosen', workspaceId: null },
    ]);
    const outcomes = await world.apply(agreed);
    expect(outcomes.map(({ status, detail }) => [status, detail])).toEqual([['applied', null]]);
    expect(live().pricing_adjustments).toEqual({ multiplier: { default: 0.85 } });
    expect(live().models.map(({ slug, pricing_config }) => [slug, pricing_config])).toEqual([
      ['gpt-4o', perMillion(2.5, 10)],
      ['gpt-4o-mini', perMillion(0.15, 0.6)],
      ['o1', null],
    ]);
    const again = await world.planOk(agreed);
    expect([again.changes, again.recordLines]).toEqual([[], []]);
  });

  it('leave alone what no file names, and read or send no secret', async () => {
    await start({
      pricing_adjustments: { multiplier: { reasoning_token: 0.5, image: { default: 2 } } },
      configurations: { openai_organization: 'org-1', masked_secret: 'ab*****' },
      models: [
        {
          ...model('gpt-4o', {
            type: 'static',
            pay_as_you_go: { request_token: { price: 3 }, request_audio_token: { price: 40 } },
          }),
          configurations: { custom_host: 'https://llm.example.com', api_secret: 'hidden' },
        },
      ],
    });
    const before = structuredClone(live());
    await world.apply(agreed);
    const puts = world.emulator.requests.recent.filter(({ method }) => method === 'PUT');
    expect(puts.map(({ path, body }) => [path.replace(/^.*\/v1/, ''), body])).toEqual([
      [
        '/integrations/openai-prod',
        { pricing_adjustments: { multiplier: { reasoning_token: 0.5, image: { default: 2 }, default: 0.85 } } },
      ],
      [
        '/integrations/openai-prod/models',
        {
          models: [
            {
              ...{ slug: 'gpt-4o', enabled: true, is_custom: false, is_finetune: false },
              configurations: { custom_host: 'https://llm.example.com' },
              pricing_config: {
                type: 'static',
                pay_as_you_go: {
                  request_token: { price: 2.5 },
                  response_token: { price: 10 },
                  request_audio_token: { price: 40 },
                },
              },
            },
          ],
        },
      ],
    ]);
    expect(live()).toMatchObject({ masked_key: before.masked_key, configurations: before.configurations });
    expect(JSON.stringify(world.record)).not.toMatch(/masked|secret|custom_host/);
  });

  it('are put back where somebody lowers one by hand, and a price taken from Git is the catalogue’s again', async () => {
    await start();
    await world.apply(agreed);
    live().pricing_adjustments = { multiplier: { default: 0.01 } };
    const drifted = await world.planOk(agreed, { drift: 'safe' });
    expect(drifted.changes).toMatchObject([{ cause: 'drifted', direction: 'tighten' }]);
    await world.apply(agreed);
    expect(live().pricing_adjustments).toEqual({ multiplier: { default: 0.85 } });

    const less = prices('multiplier: 0.85');
    const plan = await world.planOk(less);
    expect(plan.changes).toMatchObject([
      { action: 'update', direction: 'loosen', after: { 'multiplier[default]': '0.85', 'price[gpt-4o]': null } },
    ]);
    await world.apply(less);
    expect(live().models[0]?.pricing_config).toBeNull();
    await world.apply({ 'policies/org.yaml': orgFile() });
    expect(live().pricing_adjustments).toBeNull();
    expect(world.record?.workspaces.flatMap(({ entries }) => entries)).toEqual([]);
    expect(live().models[1]?.pricing_config).toEqual(perMillion(0.15, 0.6));
  });

  it('stay live when they are forgotten', async () => {
    await start();
    await world.apply(agreed);
    const forgetful = { 'policies/org.yaml': orgFile('forget: [integrations/openai-prod/prices]\n') };
    const plan = await world.planOk(forgetful);
    expect(plan.changes).toEqual([]);
    await world.apply(forgetful);
    expect(live().pricing_adjustments).toEqual({ multiplier: { default: 0.85 } });
    expect(live().models[0]?.pricing_config).toEqual(perMillion(2.5, 10));
    expect(world.record?.workspaces.flatMap(({ entries }) => entries)).toEqual([]);
  });

  it.each([
    ['unknown-integration', 'openai-prdo', 'multiplier: 0.85', 'did you mean "openai-prod"?'],
    [
      'unknown-model',
      'openai-prod',
      'models:\n  gpt-4p:\n    input: $1 per 1M tokens\n    output: $1 per 1M tokens',
      'did you mean "gpt-4o"?',
    ],
  ])('%s: what is not there is given no price', async (code, slug, text, said) => {
    await start();
    const [file] = Object.entries(prices(text)).map(([path, body]) => ({ [path]: body.replace('openai-prod', slug) }));
    const { plan, diagnostics } = await world.plan(file ?? {});
    expect(plan).toBeNull();
    expect(diagnostics).toMatchObject([{ code, severity: 'error', message: expect.stringContaining(said) }]);
  });

  it('of a model that is gone again stay owed, and stop nothing else', async () => {
    await start();
    await world.apply(agreed);
    live().models = live().models.filter(({ slug }) => slug !== 'gpt-4o');
    const other = prices(
      'multiplier: 0.9\nmodels:\n  gpt-4o:\n    input: $2.50 per 1M tokens\n    output: $10 per 1M tokens',
    );
    const plan = await world.planOk(other);
    expect(plan.changes).toMatchObject([{ after: { 'multiplier[default]': '0.9' } }]);
    expect(plan.notes.map(({ code }) => code)).toContain('gone');
    expect(await world.apply(other)).toMatchObject([{ status: 'applied' }]);
    expect((await world.planOk(other)).changes).toEqual([]);
  });

  it('are imported by a newcomer, whose plan then has no change', async () => {
    await start({
      pricing_adjustments: { multiplier: { default: 0.8, request_token: 0.75, reasoning_token: 2 } },
      // What it gives to new workspaces stands below the same name.
      global_workspace_access: {
        enabled: true,
        usage_limits: [{ type: 'cost', credit_limit: 50, periodic_reset: 'monthly' }],
        rate_limits: null,
      } as never,
    });
    const index = new LiveIndex(await readEverything(world.backend, []));
    const { entries, leftOut } = buildLiveEntries(index, null);
    expect(leftOut.map(({ field }) => field)).toEqual(['multiplier[reasoning_token]']);
    const files = printPolicies({ environment: 'production', organisation: organisationId, entries, workspaces: [] });
    const [org] = files;
    expect(org?.text).toMatch(/openai-prod:\n {4}new_workspaces:\n {6}budget: \$50\n/);
    expect(org?.text).toContain(
      'prices:\n      multiplier:\n        default: 0.8\n        input: 0.75\n      models:\n        gpt-4o-mini:\n          input: $0.15 per 1M tokens\n          output: $0.60 per 1M tokens\n',
    );
    const plan = await world.planOk({ 'policies/org.yaml': org?.text ?? '' });
    expect(plan.changes).toEqual([]);
  });

  it('cost a plan without them no request', async () => {
    await start();
    await world.planOk({ 'policies/org.yaml': orgFile() });
    expect(world.emulator.requests.recent.filter(({ path }) => path.includes('integrations'))).toEqual([]);
  });
});

describe('a lower price', () => {
  const changeOf = async (from: string, to: string) => {
    await start();
    await world.apply(prices(from));
    const [change] = (await world.planOk(prices(to))).changes;
    if (change === undefined) throw new Error('no change');
    return change;
  };
  const priced = (input: string) =>
    `models:\n  gpt-4o:\n    input: $${input} per 1M tokens\n    output: $8 per 1M tokens`;

  it('is judged as a raise of every budget, exactly at the bound not yet', async () => {
    const change = await changeOf('multiplier: 1', 'multiplier: 0.8');
    expect(change.direction).toBe('loosen');
    expect(cheaperOf(change, 25)).toEqual([]);
    expect(cheaperOf(change, 24)).toMatchObject([{ rise: 25 }]);
  });

  it('is judged together with the multiplier on it, as one change may move both', async () => {
    const both = (factor: string, input: string) => `multiplier: ${factor}\n${priced(input)}`;
    const change = await changeOf(both('1', '2.5'), both('0.8', '2'));
    // 1.25 × 1.25: neither is over the bound alone.
    expect(cheaperOf(change, 57)).toEqual([]);
    expect(cheaperOf(change, 56)).toMatchObject([
      {
        rise: 57,
        detail: expect.stringMatching(/^price of gpt-4o of .* with the multiplier on it: input \$2\.50 → \$2 /),
      },
    ]);
    // Whether the gateway multiplies own prices is not known: a higher price takes nothing back.
    await world.close();
    const opposite = await changeOf(both('1', '2'), both('0.5', '4'));
    expect(cheaperOf(opposite, 25)).toMatchObject([{ rise: 100, detail: expect.stringMatching(/^multiplier of /) }]);
    await world.close();
    const reverse = await changeOf(both('1', '2'), both('2', '1'));
    expect(cheaperOf(reverse, 25)).toMatchObject([{ rise: 100, detail: expect.not.stringContaining('on it') }]);
    await world.close();
    const byKind = (factor: string, input: string) => `multiplier: { input: ${factor}, default: 1 }\n${priced(input)}`;
    expect(cheaperOf(await changeOf(byKind('1', '2.5'), byKind('0.8', '2')), 56)).toMatchObject([{ rise: 57 }]);
    await world.close();
    // From free to a price it costs more, whatever the factor.
    expect(cheaperOf(await changeOf(both('1', '0'), both('0.9', '2')), 25)).toEqual([]);
  });

  it('that is nothing has no bound, and a higher one tightens', async () => {
    expect(cheaperOf(await changeOf(priced('2'), priced('0')), 9999)).toMatchObject([{ rise: 'unbounded' }]);
    await world.close();
    const higher = await changeOf(priced('2'), priced('2.000001'));
    expect([higher.direction, cheaperOf(higher, 0), unknownPrices([higher])]).toEqual(['tighten', [], []]);
  });

  it('beside the catalogue’s is not known, which is not harmless', async () => {
    const change = await changeOf('multiplier: 1', `multiplier: 1\n${priced('2')}`);
    expect([change.direction, unknownPrices([change]).length]).toEqual(['loosen', 1]);
  });
});
