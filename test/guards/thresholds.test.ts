/** `deletes`, `updates` and `empties-scope`, just under and just over. */

import { afterEach, describe, expect, it } from 'vitest';
import { parseOutput, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { keyA1, keyRow, smallState, teamA } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { type Budgets, budgets, changed, judge, startJudged, twoFiles, violationsOf, without } from './judged.ts';

let rig: Rig;
afterEach(() => rig.close());

interface Case {
  readonly name: string;
  readonly a: Budgets;
  readonly b?: Budgets;
  readonly nextA: Budgets;
  readonly nextB?: Budgets;
  /** `review:` of the first apply. */
  readonly review?: string;
  /** Guard and number; none: nothing objects. */
  readonly objects?: readonly [guard: string, count: number];
  readonly says?: readonly RegExp[];
}

const ten = budgets(10);
const other = budgets(10, 100, 51);
const guards = (text: string): string => `review: {guards: {${text}}}\n`;

const cases: readonly Case[] = [
  { name: 'deletes: two of five is not more than two', a: budgets(5), nextA: without(budgets(5), 2) },
  { name: 'deletes: three of ten is not more than 30 %', a: ten, nextA: without(ten, 3) },
  {
    name: 'deletes: three of nine is more than two and more than 30 %',
    a: budgets(9),
    nextA: without(budgets(9), 3),
    objects: ['deletes', 3],
    says: [/^removes 3 of 9 limits in ws-team-a \(33 %\); more than 2 and more than 30 % need a word$/],
  },
  {
    name: 'deletes: percent is of the larger side, here the desired one',
    a: budgets(4),
    nextA: { ...without(budgets(4), 3), ...budgets(9, 50, 61) },
  },
  {
    name: 'deletes: one less on the desired side is over',
    a: budgets(4),
    nextA: { ...without(budgets(4), 3), ...budgets(8, 50, 61) },
    objects: ['deletes', 3],
    says: [/removes 3 of 9 limits/],
  },
  {
    name: 'deletes: eleven of 110 in the plan is not more than 10 %',
    a: budgets(55),
    b: budgets(55, 100, 101),
    nextA: without(budgets(55), 6),
    nextB: without(budgets(55, 100, 101), 5),
  },
  {
    name: 'deletes: eleven of 109 in the plan is, though no workspace objects',
    a: budgets(54),
    b: budgets(55, 100, 101),
    nextA: without(budgets(54), 6),
    nextB: without(budgets(55, 100, 101), 5),
    objects: ['deletes', 11],
    says: [/^removes 11 of 109 limits in the whole plan \(10.1 %\); more than 10 and more than 10 %/],
  },
  {
    name: 'deletes: ten in the plan are not more than ten',
    a: budgets(34),
    b: budgets(17, 100, 101),
    nextA: without(budgets(34), 5),
    nextB: without(budgets(17, 100, 101), 5),
  },
  {
    name: 'deletes: every place that is over is named, and the number is that of the whole plan',
    a: budgets(9),
    b: budgets(9, 100, 51),
    nextA: without(budgets(9), 3),
    nextB: without(budgets(9, 100, 51), 4),
    objects: ['deletes', 7],
    says: [/removes 3 of 9 limits in ws-team-a/, /removes 4 of 9 limits in ws-team-b \(44 %\)/],
  },
  {
    name: 'deletes: a threshold of the record is in force, just under',
    a: ten,
    nextA: without(ten, 1),
    review: guards('deletes: {count: 1, percent: 5}'),
  },
  {
    name: 'deletes: … and just over',
    a: ten,
    nextA: without(ten, 2),
    review: guards('deletes: {count: 1, percent: 5}'),
    objects: ['deletes', 2],
    says: [/more than 1 and more than 5 %/],
  },
  {
    name: 'deletes: a threshold of the whole plan is settable by itself',
    a: budgets(9),
    nextA: without(budgets(9), 2),
    b: budgets(9, 100, 51),
    nextB: without(budgets(9, 100, 51), 2),
    review: guards('deletes: {plan: {count: 3, percent: 20}}'),
    objects: ['deletes', 4],
    says: [/removes 4 of 18 limits in the whole plan \(22 %\); more than 3 and more than 20 %/],
  },
  { name: 'deletes: off in the record', a: ten, nextA: without(ten, 6), review: guards('deletes: off') },
  { name: 'updates: ten are not more than ten', a: budgets(20), nextA: changed(budgets(20), 10) },
  { name: 'updates: eleven of 37 are not more than 30 %', a: budgets(37), nextA: changed(budgets(37), 11) },
  {
    name: 'updates: eleven of 36 are',
    a: budgets(36),
    nextA: changed(budgets(36), 11),
    b: budgets(40, 100, 101),
    nextB: budgets(40, 100, 101),
    objects: ['updates', 11],
    says: [/^changes 11 of 36 limits in ws-team-a \(31 %\); more than 10 and more than 30 %/],
  },
  {
    name: 'updates: in the plan, eleven of 36 over two workspaces',
    a: budgets(18),
    b: budgets(18, 100, 51),
    nextA: changed(budgets(18), 6),
    nextB: changed(budgets(18, 100, 51), 5),
    objects: ['updates', 11],
    says: [/^changes 11 of 36 limits in the whole plan/],
  },
  {
    name: 'updates: in the plan, eleven of 37 over two workspaces',
    a: budgets(18),
    b: budgets(19, 100, 51),
    nextA: changed(budgets(18), 6),
    nextB: changed(budgets(19, 100, 51), 5),
  },
  { name: 'updates: creates are none', a: budgets(3), nextA: budgets(40) },
  {
    name: 'empties-scope: the last limit of a workspace',
    a: budgets(1),
    nextA: {},
    objects: ['empties-scope', 1],
    says: [/^leaves ws-team-a without any limit; 1 was recorded$/],
  },
  { name: 'empties-scope: all but the last', a: budgets(2), nextA: without(budgets(2), 1) },
  {
    name: 'empties-scope: the last one under another name is not a deletion',
    a: budgets(1),
    nextA: budgets(1, 100, 7),
  },
  {
    name: 'empties-scope: two workspaces',
    a: budgets(1),
    b: budgets(2, 100, 51),
    nextA: {},
    nextB: {},
    objects: ['empties-scope', 2],
    says: [/leaves ws-team-a/, /leaves ws-team-b without any limit; 2 were recorded/],
  },
  {
    name: 'empties-scope: off in the record',
    a: budgets(1),
    nextA: {},
    review: guards('empties_scope: off, spend_up: off'),
  },
];

describe('just under and just over', () => {
  it.each(cases)('$name', async ({ a, b = other, nextA, nextB = b, review = '', objects, says = [] }) => {
    rig = await startJudged(a, b, review);
    rig.write(twoFiles(nextA, nextB, review));
    const violations = await judge(rig);
    expect(violations.map(({ guard, count }) => [guard, count])).toEqual(objects === undefined ? [] : [objects]);
    const details = violations.flatMap((violation) => violation.details);
    expect(details).toHaveLength(says.length === 0 ? 0 : details.length);
    for (const [index, pattern] of says.entries()) expect(details[index]).toMatch(pattern);
    expect((await rig.plan()).exit).toBe(objects === undefined ? 0 : 3);
  });
});

describe('limits at attachment points', () => {
  const key = keyRow('app', keyA1, teamA, {
    usage_limits: { type: 'cost', credit_limit: 80, periodic_reset: 'monthly' },
    rate_limits: [
      { type: 'requests', unit: 'rpm', value: 10 },
      { type: 'tokens', unit: 'rpd', value: 1000 },
    ],
  });
  const files = (keys: string): Record<string, string> => ({
    'org.yaml': orgFile(),
    'a.yaml': workspaceFile('ws-team-a', keys),
  });
  const full =
    'keys:\n  app:\n    budget: $80\n    reset: monthly\n    rates: [10 requests/minute, 1k tokens/day]\n    recipients: [ops@example.com]\n';

  it('counts every budget and rate that is cleared, and nothing else of a key', async () => {
    rig = await startRig({ state: smallState({ apiKeys: [key] }), files: files(full) });
    await succeed(rig.apply());
    rig.write(files('keys:\n  app:\n    recipients: [ops@example.com]\n'));
    expect(await judge(rig)).toMatchObject([
      {
        guard: 'deletes',
        count: 3,
        details: ['removes 3 of 3 limits in ws-team-a (100 %); more than 2 and more than 30 % need a word'],
      },
      { guard: 'empties-scope', count: 1 },
    ]);
    rig.write(files(full.replace('    rates: [10 requests/minute, 1k tokens/day]\n', '')));
    expect(await judge(rig)).toEqual([]);
    rig.write(files(full.replace('    recipients: [ops@example.com]\n', '')));
    expect(await judge(rig)).toEqual([]);
  });

  it('counts no policy of which only alert and description change', async () => {
    const all = budgets(20);
    const entries = Object.keys(all).map(
      (name) =>
        `  ${name}:\n    budget: $100\n    reset: monthly\n    per: workspace_id\n    alert: 80%\n    description: agreed\n`,
    );
    rig = await startJudged(all, other);
    rig.write({ ...twoFiles(all, other), 'a.yaml': workspaceFile('ws-team-a', `policies:\n${entries.join('')}`) });
    const planned = await rig.plan({ format: 'json' });
    expect([planned.exit, parseOutput(planned).counts]).toEqual([0, expect.objectContaining({ update: 20 })]);
    expect(violationsOf(planned)).toEqual([]);
  });

  it('counts a budget that changes as one update', async () => {
    const review = 'review: {guards: {updates: {count: 1, percent: 10}}}\n';
    const judged = (body: string): Record<string, string> => ({ ...files(body), 'org.yaml': orgFile(review) });
    rig = await startRig({ state: smallState({ apiKeys: [key] }), files: judged(full) });
    await succeed(rig.apply());
    rig.write(judged(full.replace('$80', '$70')));
    expect(await judge(rig)).toEqual([]);
    rig.write(judged(full.replace('$80', '$70').replace('10 requests', '9 requests')));
    expect(await judge(rig)).toMatchObject([{ guard: 'updates', count: 2 }]);
  });
});

describe('settings in force', () => {
  it('are those of the record: loosening them judges nothing in the same change', async () => {
    rig = await startJudged(ten, other);
    const loose = guards('deletes: off, empties_scope: off');
    rig.write(twoFiles(without(ten, 4), other, loose));
    expect(await judge(rig)).toMatchObject([{ guard: 'deletes', count: 4, severity: 'error' }]);
    // Merged in a change of its own it comes into force.
    rig.write(twoFiles(ten, other, loose));
    await succeed(rig.apply());
    rig.write(twoFiles(without(ten, 4), other, loose));
    expect(await judge(rig)).toEqual([]);
    await succeed(rig.apply());
  });

  it('tightening them takes effect at once', async () => {
    rig = await startJudged(ten, other);
    const strict = guards('deletes: {count: 0, percent: 0}');
    rig.write(twoFiles(without(ten, 1), other, strict));
    expect(await judge(rig)).toMatchObject([{ guard: 'deletes', count: 1 }]);
  });

  it.each([
    ['the defaults', '', 11, 1],
    ['the defaults where the file says off', guards('updates: off'), 11, 1],
    ['the defaults where the file is looser', guards('updates: {count: 50, percent: 90}'), 11, 1],
    ['the file where it is stricter', guards('updates: {count: 1, percent: 5}'), 2, 1],
    ['… just under', guards('updates: {count: 1, percent: 5}'), 1, 0],
    ['the defaults, just under', '', 10, 0],
  ])('without a record: %s', async (_name, review, count, objections) => {
    rig = await startJudged(budgets(20), other);
    rig = await restartWithoutRecord(rig);
    rig.write(twoFiles(changed(budgets(20), count), other, review));
    expect((await judge(rig)).map(({ guard }) => guard)).toEqual(Array(objections).fill('updates'));
  });

  it('a warning is shown and stops nobody', async () => {
    const warn = guards('empties_scope: warn, spend_up: off');
    rig = await startJudged(budgets(1), other, warn);
    rig.write(twoFiles({}, other, warn));
    const ran = await rig.plan();
    expect(ran.exit).toBe(0);
    expect(ran.stdout).toContain('empties-scope: leaves ws-team-a without any limit');
    expect(ran.stdout).not.toContain('--allow');
    await succeed(rig.apply());
  });
});

async function restartWithoutRecord(old: Rig): Promise<Rig> {
  const fresh = await startRig({ emulator: old.emulator });
  return { ...fresh, close: () => old.close() };
}
