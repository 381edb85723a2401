/** `status --format openmetrics`: what monitoring reads, held against parsers that are not ours. */

import { afterEach, describe, expect, it } from 'vitest';
import { sampleSeed } from '../../src/emulator/sample/seed.ts';
import type { EntityRow, StoreState, UsageLimitRow } from '../../src/emulator/store.ts';
import { byParser, byPromtool, hasParser, hasPromtool, lintMetrics, parseMetrics } from '../helpers/openmetrics.ts';
import { parseOutput, type Rig, type RigOptions, startRig } from '../helpers/rig.ts';
import { testNow } from '../helpers/session.ts';
import { keyRow, providerRow, ratePolicyRow, smallState, teamA, usagePolicyRow, uuid } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

let rigs: Rig[] = [];
afterEach(async () => {
  await Promise.all(rigs.map((rig) => rig.close()));
  rigs = [];
});

async function start(state: Partial<StoreState>, options: RigOptions = {}): Promise<Rig> {
  const rig = await startRig({ state: { ...smallState(), ...state }, ...options });
  rigs.push(rig);
  return rig;
}

async function metrics(rig: Rig, options: Parameters<Rig['status']>[0] = {}): Promise<string> {
  const ran = await rig.status({ since: undefined, ...options, format: 'openmetrics' });
  if (ran.exit !== 0) throw new Error(`${ran.exit}: ${ran.stderr}${ran.stdout}`);
  expect(rig.emulator.requests.countWrites()).toBe(0);
  return ran.stdout;
}

function entity(usage: number, index = 0): EntityRow {
  const sent = { is_threshold_alerts_sent: false, is_exhausted_alerts_sent: false };
  return { id: uuid(700 + index), current_usage: usage, status: 'active', ...sent };
}

const window = {
  created_at: '2026-01-01T00:00:00.000Z',
  last_reset_at: '2026-11-01T00:00:00.000Z',
  next_usage_reset_at: '2026-12-01T00:00:00.000Z',
};

const spend = usagePolicyRow('spend', uuid(101), teamA, {
  ...window,
  credit_limit: 100,
  alert_threshold: 80,
  entities: { [`workspace_id:${teamA}`]: entity(4_250) },
});
const calls = usagePolicyRow('calls', uuid(102), teamA, {
  ...window,
  type: 'requests',
  credit_limit: 3_000,
  periodic_reset: null,
  next_usage_reset_at: null,
  group_by: [{ key: 'api_key' }],
  entities: { 'api_key:a': entity(10, 1), 'api_key:b': entity(5, 2) },
});
const labels = (kind: string, name: string, id: number): string =>
  `workspace="ws-team-a",kind="${kind}",name="${name}",id="${uuid(id)}"`;

const keyLimit: UsageLimitRow = {
  type: 'cost',
  credit_limit: 50,
  periodic_reset: 'monthly',
  current_usage: 4_500,
  last_reset_at: window.last_reset_at,
};

describe('a budget', () => {
  it('has its limit, use, alert, reset and state in base units', async () => {
    const text = await metrics(await start({ usagePolicies: [spend, calls] }));
    const of = labels('usage-policy', 'spend', 101);
    for (const line of [
      '# TYPE tollgate_budget_limit_dollars gauge\n# UNIT tollgate_budget_limit_dollars dollars\n# HELP tollgate_budget_limit_dollars ',
      `\ntollgate_budget_limit_dollars{${of}} 100\n`,
      `\ntollgate_budget_used_dollars{${of}} 42.5\n`,
      `\ntollgate_budget_alert_dollars{${of}} 80\n`,
      `\ntollgate_budget_used_ratio{${of}} 0.425\n`,
      `\ntollgate_budget_state{${of},state="ok"} 1\n`,
      `\ntollgate_budget_next_reset_timestamp_seconds{${of}} ${Date.parse('2026-12-01T00:00:00.000Z') / 1_000}\n`,
      `\ntollgate_read_timestamp_seconds ${testNow / 1_000}\n`,
    ])
      expect(text).toContain(line);
    expect(text.endsWith('\n# EOF\n')).toBe(true);
  });

  it('of tokens and requests stands in families of its own; one that never starts again has no date', async () => {
    const text = await metrics(await start({ usagePolicies: [spend, calls] }));
    const of = labels('usage-policy', 'calls', 102);
    expect(text).toContain(`\ntollgate_budget_limit_requests{${of}} 3000\n`);
    expect(text).toContain(`\ntollgate_budget_used_requests{${of}} 10\n`);
    expect(text).toContain(`\ntollgate_budget_all_used_requests{${of}} 15\n`);
    expect(text).toContain(`\ntollgate_budget_counters{${of}} 2\n`);
    expect(text).not.toContain(`tollgate_budget_next_reset_timestamp_seconds{${of}}`);
    expect(text).not.toContain(`tollgate_budget_limit_dollars{${of}}`);
  });

  it('that runs out before its reset says when; one that is used up is exhausted, and counted', async () => {
    const fast = { ...spend, entities: { [`workspace_id:${teamA}`]: entity(9_000) } };
    const full = {
      ...spend,
      id: uuid(103),
      name: 'full',
      entities: { a: { ...entity(10_000), status: 'exhausted' as const } },
    };
    const text = await metrics(await start({ usagePolicies: [fast, full], requestLogs: [] }));
    const of = labels('usage-policy', 'full', 103);
    expect(text).toContain(`\ntollgate_budget_state{${of},state="exhausted"} 1\n`);
    expect(text).toContain(`\ntollgate_budget_forecast{${of},forecast="exhausted"} 1\n`);
    const kind = 'workspace="ws-team-a",kind="usage-policy"';
    expect(text).toContain(`\ntollgate_budgets{${kind},state="exhausted"} 1\n`);
    expect(text).toContain(`\ntollgate_budgets{${kind},state="ok"} 0\n`);
  });
});

