/** From a plan that may be carried out to the record: against a control plane and a record in memory. */

import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import type { GuardName } from '../../src/guard-names.ts';
import type { Impact } from '../../src/impact/document.ts';
import type { AppliedRecord } from '../../src/plan/applied-record.ts';
import type { Approval } from '../../src/plan/approve.ts';
import { toClaimedChange } from '../../src/plan/next-record.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import { createMemoryStore } from '../../src/record/memory.ts';
import type { RecordStore } from '../../src/record/store.ts';
import { type ApplyCommandOptions, type ApplyRuling, carryOut, type ToApply } from '../../src/run/apply.ts';
import { findRefusal, judgeApproved, outcomesOf } from '../../src/run/review-plan.ts';
import { testSession } from '../helpers/session.ts';
import { uuid } from '../helpers/state.ts';
import { createMemoryBackend, type Interruptions, refusal } from '../live/memory-backend.ts';
import { inForce } from '../plan/in-force.ts';
import { filesOf, type Given, planOf, planResult, policyObject, recordAfter, spend } from '../plan/kit.ts';

const a = uuid(41);
const options = { yes: true, quiet: true, format: 'json', verbose: false } as unknown as ApplyCommandOptions;

interface Setting {
  readonly interruptions?: Interruptions;
  readonly store?: RecordStore;
  readonly verdict?: Partial<ApplyRuling>;
  readonly prepared?: Partial<ToApply>;
  readonly options?: Partial<ApplyCommandOptions>;
}

function prepare(given: Given, store: RecordStore, token: string | null, more: Setting): ToApply {
  const { plan, recordSteps: steps } = planResult(given);
  const { desired } = compilePolicies(Object.entries(filesOf(given)).map(([path, text]) => ({ path, text })));
  const usagePolicies = (given.live ?? []).map(({ id, row }) => ({ ...row, id }));
  const settled = given.record ?? null;
  return {
    plan,
    steps,
    desired,
    settled,
    diagnostics: [],
    stored: settled === null ? null : { record: settled, token: token ?? '', seal: 'none' },
    checkout: {
      directory: null,
      commit: null,
      uncommitted: [],
      isAsApplied: false,
      isRewritten: false,
      extended: [],
      rewind: null,
    },
    byHand: false,
    filter: { mode: 'sync', only: [], workspaces: [] },
    files: [],
    record: { store },
    open: { backend: createMemoryBackend({ usagePolicies }, more.interruptions) },
    inForce: { moved: null, unsealed: null },
    settings: inForce(null, {}),
    allowances: [],
    assess: () => null,
    ...more.prepared,
  } as unknown as ToApply;
}

async function run(given: Given, more: Setting = {}) {
  const store = more.store ?? createMemoryStore();
  const token = given.record == null ? null : await createdIn(store, given.record);
  const prepared = prepare(given, store, token, more);
  if (prepared.plan === null) throw new Error('no plan');
  const word = { approval: null, way: 'by-hand', isUnreviewed: true, lifts: [] } as const;
  const verdict = { plan: prepared.plan, steps: prepared.steps, ...word, ...more.verdict };
  const report = await carryOut(prepared, verdict, { ...options, ...more.options }, testSession());
  return {
    report,
    record: (await store.read())?.record ?? null,
    calls: (prepared.open.backend as ReturnType<typeof createMemoryBackend>).calls,
  };
}

/** A store whose write fails as often as told, once the record is in it. */
async function createdIn(store: RecordStore, record: AppliedRecord): Promise<string> {
  return store.write(record, null, 'before');
}

/** Writes come through but for the one with this number. */
function failingStore(number: number): RecordStore {
  const store = createMemoryStore();
  let count = 0;
  return {
    ...store,
    write: async (...parameters) => {
      count += 1;
      if (count === number) throw new UserError('the record cannot be pushed', { exit: 'unreachable' });
      return store.write(...parameters);
    },
  };
}

const create: Given = { body: spend(), record: recordAfter({ body: '' }), live: [] };
const adopt: Given = { body: spend(), record: recordAfter({ body: '' }), live: [policyObject(a)] };
const atRest: Given = {
  body: spend(),
  live: [policyObject(a)],
  record: recordAfter({ body: spend(), live: [policyObject(a)] }),
};
const lost = (call: string): void => {
  if (call.startsWith('POST')) throw refusal(undefined, 'POST', true);
};

describe('the record afterwards', () => {
  it('holds what was made, and no claim', async () => {
    const { report, record } = await run(create);
    expect([report.exit, report.recordedIn !== null]).toEqual([0, true]);
    expect(record).toMatchObject({ outcomes: [{ status: 'applied' }], workspaces: [{ entries: [{ name: 'spend' }] }] });
    expect([record?.claim, record?.doubts]).toEqual([undefined, undefined]);
  });

  it('holds what nobody knows of, for the next run to settle', async () => {
    const { report, record } = await run(create, { interruptions: { before: lost } });
    expect(report.exit).not.toBe(0);
    expect(record?.doubts).toMatchObject([{ action: 'create', name: 'spend' }]);
  });

  it.each<readonly [string, Partial<AppliedRecord>, boolean]>([
    ['nothing is new', {}, false],
    ['doubts are settled', { doubts: planOf(create).changes.map(toClaimedChange) }, true],
    [
      'a claim is settled',
      { claim: { run: 'r', by: 'x', startedAt: '', leaseUntil: '', digest: '', changes: [] } },
      true,
    ],
    ['it was of format 1', { wasFormatOne: true }, true],
  ])('is written where there is something to remember: %s', async (_, more, isWritten) => {
    const given = { ...atRest, record: { ...(atRest.record as AppliedRecord), ...more } };
    const { report } = await run(given, { prepared: { settled: atRest.record as AppliedRecord } });
    expect([report.exit, report.recordedIn !== null]).toEqual([0, isWritten]);
  });

  it('is made also where nothing was ever declared: without one nothing is clean', async () => {
    expect((await run({ body: '', record: null, live: [] })).report.recordedIn).not.toBeNull();
    expect((await run({ ...adopt, record: null })).report.recordedIn).not.toBeNull();
  });
});

