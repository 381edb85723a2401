/** `status` says of every alert who is told of it, in every format. */

import { afterEach, expect, it } from 'vitest';
import { parseOutput, type Rig, startRig } from '../helpers/rig.ts';
import { keyRow, providerRow, smallState, teamA, usagePolicyRow, uuid, workspaceRow } from '../helpers/state.ts';
import { chatChannel, orgFile, workspaceFile } from '../helpers/world.ts';

let rig: Rig;
afterEach(() => rig.close());

const limit = { type: 'cost', credit_limit: 100, alert_threshold: 80, periodic_reset: 'monthly' } as const;
const state = smallState({
  workspaces: [workspaceRow('ws-team-a', teamA, { usage_limits: [limit] })],
  apiKeys: [
    keyRow('app', uuid(11), teamA, { usage_limits: limit }),
    keyRow('quiet', uuid(12), teamA, { usage_limits: { ...limit, alert_threshold: null } }),
  ],
  providers: [providerRow('openai-a', uuid(21), teamA, { usage_limits: limit })],
  usagePolicies: [usagePolicyRow('spend', uuid(101), teamA, { alert_threshold: 80 })],
});
const budget = '    budget: $100\n    reset: monthly\n    alert: 80%\n';
const body = `policies:\n  spend:\n${budget}    per: workspace_id\nkeys:\n  app:\n${budget}    recipients: [ops@example.com]\n`;

interface Told {
  readonly nobody: boolean;
  readonly by_service: string;
  readonly channels: readonly string[];
  readonly service_recipients: unknown;
}

async function read(org: string | null, entries = body) {
  const files = org === null ? {} : { 'org.yaml': orgFile(org), 'a.yaml': workspaceFile('ws-team-a', entries) };
  rig = await startRig({ state, ...(org === null ? {} : { files }) });
  const { limits } = parseOutput(await rig.status({ format: 'json' })) as unknown as {
    limits: { name: string; kind: string; alert_told: Told | null }[];
  };
  const told = new Map(limits.map(({ kind, name, alert_told: by }) => [`${kind} ${name}`, by]));
  return { told, text: (await rig.status()).stdout.replace(/\s+/g, ' ') };
}

it('without files: what the service does by itself', async () => {
  const { told, text } = await read(null);
  expect(told.get('usage-policy spend')).toMatchObject({ nobody: true, by_service: 'no' });
  expect(told.get('key-limits app')).toMatchObject({ nobody: false, by_service: 'yes' });
  expect(told.get('workspace-limits limits')).toMatchObject({ nobody: false, by_service: 'yes' });
  expect(told.get('provider-limits openai-a')).toMatchObject({ nobody: false, by_service: 'presumed' });
  expect(told.get('key-limits quiet')).toBeNull();
  expect(text).toContain(
    '1 alert of a policy tells nobody, as there are no channels; the others are told by the service.',
  );
});

it('with channels: who tells it, and the recipients of a key', async () => {
  const { told, text } = await read(chatChannel);
  expect(told.get('usage-policy spend')).toMatchObject({ nobody: false, by_service: 'no', channels: ['chat'] });
  expect(told.get('key-limits app')).toMatchObject({ channels: [], service_recipients: ['ops@example.com'] });
  expect(text).toContain('alert told by chat');
  expect(text).not.toContain('tells nobody');
  expect(text).toContain('alert told by the service (presumably)');
  const markdown = (await rig.status({ format: 'markdown' })).stdout;
  expect(markdown).toContain('alert told by chat');
  const metrics = (await rig.status({ since: undefined, format: 'openmetrics' })).stdout;
  expect(metrics).toMatch(
    /tollgate_budget_alert_told\{workspace="ws-team-a",kind="usage-policy",name="spend",[^}]*\} 1\n/,
  );
});

it('an alert that leads nowhere while others are told is said beside it', async () => {
  const { told, text } = await read(
    chatChannel,
    body.replace('per: workspace_id\n', 'per: workspace_id\n    alerts: {channels: none}\n'),
  );
  expect(told.get('usage-policy spend')).toMatchObject({ nobody: true });
  expect(text).toContain('alert tells nobody');
});

it('where nobody is to be named recipients are counted', async () => {
  const { told } = await read(`${chatChannel}review:\n  show_people: counts\n`);
  expect([...told.keys()]).not.toContain('key-limits app');
  expect(told.get('usage-policy spend')).toMatchObject({ channels: ['chat'], recipients: { count: 0 } });
});
