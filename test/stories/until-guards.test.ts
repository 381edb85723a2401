/** `until:` and the guards: what holds from a date on is judged when it is planned, by the dearest day; its return needs no second word. */

import { afterEach, describe, expect, it } from 'vitest';
import { type Rig, startRig, succeed } from '../helpers/rig.ts';
import { testNow } from '../helpers/session.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

let rig: Rig;
afterEach(() => rig.close());

const day = 86_400_000;
let now = testNow;
const spend = (budget: string, until?: string) =>
  `policies:\n  spend: { budget: ${budget}, reset: monthly, per: workspace_id${until === undefined ? '' : `, until: ${until}`} }\n`;
const files = (body: string, org = '') => ({
  'org.yaml': orgFile(org),
  'a.yaml': workspaceFile('ws-team-a', body),
});
const startAt = async (body: string, org = ''): Promise<void> => {
  now = testNow;
  rig = await startRig({ state: smallState(), files: files(body, org), now: () => new Date(now) });
  await succeed(rig.apply());
};

interface Seen {
  readonly exit: number;
  readonly said: readonly string[];
  readonly directions: readonly string[];
  readonly plan: Record<string, unknown>;
}

const clock = () => ({ now: () => now });
const planOf = async (body: string, org = ''): Promise<Seen> => {
  rig.write(files(body, org));
  const { exit, stdout } = await rig.plan({ format: 'json' }, clock());
  const plan = JSON.parse(stdout);
  return {
    exit,
    said: plan.violations.map(
      ({ guard, details }: { guard: string; details: string[] }) => `${guard}: ${details.join('; ')}`,
    ),
    directions: plan.changes.map(({ direction }: { direction: string }) => direction),
    plan,
  };
};

