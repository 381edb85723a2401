/** `forget: ["*"]`: a whole workspace is handed over at once. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { compilePolicies } from '../../src/policy/compile.ts';
import { budgetRows } from '../helpers/rig.ts';
import { keyRow, smallState, teamA, uuid } from '../helpers/state.ts';
import { orgFile, startWorld, type World, workspaceFile } from '../helpers/world.ts';

const everything = `policies:
  p1: { budget: $100, reset: monthly, per: workspace_id }
  p2: { budget: $50, reset: monthly, per: workspace_id }
keys:
  ci: { budget: $10, reset: monthly }
limits: { budget: $500, reset: monthly }
`;
const org = { 'org.yaml': orgFile() };

let world: World;
beforeEach(async () => {
  world = await startWorld({
    state: smallState({
      usagePolicies: budgetRows({ p1: 100, p2: 50 }, teamA),
      apiKeys: [keyRow('ci', uuid(900), teamA)],
    }),
  });
  await world.apply({ ...org, 'a.yaml': workspaceFile('ws-team-a', everything) });
});
afterEach(() => world.close());

test('mistakes-F18: one line forgets all of a workspace, live is not touched, and the file can go', async () => {
  const before = structuredClone(world.emulator.store.state);
  const files = { ...org, 'a.yaml': workspaceFile('ws-team-a', 'forget: ["*"]\n') };
  const plan = await world.planOk(files);
  expect(plan.changes).toEqual([]);
  expect(plan.recordLines.map(({ action, key }) => [action, key?.name])).toEqual([
    ['forget', 'p1'],
    ['forget', 'p2'],
    ['forget', 'limits'],
    ['forget', 'ci'],
  ]);
  await world.apply(files);
  expect((await world.planOk(org)).changes).toEqual([]);
  expect(world.emulator.store.state.usagePolicies).toEqual(before.usagePolicies);
});

test('mistakes-F18: what is declared beside it is one error, at its line', () => {
  const text = workspaceFile('ws-team-a', `forget: ["*"]\n${everything}`);
  const { diagnostics } = compilePolicies([
    { path: 'org.yaml', text: orgFile() },
    { path: 'a.yaml', text },
  ]);
  expect(diagnostics.map(({ code, source }) => [code, source.line])).toEqual([['declared-and-forgotten', 5]]);
});
