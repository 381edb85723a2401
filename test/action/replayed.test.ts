/** The comment of a pull request, with what its changed limits would have done to the calls of logs. */

import { expect, it } from 'vitest';
import { startApplied, team } from './scene.ts';

/** One call a minute at a dollar, by two people. */
const october = Array.from({ length: 200 }, (_, index) =>
  JSON.stringify({
    id: `00000000-0000-4000-8000-0000000${10_000 + index}`,
    created_at: new Date(Date.UTC(2026, 9, 1, 0, index)).toISOString(),
    ...{ is_success: 1, ai_org: 'openai', ai_model: 'gpt-4o', total_units: 10, cost: 100, cost_currency: 'USD' },
    ...{ response_status_code: 200, metadata: { _user: index % 2 === 0 ? 'ana' : 'ben' }, cache_status: 'MISS' },
    workspace_slug: 'ws-team-a',
  }),
).join('\n');

it('says in the comment, once for each changed limit, whom it would have refused, and fails for no logs', async () => {
  const scene = await startApplied();
  const { github } = scene;
  const pull = scene.open('change', team({ alpha: '$50', beta: '$100', gamma: '$100', delta: '$100' }));
  const body = () => github.comments(pull).at(-1)?.body ?? '';
  await scene.plan(pull);
  const before = body();
  expect(before).not.toContain('would have');

  const files = { 'october.jsonl': `${october}\n` };
  const ran = await scene.plan(pull, { files, inputs: { logs: ['october.jsonl'] } });
  const said = '2026-10-01 to 2026-10-01: would have refused 75.0 % of 200 calls, $150, 2 people';
  expect(body().replaceAll('\\', '').split(said).length).toBe(2);
  expect(ran.summary).toContain('would have refused');

  const missing = await scene.plan(pull, { inputs: { logs: ['november.jsonl'] } });
  expect(missing.exit).toBe(0);
  expect(missing.warnings.join()).toContain('no limit was replayed over logs');
  expect(body()).not.toContain('would have');
});
