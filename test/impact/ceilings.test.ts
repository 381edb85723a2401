/** Ceilings of groups over generated organisations: never looser than what is in force, and nothing out of nothing. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compare, exactOf, fromText } from '../../src/exact.ts';
import type { Side } from '../../src/impact/bounds.ts';
import { type Ceiling, ceilingsOf, concernedCeilings, judgeCeilings } from '../../src/impact/ceilings.ts';
import type { WorkspaceTerms } from '../../src/impact/committed.ts';
import type { GroupImpact } from '../../src/impact/document.ts';
import type { Live } from '../../src/live/live.ts';
import type { BudgetLimit } from '../../src/resources/limit.ts';
import { budgetLimitsOf } from '../../src/resources/limit.ts';
import type { WorkspaceGroups } from '../../src/resources/workspace-groups.ts';

/** Cents a month; null: unbounded; `?`: not read. */
type Spend = number | null | '?';

const limitOf = (cents: number): BudgetLimit => {
  const [limit] = budgetLimitsOf('workspace-limits', {
    'budget[cost/monthly]': { unit: 'cost', amount: cents, reset: 'monthly' },
  });
  if (limit === undefined) throw new Error('no limit');
  return limit;
};
const termsOf = (spend: Spend): WorkspaceTerms =>
  spend === '?'
    ? { budgets: [], policies: null, keys: null }
    : {
        budgets: spend === null ? [] : [{ limit: limitOf(spend), name: 'limits', live: null }],
        policies: [],
        keys: [],
      };

interface Moved {
  readonly before: Spend;
  readonly after: Spend;
}

function judge(
  ceilings: readonly Ceiling[],
  moves: Readonly<Record<string, Moved>>,
  rest: Partial<Live> = {},
): GroupImpact[] {
  const workspaces = Object.keys(moves).map((slug) => ({ id: `id-${slug}`, slug, name: slug }));
  const bounds = new Map(
    Object.entries(moves).map(([slug, { before, after }]): [string, Side] => [
      `id-${slug}`,
      { before: termsOf(before), after: termsOf(after) },
    ]),
  );
  const live = { workspaces, ...rest } as Live;
  // As for `spend-up`: what is known on both sides is judged by its numbers.
  const mayRise = (id: string): boolean => {
    const { before, after } = moves[id.slice(3)] ?? still(null);
    return before !== after && before !== null && (before === '?' || after === '?');
  };
  return judgeCeilings(ceilings, { bounds, live, mayRise });
}

const objects = ({ verdict, rise }: GroupImpact): boolean =>
  verdict === 'above' && (rise === null || fromText(rise).n > 0n);

const group = (workspaces: readonly string[], dollars: number): WorkspaceGroups => ({
  g: { workspaces, ceiling: dollars * 100 },
});
const still = (spend: Spend): Moved => ({ before: spend, after: spend });

describe('a ceiling', () => {
  const [most] = ceilingsOf(group(['*'], 100), [group(['*'], 100)]);
  const ceilings = most === undefined ? [] : [most];

  test.each<[string, Record<string, Moved>, Partial<GroupImpact>]>([
    ['to the cent', { a: { before: 9_999, after: 10_000 } }, { verdict: 'within', rise: '1' }],
    ['a cent beyond', { a: { before: 10_000, after: 10_001 } }, { verdict: 'above', rise: '1' }],
    ['of all together', { a: { before: 0, after: 6_000 }, b: still(6_000) }, { verdict: 'above' }],
    [
      'one goes as another comes',
      { a: { before: 9_000, after: 1_000 }, b: { before: 9_000, after: 17_000 } },
      { verdict: 'above', rise: '0' },
    ],
    ['no bound any more', { a: { before: 5, after: null } }, { verdict: 'above', rise: null }],
    ['bounded at last', { a: { before: null, after: 90_000 } }, { verdict: 'above', rise: '0' }],
    [
      'bounded, and no room for another',
      { a: { before: null, after: 90_000 }, b: { before: 1, after: 2 } },
      { verdict: 'above', rise: '1' },
    ],
    [
      'not known, and rising',
      { a: still('?'), b: { before: 1, after: 2 } },
      { verdict: 'unknown', rise: '1', unjudged: expect.stringContaining('of a could not') },
    ],
    ['not known, and falling', { a: still('?'), b: { before: 2, after: 1 } }, { verdict: 'unknown', unjudged: null }],
    [
      'not known, and above anyway',
      { a: still('?'), b: { before: 1, after: 10_001 } },
      { verdict: 'above', rise: '10000', unjudged: null },
    ],
    [
      'not known where it moves',
      { a: { before: 5, after: '?' } },
      { verdict: 'unknown', unjudged: expect.stringContaining('unknown') },
    ],
  ])('%s', (_name, moves, expected) => {
    expect(judge(ceilings, moves)[0]).toMatchObject(expected);
  });

  test('a workspace whose row makes no sense may be in any group', () => {
    const unreadable = [{ kind: 'workspace-limits' as const, workspaceId: null, id: 'x', name: null, why: 'y' }];
    const [found] = judge(ceilings, { a: { before: 1, after: 2 } }, { unreadable });
    expect(found).toMatchObject({ verdict: 'unknown', unjudged: 'a workspace could not be read' });
  });

  test('weekly and daily ones are compared as 30 days', () => {
    const [weekly] = ceilingsOf(null, [{ g: { workspaces: ['*'], ceiling: 70_00, reset: 'weekly' } }]);
    expect(compare(weekly?.cents ?? exactOf(0), exactOf(300_00))).toBe(0);
    const [days] = ceilingsOf(null, [{ g: { workspaces: ['*'], ceiling: 10_00, reset: 'every 3 days' } }]);
    expect(compare(days?.cents ?? exactOf(0), exactOf(100_00))).toBe(0);
  });
});

