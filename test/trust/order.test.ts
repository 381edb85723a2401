/** Never a moment without a limit: whatever fails, what was to bind instead of a limit is in force before that limit goes. */

import { afterEach, describe, expect, test } from 'vitest';
import { parseFault } from '../../src/emulator/faults.ts';
import type { Outcome } from '../../src/plan/types.ts';
import { impose, startTrial } from '../faults/trial.ts';
import { keyA1, keyRow, smallState, teamA, uuid } from '../helpers/state.ts';
import { orgFile, startWorld, type World, type WorldOptions, workspaceFile } from '../helpers/world.ts';
import { describeLive } from '../stories/harness.ts';

let world: World;
afterEach(() => world.close());

const files = (a: string, b?: string, org = ''): Record<string, string> => ({
  'org.yaml': orgFile(org),
  'a.yaml': workspaceFile('ws-team-a', a),
  ...(b === undefined ? {} : { 'b.yaml': workspaceFile('ws-team-b', b) }),
});
const policy = (name: string, budget: string, reset = 'monthly', per = 'workspace_id', more = ''): string =>
  `  ${name}:\n    budget: ${budget}\n    reset: ${reset}\n    per: ${per}\n${more}`;
const limits = (budget: string, reset = 'monthly'): string => `limits:\n  budget: ${budget}\n  reset: ${reset}\n`;
const keyApp = (budget: string, more = ''): string =>
  `keys:\n  app:\n    budget: ${budget}\n    reset: monthly\n${more}`;

/** `before` applied; then `after` while the service plays `faults`. */
async function applyUnder(
  before: Record<string, string>,
  after: Record<string, string>,
  faults: readonly string[],
  options: WorldOptions = {},
): Promise<readonly Outcome[]> {
  world = await startWorld({ movingClock: true, state: smallState(), ...options });
  await world.apply(before);
  world.emulator.setFaults(faults.map(parseFault));
  const outcomes = await world.apply(after);
  world.emulator.setFaults([]);
  return outcomes;
}

const statuses = (outcomes: readonly Outcome[]): string[] =>
  outcomes.map(({ change, status }) => `${change.action} ${change.key.name} ${status}`);

/** Without faults everything is as the files say. */
async function expectConverged(after: Record<string, string>): Promise<void> {
  for (let run = 0; run < 2; run++) await world.apply(after);
  expect((await world.planOk(after)).changes).toEqual([]);
}

const createFails = ['POST /policies/** 402'];

describe('a replacement that fails', () => {
  const before = files(`${limits('$500')}${keyApp('$80')}policies:\n${policy('cap', '200M tokens')}`);
  const after = files(`policies:\n${policy('cap', '$500')}`);

  test('trust-E3: a delete and a clearing wait for a replacement that the service refuses', async () => {
    const outcomes = await applyUnder(before, after, createFails);
    expect(statuses(outcomes)).toEqual(['replace cap failed', 'delete limits skipped', 'delete app skipped']);
    expect(describeLive(world)).toEqual([
      'cap: 200000000 tokens monthly per workspace_id',
      'key app: $80 monthly',
      'limits: $500 monthly',
    ]);
    await expectConverged(after);
    expect(describeLive(world)).toEqual(['cap: $500 monthly per workspace_id']);
  });

  test('trust-E3: the same where the old policy had to make room for its name', async () => {
    await applyUnder(before, after, ['POST /policies/** 402 after=1'], {
      quirks: { nameConflict409: true },
    });
    expect(describeLive(world)).toContain('limits: $500 monthly');
    await expectConverged(after);
  });

  test('trust-E3: a loosening waits for it too', async () => {
    const outcomes = await applyUnder(
      files(`policies:\n${policy('cap', '200M tokens')}${policy('other', '$100')}`),
      files(`policies:\n${policy('cap', '$100')}${policy('other', '$9,000')}`),
      createFails,
    );
    expect(statuses(outcomes)).toEqual(['replace cap failed', 'update other skipped']);
  });

  test('trust-E3: one of two replacements fails: no old policy goes, and the next run ends it', async () => {
    const swapped = files(`policies:\n${policy('one', '5M tokens')}${policy('two', '$100')}`);
    const outcomes = await applyUnder(
      files(`policies:\n${policy('one', '$100')}${policy('two', '5M tokens')}`),
      swapped,
      ['POST /policies/** 402 after=1'],
    );
    expect(statuses(outcomes).filter((line) => line.endsWith('applied'))).toEqual([]);
    const live = describeLive(world);
    expect(live).toContain('one: $100 monthly per workspace_id');
    expect(live).toContain('two: 5000000 tokens monthly per workspace_id');
    await expectConverged(swapped);
    expect(describeLive(world)).toEqual([
      'one: 5000000 tokens monthly per workspace_id',
      'two: $100 monthly per workspace_id',
    ]);
  });

  test('trust-E3: an unknown answer to a replacement deletes nothing', async () => {
    await applyUnder(before, after, ['POST /policies/** 500']);
    expect(describeLive(world)).toContain('limits: $500 monthly');
  });
});

