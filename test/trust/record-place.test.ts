/** Where the record is, and of what: never the word of the change that is judged. */

import { afterEach, expect, test } from 'vitest';
import { parseOutput, succeed, writeIn } from '../helpers/rig.ts';
import { orgFile } from '../helpers/world.ts';
import {
  editJson,
  entryOf,
  filesOf,
  guarded,
  place,
  startTeam,
  strict,
  type Team,
  type Workspace,
} from './record-kit.ts';

let team: Team;
afterEach(() => team.close());

const everything = ['p1 100', 'p2 200', 'p3 300', 'spare 50'];
const loosened = entryOf('p1', 900_000);

async function expectRefused(exit = 3): Promise<void> {
  const plan = await team.plan({ format: 'json' });
  expect(plan.exit).toBe(3);
  const { violations } = parseOutput(plan) as { violations: { guard: string; allow: string | null }[] };
  expect(violations.find(({ guard }) => guard === 'record-moved')).toMatchObject({ severity: 'error', allow: null });
  const ran = await team.apply();
  expect([ran.exit, team.live()]).toEqual([exit, everything]);
}

test('trust-A1: another environment beside other changes is judged by the record that there is, and refused', async () => {
  team = await startTeam();
  team.commit(filesOf(loosened, orgFile().replace('production', 'prod')));
  await expectRefused();
});

test('trust-A1: nor is another environment out of sight where `record.ref` names one place for both', async () => {
  const org = orgFile(`${strict}record:\n  ref: refs/tollgate/ours\n`);
  team = await startTeam(filesOf(guarded, org));
  team.commit(filesOf(loosened, org.replace('production', 'prod')));
  await expectRefused();
});

test('trust-A1: so is another folder, and another folder with another environment', async () => {
  team = await startTeam();
  team.git('mv', 'policies', 'limits');
  team.git('commit', '--quiet', '-m', 'moved');
  const moved = {
    ...team,
    plan: (o = {}) => team.plan({ dir: 'limits', ...o }),
    apply: (o = {}) => team.apply({ dir: 'limits', allowDirty: true, ...o }),
  };
  const pure = await moved.plan();
  expect([pure.exit, pure.stdout]).toEqual([0, expect.stringContaining('directory policies → limits')]);
  team.git('rm', '-r', '--quiet', '--cached', 'limits');
  for (const [path, text] of Object.entries(filesOf(loosened, orgFile().replace('production', 'prod'))))
    writeIn(team.folder, `limits/${path}`, text);
  team.git('add', 'limits');
  team.git('commit', '--quiet', '-m', 'and more');
  team.git('push', '--quiet', 'origin', 'HEAD');
  const plan = await moved.plan();
  expect([plan.exit, plan.stdout]).toEqual([
    3,
    expect.stringContaining('environment production → prod, directory policies → limits'),
  ]);
  expect([(await moved.apply()).exit, team.live()]).toEqual([3, everything]);
});

test('trust-A1: another organisation is refused with the way out', async () => {
  team = await startTeam();
  team.commit(
    filesOf(guarded, orgFile(strict).replace(/organisation: .*/, 'organisation: 00000000-0000-4000-8000-000000000077')),
  );
  const ran = await team.apply();
  expect([ran.exit, team.live()]).toEqual([1, everything]);
  expect(ran.stderr).toContain('tollgate record move');
});

test('trust-A1: a move alone warns, applies nothing, and is carried over by the command', async () => {
  team = await startTeam();
  team.commit(filesOf(guarded, orgFile(strict).replace('production', 'prod')));
  const plan = await team.plan();
  expect([plan.exit, plan.stdout]).toEqual([0, expect.stringContaining('tollgate record move')]);
  const tip = team.git('ls-remote', 'origin', place);
  const ran = await team.apply();
  expect([ran.exit, ran.stderr]).toEqual([0, expect.stringContaining('tollgate record move')]);
  expect(team.git('ls-remote', 'origin', place)).toBe(tip);

  const moved = await succeed(team.move());
  expect(moved.stdout).toContain('environment production → prod');
  const next = filesOf(guarded.replace('$100', '$90'), orgFile(strict).replace('production', 'prod'));
  team.commit(next);
  expect((await succeed(team.apply())).stdout).toContain('refs/tollgate/prod');
  expect(team.live()).toEqual(['p1 90', 'p2 200', 'p3 300', 'spare 50']);
  // Protection went along, and what is left at the old place is not a record any more.
  team.commit(filesOf(entryOf('p1', 90), orgFile(strict).replace('production', 'prod')));
  expect((await team.apply()).exit).toBe(3);
  team.commit(filesOf(entryOf('p1', 90), orgFile(strict)));
  const back = await team.plan();
  expect([back.exit, back.stdout]).toEqual([3, expect.stringContaining('environment prod → production')]);
});