describe('what holds from a date on', () => {
  it('is judged by spend-up when it is planned, where nothing live moves as well', async () => {
    await startAt(spend('$500'));
    const { exit, said, plan } = await planOf(spend('$500', '{ date: 2026-12-15, then: $2000 }'));
    expect([exit, said]).toEqual([
      3,
      ['spend-up: committed spend of ws-team-a: $500 → $2,000 / 30 days (+300 %; over +25 %), from 15 Dec 2026 on'],
    ]);
    const { workspaces } = plan.impact as { workspaces: unknown[] };
    expect(workspaces).toMatchObject([
      { before: { cents: '50000' }, after: { cents: '50000' }, on: { date: '2026-12-15' } },
    ]);
    const text = await rig.plan({}, clock());
    expect(text.stdout).toContain('over +25 %), from 15 Dec 2026 on');
  });

  it('loosens now where it gives more than what is live, and takes a word now', async () => {
    await startAt(spend('$500'));
    const seen = await planOf(spend('$300', '{ date: 2026-12-15, then: $2000 }'));
    expect([seen.exit, seen.directions]).toEqual([3, ['loosen']]);
    const ended = await planOf(spend('$300', '{ date: 2026-12-15, then: none }'));
    expect([ended.exit, ended.directions, ended.said.join()]).toEqual([
      3,
      ['loosen'],
      expect.stringContaining('$500 → unbounded / 30 days, from 15 Dec 2026 on'),
    ]);
    const lower = await planOf(spend('$300', '{ date: 2026-12-15, then: $200 }'));
    expect([lower.exit, lower.directions, lower.said]).toEqual([0, ['tighten'], []]);
  });

  it('is counted once: a raise for a while is judged by what it is for that while', async () => {
    await startAt(spend('$500'));
    const { said } = await planOf(spend('$800', '{ date: 2026-12-15, then: $500 }'));
    expect(said).toEqual(['spend-up: committed spend of ws-team-a: $500 → $800 / 30 days (+60 %; over +25 %)']);
  });

  it('rises where a date that ends it is taken out, or put off', async () => {
    await startAt(spend('$800', '{ date: 2026-12-15, then: $500 }'));
    for (const body of [spend('$800'), spend('$800', '{ date: 2026-12-20, then: $500 }')]) {
      expect((await planOf(body)).said).toEqual([
        'spend-up: committed spend of ws-team-a: $500 → $800 / 30 days (+60 %; over +25 %), from 15 Dec 2026 on',
      ]);
    }
    expect((await planOf(spend('$800', '{ date: 2026-12-10, then: $500 }'))).said).toEqual([]);
  });

  it('returns without a second word, by the hourly job and by an apply, whichever is first', async () => {
    await startAt(spend('$500'));
    const raised = spend('$500', '{ date: 2026-12-15, then: $2000 }');
    const { plan } = await planOf(raised);
    const [word] = (plan.violations as { allow: string }[]).map(({ allow }) => allow);
    await succeed(rig.apply({ allow: [word ?? ''] }, clock()));
    expect((await planOf(raised)).exit).toBe(0);
    now += 30 * day;
    const due = await planOf(raised);
    expect([due.exit, due.said, due.directions]).toEqual([0, [], ['loosen']]);
    // Beside it what moves now is judged as before.
    const beside = await planOf(`${raised}limits: { budget: $9000, reset: monthly }\n`);
    expect(beside.said).toEqual([]);
    await succeed(rig.apply({}, clock()));
    expect(rig.emulator.store.state.usagePolicies.map(({ credit_limit }) => credit_limit)).toEqual([2000]);
  });

  it('counts for the ceiling of a group, from its day on', async () => {
    const org = 'groups:\n  research: { workspaces: [ws-team-a], owner: team, ceiling: "$1,000", reset: monthly }\n';
    await startAt(spend('$500'), org);
    const { said } = await planOf(spend('$500', '{ date: 2026-12-15, then: $1500 }'), org);
    expect(said).toContain(
      'ceiling: committed spend of group research: $500 → $1,500 / 30 days (+$1,000); its ceiling is $1,000, from 15 Dec 2026 on',
    );
    expect((await planOf(spend('$500', '{ date: 2026-12-15, then: $600 }'), org)).said).toEqual([]);
  });

  it('counts for review.max_monthly_budget', async () => {
    const org = 'review: { max_monthly_budget: $1000 }\n';
    await startAt(spend('$500'), org);
    const { said } = await planOf(spend('$1000', '{ date: 2026-12-15, then: $1050 }'), org);
    expect(said.join()).toContain('of $1,000 in all, from 15 Dec 2026 on');
    expect((await planOf(spend('$500', '{ date: 2026-12-15, then: $600 }'), org)).said).toEqual([]);
  });

  it('counts as taken away, and as all of a workspace, where none is left of what was there', async () => {
    await startAt('policies:\n  calls: { rate: 100 requests/minute, per: api_key }\n');
    const ends =
      'policies:\n  calls: { rate: 100 requests/minute, per: api_key, until: { date: 2026-12-15, then: none } }\n';
    const { said } = await planOf(ends);
    expect(said).toEqual(['empties-scope: leaves ws-team-a without any limit; 1 was recorded']);
  });

  it('of a rate is known as well as of a budget: nothing is said to be unread when its date is put off', async () => {
    const rate = (date: string) =>
      `limits:\n  rate: 500 requests/minute\n  until: { date: ${date}, then: { rate: 100 requests/minute } }\n`;
    const org = 'review: { guards: { impact_unknown: "on" } }\n';
    await startAt(rate('2026-12-15'), org);
    rig.write(files(rate('2026-12-20'), org));
    const { exit, stdout } = await rig.plan({}, clock());
    expect([exit, stdout]).toEqual([0, expect.not.stringContaining('consumption was not read')]);
    expect(stdout).toContain('20 Dec');
  });

  it('is not judged where nothing was read, which is said', async () => {
    await startAt(spend('$500'));
    rig.write(files(spend('$500', '{ date: 2026-12-15, then: $2000 }')));
    const { stdout } = await rig.plan({ format: 'json', impact: false }, clock());
    const guards = JSON.parse(stdout).violations.map(({ guard }: { guard: string }) => guard);
    expect(guards).toEqual(['impact-unknown']);
  });
});
