/** What the index leaves out covers nothing. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Condition, Match } from '../../src/resources/types.ts';
import { coveringIndex, covers } from '../../src/rules/limits.ts';

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
