import { expect, test } from 'vitest';
import { workspaceFile, orgFile } from '../helpers/world.ts';
import { all, policies, startApplied, startScene, team } from '../action/scene.ts';
import { startProposeScene, raise } from '../helpers/propose-scene.ts';
import { smallState } from '../helpers/state.ts';
const day = 86_400_000;
const body = (u = '{ date: 2026-12-15, then: $500 }') => workspaceFile('ws-team-a', `policies:\n  monthly-spend:\n    budget: $800\n    reset: monthly\n    per: workspace_id\n    until: ${u}\n`);
test('propose on future date', async () => {
  const scene = await startProposeScene({ files: { 'workspaces/team-a.yaml': body('{ date: 2027-11-01, then: $500 }') } });
  try {
    const r = await scene.propose(raise('$900'));
    console.log(JSON.stringify(r).slice(0, 3000));
    for (const b of scene.branches()) console.log(scene.read(b, 'policies/workspaces/team-a.yaml'));
  } catch (e) { console.log('ERR', e); }
});
const hourly = (scene: any) => scene.act('schedule', { schedule: '17 * * * *' }, 'main', { inputs: { command: 'returns' } });
const above = '    - { above: "$1,000 per 30 days", by: ["@third"] }\n';
const orgOf = (approvals: string, more = ''): string =>
  `review:\n  require_reviewed_plan: true\n  guards: { spend_up: off }\n${more}${approvals === '' ? '' : `  approvals:\n${approvals}`}`;
const keysFile = (amount: string, until = '') => ({ 'policies/b.yaml': workspaceFile('ws-team-a', 'keys:\n' + ['app', 'batch'].map((n) => `  ${n}:\n    budget: ${amount}\n    reset: monthly\n${until}`).join('')), 'policies/a.yaml': null });
test('keys: the sum rises by until, each is below', async () => {
  const st = smallState();
  console.log(st.apiKeys.map((k: any) => k.name + ' ' + k.workspace_id));
  const names = st.apiKeys.filter((k: any) => k.workspace_id === st.workspaces.find((w: any) => w.slug === 'ws-team-a')!.id).map((k: any) => k.name);
  const file = (amount: string, until = '') => ({ 'policies/a.yaml': workspaceFile('ws-team-a', 'keys:\n' + names.map((n: string) => `  ${n}:\n    budget: ${amount}\n    reset: monthly\n${until}`).join('')) });
  const scene = await startApplied({ org: orgOf(above), files: file('$100') });
  // control: raised at once
  const pull0 = scene.open('now', file('$900'));
  await scene.plan(pull0);
  console.log('CONTROL', scene.github.comments(pull0)[0]?.body.match(/Waits.*|All whom.*/));
  const pull = scene.merge('later', file('$100', '    until: { date: 2026-12-15, then: $900 }\n'));
  const a = await scene.apply();
  console.log('APPLY', a.exit, a.text.slice(0, 2500));
  scene.pass(26 * day);
  const h = await hourly(scene);
  console.log('HOURLY', h.exit, h.text.slice(0, 2500));
  console.log(scene.emulator.store.state.apiKeys.map((k: any) => JSON.stringify(k.usage_limits)));
});
