import { expect, test } from 'vitest';
import { workspaceFile, orgFile } from '../helpers/world.ts';
import { all, policies, startApplied, startScene, team } from '../action/scene.ts';
const orgOf = (approvals: string, more = '', tail = ''): string =>
  `review:\n  require_reviewed_plan: true\n  guards: { spend_up: off, impact_unknown: off }\n${more}${approvals === '' ? '' : `  approvals:\n${approvals}`}${tail}`;
const withOrg = (text: string): Record<string, string> => ({ 'policies/org.yaml': orgFile(text) });
const wait = (t: string) => t.match(/waits for[^·|]*/g) ?? t.slice(0, 300);
const file = (alpha: string, owner?: string, ws = '@owner') => ({
  'policies/a.yaml': workspaceFile('ws-team-a', policies({ ...all('$100'), alpha }).replace('alpha:\n', () => `alpha:\n${owner === undefined ? '' : `    owner: ${JSON.stringify(owner)}\n`}`)).replace(/owner: platform/, `owner: ${JSON.stringify(ws)}`),
});
for (const o of ['@reviewer', 'nobody', '@x, @y']) test('entry owner added in its own PR: ' + o, async () => {
  const scene = await startApplied({ org: orgOf('    - { owner: true }\n'), files: file('$100') });
  scene.merge('own', file('$100', o));
  const a = await scene.apply();
  console.log('PR1', o, a.exit, wait(a.text));
  scene.merge('more', file('$5000', o));
  const b = await scene.apply();
  console.log('PR2', o, b.exit, wait(b.text), scene.limits());
});
test('workspace owner removed, entry has one; then entry', async () => {
  const scene = await startApplied({ org: orgOf('    - { owner: true }\n'), files: file('$100') });
  scene.merge('own', { ...file('$5000', undefined, 'nobody') });
  const a = await scene.apply();
  console.log('TXT', a.exit, wait(a.text), scene.limits());
});
test('moved to a second file / defaults', async () => {
  const scene = await startApplied({ org: orgOf('    - { owner: true }\n'), files: file('$100') });
  // delete entry in one PR (not approved by owner), create under another name in other file for the uuid
  scene.merge('own', { 'policies/a.yaml': null, 'policies/z.yaml': file('$5000', undefined, '@reviewer')['policies/a.yaml'].replace('ws-team-a', '00000000-0000-4000-8000-000000000001') });
  const a = await scene.apply();
  console.log('UUID', a.exit, wait(a.text), scene.limits());
});
test('defaults in org with owner rule', async () => {
  const scene = await startApplied({ org: orgOf('    - { owner: true }\n'), files: file('$100') });
  scene.merge('own', withOrg(orgOf('    - { owner: true }\n', '', 'defaults:\n  policies:\n    omega:\n      budget: $9000\n      reset: weekly\n      per: workspace_id\n')));
  const a = await scene.apply();
  console.log('DEF', a.exit, wait(a.text), scene.limits());
});
