/** Departments: workspaces that answer for one ceiling together, from the first line in Git to the last. */

import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { digestIn, type ShownViolation, violationsOf } from '../guards/judged.ts';
import { parseOutput, type Ran, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { smallState, teamA, teamB, usagePolicyRow, uuid } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { request } from '../impact/kit.ts';

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

  test('the judged never chooses its ceiling: raised, taken out, or left in the change that needs it, it judges all the same', async () => {
    await startApplied(group(both), 400, 500);
    const ways = {
      raised: group('workspaces: [ws-team-*]\n    ceiling: $9,000'),
      'said in another window': group('workspaces: [ws-team-*]\n    ceiling: $1,000\n    reset: weekly'),
      'without a ceiling': group('workspaces: [ws-team-*]'),
      'taken out': '',
      'under another name': group('workspaces: [ws-team-*]\n    ceiling: $9,000', 'other'),
      'left by the workspace that rises': group('workspaces: [ws-team-b]\n    ceiling: $1,000'),
      'the guard switched off': group(both),
    };
    for (const [way, groups] of Object.entries(ways)) {
      const off = way === 'the guard switched off' ? 'review: {guards: {spend_up: off, ceiling: off}}\n' : quiet;
      const wanted = { ...files(groups, 700, 500), 'org.yaml': orgFile(`${off}${groups}`) };
      const ran = await planned(wanted);
      expect([way, ran.exit, shown(ran)]).toEqual([way, 3, [['ceiling', 300]]]);
    }
    // In a change of its own it is a setting that judges, and is shown as one.
    const alone = await planned(files(ways.raised, 400, 500));
    expect([alone.exit, shown(alone)]).toEqual([0, []]);
    expect(parseOutput(alone).record_lines).toMatchObject([
      { action: 'settings', detail: 'groups.research: $1,000 monthly → $9,000 monthly' },
    ]);
    // Which of the two it is judged by is said, and the other one beside it.
    expect((await rig.plan()).stdout).toContain(
      'Group research: $900 of $1,000 / 30 days in force (these files: $9,000).',
    );
    for (const [way, other] of [
      ['raised', '$9,000'],
      ['without a ceiling', 'none'],
      ['taken out', 'none'],
    ] as const) {
      const [objection] = violationsOf(await planned(files(ways[way], 700, 500)));
      expect(objection?.details[0]).toContain(`its ceiling is $1,000 in force (these files: ${other})`);
    }
    rig.write(files(ways.raised, 400, 500));
    await succeed(rig.apply());
    expect((await planned(files(ways.raised, 700, 500))).exit).toBe(0);
  });

  test('two changes that stay below it each are judged again where they meet', async () => {
    await startApplied(group(both), 400, 400);
    for (const one of [files(group(both), 550, 400), files(group(both), 400, 550)]) {
      expect(shown(await planned(one))).toEqual([]);
    }
    rig.write(files(group(both), 550, 400));
    await succeed(rig.apply());
    rig.write(files(group(both), 550, 550));
    const ran = await rig.apply({ format: 'json' });
    expect([ran.exit, shown(ran)]).toEqual([3, [['ceiling', 150]]]);
  });

  test('another name of the file, or the id in the place of the slug, leaves no group', async () => {
    await startApplied(group(both), 400, 500);
    const moved = files(group(both), 700, 500);
    const { 'a.yaml': text = '', ...others } = moved;
    expect(shown(await planned({ ...others, 'elsewhere/x.yaml': text }))).toEqual([['ceiling', 300]]);
    expect(shown(await planned({ ...others, 'a.yaml': text.replace('ws-team-a', teamA) }))).toEqual([['ceiling', 300]]);
  });

  test("a lower ceiling counts at once, and one below what is committed stands in nobody's way", async () => {
    await startApplied(group(both), 400, 500);
    const low = group('workspaces: [ws-team-*]\n    ceiling: $950');
    expect(shown(await planned(files(low, 500, 500)))).toEqual([['ceiling', 100]]);
    const below = await planned(files(group('workspaces: [ws-team-*]\n    ceiling: $100'), 400, 500));
    expect([below.exit, shown(below)]).toEqual([0, []]);
    expect((await rig.plan()).stdout).toContain(
      'Group research: $900 of $100 / 30 days, new with these files: above its ceiling, and not raised by this plan.',
    );
  });

  test('a workspace that comes into a group is a rise of it', async () => {
    await startApplied(group('workspaces: [ws-team-a]\n    ceiling: $600'), 400, 500);
    const ran = await planned(files(group('workspaces: [ws-team-a, ws-team-b]\n    ceiling: $600'), 400, 500));
    expect([ran.exit, shown(ran)]).toEqual([3, [['ceiling', 500]]]);
    const [{ allow } = { allow: null }] = violationsOf(ran);
    await succeed(rig.apply({ allow: [allow ?? ''] }));
  });

  test('what nothing bounds any more is above every ceiling', async () => {
    await startApplied(group(both), 400, 500);
    const guards = 'review: {guards: {spend_up: off, empties_scope: off, deletes: off}}\n';
    rig.write({ ...files(group(both), 400, 500), 'org.yaml': orgFile(`${guards}${group(both)}`) });
    await succeed(rig.apply());
    const ran = await planned({ ...files(group(both), null, 500), 'org.yaml': orgFile(`${guards}${group(both)}`) });
    expect([ran.exit, shown(ran)]).toEqual([3, [['ceiling', 'unbounded']]]);
    const [{ allow } = { allow: null }] = violationsOf(ran);
    expect(allow).toMatch(/^ceiling=unbounded@[0-9a-f]{32}$/);
    await succeed(rig.apply({ allow: [allow ?? ''] }));
    // To bound it again is a way down, whatever the amount.
    expect(
      (await planned({ ...files(group(both), 5_000, 500), 'org.yaml': orgFile(`${guards}${group(both)}`) })).exit,
    ).toBe(0);
  });

  test('workspaces without a file count by what limits them live, and are read where the group is in question', async () => {
    rig = await startRig({
      state: smallState({ usagePolicies: [usagePolicyRow('by-hand', uuid(301), teamB, { credit_limit: 800 })] }),
      files: { 'org.yaml': orgFile(`${quiet}${group(both)}`), 'a.yaml': file('ws-team-a', 100) },
    });
    await succeed(rig.apply());
    const ran = await planned({ 'org.yaml': orgFile(`${quiet}${group(both)}`), 'a.yaml': file('ws-team-a', 201) });
    expect([ran.exit, shown(ran)]).toEqual([3, [['ceiling', 101]]]);
  });

  test('policies that cannot be read close the door, by the guard for what is not known', async () => {
    await startApplied(group(both), 400, null);
    // The list of the first workspace is read, that of the second is not.
    rig.emulator.setFaults([
      { method: 'GET', path: '/policies/usage-limits', after: 1, fault: { kind: 'status', status: 403 } },
    ]);
    const ran = await planned(files(group(both), 500, null));
    expect(violationsOf(ran).map(({ guard, details }) => [guard, details])).toEqual([
      [
        'impact-unknown',
        [
          'ceiling cannot be judged for group research: policies or keys of ws-team-b could not be read, so that committed spend there is unknown',
        ],
      ],
    ]);
  });

  test('taken out of Git again it is a line of the plan, and gone after the apply; live stays as it is', async () => {
    await startApplied(group(both), 400, 500);
    const ran = await planned(files('', 400, 500));
    expect([ran.exit, shown(ran)]).toEqual([0, []]);
    expect(parseOutput(ran)).toMatchObject({
      changes: [],
      record_lines: [{ action: 'settings', detail: 'groups.research: $1,000 monthly over ws-team-* → none' }],
    });
    await succeed(rig.apply());
    expect(rig.readRecord()?.settings).not.toHaveProperty('groups');
    expect((await planned(files('', 700, 500))).exit).toBe(0);
    expect(parseOutput(await rig.plan({ format: 'json' })).impact).not.toHaveProperty('groups');
  });

  test('status tells spend, pace and run-out by group, and of what is in none', async () => {
    const costs = [request(30_000, 3), request(40_000, 1, { workspace_id: teamB })];
    rig = await startRig({
      state: smallState({ requestLogs: costs }),
      files: files(group('workspaces: [ws-team-a]\n    ceiling: $1,000\n    owner: jane@example.com'), 500, 400),
    });
    await succeed(rig.apply({ impact: false }));
    const text = (await succeed(rig.status())).stdout.replace(/\s+/g, ' ');
    expect(text).toContain('Groups research: $300 of $1,000 monthly 30 %');
    expect(text).toContain('1 workspace · owner jane@example.com');
    expect(text).toContain('no group: $400 · no ceiling');
    const { groups } = parseOutput(await succeed(rig.status({ format: 'json' })));
    expect(groups).toMatchObject([
      {
        group: 'research',
        ceiling_cents: 100_000,
        spent_cents: 30_000,
        percent: 30,
        committed_per_30_days: { cents: 50_000 },
      },
      { group: null, ceiling_cents: null, spent_cents: 40_000, committed_per_30_days: { cents: 40_000 } },
    ]);
    const metrics = (await succeed(rig.status({ format: 'openmetrics' }))).stdout;
    expect(metrics).toContain('tollgate_group_ceiling_dollars{group="research"} 1000');
    expect(metrics).toContain('tollgate_group_spent_dollars{group=""} 400');
    // Of some workspaces alone no group can be told of.
    expect(parseOutput(await rig.status({ format: 'json', workspace: ['ws-team-a'] })).groups).toBeUndefined();
  });

  test('beside what all budgets may add up to both hold, and each is said', async () => {
    await startApplied(group(both), 400, 500);
    const ruled = `review: {max_monthly_budget: $1200, guards: {spend_up: off}, rules: {ceiling-exceeded: error}}\n`;
    const withRule = (a: number) => ({ ...files(group(both), a, 500), 'org.yaml': orgFile(`${ruled}${group(both)}`) });
    rig.write(withRule(400));
    await succeed(rig.apply());
    const above = await planned(withRule(800));
    expect([
      above.exit,
      shown(above)
        .map(([guard]) => guard)
        .sort(),
    ]).toEqual([3, ['ceiling', 'rules']]);
    // Above the ceiling of the group alone, and of the organisation alone.
    expect(shown(await planned(withRule(600)))).toEqual([['ceiling', 200]]);
    const wide = group('workspaces: [ws-team-*]\n    ceiling: $9,000');
    rig.write({ ...withRule(400), 'org.yaml': orgFile(`${ruled}${wide}`) });
    await succeed(rig.apply());
    const organisation = await planned({ ...withRule(800), 'org.yaml': orgFile(`${ruled}${wide}`) });
    expect(shown(organisation).map(([guard]) => guard)).toEqual(['rules']);
  });

  test('a workspace that moves from one group to another is a rise of the one, and makes no room in the other before the apply', async () => {
    const groups = (a: string, b: string): string =>
      `groups:\n  first: { workspaces: [${a}], ceiling: $900 }\n  second: { workspaces: [${b}], ceiling: $600 }\n`;
    const apart = groups('ws-team-a', 'ws-team-b');
    await startApplied(apart, 400, 500);
    const moved = await planned(files(groups('nobody', 'ws-team-a, ws-team-b'), 400, 500));
    expect([moved.exit, shown(moved)]).toEqual([3, [['ceiling', 400]]]);
    // What leaves a group is judged by the ceiling that it leaves in that very change.
    const freed = await planned(files(groups('nobody', 'ws-team-b'), 950, 500));
    expect([freed.exit, shown(freed)]).toEqual([3, [['ceiling', 550]]]);
    const back = await planned(files(groups('ws-team-a, ws-team-b', 'nobody'), 400, 500));
    expect([back.exit, shown(back)]).toEqual([0, []]);
    await succeed(rig.apply());
    // In force now: one group for both, and the old one holds nothing any more.
    expect(shown(await planned(files(groups('ws-team-a, ws-team-b', 'nobody'), 400, 501)))).toEqual([['ceiling', 1]]);
  });

  test('live workspaces in a group that nothing bounds, or of unknown spend, close the door to a raise alone', async () => {
    rig = await startRig({ state: smallState(), files: { ...files(group(both), 100, null) } });
    const first = await rig.apply({ format: 'json' });
    expect([first.exit, shown(first)]).toEqual([0, []]);
    // ws-team-b is unbounded, and was: a raise beside it is above every ceiling, and what lowers is in nobody's way.
    expect(shown(await planned(files(group(both), 200, null)))).toEqual([['ceiling', 100]]);
    expect((await planned(files(group(both), 50, null))).exit).toBe(0);
    expect((await planned(files(group(both), 100, 300))).exit).toBe(0);
  });

  test('whoever comes with an account that is in use finds no groups, and one of theirs is a line of the first plan', async () => {
    rig = await startRig({
      state: smallState({ usagePolicies: [usagePolicyRow('by-hand', uuid(301), teamB, { credit_limit: 800 })] }),
    });
    const path = join(rig.folder, 'policies', 'org.yaml');
    await succeed(rig.import());
    expect(readFileSync(path, 'utf8')).not.toContain('groups:');
    appendFileSync(path, group(both));
    await succeed(rig.import());
    expect(readFileSync(path, 'utf8')).toContain(group(both));
    const ran = await rig.plan({ format: 'json' });
    expect([ran.exit, shown(ran), parseOutput(ran).changes]).toEqual([0, [], []]);
  });
});
