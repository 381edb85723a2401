import { describe, expect, it } from 'vitest';
import { exactOf, toText } from '../../src/exact.ts';
import {
  type Committed,
  committedOf,
  exceedsSpend,
  type KeyTerms,
  sumCommitted,
  type WorkspaceTerms,
} from '../../src/impact/committed.ts';
import type { BudgetLimit } from '../../src/resources/limit.ts';
import type { Budget } from '../../src/resources/types.ts';
import { limitIn, ownBound, policyBound } from './limits.ts';

const money = (dollars: number): Budget => ({ unit: 'cost', amount: dollars * 100, reset: 'monthly' });
const monthly = (dollars: number) => ownBound(money(dollars));
const policy = (name: string, dollars: number, rest: Partial<BudgetLimit> = {}) =>
  policyBound(name, money(dollars), rest);
const key = (id: string, budget: Budget | null = null, isActive = true): KeyTerms => ({
  id,
  name: id,
  isActive,
  budget: budget === null ? null : limitIn(budget, { kind: 'key-limits', field: 'budget' }),
});
const terms = (rest: Partial<WorkspaceTerms>): WorkspaceTerms => ({ budgets: [], policies: [], keys: [], ...rest });

function show(committed: Committed): string {
  if (committed.kind === 'bounded') return `${toText(committed.cents)} by ${committed.by}`;
  if (committed.kind === 'unbounded') return 'unbounded';
  return `unknown, at most ${committed.atMost === null ? 'anything' : toText(committed.atMost)}`;
}

it('is bounded by no budget of 0, which the gateway does not enforce', () => {
  const keys = [key('a', money(0))];
  expect(show(committedOf(terms({ budgets: [monthly(0)], policies: [policy('p', 0)], keys })))).toBe('unbounded');
});

const three = [key('a'), key('b'), key('old', null, false), key('c')];
const conditions = [{ key: 'api_key', any: ['a'], except: [] }];

describe('committed spend of a workspace', () => {
  const cases: [name: string, terms: WorkspaceTerms, committed: string][] = [
    ['nothing bounds it', terms({}), 'unbounded'],
    ['its own budget', terms({ budgets: [monthly(400)] }), '40000 by the workspace budget'],
    [
      'the least of several',
      terms({ budgets: [monthly(400), ownBound({ unit: 'cost', amount: 7000, reset: 'weekly' })] }),
      '30000 by the workspace budget',
    ],
    [
      'a lifetime budget counts once',
      terms({ budgets: [ownBound({ unit: 'cost', amount: 9000, reset: 'never' })] }),
      '9000 by the workspace budget',
    ],
    [
      'a budget in tokens bounds no money',
      terms({ budgets: [ownBound({ unit: 'tokens', amount: 100, reset: 'monthly' })] }),
      'unbounded',
    ],
    ['a policy over everything', terms({ policies: [policy('p', 300)], budgets: [monthly(400)] }), '30000 by p'],
    ['a policy in tokens', terms({ policies: [policy('p', 300, { unit: 'tokens' })] }), 'unbounded'],
    ['a policy over some traffic', terms({ policies: [policy('p', 300, { match: conditions })] }), 'unbounded'],
    [
      'a policy per key: times its active keys',
      terms({ policies: [policy('p', 10, { per: ['api_key'] })], keys: three }),
      '3000 by p',
    ],
    [
      'a policy per key and workspace is the same',
      terms({ policies: [policy('p', 10, { per: ['api_key', 'workspace_id'] })], keys: three }),
      '3000 by p',
    ],
    ['a policy per key, without keys', terms({ policies: [policy('p', 10, { per: ['api_key'] })] }), 'unbounded'],
    ['a policy per user', terms({ policies: [policy('p', 10, { per: ['metadata._user'] })] }), 'unbounded'],
    [
      'a policy per key and model',
      terms({ policies: [policy('p', 10, { per: ['api_key', 'model'] })], keys: three }),
      'unbounded',
    ],
    [
      'every active key has a budget',
      terms({
        keys: [key('a', money(5)), key('b', { unit: 'cost', amount: 700, reset: 'weekly' }), key('old', null, false)],
      }),
      '3500 by the sum of its key budgets',
    ],
    ['one active key has none', terms({ keys: [key('a', money(5)), key('b')] }), 'unbounded'],
    [
      'one active key has tokens',
      terms({ keys: [key('a', money(5)), key('b', { unit: 'tokens', amount: 100, reset: 'weekly' })] }),
      'unbounded',
    ],
    ['policies not read', terms({ budgets: [monthly(4)], policies: null }), 'unknown, at most 400'],
    [
      'trust-C1: a policy whose reset is not shown may be spent any number of times',
      terms({ policies: [policy('p', 10, { reset: null }), policy('q', 20)] }),
      'unknown, at most 2000',
    ],
    [
      'keys not read',
      terms({ policies: [policy('p', 10, { per: ['api_key'] })], keys: null }),
      'unknown, at most anything',
    ],
  ];
  it.each(cases)('%s', (_name, input, expected) => {
    expect(show(committedOf(input))).toBe(expected);
  });
});

describe('committed spend of the organisation', () => {
  it('is a sum of what is bounded, with a count of what is not', () => {
    const all = [
      committedOf(terms({ budgets: [monthly(1)] })),
      committedOf(terms({ budgets: [ownBound({ unit: 'cost', amount: 100, reset: 'weekly' })] })),
      committedOf(terms({})),
      committedOf(terms({ keys: null })),
      committedOf(terms({ keys: null, budgets: [monthly(5)] })),
    ];
    const { cents, atMost, ...counts } = sumCommitted(all);
    expect([toText(cents), toText(atMost)]).toEqual(['3700/7', '500']);
    expect(counts).toEqual({ bounded: 2, partly: 1, unbounded: 1, unknown: 1 });
  });
});

describe('more spend than may pass', () => {
  const bounded = (cents: number): Committed => ({ kind: 'bounded', cents: exactOf(cents), by: 'p' });
  const unbounded: Committed = { kind: 'unbounded' };
  const unknown: Committed = { kind: 'unknown', atMost: null };
  it.each([
    ['exactly 25 %', bounded(10_000), bounded(12_500), false],
    ['a cent more', bounded(10_000), bounded(12_501), true],
    ['less', bounded(10_000), bounded(5000), false],
    ['bounded to unbounded', bounded(10_000), unbounded, true],
    ['unbounded to bounded', unbounded, bounded(1), false],
    ['unbounded as before', unbounded, unbounded, false],
    ['unknown after', bounded(10_000), unknown, false],
    ['unknown before', unknown, unbounded, false],
  ])('%s', (_name, before, after, expected) => {
    expect(exceedsSpend(before, after, 25)).toBe(expected);
  });
});
