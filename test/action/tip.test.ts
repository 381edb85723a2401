/** Which branch of which repository an apply of the Action takes: that of the directory, wherever the job checked it out. */

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withTip } from '../../src/commands/action/tip.ts';
import type { ActionRun } from '../../src/commands/action/types.ts';
import { makePolicyRemote } from '../helpers/policy-remote.ts';
import { budgetsFile, writeIn } from '../helpers/rig.ts';
import { testSession } from '../helpers/session.ts';
import { orgFile } from '../helpers/world.ts';
import { bareEnvironment, git, makeFolder } from '../record/git-fixture.ts';

function runIn(workspace: string, directory: string): ActionRun {
  return {
    inputs: { directory, backend: 'portkey' },
    event: { defaultBranch: 'main', repository: 'example/budgets' },
    repositoryUrl: 'https://github.com/example/budgets',
    session: testSession({ cwd: workspace, env: bareEnvironment(makeFolder()) }),
  } as unknown as ActionRun;
}

test('mistakes-C1: with `path:` of actions/checkout the repository is that of the directory, not of the workspace', async () => {
  const team = makePolicyRemote({ 'org.yaml': orgFile(), 'a.yaml': budgetsFile({ p1: 90 }) });
  const workspace = makeFolder();
  git(workspace, 'clone', '--quiet', team.remote, 'infra');
  // What earlier steps left there is not what is applied.
  writeIn(workspace, 'infra/policies/b.yaml', budgetsFile({ p2: 1 }));
  const tip = await withTip(runIn(workspace, 'infra/policies'), async ({ source, branchName }) => ({
    branchName,
    commit: source.commit,
    files: source.files.map(({ path }) => path),
  }));
  expect(tip).toEqual({
    branchName: 'main',
    commit: team.git('rev-parse', 'main'),
    files: ['policies/a.yaml', 'policies/org.yaml'],
  });
  await expect(withTip(runIn(workspace, 'policies'), async () => {})).rejects.toThrow(
    'not in a Git repository, so there is no branch to apply',
  );
  await expect(withTip(runIn(join(workspace, 'infra'), '../infra/policies'), async () => {})).rejects.toThrow(
    'leads out of the workspace of the job',
  );
  // Reviews of example/budgets say nothing of files of another repository.
  git(join(workspace, 'infra'), 'remote', 'set-url', 'origin', 'https://github.com/example/limits');
  await expect(withTip(runIn(workspace, 'infra/policies'), async () => {})).rejects.toThrow(
    'infra/policies is in example/limits, and this workflow runs for example/budgets',
  );
});