describe('one limit of several is cleared', () => {
  test('trust-E3: an update that clears a field waits for everything, though it deletes nothing', async () => {
    const before = files(
      `${keyApp('$80', '    rate: 10 requests/minute\n')}policies:\n${policy('cap', '200M tokens')}`,
    );
    const after = files(`keys:\n  app:\n    budget: $80\n    reset: monthly\npolicies:\n${policy('cap', '$500')}`);
    const outcomes = await applyUnder(before, after, createFails);
    expect(statuses(outcomes)).toEqual(['replace cap failed', 'update app skipped']);
    expect(describeLive(world)).toContain('key app: $80 monthly, 10 requests/minute');
    await expectConverged(after);
  });

  test('trust-E3: one that tightens another field meanwhile waits as well', async () => {
    const before = files(
      `${keyApp('$80', '    rate: 10 requests/minute\n')}policies:\n${policy('cap', '200M tokens')}`,
    );
    const after = files(`${keyApp('$60')}policies:\n${policy('cap', '$500')}`);
    const outcomes = await applyUnder(before, after, createFails);
    expect(statuses(outcomes)).toEqual(['replace cap failed', 'update app skipped']);
    await expectConverged(after);
  });

  test('trust-E3: … and what loosens or goes elsewhere waits for that one', async () => {
    const before = files(
      `${keyApp('$80', '    rate: 10 requests/minute\n')}policies:\n${policy('up', '$100')}${policy('gone', '$50')}`,
    );
    const after = files(`${keyApp('$60')}policies:\n${policy('up', '$900')}`);
    const outcomes = await applyUnder(before, after, ['PUT /api-keys/** 400']);
    expect(statuses(outcomes)).toEqual(['update app failed', 'update up skipped', 'delete gone skipped']);
    await expectConverged(after);
  });

  test('trust-E3: dollars that become tokens at a key are a clearing', async () => {
    const outcomes = await applyUnder(
      files(`${keyApp('$80')}policies:\n${policy('cap', '200M tokens')}`),
      files(`${keyApp('3M tokens')}policies:\n${policy('cap', '$500')}`),
      createFails,
    );
    expect(statuses(outcomes)).toEqual(['replace cap failed', 'update app skipped']);
  });

  test("trust-E3: a workspace's budget of one period that makes room for another waits", async () => {
    const outcomes = await applyUnder(
      files(`${limits('$500')}policies:\n${policy('gone', '$50')}`),
      files(`${limits('$100', 'weekly')}policies:\n${policy('new', '$70', 'monthly', 'api_key')}`),
      createFails,
    );
    expect(statuses(outcomes)).toEqual(['create new failed', 'update limits skipped', 'delete gone skipped']);
    expect(describeLive(world)).toContain('limits: $500 monthly');
  });
});

describe('a change that gives and takes', () => {
  test('trust-E4: a tightening that shortens the window holds back a delete', async () => {
    const before = files(`${limits('$500')}policies:\n${policy('cap', '$5,000')}`);
    const after = files(`policies:\n${policy('cap', '$100', 'weekly')}`);
    const outcomes = await applyUnder(before, after, ['PUT /policies/** 400']);
    expect(statuses(outcomes)).toEqual(['update cap failed', 'delete limits skipped']);
    expect(describeLive(world)).toContain('limits: $500 monthly');
    await expectConverged(after);
  });

  test('trust-E4: so it does at a key, where both are one field', async () => {
    const before = files(`keys:\n  app:\n    budget: $5,000\n    reset: monthly\npolicies:\n${policy('up', '$500')}`);
    const after = files(`keys:\n  app:\n    budget: $100\n    reset: weekly\npolicies:\n${policy('up', '$900')}`);
    const outcomes = await applyUnder(before, after, ['PUT /api-keys/** 400']);
    expect(statuses(outcomes)).toEqual(['update app failed', 'update up skipped']);
  });

  test('trust-E4: it waits itself for what only tightens', async () => {
    const outcomes = await applyUnder(
      files(`policies:\n${policy('mixed', '$5,000')}`),
      files(`policies:\n${policy('mixed', '$100', 'weekly')}${policy('new', '$70', 'monthly', 'api_key')}`),
      createFails,
    );
    expect(statuses(outcomes)).toEqual(['create new failed', 'update mixed skipped']);
  });

  test('trust-E4: a narrower match waits for it, since it leaves traffic to others', async () => {
    const match = '    match: { metadata.team: nlp }\n';
    const outcomes = await applyUnder(
      files(`policies:\n${policy('all', '$500')}${policy('other', '$5,000')}`),
      files(
        `policies:\n${policy('all', '$500', 'monthly', 'workspace_id', match)}${policy('other', '$100', 'weekly')}`,
      ),
      [`PUT /policies/** 400 times=1`],
    );
    expect(statuses(outcomes)).toEqual(['update other failed', 'update all skipped']);
  });

  test('trust-E4: a description that fails holds back a delete, and no loosening', async () => {
    const described = '    description: agreed\n';
    const outcomes = await applyUnder(
      files(`policies:\n${policy('a', '$5')}${policy('b', '$5')}${policy('c', '$5')}`),
      files(`policies:\n${policy('a', '$5', 'monthly', 'workspace_id', described)}${policy('b', '$6')}`),
      ['PUT /policies/** 400 times=1'],
    );
    expect(statuses(outcomes)).toEqual(['update a failed', 'update b applied', 'delete c skipped']);
  });
});

