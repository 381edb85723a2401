/** The commit as of which every entry of the record is applied. */

import { describe, expect, it } from 'vitest';
import type { AppliedRecord } from '../../src/plan/applied-record.ts';
import { commitOf, doubtsOf, nextWorkspaces, type Remembering } from '../../src/plan/next-record.ts';
import type { OutcomeStatus, RecordLine, RecordStep } from '../../src/plan/types.ts';
import { uuid } from '../helpers/state.ts';
import { type Given, outcomeOf, planResult, policyObject, recordAfter, spend } from './kit.ts';

const a = uuid(41);
const [first, second] = ['1', '2'].map((digit) => digit.repeat(40)) as [string, string];
const live = [policyObject(a)];
const past: AppliedRecord = { ...recordAfter({ body: spend(), live }), commit: first };
const raised = { body: spend().replace('$500', '$750'), live };
const added = { body: `${spend()}  other:\n    budget: $5\n    reset: monthly\n    per: workspace_id\n`, live };

function remember(given: Given, status: OutcomeStatus, options: Partial<Remembering> = {}): AppliedRecord {
  const { plan, recordSteps } = planResult(given);
  if (plan === null) throw new Error('no plan');
  const outcomes = plan.changes.map((change) => outcomeOf(change, status));
  const filter = { only: [], workspaces: [] };
  const workspaces = nextWorkspaces(recordSteps, outcomes, { filter, past: given.record ?? null, ...options });
  return { ...past, commit: second, workspaces };
}

function entriesOf({ workspaces }: AppliedRecord) {
  return workspaces.flatMap(({ entries }) => entries.map(({ name, owed, commit }) => [name, owed ?? false, commit]));
}

function absentIn({ workspaces }: AppliedRecord) {
  return workspaces.flatMap(({ absent = [] }) => absent.map(({ name, commit }) => [name, commit]));
}

describe('the commit of an entry', () => {
  it('is the record’s own for what was carried out', () => {
    expect(entriesOf(remember({ ...raised, record: past }, 'applied'))).toEqual([['spend', false, undefined]]);
  });

  it('stays what it was for what is owed, however often it is left out', () => {
    const once = remember({ ...raised, record: past }, 'failed');
    expect(entriesOf(once)).toEqual([['spend', true, first]]);
    const twice = remember({ ...raised, record: once }, 'withheld');
    expect(entriesOf(twice)).toEqual([['spend', true, first]]);
    expect(entriesOf(remember({ ...raised, record: twice }, 'applied'))).toEqual([['spend', false, undefined]]);
  });

  it('is unknown for what is owed since a record without a commit', () => {
    const without = { ...past, commit: null };
    expect(entriesOf(remember({ ...raised, record: without }, 'failed'))).toEqual([['spend', true, null]]);
  });

  it('moves on where files and record say the same, though live could not be put right', () => {
    const drifted = { body: spend(), live: [policyObject(a, { credit_limit: 900 })], record: past };
    expect(entriesOf(remember(drifted, 'failed'))).toEqual([['spend', false, undefined]]);
  });

  it('is recorded for the absence of a create that is owed, and goes with it', () => {
    const once = remember({ ...added, record: past }, 'failed');
    expect(absentIn(once)).toEqual([['other', first]]);
    const twice = remember({ ...added, record: once }, 'stale');
    expect(absentIn(twice)).toEqual([['other', first]]);
    expect(absentIn(remember({ ...added, record: twice }, 'applied'))).toEqual([]);
    expect(absentIn(remember({ body: spend(), live, record: twice }, 'applied'))).toEqual([]);
    expect(absentIn(remember({ body: spend() }, 'failed'))).toEqual([['spend', null]]);
  });

  it('stays for what a filter leaves out, and for record lines that nobody reviewed', () => {
    const filter = { only: ['usage-policy/other'], workspaces: [] };
    expect(entriesOf(remember({ ...raised, record: past }, 'applied', { filter }))).toEqual([['spend', true, first]]);
    const isProtected = { ...past, ...withProtection(past) };
    const heldLines = planResult({ body: spend(), live, record: isProtected }).plan?.recordLines ?? [];
    const held = remember({ body: spend(), live, record: isProtected }, 'applied', { heldLines });
    expect(held.workspaces[0]?.entries).toMatchObject([{ protect: true, owed: true, commit: first }]);
  });

  it('an adoption that nobody reviewed is an absence', () => {
    const record = { ...recordAfter({ body: '' }), commit: first };
    const heldLines = planResult({ body: spend(), live, record }).plan?.recordLines ?? [];
    const held = remember({ body: spend(), live, record }, 'applied', { heldLines });
    expect([entriesOf(held), absentIn(held)]).toEqual([[], [['spend', first]]]);
  });

  it('what is applied from files that no branch holds is not remembered, but for what it left alone', () => {
    const both = { ...added, body: added.body.replace('$500', '$750'), record: past };
    const next = remember(both, 'applied', { byHand: true });
    expect(entriesOf(next)).toEqual([['spend', true, first]]);
    expect(next.workspaces[0]?.entries[0]?.fields.amount).toBe(50_000);
    expect(absentIn(next)).toEqual([['other', first]]);
    expect(entriesOf(remember({ body: spend(), live, record: past }, 'applied', { byHand: true }))).toEqual([
      ['spend', false, undefined],
    ]);
  });
});

