/** A key of a few letters, as in a try-out: it must not tear words apart. */

import { expect, test } from 'vitest';
import { createBlanker } from '../../src/blank-secrets.ts';

test.each([
  ['s', 'workspaces of s: s, s/x and "s"', 'workspaces of [key]: [key], [key]/x and "[key]"'],
  ['pace', 'workspace pace', 'workspace [key]'],
  ['a.b', 'aXb a.b', 'aXb [key]'],
  ['$&', 'costs $& and $500', 'costs [key] and $500'],
  ['ключ', 'ключи ключ', 'ключи [key]'],
  ['my-key', 'my-keys of my-key', 'my-keys of [key]'],
  ['a/b-c', 'a/b-cd a/b-c', 'a/b-cd [key]'],
  ['^a[b](', 'x ^a[b](', 'x [key]'],
])('mistakes-K14: the key %j is blanked where it stands alone', (secret, text, blanked) => {
  expect(createBlanker(secret)(text)).toBe(blanked);
});

test('mistakes-K14: a key of usual length is blanked wherever it stands, in every spelling', () => {
  const secret = 'pk-0123456789';
  const spelled = [secret, Buffer.from(secret).toString('hex'), Buffer.from(secret).toString('base64')];
  expect(createBlanker(secret)(spelled.map((text) => `x${text}x`).join(' '))).toBe('x[key]x x[key]x x[key]x');
});
