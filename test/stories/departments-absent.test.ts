/** Without `groups:` nothing of them is anywhere: plans, and what they ask for, are what they were before there were any. */

import { afterEach, expect, test } from 'vitest';
import { type Rig, startRig, succeed } from '../helpers/rig.ts';
import { smallState, teamB, usagePolicyRow, uuid } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

let rig: Rig;
afterEach(() => rig.close());

const file = (workspace: string, dollars: number): string =>
  workspaceFile(
    workspace,
    `policies:\n  spend:\n    budget: $${dollars}\n    reset: monthly\n    per: workspace_id\nkeys:\n  app:\n    budget: $20\n    reset: monthly\n`,
  );

test('plans of files without groups are byte for byte those of a version that knew none, at the same requests', async () => {
  const org = orgFile('review: {max_monthly_budget: $9000, guards: {spend_up: warn}}\n');
  const files = (a: number) => ({ 'org.yaml': org, 'a.yaml': file('ws-team-a', a) });
  const hand = usagePolicyRow('by-hand', uuid(301), teamB, { credit_limit: 800 });
  rig = await startRig({ state: smallState({ usagePolicies: [hand] }), files: files(400) });
  await succeed(rig.apply());
  const seen: string[] = [];
  const plan = async (name: string, options: Parameters<Rig['plan']>[0] = {}) => {
    rig.emulator.requests.clear();
    const { exit, stdout } = await rig.plan(options);
    seen.push(
      `# ${name}: exit ${exit}\n${stdout}${Object.entries(rig.emulator.requests.counts)
        .map(([name, count]) => `${name}: ${count}`)
        .sort()
        .join('\n')}\n`,
    );
  };
  await plan('nothing to do');
  rig.write(files(700));
  await plan('a budget that rises', { verbose: true });
  await plan('the same as JSON', { format: 'json' });
  await plan('the same as markdown', { format: 'markdown' });
  await plan('the same without its impact', { impact: false });
  rig.write({ ...files(700), 'org.yaml': orgFile('') });
  await plan('and a setting that goes');
  // The address of the emulator is another one each time, and the digest is over it.
  const text = seen
    .join('\n')
    .replaceAll(rig.emulator.url, 'http://127.0.0.1/v1')
    .replaceAll(/[0-9a-f]{32,64}/g, 'HASH');
  await expect(text).toMatchFileSnapshot('../fixtures/plans-without-groups.txt');
});
