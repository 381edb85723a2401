/** Rules of approval at a terminal: whom they ask is said, and the holder of the key is not stopped. */

import { expect, test } from 'vitest';
import { startRig } from '../helpers/rig.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

const files = (amount: string): Record<string, string> => ({
  'org.yaml': orgFile(
    'review:\n  guards: { spend_up: off }\n  approvals:\n    - { above: "$1,000 per 30 days", by: ["@example/finance"] }\n    - { owner: true }\n',
  ),
  'a.yaml': workspaceFile(
    'ws-team-a',
    `policies:\n  total:\n    budget: ${amount}\n    reset: monthly\n    per: workspace_id\n`,
  ),
});

test('plan and apply name whom the rules ask about, and nothing where they ask nobody', async () => {
  const rig = await startRig({ state: smallState(), files: files('$900') });
  const first = await rig.apply({ yes: true });
  expect(first.exit, first.stdout + first.stderr).toBe(0);
  rig.write(files('$950'));
  const small = await rig.plan();
  expect(small.stdout).not.toContain('asks for');
  rig.write(files('$1,500'));
  const line = '`review.approvals` asks for: @example/finance (ws-team-a/total: $1,500 > $1,000 per 30 days).';
  const planned = await rig.plan();
  expect(planned.stdout).toContain(line);
  const applied = await rig.apply({ yes: true });
  expect(applied.exit, applied.stdout + applied.stderr).toBe(0);
  expect(applied.stdout + applied.stderr).toContain(line);
});
