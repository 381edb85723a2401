import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hasOwner } from '../../src/checkout/code-owners.ts';

const file = 'policies/workspaces/marketing.yaml';

it.each([
  ['* @all', true],
  ['*.yaml @all', true],
  ['/policies/ @all', true],
  ['policies/ @all', true],
  ['/policies @all', true],
  ['workspaces/ @all', true],
  ['policies/workspaces/ @all', true],
  ['workspaces/marketing.yaml @all', false],
  ['/workspaces/ @all', false],
  ['policies/* @all', false],
  ['policies/** @all', true],
  ['**/marketing.yaml @all', true],
  ['**/workspaces/* @all', true],
  ['policies/*/marketing.yaml finance@example.com', true],
  ['policies/**/marketing.yaml @all', true],
  ['polic?es/ @all', true],
  ['policies/workspaces/marketing @all', false],
  ['policies/workspaces/marketingXyaml @all', false],
  ['/policies/', false],
  ['# /policies/ @all', false],
  ['/policies/ # @all', false],
  ['* @all\n/policies/', false],
  ['/policies/\n* @all', true],
  ['/policies/ @all\r\n/docs/ @others\r\n', true],
  ['[Limits] @finance\n/policies/', true],
  ['^[Limits][2] @finance\n/policies/', true],
  ['[Limits] @finance\n/policies/\n[Others]\n/policies/', false],
  ['', false],
])('%j: %s', (text, owned) => {
  expect(hasOwner(text, file)).toBe(owned);
});

it('a name with a blank or a sign of patterns is taken as it is', () => {
  expect(hasOwner('/policies\\ of\\ us/ @all', 'policies of us/org.yaml')).toBe(true);
  expect(hasOwner('/policies+(x)/ @all', 'policies+(x)/org.yaml')).toBe(true);
  expect(hasOwner('/policies+(x)/ @all', 'policiess(x)/org.yaml')).toBe(false);
});

it('ends for any text, and never names somebody where no line has an owner', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, path) => {
      expect(hasOwner(text.replaceAll('@', ''), path)).toBe(false);
    }),
  );
});
