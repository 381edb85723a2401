/** Files with `until:` under the tools that edit them: the date stays, and what they write is what holds. */

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

const body =
  'policies:\n  spend: { budget: $800, reset: monthly, per: workspace_id, until: { date: 2026-12-15, then: $500 } }\n';
const clock = { now: () => now };
const start = async (): Promise<void> => {
  now = testNow;
  const files = { 'org.yaml': orgFile(), 'a.yaml': workspaceFile('ws-team-a', body) };
  rig = await startRig({ state: smallState(), files, now: () => new Date(now) });
  await succeed(rig.apply({}, clock));
};
const setLive = (dollars: number): void => {
  for (const row of rig.emulator.store.state.usagePolicies) row.credit_limit = dollars;
};
const read = (): string => readFileSync(join(rig.folder, 'policies/a.yaml'), 'utf8');

it('import of a live account adds no date and takes none away', async () => {
  await start();
  const before = read();
  await succeed(rig.import({}, clock));
  expect(read()).toBe(before);
});

it('import --accept-drift before the date writes what is live where it holds, and leaves the date', async () => {
  await start();
  setLive(300);
  await succeed(rig.import({ acceptDrift: true }, clock));
  expect(read()).toContain('budget: $300, reset: monthly, per: workspace_id, until: { date: 2026-12-15, then: $500 }');
  expect(JSON.parse((await rig.plan({ format: 'json' }, clock)).stdout).changes).toEqual([]);
});

it('import --accept-drift after it does not write over what held before, and says so', async () => {
  await start();
  now += 30 * 86_400_000;
  await succeed(rig.apply({}, clock));
  setLive(300);
  const before = read();
  const ran = await rig.import({ acceptDrift: true }, clock);
  expect([ran.exit, read()]).toEqual([2, before]);
  expect(ran.stdout).toContain(
    'spend (ws-team-a): its `until` is over, and the line above it holds no more: write what is live as the limit, and delete the line `until:`',
  );
});
