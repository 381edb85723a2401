/** A changed rate over its life in pull requests: whom it would have refused stands in the comment before anybody approves. */

import { expect, test } from 'vitest';
import { requestRow, smallState, teamA } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { all, policies, type Scene, startApplied } from './scene.ts';

const review = 'review: { require_reviewed_plan: true }\n';
const files = (rate: string, org = review) => ({
  'policies/org.yaml': orgFile(org),
  'policies/a.yaml': workspaceFile(
    'ws-team-a',
    policies(all('$100')) + (rate === '' ? '' : `  calls: { rate: ${rate}, per: metadata._user }\n`),
  ),
});

async function start(): Promise<Scene> {
  const by = (user: string, count: number) =>
    Array.from({ length: count }, (_, index) =>
      requestRow({
        ...{ id: `${user}-${index}`, workspace_id: teamA, metadata: { _user: user } },
        created_at: new Date(Date.UTC(2026, 10, 16, 9, 0, index)).toISOString(),
      }),
    );
  return startApplied({
    org: review,
    state: smallState({ requestLogs: [...by('ana', 100), ...by('ben', 20)] }) as never,
  });
}

test('is said beside the change, in the comment of each pull request, to whoever approves', async () => {
  const scene = await start();
  const body = (pull: number) => (scene.github.comments(pull).at(-1)?.body ?? '').replaceAll('\\', '');
  const merge = async (pull: number) => {
    scene.approve(pull);
    scene.github.merge({ pull, method: 'squash', user: 'reviewer' });
    expect((await scene.apply()).exit).toBe(0);
  };

  const first = scene.open('first', files('3 requests/hour'));
  expect((await scene.plan(first)).exit).toBe(0);
  expect(body(first)).toContain(
    'peak 5 to 120 requests/hour of user ana; would have refused 28 to 117 of 120 calls (from analytics, which count by day)',
  );
  await merge(first);

  const lower = scene.open('lower', files('1 request/hour'));
  await scene.plan(lower);
  expect(body(lower)).toContain('would have refused 28 to 117 → 76 to 119 of 120 calls');
  // In public nobody is named.
  const counted = scene.open(
    'counted',
    files('2 requests/hour', 'review: { require_reviewed_plan: true, show_people: counts }\n'),
  );
  await scene.plan(counted);
  expect(body(counted)).toContain('requests/hour of one counter; would have refused');
  expect(body(counted)).not.toMatch(/\bana\b/);

  const out = scene.open('out', files(''));
  await scene.plan(out);
  expect(body(out)).toContain('the rate that goes would have refused 28 to 117 of 120 calls');
});
