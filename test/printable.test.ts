import { expect, it } from 'vitest';
import { escapeInvisible } from '../src/printable.ts';

it.each<readonly [string, string, string]>([
  ['a non-breaking space', 'team\u00a0a', 'team\\u{a0}a'],
  ['an accent that follows its letter', 'cafe\u0301', 'cafe\\u{301}'],
  ['a letter that has its accent', 'caf\u00e9', 'caf\u00e9'],
  ['a sign that is a letter', '\u212b', '\\u{212b}'],
  ['marks that no letter has', 'q\u0301', 'q\u0301'],
])('mistakes-J13: names that look alike are shown apart: %s', (_, name, shown) => {
  expect(escapeInvisible(name)).toBe(shown);
});
