/** Five thousand live workspaces and one file: few questions, short answers, and none of them left out of the count. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseOutput, type Rig, startRig } from '../helpers/rig.ts';
import { requestRow, smallState, teamA, uuid, workspaceRow } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

const count = 5_000;
const idOf = (index: number): string => uuid(0x10_000 + index);
const slugOf = (index: number): string => `ws-${String(index).padStart(4, '0')}`;

let rig: Rig;
beforeAll(async () => {
  const others = Array.from({ length: count }, (_, index) => workspaceRow(slugOf(index), idOf(index)));
  // Those of the highest numbers spend most: the order of the list is not that of what they spend.
  const spending = Array.from({ length: 300 }, (_, index) =>
    requestRow({ id: uuid(0x90_000 + index), workspace_id: idOf(count - 1 - index), cost: 100_000 - index * 100 }),
  );
  rig = await startRig({
    state: smallState({ workspaces: [workspaceRow('ws-team-a', teamA), ...others], requestLogs: spending }),
    files: { 'org.yaml': orgFile('review:\n  undeclared:\n    above: $900\n'), 'a.yaml': workspaceFile('ws-team-a') },
  });
});
afterAll(() => rig.close());

/** What a plan asks that grows with them, or would. */
async function planOf() {
  rig.emulator.requests.clear();
  const { undeclared } = parseOutput(await rig.plan({ format: 'json' })) as {
    undeclared: { workspaces: { spent_cents_30_days: number | null }[] };
  };
  const { counts } = rig.emulator.requests;
  const asked = {
    workspaces: counts['GET /admin/workspaces'],
    budgets: counts['GET /policies/usage-limits'],
    keys: counts['GET /api-keys'],
    groups: counts['GET /analytics/groups/:groupBy'],
    totals: counts['GET /analytics/graphs/cost'],
  };
  return { asked, ...undeclared };
}

test('a plan asks for their list, once for what all spent, and for limits of the twenty that spent most', async () => {
  // The lists of ws-team-a, which has a file, and of twenty others; groups of a hundred rows a page.
  const { asked, workspaces } = await planOf();
  expect(asked).toEqual({ workspaces: 51, budgets: 21, keys: 21, groups: 4, totals: undefined });
  expect(workspaces).toHaveLength(count);
  expect(workspaces[0]).toMatchObject({ slug: 'ws-4999', spent_cents_30_days: 100_000 });
  expect(workspaces[300]).toMatchObject({ slug: 'ws-0000', spent_cents_30_days: 0 });
});

test('where what they spent is not told for all at once, twenty are asked for, and the others are not known', async () => {
  rig.emulator.setFaults([{ path: '/analytics/groups/**', fault: { kind: 'status', status: 403 } }]);
  const { asked, workspaces } = await planOf();
  expect(asked).toMatchObject({ workspaces: 51, budgets: 21, keys: 21, totals: 20 });
  expect(workspaces.filter(({ spent_cents_30_days: spent }) => spent === null)).toHaveLength(count - 20);
  rig.emulator.setFaults([]);
});

test.each([
  ['text', 20, 'and 4980 more: --verbose lists them'],
  ['markdown', 5, 'and 4995 more'],
] as const)('people read how many there are, and the first of them (%s)', async (format, most, more) => {
  const { exit, stdout } = await rig.plan({ format });
  expect(exit).toBe(3);
  expect(stdout).toContain(' 5000 workspaces: $255,150 in 30 days.');
  expect(stdout).toContain(more);
  expect(stdout).toContain('and 80 more');
  expect(stdout.match(/^ +(?:- )?ws-\d+: /gm)).toHaveLength(most);
});
