/** One eventful apply under every fault: what must never happen does not, and the next run puts right what was left. */

import { afterEach, describe, expect, it } from 'vitest';
import { parseFault } from '../../src/emulator/faults.ts';
import { parseQuirk, type Quirks } from '../../src/emulator/quirks.ts';
import type { Outcome } from '../../src/plan/types.ts';
import type { WorldOptions } from '../helpers/world.ts';
import { describeLimits, filesAfter, filesBefore, scenarioState, wantedLimits } from './scenario.ts';
import { converge, findLostIds, impose, startTrial, type Trial } from './trial.ts';

let trial: Trial;
afterEach(() => trial.close());

async function startScenario(options: WorldOptions = {}): Promise<void> {
  // So that a request that hangs is given up soon; nothing else takes as long.
  trial = await startTrial({ state: scenarioState(), timeouts: { headers: 400, total: 400 }, ...options });
  await trial.apply(filesBefore);
  expect((await trial.world.planOk(filesBefore)).changes).toEqual([]);
}

interface FaultCase {
  readonly faults?: readonly string[];
  readonly quirks?: readonly string[];
  readonly hasRival?: boolean;
  /** `all`: every change applied in spite of it. `some`: not all. `any`: as it comes. */
  readonly applied: 'all' | 'some' | 'none' | 'any';
}

async function run({ faults = [], quirks = [], hasRival = false }: FaultCase): Promise<readonly Outcome[] | null> {
  const chosen: Partial<Quirks> = Object.assign({}, ...quirks.map(parseQuirk));
  impose(trial.world, { faults: faults.map(parseFault), quirks: chosen });
  return trial.apply(filesAfter, { hasRival, dropsDescription: chosen.dropDescription === true });
}

async function expectConverged(): Promise<void> {
  const { emulator } = trial.world;
  expect(await converge(trial, filesAfter)).not.toBeNull();
  expect(trial.violations).toEqual([]);
  expect(describeLimits(emulator.store.state)).toEqual(wantedLimits);
  expect(findLostIds(trial.world)).toEqual([]);
  expect(trial.world.record?.workspaces.flatMap(({ entries }) => entries).some(({ owed }) => owed)).toBe(false);
}

