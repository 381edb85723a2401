/** What happens to a repository in months: refs that are cleaned up, services restored, histories rewritten. Real Git, so few. */

import { afterEach, expect, test } from 'vitest';
import { parseOutput, succeed } from '../helpers/rig.ts';
import { keyA1, smallState } from '../helpers/state.ts';
import { orgFile, spendMayRise, workspaceFile } from '../helpers/world.ts';
import { git } from '../record/git-fixture.ts';
import { type Files, type GitRig, startGitRig } from './git-rig.ts';
import { describeLive, keys, policies } from './harness.ts';

let rig: GitRig;
afterEach(() => rig.close());

const files = (body: string): Files => ({
  'org.yaml': orgFile(spendMayRise),
  'a.yaml': workspaceFile('ws-team-a', body),
});
const recordRef = 'refs/tollgate/production';
const policyRow = (name: string) => rig.emulator.store.state.usagePolicies.find((row) => row.name === name);
const keyRow = () => rig.emulator.store.state.apiKeys.find(({ id }) => id === keyA1);

test('mistakes-H4: a service restored from a backup: what commits took away and is live again is drift, and the commit is named', async () => {
  rig = await startGitRig({ state: smallState() });
  rig.commit(files(policies({ spend: {}, 'old-trial': { budget: '$9' } }) + keys({ app: {} })));
  await succeed(rig.apply());
  const { usage_limits: backup } = structuredClone(keyRow() ?? { usage_limits: null });
  const commit = rig.commit(files(policies({ spend: {} })));
  await succeed(rig.apply());
  Object.assign(policyRow('old-trial') ?? {}, { status: 'active' });
  Object.assign(keyRow() ?? {}, { usage_limits: { ...backup, credit_limit: 7 } });
  const others = await rig.drift();
  expect([others.exit, others.stdout]).toEqual([2, expect.stringContaining('1 beside what was applied')]);
  expect(others.stdout).toContain(
    `back: policy "old-trial" (ws-team-a), which was taken away by commit ${commit.slice(0, 12)}, applied on 2026-11-20.`,
  );
  // A limit that somebody sets anew is nobody's business; the very one that was cleared is back.
  Object.assign(keyRow() ?? {}, { usage_limits: backup });
  const document = parseOutput(await rig.drift({ format: 'json' }));
  expect(document).toMatchObject({ ok: false, beside: [{ code: 'back' }, { code: 'back' }] });
  expect(JSON.stringify(document)).toContain('back: key \\"app\\" (ws-team-a)');

  // Declared again it is what Git says, and no longer back.
  rig.commit(files(policies({ spend: {}, 'old-trial': { budget: '$9' } }) + keys({ app: {} })));
  await succeed(rig.apply());
  expect((await rig.drift()).stdout).toMatch(/^No drift\.$/m);
});

test('mistakes-H3: the record is deleted on the remote: during an apply that is said, and afterwards nothing is clean', async () => {
  let deleted = 0;
  rig = await startGitRig({
    state: smallState(),
    onRequest: (moment, { method }) => {
      if (moment !== 'after' || method !== 'DELETE' || deleted > 0) return;
      deleted += 1;
      git(rig.remote, 'update-ref', '-d', recordRef);
    },
  });
  const first = rig.commit(files(policies({ spend: {}, cap: {}, 'old-trial': { budget: '$9' } })));
  await succeed(rig.apply());
  const commit = rig.commit(files(policies({ spend: {}, cap: {} })));
  const ran = await rig.apply();
  expect([ran.exit, deleted]).toEqual([5, 1]);
  expect(ran.stderr).toContain('was deleted meanwhile');
  expect(ran.stderr).not.toContain('another apply');
  expect(ran.stderr).toContain(`tollgate record rebuild --from ${commit.slice(0, 12)}`);

  const lost = await rig.drift();
  expect([lost.exit, lost.stdout]).toEqual([4, expect.stringContaining('probably lost')]);
  expect(JSON.stringify(parseOutput(await rig.plan({ format: 'json' })).notes)).toContain('it was probably lost');
  await succeed(rig.rebuild({ from: first }));
  expect((await rig.drift()).stdout).toMatch(/^No drift\.$/m);
  expect(describeLive(rig)).toHaveLength(2);
});

