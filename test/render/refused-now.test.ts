/** The first line of a status: whom budgets refuse now, and what cannot be known yet. */

import { afterEach, expect, it } from 'vitest';
import { type Rig, startRig } from '../helpers/rig.ts';
import { testNow } from '../helpers/session.ts';
import { keyA1, keyA2, keyRow, smallState, teamA, usagePolicyRow, uuid } from '../helpers/state.ts';
import { entity } from '../impact/kit.ts';

let rig: Rig;
afterEach(() => rig.close());

const apiKeys = [keyRow('app', keyA1, teamA), keyRow('batch', keyA2, teamA)];
const ago = (milliseconds: number): string => new Date(testNow - milliseconds).toISOString();
const perKey = (app: number, batch: number, last_updated_at = ago(86_400_000)) =>
  usagePolicyRow('per-key', uuid(101), teamA, {
    credit_limit: 100,
    group_by: [{ key: 'api_key' }],
    entities: {
      [`api_key:${keyA1}`]: entity(app, app < 10_000 ? 'active' : 'exhausted', 901),
      [`api_key:${keyA2}`]: entity(batch, batch < 10_000 ? 'active' : 'exhausted', 902),
    },
    last_updated_at,
  });

it.each([
  ['one is named', 12_000, 5_000, 'Refused now: key app by per-key (ws-team-a).'],
  ['several are counted', 12_000, 11_000, 'Refused now: 2 of 2 counters by per-key (ws-team-a).'],
  ['nobody is', 9_000, 5_000, 'Nobody is refused now by a budget.'],
])('%s', async (_, app, batch, first) => {
  rig = await startRig({ state: smallState({ apiKeys, usagePolicies: [perKey(app, batch)] }), files: {} });
  const { stdout } = await rig.status();
  expect(stdout.split('\n')[0]).toBe(first);
  expect((await rig.status({ format: 'html' })).stdout.replace(/<[^>]*>/g, '')).toContain(first);
  expect((await rig.status({ format: 'markdown' })).stdout.split('\n')[0]?.replaceAll('**', '')).toContain(
    first.replace('Refused', '🛑 Refused'),
  );
  expect(stdout).not.toContain('Not settled');
});

it('what was changed a moment ago is not settled, and said once', async () => {
  const usagePolicies = [perKey(9_000, 5_000, ago(30_000))];
  rig = await startRig({ state: smallState({ apiKeys, usagePolicies }), files: {} });
  const said = /Not settled: per-key was changed in the last 2 minutes\. The gateway may go by the old limit/g;
  expect((await rig.status()).stdout.replace(/\s+/g, ' ').match(said)).toHaveLength(1);
  expect((await rig.status({ format: 'html' })).stdout.replace(/<[^>]*>/g, '').match(said)).toHaveLength(1);
});

it('a counter that cannot be read keeps the comfort back', async () => {
  rig = await startRig({ state: smallState({ apiKeys, usagePolicies: [perKey(9_000, 5_000)] }), files: {} });
  rig.emulator.faults.set([
    { method: 'GET', path: '/policies/usage-limits/**', fault: { kind: 'status', status: 403 } },
  ]);
  expect((await rig.status()).stdout).toMatch(/^Nobody is refused now by a budget, as far as their use is known\.\n/);
});
