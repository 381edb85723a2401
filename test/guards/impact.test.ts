/** Guards over people and money, each just under and just over, and judged again when the plan is applied. */

import { afterEach, describe, expect, it } from 'vitest';
import { parseOutput, type Ran, type Rig, succeed } from '../helpers/rig.ts';
import { workspaceFile } from '../helpers/world.ts';
import { entity, spendFile, spendRow, startMoved, wholeTeam } from '../impact/kit.ts';
import { digestIn, violationsOf } from './judged.ts';

let rig: Rig;
afterEach(() => rig.close());

const used = (cents: number) => ({
  usagePolicies: [spendRow({ [wholeTeam]: entity(cents, cents >= 50_000 ? 'exhausted' : 'active') })],
});
const perKey = spendFile(500, 'per: api_key');
const guards = (text: string): string => `review:\n  guards:\n    ${text}\n`;

interface Case {
  readonly name: string;
  readonly cents?: number;
  readonly before?: string;
  readonly after: string;
  readonly org?: string;
  /** Guard and count of what objects or warns. */
  readonly says: readonly string[];
  readonly exit: number;
  readonly detail?: string;
}

const cases: readonly Case[] = [
  { name: 'blocks-now: a cent below the new limit', cents: 39_999, after: spendFile(400), says: [], exit: 0 },
  {
    name: 'blocks-now: at the new limit',
    cents: 40_000,
    after: spendFile(400),
    says: ['blocks-now=1'],
    exit: 3,
    detail: 'spend (ws-team-a) stops 1 counter at once: its only one at $400',
  },
  { name: 'blocks-now: blocked already is nothing new', cents: 50_000, after: spendFile(400), says: [], exit: 0 },
  {
    name: 'blocks-now: warns',
    cents: 40_000,
    after: spendFile(400),
    org: guards('blocks_now: warn'),
    says: ['blocks-now=1'],
    exit: 0,
  },
  { name: 'blocks-now: off', cents: 40_000, after: spendFile(400), org: guards('blocks_now: off'), says: [], exit: 0 },
  { name: 'spend-up: 25 %', after: spendFile(625), says: [], exit: 0 },
  {
    name: 'spend-up: a dollar more',
    after: spendFile(626),
    says: ['spend-up=26'],
    exit: 3,
    detail: 'committed spend of ws-team-a: $500 → $626 / 30 days (+25.2 %; over +25 %)',
  },
  {
    name: 'spend-up: bounded to unbounded',
    after: workspaceFile('ws-team-a', 'skip_defaults: []\n').replace('skip_defaults: []\n', ''),
    says: ['empties-scope=1', 'spend-up=unbounded'],
    exit: 3,
    detail: 'committed spend of ws-team-a: $500 → unbounded / 30 days',
  },
  {
    name: 'spend-up: from nothing to a first budget',
    before: spendFile(null),
    after: spendFile(500),
    says: [],
    exit: 0,
  },
  {
    name: 'spend-up: another bound in the record',
    after: spendFile(750),
    org: guards('spend_up: 50%'),
    says: [],
    exit: 0,
  },
  {
    name: 'spend-up: just over that bound',
    after: spendFile(751),
    org: guards('spend_up: 50%'),
    says: ['spend-up=51'],
    exit: 3,
  },
  { name: 'spend-up: warns', after: spendFile(900), org: guards('spend_up: warn'), says: ['spend-up=80'], exit: 0 },
  { name: 'spend-up: off', after: spendFile(900), org: guards('spend_up: off'), says: [], exit: 0 },
  { name: 'counter-reset: nothing used', cents: 0, after: perKey, org: guards('spend_up: off'), says: [], exit: 0 },
  {
    name: 'counter-reset: a cent used',
    cents: 1,
    after: perKey,
    org: guards('spend_up: off'),
    says: ['counter-reset=1'],
    exit: 3,
    detail: 'spend (ws-team-a) starts counting from zero: $0.01 used so far no longer counts',
  },
  { name: 'counter-reset: a change in place', cents: 100, after: spendFile(501), says: [], exit: 0 },
  {
    name: 'counter-reset: off',
    cents: 1,
    after: perKey,
    org: guards('{counter_reset: off, spend_up: off}'),
    says: [],
    exit: 0,
  },
];

describe('just under and just over', () => {
  it.each(cases)('$name', async ({ cents = 0, before = spendFile(500), after, org, says, exit, detail }) => {
    const state = before === spendFile(null) ? {} : used(cents);
    rig = await startMoved(state, before, after, org === undefined ? {} : { org });
    const ran = await rig.plan({ format: 'json' });
    expect(violationsOf(ran).map(({ guard, count }) => `${guard}=${count}`)).toEqual(says);
    expect(ran.exit).toBe(exit);
    if (detail !== undefined) expect(violationsOf(ran).at(-1)?.details).toEqual([detail]);
  });
});

