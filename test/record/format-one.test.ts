/** Records that tollgate 0.1 wrote: read, planned against, applied and brought to the present format. */

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { parseOutput, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { smallState, teamA, usagePolicyRow, uuid } from '../helpers/state.ts';
import { entryOf } from '../trust/record-kit.ts';
import { bareEnvironment, git, makeFolder } from './git-fixture.ts';

const fixtures = fileURLToPath(new URL('../fixtures/records', import.meta.url));
const head = 'version: 1\nkind: org\nenvironment: production\norganisation: 7f3c1f8e-2b1d-4a57-9a44-0c7d2b6e9a10\n';
const said = 'review:\n  drift: leave\n  guards:\n    spend_up: off\n';
const filesOf = (entries: string, rest = '') => ({
  'org.yaml': head + rest,
  'a.yaml': `version: 1\nkind: workspace\nworkspace: ws-team-a\nowner: platform\npolicies:\n${entries}`,
});
const [p1, p2] = [entryOf('p1', 100), entryOf('p2', 200)];

let rig: Rig;
afterEach(() => rig.close());

async function start(recordFile: string | null): Promise<void> {
  const usagePolicies = [100, 200, 300].map((amount, index) =>
    usagePolicyRow(`p${index + 1}`, uuid(101 + index), teamA, { credit_limit: amount }),
  );
  rig = await startRig({
    state: smallState({ usagePolicies }),
    folder: makeFolder(),
    ...(recordFile === null ? { recordFile } : {}),
  });
}

/** With the names and dates of the fixtures, so that commits of equal files have the ids that the records name. */
function commit(files: Readonly<Record<string, string>>, message: string): void {
  rig.write(files);
  const who = { NAME: 'platform-engineer', EMAIL: 'platform@example.com', DATE: '2026-11-20T12:00:00Z' };
  const env: Record<string, string> = bareEnvironment(rig.folder);
  for (const [member, value] of Object.entries(who)) {
    env[`GIT_AUTHOR_${member}`] = value;
    env[`GIT_COMMITTER_${member}`] = value;
  }
  for (const args of [
    ['add', '--all', 'policies'],
    ['commit', '--quiet', '-m', message],
  ]) {
    execFileSync('git', args, { cwd: rig.folder, env });
  }
}

/** The record on its ref, of the control plane of this test. */
function plant(name: string): void {
  const folder = makeFolder();
  cpSync(join(fixtures, name), folder, { recursive: true });
  pointAt(join(folder, 'record.json'));
  // Ten minutes before the emulator's clock: a claim of the future is nobody's.
  const claim = join(folder, 'claim.json');
  if (existsSync(claim)) {
    const text = readFileSync(claim, 'utf8').replace(/("startedAt": )"[^"]+"/, '$1"2026-11-20T11:50:00.000Z"');
    writeFileSync(claim, text.replace(/("leaseUntil": )"[^"]+"/, '$1"2026-11-20T12:50:00.000Z"'));
  }
  git(folder, 'init', '--quiet');
  git(folder, 'add', '--all', '--force');
  git(folder, 'commit', '--quiet', '-m', 'apply production');
  git(rig.folder, 'fetch', '--quiet', folder, 'HEAD:refs/tollgate/production');
}

function pointAt(path: string): void {
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll('http://127.0.0.1:18931/v1', rig.emulator.url));
}

async function plan(): Promise<{ changes: { name: string; action: string }[]; notes: { message: string }[] }> {
  const ran = await rig.plan({ format: 'json' });
  if (ran.stdout === '') throw new Error(ran.stderr);
  return parseOutput(ran) as never;
}

async function expectUpgraded(): Promise<void> {
  const stored = JSON.parse(git(rig.folder, 'show', 'refs/tollgate/production:record.json')) as object;
  expect(stored).toMatchObject({ version: 2, directory: 'policies', way: 'by-hand' });
  expect(stored).not.toHaveProperty('wasFormatOne');
  const { notes } = await plan();
  expect(notes.map(({ message }) => message).filter((text) => /seal/.test(text))).toEqual([]);
}

describe('a record of format 1', () => {
  const removed: readonly [name: string, first: string, org: string, then: string, deletes: boolean, why: RegExp][] = [
    ['no-commit', p1 + p2, '', p1, false, /names no commit.*record rebuild --from COMMIT/],
    ['dirty', p1, '', entryOf('p1', 90), false, /do not declare them so.*record rebuild --from COMMIT/],
    ['settings', p1 + p2, said, p1, true, /not sealed/],
  ];
  test.each(removed)(
    '%s: what its commit proves is taken away, and nothing else',
    async (name, first, org, then, deletes, why) => {
      await start(null);
      git(rig.folder, 'init', '--quiet', '--initial-branch=main');
      commit(filesOf(first, org), 'first');
      plant(name);
      expect((await plan()).changes).toEqual([]);
      commit(filesOf(then, org), 'second');
      const planned = await plan();
      expect(planned.changes.filter(({ action }) => action === 'delete').map(({ name: gone }) => gone)).toEqual(
        deletes ? ['p2'] : [],
      );
      expect(planned.notes.map(({ message }) => message).join('\n')).toMatch(why);
      await succeed(rig.apply());
      expect(rig.emulator.store.state.usagePolicies.find(({ name: left }) => left === 'p2')?.status).toBe(
        deletes ? 'archived' : 'active',
      );
      await expectUpgraded();
    },
  );

  test('owed: an entry that is owed comes from no commit that it names, and is brought up to date', async () => {
    await start(null);
    git(rig.folder, 'init', '--quiet', '--initial-branch=main');
    commit(filesOf(p1 + p2, said), 'first');
    commit(filesOf(entryOf('p1', 90) + entryOf('p2', 150), said), 'second');
    plant('owed');
    expect((await plan()).changes.map(({ name, action }) => [name, action])).toContainEqual(['p2', 'update']);
    await succeed(rig.apply());
    await expectUpgraded();
  });

  test('claim: names the run that holds it, and --take-over settles it', async () => {
    await start(null);
    git(rig.folder, 'init', '--quiet', '--initial-branch=main');
    commit(filesOf(p1 + p2, said), 'first');
    commit(filesOf(entryOf('p1', 90) + entryOf('p2', 150), said), 'second');
    plant('claim');
    const refused = await rig.apply();
    expect(refused.exit).toBe(4);
    const run = /--take-over (\S+)/.exec(refused.stderr)?.[1];
    await succeed(rig.apply({ takeOver: run }));
    await expectUpgraded();
  });

  test('file: outside Git it is trusted like the folder that it lies in', async () => {
    await start('record.json');
    cpSync(join(fixtures, 'file', 'record.json'), rig.recordFile);
    pointAt(rig.recordFile);
    rig.write(filesOf(p1));
    expect((await plan()).changes.map(({ name, action }) => [name, action])).toEqual([['p2', 'delete']]);
    await succeed(rig.apply());
    expect(rig.readRecord()).toMatchObject({ version: 2, directory: null, commit: null });
  });
});
