import { expect, test } from 'vitest';
import { workspaceFile, orgFile } from '../helpers/world.ts';
import { all, policies, startApplied, startScene, team } from '../action/scene.ts';
import { smallState } from '../helpers/state.ts';
const day = 86_400_000;
const hourly = (scene: any) => scene.act('schedule', { schedule: '17 * * * *' }, 'main', { inputs: { command: 'returns' } });
const above = '    - { above: "$1,000 per 30 days", by: ["@third"] }\n';
const orgOf = (approvals: string, more = ''): string =>
  `review:\n  require_reviewed_plan: true\n  guards: { spend_up: off }\n${more}${approvals === '' ? '' : `  approvals:\n${approvals}`}`;
const file = (amounts: Record<string, string>, until = '') => ({ 'policies/a.yaml': workspaceFile('ws-team-a', 'keys:\n' + Object.entries(amounts).map(([n, amount]) => `  ${n}:\n    budget: ${amount}\n    reset: monthly\n${until}`).join('')) });
test('approvals: sum by until bypass with one live change beside', async () => {
  const scene = await startApplied({ org: orgOf(above), files: file({ app: '$100', batch: '$100' }) });
  scene.merge('later', file({ app: '$101', batch: '$101' }, '    until: { date: 2026-12-15, then: $900 }\n'));
  const a = await scene.apply();
  console.log('APPLY', a.exit, a.text.slice(0, 800));
  scene.pass(26 * day);
  const h = await hourly(scene);
  console.log('HOURLY', h.exit, h.text.slice(0, 1500));
  console.log(scene.emulator.store.state.apiKeys.map((k: any) => k.name + ' ' + k.usage_limits?.credit_limit));
});
test('ceiling and max_monthly by until', async () => {
  const org = orgOf('', '  max_monthly_budget: $1,500\n') + 'groups:\n  g:\n    workspaces: [ws-team-*]\n    ceiling: $1,000\n';
  const scene = await startApplied({ org, files: file({ app: '$100', batch: '$100' }) });
  scene.merge('later', file({ app: '$101', batch: '$101' }, '    until: { date: 2026-12-15, then: $900 }\n'));
  const a = await scene.apply();
  console.log('APPLY', a.exit, a.text.slice(0, 1800));
  scene.pass(26 * day);
  const h = await hourly(scene);
  console.log('HOURLY', h.exit, h.text.slice(0, 1500));
  console.log(scene.emulator.store.state.apiKeys.map((k: any) => k.name + ' ' + k.usage_limits?.credit_limit));
});
