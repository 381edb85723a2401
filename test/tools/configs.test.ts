/** Configs of the gateway: how a call is tried again, cached, and sent on. */

import { describe, expect, it, onTestFinished } from 'vitest';
import { type Asker, type AskerOptions, startAsker } from '../helpers/ask.ts';
import { configRow, smallState, teamA, uuid } from '../helpers/state.ts';

async function ask(options: AskerOptions): Promise<Asker> {
  const asker = await startAsker(options);
  onTestFinished(() => asker.close());
  return asker;
}

const two = [{ provider: '@openai-a' }, { provider: '@openai-b' }];
const contents: Readonly<Record<string, object>> = {
  'pc-any': { strategy: { mode: 'fallback' }, targets: two },
  'pc-kept': { strategy: { mode: 'fallback', on_status_codes: [500, 503] }, targets: two },
  'pc-plain': { provider: '@openai-a', retry: { attempts: 3, on_status_codes: [429] }, cache: { mode: 'simple' } },
  'pc-rates': {
    strategy: { mode: 'loadbalance' },
    targets: [{ strategy: { mode: 'fallback', on_status_codes: [429] }, targets: two }],
  },
};

const state = smallState({
  configs: Object.entries(contents).map(([slug, config], index) =>
    configRow(slug.slice(3), uuid(0x300 + index), teamA, config),
  ),
});

interface Configs {
  readonly answer: string;
  readonly notes: readonly string[];
  readonly configs: readonly { readonly slug: string; readonly flags: readonly string[] }[];
}

describe('list_configs', () => {
  it('S0-29, S0-40, S0-41: strategy, retries and cache of each, and who goes on after a refusal', async () => {
    const asker = await ask({ state });
    const { configs, answer } = await asker.data<Configs>('list_configs', { workspace_slug: 'ws-team-a' });
    const of = (slug: string) => configs.find((config) => config.slug === slug);
    expect(of('pc-any')).toMatchObject({
      strategy: 'fallback',
      targets: 2,
      retry: null,
      cache: null,
      falls_back_on_412: true,
      falls_back_on_429: true,
    });
    expect(of('pc-any')?.flags[0]).toBe('a spent budget falls through to the next target');
    expect(of('pc-kept')).toMatchObject({ falls_back_on_412: false, falls_back_on_429: false, flags: [] });
    expect(of('pc-plain')).toMatchObject({
      strategy: 'single',
      targets: 1,
      retry: { attempts: 3, codes: [429] },
      cache: 'simple',
    });
    expect(of('pc-rates')).toMatchObject({
      strategy: 'loadbalance',
      falls_back_on_412: false,
      falls_back_on_429: true,
    });
    expect(answer).toBe('4 active configs in ws-team-a; 1 goes on to the next target after a spent budget (412).');
    expect(asker.wire.every((line) => line.startsWith('GET '))).toBe(true);
  });

  it('reads the form of the specification as well', async () => {
    const asker = await ask({ state, quirks: { configsInEnvelope: true } });
    expect((await asker.data<Configs>('list_configs', { workspace_slug: teamA })).configs).toHaveLength(4);
  });

  it('says which it could not read, and refuses where it could read none', async () => {
    const asker = await ask({ state, faults: [{ path: '/configs/pc-any', fault: { kind: 'status', status: 403 } }] });
    const { configs, notes } = await asker.data<Configs>('list_configs', { workspace_slug: 'ws-team-a' });
    expect(configs.length).toBeLessThan(4);
    expect(notes[0]).toContain('it is not known what they do');
    const refused = await ask({ state, faults: [{ path: '/configs', fault: { kind: 'status', status: 403 } }] });
    expect(await refused.call('list_configs', { workspace_slug: 'ws-team-a' })).toMatchObject({
      ok: false,
      error: { code: 'unavailable' },
    });
  });

  it('is the same bytes as `configs --format json`, and a table for people', async () => {
    const asker = await ask({ state });
    const ran = await asker.type('configs --workspace ws-team-a --format json');
    expect(ran.stdout).toBe(`${JSON.stringify(await asker.call('list_configs', { workspace_slug: 'ws-team-a' }))}\n`);
    expect((await asker.type('configs --workspace ws-team-a')).stdout).toMatch(
      /pc-any .* fallback +2 +none +none +goes on +goes on/,
    );
  });
});
