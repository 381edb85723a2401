/** Protection is the record's, and nothing lifts it: unprotect first, in a merged change of its own. */

import { afterEach, describe, expect, it } from 'vitest';
import { type Rig, startRig, succeed } from '../helpers/rig.ts';
import { keyA1, keyRow, smallState, teamA } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { digestIn, judge, violationsOf } from './judged.ts';

let rig: Rig;
afterEach(() => rig.close());

const spend = 'policies:\n  spend:\n    budget: $500\n    reset: monthly\n    per: workspace_id\n    protect: true\n';
const second = '  second:\n    budget: $50\n    reset: weekly\n    per: api_key\n';
const key = 'keys:\n  app:\n    budget: $80\n    reset: monthly\n    rate: 10 requests/minute\n    protect: true\n';
const filler = 'policies:\n  second:\n    budget: $50\n    reset: weekly\n    per: api_key\n';
const ceiling =
  'defaults:\n  policies:\n    ceiling:\n      budget: $250\n      reset: monthly\n      per: api_key\n      protect: true\n';
const web = 'policies:\n  web:\n    budget: $5\n    reset: never\n    per: api_key\n';

interface Case {
  readonly name: string;
  readonly before: string;
  /** Null: the file is removed. */
  readonly after: string | null;
  readonly org?: string;
  readonly says: RegExp;
}

const cases: readonly Case[] = [
  {
    name: 'delete',
    before: spend + second,
    after: `policies:\n${second}`,
    says: /^deletes usage-policy\/ws-team-a\/spend, which is protected$/,
  },
  {
    name: 'unprotect and delete in one change',
    before: spend + second,
    after: filler,
    says: /^deletes usage-policy\/ws-team-a\/spend/,
  },
  {
    name: 'replacement',
    before: spend,
    after: spend.replace('per: workspace_id', 'per: api_key'),
    says: /^replaces usage-policy\/ws-team-a\/spend/,
  },
  {
    name: 'unprotect and replace in one change',
    before: spend,
    after: spend.replace('per: workspace_id', 'per: api_key').replace('    protect: true\n', ''),
    says: /^replaces usage-policy\/ws-team-a\/spend/,
  },
  {
    name: 'clearing a rate of a key',
    before: filler + key,
    after: filler + key.replace('10 requests/minute', 'none'),
    says: /^clears a limit of key-limits\/ws-team-a\/app/,
  },
  {
    name: 'a rate of a key that is no longer declared',
    before: filler + key,
    after: filler + key.replace('    rate: 10 requests/minute\n', ''),
    says: /^clears a limit of key-limits\/ws-team-a\/app/,
  },
  {
    name: 'a key that is no longer declared',
    before: filler + key,
    after: filler,
    says: /^deletes key-limits\/ws-team-a\/app/,
  },
  {
    name: 'declared none',
    before: spend,
    after: 'policies:\n  spend: none\n',
    says: /^deletes usage-policy\/ws-team-a\/spend/,
  },
  { name: 'a removed file', before: spend, after: null, says: /^deletes usage-policy\/ws-team-a\/spend/ },
  {
    name: 'skip_defaults',
    before: filler,
    after: `skip_defaults: [ceiling]\n${filler}`,
    org: ceiling,
    says: /^deletes usage-policy\/ws-team-a\/ceiling/,
  },
  {
    name: 'forget',
    before: spend + second,
    after: `forget: [policies/spend]\npolicies:\n${second}`,
    says: /^forgets usage-policy\/ws-team-a\/spend, which is protected$/,
  },
  {
    name: 'forget of a limit field',
    before: filler + key,
    after: `forget: [keys/app/rate]\n${filler}${key.replace('    rate: 10 requests/minute\n', '')}`,
    says: /^forgets key-limits\/ws-team-a\/app, which is protected$/,
  },
  {
    name: 'forget of a key',
    before: filler + key,
    after: `forget: [keys/app]\n${filler}`,
    says: /^forgets key-limits\/ws-team-a\/app, which is protected$/,
  },
];

function files(body: string | null, org = ''): Record<string, string> {
  return {
    'org.yaml': orgFile(org),
    'b.yaml': workspaceFile('ws-team-b', web),
    ...(body === null ? {} : { 'a.yaml': workspaceFile('ws-team-a', body) }),
  };
}

async function start(body: string, org = ''): Promise<void> {
  rig = await startRig({ state: smallState(), files: files(body, org) });
  await succeed(rig.apply());
  rig.emulator.requests.clear();
}