/** A history without any commit that was there before, with files as they are. */
function rewrite(message: string): string {
  rig.git('checkout', '--quiet', '--orphan', message.replaceAll(' ', '-'));
  rig.git('commit', '--quiet', '-m', message);
  rig.git('branch', '--quiet', '--force', 'main');
  rig.git('checkout', '--quiet', 'main');
  rig.git('push', '--quiet', '--force', 'origin', 'main');
  return rig.git('rev-parse', 'HEAD');
}

const recordedCommit = () => JSON.parse(git(rig.remote, 'show', `${recordRef}:record.json`)).commit as string;

test('mistakes-H5: a history that was rewritten with equal files objects to nothing, is recorded once, and goes on removing', async () => {
  rig = await startGitRig({ state: smallState() });
  rig.commit(files(policies({ spend: {}, 'old-trial': { budget: '$9' } })));
  await succeed(rig.apply());
  const root = rewrite('a fresh root');
  const plan = parseOutput(await succeed(rig.plan({ format: 'json' })));
  expect(plan).toMatchObject({ violations: [], record_lines: [], changes: [] });
  expect(JSON.stringify(plan.notes)).not.toContain('record-unproven');
  await succeed(rig.apply());
  expect(recordedCommit()).toBe(root);
  await succeed(rig.apply());
  expect(rig.history()).toHaveLength(3);

  // Once more, and what the new history takes out goes.
  rewrite('another root');
  await succeed(rig.apply());
  rig.commit(files(policies({ spend: {} })));
  await succeed(rig.apply());
  expect(describeLive(rig)).toEqual(['spend: $500 monthly per workspace_id']);
});

test('mistakes-H5: where the files differ the word is asked for once, and remembered though nothing else changes', async () => {
  rig = await startGitRig({ state: smallState() });
  rig.commit(files(policies({ spend: {} })));
  await succeed(rig.apply());
  rig.git('commit', '--quiet', '--amend', '-m', 'rewritten');
  // Other bytes that declare the same: a rewrite, and nothing to change.
  rig.commit(files(`# moved\n${policies({ spend: {} })}`));
  rewrite('without the past');
  const refused = await rig.apply();
  expect([refused.exit, refused.stderr]).toEqual([4, expect.stringContaining('rewind')]);
  const [word = ''] = /rewind=1@[0-9a-f]+/.exec(refused.stderr) ?? [];
  await succeed(rig.apply({ allow: [word] }));
  expect(recordedCommit()).toBe(rig.git('rev-parse', 'HEAD'));
  await succeed(rig.apply());
  expect(parseOutput(await rig.plan({ format: 'json' })).violations).toEqual([]);
});

test('mistakes-H5: a subdirectory split off into a repository of its own: the move of the record is the only thing to do', async () => {
  rig = await startGitRig({ state: smallState() });
  rig.commit(files(policies({ spend: {} })));
  await succeed(rig.apply());
  rig.git('mv', 'policies', 'limits');
  rewrite('split off');
  const told = await rig.apply({ dir: 'limits' });
  expect([told.exit, told.stderr]).toEqual([0, expect.stringContaining('until `tollgate record move`')]);
  await succeed(rig.move({ dir: 'limits' }));
  await succeed(rig.apply({ dir: 'limits' }));
  expect((await rig.plan({ dir: 'limits', detailedExitcode: true })).exit).toBe(0);
});

test('mistakes-H6: a record rebuilt from a commit in which the directory had another name says which it looked in', async () => {
  rig = await startGitRig({ state: smallState() });
  rig.commit(files(policies({ spend: {} })));
  await succeed(rig.apply());
  rig.git('mv', 'policies', 'limits');
  rig.git('commit', '--quiet', '-m', 'another name');
  rig.git('push', '--quiet', 'origin', 'main');
  const rebuilt = await rig.rebuild({ from: 'HEAD', dir: 'policies', format: 'json', yes: true });
  expect([rebuilt.exit, parseOutput(rebuilt)]).toEqual([1, expect.objectContaining({ ok: false })]);
  expect(rebuilt.stderr).toContain('has no policy files in policies');
  expect(rebuilt.stderr).toContain('give it with --dir');
});

