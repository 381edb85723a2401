/** `tollgate apply --returns`, as a cron line runs it and as a person types it. */

import { describe, expect, it } from 'vitest';
import { type Rig, startRig, succeed } from '../helpers/rig.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { type GitRig, startGitRig } from './git-rig.ts';

const spend = (more = '') =>
  workspaceFile('ws-team-a', `policies:\n  spend: { budget: $800, reset: monthly, per: workspace_id${more} }\n`);
const raised = spend(', until: { date: 2026-12-15, then: $500 }');

async function startHourly() {
  let now = Date.UTC(2026, 11, 1, 12);
  const rig = await startRig({
    state: smallState(),
    now: () => new Date(now),
    files: { 'org.yaml': orgFile(), 'a.yaml': raised },
  });
  return {
    rig,
    at: () => ({ now }),
    on: (day: number) => {
      now = Date.UTC(2026, 11, day, 12);
    },
    amounts: () => rig.emulator.store.state.usagePolicies.map(({ credit_limit }) => credit_limit),
  };
}

/** As the command line calls it, without `--yes`. */
const returns = (rig: Rig, session: object, more = {}) =>
  rig.apply({ returns: true, yes: false, ...more } as never, session);

describe('apply --returns', () => {
  it('asks nobody, with a terminal or without: the record that was reviewed is the word', async () => {
    for (const isInteractive of [false, true]) {
      const { rig, at, on, amounts } = await startHourly();
      try {
        await rig.apply({}, at());
        on(15);
        const ran = await returns(rig, { ...at(), isInteractive });
        expect(ran.stderr).not.toContain('Apply this change?');
        expect([ran.exit, amounts()]).toEqual([0, [500]]);
        expect(ran.stdout).toContain('Applied 1 of 1.');
      } finally {
        await rig.close();
      }
    }
  });

  it('counts what is due, and not what matches', async () => {
    const { rig, at, on } = await startHourly();
    try {
      await rig.apply({}, at());
      on(14);
      const ran = await returns(rig, at());
      expect(ran).toMatchObject({
        exit: 0,
        stdout: 'No return is to be applied: no date has come, or what it moves was set by hand.\n',
      });
    } finally {
      await rig.close();
    }
  });

  it('shows what it carries out, and nothing of what was merged meanwhile', async () => {
    const { rig, at, on, amounts } = await startHourly();
    try {
      await rig.apply({}, at());
      const other = '  other: { budget: $100, reset: monthly, per: workspace_id }\n';
      rig.write({ 'org.yaml': orgFile(), 'a.yaml': `${raised}${other}` });
      on(15);
      const ran = await returns(rig, at());
      expect([ran.exit, amounts()]).toEqual([0, [500]]);
      expect(`${ran.stdout}${ran.stderr}`).not.toMatch(/^ *\+ other/m);
      expect(ran.stdout).toContain('Applied 1 of 1.');
    } finally {
      await rig.close();
    }
  });

  it('says of what is applied until when it holds, also afterwards, and on whose word it came back', async () => {
    const { rig, at, on } = await startHourly();
    try {
      const { stderr } = await rig.apply({}, at());
      expect(stderr).toMatch(/applied +\+ spend.*through 14 Dec 2026, from 15 Dec \(00:00 UTC\) \$500/s);
      on(15);
      await returns(rig, at());
      const record = rig.readRecord();
      expect(record).toMatchObject({ way: 'return', outcomes: [{ status: 'applied', due: '2026-12-15' }] });
    } finally {
      await rig.close();
    }
  });

  it.each([
    [
      'sealed with another key',
      () => undefined,
      { TOLLGATE_SEAL_KEY: 'of somebody else' },
      'not sealed with the key of this run',
    ],
    [
      'lost',
      (rig: GitRig) => rig.git('push', '--quiet', 'origin', ':refs/tollgate/production'),
      {},
      'no applied record',
    ],
  ])('applies nothing where the record is %s, and says so', async (_what, harm, env, why) => {
    let now = Date.UTC(2026, 11, 1, 12);
    const rig = await startGitRig({ state: smallState(), now: () => new Date(now) });
    try {
      rig.commit({ 'org.yaml': orgFile(), 'a.yaml': raised });
      await rig.apply({}, { now });
      harm(rig);
      now = Date.UTC(2026, 11, 15, 12);
      const ran = await returns(rig, { now, env });
      expect([ran.exit, ran.stderr]).toEqual([4, expect.stringContaining(why)]);
      expect(rig.emulator.store.state.usagePolicies.map(({ credit_limit }) => credit_limit)).toEqual([800]);
    } finally {
      await rig.close();
    }
  });
});