describe('a record that cannot be written', () => {
  it('ends a run that has written nothing', async () => {
    await expect(run(adopt, { store: failingStore(2) })).rejects.toThrow('cannot be pushed');
  });

  it('keeps a run from beginning, where it is the claim', async () => {
    await expect(run(create, { store: failingStore(2) })).rejects.toThrow('cannot be pushed');
  });

  it('is said of a run that has written: what is written is written', async () => {
    const { report, record } = await run(create, { store: failingStore(3) });
    expect(report).toMatchObject({
      exit: 5,
      recordedIn: null,
      recordProblem: expect.stringContaining('cannot be pushed'),
    });
    expect(report.outcomes).toMatchObject([{ status: 'applied' }]);
    // The claim stays, and the next run settles it.
    expect(record?.claim?.changes).toHaveLength(1);
  });
});

describe('what is not carried out', () => {
  it('while the record is of another place', async () => {
    const moved = { moved: { what: 'x', isPure: true }, unsealed: null } as unknown as ToApply['inForce'];
    const { report, calls } = await run(create, { prepared: { inForce: moved } });
    expect([report.outcomes, calls]).toEqual([[], []]);
  });

  it('without an answer', async () => {
    await expect(run(create, { options: { yes: false } })).rejects.toThrow('nobody to ask');
  });

  it('where a guard objects', async () => {
    const violation = {
      guard: 'deletes',
      count: 1,
      details: [],
      severity: 'error',
      allow: null,
      lifted: false,
    } as const;
    const plan = { ...planOf(create), violations: [violation] };
    const { report, calls } = await run(create, { verdict: { plan } });
    expect([report.exit, report.refusalReason, calls]).toEqual([3, 'guards', []]);
  });
});

describe('what of a plan is judged', () => {
  const impact = (unjudged: string | null): Impact => ({
    as_of: '',
    people: 'names',
    doubt: null,
    changes: [],
    workspaces: [{ workspace: 'ws-team-a', before: unknown, after: unknown, delta: null, unjudged }],
    organisation: null,
  });
  const unknown = { kind: 'unknown' as const, cents: null, by: null };
  const prepared = (more: Partial<ToApply> = {}) => prepare(adopt, createMemoryStore(), null, { prepared: more });
  const nothing: Approval = { changes: [], stale: [], past: [], heldLines: [] };

  it('is the impact of what was approved, not of everything', () => {
    const given = prepared({ assess: () => impact(null), plan: { ...planOf(adopt), impact: impact('why') } });
    expect(judgeApproved(given, nothing, []).violations).toEqual([]);
  });

  it('are no lines that are held', () => {
    const given = prepared();
    const lines = planOf(adopt).recordLines;
    expect(lines).toHaveLength(1);
    const whole = prepared({ plan: { ...planOf(adopt), recordLines: lines } });
    expect(judgeApproved(whole, { ...nothing, heldLines: lines }, []).recordLines).toEqual([]);
    expect(judgeApproved(given, null, [])).toBe(given.plan);
  });

  const objecting = (guard: GuardName, lifted = false) => ({
    guard,
    count: 1,
    details: [],
    severity: 'error' as const,
    allow: null,
    lifted,
  });
  it.each<readonly [string, readonly ReturnType<typeof objecting>[], { approve?: string }, boolean, string | null]>([
    ['nothing', [], {}, false, null],
    ['a guard', [objecting('deletes')], {}, false, 'guards'],
    ['a guard that is lifted', [objecting('deletes', true)], {}, false, null],
    [
      'a rewind, before everything else',
      [objecting('deletes'), objecting('rewind')],
      { approve: 'f'.repeat(32) },
      true,
      'rewind',
    ],
    ['another digest than the one approved', [], { approve: 'f'.repeat(32) }, false, 'other-digest'],
    ['a review that is missing', [], {}, true, 'unreviewed'],
  ])('speaks against it: %s', (_, violations, said, isCompulsory, reason) => {
    const given = prepared({ settings: inForce({ require_reviewed_plan: isCompulsory }, {}) });
    const found = findRefusal({ ...planOf(create), violations }, given, said, false);
    expect(found?.reason ?? null).toBe(reason);
  });

  it('asks for a review also of what would forget', () => {
    const given = prepared({ settings: inForce({ require_reviewed_plan: true }, {}) });
    const forget = { action: 'forget', key: null, detail: '' } as const;
    expect(findRefusal({ ...planOf(atRest), recordLines: [forget] }, given, {}, false)?.reason).toBe('unreviewed');
    expect(findRefusal({ ...planOf(atRest), recordLines: [forget] }, given, {}, true)).toBeNull();
    expect(findRefusal(planOf(atRest), given, {}, false)).toBeNull();
  });

  it('has an outcome for what was approved and is past, or stale', () => {
    const [change] = planOf(create).changes;
    if (change === undefined) throw new Error('no change');
    expect(outcomesOf(null)).toEqual([]);
    expect(outcomesOf({ ...nothing, stale: [{ change, approved: null, detail: 'why' }] })).toMatchObject([
      { status: 'stale', detail: expect.stringContaining('why') },
    ]);
  });
});
