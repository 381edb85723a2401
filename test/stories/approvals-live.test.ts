/** Rules of approval over what is live already: moved by hand, adopted, or in a workspace of another name. */

import { expect, test } from 'vitest';
import { all, policies, startApplied, team } from '../action/scene.ts';
import { teamA, usagePolicyRow, uuid } from '../helpers/state.ts';
import { workspaceFile } from '../helpers/world.ts';
import { git } from '../record/git-fixture.ts';

const orgOf = (approvals: string): string =>
  `review:\n  require_reviewed_plan: true\n  guards: { spend_up: off }\n  approvals:\n${approvals}`;
const above = '    - { above: "$1,000 per 30 days", by: ["@third"] }\n';

test('what somebody raised by hand is put back without a word, and stays only on the word of whom the rule names', async () => {
  const scene = await startApplied({ org: orgOf(above) });
  scene.row('alpha').credit_limit = 5000;
  const reverted = await scene.apply();
  expect(reverted.exit, reverted.text).toBe(0);
  expect(scene.limits()).toMatchObject({ alpha: 100 });
  scene.row('alpha').credit_limit = 5000;
  // As `import --accept-drift` writes it: live has it, and the record does not.
  const pull = scene.merge('accept', team({ ...all('$100'), alpha: '$5000' }));
  const held = await scene.apply();
  expect(held.exit, held.text).toBe(4);
  expect(held.text).toContain(
    `waits for @third on pull request #${pull} (ws-team-a/alpha: $5,000 > $1,000 per 30 days)`,
  );
  scene.approve(pull, 'third');
  const accepted = await scene.apply();
  expect(accepted.exit, accepted.text).toBe(0);
  expect(scene.limits()).toMatchObject({ alpha: 5000 });
  expect((await scene.apply()).exit).toBe(0);
});

test('a budget that is live and in no file is adopted on the word of whom the rule names', async () => {
  const scene = await startApplied({ org: orgOf(above) });
  scene.emulator.store.state.usagePolicies.push(
    ...[
      ['small', 900],
      ['large', 5000],
    ].map(([name, credit_limit], index) =>
      usagePolicyRow(`${name}`, uuid(901 + index), teamA, { credit_limit: Number(credit_limit) }),
    ),
  );
  const imported = team({ ...all('$100'), small: '$900', large: '$5000' });
  const pull = scene.merge('import', imported);
  const held = await scene.apply();
  expect(held.exit, held.text).toBe(4);
  expect(held.text.replaceAll(/&#64;&#8203;/g, '@')).toContain('where a rule asks @third');
  const recorded = () => git(scene.remote, 'show', 'refs/tollgate/production:workspaces/ws-team-a.json');
  expect(recorded()).not.toContain(uuid(902));
  scene.approve(pull, 'third');
  const adopted = await scene.apply();
  expect(adopted.exit, adopted.text).toBe(0);
  expect(recorded()).toContain(uuid(902));
  // It is owned now: what takes it out of the files takes it away, and asks for the same word.
  scene.merge('gone', team({ ...all('$100'), small: '$900' }));
  const gone = await scene.apply();
  expect(gone.exit, gone.text).toBe(4);
  expect(gone.text).toContain('waits for @third');
  expect(scene.limits()).toMatchObject({ large: 5000 });
});

test('a workspace under another name has the owner that it had', async () => {
  const owned = (workspace: string, owner: string, amounts: Readonly<Record<string, string>>) => ({
    'policies/a.yaml': workspaceFile(workspace, policies(amounts)).replace(/owner: .*/, `owner: "${owner}"`),
  });
  const scene = await startApplied({
    org: orgOf('    - { owner: true }\n'),
    files: owned('ws-team-a', '@owner', all('$100')),
  });
  const row = scene.emulator.store.find('workspaces', teamA);
  if (row === undefined) throw new Error('no workspace');
  row.slug = 'ws-renamed';
  const raised = { ...all('$100'), alpha: '$150' };
  const pull = scene.merge('renamed', owned('ws-renamed', '@reviewer', raised));
  const held = await scene.apply();
  expect(held.exit, held.text).toBe(4);
  expect(held.text).toContain(`waits for @owner on pull request #${pull}`);
  expect(scene.limits()).toMatchObject({ alpha: 100 });
  scene.approve(pull, 'owner');
  const applied = await scene.apply();
  expect(applied.exit, applied.text).toBe(0);
  expect(scene.limits()).toMatchObject({ alpha: 150 });
  // Who owns it now is asked from then on, and nobody else.
  scene.merge('next', owned('ws-renamed', '@reviewer', { ...raised, alpha: '$200' }));
  const next = await scene.apply();
  expect(next.exit, next.text).toBe(0);
  expect(scene.limits()).toMatchObject({ alpha: 200 });
});
