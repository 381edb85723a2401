/** The scheduled job and workspaces that no file is about: one proposal each, and nothing live changes by it. */

import { expect, test } from 'vitest';
import { requestRow, teamB, usagePolicyRow, uuid } from '../helpers/state.ts';
import { git } from '../record/git-fixture.ts';
import { type Scene, startApplied } from './scene.ts';

const defaults =
  'defaults:\n  policies:\n    key-ceiling:\n      budget: $250\n      reset: monthly\n      per: api_key\n    spend:\n      budget: $900\n      reset: monthly\n      per: workspace_id\n';
const review = 'review: { require_reviewed_plan: true, guards: { spend_up: off } }\n';

/** Team B spent $120 and has a policy of its own, under the name of a default. */
async function startSpending(): Promise<Scene> {
  const scene = await startApplied({ org: `${review}${defaults}` });
  const { state } = scene.emulator.store;
  state.requestLogs.push(requestRow({ id: uuid(0xf02), workspace_id: teamB, cost: 12_000 }));
  state.requestLogs.push(requestRow({ id: uuid(0xf03) }));
  state.usagePolicies.push(usagePolicyRow('spend', uuid(91), teamB, { credit_limit: 40 }));
  return scene;
}

const watch = (scene: Scene, propose = true) =>
  scene.act('schedule', { schedule: '17 * * * *' }, 'main', { inputs: { command: 'drift', propose } });
const pulls = (scene: Scene) =>
  scene.github.repository().issues.filter(({ pull }) => pull !== undefined && pull !== null);

test('proposes a file that declares what is live and lets the defaults hold, once, with the spend in the text', async () => {
  const scene = await startSpending();
  const writes = scene.emulator.requests.countWrites();
  const ran = await watch(scene);
  expect(ran.warnings).toEqual([]);
  expect(ran.summary).toMatch(/^- ws.*: opened #/m);
  const [pull] = pulls(scene);
  expect(pull?.body).toContain('$120 in 30 days, more than the $40 by spend now');
  for (const said of [
    'Asks for: a file for the workspace ws-team-b, which none is about.',
    'Declares 1 live object as it is.',
    'The organisation\'s defaults hold there from the merge on: "key-ceiling".',
    'What is live under the name of a default stays as it is, and the default does not hold: "spend".',
    'Plan: 1 to create; 7 unchanged; adopts spend.',
  ]) {
    expect(pull?.body).toContain(said);
  }
  const branch = git(scene.remote, 'for-each-ref', '--format=%(refname)', 'refs/heads/tollgate').trim();
  expect(git(scene.remote, 'show', `${branch}:policies/workspaces/ws-team-b.yaml`)).toMatchInlineSnapshot(`
    "version: 1
    kind: workspace
    workspace: ws-team-b
    policies:
      spend:
        budget: $40
        reset: monthly
        per: workspace_id"
  `);
  expect(scene.emulator.requests.countWrites()).toBe(writes);
  expect((await watch(scene)).summary).toContain(`: #${pull?.number} is open`);
  expect(pulls(scene)).toHaveLength(1);
});

test('does not propose again what somebody closed, and says how it is settled; unasked it proposes nothing', async () => {
  const scene = await startSpending();
  await watch(scene, false);
  expect(pulls(scene)).toHaveLength(0);
  await watch(scene);
  const [pull] = pulls(scene);
  Object.assign(pull ?? {}, { state: 'closed' });
  expect((await watch(scene)).summary).toContain(`: #${pull?.number} was closed`);
  expect(pulls(scene)).toHaveLength(1);
});

test.each([
  ['a live budget', true, ''],
  ['a default alone', false, defaults],
])(
  'makes nobody up: where `review.require` asks for an owner it says who has to write the file (%s)',
  async (_, hasOwn, org) => {
    const scene = await startApplied({
      org: `review: { require: [owner], require_reviewed_plan: true, guards: { spend_up: off } }\n${org}`,
    });
    const { state } = scene.emulator.store;
    state.requestLogs.push(requestRow({ id: uuid(0xf02), workspace_id: teamB, cost: 12_000 }));
    if (hasOwn) state.usagePolicies.push(usagePolicyRow('spend', uuid(91), teamB, { credit_limit: 40 }));
    const { summary, warnings, exit } = await watch(scene);
    expect(summary).toContain(
      '- ws-team-b: not proposed: `review.require` asks for `owner` there, which what is live in ws-team-b does not say. Write its file by hand, with `owner`: `tollgate import` then adds what is live.',
    );
    expect([exit, warnings, pulls(scene)]).toEqual([0, [], []]);
  },
);

test('says of what cannot be declared why', async () => {
  const scene = await startApplied({
    org: 'review: { recipient_domains: [example.com], guards: { spend_up: off } }\n',
  });
  const web = scene.emulator.store.state.apiKeys.find(({ name }) => name === 'web');
  Object.assign(web ?? {}, {
    usage_limits: { type: 'cost', credit_limit: 10, periodic_reset: 'monthly' },
    alert_emails: ['ops@elsewhere.example'],
  });
  await watch(scene);
  const [pull] = pulls(scene);
  expect(pull?.body).toMatch(
    /1 more cannot be declared as they are, and stay unmanaged: web .*the organisation allows recipients at/,
  );
});
