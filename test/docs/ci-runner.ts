/** Jobs of the files of docs/ci, run: a clone of its own for each, on a machine whose `npm` installs nothing, with GitLab beside it. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { StoreState } from '../../src/emulator/store.ts';
import { startGitLab } from '../helpers/gitlab/server.ts';
import { startMachine } from '../helpers/machine.ts';
import { testSession } from '../helpers/session.ts';
import { smallState } from '../helpers/state.ts';
import { typeLine } from '../helpers/type-line.ts';
import { adminKey } from '../helpers/world.ts';
import { startGitRig } from '../stories/git-rig.ts';
import { type CiJob, type CiSystemFile, readKey } from './ci-systems.ts';

/** Given to whoever applies, and to nobody else. */
export const seal = { TOLLGATE_SEAL_KEY: 'one-seal-for-every-apply-of-this-test' };

export async function startRunner(system: CiSystemFile, state: Partial<StoreState> = smallState()) {
  const machine = await startMachine({ npm: 'exit 0' });
  const gitlab = await startGitLab({ 'job-token': { username: 'ana', isJob: true } });
  const rig = await startGitRig({
    state,
    now: () => new Date(),
    acceptKeys: [adminKey, readKey].map((key) => ({ key, kind: 'organisation-service' }) as const),
  });
  onTestFinished(async () => {
    await rig.close();
    await gitlab.close();
  });
  const { home } = machine;
  mkdirSync(join(home, 'staged', 'plan'), { recursive: true });
  const base = { PORTKEY_BASE_URL: rig.emulator.url };
  let clones = 0;
  const clone = (branch: string): string => {
    const folder = join(home, `clone-${++clones}`);
    rig.git('clone', '--quiet', '--branch', branch, rig.remote, folder);
    return folder;
  };
  const run = (job: CiJob, folder: string, branch: string, more: Readonly<Record<string, string>> = {}) => {
    const commit = rig.git('-C', folder, 'rev-parse', 'HEAD');
    const facts = { apiUrl: gitlab.url, branch, commit, runner: folder };
    const env = { ...base, ...system.env(facts), ...(job === system.jobs.apply ? seal : {}), ...more };
    return machine.run(job.script, { cwd: folder, shell: job.shell, env });
  };
  /** By somebody who holds the key, with what main has. */
  const sealed = { env: seal, now: () => Date.now() };
  const applyByHand = () => rig.apply({}, sealed);
  const planByHand = () => rig.plan({ detailedExitcode: true }, sealed);
  const request = (folder: string, more: Readonly<Record<string, string>> = {}) => {
    const commit = rig.git('-C', folder, 'rev-parse', 'HEAD');
    gitlab.become(1, { sha: commit });
    const facts = { apiUrl: gitlab.url, branch: 'raise', commit, runner: folder };
    return run(system.jobs.request, folder, 'raise', { ...system.request(facts), ...more });
  };
  /** Which run the record names for the last apply. */
  const lastRun = async (...flags: string[]): Promise<string> => {
    const session = testSession({ cwd: rig.folder, env: rig.env });
    const { stdout } = await typeLine(['history', '--limit', '1', '--format', 'json', ...flags], session);
    return (JSON.parse(stdout) as { readonly applies: readonly { readonly run: string }[] }).applies[0]?.run ?? '';
  };
  return { machine, gitlab, rig, clone, run, applyByHand, planByHand, request, lastRun };
}
