/** What months of a team have not broken, and must not: files in other shapes, clones of every kind, a service that goes back. */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, test } from 'vitest';
import { type Rig, startRig, succeed } from '../helpers/rig.ts';
import { smallState, uuid, workspaceRow } from '../helpers/state.ts';
import { orgFile, spendMayRise, workspaceFile } from '../helpers/world.ts';
import { git, makeFolder } from '../record/git-fixture.ts';
import { type Files, type GitRig, startGitRig } from './git-rig.ts';
import { describeLive, keys, policies, type Story, tell } from './harness.ts';

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

const body = policies({ spend: { alert: '80%' }, burst: { rate: '100 requests/minute' } }) + keys({ app: {} });
const plain: Files = { 'org.yaml': orgFile(), 'a.yaml': workspaceFile('ws-team-a', body) };
const each = (change: (text: string) => string): Files =>
  Object.fromEntries(Object.entries(plain).map(([path, text]) => [path, change(text)]));

describe('the same in another shape changes nothing, and records no more than the text', () => {
  it.each<[string, Files]>([
    ['a byte order mark', each((text) => `\uFEFF${text}`)],
    ['CRLF', each((text) => text.replaceAll('\n', '\r\n'))],
    ['both, and no last line end', each((text) => `\uFEFF${text.replaceAll('\n', '\r\n').trimEnd()}`)],
    ['an empty second document', each((text) => `---\n${text}---\n`)],
    ['four spaces', each((text) => text.replace(/^ +/gm, (spaces) => spaces.repeat(2)))],
    [
      'double quotes',
      each((text) => text.replace(/: (\$?[\w$% /-]+)$/gm, (all, value) => (value === '1' ? all : `: "${value}"`))),
    ],
    ['single quotes, blank lines and comments', each((text) => text.replace(/: (\$[\d.]+)$/gm, ": '$1' # by hand\n"))],
    [
      'maps in braces',
      {
        ...plain,
        'a.yaml': workspaceFile(
          'ws-team-a',
          'policies:\n  {\n    spend: { budget: $500, reset: monthly, per: workspace_id, alert: 80% },\n    burst: { rate: 100 requests/minute, per: workspace_id },\n  }\nkeys: { app: { budget: $80, reset: monthly } }\n',
        ),
      },
    ],
    [
      'the file in a folder, under another name',
      { 'org.yml': plain['org.yaml'] ?? '', 'teams/a/limits.yml': plain['a.yaml'] ?? '' },
    ],
  ])('%s', async (_, files) => {
    const made = await startRig({ state: smallState(), files: plain });
    rig = made;
    await succeed(made.apply());
    made.emulator.requests.clear();
    made.write(files);
    expect((await made.plan({ detailedExitcode: true })).exit).toBe(0);
    await succeed(made.apply());
    expect(made.emulator.requests.countWrites()).toBe(0);
  });
});

const ceiling =
  'defaults:\n  policies:\n    spend:\n      budget: $500\n      reset: monthly\n      per: workspace_id\n';
const moves: readonly Story[] = [
  {
    name: 'an entry moved to the file of another workspace: the new one first',
    before: [{ apply: { a: policies({ spend: {} }), b: '' } }],
    files: { a: '', b: policies({ spend: {} }) },
    plan: ['delete spend (edited)', 'create ws-team-b/spend (edited)'],
    after: ['ws-team-b/spend: $500 monthly per workspace_id'],
  },
  {
    name: 'an entry moved into the defaults: nothing, and back: nothing',
    before: [{ apply: policies({ spend: {} }) }, { apply: { org: ceiling, a: '' } }],
    files: policies({ spend: {} }),
    after: ['spend: $500 monthly per workspace_id'],
  },
  {
    name: 'two names swapped: each gets what the other had, and none is made or deleted',
    before: [{ apply: policies({ one: { budget: '$100' }, two: { budget: '$200' } }) }],
    files: policies({ one: { budget: '$200' }, two: { budget: '$100' } }),
    plan: ['update two (edited)', 'update one (edited)'],
    after: ['one: $200 monthly per workspace_id', 'two: $100 monthly per workspace_id'],
  },
  {
    name: 'a server restored to an older state that lacks newer objects: they are made again, and only they',
    before: [{ apply: policies({ old: {} }) }, { apply: policies({ old: {}, newer: {} }) }],
    action: [
      {
        byHand: ({ state }) =>
          state.usagePolicies.splice(
            0,
            state.usagePolicies.length,
            ...state.usagePolicies.filter(({ name }) => name === 'old'),
          ),
      },
    ],
    files: policies({ old: {}, newer: {} }),
    plan: ['create newer (drifted)'],
    after: ['newer: $500 monthly per workspace_id', 'old: $500 monthly per workspace_id'],
  },
];
describe('what is moved about', () => it.each(moves)('$name', tell));

test('the key is refused in the middle of an apply: nothing more is written, and the next one with a new key ends it', async () => {
  let written = 0;
  const made: Rig = await startRig({
    state: smallState(),
    files: {
      'org.yaml': orgFile(),
      'a.yaml': workspaceFile('ws-team-a', policies({ a: {}, b: {}, c: {}, d: {}, e: {}, f: {} })),
    },
    onRequest: (moment, { method }) => {
      if (moment !== 'after' || method !== 'POST') return;
      written += 1;
      if (written === 2) made.emulator.faults.set([{ fault: { kind: 'status', status: 401 } }]);
    },
  });
  rig = made;
  const ran = await made.apply({ concurrency: 1 });
  expect([ran.exit, describeLive(made).length]).toEqual([6, 2]);
  made.emulator.faults.set([]);
  await succeed(made.apply());
  expect(describeLive(made)).toHaveLength(6);
});