describe('what is unknown', () => {
  it('has no sample and a reason, and is never zero', async () => {
    const faults = [{ path: '/policies/usage-limits/*', fault: { kind: 'status', status: 403 } }] as const;
    const text = await metrics(await start({ usagePolicies: [spend] }, { faults: [...faults] }));
    const of = labels('usage-policy', 'spend', 101);
    expect(text).not.toMatch(/tollgate_budget_(all_)?used/);
    expect(text).not.toMatch(/tollgate_budget_(counters|run_out|as_of)/);
    expect(text).toContain(`\ntollgate_budget_limit_dollars{${of}} 100\n`);
    expect(text).toContain(`\ntollgate_budget_state{${of},state="unknown"} 1\n`);
    expect(text).toMatch(
      /tollgate_budget_unknown\{[^}]*of="use",reason="GET \/policies\/usage-limits\/…[^"]* answered 403[^"]*"\} 1/,
    );
    expect(text).toContain(`\ntollgate_budget_unknown{${of},of="forecast",reason="its use is unknown"} 1\n`);
  });

  it('a list that was refused is unread, with its reason', async () => {
    const faults = [{ path: '/policies/rate-limits', fault: { kind: 'status', status: 403 } }] as const;
    const text = await metrics(await start({ usagePolicies: [spend] }, { faults: [...faults] }));
    expect(text).toMatch(
      /\ntollgate_unread\{workspace="ws-team-a",kind="rate-policy",reason="GET [^"]* answered 403[^"]*"\} 1\n/,
    );
  });
});

it('rates are there with their window, those of the organisation too, and cost one list a workspace more', async () => {
  const ratePolicies = [ratePolicyRow('pace', uuid(201), teamA)];
  const own = keyRow('everywhere', uuid(14), null, { rate_limits: [{ type: 'requests', unit: 'rpm', value: 7 }] });
  const rig = await start({ usagePolicies: [spend], ratePolicies, apiKeys: [own] });
  await rig.status({ since: 0, over: 80 });
  const before = { ...rig.emulator.requests.counts };
  const text = await metrics(rig);
  expect(text).toMatch(
    /\ntollgate_rate_limit_\w+\{workspace="ws-team-a",kind="rate-policy",name="pace",id="[^"]+",window="\w+"\} \d+\n/,
  );
  expect(text).toContain(
    `\ntollgate_rate_limit_requests{workspace="",kind="key-limits",name="everywhere",id="${uuid(14)}",window="minute"} 7\n`,
  );
  const after = rig.emulator.requests.counts;
  const more = Object.keys(after).filter((path) => (after[path] ?? 0) !== 2 * (before[path] ?? 0));
  expect(more).toEqual(['GET /policies/rate-limits']);
  expect(after['GET /policies/rate-limits']).toBe(2);
});