const cases: readonly (readonly [name: string, FaultCase])[] = [
  ['nothing', { applied: 'all' }],
  ['latency', { faults: ['* /** latency ms=2 p=0.2'], applied: 'all' }],
  ['429 with Retry-After now and then', { faults: ['* /** 429 p=0.3 retry-after=2'], applied: 'all' }],
  ['429 on every write', { faults: ['PUT /** 429', 'POST /** 429', 'DELETE /** 429'], applied: 'none' }],
  ['500 as JSON before it took effect', { faults: ['* /** 500 p=0.25'], applied: 'any' }],
  ['500 after it took effect', { faults: ['* /** 500 when=after p=0.25'], applied: 'any' }],
  ['502 as a page', { faults: ['* /** 502 body=html p=0.25'], applied: 'any' }],
  ['503 without a body, after', { faults: ['* /** 503 body=empty when=after p=0.25'], applied: 'any' }],
  ['503 as a page on everything', { faults: ['* /** 503 body=html after=60'], applied: 'any' }],
  ['every create answers 500 though it worked', { faults: ['POST /** 500 when=after'], applied: 'all' }],
  ['every create answers 500 and did not work', { faults: ['POST /** 500'], applied: 'some' }],
  ['every first answer to a write is lost', { faults: ['* /** reset when=after p=0.3'], applied: 'any' }],
  ['every connection of a create is reset after', { faults: ['POST /** reset when=after'], applied: 'all' }],
  ['every connection of a create is reset before', { faults: ['POST /** reset'], applied: 'some' }],
  ['changes are reset before', { faults: ['PUT /** reset p=0.5'], applied: 'any' }],
  ['changes are reset after', { faults: ['PUT /** reset when=after p=0.5'], applied: 'any' }],
  ['deletes are reset after', { faults: ['DELETE /** reset when=after times=4'], applied: 'all' }],
  [
    'deletes are reset after, and gone is 403',
    { faults: ['DELETE /** reset when=after p=0.5'], quirks: ['goneAs403'], applied: 'all' },
  ],
  ['deletes never get an answer', { faults: ['DELETE /** reset when=after'], applied: 'some' }],
  ['cut in the middle', { faults: ['* /** cut p=0.2'], applied: 'any' }],
  ['cut creates', { faults: ['POST /** cut'], applied: 'all' }],
  ['truncated answers to writes', { faults: ['POST /** truncated', 'PUT /** truncated'], applied: 'all' }],
  ['truncated answers', { faults: ['* /** truncated p=0.1'], applied: 'any' }],
  ['no JSON to writes', { faults: ['POST /** malformed', 'PUT /** malformed'], applied: 'all' }],
  ['no JSON now and then', { faults: ['* /** malformed p=0.1'], applied: 'any' }],
  ['some creates hang before', { faults: ['POST /** hang times=2'], applied: 'any' }],
  ['some writes hang after they took effect', { faults: ['PUT /** hang when=after times=3'], applied: 'all' }],
  ['every create hangs after it took effect', { faults: ['POST /** hang when=after'], applied: 'all' }],
  ['some reads hang', { faults: ['GET /policies/** hang times=2 after=20'], applied: 'any' }],
  ['stale for 3 s', { quirks: ['staleReads=3000ms'], applied: 'all' }],
  ['stale for 20 s', { quirks: ['staleReads=20000ms'], applied: 'all' }],
  ['stale for a day', { quirks: ['staleReads=86400000ms'], applied: 'some' }],
  ['some writes stale for 5 s', { faults: ['* /** quirk staleReads=5000ms p=0.5'], applied: 'all' }],
  [
    'stale for 3 s, and 500 after creates',
    { faults: ['POST /** 500 when=after p=0.5'], quirks: ['staleReads=3000ms'], applied: 'any' },
  ],
  ['lists without periodic_reset', { quirks: ['listWithoutPeriodicReset'], applied: 'all' }],
  ['a backend of 1.14', { quirks: ['backend=1.14'], applied: 'some' }],
  ['conditions dropped in silence', { quirks: ['conditionsOnPut=ignore'], applied: 'some' }],
  ['conditions refused', { quirks: ['conditionsOnPut=refuse'], applied: 'some' }],
  ['description forgotten', { quirks: ['dropDescription'], applied: 'all' }],
  ['names are unique', { quirks: ['nameConflict409'], applied: 'all' }],
  [
    'names are unique, and answers get lost',
    { faults: ['* /policies/** reset when=after p=0.3'], quirks: ['nameConflict409'], applied: 'any' },
  ],
  [
    'names are unique, and creates fail',
    { faults: ['POST /policies/** 500 p=0.7'], quirks: ['nameConflict409'], applied: 'any' },
  ],
  ['gone is 403', { quirks: ['goneAs403'], applied: 'all' }],
  ['immutable fields refused', { quirks: ['refuseImmutable'], applied: 'all' }],
  ['no right to create', { quirks: ['missingScope=policies.create'], applied: 'some' }],
  ['no right to update', { quirks: ['missingScope=policies.update'], applied: 'some' }],
  ['no right to delete', { quirks: ['missingScope=policies.delete'], applied: 'some' }],
  ['no right to change workspaces', { quirks: ['missingScope=workspaces.update'], applied: 'some' }],
  ['no right to read', { quirks: ['missingScope=policies.list'], applied: 'none' }],
  ['rows of another workspace', { quirks: ['foreignRows'], applied: 'none' }],
  [
    'rows of another workspace, later',
    { faults: ['GET /policies/** quirk foreignRows=true after=6'], applied: 'some' },
  ],
  ['somebody changes the same object before', { faults: ['PUT /** rival p=0.5'], hasRival: true, applied: 'any' }],
  [
    'somebody changes the same object after',
    { faults: ['PUT /** rival when=after p=0.5'], hasRival: true, applied: 'any' },
  ],
  [
    'somebody archives it before',
    { faults: ['PUT /policies/** rival does=archive p=0.5'], hasRival: true, applied: 'any' },
  ],
  [
    'somebody renames it after',
    { faults: ['PUT /policies/** rival does=rename when=after p=0.5'], hasRival: true, applied: 'any' },
  ],
];

describe('in process', () => {
  it.each(cases)('%s', async (_name, fault) => {
    await startScenario();
    const outcomes = await run(fault);
    const count = outcomes?.filter(({ status }) => status === 'applied').length ?? 0;
    expect(trial.violations).toEqual([]);
    if (fault.applied === 'all') {
      expect(outcomes?.map(({ change, status, detail }) => [change.id, status, detail])).toEqual(
        outcomes?.map(({ change }) => [change.id, 'applied', null]),
      );
    }
    if (fault.applied === 'none') expect(count).toBe(0);
    if (fault.applied === 'some') {
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThan(outcomes?.length ?? 0);
    }
    await expectConverged();
  });
});
