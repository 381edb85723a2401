/** Price files judge a change as settings do: those that were applied last, whatever lies in the work tree. */

import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { parseOutput, type Ran, succeed, writeIn } from '../helpers/rig.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { entry } from '../prices/kit.ts';
import { type GitRig, startGitRig } from '../stories/git-rig.ts';

let rig: GitRig;
afterEach(() => rig.close());

const org = orgFile('pricing:\n  source: prices\n');
const tokens = (amount: string): string =>
  workspaceFile(
    'ws-team-a',
    `policies:\n  cap:\n    budget: ${amount} tokens\n    reset: monthly\n    match: {model: "@openai/gpt-4o"}\n    per: workspace_id\n`,
  );
const spend = (amount: string): string =>
  workspaceFile('ws-team-a', `limits:\n  budget: ${amount}\n  reset: monthly\n`);
const prices = (price: number): Record<string, string> => ({
  'prices/openai.json': JSON.stringify({ default: entry(0, 0), 'gpt-4o': entry(price, price) }),
});
const pricesUnread = (ran: Ran): boolean =>
  JSON.stringify(parseOutput(ran)).includes('are not those of the commit that was applied last');

/** What the plan says that the budget comes to. */
function said(ran: Ran): string {
  return ran.stdout.replace(/\s+/g, ' ');
}

async function start(): Promise<void> {
  rig = await startGitRig({ state: smallState() });
  rig.commit({ 'org.yaml': org, 'a.yaml': tokens('2M'), ...prices(0.001) });
  await succeed(rig.apply());
}

test('trust-E8: prices in a folder count while they are as they were applied', async () => {
  await start();
  rig.commit({ 'org.yaml': org, 'a.yaml': tokens('3M'), ...prices(0.001) });
  const ran = await rig.plan({ format: 'json' });
  expect(pricesUnread(ran)).toBe(false);
  expect(said(await rig.plan())).toContain('$30');
});

test.each([
  [
    'committed beside the raise',
    (): void => void rig.commit({ 'a.yaml': tokens('3M'), 'org.yaml': org, ...prices(0) }),
  ],
  ['in the work tree alone', (): void => writeIn(rig.folder, join('policies', 'prices', 'openai.json'), '{}')],
  ['in a file that Git does not know', (): void => writeIn(rig.folder, join('policies', 'prices', 'new.json'), '{}')],
])('trust-E8: an edit of them %s makes no price of its own: what it comes to is unknown', async (_name, edit) => {
  await start();
  rig.commit({ 'org.yaml': org, 'a.yaml': tokens('3M'), ...prices(0.001) });
  edit();
  const ran = await rig.plan({ format: 'json' });
  expect(pricesUnread(ran)).toBe(true);
  expect(said(await rig.plan())).not.toContain('$30');
});

test('trust-E8: an edit of prices lifts no guard, and counts after the apply', async () => {
  rig = await startGitRig({ state: smallState() });
  rig.commit({ 'org.yaml': org, 'a.yaml': spend('$10'), ...prices(0.001) });
  await succeed(rig.apply());
  // By its own prices this would be as good as nothing.
  rig.commit({ 'org.yaml': org, 'a.yaml': tokens('900M'), ...prices(0) });
  const ran = await rig.plan({ format: 'json' });
  const { violations } = parseOutput(ran) as { violations: readonly { guard: string; allow: string }[] };
  expect(violations.map(({ guard }) => guard)).toContain('spend-up');
  await succeed(rig.apply({ allow: violations.map(({ allow }) => allow) }));
  expect(pricesUnread(await rig.plan({ format: 'json' }))).toBe(false);
});
