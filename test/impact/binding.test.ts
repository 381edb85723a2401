import { expect, it, test } from 'vitest';
import type { Known } from '../../src/consumption/ask.ts';
import { bindingOf, bindingsOf, labelOf, rivalMoves } from '../../src/impact/binding.ts';
import type { WorkspaceTerms } from '../../src/impact/committed.ts';
import type { BudgetMove } from '../../src/impact/moves.ts';
import type { BudgetLimit } from '../../src/resources/limit.ts';
import type { Match, Reset } from '../../src/resources/types.ts';
import { limitIn, ownBound, policyBound } from './limits.ts';

const money = (dollars: number, reset: Reset = 'monthly') => ({ unit: 'cost' as const, amount: dollars * 100, reset });
const budget = (dollars: number, reset: Reset = 'monthly') => ownBound(money(dollars, reset));
const only = (key: string): Match => [{ key: 'metadata.team', any: [key], except: [] }];

const policy = (name: string, dollars: number, rest: Partial<BudgetLimit> = {}) =>
  policyBound(name, money(dollars), rest);

const unread: Known<number> = { unknown: 'not read' };

/** What binds for a policy `mine` of $500 over team a, counted by user; others end as `ends` says, by label. */
function bindsMine(
  terms: Partial<WorkspaceTerms>,
  own: Partial<BudgetMove> = {},
  ends: Readonly<Record<string, Known<number>>> = {},
): string | undefined {
  const move = {
    change: { key: { kind: 'usage-policy', workspace: 'ws-team-a', name: 'mine' } },
    limit: { match: only('a'), per: ['metadata._user'] },
    after: limitIn(money(500)),
    ...own,
  } as unknown as BudgetMove;
  const mine = policy('mine', 500, { match: only('a'), per: ['metadata._user'] });
  const policies = terms.policies === null ? null : [mine, ...(terms.policies ?? [])];
  return bindingOf(move, bindingsOf({ budgets: [], keys: [], ...terms, policies }), {
    own: ends.mine ?? unread,
    of: (rival) => ends[labelOf(rival)] ?? unread,
  })?.limit;
}

it.each<[string, string | undefined, Partial<WorkspaceTerms>]>([
  ['alone', 'this', {}],
  ['policies were not read', undefined, { policies: null }],
  ['a smaller budget of the workspace', 'the workspace budget', { budgets: [budget(400)] }],
  ['an equal one', 'this', { budgets: [budget(500)] }],
  ['one of another period of which nothing is known', 'unknown', { budgets: [budget(120, 'weekly')] }],
  ['one of 0, which stops nobody', 'this', { budgets: [budget(0, 'weekly')] }],
  [
    'another period beside a smaller amount of its own',
    'policy least',
    { budgets: [budget(10, 'weekly')], policies: [policy('least', 200)] },
  ],
  ['a smaller policy over everything', 'policy all', { policies: [policy('all', 300)] }],
  [
    '… over the same traffic, counted alike',
    'policy twin',
    { policies: [policy('twin', 300, { match: only('a'), per: ['metadata._user'] })] },
  ],
  ['… over the same traffic, shared', 'policy twin', { policies: [policy('twin', 300, { match: only('a') })] }],
  ['… over other traffic', 'this', { policies: [policy('other', 300, { match: only('b') })] }],
  ['… counted otherwise', 'this', { policies: [policy('key', 300, { per: ['api_key'] })] }],
  ['… in another unit', 'this', { policies: [policy('tokens', 300, { unit: 'tokens' })] }],
  [
    'the least of all',
    'policy least',
    { budgets: [budget(300)], policies: [policy('more', 250), policy('least', 200)] },
  ],
  ['the first of equals', 'policy first', { policies: [policy('first', 200), policy('second', 200)] }],
  ['the workspace before a policy', 'the workspace budget', { budgets: [budget(200)], policies: [policy('p', 200)] }],
])('%s: %s', (_name, limit, terms) => {
  expect(bindsMine(terms)).toBe(limit);
});

it('lies beneath no other budget of its own workspace, and beneath nothing once it is gone', () => {
  const change = { key: { kind: 'workspace-limits', workspace: 'ws-team-a', name: 'limits' } };
  const own = { change, limit: { match: 'all', per: ['workspace_id'] } } as unknown as Partial<BudgetMove>;
  expect(bindsMine({ budgets: [budget(100)] }, own)).toBe('this');
  expect(bindsMine({ policies: [policy('small', 100)] }, own)).toBe('policy small');
  expect(bindsMine({ budgets: [budget(100)] }, { after: null })).toBeUndefined();
});

const week = 'the workspace budget';
const at = (day: number): Known<number> => ({ value: Date.UTC(2026, 10, day) });
const never: Known<number> = { value: Number.POSITIVE_INFINITY };
const over: Known<number> = { value: Number.NEGATIVE_INFINITY };

test.each<[string, string, Readonly<Record<string, Known<number>>>]>([
  ['the one that ends first, though it is more per 30 days', week, { mine: at(25), [week]: at(23) }],
  ['this one, though it is more per 30 days', 'this', { mine: at(23), [week]: at(25) }],
  ['this one, where both end at once', 'this', { mine: at(23), [week]: at(23) }],
  ['this one, where neither ends', 'this', { mine: never, [week]: never }],
  ['the one that is used up', week, { mine: at(23), [week]: over }],
  ['the one that ends at all', week, { mine: never, [week]: at(23) }],
  ['the one that is used up, whatever is known of this', week, { [week]: over }],
  ['this one beside one that never ends, whatever is known of this', 'this', { [week]: never }],
  ['unknown without its own forecast', 'unknown', { [week]: at(23) }],
  ["unknown without the other's", 'unknown', { mine: at(23) }],
  [
    'one that ends before it, whatever is not known of a third',
    'policy third',
    { mine: at(23), 'policy third': at(22) },
  ],
])('mistakes-D5: of different periods binds %s: %s', (_, limit, ends) => {
  const third = 'policy third' in ends ? [policy('third', 900, { reset: 'never' })] : [];
  expect(bindsMine({ budgets: [budget(120, 'weekly')], policies: third }, {}, ends)).toBe(limit);
});

test('mistakes-D5: the use of others is asked for only where periods differ, and once', () => {
  const change = (id: string) => ({ id, key: { kind: 'usage-policy', workspace: 'w', name: id }, workspaceId: 'w' });
  const moves = ['a', 'b'].map(
    (id) => ({ change: change(id), limit: limitIn(money(500)), after: limitIn(money(500)) }) as unknown as BudgetMove,
  );
  const asked = (terms: Partial<WorkspaceTerms>) =>
    rivalMoves(moves, new Map([['w', bindingsOf({ budgets: [], policies: [], keys: [], ...terms })]]), 0).map(
      ({ change: { key }, after }) => `${key.name} ${after?.amount}`,
    );
  expect(asked({ budgets: [budget(900)], policies: [policy('month', 900)] })).toEqual([]);
  expect(asked({ budgets: [budget(120, 'weekly')], policies: [policy('w', 90, { reset: 'weekly' })] })).toEqual([
    'limits 12000',
    'w 9000',
  ]);
  // One that is certainly first settles it.
  expect(asked({ budgets: [budget(120, 'weekly')], policies: [policy('month', 400)] })).toEqual([]);
});
