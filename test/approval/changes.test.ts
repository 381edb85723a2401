/** Every row of the table in src/plan/approve.ts: what was reviewed against what is planned now. */

import { afterEach, describe, expect, it } from 'vitest';
import { parseOutput, type Rig, succeed } from '../helpers/rig.ts';
import { keyRow, teamA, usagePolicyRow, uuid } from '../helpers/state.ts';
import { describeLive, keys, policies } from '../stories/harness.ts';
import { applyReviewed, filesOf, readPlan, savePlan, startReviewed } from './reviewed.ts';

let rig: Rig;
afterEach(() => rig.close());

const two = policies({ a: {}, b: {} });
const lower = policies({ a: { budget: '$400' }, b: { budget: '$400' } });
const mixed = policies({ a: { budget: '$400' }, b: { budget: '$600' } });

function live(name: string) {
  const row = rig.emulator.store.state.usagePolicies.find(
    (policy) => policy.name === name && policy.status === 'active',
  );
  if (row === undefined) throw new Error(`no live ${name}`);
  return row;
}

function amounts(): unknown[] {
  return rig.emulator.store.state.usagePolicies
    .filter(({ status }) => status === 'active')
    .map(({ name, credit_limit }) => `${name} ${credit_limit}`);
}

async function isDone(): Promise<void> {
  expect((await rig.plan({ detailedExitcode: true })).exit).toBe(0);
}

describe('approved and planned as it was', () => {
  it('is applied, each change of it', async () => {
    rig = await startReviewed(two, lower);
    const { exit, statuses } = await applyReviewed(rig);
    expect([exit, statuses]).toEqual([0, ['a applied', 'b applied']]);
    await isDone();
  });

  it('also from several files that were reviewed apart', async () => {
    rig = await startReviewed(two, policies({ a: { budget: '$400' }, b: {} }));
    rig.write(filesOf(policies({ a: {}, b: { budget: '$300' } })));
    await savePlan(rig, 'other.json');
    rig.write(filesOf(policies({ a: { budget: '$400' }, b: { budget: '$300' } })));
    const { exit, statuses } = await applyReviewed(rig, { plan: ['plan.json', 'other.json'] });
    expect([exit, statuses]).toEqual([0, ['a applied', 'b applied']]);
  });

  it('also from another folder than the one that planned, with comments and positions moved', async () => {
    rig = await startReviewed(two, lower);
    rig.write(filesOf(`# reviewed\n\n${lower}`));
    expect((await applyReviewed(rig)).exit).toBe(0);
  });

  it('a replacement, a rename, a create and a delete', async () => {
    rig = await startReviewed(
      policies({ a: {}, b: { budget: '$1' }, c: { budget: '$2' }, d: { budget: '$3' } }),
      policies({ a: { per: 'api_key' }, team: { budget: '$1' }, d: { budget: '$3' }, e: { budget: '$4' } }),
    );
    const { exit, statuses } = await applyReviewed(rig);
    expect(exit).toBe(0);
    expect([...statuses].sort()).toEqual(['a applied', 'c applied', 'e applied', 'team applied']);
    await isDone();
  });
});

