/** Rules of approval over prices of an integration: a lower one lets every budget in dollars buy more. */

import { expect, test } from 'vitest';
import { all, startApplied, team } from '../action/scene.ts';
import { orgFile } from '../helpers/world.ts';

const orgOf = (rule: string, multiplier: string | null): string =>
  `review:\n  require_reviewed_plan: true\n  guards: { spend_up: off, impact_unknown: off }\n  approvals:\n    - ${rule}\n${multiplier === null ? '' : `integrations:\n  openai-prod:\n    prices:\n      multiplier: ${multiplier}\n`}`;

test.each([
  ['{ kind: integration, by: ["@third"] }', '(integration)'],
  ['{ kind: integration-prices, by: ["@third"] }', '(integration-prices)'],
  [
    '{ above: "$1,000 per 30 days", by: ["@third"] }',
    '(prices of openai-prod: a dollar buys more, by nobody knows how much)',
  ],
])('a lower multiplier waits by the rule %s', async (rule, why) => {
  const scene = await startApplied({ org: orgOf(rule, null), files: team(all('$900')) });
  const live = () => JSON.stringify(scene.emulator.store.state.integrations);
  const pull = scene.merge('cheap', { 'policies/org.yaml': orgFile(orgOf(rule, '0.01')) });
  const held = await scene.apply();
  expect(held.exit, held.text).toBe(4);
  expect(held.text).toContain(`waits for @third on pull request #${pull} ${why}`);
  expect(live()).not.toContain('0.01');
  scene.approve(pull, 'third');
  const applied = await scene.apply();
  expect(applied.exit, applied.text).toBe(0);
  expect(live()).toContain('0.01');
});

test('a higher multiplier is above nothing', async () => {
  const rule = '{ above: "$1,000 per 30 days", by: ["@third"] }';
  const scene = await startApplied({ org: orgOf(rule, null), files: team(all('$900')) });
  scene.merge('dear', { 'policies/org.yaml': orgFile(orgOf(rule, '2')) });
  const applied = await scene.apply();
  expect(applied.exit, applied.text).toBe(0);
});
