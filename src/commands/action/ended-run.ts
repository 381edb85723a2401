/** A claim that a run of the Action left behind. */

import type { GitHub } from '../../github/port.ts';
import type { StoredRecord } from '../../record/store.ts';
import { loadPolicies } from '../../run/load-policies.ts';
import { openRecord } from '../../run/open-record.ts';
import type { CommonOptions } from '../../run/session.ts';
import type { ActionRun } from './types.ts';
import { warnOnFailure } from './warn-on-failure.ts';

/** A cancelled or failed run is finished by the next one: GitHub knows whether the one that claims has ended. */
export async function findEndedRun(
  { github }: ActionRun,
  stored: StoredRecord | null,
  warnings: string[],
): Promise<string | undefined> {
  const run = stored?.record.claim?.run;
  if (github === null || run === undefined) return undefined;
  let hasEnded: string | undefined;
  const said = await warnOnFailure('whether the run that holds the claim has ended could not be read', async () => {
    hasEnded = (await askWhetherEnded(github, run)) ? run : undefined;
  });
  warnings.push(...said);
  return hasEnded;
}

async function askWhetherEnded(github: GitHub, run: string): Promise<boolean> {
  const [, id, attempt] = /^github:(\d+)\.(\d+)$/.exec(run) ?? [];
  return id !== undefined && (await github.hasRunEnded(Number(id), Number(attempt))) === true;
}

/** Of a run that only looks whether something is due. */
export async function takenOver(
  run: ActionRun,
  options: CommonOptions,
  warnings: string[],
): Promise<string | undefined> {
  const { desired } = await loadPolicies(options, run.session);
  if (desired === null) return undefined;
  const { store } = await openRecord(options, desired, run.session);
  return findEndedRun(run, await store.read(), warnings);
}
