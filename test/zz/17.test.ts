import { test } from 'vitest';
import { workspaceFile, orgFile } from '../helpers/world.ts';
import { all, policies, startApplied } from '../action/scene.ts';
const wait = (t: string) => t.match(/waits for[^·|]*/g)?.slice(0, 2) ?? t.slice(0, 200);
// one file: keys each below the amount that only WILL exist; sum through "*" for each key
test('entry owner by defaults in org.yaml', async () => {
  const orgOf = (d: string) => `review:\n  require_reviewed_plan: true\n  guards: { spend_up: off, impact_unknown: off }\n  approvals:\n    - { owner: true }\n${d}`;
  const D = (b: string, o = '') => `defaults:\n  policies:\n    alpha:\n      budget: ${b}\n      reset: monthly\n      per: workspace_id\n${o}`;
  const f = { 'policies/a.yaml': workspaceFile('ws-team-a', 'description: x\n').replace(/owner: platform/, 'owner: "@owner"') };
  const scene = await startApplied({ org: orgOf(D('$100')), files: f });
  scene.merge('own', { 'policies/org.yaml': orgFile(orgOf(D('$100', '      owner: "@reviewer"\n'))) });
  const a = await scene.apply(); console.log('PR1', a.exit, wait(a.text));
  scene.merge('more', { 'policies/org.yaml': orgFile(orgOf(D('$5000', '      owner: "@reviewer"\n'))) });
  const b = await scene.apply(); console.log('PR2', b.exit, wait(b.text), scene.limits());
});
test('workspace without owner, entry owner "@owner" removed from entry', async () => {
  const org = 'review:\n  require_reviewed_plan: true\n  guards: { spend_up: off }\n  approvals:\n    - { owner: true }\n';
  const file = (o: string, alpha: string) => ({ 'policies/a.yaml': workspaceFile('ws-team-a', policies({ ...all('$100'), alpha }).replace('alpha:\n', () => `alpha:\n${o}`)) });
  const scene = await startApplied({ org, files: file('    owner: "@owner"\n', '$100') });
  scene.merge('ren', { 'policies/a.yaml': workspaceFile('ws-team-a', policies({ beta: '$100', gamma: '$100', delta: '$100', omega: '$5000' }).replace('omega:\n', () => 'omega:\n    previously: alpha\n')) });
  const a = await scene.apply(); console.log('RENAME', a.exit, wait(a.text), scene.limits());
});
