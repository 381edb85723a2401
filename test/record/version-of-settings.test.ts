/** Which version a record says: settings that judge, and that an older tollgate would leave out, are not for it to read. */

import { afterEach, expect, test } from 'vitest';
import { recordVersion } from '../../src/plan/applied-record.ts';
import { type Rig, startRig, succeed } from '../helpers/rig.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

let rig: Rig;
afterEach(() => rig.close());

const file = workspaceFile(
  'ws-team-a',
  'policies:\n  spend:\n    budget: $100\n    reset: monthly\n    per: api_key\n',
);
const filesOf = (org: string) => ({ 'org.yaml': orgFile(org), 'a.yaml': file });

test.each([
  ['rules of approval', 'review: {approvals: [{kind: usage-policy, by: ["@third"]}]}\n'],
  ['workspaces nobody declared', 'review: {undeclared: {above: $100}}\n'],
  ['groups', 'groups: {research: {workspaces: [ws-team-*], ceiling: $1000}}\n'],
])('%s in force are refused by a tollgate that knows none, until they are gone', async (_what, org) => {
  rig = await startRig({ state: smallState(), files: filesOf(org) });
  const version = () => rig.readRecord()?.version;
  await succeed(rig.apply());
  expect(version()).toBe(3);
  // Read again, and the same files have nothing to write.
  expect((await succeed(rig.plan())).stdout).toContain('No changes: 1 limit matches the files.');
  rig.write(filesOf('review: {drift: leave}\n'));
  await succeed(rig.apply());
  expect(version()).toBe(recordVersion);
});
