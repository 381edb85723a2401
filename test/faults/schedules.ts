/** Random organisations, edits and faults: apply under faults, again and again, then quiet, then converge. */

import fc from 'fast-check';
import { expect } from 'vitest';
import { type FaultRule, parseFault } from '../../src/emulator/faults.ts';
import { buildDefaultQuirks, parseQuirk, type Quirks } from '../../src/emulator/quirks.ts';
import type { StoreState } from '../../src/emulator/store.ts';
import { type Declaration, declaration, toFiles } from '../laws/declarations.ts';
import { organisation, withUniqueNames } from '../laws/organisations.ts';
import { converge, findLostIds, impose, loseOutcomes, startTrial, type Trial } from './trial.ts';

interface Storm {
  readonly faults: readonly string[];
  readonly quirks: readonly string[];
  /** The remote vanishes before the outcomes are recorded. */
  readonly losesOutcomes: boolean;
}

const method = fc.constantFrom('*', '*', 'GET', 'POST', 'PUT', 'DELETE');
const path = fc.constantFrom('/**', '/**', '/policies/**', '/api-keys/**', '/policies/usage-limits/*');
const deed = fc.constantFrom(
  '429 retry-after=1',
  '402',
  '400',
  '429',
  '500',
  '500 when=after',
  '502 body=html',
  '502 body=html when=after',
  '503 body=empty',
  'reset',
  'reset when=after',
  'cut',
  'truncated',
  'malformed',
  'quirk staleReads=4000ms',
  'quirk staleReads=3',
  'quirk goneAs403=true',
  'quirk listWithoutPeriodicReset=true',
);
const share = fc.constantFrom('p=0.05', 'p=0.1', 'p=0.3', 'p=0.6', 'p=1 times=3', 'p=1 after=9 times=6', 'after=25');
const rule = fc.tuple(method, path, deed, share).map((parts) => parts.join(' '));
const rivalry = fc
  .tuple(
    fc.constantFrom('rival', 'rival when=after', 'rival does=archive', 'rival does=rename'),
    fc.constantFrom('p=0.2', 'p=0.6'),
  )
  .map(([what, chance]) => `PUT /** ${what} ${chance}`);

const storm: fc.Arbitrary<Storm> = fc.record({
  faults: fc
    .tuple(fc.array(rule, { maxLength: 4 }), fc.option(rivalry, { freq: 3, nil: undefined }))
    .map(([rules, rival]) => [...(rival === undefined ? [] : [rival]), ...rules]),
  quirks: fc.uniqueArray(
    // Without the one that forgets descriptions: what is gone for good when the backend is replaced looks like an edit.
    fc.constantFrom(
      'staleReads=2000ms',
      'goneAs403',
      'nameConflict409',
      'conditionsOnPut=ignore',
      'conditionsOnPut=refuse',
      'listWithoutPeriodicReset',
      // Before 1.15; the one without the other never was.
      'listWithoutResetDetails,listWithoutPeriodicReset',
      'workspacesByIdOnly',
      'deleteAnswers204',
      'echoValuesAsLists',
      'shuffleConditions',
      'emptyPeriodicReset',
      'missingScope=policies.create',
      'missingScope=policies.delete',
      'foreignRows',
    ),
    { maxLength: 2 },
  ),
  losesOutcomes: fc.boolean(),
});

interface Schedule {
  readonly state: Partial<StoreState>;
  readonly first: Declaration;
  readonly steps: readonly (Storm & { readonly declared: Declaration })[];
}

const schedule: fc.Arbitrary<Schedule> = organisation.map(withUniqueNames).chain((state) => {
  const declared = declaration(state);
  const step = fc
    .record({ storm, declared })
    .map(({ storm: weather, declared: files }) => ({ ...weather, declared: files }));
  return fc.record({
    state: fc.constant(state),
    first: declared,
    steps: fc.array(step, { minLength: 1, maxLength: 3 }),
  });
});

/** So many schedules; a failure names seed and path, with which fast-check repeats it. */
export async function runSchedules(
  seed: number,
  count: number,
  options: { readonly inProcess: boolean },
): Promise<void> {
  const run = fc.asyncProperty(schedule, fc.nat(), (plan, randomSeed) => weather(plan, randomSeed, options.inProcess));
  await fc.assert(run, {
    seed,
    numRuns: count,
    endOnFailure: true,
  });
}

async function weather({ state, first, steps }: Schedule, randomSeed: number, inProcess: boolean): Promise<void> {
  const trial = await startTrial({ state, randomSeed, inProcess, timeouts: { headers: 500, total: 500 } });
  try {
    if (!(await isPlannable(trial, first))) return;
    await trial.apply(toFiles(first));
    for (const step of steps) {
      if (!(await isPlannable(trial, step.declared))) return;
      await brave(trial, step);
      impose(trial.world, { quirks: buildDefaultQuirks() });
    }
    const last = steps.at(-1)?.declared ?? first;
    if (!(await isPlannable(trial, last))) return;
    expect(await converge(trial, toFiles(last)), 'applies until there is nothing left to do').not.toBeNull();
    expect(trial.violations).toEqual([]);
    expect(findLostIds(trial.world)).toEqual([]);
    expect(findOrphans(trial, state, [first, ...steps.map(({ declared }) => declared)])).toEqual([]);
  } finally {
    await trial.close();
  }
}

async function brave(
  trial: Trial,
  { faults, quirks, losesOutcomes, declared }: Schedule['steps'][number],
): Promise<void> {
  const { world } = trial;
  const chosen: Partial<Quirks> = Object.assign({}, ...quirks.flatMap((text) => text.split(',')).map(parseQuirk));
  const rules: FaultRule[] = faults.map(parseFault);
  impose(world, { faults: rules, quirks: chosen });
  const before = world.record;
  const outcomes = await trial.apply(toFiles(declared), {
    hasRival: rules.some(({ fault }) => fault.kind === 'rival'),
    dropsDescription: chosen.dropDescription === true,
  });
  if (losesOutcomes && outcomes !== null) loseOutcomes(world, before, outcomes);
}

/** Files that a control plane takes as they are; what is left out is an error by design. */
async function isPlannable({ world }: Trial, declared: Declaration): Promise<boolean> {
  const { plan, diagnostics } = await world.plan(toFiles(declared));
  if (plan !== null) return true;
  expect(diagnostics.map(({ code }) => code)).toEqual(diagnostics.map(() => 'alert-overtaken'));
  return false;
}

/** Active policies that were not there at first and that the last files do not declare. */
function findOrphans({ world }: Trial, state: Partial<StoreState>, steps: readonly Declaration[]): string[] {
  const { usagePolicies, ratePolicies, workspaces } = world.emulator.store.state;
  const initial = new Set([...(state.usagePolicies ?? []), ...(state.ratePolicies ?? [])].map(({ id }) => id));
  const slugs = new Map(workspaces.map(({ id, slug }) => [id, slug]));
  const declared = new Set(
    (steps.at(-1)?.entries ?? []).map(({ kind, workspace, name }) => `${kind}\n${workspace}\n${name}`),
  );
  const find = (
    kind: string,
    rows: readonly { id: string; name: string | null; status: string; workspace_id: string }[],
  ) =>
    rows.filter(
      (row) =>
        row.status === 'active' &&
        !initial.has(row.id) &&
        !declared.has(`${kind}\n${slugs.get(row.workspace_id)}\n${row.name}`),
    );
  return [...find('usage-policy', usagePolicies), ...find('rate-policy', ratePolicies)].map(
    ({ id, name, workspace_id }) => `${name} in ${slugs.get(workspace_id)} (${id})`,
  );
}
