/** Negotiated prices over their whole life in pull requests: declared, reviewed, applied, drifted, taken out of Git again, imported. */

import { expect, test } from 'vitest';
import { integrationRow, requestRow, smallState, teamA, uuid } from '../helpers/state.ts';
import { orgFile } from '../helpers/world.ts';
import { type Scene, startApplied } from './scene.ts';

const review = 'review: { require_reviewed_plan: true }\n';
const org = (prices: string) => ({
  'policies/org.yaml': orgFile(
    `${review}${prices === '' ? '' : `integrations:\n  openai-prod:\n    prices:\n${prices.replace(/^/gm, '      ')}\n`}`,
  ),
});
const model = {
  ...{ slug: 'gpt-4o', name: 'gpt-4o', enabled: true, is_custom: false, is_finetune: false, base_model_slug: null },
  configurations: null,
  pricing_config: { type: 'static', pay_as_you_go: { request_token: { price: 2 }, response_token: { price: 8 } } },
};
const agreed = 'multiplier: 0.9\nmodels:\n  gpt-4o:\n    input: $2 per 1M tokens\n    output: $8 per 1M tokens';

/** Each day of the last seven cost $9, of the four budgets of $100. */
async function start(): Promise<Scene> {
  const requestLogs = [14, 15, 16, 17, 18, 19, 20].map((day) =>
    requestRow({
      ...{ id: uuid(0xf10 + day), workspace_id: teamA, cost: 900, ai_model: 'gpt-4o-mini' },
      created_at: new Date(Date.UTC(2026, 10, day, 11)).toISOString(),
    }),
  );
  const integrations = [integrationRow('openai-prod', uuid(31), [teamA], { models: [model] })];
  return startApplied({ org: review, state: smallState({ integrations, requestLogs }) as never });
}

const live = (scene: Scene) => scene.emulator.store.state.integrations[0];
const watch = (scene: Scene) =>
  scene.act('schedule', { schedule: '17 * * * *' }, 'main', { inputs: { command: 'drift' } });

test('are reviewed with what they do to budgets, applied as reviewed, watched, and taken away on a word', async () => {
  const scene = await start();
  const pull = scene.open('prices', org(agreed));
  const planned = await scene.plan(pull);
  expect(planned.exit).toBe(0);
  const body = (number: number) => scene.github.comments(number)[0]?.body ?? '';
  expect(body(pull)).toContain('prices of integration openai-prod');
  expect(body(pull)).toContain('×0.9');
  expect(body(pull)).toMatch(/alpha \(ws-team-a\), \$100 monthly: runs out about .* instead of /);
  // Nobody has approved: nothing is written.
  expect(live(scene)?.pricing_adjustments).toBeNull();

  scene.approve(pull);
  scene.github.merge({ pull, method: 'squash', user: 'reviewer' });
  const applied = await scene.apply();
  expect([applied.exit, applied.text]).toEqual([0, expect.stringContaining('openai-prod')]);
  expect(live(scene)?.pricing_adjustments).toEqual({ multiplier: { default: 0.9 } });
  expect((await watch(scene)).exit).toBe(0);

  // Somebody makes everything cheaper at the dashboard.
  Object.assign(live(scene) ?? {}, { pricing_adjustments: { multiplier: { default: 0.1 } } });
  const drifted = await watch(scene);
  expect([drifted.exit, drifted.summary]).toEqual([2, expect.stringContaining('prices of integration openai-prod')]);
  const back = await scene.apply();
  expect([back.exit, live(scene)?.pricing_adjustments]).toEqual([0, { multiplier: { default: 0.9 } }]);

  // Out of Git again: the catalogue's price is not known here, so that it takes a word.
  const out = scene.open('out', org(''));
  expect((await scene.plan(out)).exit).toBe(3);
  expect(body(out)).toContain('impact-unknown');
  expect(body(out)).toContain('the catalogue’s price');
  const word = /\/tollgate allow impact-unknown=\d+@[0-9a-f]{32}/.exec(body(out))?.[0] ?? '';
  scene.approve(out, 'reviewer', `By contract.\n\n${word}\n`);
  scene.github.merge({ pull: out, method: 'squash', user: 'reviewer' });
  const removed = await scene.apply();
  expect([removed.exit, removed.text]).toEqual([0, expect.stringContaining('openai-prod')]);
  expect([live(scene)?.pricing_adjustments, live(scene)?.models[0]?.pricing_config]).toEqual([null, null]);
  expect((await watch(scene)).exit).toBe(0);
});

test('that nobody has approved stay owed', async () => {
  const scene = await start();
  scene.merge('prices', org(agreed), { approvedBy: null });
  const applied = await scene.apply();
  expect(applied.exit).toBe(4);
  expect(live(scene)?.pricing_adjustments).toBeNull();
});
