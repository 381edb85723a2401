/** Departments: workspaces that answer for one ceiling together, from the first line in Git to the last. */

import { afterEach, describe, expect, test } from 'vitest';
import { digestIn, type ShownViolation, violationsOf } from '../guards/judged.ts';
import { parseOutput, type Ran, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

let rig: Rig;
afterEach(() => rig.close());

const quiet = 'review: {guards: {spend_up: off}}\n';
const group = (lines: string, name = 'research'): string => `groups:\n  ${name}:\n    ${lines}\n`;
const both = 'workspaces: [ws-team-*]\n    ceiling: $1,000';

const file = (workspace: string, budget: number | null): string =>
  workspaceFile(
    workspace,
    budget === null ? '' : `policies:\n  spend:\n    budget: $${budget}\n    reset: monthly\n    per: workspace_id\n`,
  );

const files = (groups: string, a: number | null, b: number | null): Record<string, string> => ({
  'org.yaml': orgFile(`${quiet}${groups}`),
  'a.yaml': file('ws-team-a', a),
  'b.yaml': file('ws-team-b', b),
});

async function startApplied(groups: string, a: number | null, b: number | null): Promise<void> {
  rig = await startRig({ state: smallState(), files: files(groups, a, b) });
  await succeed(rig.apply());
}

async function planned(wanted: Record<string, string>): Promise<Ran> {
  rig.write(wanted);
  return rig.plan({ format: 'json' });
}

const shown = (ran: Ran): (ShownViolation['guard'] | ShownViolation['count'])[][] =>
  violationsOf(ran).map(({ guard, count }) => [guard, count]);

describe('departments', () => {
  test('a plan that raises a group above its ceiling is refused until a word allows the rise', async () => {
    await startApplied(group(both), 400, 500);
    expect(shown(await planned(files(group(both), 500, 500)))).toEqual([]);
    const ran = await planned(files(group(both), 600, 500));
    expect([ran.exit, shown(ran)]).toEqual([3, [['ceiling', 200]]]);
    const [{ details: [detail] = [], allow } = { allow: null, details: [] }] = violationsOf(ran);
    expect(detail).toBe('committed spend of group research: $900 → $1,100 / 30 days (+$200); its ceiling is $1,000');
    const text = await rig.plan();
    expect(text.stdout).toContain('Group research: $900 → $1,100 (+$200) of $1,000 / 30 days: above its ceiling.');
    expect((await rig.apply()).exit).toBe(3);
    expect((await rig.apply({ allow: [`ceiling=199@${digestIn(ran)}`] })).exit).toBe(3);
    await succeed(rig.apply({ allow: [allow ?? ''] }));
    // Above it now: what lowers it, or leaves it as it is, is in nobody's way.
    const lower = await planned(files(group(both), 550, 500));
    expect([lower.exit, shown(lower)]).toEqual([0, []]);
    expect((await rig.plan()).stdout).toContain('above its ceiling, and not raised by this plan');
    expect(parseOutput(lower).impact).toMatchObject({
      groups: [{ group: 'research', verdict: 'above', rise: '-5000' }],
    });
  });
});
