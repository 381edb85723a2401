/** `until:` to whoever looks: status says the date and what holds then, drift says which return is owed and what applies it. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type Rig, startRig, succeed } from '../helpers/rig.ts';
import { testNow } from '../helpers/session.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

let rig: Rig;
let now = testNow;
afterEach(() => rig.close());

const files = {
  'org.yaml': orgFile(),
  'a.yaml': workspaceFile(
    'ws-team-a',
    `policies:
  spend: { budget: $800, reset: monthly, per: workspace_id, until: { date: 2026-12-15, then: $500 } }
  launch: { budget: $50, reset: weekly, per: workspace_id, until: { date: 2026-12-15, then: none } }
keys:
  app: { budget: $300, reset: monthly, rate: 100 requests/minute, until: { date: 2026-12-15, then: { budget: $100 } } }
`,
  ),
};
const clock = { now: () => now };
const start = async (): Promise<void> => {
  now = testNow;
  rig = await startRig({ state: smallState(), files, now: () => new Date(now) });
  await succeed(rig.apply({}, clock));
};

it('status says until when, in every format, and what is owed once the day has come', async () => {
  await start();
  const text = (await rig.status({}, clock)).stdout.replaceAll(/\s+/g, ' ');
  for (const then of ['$500', 'none', '$100'])
    expect(text).toContain(`through 14 Dec 2026, from 15 Dec (00:00 UTC) ${then}`);
  const { limits } = JSON.parse((await rig.status({ format: 'json' }, clock)).stdout);
  expect(limits.map(({ name, until }: { name: string; until: unknown }) => [name, until]).sort()).toEqual([
    ['app', { date: '2026-12-15', later: '$100', owed: false }],
    ['launch', { date: '2026-12-15', later: 'none', owed: false }],
    ['spend', { date: '2026-12-15', later: '$500', owed: false }],
  ]);
  await succeed(rig.status({ format: 'html', out: 'status.html' }, clock));
  expect(readFileSync(join(rig.folder, 'status.html'), 'utf8')).toContain(
    'through 14 Dec 2026, from 15 Dec (00:00 UTC) $500',
  );
  expect((await rig.status({ format: 'openmetrics' }, clock)).stdout).toMatch(
    /until_timestamp_seconds\{[^}]*name="spend"[^}]*\} 1797292800/,
  );
  now += 30 * 86_400_000;
  const owed = (await rig.status({}, clock)).stdout;
  for (const then of ['$500', 'none', '$100']) expect(owed).toContain(`${then} is owed since 15 Dec 2026`);
  await succeed(rig.apply({ allow: [] }, clock));
  expect((await rig.status({}, clock)).stdout).not.toMatch(/through 14|is owed/);
});

it('drift lists a return that nobody has applied as owed, with its day and what applies it', async () => {
  await start();
  expect((await rig.drift({}, clock)).exit).toBe(0);
  now += 30 * 86_400_000;
  const { exit, stdout } = await rig.drift({}, clock);
  expect(exit).toBe(2);
  expect(stdout).toContain('owed to Git');
  expect(stdout).toContain('due since 15 Dec 2026');
  expect(stdout).toContain('`tollgate apply --returns`, which is to run every hour, applies what is due by its date');
  const { owed, drifted } = JSON.parse((await rig.drift({ format: 'json' }, clock)).stdout);
  expect([drifted, owed.map(({ due }: { due: string }) => due)]).toEqual([
    [],
    ['2026-12-15', '2026-12-15', '2026-12-15'],
  ]);
  expect((await rig.drift({ format: 'markdown' }, clock)).stdout).toContain('due since 15 Dec 2026');
});
