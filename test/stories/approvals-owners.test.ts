/** `owner: true` where another owner comes in the place of the one who answered: on an entry, by a default, by what takes its place. */

import { expect, test } from 'vitest';
import { all, policies, startApplied } from '../action/scene.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

const orgOf = (more = ''): string =>
  `review:\n  require_reviewed_plan: true\n  guards: { spend_up: off, impact_unknown: off }\n  approvals:\n    - { owner: true }\n${more}`;
/** A workspace that answers to @owner, with policies as text. */
const owned = (body: string, owner = '"@owner"'): Record<string, string> => ({
  'policies/a.yaml': workspaceFile('ws-team-a', body).replace(/owner: .*/, `owner: ${owner}`),
});
const withOrg = (more: string): Record<string, string> => ({ 'policies/org.yaml': orgFile(orgOf(more)) });
const alpha = (amount: string, owner = ''): string =>
  policies({ ...all('$100'), alpha: amount }).replace('alpha:\n', () => `alpha:\n${owner}`);
const byDefault = (amount: string, owner = ''): string =>
  `defaults:\n  policies:\n    alpha:\n      budget: ${amount}\n      reset: monthly\n      per: workspace_id\n${owner}`;
const mine = '    owner: "@reviewer"\n';

type Files = Readonly<Record<string, string>>;
test.each<[string, { start: Files; org?: string; first: Files; second: Files }]>([
  [
    'an entry gets an owner',
    { start: owned(alpha('$100')), first: owned(alpha('$100', mine)), second: owned(alpha('$5000', mine)) },
  ],
  [
    'an entry gets an owner and is renamed',
    {
      start: owned(alpha('$100')),
      first: owned(alpha('$100').replace('alpha:\n', () => `omega:\n    previously: alpha\n${mine}`)),
      second: owned(alpha('$5000').replace('alpha:\n', () => `omega:\n    previously: alpha\n${mine}`)),
    },
  ],
  [
    'a default gets an owner',
    {
      start: owned('description: x\n'),
      org: byDefault('$100'),
      first: withOrg(byDefault('$100', `  ${mine}`)),
      second: withOrg(byDefault('$5000', `  ${mine}`)),
    },
  ],
  [
    'a default with an owner takes the place of an entry',
    {
      start: owned(policies({ alpha: '$100' })),
      org: byDefault('$100', `  ${mine}`),
      first: owned('description: x\n'),
      second: withOrg(byDefault('$5000', `  ${mine}`)),
    },
  ],
])('%s: on the word of who answered until then', async (_, { start, org, first, second }) => {
  const scene = await startApplied({ org: orgOf(org), files: start });
  const pull = scene.open('comment', first);
  await scene.plan(pull);
  expect(scene.github.comments(pull)[0]?.body.replaceAll('&#64;&#8203;', '@')).toContain('Waits for: @owner');
  const merged = scene.merge('own', first);
  const held = await scene.apply();
  expect(held.exit, held.text).toBe(4);
  expect(held.text).toContain(`waits for @owner on pull request #${merged} (another owner)`);
  scene.merge('more', second);
  const still = await scene.apply();
  expect(still.exit, still.text).toBe(4);
  expect(Object.values(scene.limits())).not.toContain(5000);
  scene.approve(merged, 'owner');
  expect((await scene.apply()).exit).toBe(4);
  // In force by now: who answers for it asks for no second word of the one before.
  const done = await scene.apply();
  expect(done.exit, done.text).toBe(0);
  expect(Object.values(scene.limits())).toContain(5000);
});

test('an owner who is the same person already asks nobody, and one where nobody answered neither', async () => {
  const same = await startApplied({ org: orgOf(), files: owned(alpha('$100')) });
  same.merge('own', owned(alpha('$100', '    owner: "@Owner"\n')));
  const applied = await same.apply();
  expect(applied.exit, applied.text).toBe(0);
  const free = await startApplied({ org: orgOf(), files: owned(alpha('$100'), 'platform') });
  free.merge('own', owned(alpha('$100', mine), 'platform'));
  const again = await free.apply();
  expect(again.exit, again.text).toBe(0);
});

test('the owner of "*" answers for the keys that it reaches', async () => {
  const star = (amount: string): Record<string, string> => ({
    'policies/b.yaml': workspaceFile(
      'ws-team-b',
      `keys:\n  "*":\n    owner: "@owner"\n    budget: ${amount}\n    reset: monthly\n`,
    ),
  });
  const scene = await startApplied({ org: orgOf(), files: star('$100') });
  const pull = scene.merge('more', star('$500'));
  const held = await scene.apply();
  expect(held.exit, held.text).toBe(4);
  const amounts = () => scene.emulator.store.state.apiKeys.map(({ usage_limits }) => usage_limits?.credit_limit);
  expect(amounts()).not.toContain(500);
  scene.approve(pull, 'owner');
  expect((await scene.apply()).exit).toBe(0);
  expect(amounts()).toContain(500);
});
