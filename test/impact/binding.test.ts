import { expect, it } from 'vitest';
import { bindingOf, bindingsOf } from '../../src/impact/binding.ts';
import type { PolicyTerms, WorkspaceTerms } from '../../src/impact/committed.ts';
import type { BudgetMove } from '../../src/impact/moves.ts';
import type { Budget, Match, Reset } from '../../src/resources/types.ts';

const budget = (dollars: number, reset: Reset = 'monthly'): Budget => ({ unit: 'cost', amount: dollars * 100, reset });
const only = (key: string): Match => [{ key: 'metadata.team', any: [key], except: [] }];

function policy(name: string, dollars: number, rest: Partial<PolicyTerms> = {}): PolicyTerms {
  return { name, ...budget(dollars), match: 'all', per: ['workspace_id'], ...rest };
}

/** What binds for a policy `mine` of $500 over team a, counted by user. */
function bindsMine(terms: Partial<WorkspaceTerms>, own: Partial<BudgetMove> = {}): string | undefined {
  const move = {
    change: { key: { kind: 'usage-policy', workspace: 'ws-team-a', name: 'mine' } },
    match: only('a'),
    per: ['metadata._user'],
    after: budget(500),
    ...own,
  } as unknown as BudgetMove;
  const mine = policy('mine', 500, { match: only('a'), per: ['metadata._user'] });
  const policies = terms.policies === null ? null : [mine, ...(terms.policies ?? [])];
  return bindingOf(move, bindingsOf({ budgets: [], keys: [], ...terms, policies }))?.limit;
}

it.each<[string, string | undefined, Partial<WorkspaceTerms>]>([
  ['alone', 'this', {}],
  ['policies were not read', undefined, { policies: null }],
  ['a smaller budget of the workspace', 'the workspace budget', { budgets: [budget(400)] }],
  ['an equal one', 'this', { budgets: [budget(500)] }],
  ['a smaller amount over a longer time', 'the workspace budget', { budgets: [budget(500, 'every 60 days')] }],
  ['a larger amount a week that is more a month', 'this', { budgets: [budget(120, 'weekly')] }],
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
  const own = { change, match: 'all', per: ['workspace_id'] } as unknown as Partial<BudgetMove>;
  expect(bindsMine({ budgets: [budget(100)] }, own)).toBe('this');
  expect(bindsMine({ policies: [policy('small', 100)] }, own)).toBe('policy small');
  expect(bindsMine({ budgets: [budget(100)] }, { after: null })).toBeUndefined();
});
