/**
 * Several machines that apply to one control plane over one record: each with a clock of its own, each standing still at any
 * moment for as long as the schedule says. A run here is what the apply command does, without files, guards and printing.
 */

import fc from 'fast-check';
import { applyPlan } from '../../src/apply/apply-plan.ts';
import { createApiBackend } from '../../src/client/api-backend.ts';
import { createClient } from '../../src/client/client.ts';
import { createEmulator } from '../../src/emulator/server.ts';
import { ClaimLostError, UserError } from '../../src/errors.ts';
import type { Backend } from '../../src/live/backend.ts';
import { readLive } from '../../src/live/read-live.ts';
import { type AppliedRecord, recordVersion } from '../../src/plan/applied-record.ts';
import { buildPlan } from '../../src/plan/build-plan.ts';
import { isLeaseOver } from '../../src/plan/claim-lease.ts';
import { needsOf } from '../../src/plan/live-needs.ts';
import { doubtsOf, nextWorkspaces, toClaimedChange, toRecordedOutcome } from '../../src/plan/next-record.ts';
import { noSettings } from '../../src/plan/settings.ts';
import { settleClaim } from '../../src/plan/settle-claim.ts';
import type { Plan } from '../../src/plan/types.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import { takeClaim } from '../../src/record/hold-claim.ts';
import type { RecordStore, StoredRecord } from '../../src/record/store.ts';
import { createInProcessDispatcher } from '../helpers/in-process.ts';
import { budgetRows, budgetsFile } from '../helpers/rig.ts';
import { testNow } from '../helpers/session.ts';
import { smallState, teamA } from '../helpers/state.ts';
import { adminKey, orgFile } from '../helpers/world.ts';

const minute = 60_000;
/** The longest that a run writes on after its claim was taken by word: docs/reliability.md. */
const longestWindow = minute;

export type Files = Readonly<Record<string, string>>;

const before = { p1: 100, p2: 100, p3: 100, p4: 100 };
const filesOf = (policies: string): Files => ({ 'org.yaml': orgFile(), 'a.yaml': policies });
const regroup = (text: string): string => text.replace(/(p4:\n(?: {4}.*\n)*? {4}per:) workspace_id/, '$1 api_key');

/** Tightened, loosened, created, deleted, replaced; and the same in other places. */
export const targets: readonly Files[] = [
  filesOf(regroup(budgetsFile({ p1: 90, p2: 120, p4: 100, n1: 10, n2: 20 }))),
  filesOf(budgetsFile({ p1: 80, p3: 150, p4: 95, n1: 10, n3: 30 })),
];

export interface Pause {
  readonly milliseconds: number;
  /** `asleep`: the monotonic clock of that machine stands still. `set-back`: its other clock is set back by as much. */
  readonly how: 'awake' | 'asleep' | 'set-back';
}

export interface Writer {
  /** Of the machine's clock, in milliseconds. */
  readonly skew: number;
  readonly target: number;
  /** Somebody says of whatever claim is there that its run has ended, whether it has or not. */
  readonly takesOverByWord: boolean;
  /** How often it comes back when it is kept out. */
  readonly tries: number;
  /** One before each thing it does, over and over. */
  readonly pauses: readonly Pause[];
}

export interface Plot {
  readonly writers: readonly Writer[];
  /** After so many things done by anybody the record is removed; null: never. */
  readonly vandalAt: number | null;
}

const pause: fc.Arbitrary<Pause> = fc.record({
  milliseconds: fc.oneof(
    { weight: 30, arbitrary: fc.integer({ min: 0, max: 2_000 }) },
    { weight: 2, arbitrary: fc.constantFrom(21 * minute, 45 * minute) },
    { weight: 3, arbitrary: fc.constantFrom(51 * minute, 61 * minute, 180 * minute) },
  ),
  how: fc.constantFrom('awake', 'asleep', 'set-back'),
});

const writer: fc.Arbitrary<Writer> = fc.record({
  skew: fc.constantFrom(0, 0, -120 * minute, 120 * minute, 7 * minute),
  target: fc.nat({ max: targets.length - 1 }),
  takesOverByWord: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  tries: fc.integer({ min: 1, max: 4 }),
  pauses: fc.array(pause, { minLength: 1, maxLength: 30 }),
});

export const plot: fc.Arbitrary<Plot> = fc.record({
  writers: fc.array(writer, { minLength: 2, maxLength: 3 }),
  vandalAt: fc.option(fc.integer({ min: 5, max: 80 }), { freq: 6, nil: null }),
});

