/** The same month through everything: the emulated service over HTTP, a mail server, a webhook, and a file that remembers. */

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { EntityRow } from '../../src/emulator/store.ts';
import { onClose, serve } from '../client/loopback.ts';
import { effort } from '../helpers/effort.ts';
import { startRig } from '../helpers/rig.ts';
import { smallState, teamA, teamB, usagePolicyRow, uuid, workspaceRow } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { startMailServer } from './channels/mail-server.ts';
import { createDice, hour } from './month.ts';

const start = Date.UTC(2026, 9, 20, 3);
const policies = [
  { name: 'month', reset: 'monthly', periodic_reset: 'monthly', counters: 1, percents: [50, 80, 100] },
  { name: 'week', reset: 'weekly', periodic_reset: 'weekly', counters: 3, percents: [25, 75, 100] },
  { name: 'days', reset: 'every 5 days', periodic_reset_days: 5, counters: 2, percents: [40, 100] },
  { name: 'ever', reset: 'never', counters: 1, percents: [60, 100] },
] as const;

interface Payload {
  readonly type: string;
  readonly data: {
    readonly details: {
      readonly limit: { readonly name: string };
      readonly threshold: number;
      readonly counters: readonly { readonly valueKey: string }[];
    };
  };
}

async function walk(seed: number, skipped: number): Promise<{ told: number; doubled: number }> {
  const dice = createDice(seed);
  let now = start;
  let lines: string[] = [];
  const memory: { path: string; claimed: string | null } = { path: '', claimed: null };
  const mail = await startMailServer(null, {
    onMessage: () => {
      memory.claimed = existsSync(memory.path) ? readFileSync(memory.path, 'utf8') : null;
      return undefined;
    },
  });
  const hook = await serve(({ body }, response) => {
    const { type, data } = JSON.parse(body) as Payload;
    const { limit, threshold, counters } = data.details;
    const percent = type === 'tollgate.exhausted' ? 100 : threshold / 100;
    lines.push(...counters.map(({ valueKey }) => `${limit.name} ${valueKey} ${percent}`));
    response.writeHead(204).end();
  });
  const rows = policies.map(({ name, counters, percents, reset: _, ...resets }, index) => {
    const keys =
      counters === 1
        ? [`workspace_id:${teamA}`]
        : Array.from({ length: counters }, (_one, at) => `metadata._user:u${at}`);
    const entity = (at: number): EntityRow => ({
      id: uuid(900 + index * 10 + at),
      current_usage: 0,
      status: 'active',
      is_threshold_alerts_sent: false,
      is_exhausted_alerts_sent: false,
    });
    const below = percents.filter((percent) => percent < 100).at(-1);
    return usagePolicyRow(name, uuid(101 + index), teamA, {
      created_at: '2026-01-01T00:00:00.000Z',
      credit_limit: 100,
      periodic_reset: null,
      alert_threshold: below ?? null,
      group_by: [{ key: counters === 1 ? 'workspace_id' : 'metadata._user' }],
      entities: Object.fromEntries(keys.map((key, at) => [key, entity(at)])),
      ...('periodic_reset' in resets || 'periodic_reset_days' in resets
        ? { next_usage_reset_at: '2026-10-20T00:00:00.000Z', last_reset_at: '2026-10-15T00:00:00.000Z' }
        : { next_usage_reset_at: null }),
      ...resets,
    });
  });
  const body = policies
    .map(
      ({ name, reset, counters, percents }) =>
        `  ${name}: { budget: $100, reset: ${reset}, per: ${counters === 1 ? 'workspace_id' : 'metadata._user'}, alert: [${percents.map((percent) => `${percent}%`).join(', ')}] }`,
    )
    .join('\n');
  const rig = await startRig({
    now: () => new Date(now),
    state: {
      ...smallState(),
      workspaces: [
        workspaceRow('ws-team-a', teamA, { created_at: '2026-01-01T00:00:00.000Z' }),
        workspaceRow('ws-team-b', teamB, { created_at: '2026-01-01T00:00:00.000Z' }),
      ],
      apiKeys: [],
      providers: [],
      integrations: [],
      ratePolicies: [],
      requestLogs: [],
      usagePolicies: rows,
    },
    files: {
      'org.yaml': orgFile(`alerts: { recipients: [finance@example.com] }
channels:
  post: { type: mail, host: 127.0.0.1, port: ${mail.port}, security: none, from: t@example.com }
  desk: { type: webhook, url: "http://127.0.0.1:${hook.port}/", secret_env: TOLLGATE_NOTIFY_DESK }
`),
      'a.yaml': workspaceFile('ws-team-a', `policies:\n${body}\n`),
    },
    env: { TOLLGATE_NOTIFY_DESK: `whsec_${Buffer.alloc(32, 7).toString('base64')}` },
  });
  onClose(() => rig.close());
  memory.path = join(rig.folder, 'record.told.json');
  rmSync(memory.path, { force: true });
  const applied = await rig.apply({}, { now: () => now });
  expect(applied.exit, applied.stderr).toBe(0);

  /** By counter and window: the highest that was told, and whether that is sure. */
  const told = new Map<string, { highest: number; sure: boolean }>();
  const count = { told: 0, doubled: 0 };
  let pid = seed * 10_000;
  for (let passed = 0; passed < 31 * 24; passed += 1) {
    now = start + passed * hour;
    const live = rig.emulator.store.list('usagePolicies', teamA);
    for (const row of live) {
      for (const entity of Object.values(row.entities)) {
        if (!dice.chance(0.5)) continue;
        entity.current_usage += dice.chance(0.04) ? 4_000 : dice.below(200);
        entity.status = entity.current_usage >= 10_000 ? 'exhausted' : 'active';
      }
    }
    if (dice.chance(skipped)) continue;
    lines = [];
    memory.claimed = null;
    const isKilled = dice.chance(0.08);
    const runs = dice.chance(0.15) && !isKilled ? 2 : 1;
    const ran = await Promise.all(
      Array.from({ length: runs }, () => rig.notify({}, { now: () => now, pid: ++pid, host: `h${pid}` })),
    );
    expect(ran.map(({ exit, stderr }) => [exit, stderr])).toEqual(ran.map(() => [0, '']));
    const at = new Date(now).toISOString();
    const expected: string[] = [];
    for (const row of live) {
      const { percents = [] } = policies.find(({ name }) => name === row.name) ?? {};
      for (const [valueKey, { current_usage: used }] of Object.entries(row.entities)) {
        const highest = percents.filter((percent) => used >= percent * 100).at(-1);
        if (highest === undefined) continue;
        const window = `${row.name} ${valueKey} ${row.last_reset_at}`;
        const known = told.get(window);
        if (known !== undefined && known.highest >= highest && known.sure) continue;
        expected.push(`${row.name} ${valueKey} ${highest}`);
        if (known?.highest === highest) count.doubled += 1;
        told.set(window, { highest, sure: !isKilled });
      }
    }
    expect([at, lines.sort()]).toEqual([at, expected.sort()]);
    count.told += expected.length;
    // As if it had died between sending and remembering.
    if (isKilled && memory.claimed !== null) writeFileSync(memory.path, memory.claimed);
  }
  expect(mail.got.length).toBe(hook.seen.length);
  expect(mail.got.every(({ to }) => to.join() === 'finance@example.com')).toBe(true);
  return count;
}

const walks = effort('months through HTTP and SMTP', 1, 5);

it(`every crossing is told once, in ${walks} months through HTTP and SMTP`, { timeout: 900_000 }, async () => {
  for (let seed = 1; seed <= walks; seed += 1) {
    const count = await walk(seed, walks === 1 ? 0.85 : 0.5);
    expect(count.told).toBeGreaterThan(20);
    process.stdout.write(`month ${seed}: ${count.told} told, ${count.doubled} of them again after a kill\n`);
  }
});
