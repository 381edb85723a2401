/** Models that can be called, and what they cost: by the price files, and by what integrations say instead. */

import { describe, expect, it, onTestFinished } from 'vitest';
import { type Asker, type AskerOptions, startAsker } from '../helpers/ask.ts';
import { integrationRow, keyRow, providerRow, smallState, teamA, uuid } from '../helpers/state.ts';
import { orgFile } from '../helpers/world.ts';

const secret = 'pk-of-a-workspace-0123456789';
const models = [
  {
    slug: 'gpt-4o',
    enabled: true,
    is_custom: false,
    is_finetune: false,
    base_model_slug: null,
    name: null,
    configurations: null,
    pricing_config: null,
  },
  {
    slug: 'homemade',
    enabled: true,
    is_custom: true,
    is_finetune: false,
    base_model_slug: null,
    name: null,
    configurations: null,
    pricing_config: null,
  },
  {
    slug: 'ours',
    enabled: true,
    is_custom: true,
    is_finetune: false,
    base_model_slug: null,
    name: null,
    configurations: null,
    pricing_config: {
      type: 'static',
      pay_as_you_go: { request_token: { price: 4 }, response_token: { price: 8 } },
    },
  },
];

const state = smallState({
  apiKeys: [keyRow('app', uuid(11), teamA, { secret })],
  providers: [providerRow('openai-a', uuid(21), teamA)],
  integrations: [
    integrationRow('openai-prod', uuid(31), [teamA], {
      models,
      pricing_adjustments: { multiplier: { default: 1.5 } },
    }),
  ],
});

async function ask(options: AskerOptions = {}): Promise<Asker> {
  const asker = await startAsker({ state, ...options });
  onTestFinished(() => asker.close());
  const prices = asker.emulator.url.replace('/v1', '/pricing');
  asker.write({ 'org.yaml': orgFile(`pricing:\n  source: ${prices}\n`) });
  return asker;
}

interface Models {
  readonly answer: string;
  readonly notes: readonly string[];
  readonly models: readonly { readonly model: string; readonly state: string }[];
}

describe('list_models', () => {
  it('S0-30: each is priced, unpriced or priced by its integration, with override, multiplier and what is in effect', async () => {
    const asker = await ask();
    const { models: rows, answer, notes } = await asker.data<Models>('list_models', { workspace_slug: 'ws-team-a' });
    expect(rows.map(({ model, state: of }) => [model, of])).toEqual([
      ['gpt-4o', 'priced'],
      ['homemade', 'unpriced'],
      ['ours', 'by_integration'],
    ]);
    expect(rows[0]).toMatchObject({
      provider: 'openai-a',
      vendor: 'openai',
      integration: 'openai-prod',
      list_price: { input: { usd: '$2.50' }, output: { usd: '$10.00' } },
      override: null,
      multiplier: { input: 1.5, output: 1.5 },
      effective_price: { input: { usd: '$3.75' }, output: { usd: '$15.00' } },
    });
    expect(rows[1]).toMatchObject({ effective_price: null, why: 'not in the price file' });
    expect(rows[2]).toMatchObject({
      list_price: null,
      override: { input: { usd: '$4.00' }, output: { usd: '$8.00' } },
      effective_price: { input: { usd: '$6.00' }, output: { usd: '$12.00' } },
    });
    expect(answer).toBe('3 models can be called in ws-team-a: 1 priced, 1 unpriced, 1 by integration.');
    expect(notes).toEqual([]);
    expect(asker.wire.every((line) => line.startsWith('GET '))).toBe(true);
  });

  it('goes by the integrations where an admin key is refused, and says so; the key of a workspace is let in', async () => {
    const asker = await ask({ quirks: { modelsNeedWorkspaceKey: true } });
    const { models: rows, notes } = await asker.data<Models>('list_models', { workspace_slug: 'ws-team-a' });
    expect(rows).toHaveLength(3);
    expect(notes[0]).toContain('PORTKEY_WORKSPACE_KEY');
    const env = { PORTKEY_WORKSPACE_KEY: secret };
    const ran = await asker.type('models --workspace ws-team-a --format json', { env });
    expect((JSON.parse(ran.stdout) as { data: Models }).data).toMatchObject({ notes: [], models: { length: 3 } });
  });

  it('asks a self-hosted gateway where its address is set', async () => {
    const asker = await ask({ quirks: { gatewayApart: true } });
    const env = { PORTKEY_GATEWAY_URL: asker.emulator.url.replace('/v1', '/gateway/v1') };
    const ran = await asker.type('models --workspace ws-team-a --format json', { env });
    expect((JSON.parse(ran.stdout) as { data: Models }).data.notes).toEqual([]);
  });

  it('what an integration charges and cannot be read is unknown, not the list price', async () => {
    const asker = await ask({
      faults: [{ path: '/integrations/openai-prod', fault: { kind: 'status', status: 403 } }],
    });
    const { models: rows } = await asker.data<Models>('list_models', { workspace_slug: 'ws-team-a' });
    expect(rows[0]).toMatchObject({ state: 'unknown', effective_price: null });
  });

  it('is the same bytes as `models --format json`, and a table for people', async () => {
    const asker = await ask();
    const ran = await asker.type('models --workspace ws-team-a --format json');
    expect(ran.stdout).toBe(`${JSON.stringify(await asker.call('list_models', { workspace_slug: 'ws-team-a' }))}\n`);
    expect((await asker.type('models --workspace ws-team-a')).stdout).toMatch(
      /gpt-4o +openai-a +priced +\$2\.50 +\$10\.00 +1\.5 +\$3\.75 +\$15\.00/,
    );
  });

  it('names the nearest provider where there is none of a name', async () => {
    const asker = await ask();
    expect(await asker.call('list_models', { workspace_slug: 'ws-team-a', provider: 'openai-b' })).toMatchObject({
      ok: false,
      error: { code: 'not_found', message: expect.stringContaining('openai-a') },
    });
  });
});
