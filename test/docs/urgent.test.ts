/** What docs/propose.md tells somebody whose bill jumps, done: S0-35 with its ways that do not wait. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Ran } from '../helpers/rig.ts';
import { testSession } from '../helpers/session.ts';
import { keyRow, smallState, teamA, usagePolicyRow, uuid, workspaceRow } from '../helpers/state.ts';
import { typeLine } from '../helpers/type-line.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { type GitRig, startGitRig } from '../stories/git-rig.ts';
import { clickAt } from './click-at.ts';
import { commandLines, readText } from './markdown.ts';

const page = readText('docs/propose.md');
const section = page.slice(page.indexOf('## When it is urgent'));
const lines = commandLines(section);
const isAsking = ([name]: readonly string[]): boolean => name === 'usage';
const proposals = lines.filter(([name]) => name === 'propose');

const file = 'policies/workspaces/marketing.yaml';
const policy =
  '# agreed with finance\npolicies:\n  monthly-spend:\n    budget: $500   # per month\n    reset: monthly\n    per: workspace_id\n';

async function start(): Promise<GitRig> {
  const state = smallState({
    workspaces: [workspaceRow('marketing', teamA)],
    apiKeys: [keyRow('app', uuid(11), teamA)],
    usagePolicies: [usagePolicyRow('monthly-spend', uuid(101), teamA, { credit_limit: 500 })],
  });
  const rig = await startGitRig({ state });
  onTestFinished(() => rig.close());
  rig.commit({ 'org.yaml': orgFile(), 'workspaces/marketing.yaml': workspaceFile('marketing', policy) });
  expect(await run(rig, ['apply'])).toMatchObject({ exit: 0 });
  return rig;
}

function run({ env, folder }: GitRig, words: readonly string[]): Promise<Ran> {
  return typeLine(words, testSession({ env, cwd: folder, isInteractive: true, answer: true }));
}

const limitOf = ({ emulator }: GitRig) =>
  emulator.store.state.usagePolicies.find(({ name }) => name === 'monthly-spend')?.credit_limit;

/** What the page says in this order, from the line that begins so. */
async function follow(rig: GitRig, from: number, count: number): Promise<string> {
  let printed = '';
  for (const words of lines.slice(from, from + count)) {
    const wanted = words[0] === 'drift' ? 2 : 0;
    const ran = await run(rig, words);
    expect([words.join(' '), ran.exit, ran.stderr]).toEqual([words.join(' '), wanted, expect.any(String)]);
    printed += ran.stdout;
  }
  return printed;
}

async function mergeProposal(rig: GitRig): Promise<void> {
  const branches = rig.git('ls-remote', 'origin', 'refs/heads/tollgate/proposal/*').trim().split('\n');
  expect(branches).toHaveLength(1);
  rig.git('checkout', '--quiet', '--', file);
  rig.git('fetch', '--quiet', 'origin', branches[0]?.split('\t')[1] ?? '');
  rig.git('merge', '--quiet', '--no-ff', '-m', 'merge', 'FETCH_HEAD');
  rig.git('push', '--quiet', 'origin', 'HEAD');
  expect(readFileSync(join(rig.folder, file), 'utf8')).toBe(workspaceFile('marketing', policy.replace('$500', '$200')));
  expect(await run(rig, ['apply'])).toMatchObject({ exit: 0 });
  expect(limitOf(rig)).toBe(200);
  expect((await run(rig, ['plan', '--detailed-exitcode'])).exit).toBe(0);
}

const firstOf = (name: string): number => lines.findIndex(([one]) => one === name);

it('S0-35: find model and user, propose the cap: one branch, and merged it is in force', async () => {
  const rig = await start();
  expect(lines.filter(isAsking)).toHaveLength(2);
  expect(proposals).toHaveLength(3);
  await follow(rig, 0, 3);
  expect(limitOf(rig)).toBe(500);
  await mergeProposal(rig);
});

it('S0-35: capped with the key at once, and the pull request makes it last', async () => {
  const rig = await start();
  writeFileSync(join(rig.folder, file), workspaceFile('marketing', policy.replace('$500', '$200')));
  await follow(rig, firstOf('apply'), 1);
  expect(limitOf(rig)).toBe(200);
  await follow(rig, firstOf('apply') + 1, 1);
  await mergeProposal(rig);
});

it('S0-35: capped in the dashboard, no apply reopens it, and the pull request makes it last', async () => {
  const rig = await start();
  await clickAt(rig, 'monthly-spend', { credit_limit: 200 });
  expect(await follow(rig, firstOf('drift'), 1)).toContain('monthly-spend');
  expect(await run(rig, ['apply'])).toMatchObject({ exit: 0 });
  expect(limitOf(rig)).toBe(200);
  await follow(rig, firstOf('drift') + 1, 1);
  await mergeProposal(rig);
});
