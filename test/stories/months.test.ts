/** What happens to a repository in months: refs that are cleaned up, services restored, histories rewritten. Real Git, so few. */

import { afterEach, expect, test } from 'vitest';
import { parseOutput, succeed } from '../helpers/rig.ts';
import { keyA1, smallState } from '../helpers/state.ts';
import { orgFile, spendMayRise, workspaceFile } from '../helpers/world.ts';
import { git } from '../record/git-fixture.ts';
import { type Files, type GitRig, startGitRig } from './git-rig.ts';
import { describeLive, keys, policies } from './harness.ts';

let rig: GitRig;
afterEach(() => rig.close());

const files = (body: string): Files => ({
  'org.yaml': orgFile(spendMayRise),
  'a.yaml': workspaceFile('ws-team-a', body),
});
const recordRef = 'refs/tollgate/production';
const policyRow = (name: string) => rig.emulator.store.state.usagePolicies.find((row) => row.name === name);
const keyRow = () => rig.emulator.store.state.apiKeys.find(({ id }) => id === keyA1);

test('mistakes-H4: a service restored from a backup: what commits took away and is live again is drift, and the commit is named', async () => {
  rig = await startGitRig({ state: smallState() });
  rig.commit(files(policies({ spend: {}, 'old-trial': { budget: '$9' } }) + keys({ app: {} })));
  await succeed(rig.apply());
  const { usage_limits: backup } = structuredClone(keyRow() ?? { usage_limits: null });
  const commit = rig.commit(files(policies({ spend: {} })));
  await succeed(rig.apply());
  Object.assign(policyRow('old-trial') ?? {}, { status: 'active' });
  Object.assign(keyRow() ?? {}, { usage_limits: { ...backup, credit_limit: 7 } });
  const others = await rig.drift();
  expect([others.exit, others.stdout]).toEqual([2, expect.stringContaining('1 beside what was applied')]);
  expect(others.stdout).toContain(
    `back: policy "old-trial" (ws-team-a), which was taken away by commit ${commit.slice(0, 12)}, applied on 2026-11-20.`,
  );
  // A limit that somebody sets anew is nobody's business; the very one that was cleared is back.
  Object.assign(keyRow() ?? {}, { usage_limits: backup });
  const document = parseOutput(await rig.drift({ format: 'json' }));
  expect(document).toMatchObject({ ok: false, beside: [{ code: 'back' }, { code: 'back' }] });
  expect(JSON.stringify(document)).toContain('back: key \\"app\\" (ws-team-a)');

  // Declared again it is what Git says, and no longer back.
  rig.commit(files(policies({ spend: {}, 'old-trial': { budget: '$9' } }) + keys({ app: {} })));
  await succeed(rig.apply());
  expect((await rig.drift()).stdout).toBe('No drift.\n');
});

test('mistakes-H3: the record is deleted on the remote: during an apply that is said, and afterwards nothing is clean', async () => {
  let deleted = 0;
  rig = await startGitRig({
    state: smallState(),
    onRequest: (moment, { method }) => {
      if (moment !== 'after' || method !== 'DELETE' || deleted > 0) return;
      deleted += 1;
      git(rig.remote, 'update-ref', '-d', recordRef);
    },
  });
  const first = rig.commit(files(policies({ spend: {}, cap: {}, 'old-trial': { budget: '$9' } })));
  await succeed(rig.apply());
  const commit = rig.commit(files(policies({ spend: {}, cap: {} })));
  const ran = await rig.apply();
  expect([ran.exit, deleted]).toEqual([5, 1]);
  expect(ran.stderr).toContain('was deleted meanwhile');
  expect(ran.stderr).not.toContain('another apply');
  expect(ran.stderr).toContain(`tollgate record rebuild --from ${commit.slice(0, 12)}`);

  const lost = await rig.drift();
  expect([lost.exit, lost.stdout]).toEqual([4, expect.stringContaining('probably lost')]);
  expect(JSON.stringify(parseOutput(await rig.plan({ format: 'json' })).notes)).toContain('it was probably lost');
  await succeed(rig.rebuild({ from: first }));
  expect((await rig.drift()).stdout).toBe('No drift.\n');
  expect(describeLive(rig)).toHaveLength(2);
});