test('mistakes-H17: line ends are no content: a clone with CRLF and one with LF that apply in turn record nothing', async () => {
  rig = await startGitRig({ state: smallState() });
  rig.commit(files(policies({ spend: {} })));
  await succeed(rig.apply());
  for (const crlf of ['true', 'false', 'true']) {
    rig.git('config', 'core.autocrlf', crlf);
    rig.git('rm', '--quiet', '-r', '--cached', '.');
    rig.git('reset', '--quiet', '--hard');
    const ran = await succeed(rig.apply());
    expect(ran.stdout + ran.stderr).not.toContain('Recorded');
  }
  expect(rig.history()).toHaveLength(2);
});

test('mistakes-H14: a branch that lacks what others merged says that main has moved on, and the merged result plans its own change', async () => {
  rig = await startGitRig({ state: smallState() });
  rig.commit(files(policies({ spend: {} })));
  await succeed(rig.apply());
  rig.git('checkout', '--quiet', '-b', 'mine');
  rig.write({ ...files(policies({ spend: {} })), 'b.yaml': workspaceFile('ws-team-b', policies({ mine: {} })) });
  rig.git('add', '--all');
  rig.git('commit', '--quiet', '-m', 'mine');
  rig.git('checkout', '--quiet', 'main');
  rig.commit(files(policies({ spend: {}, theirs: {} })));
  await succeed(rig.apply());
  rig.git('checkout', '--quiet', 'mine');
  const behind = await rig.plan({ format: 'json' });
  expect(behind.exit).toBe(3);
  expect(JSON.stringify(parseOutput(behind).violations)).toContain(
    'the default branch has moved on: merge it into this branch first, or plan the merged result',
  );
  rig.git('merge', '--quiet', '--no-edit', 'main');
  const merged = parseOutput(await succeed(rig.plan({ format: 'json' })));
  expect((merged.changes as { name: string; action: string }[]).map(({ name, action }) => `${action} ${name}`)).toEqual(
    ['create mine'],
  );
});

test('mistakes-H16: two environments with shared defaults: a change of the shared file is a change of each, proven and judged as one', async () => {
  const cap = (name: string): string =>
    `    ${name}:\n      budget: $9\n      reset: monthly\n      per: workspace_id\n`;
  const all = (names: readonly string[], review = ''): Files => {
    const env = (name: string) => orgFile('extends: ../shared/defaults.yaml\n').replace('production', name);
    return {
      'prod/org.yaml': env('production'),
      'prod/a.yaml': workspaceFile('ws-team-a', policies({ spend: {} })),
      'staging/org.yaml': env('staging'),
      'staging/b.yaml': workspaceFile('ws-team-b', policies({ spend: {} })),
      'shared/defaults.yaml': `version: 1\nkind: defaults\n${review}${names.length === 0 ? '' : `defaults:\n  policies:\n${names.map(cap).join('')}`}`,
    };
  };
  const prod = { dir: 'policies/prod' };
  rig = await startGitRig({ state: smallState(), env: { CI: 'true' } });
  rig.commit(all(['one', 'two', 'three', 'four']));
  await succeed(rig.apply(prod));
  await succeed(rig.apply({ dir: 'policies/staging' }));
  expect(describeLive(rig)).toHaveLength(10);
  expect(git(rig.remote, 'show', `${recordRef}:policies/.extends/policies/shared/defaults.yaml`)).toContain('four:');

  // What no commit holds is refused there as well.
  rig.write(all(['one', 'two', 'three']));
  const dirty = await rig.apply(prod);
  expect([dirty.exit, dirty.stderr]).toEqual([
    1,
    expect.stringContaining('not committed: policies/shared/defaults.yaml'),
  ]);

  // One is taken out of the shared file: proven to have been declared, it goes in each.
  rig.commit(all(['one', 'two', 'three']));
  const plan = parseOutput(await succeed(rig.plan({ ...prod, format: 'json' })));
  expect(plan.changes).toMatchObject([{ action: 'delete', name: 'four' }]);
  expect(JSON.stringify(plan.notes)).not.toContain('unproven');
  await succeed(rig.apply(prod));
  await succeed(rig.apply({ dir: 'policies/staging' }));
  expect(describeLive(rig)).toHaveLength(8);

  // Guards that the shared file switches off are not in force for what comes with it.
  rig.commit(all([], 'review: { guards: { deletes: off, empties_scope: off } }\n'));
  const judged = await rig.apply(prod);
  expect([judged.exit, judged.stderr]).toEqual([3, expect.stringMatching(/not applied: the guards? [^\n]*deletes/)]);
});