/** What was wrong, one line each; and what is live once one more run has had its quiet. */
export interface Story {
  readonly violations: readonly string[];
  readonly live: readonly string[];
  /** Runs that wrote, that were kept out, and that lost their claim: what the plot came to. */
  readonly counts: { wrote: number; keptOut: number; lost: number; renewed: number; inWindow: number };
  readonly wasVandalized: boolean;
  /** The last run had no plan: several policies of one name, and no record that says which is which. */
  readonly isAmbiguous: boolean;
}

export async function play({ writers, vandalAt }: Plot, scheduler: fc.Scheduler, last: Files): Promise<Story> {
  let truth = testNow;
  const emulator = createEmulator({
    acceptKeys: adminKey,
    now: () => new Date(truth),
    state: smallState({ usagePolicies: budgetRows(before, teamA) }),
  });
  const violations: string[] = [];
  const counts = { wrote: 0, keptOut: 0, lost: 0, renewed: 0, inWindow: 0 };
  let stored: StoredRecord | null = null;
  let version = 0;
  /** Null outside the plot: before it begins, and once all is quiet. */
  let deeds: number | null = null;
  /** The run that holds the record, and since when it does not, by whose doing. */
  let holder: string | null = null;
  const taken = new Map<string, { at: number; hasWindow: boolean }>();

  /** Another than the holder has moved the record. */
  function displace(by: string | null, hasWindow: boolean): void {
    if (holder !== null && holder !== by) taken.set(holder, { at: truth, hasWindow });
    holder = by;
  }

  async function act<T>(label: string, machine: Machine, deed: () => T | Promise<T>): Promise<T> {
    await scheduler.schedule(Promise.resolve(), label);
    truth += machine.pass();
    if (deeds !== null) deeds += 1;
    if (deeds !== null && deeds === vandalAt) {
      displace(null, true);
      stored = null;
    }
    return deed();
  }

  interface Machine {
    readonly clock: { now(): number; monotonic(): number; sleep(milliseconds: number): Promise<void> };
    /** The next pause begins and ends; says how long it was. */
    pass(): number;
  }

  function openMachine({ skew, pauses }: Pick<Writer, 'skew' | 'pauses'>): Machine {
    let [count, slept, back] = [0, 0, 0];
    return {
      clock: {
        now: () => truth + skew - back,
        monotonic: () => truth - slept,
        sleep: async (milliseconds) => {
          truth += milliseconds;
        },
      },
      pass() {
        const { milliseconds, how } = pauses[count++ % pauses.length] ?? { milliseconds: 0, how: 'awake' };
        if (how === 'asleep') slept += milliseconds;
        if (how === 'set-back') back += milliseconds;
        return milliseconds;
      },
    };
  }

  function openStore(name: string, machine: Machine, byWord: () => boolean): RecordStore {
    return {
      description: 'the record',
      read: () => act(`${name} reads the record`, machine, () => structuredClone(stored)),
      readToken: () => act(`${name} looks`, machine, () => stored?.token ?? null),
      write: (next, expected, message) =>
        act(`${name} writes: ${message}`, machine, () => {
          if ((stored?.token ?? null) !== expected) throw new UserError('moved by another apply', { exit: 'stale' });
          displace(next.claim === undefined ? null : name, byWord());
          if (next.claim?.renewedAt !== undefined) counts.renewed += 1;
          version += 1;
          stored = { record: structuredClone(next), token: String(version), seal: 'own' };
          return stored.token;
        }),
      lastSealed: () => Promise.reject(new Error('nobody asks')),
      history: () => Promise.reject(new Error('nobody asks')),
      readAt: () => Promise.reject(new Error('nobody asks')),
    };
  }

  /** Reads take turns with what others do; a write leaves as soon as the claim says so. */
  function openService(name: string, machine: Machine): Backend {
    const client = createClient({
      baseUrl: 'http://127.0.0.1:9/v1',
      apiKey: adminKey,
      dispatcher: createInProcessDispatcher(emulator.app),
      timing: { now: machine.clock.now, random: () => 0.5, sleep: machine.clock.sleep },
    });
    const backend = createApiBackend(client);
    const reads = ['listWorkspaces', 'listUsagePolicies', 'readUsagePolicy'] as const;
    const turns = reads.map((read) => [
      read,
      (...parameters: readonly unknown[]) =>
        act(`${name} asks ${read}`, machine, () => Reflect.apply(backend[read], backend, parameters)),
    ]);
    return { ...backend, ...(Object.fromEntries(turns) as Pick<Backend, (typeof reads)[number]>) };
  }

  function noteWrite(name: string): void {
    counts.wrote += 1;
    const loss = taken.get(name);
    if (loss === undefined) return;
    if (loss.hasWindow && truth - loss.at <= longestWindow) counts.inWindow += 1;
    else violations.push(`${name} wrote ${(truth - loss.at) / 1000} s after its claim was taken`);
  }

  async function run(
    name: string,
    machine: Machine,
    files: Files,
    byWord: boolean,
  ): Promise<'kept out' | 'ran' | 'ambiguous'> {
    let isTakingByWord = false;
    const store = openStore(name, machine, () => isTakingByWord);
    const backend = openService(name, machine);
    const found = await store.read();
    const claim = found?.record.claim;
    if (claim !== undefined) {
      await backend.listWorkspaces();
      const isOver = isLeaseOver(claim, backend.serviceNow() ?? Number.NaN);
      if (!isOver && !byWord) return 'kept out';
      isTakingByWord = !isOver;
    }
    const { desired } = compilePolicies(Object.entries(files).map(([path, text]) => ({ path, text })));
    if (desired === null) throw new Error('the files have an error');
    const live = await readLive(backend, desired.organisation, needsOf(desired, found?.record ?? null));
    const settled = found === null ? null : settleClaim(found.record, live);
    const result = buildPlan({ desired, live, record: settled, now: new Date(truth) });
    // Somebody is in the middle of a replacement, say.
    if (result.plan === null) return found === null ? 'ambiguous' : 'kept out';
    const { plan, recordSteps } = result;
    const held = await takeClaim(
      settled ?? documentOf(name, plan, files),
      { run: name, by: name, digest: plan.digest, changes: plan.changes.map(toClaimedChange) },
      found?.token ?? null,
      { store, clock: machine.clock, serviceNow: () => backend.serviceNow() },
    );
    backend.gateWrites(async () => {
      await held.mayWrite();
      noteWrite(name);
    });
    const outcomes = await applyPlan(plan, { backend, clock: machine.clock });
    if (held.lost !== null) counts.lost += 1;
    const next = {
      ...documentOf(name, plan, files),
      workspaces: nextWorkspaces(recordSteps, outcomes, { filter: { only: [], workspaces: [] }, past: settled }),
      outcomes: outcomes.map(toRecordedOutcome),
      ...doubtsOf(outcomes),
    };
    await held.release(next, 'outcomes');
    return 'ran';
  }

  async function insist(name: string, { target, takesOverByWord, tries, ...machine }: Writer): Promise<void> {
    const files = targets[target] ?? {};
    const opened = openMachine(machine);
    for (let count = 1; count <= tries; count++) {
      // Each is a process of its own.
      const ran = await run(`${name}.${count}`, opened, files, takesOverByWord).catch((error: unknown) => {
        // The record moved between reading and claiming, or before the outcomes.
        if (error instanceof UserError || error instanceof ClaimLostError) return 'kept out';
        throw error;
      });
      if (ran === 'ran') return;
      counts.keptOut += 1;
    }
  }

  await run('first', openMachine({ skew: 0, pauses: [] }), filesOf(budgetsFile(before)), false);
  counts.wrote = 0;
  deeds = 0;
  await Promise.all(writers.map((one, index) => insist(`writer ${index + 1}`, one)));
  const wasVandalized = vandalAt !== null && deeds >= vandalAt;
  deeds = null;
  truth += 180 * minute;
  // A replacement that was cut short is put right by the first, and forgotten by the second.
  const quiet = openMachine({ skew: 0, pauses: [] });
  await run('quiet', quiet, last, false);
  const isAmbiguous = (await run('quiet again', quiet, last, false)) === 'ambiguous';
  const live = emulator.store.state.usagePolicies
    .filter(({ status }) => status === 'active')
    .map(({ name, credit_limit, group_by }) => `${name} $${credit_limit} by ${group_by.map(({ key }) => key)}`)
    .sort();
  return { violations, live, counts, wasVandalized, isAmbiguous };
}

function documentOf(run: string, plan: Plan, files: Files): AppliedRecord {
  return {
    version: recordVersion,
    tool: 'test',
    environment: plan.environment,
    organisation: plan.organisation,
    baseUrl: plan.baseUrl,
    directory: null,
    commit: null,
    dirty: false,
    appliedBy: run,
    appliedAt: new Date(testNow).toISOString(),
    run,
    digest: plan.digest,
    way: 'by-hand',
    settings: noSettings,
    workspaces: [],
    outcomes: [],
    files: { ...files },
  };
}