describe('approved, and planned otherwise now: stale', () => {
  it('live moved meanwhile: shown as approved, as live now and as asked for; exit 4, the rest applied', async () => {
    rig = await startReviewed(two, lower);
    live('a').credit_limit = 450;
    const { exit, statuses, outcomes } = await applyReviewed(rig);
    expect([exit, statuses]).toEqual([4, ['b applied', 'a stale']]);
    expect(outcomes.find(({ status }) => status === 'stale')?.detail).toBe(
      [
        'what it starts from is not what was approved',
        'approved: $500 monthly, shared by the workspace → $400 monthly, shared by the workspace',
        'live now: $450 monthly, shared by the workspace',
        'the files ask for: $400 monthly, shared by the workspace',
      ].join('; '),
    );
    expect(amounts()).toEqual(['a 450', 'b 400']);
  });

  it('says the same to people, on stderr as it happens', async () => {
    rig = await startReviewed(two, lower);
    live('a').credit_limit = 450;
    const ran = await rig.apply({ plan: ['plan.json'] });
    expect(ran.exit).toBe(4);
    expect(ran.stderr).toMatch(/^stale +~ a \(ws-team-a\): what it starts from is not what was approved; approved: /m);
    expect(ran.stdout).toMatch(/^Applied 1 of 2: 1 stale\./);
  });

  it('the files ask for more than was approved', async () => {
    rig = await startReviewed(two, lower);
    rig.write(filesOf(policies({ a: { budget: '$350' }, b: { budget: '$400' } })));
    const { exit, statuses, outcomes } = await applyReviewed(rig);
    expect([exit, statuses]).toEqual([4, ['b applied', 'a stale']]);
    expect(outcomes[1]?.detail).toContain('what it leads to is not what was approved');
    expect(amounts()).toEqual(['a 500', 'b 400']);
  });

  it('an update that became a replacement', async () => {
    rig = await startReviewed(two, lower);
    rig.write(filesOf(policies({ a: { budget: '$400', per: 'api_key' }, b: { budget: '$400' } })));
    const { exit, statuses } = await applyReviewed(rig);
    expect([exit, statuses]).toEqual([4, ['b applied', 'a stale']]);
  });

  it('a create that met a policy of that name', async () => {
    rig = await startReviewed(two, policies({ a: {}, b: {}, c: {} }));
    rig.emulator.store.state.usagePolicies.push(usagePolicyRow('c', uuid(99), teamA));
    const { exit, statuses } = await applyReviewed(rig);
    expect([exit, statuses]).toEqual([4, ['c stale']]);
    expect(amounts()).toEqual(['a 500', 'b 500', 'c 100']);
  });

  it('an update whose policy was deleted', async () => {
    rig = await startReviewed(two, lower);
    live('a').status = 'archived';
    const { exit, statuses } = await applyReviewed(rig);
    expect([exit, statuses]).toEqual([4, ['b applied', 'a stale']]);
    expect(amounts()).toEqual(['b 400']);
  });

  it('stays owed, and a plan of its own sets it right', async () => {
    rig = await startReviewed(two, lower);
    live('a').credit_limit = 450;
    await applyReviewed(rig);
    await savePlan(rig);
    const { exit, statuses } = await applyReviewed(rig);
    expect([exit, statuses]).toEqual([0, ['a applied']]);
    await isDone();
  });

  it('holds back the loosenings and deletes of its workspace', async () => {
    rig = await startReviewed(
      { a: policies({ a: {}, b: {}, c: {} }), b: policies({ z: {} }) },
      { a: mixed, b: policies({ z: { budget: '$900' } }) },
    );
    live('a').credit_limit = 450;
    const { exit, statuses } = await applyReviewed(rig);
    expect(exit).toBe(4);
    expect([...statuses].sort()).toEqual(['a stale', 'b skipped', 'c skipped', 'z applied']);
    expect(amounts()).toEqual(['a 450', 'b 500', 'c 500', 'z 900']);
  });
});

