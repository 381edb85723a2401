/** Which workspaces a group means. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sumCommitted } from '../../src/impact/committed.ts';
import { groupNamesOf, isMeantBy, matchesGlob, partition } from '../../src/resources/workspace-groups.ts';
import { teamA } from '../helpers/state.ts';

describe('globs', () => {
  test.each([
    ['team-a', 'team-a', true],
    ['team-a', 'team-ab', false],
    ['team-*', 'team-', true],
    ['team-*', 'team-a', true],
    ['team-*', 'my-team-a', false],
    ['*-prod', 'a-prod', true],
    ['*-prod', '-prod', true],
    ['*-prod', 'a-prod-b', false],
    ['*a*', 'banana', true],
    ['a*b*a', 'ab-ba', true],
    ['a*a', 'a', false],
    ['ab*bc', 'abc', false],
    ['*', '', true],
    ['*', 'anything', true],
    ['Team-*', 'team-a', false],
    ['', 'a', false],
  ])('%s means %s: %s', (glob, slug, means) => {
    expect(matchesGlob(glob, slug)).toBe(means);
  });

  const letters = (...of: readonly string[]) =>
    fc.array(fc.constantFrom(...of), { maxLength: 12 }).map((all) => all.join(''));

  test('mean what a regular expression of the same form means', () => {
    fc.assert(
      fc.property(letters('a', 'b', '-', '*'), letters('a', 'b', '-'), (glob, slug) => {
        expect(matchesGlob(glob, slug)).toBe(new RegExp(`^${glob.replaceAll('*', '.*')}$`).test(slug));
      }),
    );
  });

  test('are looked for once from the left, so that a hostile one is as quick as any', () => {
    // A regular expression of this form tries every way to share out what lies between: 250 over 100 places.
    expect(matchesGlob(`${'*a'.repeat(100)}*b`, 'a'.repeat(250))).toBe(false);
  });

  test('an id means its workspace in any case, and no slug', () => {
    expect(isMeantBy([teamA.toUpperCase()], { id: teamA, slug: 'x' })).toBe(true);
    expect(isMeantBy([teamA], { id: 'other', slug: 'x' })).toBe(false);
  });
});

describe('a partition', () => {
  const name = fc.constantFrom('a', 'b', 'constructor', 'toString');
  const groups = fc.dictionary(
    name,
    fc.record({ workspaces: fc.array(fc.constantFrom('ws-1', 'ws-2*', '*3', 'ws-*', 'no-such'), { minLength: 1 }) }),
  );
  const workspaces = fc
    .uniqueArray(fc.integer({ min: 0, max: 40 }), { maxLength: 12 })
    .map((numbers) =>
      numbers.map((number) => ({ id: `id-${number}`, slug: `ws-${number}`, cents: { n: BigInt(number * 7), d: 3n } })),
    );

  test('has each workspace once: groups and no group together are the organisation', () => {
    fc.assert(
      fc.property(groups, workspaces, (given, all) => {
        const parts = partition(all, given);
        expect([...parts.keys()]).toEqual([...Object.keys(given).sort(), null]);
        const slugs = [...parts.values()].flat().map(({ slug }) => slug);
        expect(slugs.sort()).toEqual(all.map(({ slug }) => slug).sort());
        const sumOf = (some: typeof all) =>
          sumCommitted(some.map(({ cents }) => ({ kind: 'bounded', cents, by: 'x' })));
        const sums = [...parts.values()].map((own) => sumOf([...own]));
        const sumOfSums = sumCommitted(sums.map(({ cents }) => ({ kind: 'bounded', cents, by: 'x' })));
        expect(sumOfSums.cents).toEqual(sumOf(all).cents);
        expect(sums.reduce((sum, { bounded }) => sum + bounded, 0)).toBe(all.length);
      }),
    );
  });

  test('is the same in whatever order groups and workspaces come', () => {
    fc.assert(
      fc.property(groups, workspaces, (given, all) => {
        const turned = Object.fromEntries(Object.entries(given).reverse());
        const listed = (some: typeof all, of: typeof given) =>
          [...partition(some, of)].map(([group, own]) => [group, own.map(({ slug }) => slug).sort()]);
        expect(listed([...all].reverse(), turned)).toEqual(listed(all, given));
      }),
    );
  });

  test('in two groups it is told under the first by name', () => {
    const both = { b: { workspaces: ['ws-*'] }, a: { workspaces: ['ws-1'] } };
    expect(groupNamesOf({ id: 'x', slug: 'ws-1' }, both)).toEqual(['a', 'b']);
    expect(partition([{ id: 'x', slug: 'ws-1' }], both).get('b')).toEqual([]);
  });
});
