/** What has to be in force before what. */

import { describe, expect, it } from 'vitest';
import { orderChanges, stageOf } from '../../src/plan/order.ts';
import type { Action, Change, Direction, FieldChange } from '../../src/plan/types.ts';
import { uuid } from '../helpers/state.ts';
import { actionsOf, entry, keyObject, planOf, policyObject, recordAfter } from './kit.ts';

function change(name: string, action: Action, direction: Direction, workspace: string | null = 'ws-team-a'): Change {
  return {
    id: `usage-policy/${workspace ?? '-'}/${name}`,
    key: { kind: 'usage-policy', workspace, name },
    workspaceId: workspace,
    liveId: null,
    action,
    cause: 'edited',
    reason: 'changed',
    direction,
    before: null,
    after: null,
    fieldChanges: [],
    source: null,
    dependsOn: [],
    fingerprint: name,
    notes: [],
    entry: null,
    starting: null,
  };
}

const create = change('create', 'create', 'tighten');
const tighten = change('tighten', 'update', 'tighten');
const neutral = change('neutral', 'update', 'neutral');
const rescope = change('rescope', 'update', 'rescope');
const loosen = change('loosen', 'update', 'loosen');
const replace = change('replace', 'replace', 'loosen');
const remove = change('remove', 'delete', 'loosen');
const elsewhere = change('create', 'create', 'tighten', 'ws-team-b');
const all = [remove, replace, loosen, rescope, neutral, tighten, create, elsewhere];

describe('order of changes', () => {
  it('runs creates and tightenings, then replacements, then rescopings, then loosenings, then deletes', () => {
    const sorted = orderChanges(all);
    expect(sorted.map(({ key }) => `${key.workspace}/${key.name}`)).toEqual([
      'ws-team-a/create',
      'ws-team-a/neutral',
      'ws-team-a/tighten',
      'ws-team-a/replace',
      'ws-team-a/rescope',
      'ws-team-a/loosen',
      'ws-team-a/remove',
      'ws-team-b/create',
    ]);
    expect(sorted.map(stageOf)).toEqual([0, 0, 0, 2, 3, 6, 7, 0]);
  });

  it('is the same whatever order the changes come in', () => {
    expect(orderChanges([...all].reverse())).toEqual(orderChanges(all));
  });

  it('lets every loosening and delete wait for every create and tightening of its workspace', () => {
    const waits = new Map(orderChanges(all).map(({ id, dependsOn }) => [id, dependsOn]));
    const guards = [create.id, tighten.id];
    expect(waits.get(create.id)).toEqual([]);
    expect(waits.get(tighten.id)).toEqual([]);
    expect(waits.get(neutral.id)).toEqual([]);
    expect(waits.get(rescope.id)).toEqual([...guards, replace.id]);
    expect(waits.get(replace.id)).toEqual([...guards, rescope.id]);
    expect(waits.get(loosen.id)).toEqual([...guards, replace.id, rescope.id]);
    // What takes a limit away waits for everything, also for what is neutral.
    expect(waits.get(remove.id)).toEqual([create.id, neutral.id, tighten.id, replace.id, rescope.id, loosen.id]);
    expect(waits.get(elsewhere.id)).toEqual([]);
  });

  it('makes nobody wait for what is neutral, nor for another workspace', () => {
    const sorted = orderChanges([neutral, elsewhere, loosen]);
    expect(sorted.find(({ id }) => id === loosen.id)?.dependsOn).toEqual([]);
  });

  it('keeps the organisation apart from workspaces', () => {
    const own = change('own', 'update', 'tighten', null);
    const sorted = orderChanges([loosen, own]);
    expect(sorted.map(({ id, dependsOn }) => [id, dependsOn])).toEqual([
      [own.id, []],
      [loosen.id, []],
    ]);
  });
});

describe('what takes a limit away', () => {
  const money = (amount: number, unit: 'cost' | 'tokens' = 'cost') => ({ unit, amount, reset: 'monthly' as const });
  const update = (...fieldChanges: readonly Omit<FieldChange, 'direction'>[]): Change => {
    const fields = fieldChanges.map((one): FieldChange => {
      return { ...one, direction: one.after === null || one.field === 'budget' ? 'loosen' : 'tighten' };
    });
    return { ...change('mixed', 'update', 'loosen'), fieldChanges: fields };
  };
  const clears = { field: 'rate[requests/minute]', before: 5, after: null };
  const tightens = { field: 'rate[tokens/day]', before: 9, after: 5 };

  it.each<readonly [string, Change, number]>([
    ['a limit cleared', update(clears), 7],
    ['one cleared and one tightened', update(clears, tightens), 5],
    ['an expiry cleared', update({ field: 'expires', before: '2027-01-01T00:00:00.000Z', after: null }), 7],
    [
      'dollars that become tokens: the one goes, the other comes',
      update({ field: 'budget', before: money(100), after: money(900, 'tokens') }),
      5,
    ],
    ['a raise', update({ field: 'budget', before: money(100), after: money(900) }), 6],
  ])('%s', (_, one, stage) => {
    expect(stageOf(one)).toBe(stage);
  });

  it('waits for everything before it, be it neutral', () => {
    const sorted = orderChanges([update(clears, tightens), neutral]);
    expect(sorted.map(({ dependsOn }) => dependsOn)).toEqual([[], [neutral.id]]);
  });
});

it('orders a whole plan: the new limit before the old one goes', () => {
  const old = policyObject(uuid(41), { name: 'old' });
  const raised = policyObject(uuid(42), { name: 'raised' });
  const past = { body: `policies:\n${entry('old')}${entry('raised')}`, live: [old, raised] };
  const next = `policies:\n${entry('new')}${entry('raised').replace('$500', '$900')}keys:\n  app:\n    budget: $5\n    reset: never\n`;
  const plan = planOf({ body: next, live: [old, raised, keyObject('app', uuid(11))], record: recordAfter(past) });
  // "old" and "new" are equal but for the name: one rename, which is neutral.
  expect(actionsOf(plan)).toEqual(['update usage-policy/new', 'create key-limits/app', 'update usage-policy/raised']);
  const [, , loosening] = plan.changes;
  expect(loosening?.dependsOn).toEqual(['key-limits/ws-team-a/app']);
});
