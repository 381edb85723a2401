/** What `status` says of live limits that may limit nobody, whoever made them. */

import { afterEach, describe, expect, it } from 'vitest';
import type { RequestLogRow, StoreState } from '../../src/emulator/store.ts';
import { parseOutput, type Rig, type RigOptions, startRig } from '../helpers/rig.ts';
import {
  configRow,
  keyA1,
  keyRow,
  providerRow,
  ratePolicyRow,
  requestRow,
  smallState,
  teamA,
  usagePolicyRow,
  uuid,
} from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

let rig: Rig;
afterEach(() => rig.close());

interface Said {
  readonly kind: string;
  readonly workspace: string;
  readonly name: string;
  readonly rule: string;
  readonly message: string;
}

interface Document {
  readonly limits_nobody: {
    readonly limits: readonly Said[];
    readonly unknown: readonly Said[];
    readonly not_asked: number;
  } | null;
  readonly key_limits: string | null;
  readonly gaps: readonly { readonly kind: string }[];
}

const keyA9 = uuid(0x99);
const calls: readonly RequestLogRow[] = [
  requestRow({ id: uuid(801), created_at: '2026-11-18T00:00:00.000Z', metadata: { team: 'nlp' } }),
];

function policies(...conditions: readonly (readonly [string, unknown])[]): Partial<StoreState> {
  return {
    requestLogs: [...calls],
    usagePolicies: conditions.map(([key, value], index) =>
      usagePolicyRow(`p${index}`, uuid(100 + index), teamA, { conditions: [{ key, value }] as never }),
    ),
  };
}

async function read(state: Partial<StoreState>, rest: RigOptions = {}, options = {}): Promise<Document> {
  rig = await startRig({ state: smallState(state), ...rest });
  const ran = await rig.status({ since: 0, ...options, format: 'json' });
  expect([ran.exit, rig.emulator.requests.countWrites()]).toEqual([0, 0]);
  return parseOutput(ran) as unknown as Document;
}

async function said(state: Partial<StoreState>, rest: RigOptions = {}): Promise<string[]> {
  const { limits_nobody: nobody } = await read(state, rest);
  return nobody?.limits.map(({ name, rule, message }) => `${name} ${rule}: ${message}`) ?? [];
}

describe('mistakes-J10: live policies whose conditions name what is gone', () => {
  it.each([
    ['a provider', 'virtual_key', 'openai-gone', 'no live provider "openai-gone" in workspace ws-team-a'],
    ['a config', 'config', 'pc-gone', 'no live config "pc-gone" in workspace ws-team-a'],
    ['a key', 'api_key', keyA9, `no live key "${keyA9}" in workspace ws-team-a`],
    ['a vendor', 'provider', 'open-ai', 'no live vendor "open-ai" in workspace ws-team-a'],
  ])('%s is told', async (_, key, value, message) => {
    const found = await said(policies([key, value]));
    expect(found).toHaveLength(1);
    expect(found[0]?.startsWith(`p0 unknown-condition: \`${key}\`: ${message}`)).toBe(true);
  });

  it('a rate policy too', async () => {
    const ratePolicies = [
      ratePolicyRow('pace', uuid(201), teamA, { conditions: [{ key: 'virtual_key', value: 'openai-gone' }] as never }),
    ];
    const { limits_nobody: nobody } = await read({ ratePolicies });
    expect(nobody?.limits).toMatchObject([{ kind: 'rate-policy', workspace: 'ws-team-a', name: 'pace' }]);
  });

  it('what is there is not', async () => {
    const live = {
      configs: [configRow('main', uuid(301), teamA, {})],
      providers: [providerRow('openai-a', uuid(21), teamA)],
      apiKeys: [keyRow('app', keyA1, teamA)],
      requestLogs: [requestRow({ id: uuid(801), api_key_id: keyA1, virtual_key: 'openai-a', config: 'pc-main' })],
    };
    const there = policies(['virtual_key', 'openai-a'], ['config', 'pc-main'], ['api_key', keyA1], ['api_key', '*']);
    expect(await said({ ...there, ...live })).toEqual([]);
  });
});