describe('approved, and no longer planned', () => {
  it('live is there already: already applied', async () => {
    rig = await startReviewed(two, lower);
    live('a').credit_limit = 400;
    const { exit, statuses, outcomes } = await applyReviewed(rig);
    expect([exit, statuses]).toEqual([0, ['b applied', 'a already-applied']]);
    expect(outcomes[1]?.detail).toBe('live is already so');
    await isDone();
  });

  it('a delete that somebody made by hand', async () => {
    rig = await startReviewed(two, policies({ a: {} }));
    live('b').status = 'archived';
    const { exit, statuses } = await applyReviewed(rig);
    expect([exit, statuses]).toEqual([0, ['b already-applied']]);
  });

  it('a create that somebody made by hand, alike', async () => {
    rig = await startReviewed(two, policies({ a: {}, b: {}, c: {} }));
    rig.emulator.store.state.usagePolicies.push(usagePolicyRow('c', uuid(99), teamA, { credit_limit: 500 }));
    const { exit, statuses } = await applyReviewed(rig);
    expect([exit, statuses]).toEqual([0, ['c already-applied']]);
  });

  it('the job run again with the same plan', async () => {
    rig = await startReviewed(two, mixed);
    expect((await applyReviewed(rig)).exit).toBe(0);
    rig.emulator.requests.clear();
    const { exit, statuses } = await applyReviewed(rig);
    expect([exit, statuses]).toEqual([0, ['a already-applied', 'b already-applied']]);
    expect(rig.emulator.requests.countWrites()).toBe(0);
  });

  it('a plan of creates applied twice makes nothing twice', async () => {
    rig = await startReviewed('', policies({ a: {}, b: { rate: '10 requests/minute' } }));
    expect((await applyReviewed(rig)).exit).toBe(0);
    const { exit, statuses } = await applyReviewed(rig);
    expect([exit, statuses]).toEqual([0, ['a already-applied', 'b already-applied']]);
    expect(amounts()).toEqual(['a 500']);
  });

  it('the files no longer ask for it: superseded', async () => {
    rig = await startReviewed(two, lower);
    rig.write(filesOf(policies({ a: {}, b: { budget: '$400' } })));
    const { exit, statuses, outcomes } = await applyReviewed(rig);
    expect([exit, statuses]).toEqual([0, ['b applied', 'a superseded']]);
    expect(outcomes[1]?.detail).toBe('approved, and no longer what the files ask for');
    expect(amounts()).toEqual(['a 500', 'b 400']);
  });

  it('a create whose entry was taken back', async () => {
    rig = await startReviewed(two, policies({ a: {}, b: {}, c: {} }));
    rig.write(filesOf(two));
    const { exit, statuses } = await applyReviewed(rig);
    expect([exit, statuses]).toEqual([0, ['c superseded']]);
    expect(amounts()).toEqual(['a 500', 'b 500']);
  });

  it('held back by a mode or a filter is neither: it is still planned', async () => {
    rig = await startReviewed(two, policies({ a: { budget: '$400' } }));
    const { exit, statuses } = await applyReviewed(rig, { mode: 'upsert-only' });
    expect([exit, statuses]).toEqual([0, ['a applied']]);
    expect(rig.readRecord()?.outcomes.map(({ name, status }) => [name, status])).toEqual([
      ['a', 'applied'],
      ['b', 'withheld'],
    ]);
    const later = await applyReviewed(rig);
    expect([later.exit, later.statuses]).toEqual([0, ['b applied', 'a already-applied']]);
  });
});