describe('a cap that was set by hand', () => {
  it('is left by a return that gives more, and by the next apply, until drift is reverted, under all guards', async () => {
    const { rig, at, on, amounts } = await startHourly();
    try {
      rig.write({ 'org.yaml': orgFile(), 'a.yaml': raised.replace('$800', () => '$100') });
      await succeed(rig.apply({}, at()));
      const [row] = rig.emulator.store.state.usagePolicies;
      if (row === undefined) throw new Error('no policy');
      row.credit_limit = 50;
      on(15);
      const hourly = await returns(rig, at());
      expect([hourly.exit, hourly.stdout, amounts()]).toEqual([0, expect.stringContaining('set by hand'), [50]]);
      const next = await succeed(rig.apply({}, at()));
      expect([next.stderr, amounts()]).toEqual([
        expect.stringMatching(/set by hand, and left\n +spend .*: \$500 → \$50 /),
        [50],
      ]);
      const reverted = await rig.apply({ revertDrift: true }, at());
      const [word] = /spend-up=900@[0-9a-f]{32}/.exec(reverted.stderr) ?? [];
      expect([reverted.exit, word]).toEqual([3, expect.any(String)]);
      await succeed(rig.apply({ revertDrift: true, allow: [word ?? ''] }, at()));
      expect(amounts()).toEqual([500]);
    } finally {
      await rig.close();
    }
  });
});

describe('what objects to a return', () => {
  const declared = (org: string, then: string) => ({
    'org.yaml': orgFile(org),
    'a.yaml': spend(`, until: { date: 2026-12-15, then: ${then} }`),
    'b.yaml': workspaceFile('ws-team-b', 'policies:\n  own: { budget: $10, reset: monthly, per: workspace_id }\n'),
  });
  it.each([
    ['lets through what gives less', '$500', 0, 500],
    ['holds what gives more, and is named', '$900', 3, 800],
  ])('%s', async (_what, then, exit, amount) => {
    const { rig, at, on } = await startHourly();
    try {
      for (const org of ['', 'review: { unmanaged: fail }\n']) {
        rig.write(declared(org, then));
        await succeed(rig.apply({}, at()));
      }
      const rows = rig.emulator.store.state.usagePolicies;
      const [first] = rows;
      if (first === undefined) throw new Error('no policy');
      rows.push({ ...first, id: '99999999-9999-4999-8999-999999999999', name: 'stray' });
      on(15);
      const ran = await returns(rig, at());
      expect([ran.exit, first.credit_limit]).toEqual([exit, amount]);
      if (exit > 0) expect(ran.stderr).toContain('unmanaged');
    } finally {
      await rig.close();
    }
  });

  it('is no rule of approval: a return was reviewed with its date, under every CI', async () => {
    const asks = { 'org.yaml': orgFile('review:\n  approvals:\n    - by: ["@octo"]\n'), 'a.yaml': raised };
    const env = { CI: 'true', GITLAB_CI: 'true' };
    for (const more of [{}, { returns: true, yes: false }]) {
      const { rig, at, on, amounts } = await startHourly();
      try {
        rig.write(asks);
        await succeed(rig.apply({}, at()));
        on(15);
        const ran = await rig.apply(more as never, { ...at(), env });
        expect([ran.exit, amounts()]).toEqual([0, [500]]);
        expect(`${ran.stdout}${ran.stderr}`).not.toContain('@octo');
      } finally {
        await rig.close();
      }
    }
  });
});

