/** `above` over what a workspace may spend in all: by a date, by what somebody raised by hand, and by what is adopted. */

import { expect, test } from 'vitest';
import { all, startApplied, team } from '../action/scene.ts';
import { teamA, usagePolicyRow, uuid } from '../helpers/state.ts';
import { workspaceFile } from '../helpers/world.ts';
import { git } from '../record/git-fixture.ts';

const day = 86_400_000;
const org =
  'review:\n  require_reviewed_plan: true\n  guards: { spend_up: off }\n  approvals:\n    - { above: "$1,000 per 30 days", by: ["@third"] }\n';
const keys = (budget: string, until = ''): Record<string, string> => ({
  'policies/a.yaml': workspaceFile(
    'ws-team-a',
    `keys:\n${['app', 'batch'].map((name) => `  ${name}:\n    budget: ${budget}\n    reset: monthly\n${until}`).join('')}`,
  ),
});
const then = (amount: string) => `    until: { date: 2026-12-15, then: ${amount} }\n`;
const inAll = 'waits for @third on pull request #1 (ws-team-a: $1,800 > $1,000 per 30 days)';

test.each([
  ['beside a small raise now', '$101'],
  ['alone', '$100'],
])('what holds after a date counts in the sum of its workspace, %s', async (_, now) => {
  const scene = await startApplied({ org, files: keys('$100') });
  const amounts = () => scene.emulator.store.state.apiKeys.map(({ usage_limits }) => usage_limits?.credit_limit);
  const pull = scene.merge('later', keys(now, then('$900')));
  const held = await scene.apply();
  expect(held.exit, held.text).toBe(4);
  expect(held.text).toContain(inAll);
  scene.approve(pull, 'third');
  const applied = await scene.apply();
  expect(applied.exit, applied.text).toBe(0);
  scene.pass(26 * day);
  // It is due, and was judged with its date.
  const after = await scene.apply();
  expect(after.exit, after.text).toBe(0);
  expect(amounts()).toEqual([900, 900, undefined]);
});

test('what falls in the sum on the day asks nobody', async () => {
  const scene = await startApplied({ org, files: keys('$400') });
  scene.merge('later', keys('$400', then('$300')));
  const applied = await scene.apply();
  expect(applied.exit, applied.text).toBe(0);
});

test.each(['$900', '$890'])(
  'what somebody raised by hand counts from the record where the files say %s',
  async (said) => {
    const scene = await startApplied({ org, files: keys('$100') });
    for (const { usage_limits } of scene.emulator.store.state.apiKeys.slice(0, 2)) {
      if (usage_limits != null) usage_limits.credit_limit = 900;
    }
    const pull = scene.merge('accept', keys(said));
    const held = await scene.apply();
    expect(held.exit, held.text).toBe(4);
    expect(held.text).toContain(`waits for @third on pull request #${pull} (ws-team-a: $1,`);
    scene.approve(pull, 'third');
    const accepted = await scene.apply();
    expect(accepted.exit, accepted.text).toBe(0);
  },
);

test('of two budgets that are adopted only the one above the amount waits', async () => {
  const scene = await startApplied({ org });
  scene.emulator.store.state.usagePolicies.push(
    usagePolicyRow('small', uuid(901), teamA, { credit_limit: 900 }),
    usagePolicyRow('large', uuid(902), teamA, { credit_limit: 5000 }),
  );
  const pull = scene.merge('import', team({ ...all('$100'), small: '$900', large: '$5000' }));
  const held = await scene.apply();
  expect(held.exit, held.text).toBe(4);
  const recorded = () => git(scene.remote, 'show', 'refs/tollgate/production:workspaces/ws-team-a.json');
  expect(recorded()).toContain(uuid(901));
  expect(recorded()).not.toContain(uuid(902));
  scene.approve(pull, 'third');
  expect((await scene.apply()).exit).toBe(0);
  expect(recorded()).toContain(uuid(902));
});