describe('impact-unknown', () => {
  const noCounters = (): void =>
    rig.emulator.faults.set([
      { method: 'GET', path: '/policies/usage-limits/*', times: 1, fault: { kind: 'status', status: 403 } },
    ]);
  const judged = async (org: string): Promise<Ran> => {
    rig = await startMoved(used(40_000), spendFile(500), spendFile(400), { org });
    noCounters();
    return rig.plan({ format: 'json' });
  };

  it('objects to what could trip another guard and cannot be judged, and warns where the settings in force say so', async () => {
    for (const [org, exit, severity] of [
      ['', 3, 'error'],
      [guards('impact_unknown: warn'), 0, 'warning'],
    ] as const) {
      const ran = await judged(org);
      expect(ran.exit).toBe(exit);
      expect(violationsOf(ran)).toMatchObject([
        {
          guard: 'impact-unknown',
          count: 1,
          severity,
          details: [
            expect.stringMatching(/^blocks-now cannot be judged for spend \(ws-team-a\), of unknown use: .*403/),
          ],
        },
      ]);
      if (exit === 3) await rig.close();
    }
  });

  it('is silent when everything is known', async () => {
    rig = await startMoved(used(0), spendFile(500), spendFile(400));
    expect(violationsOf(await rig.plan({ format: 'json' }))).toEqual([]);
  });

  it('objects where the settings in force say `on`, and says nothing where they say `off`', async () => {
    const strict = await judged(guards('impact_unknown: on'));
    expect([strict.exit, violationsOf(strict)[0]?.severity]).toEqual([3, 'error']);
    const skipped = await rig.plan({ format: 'json', impact: false });
    expect([skipped.exit, violationsOf(skipped)[0]?.guard]).toEqual([3, 'impact-unknown']);
    await rig.close();
    expect(violationsOf(await judged(guards('impact_unknown: off')))).toEqual([]);
  });
});

describe('at apply', () => {
  it('judges by what is consumed then, before anything is written', async () => {
    rig = await startMoved(used(30_000), spendFile(500), spendFile(400));
    expect((await rig.plan()).exit).toBe(0);
    const [policy] = rig.emulator.store.state.usagePolicies;
    if (policy !== undefined) policy.entities = { [wholeTeam]: entity(40_000) };
    const ran = await rig.apply();
    expect(ran.exit).toBe(3);
    expect(ran.stderr).toContain('blocks-now: ');
    expect(rig.emulator.requests.countWrites()).toBe(0);
  });

  it('is lifted by its words, for as many as were allowed and for fewer, not for more', async () => {
    rig = await startMoved(used(40_000), spendFile(500), spendFile(400));
    const digest = digestIn(await rig.plan({ format: 'json' }));
    expect((await rig.apply({ allow: [`blocks-now=0@${digest}`] })).exit).toBe(3);
    expect((await rig.apply({ allow: [`spend-up=1@${digest}`] })).exit).toBe(3);
    await succeed(rig.apply({ allow: [`blocks-now=2@${digest}`] }));
  });

  it('of a reviewed plan too, for the part that is applied', async () => {
    rig = await startMoved(used(30_000), spendFile(500), spendFile(400));
    await succeed(rig.plan({ out: 'plan.json' }));
    const [policy] = rig.emulator.store.state.usagePolicies;
    if (policy !== undefined) policy.entities = { [wholeTeam]: entity(45_000) };
    const ran = await rig.apply({ plan: ['plan.json'], format: 'json' });
    expect([ran.exit, violationsOf(ran).map(({ guard }) => guard)]).toEqual([3, ['blocks-now']]);
  });

  it('--no-impact applies, and says what was not judged', async () => {
    rig = await startMoved(used(45_000), spendFile(500), spendFile(400));
    const ran = await rig.apply({ impact: false });
    expect(ran.exit).toBe(0);
    expect(ran.stderr.replace(/\s+/g, ' ')).toContain(
      'impact-unknown: consumption was not read: blocks-now, spend-up and counter-reset are not judged',
    );
  });

  it('by the settings of the record: a plan that switches a guard off is judged by it', async () => {
    rig = await startMoved(used(0), spendFile(500), spendFile(900));
    rig.write({
      'org.yaml': `version: 1\nkind: org\nenvironment: production\norganisation: 7f3c1f8e-2b1d-4a57-9a44-0c7d2b6e9a10\n${guards('spend_up: off')}`,
      'a.yaml': spendFile(900),
    });
    const ran = await rig.plan({ format: 'json' });
    expect([ran.exit, (parseOutput(ran).violations as { guard: string }[])[0]?.guard]).toEqual([3, 'spend-up']);
  });
});
