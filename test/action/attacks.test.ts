/** What people with write access try, against the Action: records that are forged or put back, claims, and changes that move nothing live. */

import { describe, expect, test } from 'vitest';
import type { AppliedRecord } from '../../src/plan/applied-record.ts';
import { createGitRefStore } from '../../src/record/git-ref.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { bareEnvironment, clone, git, makeFolder } from '../record/git-fixture.ts';
import { all, policies, type Scene, startApplied, team } from './scene.ts';

const recordRef = 'refs/tollgate/production';
const alone = orgFile('review: { alone: true, guards: { spend_up: off } }\n');

/** As somebody sees it who may push, and has no key that seals. */
async function openForged({ remote }: Scene) {
  const store = createGitRefStore({ directory: clone(remote), env: bareEnvironment(makeFolder()), ref: recordRef });
  const stored = await store.read();
  if (stored === null) throw new Error('there is no record');
  return { record: stored.record, write: (record: AppliedRecord) => store.write(record, stored.token, 'forged') };
}

async function recordedEntry(scene: Scene, name: string) {
  const { record } = await openForged(scene);
  return record.workspaces.flatMap(({ entries }) => entries).find((entry) => entry.name === name);
}

describe('trust-F5', () => {
  test('trust-F5: a pushed record that says the tip has been applied, with `alone: true`, brings nothing through', async () => {
    const scene = await startApplied();
    scene.merge(
      'alone',
      { 'policies/org.yaml': alone, ...team({ ...all('$100'), alpha: '$900' }) },
      { approvedBy: null },
    );
    const { record, write } = await openForged(scene);
    const settings = { ...record.settings, review: { alone: true } };
    await write({ ...record, commit: git(scene.remote, 'rev-parse', 'main'), settings });
    const ran = await scene.apply();
    expect(ran.exit, ran.text).toBe(4);
    expect(scene.limits()).toMatchObject({ alpha: 100 });
  });

  test('trust-F5: an older record with `alone: true`, put back by force, is not in force again', async () => {
    const scene = await startApplied({ org: 'review: { alone: true, guards: { spend_up: off } }\n' });
    const old = git(scene.remote, 'rev-parse', recordRef);
    const strict = orgFile('review: { guards: { spend_up: off } }\n');
    scene.merge('strict', { 'policies/org.yaml': strict });
    expect((await scene.apply()).exit).toBe(0);
    git(scene.remote, 'update-ref', recordRef, old);
    const files = { 'policies/org.yaml': alone, ...team({ ...all('$100'), alpha: '$900' }) };
    scene.github.pushTo({ branch: 'main', user: 'author', files });
    const ran = await scene.apply();
    expect(ran.exit, ran.text).toBe(3);
    const byAuthor = await scene.dispatch({ approve: ran.outputs.digest ?? '' }, { actor: 'author' });
    expect(byAuthor.exit, byAuthor.text).toBe(3);
    expect(scene.limits()).toMatchObject({ alpha: 100 });
  });
});

describe('trust-F10: what changes nothing live needs a review all the same', () => {
  const others = { beta: '$100', gamma: '$100', delta: '$100' };
  const workspace = (text: string) => ({ 'policies/a.yaml': workspaceFile('ws-team-a', text) });
  const alphaWith = (line: string) =>
    workspace(
      `${policies(others)}  alpha:\n    budget: $100\n    reset: monthly\n    per: workspace_id\n${line === '' ? '' : `    ${line}\n`}`,
    );

  async function expectOwed(scene: Scene, files: Record<string, string>): Promise<void> {
    const before = await recordedEntry(scene, 'alpha');
    expect(before).toBeDefined();
    const pull = scene.merge('unseen', files, { approvedBy: null });
    const ran = await scene.apply();
    expect(ran.exit, ran.text).toBe(4);
    expect(ran.failure).toContain(`pull request #${pull}: it has no approving review`);
    const { commit: _was, ...kept } = before ?? {};
    expect(await recordedEntry(scene, 'alpha')).toMatchObject(kept);
    // It is the lack of a review that holds it, and nothing else.
    scene.approve(pull);
    const late = await scene.apply();
    expect(late.exit, late.text).toBe(0);
  }

  test('trust-F10: `forget`', async () => {
    await expectOwed(await startApplied(), workspace(`${policies(others)}forget: [policies/alpha]\n`));
  });

  test('trust-F10: unprotecting', async () => {
    const scene = await startApplied({ files: alphaWith('protect: true') });
    await expectOwed(scene, alphaWith(''));
  });

  test('trust-F10: an `id:` that moves to another policy', async () => {
    const scene = await startApplied();
    const other = { ...structuredClone(scene.row('alpha')), id: '99999999-9999-4999-8999-999999999999', name: 'other' };
    scene.emulator.store.state.usagePolicies.push(other);
    await expectOwed(scene, alphaWith(`id: ${other.id}`));
  });

  test('trust-F10: an entry that moves to another key, whose live policy is called as before', async () => {
    const moved = '    name: alpha\n    previously: alpha\n';
    const entry = `  omega:\n${moved}    budget: $100\n    reset: monthly\n    per: workspace_id\n`;
    await expectOwed(await startApplied(), workspace(`${policies(others)}${entry}`));
  });

  test('trust-F10: a file that is set to what somebody has loosened by hand', async () => {
    const scene = await startApplied();
    scene.row('alpha').credit_limit = 900;
    await expectOwed(scene, team({ ...all('$100'), alpha: '$900' }));
    expect(scene.limits()).toMatchObject({ alpha: 900 });
  });
});

describe('trust-D7: a claim whose end nobody can tell', () => {
  const takeOver = 'github:777.1';

  async function startClaimed(): Promise<Scene> {
    const scene = await startApplied();
    scene.merge('raise', team({ ...all('$100'), alpha: '$120' }));
    const { record, write } = await openForged(scene);
    const startedAt = record.appliedAt;
    const leaseUntil = new Date(Date.parse(startedAt) + 3_000_000).toISOString();
    await write({
      ...record,
      claim: { run: takeOver, by: 'x', startedAt, leaseUntil, digest: 'a'.repeat(64), changes: [] },
    });
    return scene;
  }

  test('trust-D7: is taken over on the word of who may write, and what is applied then needs the words it always needs', async () => {
    const scene = await startClaimed();
    expect((await scene.apply()).failure).toContain(takeOver);
    const ran = await scene.dispatch({ takeOver });
    expect(ran.failure ?? '', ran.text).not.toContain('is under way');
    expect(ran.exit, ran.text).toBe(0);
    expect(scene.limits()).toMatchObject({ alpha: 120 });
  });

  test('trust-D7: is not taken over while GitHub says that its run is under way', async () => {
    const scene = await startClaimed();
    scene.github.addWorkflowRun({ id: 777, headSha: git(scene.remote, 'rev-parse', 'main'), status: 'in_progress' });
    expect((await scene.dispatch({ takeOver })).failure).toContain('still under way');
    expect(scene.limits()).toMatchObject({ alpha: 100 });
  });
});

test('trust-B8: a comment on a pull request applies nothing of its branch', async () => {
  const scene = await startApplied();
  const pull = scene.open('raise', team({ ...all('$100'), alpha: '$900' }));
  const comment = scene.github.comment({ issue: pull, user: 'author', body: '/tollgate apply' });
  const event = { action: 'created', comment: comment.id } as const;
  const ran = await scene.act('issue_comment', event, 'raise', { inputs: { command: 'apply' } });
  expect(ran.exit, ran.text).toBe(0);
  expect(scene.limits()).toMatchObject({ alpha: 100 });
});
