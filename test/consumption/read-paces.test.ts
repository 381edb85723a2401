import { expect, test } from 'vitest';
import { createReads } from '../../src/consumption/ask.ts';
import type { Backend } from '../../src/live/backend.ts';
import { budgetMoves } from '../../src/plan/assess-impact.ts';
import { readUsage } from '../../src/run/read-usage.ts';
import { entry, liveOf, now, planOf } from '../plan/kit.ts';

const stub = {
  listUsagePolicies: async () => [],
  listKeys: async () => [],
  readAnalytics: async () => ({ data: [{ metadata_value: 'ada', cost: 700, requests: 7 }], total: 1 }),
} as unknown as Backend;

test.each([
  ['', true],
  ['match: {metadata._user: "*"}', true],
  ['match: {metadata.team: "*"}', false],
])('mistakes-B6: the pace of a budget per metadata._user with "%s" is read: %s', async (match, isKnown) => {
  const budget = 'budget: $500\n    reset: monthly\n    per: metadata._user';
  const { changes } = planOf({ body: `policies:\n${entry('spend', match, budget)}` });
  const live = liveOf([]);
  const moves = budgetMoves(changes, live, now);
  const { budgets } = await readUsage(createReads(stub), { moves, live, now: now.getTime() });
  const [usage] = [...budgets.values()];
  expect(usage !== undefined && 'value' in usage.pace).toBe(isKnown);
});
