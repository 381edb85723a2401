import { expect, test } from 'vitest';
import { workspaceFile, orgFile } from '../helpers/world.ts';
import { all, policies, startApplied, startScene, team } from '../action/scene.ts';
import { startRig } from '../helpers/rig.ts';
import { smallState, integrationRow, teamA, uuid } from '../helpers/state.ts';
const orgOf = (approvals: string, more = '', tail = ''): string =>
  `review:\n  require_reviewed_plan: true\n  guards: { spend_up: off, impact_unknown: off }\n${more}${approvals === '' ? '' : `  approvals:\n${approvals}`}${tail}`;
const withOrg = (text: string): Record<string, string> => ({ 'policies/org.yaml': orgFile(text) });
const wait = (t: string) => t.match(/waits for[^·|]*/g) ?? t.slice(0, 700);
const integrations = (m: string) => `integrations:\n  openai-prod:\n    prices:\n      multiplier: ${m}\n`;
for (const rule of ['{ kind: integration, by: ["@third"] }', '{ above: "$1,000 per 30 days", by: ["@third"] }', '{ kind: integration-prices, by: ["@third"] }']) {
  test('prices under ' + rule, async () => {
    const state = smallState({ integrations: [integrationRow('openai-prod', uuid(900), [teamA])] });
    const scene = await startApplied({ state, org: orgOf(`    - ${rule}\n`, '', integrations('0.9')), files: team(all('$900')) });
    scene.merge('cheap', withOrg(orgOf(`    - ${rule}\n`, '', integrations('0.01'))));
    const a = await scene.apply();
    console.log('RULE', rule, a.exit, wait(a.text));
    console.log(JSON.stringify(scene.emulator.store.state.integrations[0]).slice(0, 600));
  });
}
const owned = (amounts: Readonly<Record<string, string>>, owner: string): Record<string, string> => ({
  'policies/a.yaml': workspaceFile('ws-team-a', policies(amounts)).replace(/owner: .*/, `owner: ${JSON.stringify(owner)}`),
});
for (const owner of ['@third @reviewer', '@third, @owner', '@third ', '@Third', '＠third', '@example/finance team', '@third-', '@-third', '@third[bot]']) {
  test('owner ' + owner, async () => {
    const rig = await startRig({ files: { 'org.yaml': orgFile('review:\n  approvals:\n    - { owner: true }\n'), 'a.yaml': Object.values(owned(all('$100'), owner))[0]! } });
    const v = await rig.validate();
    console.log('OWNER', JSON.stringify(owner), v.exit, v.stdout.split('\n').filter(l => !/alert-missing/.test(l)).slice(0, 4).join(' / '), v.stderr.slice(0, 200));
    await rig.close();
  });
}