describe('a match that moves', () => {
  const nlp = '    match: { metadata.team: nlp }\n';
  const sales = '    match: { metadata.team: sales }\n';
  const of = (name: string, match = '', budget = '$500', per = 'workspace_id'): string =>
    policy(name, budget, 'monthly', per, match);
  const group = (...policies: string[]): Record<string, string> => files(`policies:\n${policies.join('')}`);

  /** Watched at every moment; the outcomes while the service plays `faults`, and the matches that are live then. */
  async function move(before: Record<string, string>, after: Record<string, string>, ...faults: readonly string[]) {
    const trial = await startTrial({ state: smallState() });
    world = trial.world;
    await trial.apply(before);
    impose(world, { faults: faults.map(parseFault) });
    const outcomes = statuses((await trial.apply(after)) ?? []);
    impose(world, {});
    expect(trial.violations).toEqual([]);
    const live = world.emulator.store.state.usagePolicies
      .filter(({ status }) => status === 'active')
      .map(({ name, conditions, group_by }) => `${name} ${conditions[0]?.value} ${group_by[0]?.key}`);
    return { outcomes, live: live.sort(), trial };
  }

  const narrowed = group(of('all', nlp), of('rest', '', '$500', 'api_key'));
  const wide = group(of('all'), of('rest', sales));

  test('trust-E3: what a narrower match gives up waits for the replacement that binds it', async () => {
    const { outcomes, live } = await move(wide, narrowed, createFails[0] ?? '');
    expect(outcomes).toEqual(['replace rest failed', 'update all skipped']);
    expect(live).toEqual(['all * workspace_id', 'rest sales workspace_id']);
    await expectConverged(narrowed);
  });

  test('trust-E3: … also where it tightens an amount meanwhile', async () => {
    const after = group(of('all', nlp, '$400'), of('rest', '', '$500', 'api_key'));
    const { outcomes } = await move(wide, after, createFails[0] ?? '');
    expect(outcomes).toEqual(['replace rest failed', 'update all skipped']);
    await expectConverged(after);
  });

  test('trust-E3: … and without a fault there is no moment between them', async () => {
    const { outcomes } = await move(wide, narrowed);
    expect(outcomes).toEqual(['replace rest applied', 'update all applied']);
  });

  test('trust-E3: an old policy goes when a match that moves onto its traffic is in force', async () => {
    const before = group(of('old', nlp), of('moved', sales));
    const after = group(of('old', sales, '$500', 'api_key'), of('moved', nlp));
    const { outcomes, live } = await move(before, after, 'PUT /policies/** 400 times=1');
    expect(outcomes).toEqual(['replace old failed', 'update moved failed']);
    expect(live).toEqual(['moved sales workspace_id', 'old nlp workspace_id', 'old sales api_key']);
    await expectConverged(after);
  });

  test('trust-E3: … and then it goes', async () => {
    const before = group(of('old', nlp), of('moved', sales));
    const { outcomes } = await move(before, group(of('old', sales, '$500', 'api_key'), of('moved', nlp)));
    expect(outcomes).toEqual(['replace old applied', 'update moved applied']);
  });

  test('trust-E3: … also where it loosens meanwhile', async () => {
    const before = group(of('old', nlp), of('moved', sales));
    const after = group(of('old', sales, '$500', 'api_key'), of('moved', nlp, '$900'));
    const { live } = await move(before, after, 'PUT /policies/** 400 times=1');
    expect(live).toContain('old nlp workspace_id');
    await expectConverged(after);
  });

  test.each(['$500', '$900', '$400'])('trust-E3: a wider match at %s comes before a narrower one', async (budget) => {
    const before = group(of('a', ''), of('b', sales));
    const after = group(of('a', nlp), of('b', '', budget));
    const { outcomes, live } = await move(before, after, 'PUT /policies/** 400 times=1');
    expect(outcomes).toEqual(['update b failed', 'update a skipped']);
    expect(live).toContain('a * workspace_id');
    await expectConverged(after);
  });

  test('trust-E3: a match that moves comes before a narrower one, and a delete after both', async () => {
    const both = '    match: { metadata.team: [nlp, sales] }\n';
    const before = group(of('a', both), of('b', '    match: { metadata.team: law }\n'), of('gone', nlp));
    const after = group(of('a', sales, '$400'), of('b', nlp));
    const { outcomes } = await move(before, after, 'PUT /policies/** 400 times=1');
    expect(outcomes).toEqual(['update b failed', 'update a skipped', 'delete gone skipped']);
    await expectConverged(after);
  });

  test('trust-E3: a replacement that nobody approved holds back the match that leaves traffic to it', async () => {
    world = await startWorld({ state: smallState() });
    await world.apply(wide);
    expect(statuses(await world.apply(narrowed, { only: ['usage-policy/all'] }))).toEqual(['update all skipped']);
    // The other way round as well: its old policy may be what binds until the match has moved.
    expect(statuses(await world.apply(narrowed, { only: ['usage-policy/rest'] }))).toEqual(['replace rest applied']);
  });

  test('trust-E3: a match that was left out holds back a replacement', async () => {
    world = await startWorld({ state: smallState() });
    await world.apply(group(of('old', nlp), of('moved', sales)));
    const after = group(of('old', sales, '$500', 'api_key'), of('moved', nlp));
    expect(statuses(await world.apply(after, { only: ['usage-policy/old'] }))).toEqual(['replace old skipped']);
  });
});

