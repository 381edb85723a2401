/** Parts of live limits that no file can say. */

import { afterEach, expect, test } from 'vitest';
import { type Rig, startRig, succeed } from '../helpers/rig.ts';
import { integrationRow, smallState, teamA, teamB, uuid } from '../helpers/state.ts';

let rig: Rig;
afterEach(() => rig.close());

test('mistakes-G5: import leaves the threshold of a share that is above its limit, and says why', async () => {
  const limit = { type: 'cost', credit_limit: 50, alert_threshold: 75, periodic_reset: 'monthly' } as const;
  const share = (workspace_id: string) => ({
    workspace_id,
    enabled: true,
    usage_limits: [{ ...limit, id: uuid(70) }],
    rate_limits: null,
  });
  const integrations = [{ ...integrationRow('one', uuid(31), []), workspaces: [share(teamA), share(teamB)] }];
  rig = await startRig({
    state: smallState({ usagePolicies: [], ratePolicies: [], providers: [], apiKeys: [], integrations }),
  });
  const { stdout } = await succeed(rig.import());
  expect(stdout).toContain('2 fields stay as live, beside what is declared');
  expect(stdout.match(/integration one .*alert: .*\$75.*\$50/g)).toHaveLength(2);
});