describe('ceilings in force', () => {
  const slugs = ['a', 'b', 'c', 'd'];
  const anyGroups: fc.Arbitrary<WorkspaceGroups> = fc.dictionary(
    fc.constantFrom('x', 'y', 'z'),
    fc.record(
      {
        workspaces: fc
          .uniqueArray(fc.constantFrom(...slugs, '*'), { minLength: 1, maxLength: 3 })
          .map((all) => all.sort()),
        ceiling: fc.integer({ min: 0, max: 300 }),
        reset: fc.constantFrom('monthly' as const, 'weekly' as const, 'every 15 days' as const),
      },
      { requiredKeys: ['workspaces'] },
    ),
  );
  const anySpend: fc.Arbitrary<Spend> = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 1, max: 300 }) },
    fc.constantFrom(null, '?' as const),
  );
  const anyMoves = fc.record(
    Object.fromEntries(slugs.map((slug) => [slug, fc.record({ before: anySpend, after: anySpend })])) as Record<
      string,
      fc.Arbitrary<Moved>
    >,
  );

  test('whatever the files say of groups, what the recorded ones object to is objected to', () => {
    fc.assert(
      fc.property(anyGroups, anyGroups, anyMoves, (recorded, written, moves) => {
        const alone = judge(ceilingsOf(recorded, [recorded]), moves);
        const both = judge(ceilingsOf(recorded, [written]), moves);
        for (const one of alone.filter(objects)) {
          const same = both.filter(({ workspaces }) => workspaces.join() === one.workspaces.join());
          expect(same.some(objects)).toBe(true);
        }
        const open = (some: readonly GroupImpact[]) => some.some((one) => objects(one) || one.unjudged !== null);
        if (open(alone)) expect(open(both)).toBe(true);
      }),
    );
  });

  test("a plan that raises nobody is in no ceiling's way, where no group moves", () => {
    fc.assert(
      fc.property(
        anyGroups,
        fc.record(Object.fromEntries(slugs.map((slug) => [slug, anySpend])) as Record<string, fc.Arbitrary<Spend>>),
        (groups, spends) => {
          const moves = Object.fromEntries(Object.entries(spends).map(([slug, spend]) => [slug, still(spend)]));
          const found = judge(ceilingsOf(groups, [groups]), moves);
          expect(found.filter((one) => objects(one) || one.unjudged !== null)).toEqual([]);
        },
      ),
    );
  });

  test('equal groups in another order give equal bytes', () => {
    fc.assert(
      fc.property(anyGroups, anyMoves, (groups, moves) => {
        const turned = Object.fromEntries(Object.entries(groups).reverse());
        const turnedMoves = Object.fromEntries(Object.entries(moves).reverse());
        const text = (some: WorkspaceGroups, of: typeof moves) => JSON.stringify(judge(ceilingsOf(null, [some]), of));
        expect(text(turned, turnedMoves)).toBe(text(groups, moves));
      }),
    );
  });

  test('of settled ones only those are in question in which something moves', () => {
    const groups = { x: { workspaces: ['a'], ceiling: 1 }, y: { workspaces: ['b'], ceiling: 1 } };
    const live = slugs.map((slug) => ({ id: slug, slug, name: slug }));
    const asked = (written: WorkspaceGroups, moved: readonly string[]) =>
      concernedCeilings(ceilingsOf(groups, [written]), live, new Set(moved)).map(({ group: name }) => name);
    expect(asked(groups, [])).toEqual([]);
    expect(asked(groups, ['b', 'c'])).toEqual(['y']);
    expect(asked({ ...groups, x: { workspaces: ['a', 'c'], ceiling: 1 } }, [])).toEqual(['x', 'x']);
    expect(asked({ x: groups.x }, [])).toEqual(['y']);
  });

  test('a workspace that comes into a group raises it by all that it may spend', () => {
    const [was, now] = [{ x: { workspaces: ['a'], ceiling: 500 } }, { x: { workspaces: ['a', 'b'], ceiling: 500 } }];
    const rises = judge(ceilingsOf(was, [now]), { a: still(400), b: still(300) }).map(
      ({ workspaces, rise, verdict }) => [workspaces, rise, verdict],
    );
    expect(rises).toEqual([
      [['a'], '0', 'within'],
      [['a', 'b'], '300', 'above'],
    ]);
  });
});