test('trust-A1: record move refuses what is more than a move', async () => {
  team = await startTeam();
  team.commit(filesOf(loosened, orgFile().replace('production', 'prod')));
  const ran = await team.move();
  expect([ran.exit, ran.stderr]).toEqual([1, expect.stringContaining('in more than that')]);
  expect(team.git('ls-remote', 'origin', 'refs/tollgate/*').split('\n')).toHaveLength(1);
});

test('trust-A2: a copy of the record without protection at another ref does not judge', async () => {
  team = await startTeam();
  team.forge((files) => {
    editJson<Workspace>(files, 'workspaces/ws-team-a.json', ({ entries }) => {
      for (const entry of entries) entry.protect = false;
    });
  }, 'refs/heads/evil-record');
  const org = orgFile('record:\n  ref: refs/heads/evil-record\n');
  team.commit(filesOf(loosened, org));
  await expectRefused();
  // The reviewer's plan has another key, which cannot check a seal.
  const other = await team.plan({ format: 'json' }, { env: { TOLLGATE_SEAL_KEY: 'of somebody else' } });
  expect(other.exit).toBe(3);
});

test('trust-A2: an empty place is not the first run while there is a record of these files', async () => {
  team = await startTeam();
  team.commit(filesOf(loosened, orgFile('record:\n  ref: refs/tollgate/elsewhere\n')));
  await expectRefused();
});

test('trust-A2: an empty place is none either where the history that named the other one is gone', async () => {
  team = await startTeam();
  team.git('checkout', '--quiet', '--orphan', 'anew');
  team.commit(filesOf(loosened, orgFile('record:\n  ref: refs/tollgate/elsewhere\n')));
  team.git('push', '--quiet', '--force', 'origin', 'HEAD:main');
  // It goes back behind what was applied, too.
  await expectRefused(4);
});

test('trust-A2: nor does one on a branch get out of sight with the file that named it', async () => {
  const ref = (place: string) => orgFile(`${strict}record:\n  ref: refs/heads/${place}\n`);
  team = await startTeam(filesOf(guarded, ref('limits-record')));
  // Nothing of it is left but its kind, so that Git sees no rename.
  team.git('rm', '--quiet', 'policies/org.yaml');
  const { 'org.yaml': _gone, ...others } = filesOf(loosened);
  const padding = Array.from({ length: 60 }, (_, line) => `# ${line}: budgets of the whole company`).join('\n');
  team.commit({ ...others, 'company.yaml': `${padding}\n${orgFile()}` });
  await expectRefused();
});

test('trust-A2: another environment in another folder is a first run of its own', async () => {
  team = await startTeam();
  for (const [path, text] of Object.entries(filesOf(entryOf('s1', 5), orgFile().replace('production', 'staging')))) {
    writeIn(team.folder, `staging/${path}`, text);
  }
  team.git('add', 'staging');
  team.git('commit', '--quiet', '-m', 'staging');
  team.git('push', '--quiet', 'origin', 'HEAD');
  await succeed(team.apply({ dir: 'staging' }));
  expect(team.live()).toContain('s1 5');
});

test('trust-A3: no ref that means something else holds the record, whatever the files say', async () => {
  team = await startTeam();
  team.git('push', '--quiet', 'origin', 'HEAD:refs/heads/work');
  const others = () => team.git('ls-remote', 'origin').replace(/^.*\t(HEAD|refs\/heads\/main)$/gm, '');
  const before = others();
  for (const ref of ['refs/tags/v9', 'refs/replace/x', 'refs/notes/commits', 'refs/remotes/origin/main']) {
    team.commit(filesOf(guarded, orgFile(`${strict}record:\n  ref: ${ref}\n`)));
    expect((await team.rebuild({ from: 'HEAD', yes: true })).exit, ref).toBe(1);
  }
  // Branches of others, with and without `--yes`.
  for (const ref of ['refs/heads/main', 'refs/heads/work']) {
    const main = team.commit(filesOf(guarded, orgFile(`${strict}record:\n  ref: ${ref}\n`)));
    for (const ran of [await team.apply(), await team.rebuild({ from: 'HEAD', yes: true }), await team.move()]) {
      expect(ran.exit, ref).toBe(1);
    }
    expect(team.git('ls-remote', 'origin', 'refs/heads/main')).toContain(main);
  }
  expect(others()).toEqual(before);
});

test('trust-A5: without the record, protection is that of the files and of their parent, and the plan says so loudly', async () => {
  team = await startTeam();
  team.git('push', '--quiet', 'origin', `:${place}`);
  // A per is immutable: the policy would be replaced.
  team.commit(filesOf(guarded.replace('workspace_id\n    protect: true', 'api_key')));
  const plan = await team.plan();
  expect(plan.exit).toBe(3);
  expect(plan.stdout).toContain('tollgate record rebuild --from COMMIT');
  expect(plan.stdout).toMatch(/replaces usage-policy\/ws-team-a\/p1, which is protected/);
  expect([(await team.apply()).exit, team.live()]).toEqual([3, everything]);
});
