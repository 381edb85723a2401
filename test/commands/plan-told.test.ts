/** A plan says of every alert who is told of it: beside what is new where there are channels, in JSON always. */

import { afterEach, expect, it } from 'vitest';
import { parseOutput, type Rig, startRig } from '../helpers/rig.ts';
import { keyRow, smallState, teamA, uuid } from '../helpers/state.ts';
import { chatChannel, orgFile, workspaceFile } from '../helpers/world.ts';

let rig: Rig;
afterEach(() => rig.close());

const budget = (alert: string): string => `    budget: $100\n    reset: monthly\n    alert: ${alert}\n`;
const files = (org: string, more = '', alert = '80%') => ({
  'org.yaml': orgFile(org),
  'a.yaml': workspaceFile(
    'ws-team-a',
    `policies:\n  spend:\n${budget(alert)}    per: workspace_id\n${more}keys:\n  app:\n${budget('80%')}    recipients: [ops@example.com]\n`,
  ),
});

async function plan(org: string, more = '', alert = '80%') {
  rig = await startRig({
    state: smallState({ apiKeys: [keyRow('app', uuid(11), teamA)], usagePolicies: [] }),
    files: files(org, more, alert),
  });
  const { changes } = parseOutput(await rig.plan({ format: 'json' })) as unknown as {
    changes: { name: string; alert_told: Readonly<Record<string, unknown>> | null }[];
  };
  const told = Object.fromEntries(changes.map(({ name, alert_told: by }) => [name, by]));
  const [text, markdown] = [await rig.plan(), await rig.plan({ format: 'markdown' })];
  return { told, text: text.stdout.replace(/\s+/g, ' '), markdown: markdown.stdout };
}

it('without channels: a policy tells nobody, a key is the service’s, and the screen says it once', async () => {
  const { told, text } = await plan('');
  expect(told.spend).toEqual({
    nobody: true,
    by_service: 'no',
    service_recipients: [],
    channels: [],
    recipients: [],
  });
  expect(told.app).toMatchObject({ nobody: false, by_service: 'yes', service_recipients: ['ops@example.com'] });
  expect(text).not.toContain('(alert t');
  const verbose = (await rig.plan({ verbose: true })).stdout.replace(/\s+/g, ' ');
  expect(verbose).toContain('the alert of policy "spend" tells nobody: there are no `channels:`');
});

it('with channels: beside what is new, in text and markdown', async () => {
  const { told, text, markdown } = await plan(chatChannel);
  expect(told.spend).toMatchObject({ nobody: false, channels: ['chat'] });
  expect(text).toContain('alert at 80% (alert told by chat)');
  expect(text).toContain('(alert told by the service)');
  expect(markdown).toContain('alert told by chat');
});

it('an alert that leads nowhere while there are channels is said, and is a finding', async () => {
  const { told, text } = await plan(chatChannel, '    alerts: {channels: none}\n');
  expect(told.spend).toMatchObject({ nobody: true });
  expect(text).toContain('alert at 80% (alert tells nobody)');
  expect(text).toContain('nobody is told of the alert of policy "spend"');
});

it('without an alert there is nothing to say; one that moves later is not said again', async () => {
  expect((await plan(chatChannel, '', 'none')).told.spend).toBeNull();
  rig.write(files(chatChannel));
  expect((await rig.apply()).exit).toBe(0);
  rig.write(files(chatChannel, '', '90%'));
  const moved = (await rig.plan()).stdout.replace(/\s+/g, ' ');
  expect(moved).toContain('alert 80% → 90%');
  expect(moved).not.toContain('alert told by');
});
