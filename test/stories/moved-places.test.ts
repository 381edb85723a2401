/** Records whose place, branch or remote has changed under them: nothing is deleted for it, and none is taken for lost. */

import { afterEach, expect, test } from 'vitest';
import { parseOutput, type Ran, succeed, writeIn } from '../helpers/rig.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile, spendMayRise, workspaceFile } from '../helpers/world.ts';
import { git } from '../record/git-fixture.ts';
import { type GitRig, startGitRig } from './git-rig.ts';
import { describeLive, policies } from './harness.ts';

let rig: GitRig;
afterEach(() => rig.close());

const minutes = { timeout: 180_000 };
const prod = orgFile(spendMayRise);
const stage = prod.replace('production', 'staging');
const team = (body: string): string => workspaceFile('ws-team-a', body);
const at = (org: string, ref: string): string => `${org}record: {ref: ${ref}}\n`;

function push(files: Readonly<Record<string, string>>): string {
  for (const [path, text] of Object.entries(files)) writeIn(rig.folder, path, text);
  rig.git('add', '--all');
  rig.git('commit', '--quiet', '--allow-empty', '-m', 'policies');
  rig.git('push', '--quiet', 'origin', 'HEAD:main');
  return rig.git('rev-parse', 'HEAD');
}

const live = (): string[] =>
  describeLive(rig)
    .map((line) => line.split(':')[0] ?? '')
    .sort();
const said = ({ stdout, stderr }: Ran): string => `${stdout}\n${stderr}`;

test(
  'mistakes-D12: what has moved to another environment is not deleted by the one that it left',
  minutes,
  async () => {
    rig = await startGitRig({ state: smallState() });
    push({
      'policies/org.yaml': prod,
      'policies/a.yaml': team(policies({ spend: {}, extra: {} })),
      'stage/org.yaml': stage,
      'stage/a.yaml': team(policies({ own: {} })),
    });
    await succeed(rig.apply());
    await succeed(rig.apply({ dir: 'stage' }));
    push({
      'policies/a.yaml': team(policies({ spend: {} })),
      'stage/a.yaml': team(policies({ own: {}, extra: {} })),
    });
    // Before the other one has it, it is a delete like any other.
    const early = parseOutput(await rig.plan({ format: 'json' })) as { violations: { guard: string }[] };
    expect(early.violations.map(({ guard }) => guard)).not.toContain('held-elsewhere');
    await succeed(rig.apply({ dir: 'stage' }));
    const refused = await rig.apply();
    expect([refused.exit, live()]).toEqual([3, ['extra', 'own', 'spend']]);
    expect(said(refused)).toContain(
      'takes away usage-policy/ws-team-a/extra, which the record of another environment holds',
    );
    push({ 'policies/a.yaml': team(`forget: [policies/extra]\n${policies({ spend: {} })}`) });
    await succeed(rig.apply());
    expect(live()).toEqual(['extra', 'own', 'spend']);
  },
);

test(
  'months: somebody commits a README onto the branch of the record: it is named, and the record is not taken for none',
  minutes,
  async () => {
    rig = await startGitRig({ state: smallState() });
    const branch = 'refs/heads/tollgate-record';
    push({ 'policies/org.yaml': at(prod, branch), 'policies/a.yaml': team(policies({ spend: {} })) });
    await succeed(rig.apply());
    const tree = git(rig.remote, 'rev-parse', `${branch}^{tree}`);
    const blob = git(rig.folder, 'rev-parse', 'HEAD:policies/org.yaml');
    const listed = git(rig.remote, 'ls-tree', tree);
    rig.git('fetch', '--quiet', 'origin', branch);
    git(rig.folder, 'read-tree', 'FETCH_HEAD');
    git(rig.folder, 'update-index', '--add', '--cacheinfo', `100644,${blob},README.md`);
    const spoiled = git(rig.folder, 'write-tree');
    rig.git('read-tree', 'HEAD');
    const commit = git(rig.folder, 'commit-tree', spoiled, '-p', 'FETCH_HEAD', '-m', 'Add a README');
    rig.git('push', '--quiet', 'origin', `${commit}:${branch}`);
    expect(listed).toContain('record.json');
    const told = await rig.plan();
    expect([told.exit, said(told)]).toEqual([1, expect.stringContaining('beside it what is none of it: README.md')]);
    // Whoever names another branch instead has not lost it either.
    push({ 'policies/org.yaml': at(prod, 'refs/heads/tollgate-record2') });
    expect(said(await rig.apply())).toContain('beside it what is none of it: README.md');
    push({ 'policies/org.yaml': at(prod, branch) });
    const mended = git(rig.folder, 'commit-tree', tree, '-p', commit, '-m', 'Take it out again');
    rig.git('push', '--quiet', 'origin', `${mended}:${branch}`);
    expect((await rig.plan({ detailedExitcode: true })).exit).toBe(0);
  },
);

test(
  'months: applied before there was a remote: the record in the clone is named, with the line that pushes it',
  minutes,
  async () => {
    rig = await startGitRig({ state: smallState() });
    rig.git('remote', 'remove', 'origin');
    writeIn(rig.folder, 'policies/org.yaml', prod);
    writeIn(rig.folder, 'policies/a.yaml', team(policies({ spend: {}, extra: {} })));
    rig.git('add', '--all');
    rig.git('commit', '--quiet', '-m', 'policies');
    await succeed(rig.apply());
    rig.git('remote', 'add', 'origin', rig.remote);
    push({ 'policies/a.yaml': team(policies({ spend: {} })) });
    const told = await rig.apply();
    expect([told.exit, live()]).toEqual([1, ['extra', 'spend']]);
    const [line = ''] = /git push origin refs\/tollgate\/production/.exec(said(told)) ?? [];
    rig.git(...line.split(' ').slice(1));
    await succeed(rig.apply());
    expect(live()).toEqual(['spend']);
  },
);

test('months: one commit moves the records of two directories: each is judged by its own', minutes, async () => {
  rig = await startGitRig({ state: smallState() });
  const files = (prodRef: string, stageRef: string) => ({
    'prod/org.yaml': at(prod, prodRef),
    'stage/org.yaml': at(stage, stageRef),
  });
  push({
    ...files('refs/heads/z-prod', 'refs/heads/a-stage'),
    'prod/a.yaml': team(policies({ spend: {} })),
    'stage/a.yaml': team(policies({ own: {} })),
  });
  for (const dir of ['prod', 'stage']) await succeed(rig.apply({ dir }));
  push(files('refs/heads/rec/prod', 'refs/heads/rec/stage'));
  for (const dir of ['prod', 'stage']) {
    const plan = await rig.plan({ dir, format: 'json' });
    const document = parseOutput(plan) as { changes: unknown[]; violations: { details: string[] }[] };
    expect([plan.exit, document.changes], dir).toEqual([0, []]);
    expect(document.violations.flatMap(({ details }) => details).join('\n'), dir).not.toContain('environment');
    await succeed(rig.move({ dir }));
    expect((await rig.plan({ dir, detailedExitcode: true })).exit, dir).toBe(0);
  }
});

test('months: a remote whose HEAD names no branch is said to have none', minutes, async () => {
  rig = await startGitRig({ state: smallState() });
  push({ 'policies/org.yaml': prod, 'policies/a.yaml': team(policies({ spend: {} })) });
  git(rig.remote, 'symbolic-ref', 'HEAD', 'refs/heads/master');
  const told = await rig.apply();
  expect([told.exit, live()]).toEqual([1, []]);
  expect(said(told)).toContain('has no default branch: its HEAD names none that is there');
});