describe('planned, and never approved', () => {
  it('mistakes-H7: is stale, and names the way on where another plan was approved for it', async () => {
    rig = await startReviewed(two, policies({ a: { budget: '$400' }, b: {} }));
    rig.write(filesOf(lower));
    const { exit, statuses, outcomes } = await applyReviewed(rig);
    expect([exit, statuses]).toEqual([4, ['a applied', 'b stale']]);
    expect(outcomes[1]?.detail).toBe(
      'it was not part of a plan that was approved here; approved elsewhere? add that plan with another --plan; live now: $500 monthly, shared by the workspace; the files ask for: $400 monthly, shared by the workspace',
    );
  });

  it('drift that appeared since is not put back unseen', async () => {
    rig = await startReviewed(two, policies({ a: { budget: '$400' }, b: {} }));
    live('b').credit_limit = 9000;
    const { exit, statuses } = await applyReviewed(rig);
    expect([exit, statuses]).toEqual([4, ['a applied', 'b stale']]);
    expect(amounts()).toEqual(['a 400', 'b 9000']);
  });

  it('a reviewed "*" covers a key made since', async () => {
    rig = await startReviewed('', keys({ '"*"': {} }));
    rig.emulator.store.state.apiKeys.push(keyRow('new', uuid(19), teamA));
    const { exit, statuses } = await applyReviewed(rig);
    expect([exit, statuses]).toEqual([0, ['app applied', 'batch applied', 'new applied']]);
    expect(describeLive(rig)).toEqual(['key app: $80 monthly', 'key batch: $80 monthly', 'key new: $80 monthly']);
  });

  it('… but not with other limits than those reviewed', async () => {
    rig = await startReviewed('', keys({ '"*"': {} }));
    rig.emulator.store.state.apiKeys.push(keyRow('new', uuid(19), teamA));
    rig.write(filesOf(keys({ '"*"': { budget: '$90' } })));
    const { exit, statuses } = await applyReviewed(rig);
    expect([exit, statuses]).toEqual([4, ['app stale', 'batch stale', 'new stale']]);
  });

  it('… nor a key that has limits of its own', async () => {
    rig = await startReviewed('', keys({ '"*"': {} }));
    const limits = { type: 'cost' as const, credit_limit: 5, periodic_reset: 'monthly' as const };
    rig.emulator.store.state.apiKeys.push(keyRow('new', uuid(19), teamA, { usage_limits: limits }));
    const { exit, statuses } = await applyReviewed(rig);
    expect([exit, [...statuses].sort()]).toEqual([4, ['app applied', 'batch applied', 'new stale']]);
  });

  it('… nor a key with a word of its own', async () => {
    rig = await startReviewed('', keys({ '"*"': {} }));
    rig.emulator.store.state.apiKeys.push(keyRow('new', uuid(19), teamA));
    rig.write(filesOf(keys({ '"*"': {}, new: { budget: '$900' } })));
    const { exit, statuses } = await applyReviewed(rig);
    expect([exit, [...statuses].sort()]).toEqual([4, ['app applied', 'batch applied', 'new stale']]);
  });

  it('a "*" of another workspace does not', async () => {
    rig = await startReviewed({ a: '', b: '' }, { a: keys({ '"*"': {} }), b: '' });
    rig.write(filesOf({ a: keys({ '"*"': {} }), b: keys({ '"*"': {} }) }));
    const { exit, statuses } = await applyReviewed(rig);
    expect([exit, statuses]).toEqual([4, ['app applied', 'batch applied', 'web stale']]);
  });
});

describe('record lines that nobody reviewed', () => {
  const protectedA = policies({ a: { protect: 'true' }, b: {} });
  const edited = policies({ a: { protect: 'true' }, b: { budget: '$400' } });

  it('an unprotection is held: the policy stays protected', async () => {
    rig = await startReviewed(protectedA, edited);
    rig.write(filesOf(policies({ a: {}, b: { budget: '$400' } })));
    expect((await applyReviewed(rig)).statuses).toEqual(['b applied']);
    rig.write(filesOf(policies({ b: { budget: '$400' } })));
    const planned = await rig.plan({ format: 'json' });
    expect(planned.exit).toBe(3);
    expect(parseOutput(planned).violations).toMatchObject([{ guard: 'protected' }]);
  });

  it('… and shown again by the next plan', async () => {
    rig = await startReviewed(protectedA, edited);
    rig.write(filesOf(policies({ a: {}, b: { budget: '$400' } })));
    await applyReviewed(rig);
    expect((await rig.plan()).stdout).toContain('unprotect a (ws-team-a)');
  });

  it('a forget is held: what was forgotten is still owed', async () => {
    rig = await startReviewed(two, policies({ a: {}, b: { budget: '$400' } }));
    rig.write(filesOf(`forget: [policies/a]\n${policies({ b: { budget: '$400' } })}`));
    expect((await applyReviewed(rig)).statuses).toEqual(['b applied']);
    const entries = rig.readRecord()?.workspaces.flatMap((workspace) => workspace.entries) ?? [];
    expect(entries.map(({ name, owed }) => [name, owed])).toEqual([
      ['a', true],
      ['b', undefined],
    ]);
  });

  it('settings are held: those in force stay', async () => {
    rig = await startReviewed(two, lower);
    rig.write(filesOf({ org: 'review: {guards: {deletes: off}}\n', a: lower }));
    await applyReviewed(rig);
    expect(rig.readRecord()?.settings.review.guards?.deletes).toBeUndefined();
    expect((await rig.plan()).stdout).toContain('review.guards.deletes: ');
  });

  it('reviewed ones come into force', async () => {
    rig = await startReviewed(protectedA, {
      org: 'review: {guards: {deletes: off}}\n',
      a: `forget: [policies/b]\n${policies({ a: {} })}`,
    });
    const { exit, statuses } = await applyReviewed(rig);
    expect([exit, statuses]).toEqual([0, []]);
    expect(rig.readRecord()).toMatchObject({
      settings: { review: { guards: { deletes: 'off' } } },
      workspaces: [{ entries: [{ name: 'a', protect: false }] }],
    });
    await isDone();
  });

  it('an adoption needs no review', async () => {
    rig = await startReviewed(two, lower);
    rig.emulator.store.state.usagePolicies.push(usagePolicyRow('c', uuid(99), teamA));
    rig.write(filesOf(policies({ a: { budget: '$400' }, b: { budget: '$400' }, c: { budget: '$100' } })));
    expect((await applyReviewed(rig)).exit).toBe(0);
    await isDone();
    expect((await rig.plan()).stdout).not.toContain('adopts');
  });
});