describe('a record that is not known for what it is', () => {
  const key = { TOLLGATE_SEAL_KEY: 'of this run' };
  const low = raised.replace('$800', () => '$100').replace('$500', () => '$5000');

  it('lifts no guard from a raise by its date where another key sealed it', async () => {
    let now = Date.UTC(2026, 11, 1, 12);
    const rig = await startGitRig({ state: smallState(), now: () => new Date(now) });
    try {
      rig.commit({ 'org.yaml': orgFile(), 'a.yaml': low });
      await succeed(rig.apply({}, { now, env: key }));
      now = Date.UTC(2026, 11, 15, 12);
      const ran = await rig.apply({}, { now, env: { TOLLGATE_SEAL_KEY: 'of somebody else' } });
      expect([ran.exit, `${ran.stdout}${ran.stderr}`]).toEqual([3, expect.stringContaining('spend-up')]);
      expect(rig.emulator.store.state.usagePolicies.map(({ credit_limit }) => credit_limit)).toEqual([100]);
    } finally {
      await rig.close();
    }
  });

  it.each([
    ['before its day', 2, 0],
    ['from its day on', 15, 4],
  ])('is moved with a date in the files, %s, and until then no return is said to be none', async (_when, day, exit) => {
    let now = Date.UTC(2026, 11, 1, 12);
    const rig = await startGitRig({ state: smallState(), now: () => new Date(now) });
    const amounts = () => rig.emulator.store.state.usagePolicies.map(({ credit_limit }) => credit_limit);
    try {
      rig.commit({ 'org.yaml': orgFile(), 'a.yaml': raised });
      await succeed(rig.apply({}, { now, env: key }));
      now = Date.UTC(2026, 11, day, 12);
      rig.commit({ 'org.yaml': orgFile().replace('production', 'staging'), 'a.yaml': raised });
      const waits = await returns(rig, { now, env: key });
      expect([waits.exit, amounts()]).toEqual([exit, [800]]);
      if (exit > 0) expect(waits.stderr).toContain('`tollgate record move`');
      await succeed(rig.move({}, { now, env: key }));
      const moved = await returns(rig, { now, env: key });
      expect([moved.exit, amounts()]).toEqual([0, [exit > 0 ? 500 : 800]]);
    } finally {
      await rig.close();
    }
  });

  it('moves with nothing that the files say otherwise of a day to come', async () => {
    const now = Date.UTC(2026, 11, 1, 12);
    const rig = await startGitRig({ state: smallState(), now: () => new Date(now) });
    try {
      rig.commit({ 'org.yaml': orgFile(), 'a.yaml': raised });
      await succeed(rig.apply({}, { now, env: key }));
      rig.commit({
        'org.yaml': orgFile().replace('production', 'staging'),
        'a.yaml': raised.replace('$500', () => '$600'),
      });
      const ran = await rig.move({}, { now, env: key });
      expect([ran.exit, ran.stderr]).toEqual([1, expect.stringContaining('in more than that')]);
    } finally {
      await rig.close();
    }
  });
});

describe('a record that is made anew after the date', () => {
  const files = { 'org.yaml': orgFile(), 'a.yaml': raised };
  const ended = { ...files, 'a.yaml': raised.replace('then: $500', 'then: none') };
  it.each([
    ['has its return due, where live has what held before', files, 800, [500], 'Applied 1 of 1.'],
    ['has one due that takes the policy away', ended, 800, [], 'Applied 1 of 1.'],
    ['has none due, where it has come back', files, 500, [500], 'No return is to be applied'],
    ['leaves what somebody set by hand', files, 650, [650], 'No return is to be applied'],
  ])('%s', async (_what, declared, live, left, said) => {
    let now = Date.UTC(2026, 11, 1, 12);
    const rig = await startGitRig({ state: smallState(), now: () => new Date(now) });
    const amounts = () =>
      rig.emulator.store.state.usagePolicies.flatMap(({ status, credit_limit }) =>
        status === 'active' ? [credit_limit] : [],
      );
    try {
      const from = rig.commit(declared);
      await succeed(rig.apply({}, { now }));
      const [row] = rig.emulator.store.state.usagePolicies;
      if (row === undefined) throw new Error('no policy');
      row.credit_limit = live;
      rig.git('push', '--quiet', 'origin', ':refs/tollgate/production');
      now = Date.UTC(2026, 11, 16, 12);
      await succeed(rig.rebuild({ from, yes: true }, { now }));
      const drift = await rig.drift({}, { now });
      expect(drift.stdout.includes('due since 15 Dec 2026')).toBe(live === 800);
      const ran = await returns(rig, { now });
      expect([ran.exit, ran.stdout, amounts()]).toEqual([0, expect.stringContaining(said), left]);
      // Once: the record made so is proven by its commit, on that day and after it.
      const again = await returns(rig, { now });
      expect([again.exit, again.stdout]).toEqual([0, expect.stringContaining('No return is to be applied')]);
    } finally {
      await rig.close();
    }
  });
});