describe('a step and what became of it', () => {
  const [entry] = past.workspaces[0]?.entries ?? [];
  if (entry === undefined) throw new Error('no entry');
  const { id: _, ...next } = entry;
  const b = uuid(42);
  const step: RecordStep = {
    workspaceId: uuid(1),
    workspaceSlug: 'ws-team-a',
    changeId: 'main',
    previous: entry,
    next,
    liveId: a,
  };
  const entriesAfter = (
    more: Partial<RecordStep>,
    outcomes: Readonly<Record<string, OutcomeStatus>>,
    held: readonly RecordLine[] = [],
  ) => {
    const list = Object.entries(outcomes).map(([id, status]) => ({
      change: { id } as never,
      status,
      detail: null,
      liveId: id === 'main' ? b : a,
    }));
    const filter = { only: [], workspaces: [] };
    return nextWorkspaces([{ ...step, ...more }], list, { filter, past, heldLines: held }).flatMap(
      ({ entries }) => entries,
    );
  };
  const line: RecordLine = {
    action: 'forget',
    key: { kind: 'usage-policy', workspace: 'ws-team-a', name: 'spend' },
    detail: '',
  };

  it('a replacement is recorded under its new id', () => {
    expect(entriesAfter({}, { main: 'applied' })).toEqual([{ ...next, id: b }]);
  });

  it.each<readonly [string, OutcomeStatus, readonly string[] | undefined]>([
    ['failed', 'failed', [a]],
    ['deleted', 'applied', undefined],
    ['gone already', 'already-applied', undefined],
  ])('a leftover that is %s', (_name, status, leftovers) => {
    const entries = entriesAfter({ leftovers: [{ id: a, changeId: 'left' }] }, { main: 'applied', left: status });
    expect(entries.map((one) => one.leftovers)).toEqual([leftovers]);
  });

  it('is never its own leftover', () => {
    const entries = entriesAfter({ changeId: null, leftovers: [{ id: a, changeId: 'left' }] }, { left: 'failed' });
    expect(entries.map(({ leftovers }) => leftovers)).toEqual([undefined]);
  });

  it('stays one while it stands for what is gone, and what is planned for it is not carried out', () => {
    const previous = { ...entry, leftovers: [b] };
    const given = { previous, next: null, liveId: b };
    expect(entriesAfter(given, { main: 'skipped' })).toMatchObject([{ id: entry.id, leftovers: [b] }]);
    expect(entriesAfter(given, { main: 'applied' })).toEqual([]);
  });

  it('of a removed policy keeps what it left behind, as owed', () => {
    const leftovers = [{ id: b, changeId: 'left' }];
    expect(entriesAfter({ next: null, leftovers }, { main: 'applied', left: 'failed' })).toEqual([
      { ...entry, id: b, owed: true, commit: first },
    ]);
  });

  it('that is not planned stays as of the commit that it is applied from', () => {
    const changed = { ...next, protect: true };
    expect(entriesAfter({ changeId: null, next: changed, kept: true }, {})).toEqual([{ ...entry, commit: first }]);
  });

  it.each<readonly [string, Partial<RecordLine>, boolean]>([
    ['of this resource', {}, true],
    ['of another workspace', { key: { kind: 'usage-policy', workspace: 'ws-team-b', name: 'spend' } }, false],
    ['of another name', { key: { kind: 'usage-policy', workspace: 'ws-team-a', name: 'other' } }, false],
    ['of another kind', { key: { kind: 'rate-policy', workspace: 'ws-team-a', name: 'spend' } }, false],
  ])('a forget that nobody reviewed is owed: %s', (_, more, isHeld) => {
    const entries = entriesAfter({ changeId: null, next: null }, {}, [{ ...line, ...more }]);
    expect(entries).toEqual(isHeld ? [{ ...entry, owed: true, commit: first }] : []);
  });

  it('is a doubt only where nobody saw what it came to', () => {
    const outcome = {
      change: planResult(raised).plan?.changes[0] as never,
      status: 'failed' as const,
      detail: null,
      liveId: a,
    };
    expect(doubtsOf([outcome])).toEqual({});
    expect(doubtsOf([{ ...outcome, inDoubt: true }]).doubts).toHaveLength(1);
  });

  it('has the commit that it says, or none where it says none', () => {
    expect([commitOf({}, past), commitOf({ commit: second }, past), commitOf({ commit: null }, past)]).toEqual([
      first,
      second,
      null,
    ]);
  });
});

function withProtection({ workspaces }: AppliedRecord): Pick<AppliedRecord, 'workspaces'> {
  return {
    workspaces: workspaces.map((workspace) => ({
      ...workspace,
      entries: workspace.entries.map((entry) => ({ ...entry, protect: true })),
    })),
  };
}
