import { expect, it } from 'vitest';
import { toText } from '../../src/exact.ts';
import { dearestToken } from '../../src/prices/dearest-token.ts';
import type { Match } from '../../src/resources/types.ts';
import { book, entry, read } from './kit.ts';

const prices = book({
  openai: read({ default: entry(0, 0), a: entry(0.001, 0.004), b: entry(0.002, 0.003), half: entry(0.001) }),
});
const models = (...names: readonly string[]): Match => [
  { key: 'model', any: names.map((name) => `@openai/${name}`), except: [] },
];
const textOf = (match: Match): string | null => {
  const rate = dearestToken(prices, match);
  return rate === null ? null : toText(rate);
};

it('is the dearest side of the dearest model', () => {
  expect(textOf(models('a'))).toBe('1/250');
  expect(textOf(models('b', 'a'))).toBe('1/250');
  expect(textOf(models('b'))).toBe('3/1000');
  expect(textOf([{ key: 'metadata.team', any: ['nlp'], except: [] }, ...(models('b') as [])])).toBe('3/1000');
});

it.each<[string, Match]>([
  ['every call', 'all'],
  ['any model', [{ key: 'model', any: '*', except: [] }]],
  ['all of a vendor', models('a', '*')],
  ['a model without a price', models('a', 'c')],
  ['a price of one side', models('half')],
  ['another condition', [{ key: 'api_key', any: ['k'], except: [] }]],
])('is not known of %s', (_, match) => {
  expect(textOf(match)).toBeNull();
});
