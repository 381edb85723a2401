/** What covers another holds its calls, and what the index leaves out covers nothing. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { covers } from '../../src/resources/match.ts';
import type { Condition, Match } from '../../src/resources/types.ts';
import { coveringIndex } from '../../src/rules/limits.ts';

const values = fc.constantFrom('a', 'b', '@x/*', '@x/m', '@x/y/*', '@x/y/z', '*');
const condition: fc.Arbitrary<Condition> = fc.record({
  key: fc.constantFrom('model', 'api_key', 'metadata.team'),
  any: fc.oneof(fc.constant('*' as const), fc.array(values, { minLength: 1, maxLength: 3 })),
  except: fc.array(values, { maxLength: 2 }),
});
const match: fc.Arbitrary<Match> = fc.oneof(
  { arbitrary: fc.constant('all' as const), weight: 1 },
  {
    arbitrary: fc.uniqueArray(condition, { minLength: 1, maxLength: 3, selector: ({ key }) => key }),
    weight: 6,
  },
);

it('finds every limit that covers a match, in their order', () => {
  let covered = 0;
  fc.assert(
    fc.property(fc.array(match, { maxLength: 12 }), match, (matches, inner) => {
      const outer = matches.map((own, index) => ({ match: own, index }));
      const found = coveringIndex(outer)(inner);
      const expected = outer.filter((limit) => covers(limit.match, inner));
      covered += expected.length;
      expect(found.map(({ index }) => index)).toEqual([...found.map(({ index }) => index)].sort((a, b) => a - b));
      expect(found).toEqual(expect.arrayContaining(expected));
    }),
    { numRuns: 2_000 },
  );
  expect(covered).toBeGreaterThan(500);
});

/** A call as the gateway sees it: a value for each key. */
const call = fc.record({
  model: fc.constantFrom('@x/m', '@x/y/z', '@x/y/w', '@z/m', 'a'),
  api_key: fc.constantFrom('a', 'b', '@x/m'),
  'metadata.team': fc.constantFrom('a', 'b', '@x/m'),
});

function counts(match: Match, values: Readonly<Record<string, string>>): boolean {
  if (match === 'all') return true;
  return match.every(({ key, any, except }) => {
    const value = values[key] ?? '';
    const isAmong = (list: readonly string[]): boolean =>
      list.some(
        (one) => one === value || (key === 'model' && one.endsWith('/*') && value.startsWith(one.slice(0, -1))),
      );
    return (any === '*' || isAmong(any)) && !isAmong(except);
  });
}

it('a call that is counted by what is covered is counted by what covers it', () => {
  let checked = 0;
  fc.assert(
    fc.property(match, match, call, (outer, inner, values) => {
      if (!covers(outer, inner) || !counts(inner, values)) return;
      if (outer !== 'all') checked += 1;
      expect(counts(outer, values)).toBe(true);
    }),
    { numRuns: 20_000 },
  );
  expect(checked).toBeGreaterThan(50);
});