describe('mistakes-B3: live policies that no call of 30 days met', () => {
  it('are told while the workspace made calls', async () => {
    const found = await said(policies(['metadata.team', 'nlpp'], ['metadata.team', 'nlp'], ['metadata.team', '*']));
    expect(found).toEqual(['p0 matches-no-call: no call of 30 days matches this, while ws-team-a made 1 request']);
  });

  it('are not told where it made none', async () => {
    expect(await said({ ...policies(['metadata.team', 'nlpp']), requestLogs: [] })).toEqual([]);
  });

  it('are asked for of fifty, and the rest is counted', async () => {
    const many = Array.from({ length: 53 }, (_, index) => ['metadata.team', `t${index}`] as const);
    const { limits_nobody: nobody } = await read(policies(...many));
    expect([nobody?.limits.length, nobody?.not_asked]).toEqual([50, 3]);
    expect(rig.emulator.requests.counts['GET /analytics/graphs/requests']).toBe(51);
    expect((await rig.status({ since: 0 })).stdout.replace(/\s+/g, ' ')).toContain(
      'match 3 more limits with conditions were not asked for',
    );
  });

  it('are not known where analytics are refused or have no words, and nothing fails', async () => {
    const { limits_nobody: nobody } = await read(policies(['metadata.team', 'nlpp'], ['prompt', 'pp-x']), {
      quirks: { missingScope: 'analytics.view' },
    });
    expect([nobody?.limits, nobody?.unknown.map(({ name }) => name).sort()]).toEqual([[], ['p0', 'p1']]);
  });
});

describe('live policies that the gateway passes over', () => {
  it('are told by vendors: capital letters, and the slug of a provider', async () => {
    const found = await said(policies(['model', '@OpenAI/gpt-4o'], ['model', '@openai-a/gpt-4o']));
    expect(found.map((text) => text.split(':')[0]).sort()).toEqual(['p0 vendor-case', 'p1 model-by-slug']);
  });

  it('are told by the version of the gateway in the files, unless the finding is silenced there', async () => {
    const org = orgFile('gateway:\n  version: 1.20.0\n');
    const state = policies(['virtual_key', 'openai-a']);
    const files = { 'org.yaml': org, 'a.yaml': workspaceFile('ws-team-a', '') };
    expect(await said(state, { files })).toEqual([
      'p0 gateway-too-old: `virtual_key` in policies needs gateway 2.0.0, and this one is 1.20.0',
    ]);
    const silenced =
      'policies:\n  p0:\n    budget: $100\n    reset: monthly\n    per: workspace_id\n    match: {virtual_key: openai-a}\n' +
      '    silence: {gateway-too-old: it is updated tonight}\n';
    rig.write({ ...files, 'a.yaml': workspaceFile('ws-team-a', silenced) });
    const ran = parseOutput(await rig.status({ since: 0, format: 'json' })) as unknown as Document;
    expect(ran.limits_nobody?.limits).toEqual([]);
  });
});

describe('limits of keys', () => {
  const long = { created_at: '2026-01-01T00:00:00.000Z' };
  const budget = (used: number) => ({
    ...long,
    usage_limits: {
      type: 'cost',
      credit_limit: 100,
      periodic_reset: 'monthly',
      current_usage: used,
      last_reset_at: '2026-11-01T00:00:00.000Z',
      next_usage_reset_at: '2026-12-01T00:00:00.000Z',
    } as never,
  });

  it.each([
    ['nothing is said where a counter has moved', 500, calls, null],
    ['no counter shows any use', 0, [], /no counter of a key shows any use/],
    ['a key made calls and its counter stands', 0, calls, /may not count: 1 key made calls/],
  ])('%s', async (_, used, requestLogs, expected) => {
    const apiKeys = [keyRow('app', uuid(11), teamA, budget(used))];
    const { key_limits: doubt } = await read({ apiKeys, requestLogs: [...requestLogs] });
    if (expected === null) expect(doubt).toBeNull();
    else expect(doubt).toMatch(expected);
  });

  it('are not doubted where no key has any', async () => {
    expect((await read({})).key_limits).toBeNull();
  });
});

describe('what is said of them', () => {
  it('stands in a section of its own, in text and markdown', async () => {
    await read(policies(['virtual_key', 'openai-gone']));
    const text = (await rig.status({ since: 0 })).stdout.replace(/\s+/g, ' ');
    expect(text).toContain('May limit nobody p0 (ws-team-a): `virtual_key`: no live provider "openai-gone"');
    expect((await rig.status({ since: 0, format: 'markdown' })).stdout).toContain('**May limit nobody**');
  });

  it('is a count where nobody is to be named, and not looked at with --over', async () => {
    const files = { 'org.yaml': orgFile('review:\n  show_people: counts\n'), 'a.yaml': workspaceFile('ws-team-a', '') };
    const counted = await read(policies(['api_key', keyA9]), { files });
    expect(counted.limits_nobody?.limits).toEqual({ count: 1 });
    expect((await rig.status({ since: 0 })).stdout).not.toContain(keyA9);
    const over = parseOutput(await rig.status({ over: 80, since: 0, format: 'json' })) as unknown as Document;
    expect(over.limits_nobody).toBeNull();
  });

  it('has a gap where rates cannot be listed', async () => {
    const faults = [{ path: '/policies/rate-limits', fault: { kind: 'status', status: 403 } }] as const;
    const { gaps } = await read(policies(), { faults: [...faults] });
    expect(gaps.map(({ kind }) => kind)).toContain('rate-policy');
  });
});
