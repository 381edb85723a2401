/** Histories of calls, and limits over them, as property tests draw them: every reset and window, conditions, groups, ties in time. */

import fc from 'fast-check';
import type { NamedLimit } from '../../src/backtest/replay-limit.ts';
import { budgetOf, rateOf } from './build-limit.ts';

/** By column. */
export const words = {
  workspace: ['red', 'blue'],
  api_key: ['key-1', 'key-2'],
  virtual_key: ['openai-prod', 'other'],
  provider: ['openai', 'anthropic'],
  model: ['@openai/gpt-4o', '@openai/gpt-4o-mini', '@anthropic/claude', '@openai-eu/gpt-4o'],
  'metadata._user': ['ana', 'ben', 'cleo'],
  'metadata.team': ['a', 'b', ''],
} as const;
export type Column = keyof typeof words;
export const columns = Object.keys(words) as Column[];
export const start = Date.UTC(2026, 8, 25);
export const day = 86_400_000;

export const call = fc.record({
  // Few instants, so that many share one, and ends of windows are met exactly.
  step: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(0, 0, 1, 1_000, 60_000) },
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 7_200_000 }) },
    { weight: 2, arbitrary: fc.constantFrom(3_600_000, day / 2, day) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 3 * day }) },
  ),
  cost: fc.oneof(
    fc.constantFrom(0, 1, 9_999_999_999, 10_000_000_000, 37_500, 4_999_999_999),
    fc.integer({ min: 0, max: 40_000_000_000 }),
    fc.constant(Number.NaN),
  ),
  tokens: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constant(Number.NaN)),
  outcome: fc.constantFrom('served', 'served', 'served', 'served', 'failed', 'refused', 'cached'),
  codes: fc.tuple(
    ...columns.map((column) => fc.integer({ min: column === 'workspace' ? 0 : -1, max: words[column].length - 1 })),
  ),
});

function someOf(values: readonly string[]) {
  return fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 }).map((list) => list.sort());
}

const condition = fc
  .constantFrom<Column>('api_key', 'virtual_key', 'provider', 'model', 'metadata._user', 'metadata.team')
  .chain((key) => {
    const values = [
      ...words[key].filter((value) => value !== ''),
      ...(key === 'model' ? ['@openai/*', '@anthropic/*'] : []),
    ];
    return fc.record({
      key: fc.constant<string>(key),
      any: fc.oneof(fc.constant('*' as const), someOf(values)),
      except: fc.oneof(fc.constant([]), someOf(values)),
    });
  });

const match = fc.oneof(
  { weight: 3, arbitrary: fc.constant('all' as const) },
  {
    weight: 1,
    arbitrary: fc.uniqueArray(condition, { minLength: 1, maxLength: 2, selector: ({ key }) => key }),
  },
);
const per = fc.uniqueArray(
  fc.constantFrom('workspace_id', 'api_key', 'metadata._user', 'metadata.team', 'model', 'virtual_key'),
  { minLength: 1, maxLength: 3 },
);
const workspace = fc.constantFrom(null, null, 'red', 'blue');

const policyBudget = fc
  .record({
    match,
    per,
    workspace,
    unit: fc.constantFrom('cost', 'tokens', 'requests'),
    amount: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constantFrom(0.5, 1.0005)),
    reset: fc.constantFrom('never', 'weekly', 'monthly', 'every 1 days', 'every 3 days', 'every 14 days'),
    starting: fc.constantFrom('2026-09-20', '2026-09-25'),
    alert: fc.oneof(fc.constant(undefined), fc.integer({ min: 1, max: 20 })),
  })
  .map(({ amount, ...more }): NamedLimit => budgetOf(more.unit === 'cost' ? amount : Math.ceil(amount), more as never));
const policyRate = fc
  .record({
    match,
    per,
    workspace,
    unit: fc.constantFrom('requests', 'tokens'),
    window: fc.constantFrom('second', 'minute', 'hour', 'day', 'week'),
  })
  .chain((more) =>
    fc
      .integer({ min: 1, max: more.unit === 'tokens' ? 60 : 4 })
      .map((amount): NamedLimit => rateOf(amount, more as never)),
  );
const ownLimit = fc
  .record({
    of: fc.constantFrom(
      ['key-limits', { column: 'api_key', value: 'key-1' }, ['api_key']],
      ['provider-limits', { column: 'virtual_key', value: 'openai-prod' }, ['virtual_key']],
      ['workspace-limits', null, ['workspace_id']],
    ),
    reset: fc.constantFrom('never', 'weekly', 'monthly', 'every 3 days'),
    amount: fc.integer({ min: 1, max: 12 }),
    isRate: fc.boolean(),
    window: fc.constantFrom('minute', 'day'),
  })
  .map(({ of: [kind, subject, by], reset, amount, isRate, window }): NamedLimit => {
    const more = { kind, subject, per: by, workspace: 'red', starting: '2026-09-20' };
    return isRate
      ? rateOf(Math.ceil(amount / 4), { ...more, window } as never)
      : budgetOf(amount, { ...more, reset } as never);
  });
const one = fc.oneof(policyBudget, policyRate, ownLimit);
/** Mostly several: what one refuses is what the others do not hear of. */
export const limits = fc.oneof(
  { weight: 1, arbitrary: fc.array(one, { minLength: 1, maxLength: 1 }) },
  { weight: 4, arbitrary: fc.array(one, { minLength: 2, maxLength: 4 }) },
);

export type Call = typeof call extends fc.Arbitrary<infer T> ? T : never;
