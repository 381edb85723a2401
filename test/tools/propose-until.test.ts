/** `propose` on entries with `until:`: refused with the reason that is so. */

import { expect, it } from 'vitest';
import { raise, startProposeScene } from '../helpers/propose-scene.ts';
import { workspaceFile } from '../helpers/world.ts';

const bodyUntil = (date: string): string =>
  `policies:\n  monthly-spend: { budget: $800, reset: monthly, per: workspace_id, until: { date: ${date}, then: $500 } }\n`;

it.each([
  ['a date to come', '2027-11-01', /has `until:`, so that it is two limits/],
  ['a date that is over', '2026-11-01', /has `until:`, which is over/],
])('propose refuses to move the amount beside %s, and says why', async (_what, date, why) => {
  const scene = await startProposeScene({
    files: { 'workspaces/team-a.yaml': workspaceFile('ws-team-a', bodyUntil(date)) },
  });
  await expect(scene.propose(raise('$900'))).rejects.toThrow(why);
  expect(scene.branches()).toEqual([]);
});