describe('hostile names', () => {
  const evil = 'a"} 1\n# EOF\nb\\"\u001b[31m{c="d"}\u202e';
  const state: Partial<StoreState> = {
    usagePolicies: [
      { ...spend, name: evil },
      { ...spend, id: uuid(103), name: 'x'.repeat(5_000) },
      // The same twice.
      { ...spend, id: uuid(104), name: 'twin' },
    ],
    apiKeys: [keyRow(evil, uuid(11), teamA, { usage_limits: keyLimit })],
    providers: [providerRow('openai-a', uuid(21), teamA, { usage_limits: keyLimit })],
  };

  it('are one label each, short, on one line', async () => {
    const text = await metrics(await start(state));
    expect(text).not.toContain('\u001b');
    expect(text.match(/^# EOF$/gm)).toHaveLength(1);
    expect(text).toContain('name="a\\"} 1\\\\n# EOF\\\\nb\\\\\\"\\\\u{1b}[31m{c=\\"d\\"}\\\\u{202e}"');
    expect(text).toContain(`name="${'x'.repeat(199)}…"`);
    for (const line of text.trimEnd().split('\n'))
      expect(line).toMatch(/^(# (TYPE|UNIT|HELP|EOF)\b.*|[a-z_]+(\{([a-z_]+="([^"\\]|\\[\\"])*",?)+\})? [\d.e+-]+)$/);
  });

  it.skipIf(!hasParser)(`come through ${byParser}`, async () => {
    const text = await metrics(await start(state));
    const { families, older } = parseMetrics(text);
    const shown = 'a"} 1\\n# EOF\\nb\\"\\u{1b}[31m{c="d"}\\u{202e}';
    for (const read of [families, older]) {
      const limits = read.find(({ name }) => name === 'tollgate_budget_limit_dollars');
      expect(limits?.samples.map(({ labels: { kind, name } }) => [kind, name])).toContainEqual(['usage-policy', shown]);
      expect(limits?.samples.map(({ labels: { kind, name } }) => [kind, name])).toContainEqual(['key-limits', shown]);
    }
  });
});

describe('the sample organisation', () => {
  const sample = (): Promise<Rig> => start(sampleSeed(new Date(testNow)));

  it('twice, the same bytes', async () => {
    const rig = await sample();
    expect(await metrics(rig)).toBe(await metrics(rig));
  });

  it.skipIf(!hasParser)(`is read ${byParser}, and says what JSON says`, async () => {
    const rig = await sample();
    const { families, older } = parseMetrics(await metrics(rig));
    expect(families.length).toBeGreaterThan(15);
    for (const { name, type, unit } of families) {
      expect([name, type]).toEqual([name, 'gauge']);
      expect(name.endsWith(unit)).toBe(true);
    }
    expect(older.map(({ name, samples }) => [name, samples])).toEqual(
      families.map(({ name, samples }) => [name, samples]),
    );
    const document = parseOutput(await rig.status({ since: 0, format: 'json' })) as unknown as {
      limits: {
        id: string;
        unit: string;
        limit: number;
        used: number | null;
        state: string;
        run_out: { when: string; at: string } | null;
      }[];
    };
    const numberOf = (name: string, id: string): number | null =>
      families.find((family) => family.name === name)?.samples.find((sample) => sample.labels.id === id)?.value ?? null;
    expect(document.limits.length).toBeGreaterThan(15);
    for (const { id, unit, limit, used, run_out: runOut } of document.limits) {
      const [word, of] = unit === 'cents' ? ['dollars', 100] : [unit, 1];
      expect(numberOf(`tollgate_budget_limit_${word}`, id)).toBe(limit / of);
      const shown = numberOf(`tollgate_budget_used_${word}`, id);
      expect(shown === null ? null : Math.round(shown * of)).toBe(used);
      const at = runOut?.when === 'this-window' ? Date.parse(runOut.at) / 1_000 : null;
      expect(numberOf('tollgate_budget_run_out_timestamp_seconds', id)).toBe(at);
    }
  });

  it.skipIf(!hasPromtool)(`is read ${byPromtool}, which objects to nothing`, async () => {
    expect(lintMetrics(await metrics(await sample()))).toBe('');
  });
});

describe('with other flags', () => {
  it('show_people: counts names no key', async () => {
    const files = { 'org.yaml': orgFile('review:\n  show_people: counts\n'), 'a.yaml': workspaceFile('ws-team-a', '') };
    const apiKeys = [
      keyRow('grace-hopper', uuid(11), teamA, {
        usage_limits: keyLimit,
        rate_limits: [{ type: 'requests', unit: 'rpm', value: 7 }],
        expires_at: '2026-11-25T00:00:00.000Z',
      }),
    ];
    const text = await metrics(await start({ usagePolicies: [spend], apiKeys }, { files }));
    expect(text).not.toContain('grace-hopper');
    expect(text).not.toContain(uuid(11));
    expect(text).toContain('\ntollgate_budgets{workspace="ws-team-a",kind="key-limits",state="alert"} 0\n');
    expect(text).toContain('\ntollgate_expiring 1\n');
    expect(text).toContain(`\ntollgate_budget_declared{${labels('usage-policy', 'spend', 101)}} 0\n`);
  });

  it('--over and --since are refused, --out too; the exit code can be asked for', async () => {
    const rig = await start({
      usagePolicies: [{ ...spend, entities: { a: { ...entity(10_000), status: 'exhausted' } } }],
    });
    const refused = [{ over: 80 }, { since: 7 }, { out: 'x.prom' }].map((options) =>
      rig.status({ since: undefined, ...options, format: 'openmetrics' }),
    );
    for (const ran of await Promise.all(refused)) expect([ran.exit, ran.stdout]).toEqual([1, '']);
    const asked = await rig.status({ since: undefined, format: 'openmetrics', detailedExitcode: true });
    expect([asked.exit, asked.stdout]).toEqual([2, await metrics(rig)]);
  });
});