describe('guards over what is left of a reviewed plan', () => {
  const ten = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`p${index}`, {}]));
  const six = Object.fromEntries(Object.entries(ten).slice(4));

  it('a part that is small enough needs no word', async () => {
    rig = await startReviewed(policies(ten), policies(six));
    live('p0').status = 'archived';
    expect((await applyReviewed(rig)).exit).toBe(0);
    await isDone();
  });

  it('what was allowed for the whole holds for the part, and is needed while that is too much by itself', async () => {
    const twelve = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`p${index}`, {}]));
    const five = Object.fromEntries(Object.entries(twelve).slice(7));
    rig = await startReviewed(policies(twelve), policies(five));
    const { digest } = JSON.parse(readPlan(rig)) as { digest: string };
    live('p0').status = 'archived';
    const short = digest.slice(0, 32);
    for (const allow of [[], [`deletes=5@${short}`], [`updates=7@${short}`], [`deletes=7@${'0'.repeat(32)}`]]) {
      const refused = await applyReviewed(rig, { allow });
      expect([refused.exit, refused.statuses]).toEqual([3, []]);
    }
    expect(rig.emulator.requests.countWrites()).toBe(0);
    const { exit, statuses } = await applyReviewed(rig, { allow: [`deletes=7@${short}`] });
    expect(exit).toBe(0);
    expect(statuses.filter((status) => status.endsWith(' applied'))).toHaveLength(6);
    expect(statuses).toContain('p0 already-applied');
  });

  it('without the reviewed file the words are of another plan', async () => {
    const twelve = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`p${index}`, {}]));
    rig = await startReviewed(policies(twelve), policies(Object.fromEntries(Object.entries(twelve).slice(7))));
    const { digest } = JSON.parse(readPlan(rig)) as { digest: string };
    live('p0').status = 'archived';
    expect((await rig.apply({ allow: [`deletes=7@${digest}`] })).exit).toBe(3);
  });

  it('stale changes are not judged: nobody carries them out', async () => {
    rig = await startReviewed(policies(ten), policies({ ...ten, p9: { budget: '$400' } }));
    rig.write(filesOf(policies({ ...Object.fromEntries(Object.entries(ten).slice(5)), p9: { budget: '$400' } })));
    const { exit, statuses } = await applyReviewed(rig);
    expect(exit).toBe(4);
    expect(statuses.filter((status) => status.endsWith('stale'))).toHaveLength(5);
    expect(statuses).toContain('p9 applied');
    await succeed(rig.validate());
  });
});
