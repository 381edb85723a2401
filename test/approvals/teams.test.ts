/** Who is one of those whom a rule names. */

import { expect, test } from 'vitest';
import { isOneOf, type Teams } from '../../src/approvals/teams.ts';

const teams: Teams = new Map<string, ReadonlySet<string> | { readonly problem: string }>([
  ['@org/finance', new Set(['ada'])],
  ['@org/lost', { problem: 'not read' }],
]);

test.each([
  [['@ada'], ['Ada'], true],
  [['@org/finance'], ['ADA'], true],
  [['@org/finance'], ['bob'], false],
  [['@bob', '@org/finance'], ['bob'], true],
  // A team that could not be read, one that was not asked about, and a name that is nobody's have nobody in them.
  [['@org/lost'], ['ada'], false],
  [['@org/unknown'], ['ada'], false],
  [['*'], ['ada'], false],
  [[], ['ada'], false],
  [['@ada'], [], false],
])('of %j: %j → %s', (by, logins, is) => {
  expect(isOneOf(by, logins, teams)).toBe(is);
});