describe('what is not carried out holds back as well', () => {
  const before = files(`${limits('$500')}policies:\n${policy('cap', '200M tokens')}`);
  const after = files(`policies:\n${policy('cap', '$500')}`);

  test('trust-E3: a delete waits for what --only left out', async () => {
    world = await startWorld({ state: smallState() });
    await world.apply(before);
    const outcomes = await world.apply(after, { only: ['workspace-limits/limits'] });
    expect(statuses(outcomes)).toEqual(['delete limits skipped']);
  });

  test('trust-E3: upsert-only withholds the delete and carries out the rest', async () => {
    world = await startWorld({ state: smallState() });
    await world.apply(before);
    const outcomes = await world.apply(after, { mode: 'upsert-only' });
    expect(statuses(outcomes)).toEqual(['replace cap applied']);
    expect(describeLive(world)).toContain('limits: $500 monthly');
    await expectConverged(after);
  });

  test('trust-E3: another workspace does not wait', async () => {
    const both = files(`policies:\n${policy('cap', '200M tokens')}`, `policies:\n${policy('gone', '$5')}`);
    const outcomes = await applyUnder(both, files(`policies:\n${policy('cap', '$500')}`, ''), createFails);
    expect(statuses(outcomes)).toEqual(['replace cap failed', 'delete gone applied']);
  });

  test('trust-E3: what is recorded under an old slug of the workspace waits all the same', async () => {
    await applyUnder(before, before, []);
    const record = world.record;
    if (record === null) throw new Error('no record');
    world.record = {
      ...record,
      workspaces: record.workspaces.map((workspace) => ({ ...workspace, slug: 'ws-old-slug' })),
    };
    world.emulator.setFaults(createFails.map(parseFault));
    expect(statuses(await world.apply(after)).sort()).toEqual(['delete limits skipped', 'replace cap failed']);
  });

  test("trust-E3: the organisation's own keys wait for one another", async () => {
    const own = [
      keyRow('one', uuid(61), null, { usage_limits: { type: 'cost', credit_limit: 80, periodic_reset: 'monthly' } }),
      keyRow('two', uuid(62), null, { usage_limits: { type: 'cost', credit_limit: 80, periodic_reset: 'monthly' } }),
    ];
    const state = smallState({ apiKeys: [keyRow('app', keyA1, teamA), ...own] });
    const key = (name: string, budget: string): string => `  ${name}:\n    budget: ${budget}\n    reset: monthly\n`;
    const outcomes = await applyUnder(
      files('', undefined, `keys:\n${key('one', '$80')}${key('two', '$80')}`),
      files('', undefined, `keys:\n${key('two', '$60')}`),
      ['PUT /api-keys/** 400 times=1'],
      { state },
    );
    expect(statuses(outcomes)).toEqual(['update two failed', 'delete one skipped']);
  });
});
