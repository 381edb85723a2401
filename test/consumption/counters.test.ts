import { describe, expect, it } from 'vitest';
import { findContradiction, shiftOf, toCounter, totalUsed } from '../../src/consumption/counters.ts';
import { exactOf, toText } from '../../src/exact.ts';

type Verdict = 'active' | 'exhausted' | null;
const counter = (valueKey: string, cents: number, verdict: Verdict = null) =>
  toCounter({ valueKey, reported: cents, verdict }, true, 'cents');
const keysOf = (counters: readonly { readonly valueKey: string | null }[]) => counters.map(({ valueKey }) => valueKey);

describe('the unit of the service', () => {
  it('is cents unless the files say dollars; counts have none', () => {
    const reported = { valueKey: 'a', reported: 4.1, verdict: null };
    expect(toText(toCounter(reported, true, 'cents').used)).toBe('41/10');
    expect(toText(toCounter(reported, true, 'dollars').used)).toBe('410');
    expect(toText(toCounter({ ...reported, reported: 7 }, false, 'dollars').used)).toBe('7');
  });
  it.each([
    ['exhausted at the limit', counter('a', 500, 'exhausted'), false, false],
    ['exhausted below it', counter('a', 499.9, 'exhausted'), false, true],
    ['exhausted below it, after a raise on an old backend', counter('a', 499, 'exhausted'), true, false],
    ['active below it', counter('a', 499, 'active'), false, false],
    ['active at it', counter('a', 500, 'active'), false, true],
    ['active at it, on an old backend', counter('a', 500, 'active'), true, true],
    ['no verdict', counter('a', 900), false, false],
  ])('%s', (_name, one, isOld, contradicts) => {
    const found = findContradiction([counter('b', 1, 'active'), one], exactOf(500), isOld);
    expect(found === one).toBe(contradicts);
  });
});

describe('who is blocked and who is freed', () => {
  const counters = [
    counter('low', 100),
    counter('b', 400),
    counter('a', 400),
    counter('high', 450),
    counter('out', 700, 'exhausted'),
  ];
  it('a lowering blocks what stands between the limits, largest first', () => {
    const { blocked, freed } = shiftOf(counters, exactOf(500), exactOf(400));
    expect([keysOf(blocked), keysOf(freed)]).toEqual([['high', 'a', 'b'], []]);
  });
  it('a raise frees what it lets in again', () => {
    const { blocked, freed } = shiftOf(counters, exactOf(500), exactOf(701));
    expect([keysOf(blocked), keysOf(freed)]).toEqual([[], ['out']]);
  });
  it('a raise to exactly what is used frees nobody', () => {
    expect(shiftOf(counters, exactOf(500), exactOf(700)).freed).toEqual([]);
  });
  it('no limit any more frees all, a first limit blocks what is above it', () => {
    expect(keysOf(shiftOf(counters, exactOf(420), null).freed)).toEqual(['out', 'high']);
    expect(keysOf(shiftOf([counter('a', 450), counter('b', 449)], null, exactOf(450)).blocked)).toEqual(['a']);
  });
  it('adds up exactly', () => {
    expect(toText(totalUsed([counter('a', 0.1), counter('b', 0.2)]))).toBe('3/10');
  });
});
