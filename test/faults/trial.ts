/** One apply under faults, watched; then the faults go away and it has to converge. */

import type { FaultRule } from '../../src/emulator/faults.ts';
import { buildDefaultQuirks, type Quirks } from '../../src/emulator/quirks.ts';
import { CancelledError, ServiceError, UserError } from '../../src/errors.ts';
import type { AppliedRecord } from '../../src/plan/applied-record.ts';
import { toClaimedChange } from '../../src/plan/next-record.ts';
import type { Outcome } from '../../src/plan/types.ts';
import { testNow } from '../helpers/session.ts';
import { startWorld, type World, type WorldOptions } from '../helpers/world.ts';
import { createWatch, findViolations, type Leniency, type Moment } from './watch.ts';

export type Files = Readonly<Record<string, string>>;

export interface Trial {
  readonly world: World;
  readonly moments: readonly Moment[];
  /** Outcomes, or null when the run could not even plan. Violations of the invariants are collected. */
  apply(files: Files, lenient?: Leniency): Promise<readonly Outcome[] | null>;
  /** Everything that was violated so far. */
  readonly violations: string[];
  close(): Promise<void>;
}

export async function startTrial(options: WorldOptions): Promise<Trial> {
  const watch = createWatch();
  const world = await startWorld({
    movingClock: true,
    ...options,
    onRequest: (moment, request, store) => {
      options.onRequest?.(moment, request, store);
      if (moment === 'after') watch.note(request, store.state);
    },
  });
  const violations: string[] = [];
  return {
    world,
    moments: watch.moments,
    violations,
    async apply(files, lenient = {}) {
      watch.begin(world.emulator.store.state);
      const outcomes = await settle(world.apply(files)).catch((error: unknown) => {
        // Files that a stale or odd answer made unplannable: an error to the user, as long as nothing was written.
        if (watch.moments.length === 1) return null;
        throw error;
      });
      if (outcomes === null) {
        // Reading alone: nothing may have moved.
        if (watch.moments.length > 1) violations.push('a run without a plan has written');
        return null;
      }
      violations.push(...findViolations(watch.moments, outcomes, lenient));
      return outcomes;
    },
    close: () => world.close(),
  };
}

/** Null when the service could not be asked before anything was planned; whatever else is thrown is a bug. */
async function settle(running: Promise<readonly Outcome[]>): Promise<readonly Outcome[] | null> {
  try {
    return await running;
  } catch (error) {
    const isExpected = error instanceof ServiceError || error instanceof UserError || error instanceof CancelledError;
    if (isExpected) return null;
    throw error;
  }
}

/**
 * No faults and no quirks any more. Applies until there is nothing left to do, and says how often; null when `applies` runs
 * do not come to that. At least one, since a record may have to be put right though nothing live has to.
 */
export async function converge(trial: Trial, files: Files, applies = 2): Promise<number | null> {
  const { world } = trial;
  impose(world, { faults: [], quirks: buildDefaultQuirks() });
  for (let count = 1; count <= applies; count++) {
    await trial.apply(files);
    const plan = await world.planOk(files);
    if (plan.changes.length === 0 && plan.recordLines.length === 0) return count;
  }
  return null;
}

/** Ids that the record names and that are not live: what it must not hold once all is quiet. */
export function findLostIds(world: World): string[] {
  const { state } = world.emulator.store;
  const live = new Set<string>([
    ...[...state.usagePolicies, ...state.ratePolicies]
      .filter(({ status }) => status === 'active')
      .map(({ id }) => id as string),
    ...state.apiKeys.map(({ id }) => id),
    ...state.providers.map(({ id }) => id),
    ...state.workspaces.map(({ id }) => id),
    ...state.integrations.flatMap(({ slug, workspaces }) => workspaces.map((row) => `${slug}/${row.workspace_id}`)),
  ]);
  const entries = world.record?.workspaces.flatMap((workspace) => workspace.entries) ?? [];
  return entries.filter(({ id }) => !live.has(id)).map(({ kind, name, id }) => `${kind} ${name} ${id}`);
}

export interface FaultCase {
  readonly faults?: readonly FaultRule[];
  readonly quirks?: Partial<Quirks>;
}

export function impose(world: World, { faults = [], quirks = {} }: FaultCase): void {
  world.emulator.setFaults(faults);
  world.emulator.setQuirks(quirks);
}

/** As if the remote had vanished after the last write: the claim stays, and the record is the old one. */
export function loseOutcomes(world: World, before: AppliedRecord | null, outcomes: readonly Outcome[]): void {
  // A claim over a claim is settled first, which takes a look at live: not this simple.
  if (world.record === null || before?.claim !== undefined || outcomes.length === 0) return;
  const start = new Date(testNow).toISOString();
  world.record = {
    ...(before ?? { ...world.record, workspaces: [], outcomes: [], files: {} }),
    claim: {
      run: 'local:elsewhere:1:0',
      by: 'test',
      startedAt: start,
      leaseUntil: start,
      digest: world.record.digest,
      changes: outcomes.map(({ change }) => toClaimedChange(change)),
    },
  };
}
