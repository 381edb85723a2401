/** The guard `ceiling` over what the impact says of groups: what it counts, to the dollar. */

import { expect, test } from 'vitest';
import { judgeCeiling } from '../../src/guards/ceiling.ts';
import type { GuardInput } from '../../src/guards/input.ts';
import type { GroupImpact } from '../../src/impact/document.ts';

const sum = (cents: string): GroupImpact['after'] => ({
  ...{ cents, at_most: '0', bounded: 1, partly: 0, unbounded: 0, unknown: 0 },
});
const judged = (rise: string | null, verdict: GroupImpact['verdict'], more: Partial<GuardInput> = {}) => {
  const group = {
    ...{ group: 'research', ceiling: '100000', in_force: true, workspaces: ['a'], unjudged: null },
    ...{ before: sum('80000'), after: sum('110000'), rise, verdict },
  };
  const plan = { changes: [], impact: { groups: [group] } };
  return judgeCeiling({ plan, ...more } as unknown as GuardInput)?.count ?? null;
};

test.each([
  ['a rise above it', '30000', 'above', 300],
  ['a cent more than dollars', '30001', 'above', 301],
  ['a cent', '1', 'above', 1],
  ['a part of a cent', '1/7', 'above', 1],
  ['no rise', '0', 'above', null],
  ['a fall', '-30000', 'above', null],
  ['without bound', null, 'above', 'unbounded'],
  ['within it', '30000', 'within', null],
  ['not known', '30000', 'unknown', null],
] as const)('%s', (_, rise, verdict, count) => {
  expect(judged(rise, verdict)).toBe(count);
});

test('where everything is counted, what is within it is too', () => {
  expect(judged('30000', 'within', { countsAll: true })).toBe(300);
});
