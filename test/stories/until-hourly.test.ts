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
        stdout: 'No return is due: no date of `until:` that was applied has come.\n',
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

describe('a record that is made anew after the date', () => {
  const files = { 'org.yaml': orgFile(), 'a.yaml': raised };
  const ended = { ...files, 'a.yaml': raised.replace('then: $500', 'then: none') };
  it.each([
    ['has its return due, where live has what held before', files, 800, [500], 'Applied 1 of 1.'],
    ['has one due that takes the policy away', ended, 800, [], 'Applied 1 of 1.'],
    ['has none due, where it has come back', files, 500, [500], 'No return is due'],
    ['leaves what somebody set by hand', files, 650, [650], 'No return is due'],
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
      expect([again.exit, again.stdout]).toEqual([0, expect.stringContaining('No return is due')]);
    } finally {
      await rig.close();
    }
  });
});
