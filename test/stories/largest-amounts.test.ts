/** Amounts as large as the grammar takes: every document fits its schema, every word is taken as it is printed. */

import { expect, it, onTestFinished } from 'vitest';
import type { Rig } from '../helpers/rig.ts';
import { startRig, succeed } from '../helpers/rig.ts';
import { integrationRow, requestRow, smallState, teamA, uuid } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

const largest = '$90,071,992,547,409.91';
const groups = 'groups:\n  all:\n    workspaces: [ws-team-*]\n    ceiling: $1\n';
const daily = (workspace: string, amount: string) =>
  workspaceFile(workspace, `policies:\n  spend:\n    budget: ${amount}\n    reset: every 1 day\n    per: api_key\n`);
const files = (amount: string, org: string) => ({
  'org.yaml': orgFile(org),
  'a.yaml': daily('ws-team-a', amount),
  'b.yaml': daily('ws-team-b', amount),
});

async function start(options: Parameters<typeof startRig>[0]): Promise<Rig> {
  const rig = await startRig(options);
  onTestFinished(() => rig.close());
  return rig;
}

const wordsOf = (stdout: string) => [...stdout.matchAll(/--allow (\S+)/g)].flatMap(([, word]) => word ?? []);

it.each([
  ['a ceiling', `review: { guards: { spend_up: off } }\n${groups}`, 'ceiling=8106479329266802@'],
  ['the committed spend', 'review: { guards: { ceiling: off } }\n', 'spend-up=9007199254740891@'],
])('of %s', async (_, org, word) => {
  const state = smallState({ requestLogs: [requestRow()] });
  const rig = await start({ state, files: files('$1', org) });
  await rig.apply();
  rig.write(files(largest, org));
  const { stdout } = await rig.plan();
  // The rig holds JSON against its schema.
  const whole = JSON.parse((await rig.plan({ format: 'json' })).stdout);
  expect(whole.spend.organisation.after_cents).toBeGreaterThan(Number.MAX_SAFE_INTEGER);
  expect(stdout).toContain(word);
  await succeed(rig.apply({ allow: wordsOf(stdout) }));
  await succeed(rig.status({ format: 'json' }));
  await succeed(rig.drift({ format: 'json' }));
});

it('of a price', async () => {
  const prices = (factor: string) => ({
    'org.yaml': orgFile(`integrations:\n  openai-prod:\n    prices:\n      multiplier: ${factor}\n`),
  });
  const integrations = [integrationRow('openai-prod', uuid(31), [teamA])];
  const rig = await start({ state: smallState({ integrations, requestLogs: [requestRow()] }), files: prices('1000') });
  await succeed(rig.apply());
  rig.write(prices('0.00000000000001'));
  await rig.plan({ format: 'json' });
  const { stdout } = await rig.plan();
  expect(stdout).toContain('spend-up=unbounded@');
  expect(stdout.replace(/\s+/g, ' ')).toContain('what is as good as free ends no budget');
  await succeed(rig.apply({ allow: wordsOf(stdout) }));
});
