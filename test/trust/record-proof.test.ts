/** What a record says counts as far as the files of its commits say the same, and its ids as far as it is sealed. */

import { afterEach, expect, test } from 'vitest';
import { parseOutput, succeed } from '../helpers/rig.ts';
import { uuid } from '../helpers/state.ts';
import { orgFile } from '../helpers/world.ts';
import { editJson, entryOf, filesOf, guarded, startTeam, strict, type Team, type Workspace } from './record-kit.ts';

let team: Team;
afterEach(() => team.close());

const workspace = 'workspaces/ws-team-a.json';
/** Plans with another key than the one that sealed, as the read key of a pull request: it takes the record as sealed. */
const elsewhere = { env: { TOLLGATE_SEAL_KEY: '', PORTKEY_API_KEY: 'test-admin-key' } };
const spare = { kind: 'usage-policy', name: 'spare', id: uuid(199), protect: false } as const;

interface Planned {
  readonly changes: { name: string; action: string }[];
  readonly violations: { guard: string }[];
  readonly notes: { code: string; message: string }[];
}

async function plan(session = elsewhere): Promise<Planned> {
  return parseOutput(await team.plan({ format: 'json' }, session)) as unknown as Planned;
}

test('trust-A6: a forged entry with a forged policy file beside it deletes nothing', async () => {
  team = await startTeam(filesOf(entryOf('p1', 100), orgFile()));
  team.forge((files) => {
    editJson<Workspace>(files, workspace, ({ entries }) => {
      const [first] = entries;
      if (first !== undefined)
        entries.push({ ...first, ...spare, fields: { ...first.fields, name: 'spare', amount: 5_000 } });
    });
    files.set('policies/a.yaml', `${files.get('policies/a.yaml')}${entryOf('spare', 50)}`);
  });
  const planned = await plan();
  expect(planned.changes).toEqual([]);
  expect(planned.notes.find(({ code }) => code === 'record-unproven')?.message).toMatch(
    /1 recorded entry \(usage-policy\/ws-team-a\/spare\) cannot be proven: .*tollgate record rebuild --from COMMIT/,
  );
  await succeed(team.apply());
  expect(team.live()).toContain('spare 50');
});

test('trust-A6: protection and settings are those of the commit, whatever the record says', async () => {
  team = await startTeam();
  team.forge((files) => {
    editJson<Workspace>(files, workspace, ({ entries }) => {
      for (const entry of entries) entry.protect = false;
    });
    editJson<{ settings: unknown }>(files, 'record.json', (record) => {
      record.settings = { review: { guards: { deletes: 'off', empties_scope: 'off' } }, gateway: {}, pricing: {} };
    });
  });
  team.commit(filesOf('', orgFile()));
  const guards = (await plan()).violations.map(({ guard }) => guard);
  expect(guards).toEqual(expect.arrayContaining(['deletes', 'empties-scope', 'protected']));
  expect([(await team.apply()).exit, team.live()]).toEqual([3, ['p1 100', 'p2 200', 'p3 300', 'spare 50']]);
});

test('trust-A6: looser settings in the record alone loosen nothing, also where the default would not object', async () => {
  team = await startTeam(filesOf(entryOf('p1', 100) + entryOf('p2', 200) + entryOf('p3', 300)));
  const fewer = filesOf(entryOf('p1', 100) + entryOf('p2', 200), orgFile());
  const objecting = async () => (await plan()).violations.map(({ guard }) => guard);
  team.forge((files) => {
    editJson<{ settings: unknown }>(files, 'record.json', (record) => {
      record.settings = { review: {}, gateway: {}, pricing: {} };
    });
  });
  team.commit(fewer);
  expect(await objecting()).toEqual(['deletes']);
  // That it is the setting of the commit which objects, and not the default.
  team.commit(filesOf(entryOf('p1', 100) + entryOf('p2', 200) + entryOf('p3', 300), orgFile()));
  await succeed(team.apply());
  team.commit(fewer);
  expect(await objecting()).toEqual([]);
});

test('trust-A6: what was applied from a commit that was dropped takes nothing away, and rebuilding mends it', async () => {
  team = await startTeam(filesOf(entryOf('p1', 100) + entryOf('p2', 200), orgFile()));
  team.git('commit', '--quiet', '--amend', '-m', 'rewritten');
  team.git('push', '--quiet', '--force', 'origin', 'HEAD');
  team.commit(filesOf(entryOf('p1', 100), orgFile()));
  const planned = await plan();
  expect(planned.changes).toEqual([]);
  expect(planned.notes.map(({ code }) => code)).toContain('record-unproven');
  await succeed(team.rebuild({ from: 'HEAD~1', yes: true }));
  expect((await plan()).changes.map(({ name, action }) => [name, action])).toEqual([['p2', 'delete']]);
});

test('trust-E9: a recorded id pointed at a foreign policy is not believed', async () => {
  team = await startTeam(filesOf(entryOf('p1', 100) + entryOf('p2', 200), orgFile()));
  team.forge((files) => {
    editJson<Workspace>(files, workspace, ({ entries }) => {
      for (const entry of entries) if (entry.name === 'p2') entry.id = uuid(199);
    });
  });
  team.commit(filesOf(entryOf('p1', 100), orgFile()));
  const ran = await team.apply();
  expect(ran.exit).toBe(0);
  expect(team.live()).toContain('spare 50');
  // Nor after the apply that sealed the record anew.
  await succeed(team.apply());
  expect(team.live()).toContain('spare 50');
});

test('trust-E9: an old record on top of the newest is not sealed, and the last sealed one judges', async () => {
  team = await startTeam(filesOf(guarded, orgFile()));
  team.commit(filesOf(guarded, orgFile(strict)));
  await succeed(team.apply());
  // The tree of the first apply, which had no such settings, as a new commit.
  team.forge((files) =>
    editJson<{ settings: unknown }>(files, 'record.json', (record) => {
      record.settings = { review: {}, gateway: {}, pricing: {} };
    }),
  );
  team.commit(filesOf(entryOf('p1', 100), orgFile()));
  const ran = await team.apply({ format: 'json' });
  expect(ran.exit).toBe(3);
  const { violations, notes } = parseOutput(ran) as unknown as Planned;
  expect(violations.map(({ guard }) => guard)).toContain('protected');
  expect(notes.map(({ code }) => code)).toContain('record-unsealed');
});

test('trust-E9: the same key on every write seals claims and outcomes, another key says that it cannot tell', async () => {
  team = await startTeam(filesOf(entryOf('p1', 100), orgFile()));
  expect((await plan()).notes.filter(({ code }) => code.startsWith('record-'))).toEqual([]);
  const other = await team.plan(
    { format: 'json' },
    { env: { PORTKEY_API_KEY: 'test-admin-key', TOLLGATE_SEAL_KEY: 'x' } },
  );
  expect((parseOutput(other) as unknown as Planned).notes.map(({ code }) => code)).toContain('record-unsealed');
});
