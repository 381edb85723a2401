/** Shared defaults and the Action: who changes only the shared file asks for a change of every directory that extends it. */

import { afterEach, expect, test } from 'vitest';
import { calm, startTeam, type Team } from './team.ts';

let team: Team;
afterEach(() => team.scene.close());

const shared = (dollars: number): Record<string, string> => ({
  'shared/defaults.yaml': `version: 1\nkind: defaults\ndefaults:\n  policies:\n    cap:\n      budget: $${dollars}\n      reset: monthly\n      per: workspace_id\n`,
});

test('mistakes-H16: a pull request that changes the shared file alone is reviewed like any other', async () => {
  team = await startTeam({
    org: `extends: ../shared/defaults.yaml\n${calm}`,
    amounts: { alpha: '$100' },
    files: shared(500),
  });
  const { alice, bob, job, live } = team;
  expect(live()).toEqual({ alpha: 100, cap: 500 });
  const raise = alice.opens({}, { files: shared(900) });
  bob.approves(raise);
  alice.merges(raise);
  const applied = await job();
  expect([applied.exit, live().cap]).toEqual([0, 900]);
  expect((await team.record()).files).toHaveProperty(['.extends/shared/defaults.yaml']);

  const lower = alice.opens({}, { files: shared(400) });
  alice.merges(lower);
  expect([(await job()).exit, live().cap]).toEqual([4, 900]);
});
