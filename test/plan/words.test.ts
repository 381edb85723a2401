/** What a guard prints is what a person types: every word parses, whatever the amounts were. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { guardNames } from '../../src/guard-names.ts';
import { isWordProblem, parseWord, printWord, toWordNumber } from '../../src/plan/words.ts';

const digest = '0123456789abcdef'.repeat(4);
const huge = BigInt(Number.MAX_SAFE_INTEGER);

it('of any count, to the number', () => {
  const counts = fc.oneof(fc.bigInt(0n, huge), fc.bigInt(0n, 10n ** 40n), fc.nat().map(BigInt));
  fc.assert(
    fc.property(fc.constantFrom(...guardNames), counts, (guard, count) => {
      const number = toWordNumber(count);
      const isOfMoney = guard === 'spend-up' || guard === 'ceiling';
      const word = parseWord(printWord({ guard, number, digest }));
      // What is counted one by one never comes so far.
      if (number === 'unbounded' && !isOfMoney) return;
      expect(word).toEqual({ guard, number, digest: digest.slice(0, 32) });
    }),
  );
});

it('without bound from where a number is no longer exact', () => {
  expect([toWordNumber(huge), toWordNumber(huge + 1n)]).toEqual([Number.MAX_SAFE_INTEGER, 'unbounded']);
  expect(toWordNumber(Number.POSITIVE_INFINITY)).toBe('unbounded');
  const word = (number: bigint) => parseWord(`ceiling=${number}@${digest.slice(0, 32)}`);
  expect(isWordProblem(word(huge))).toBe(false);
  expect(word(huge + 1n)).toEqual({ problem: '9007199254740992 is more than any guard counts: write unbounded' });
  expect(isWordProblem(word(10n ** 16n))).toBe(true);
});