describe('refused, whatever is allowed', () => {
  it.each(cases)('$name', async ({ before, after, org = '', says }) => {
    await start(before, org);
    const recorded = rig.readRecord();
    rig.write(files(after, org));
    const planned = await rig.plan({ format: 'json' });
    expect(planned.exit).toBe(3);
    const found = violationsOf(planned).filter(({ guard }) => guard === 'protected');
    expect(found).toMatchObject([{ count: 1, severity: 'error', allow: null, lifted: false }]);
    expect(found[0]?.details).toEqual([
      expect.stringMatching(says),
      'remove `protect:` first, in a merged change of its own',
    ]);
    const allowed = violationsOf(planned).flatMap(({ allow }) => allow ?? []);
    const allow = [...allowed, `protected=1@${digestIn(planned)}`];
    const applied = await rig.apply({ allow });
    expect(applied.exit).toBe(3);
    expect(applied.stderr).toContain('nothing lifts this guard');
    expect(rig.emulator.requests.countWrites()).toBe(0);
    expect(rig.readRecord()).toEqual(recorded);
  });
});

describe('what protection lets pass', () => {
  it.each([
    ['another amount', spend, spend.replace('$500', '$600')],
    ['another name', spend, spend.replace('  spend:', '  team-spend:')],
    [
      'a limit more',
      filler + key,
      filler + key.replace('10 requests/minute', '[10 requests/minute, 1k tokens/day]').replace('rate:', 'rates:'),
    ],
    [
      'recipients cleared',
      filler + key.replace('    protect', '    recipients: [ops@example.com]\n    protect'),
      filler + key,
    ],
  ])('%s', async (_name, before, after) => {
    await start(before);
    rig.write(files(after));
    expect(await judge(rig)).toEqual([]);
    await succeed(rig.apply());
    expect((await rig.plan({ detailedExitcode: true })).exit).toBe(0);
  });

  it('no switch turns it off', async () => {
    rig = await startRig({ state: smallState(), files: files(spend, 'review: {guards: {deletes: off}}\n') });
    const ran = await rig.validate();
    expect(ran.exit).toBe(0);
    rig.write(files(spend, 'review: {guards: {protected: off}}\n'));
    expect((await rig.validate()).exit).toBe(1);
  });

  it('a limit that somebody removed by hand is put back', async () => {
    await start(filler + key);
    const [live] = rig.emulator.store.state.apiKeys;
    if (live !== undefined) live.usage_limits = null;
    expect(await judge(rig)).toEqual([]);
    await succeed(rig.apply());
    expect(live?.usage_limits).toMatchObject({ credit_limit: 80 });
  });
});

describe('unprotect first', () => {
  it('then the policy may go', async () => {
    await start(spend + second);
    rig.write(files(spend.replace('    protect: true\n', '') + second));
    const planned = await rig.plan();
    expect(planned.stdout).toContain('unprotect spend (ws-team-a)');
    expect(planned.exit).toBe(0);
    await succeed(rig.apply());
    rig.write(files(filler));
    expect(await judge(rig)).toEqual([]);
    await succeed(rig.apply());
    const left = rig.emulator.store.state.usagePolicies.filter(({ status }) => status === 'active');
    expect(left.map(({ name }) => name).sort()).toEqual(['second', 'web']);
  });

  it('a plan alone unprotects nothing', async () => {
    await start(spend + second);
    const recorded = rig.readRecord();
    rig.write(files(spend.replace('    protect: true\n', '') + second));
    await rig.plan();
    rig.write(files(filler));
    expect(rig.readRecord()).toEqual(recorded);
    expect((await judge(rig)).map(({ guard }) => guard)).toContain('protected');
  });

  it('protection follows a policy that is renamed', async () => {
    await start(spend + second);
    rig.write(files(spend.replace('  spend:', '  team-spend:') + second));
    await succeed(rig.apply());
    rig.write(files(filler));
    expect((await judge(rig)).flatMap(({ details }) => details)).toContain(
      'deletes usage-policy/ws-team-a/team-spend, which is protected',
    );
  });

  it('a rename that changes more says `previously:`, and protection moves along', async () => {
    await start(spend + second);
    const renamed = spend
      .replace('  spend:\n', '  team-spend:\n    previously: spend\n')
      .replace('$500', '$400')
      .replace('per: workspace_id', 'per: api_key');
    rig.write(files(renamed + second));
    expect((await judge(rig)).map(({ guard }) => guard)).toEqual(['protected']);
  });
});

it("is the record's also for what was adopted", async () => {
  const row = keyRow('app', keyA1, teamA, {
    usage_limits: { type: 'cost', credit_limit: 80, periodic_reset: 'monthly' },
    rate_limits: [{ type: 'requests', unit: 'rpm', value: 10 }],
  });
  rig = await startRig({ state: smallState({ apiKeys: [row] }), files: files(filler + key) });
  await succeed(rig.apply());
  rig.write(files(filler));
  expect((await judge(rig)).map(({ guard }) => guard)).toEqual(['protected']);
});