test('a workspace added while an apply runs is none of its business, and of the next one as any other', async () => {
  let isAdded = false;
  const made: Rig = await startRig({
    state: smallState(),
    files: { 'org.yaml': orgFile(ceiling), 'a.yaml': workspaceFile('ws-team-a', '') },
    onRequest: (moment, { method }) => {
      if (moment !== 'before' || method !== 'POST' || isAdded) return;
      isAdded = true;
      made.emulator.store.state.workspaces.push(workspaceRow('ws-new', uuid(77)));
    },
  });
  rig = made;
  await succeed(made.apply());
  expect(isAdded).toBe(true);
  expect(describeLive(made)).toEqual(['spend: $500 monthly per workspace_id']);
  expect((await made.plan({ detailedExitcode: true })).exit).toBe(0);
  made.write({
    'org.yaml': orgFile(ceiling),
    'a.yaml': workspaceFile('ws-team-a', ''),
    'new.yaml': workspaceFile('ws-new', ''),
  });
  await succeed(made.apply());
  expect(describeLive(made)).toEqual([
    'spend: $500 monthly per workspace_id',
    'ws-new/spend: $500 monthly per workspace_id',
  ]);
});

const amount = (dollars: number): Files => ({
  'org.yaml': orgFile(spendMayRise),
  'a.yaml': workspaceFile('ws-team-a', policies({ spend: { budget: `$${dollars}` } })),
});

async function applyIn({ emulator }: GitRig, folder: string) {
  const other = await startRig({ emulator, folder, recordFile: null });
  return succeed(other.apply());
}

test('clones of every kind go on from one record: without trees, a work tree beside, a tag, a detached head', async () => {
  const made = await startGitRig({ state: smallState() });
  rig = made;
  git(made.remote, 'config', 'uploadpack.allowFilter', 'true');
  made.commit(amount(500));
  await succeed(made.apply());

  const base = makeFolder();
  made.commit(amount(510));
  git(base, 'clone', '--quiet', '--filter=tree:0', `file://${made.remote}`, 'treeless');
  await applyIn(made, join(base, 'treeless'));

  made.commit(amount(520));
  made.git('tag', 'v1');
  made.git('worktree', 'add', '--quiet', '--detach', join(base, 'beside'), 'v1');
  await applyIn(made, join(base, 'beside'));

  made.commit(amount(530));
  made.git('checkout', '--quiet', '--detach', 'HEAD');
  await succeed(made.apply());
  expect(describeLive(made)).toEqual(['spend: $530 monthly per workspace_id']);
  expect(made.history()).toHaveLength(8);
});

test('hooks, signing, push settings and a mirror on another host: the record goes where the policies do', async () => {
  const made = await startGitRig({ state: smallState() });
  rig = made;
  made.commit(amount(500));
  await succeed(made.apply());
  const hook = join(made.folder, '.git', 'hooks', 'pre-push');
  writeFileSync(hook, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  const settings = [
    ['push.default', 'nothing'],
    ['push.gpgSign', 'true'],
    ['commit.gpgSign', 'true'],
    ['user.signingKey', 'nobody'],
    ['push.followTags', 'true'],
  ];
  made.git('push', '--quiet', '--no-verify', 'origin', 'HEAD:main');
  made.write(amount(510));
  made.git('commit', '--quiet', '--all', '-m', 'raise');
  made.git('push', '--quiet', '--no-verify', 'origin', 'HEAD:main');
  for (const [name = '', value = ''] of settings) made.git('config', name, value);
  await succeed(made.apply());

  const mirror = join(makeFolder(), 'mirror.git');
  execFileSync('git', ['clone', '--quiet', '--mirror', `file://${made.remote}`, mirror]);
  made.git('remote', 'set-url', 'origin', mirror);
  expect((await made.plan({ detailedExitcode: true })).exit).toBe(0);
  expect((await made.drift()).stdout).toMatch(/^No drift\.$/m);
  expect(describeLive(made)).toEqual(['spend: $510 monthly per workspace_id']);
});

test('a repository of SHA-256: a delete is done by the next deep clone, if not by a shallow one', async () => {
  const made = await startGitRig({ state: smallState() });
  rig = made;
  const base = makeFolder();
  const remote = join(base, 'remote.git');
  execFileSync('git', ['init', '--quiet', '--bare', '--object-format=sha256', '--initial-branch=main', remote]);
  git(base, 'init', '--quiet', '--object-format=sha256', '--initial-branch=main', 'clone');
  const folder = join(base, 'clone');
  git(folder, 'remote', 'add', 'origin', remote);
  const other = await startRig({ emulator: made.emulator, folder, recordFile: null });
  const push = (entries: Parameters<typeof policies>[0]): void => {
    other.write({ 'org.yaml': orgFile(spendMayRise), 'a.yaml': workspaceFile('ws-team-a', policies(entries)) });
    git(folder, 'add', '--all');
    git(folder, 'commit', '--quiet', '-m', 'policies');
    git(folder, 'push', '--quiet', 'origin', 'HEAD:main');
  };
  push({ spend: {}, trial: {} });
  await succeed(other.apply());
  push({ spend: {} });
  git(base, 'clone', '--quiet', '--depth', '1', `file://${remote}`, 'shallow');
  await applyIn(made, join(base, 'shallow'));
  await applyIn(made, folder);
  expect(describeLive(made)).toEqual(['spend: $500 monthly per workspace_id']);
});
