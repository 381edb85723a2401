/** What a run costs: the reads of `status`, and no more. */

import { expect, it } from 'vitest';
import { onClose } from '../client/loopback.ts';
import { effort } from '../helpers/effort.ts';
import { startRig } from '../helpers/rig.ts';
import { smallState, usagePolicyRow, uuid, workspaceRow } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

const long = { created_at: '2026-01-01T00:00:00.000Z' };
const workspaces = 10;
const each = effort('limits, of each of ten workspaces', 50, 1_000);

it('asks what status asks, whatever is told', { timeout: 300_000 }, async () => {
  const slugs = Array.from({ length: workspaces }, (_, index) => `ws-${index}`);
  const hook = 'desk: { type: webhook, url: "http://127.0.0.1:9/", secret_env: TOLLGATE_NOTIFY_DESK }';
  const files = Object.fromEntries(
    slugs.map((slug) => {
      const lines = Array.from(
        { length: each },
        (_, one) => `  p${one}: { budget: $100, reset: monthly, per: workspace_id, alert: [50%, 80%] }`,
      );
      return [`${slug}.yaml`, workspaceFile(slug, `policies:\n${lines.join('\n')}\n`)];
    }),
  );
  const rig = await startRig({
    state: {
      ...smallState(),
      workspaces: slugs.map((slug, index) => workspaceRow(slug, uuid(10_000 + index), long)),
      apiKeys: [],
      providers: [],
      integrations: [],
      ratePolicies: [],
      requestLogs: [],
      usagePolicies: slugs.flatMap((_, index) =>
        Array.from({ length: each }, (_, one) => {
          const id = 100_000 + index * 2_000 + one;
          const workspace = uuid(10_000 + index);
          const entities = {
            [`workspace_id:${workspace}`]: {
              id: uuid(500_000 + id),
              current_usage: 6_000,
              status: 'active' as const,
              is_threshold_alerts_sent: false,
              is_exhausted_alerts_sent: false,
            },
          };
          return usagePolicyRow(`p${one}`, uuid(id), workspace, { ...long, alert_threshold: 80, entities });
        }),
      ),
    },
    files: { ...files, 'org.yaml': orgFile(`channels: { ${hook} }\n`) },
  });
  onClose(() => rig.close());
  expect(await rig.apply()).toMatchObject({ exit: 0 });
  rig.emulator.requests.clear();
  await rig.status();
  const { counts: ofStatus, total } = rig.emulator.requests;
  rig.emulator.requests.clear();
  const begun = performance.now();
  const dry = await rig.notify({ dryRun: true });
  process.stdout.write(`${workspaces * each} limits: ${Math.round(performance.now() - begun)} ms, ${total} requests\n`);
  expect(dry.stdout).toContain(`${workspaces * each} to tell`);
  for (const [route, count] of Object.entries(rig.emulator.requests.counts)) {
    expect([route, count]).toEqual([route, Math.min(count, ofStatus[route] ?? 0)]);
  }
});
