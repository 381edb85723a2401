/** One apply under faults, watched; then the faults go away and it has to converge. */

import type { FaultRule } from '../../src/emulator/faults.ts';
import type { Quirks } from '../../src/emulator/quirks.ts';
import type { StoreState } from '../../src/emulator/store.ts';
import { CancelledError, ServiceError, UserError } from '../../src/errors.ts';
import type { Outcome } from '../../src/plan/types.ts';
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
    inProcess: true,
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
      const outcomes = await settle(world.apply(files));
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

/** No faults and no quirks any more. At most `applies` runs until there is nothing left to do; null when it does not come to that. */
export async function converge(trial: Trial, files: Files, applies = 2): Promise<number | null> {
  const { world } = trial;
  world.emulator.setFaults([]);
  for (let count = 0; count <= applies; count++) {
    const plan = await world.planOk(files);
    if (plan.changes.length === 0 && plan.recordLines.length === 0) return count;
    if (count < applies) await trial.apply(files);
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

export type InitialState = Partial<StoreState>;
