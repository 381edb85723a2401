/** A workspace that nobody declared, through the Action: proposed by the hourly job, reviewed, merged, applied, watched, taken out of Git again. */

import { expect, test } from 'vitest';
import { type Scene, startApplied } from '../action/scene.ts';
import { requestRow, teamB, usagePolicyRow, uuid, workspaceRow } from '../helpers/state.ts';

const org = `review: { require_reviewed_plan: true, guards: { spend_up: off } }
defaults:
  policies:
    key-ceiling:
      budget: $250
      reset: monthly
      per: api_key
`;

/** Team B spent $120, and somebody gave it a budget by hand. */
async function startSpending(): Promise<Scene> {
  const scene = await startApplied({ org });
  const { state } = scene.emulator.store;
  state.requestLogs.push(requestRow({ id: uuid(0xf02), workspace_id: teamB, cost: 12_000 }));
  state.usagePolicies.push(usagePolicyRow('spend', uuid(91), teamB, { credit_limit: 40 }));
  return scene;
}

const watch = (scene: Scene) =>
  scene.act('schedule', { schedule: '17 * * * *' }, 'main', { inputs: { command: 'drift', propose: true } });
const limitsOfB = (scene: Scene) =>
  scene.emulator.store.state.usagePolicies
    .filter(({ workspace_id: of, status }) => of === teamB && status === 'active')
    .map(({ name, credit_limit: amount }) => `${name}: $${amount}`)
    .sort();

test('proposed, merged, applied, watched, and taken out of Git again', async () => {
  const scene = await startSpending();
  const seen = await watch(scene);
  expect(seen.summary).toContain('ws-team-b: $120 in 30 days, more than the $40 by spend now');
  const [pull] = scene.github.repository().issues.filter((one) => one.pull !== null && one.pull !== undefined);
  const number = pull?.number ?? 0;
  expect(pull?.body).toContain('$120 in 30 days, more than the $40 by spend now');
  expect(limitsOfB(scene)).toEqual(['spend: $40']);

  // The check plans it: what is live is adopted, the default is what is new.
  const planned = await scene.plan(number);
  expect(planned.exit, planned.text).toBe(0);
  expect(planned.text).toContain('1 to create');
  expect(planned.text).toContain('adopts spend');
  expect(planned.text).not.toContain('no file');
  // A bot has written it, so that one person's word is not enough.
  scene.approve(number);
  scene.github.merge({ pull: number, method: 'squash', user: 'author' });
  const refused = await scene.apply();
  expect([refused.exit, limitsOfB(scene)]).toEqual([4, ['spend: $40']]);
  expect(refused.text).toContain('two approving reviews are needed');
  scene.approve(number, 'third');
  const applied = await scene.apply();
  expect(applied.exit, applied.text).toBe(0);
  expect(limitsOfB(scene)).toEqual(['key-ceiling: $250', 'spend: $40']);

  // Nothing is left undeclared, and nothing is proposed again.
  const quiet = await watch(scene);
  expect(quiet.exit, quiet.text).toBe(0);
  expect(quiet.text).not.toContain('ws-team-b');

  // Raised by hand it is drift now, as anywhere.
  const row = scene.row('spend');
  row.credit_limit = 4_000;
  const moved = await watch(scene);
  expect(moved.text).toContain('spend (ws-team-b)');
  row.credit_limit = 40;

  // The file is taken out again: what it declared goes, with a word; then the workspace is named again.
  const gone = scene.open('out', { 'policies/workspaces/ws-team-b.yaml': null });
  await scene.plan(gone);
  const comments = scene.github.comments(gone).map(({ body }) => body ?? '');
  const word = /\/tollgate allow [^`\n]+/.exec(comments.join('\n'))?.[0] ?? '';
  expect(word).toContain('empties-scope=1');
  scene.approve(gone, 'reviewer', word);
  scene.github.merge({ pull: gone, method: 'squash', user: 'author' });
  const emptied = await scene.apply();
  expect(emptied.exit, emptied.text).toBe(0);
  expect(limitsOfB(scene)).toEqual([]);
  const again = await watch(scene);
  expect(again.text).toContain('ws-team-b: $120 in 30 days, 🛑 **NOTHING LIMITS IT**');
  // Its file was merged once, so nobody has said that it is somebody else's.
  expect(again.summary).toMatch(/^- ws.*: opened #/m);
});

test('those whose file was declined stand in nobody’s way: each of many is proposed once', async () => {
  const scene = await startApplied({ org });
  const { state } = scene.emulator.store;
  // Those that are declined first spend most.
  for (let index = 0; index < 22; index += 1) {
    state.workspaces.push(workspaceRow(`ws-n${index}`, uuid(5_000 + index)));
    const cost = 50_000 - index * 100;
    state.requestLogs.push(requestRow({ id: uuid(0xa000 + index), workspace_id: uuid(5_000 + index), cost }));
  }
  const pulls = () => scene.github.repository().issues.filter(({ pull }) => pull !== null && pull !== undefined);
  let summary = '';
  for (let opened = -1; opened !== 0; ) {
    const before = pulls().length;
    summary = (await watch(scene)).summary;
    opened = pulls().length - before;
    for (const pull of pulls()) Object.assign(pull, { state: 'closed' });
    scene.pass(86_500_000);
  }
  // And ws-team-b, which spent nothing.
  expect(pulls()).toHaveLength(23);
  expect(summary).not.toContain('more wait');
  expect(summary.match(/^- ws-\S+: #\d+ was closed/gm)).toHaveLength(20);
  expect(summary).toContain('- 3 more: open, or closed');
});
