/** What nobody approved and nothing was planned for yet: an apply goes by, and then something is. */

import { describe, expect, test } from 'vitest';
import { groupKeys } from '../../src/approvals/atoms.ts';
import { type ReviewedChanges, reviewChanges } from '../../src/approvals/review-changes.ts';
import type { AppliedRecord } from '../../src/plan/applied-record.ts';
import type { Change, Plan, RecordStep } from '../../src/plan/types.ts';
import type { Desired, Kind } from '../../src/resources/types.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { type Files, MemoryRepository } from './memory.ts';

const limit = (budget: string) => `budget: ${budget}, reset: monthly`;
const defaults = (budget: string) =>
  orgFile(
    `defaults:\n  policies:\n    cap: {${limit(budget)}, per: workspace_id}\n  keys:\n    "*": {${limit(budget)}}\n`,
  );
const filesOf = (budget: string, more: Files = {}): Files => ({
  'org.yaml': defaults(budget),
  'team.yaml': workspaceFile('team'),
  ...more,
});
const newTeam: Files = { 'new.yaml': workspaceFile('new') };

/** A create in a workspace that is recorded nowhere. */
async function judgeCreate(
  world: MemoryRepository,
  record: Pick<AppliedRecord, 'commit' | 'reviewedCommit'>,
  [kind, workspace, name]: readonly [Kind, string, string],
): Promise<ReviewedChanges> {
  const id = `${kind}/${workspace}/${name}`;
  const change = { id, key: { kind, workspace, name } } as Change;
  const next = { kind, name } as RecordStep['next'];
  const step = { workspaceId: 'w-1', workspaceSlug: workspace, changeId: id, previous: null, next, liveId: null };
  const plan = { changes: [change], recordLines: [] } as unknown as Plan;
  const starts = [record.commit, record.reviewedCommit].filter((commit) => typeof commit === 'string');
  const whole = { ...record, workspaces: [] } as unknown as AppliedRecord;
  const desired = { entries: [] } as unknown as Desired;
  return reviewChanges({ plan, steps: [step], desired, record: whole, windows: await world.windows(starts) });
}

describe('trust-F10: a default that nobody approved', () => {
  const cases: readonly (readonly [Kind, string, string])[] = [
    ['usage-policy', 'new', 'cap'],
    ['key-limits', 'new', 'a key made since'],
  ];

  test.each(cases)('does not reach what comes after the next apply: %s', async (...key) => {
    const world = new MemoryRepository(filesOf('$100'));
    const reviewedCommit = world.main;
    const raise = world.open(filesOf('$900'));
    world.merge(raise);
    const commit = world.main;
    const team = world.open(filesOf('$900', newTeam));
    world.review(team, 'bob');
    world.merge(team);
    const held = await judgeCreate(world, { commit, reviewedCommit }, key);
    expect(held.owed.map(({ reasons }) => reasons)).toEqual([['pull request #1: it has no approving review']]);
    expect(held.isHeldBack).toBe(true);
    // As it is when somebody says yes after all.
    world.review(raise, 'bob');
    const reviewed = await judgeCreate(world, { commit, reviewedCommit }, key);
    expect([reviewed.owed, reviewed.isHeldBack]).toEqual([[], false]);
  });

  test('holds back the commit up to which everything is reviewed, though nothing is planned for it', async () => {
    const world = new MemoryRepository(filesOf('$100'));
    const commit = world.main;
    world.merge(world.open(filesOf('$900')));
    const plan = { changes: [], recordLines: [] } as unknown as Plan;
    const record = { commit, workspaces: [] } as unknown as AppliedRecord;
    const desired = { entries: [] } as unknown as Desired;
    const windows = await world.windows([commit]);
    expect(reviewChanges({ plan, steps: [], desired, record, windows }).isHeldBack).toBe(true);
    expect((await world.judge(commit, groupKeys.default('usage-policy', 'cap'))).owed).toHaveLength(1);
  });
});

test('trust-F10: what is to be made and stands nowhere in the files that were reviewed is reviewed by nobody', async () => {
  const world = new MemoryRepository(filesOf('$100'));
  const commit = world.main;
  const pull = world.open(filesOf('$100', newTeam));
  world.review(pull, 'bob');
  world.merge(pull);
  const unseen = await judgeCreate(world, { commit }, ['usage-policy', 'new', 'omega']);
  expect(unseen.owed.map(({ reasons }) => reasons)).toEqual([['pull request #1: files there cannot be read']]);
  expect((await judgeCreate(world, { commit }, ['usage-policy', 'new', 'cap'])).owed).toEqual([]);
});

test('trust-F10: … nor a key that was named when it was raised, and is not any more', async () => {
  const named = { 'team.yaml': workspaceFile('team', `keys:\n  ci: {${limit('$100')}}\n`) };
  const world = new MemoryRepository(filesOf('$100', named));
  const reviewedCommit = world.main;
  world.merge(world.open(filesOf('$900', named)));
  const commit = world.main;
  const unnamed = world.open(filesOf('$900'));
  world.review(unnamed, 'bob');
  world.merge(unnamed);
  const id = 'key-limits/team/ci';
  const change = { id, key: { kind: 'key-limits', workspace: 'team', name: 'ci' } } as Change;
  const entry = { kind: 'key-limits', name: 'ci' } as NonNullable<RecordStep['previous']>;
  const step = {
    workspaceId: 'w-1',
    workspaceSlug: 'team',
    changeId: id,
    previous: entry,
    next: { ...entry },
    liveId: 'k',
  };
  const plan = { changes: [change], recordLines: [] } as unknown as Plan;
  const workspaces = [{ id: 'w-1', slug: 'team', entries: [entry] }];
  const record = { commit, reviewedCommit, workspaces } as unknown as AppliedRecord;
  const desired = { entries: [] } as unknown as Desired;
  const windows = await world.windows([commit, reviewedCommit]);
  const { owed } = reviewChanges({ plan, steps: [step], desired, record, windows });
  expect(owed.map(({ reasons }) => reasons)).toEqual([['pull request #1: it has no approving review']]);
});
