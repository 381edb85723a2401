import { afterEach, expect, test } from 'vitest';
import { digestIn } from '../guards/judged.ts';
import { type Rig, startRig, succeed } from '../helpers/rig.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

let rig: Rig;
afterEach(() => rig.close());

const filesOf = (dollars: number, rules: string): Record<string, string> => ({
  'org.yaml': orgFile(`review: { guards: { spend_up: off }${rules} }\n`),
  'a.yaml': workspaceFile(
    'ws-team-a',
    `policies:\n  cap:\n    budget: $${dollars}\n    reset: monthly\n    per: workspace_id\n    alert: 80%\n`,
  ),
});
const rules = ', approvals: [{ above: $1000, by: [finance] }]';
const inCi = { env: { CI: 'true' } };

test('under another CI system what a rule matches is refused, whatever plan is named, and the end of the rule too', async () => {
  rig = await startRig({ state: smallState(), files: filesOf(900, rules) });
  await succeed(rig.apply());
  rig.write(filesOf(1500, rules));
  const approve = digestIn(await rig.plan({ format: 'json' }));
  const refused = await rig.apply({ approve }, inCi);
  expect([refused.exit, refused.stderr.includes('@finance (ws-team-a/cap: $1,500 > $1,000 per 30 days)')]).toEqual([
    3,
    true,
  ]);
  rig.write(filesOf(900, ''));
  const ended = await rig.apply({ approve: digestIn(await rig.plan({ format: 'json' })) }, inCi);
  expect([ended.exit, ended.stderr.includes('a word for the end of the rule')]).toEqual([3, true]);
  rig.write(filesOf(950, rules));
  await succeed(rig.apply({ approve: digestIn(await rig.plan({ format: 'json' })) }, inCi));
  // Who holds the key could call the API.
  rig.write(filesOf(1500, rules));
  await succeed(rig.apply());
});
