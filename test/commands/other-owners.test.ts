import { afterEach, expect, it } from 'vitest';
import { parseOutput, succeed, writeIn } from '../helpers/rig.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile, spendMayRise, workspaceFile } from '../helpers/world.ts';
import { type GitRig, startGitRig } from '../stories/git-rig.ts';

let rig: GitRig;
afterEach(() => rig.close());

const spend = (dollars: number): string =>
  workspaceFile(
    'ws-team-a',
    `policies:\n  spend:\n    budget: $${dollars}\n    reset: monthly\n    per: workspace_id\n`,
  );
const org = orgFile(`${spendMayRise}  drift: revert\n`);

it('mistakes-D12: two environments over one policy are told of each other', { timeout: 120_000 }, async () => {
  rig = await startGitRig({ state: smallState() });
  writeIn(rig.folder, 'staging/org.yaml', org.replace('production', 'staging'));
  writeIn(rig.folder, 'staging/a.yaml', spend(300));
  rig.git('add', 'staging');
  rig.commit({ 'org.yaml': org, 'a.yaml': spend(500) });
  const notes = async (dir: string): Promise<{ code: string; message: string }[]> => {
    const { notes: all } = parseOutput(await rig.plan({ dir, format: 'json' })) as {
      notes: { code: string; message: string }[];
    };
    return all.filter(({ code }) => code === 'other-record' || code === 'drift-returns');
  };
  await succeed(rig.apply());
  expect(await notes('policies')).toEqual([]);

  // Before the second one adopts what the first one has.
  expect(await notes('staging')).toMatchObject([
    { code: 'other-record', message: expect.stringContaining('environment "production" (refs/tollgate/production)') },
  ]);
  await succeed(rig.apply({ dir: 'staging' }));
  expect((await notes('policies')).map(({ code }) => code)).toEqual(['other-record']);
  await succeed(rig.apply());
  await succeed(rig.apply({ dir: 'staging' }));
  expect((await notes('policies')).map(({ code }) => code).sort()).toEqual(['drift-returns', 'other-record']);
});
