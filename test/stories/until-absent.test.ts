/** Without `until:` nothing of it is anywhere: plans, saved plans, the record and what they ask for are what they were before there was any. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type Rig, startRig, succeed } from '../helpers/rig.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

let rig: Rig;
afterEach(() => rig.close());

const org = orgFile(
  'defaults:\n  policies:\n    most: { rate: 5000 requests/minute, per: workspace_id }\n' +
    'channels:\n  chat: { type: slack, host: hooks.slack.com, url_env: TOLLGATE_NOTIFY_CHAT }\n',
);
const files = (dollars: number, rate: number) => ({
  'org.yaml': org,
  'a.yaml': workspaceFile(
    'ws-team-a',
    `policies:\n  spend: { budget: $${dollars}, reset: monthly, alert: 80%, per: workspace_id }\n  calls: { rate: ${rate} requests/minute, per: api_key }\nkeys:\n  app: { budget: $20, reset: monthly, rate: ${rate} requests/minute }\n`,
  ),
  'b.yaml': workspaceFile('ws-team-b'),
});

test('plans, saved plans and records of files without a date are byte for byte those of a version that knew none', async () => {
  rig = await startRig({ state: smallState(), files: files(400, 100) });
  const seen: string[] = [];
  const note = (name: string, { exit, stdout }: { exit: number; stdout: string }): void => {
    const counts = Object.entries(rig.emulator.requests.counts).map(([one, count]) => `${one}: ${count}`);
    seen.push(`# ${name}: exit ${exit}\n${stdout}${counts.sort().join('\n')}\n`);
    rig.emulator.requests.clear();
  };
  note('the first apply', await succeed(rig.apply()));
  note('nothing to do', await rig.plan());
  rig.write(files(500, 80));
  note('a budget rises, rates fall', await rig.plan({ verbose: true, out: 'saved.json' }));
  note('the same as JSON', await rig.plan({ format: 'json' }));
  note('the same as markdown', await rig.plan({ format: 'markdown' }));
  seen.push(`# the saved plan\n${readFileSync(join(rig.folder, 'saved.json'), 'utf8')}\n`);
  note('drift of what is owed', await rig.drift());
  note('the apply', await succeed(rig.apply()));
  seen.push(`# the record\n${readFileSync(rig.recordFile, 'utf8')}\n`);
  note('status', await rig.status());
  // The address of the emulator is another one each time, and the digest is over it.
  const text = seen
    .join('\n')
    .replaceAll(rig.emulator.url, 'http://127.0.0.1/v1')
    .replaceAll(rig.folder, '/folder')
    .replaceAll(/[0-9a-f]{32,64}/g, 'HASH')
    // Workspaces without a file are named since, with or without a date; here there are none.
    .replace(/ {2}"undeclared": \{[^}]*\},\n/, '');
  await expect(text).toMatchFileSnapshot('../fixtures/plans-without-until.txt');
});
