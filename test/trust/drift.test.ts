/** An urgent cap set by hand outlives the next merge; what got looser by hand does not. */

import { afterEach, describe, expect, test } from 'vitest';
import { runDrift } from '../../src/commands/drift.ts';
import { digestIn } from '../guards/judged.ts';
import { parseOutput, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { testSession } from '../helpers/session.ts';
import { keyA1, smallState, teamA, usagePolicyRow, uuid } from '../helpers/state.ts';
import { orgFile, spendMayRise, workspaceFile } from '../helpers/world.ts';
import { describeLive } from '../stories/harness.ts';

let rig: Rig;
afterEach(() => rig.close());

const files = (a: string, org = spendMayRise): Record<string, string> => ({
  'org.yaml': orgFile(org),
  'a.yaml': workspaceFile('ws-team-a', a),
});
const policy = (name: string, budget: string, reset = 'monthly', more = ''): string =>
  `  ${name}:\n    budget: ${budget}\n    reset: ${reset}\n    per: workspace_id\n${more}`;
const key = (lines: string): string =>
  `keys:\n  app:\n${lines
    .split('; ')
    .map((line) => `    ${line}\n`)
    .join('')}`;

async function start(a: string, org?: string): Promise<void> {
  rig = await startRig({ state: smallState(), files: files(a, org) });
  await succeed(rig.apply());
}
const usage = (name: string) => {
  const row = rig.emulator.store.state.usagePolicies.find((one) => one.name === name && one.status === 'active');
  if (row === undefined) throw new Error(`no policy ${name}`);
  return row;
};
const app = () => {
  const row = rig.emulator.store.state.apiKeys.find(({ id }) => id === keyA1);
  if (row === undefined) throw new Error('no key');
  return row;
};
const team = () => {
  const row = rig.emulator.store.state.workspaces.find(({ slug }) => slug === 'ws-team-a');
  if (row === undefined) throw new Error('no workspace');
  return row;
};
const live = () => describeLive(rig);

interface Shown {
  readonly id: string;
  readonly name: string;
  readonly cause: string;
  readonly direction: string;
  readonly summary: string;
}
async function planned(): Promise<{ changes: readonly Shown[]; withheld: readonly Shown[]; left: readonly Shown[] }> {
  const ran = await rig.plan({ format: 'json' });
  return parseOutput(ran) as never;
}
/** With a word where the impact is not known: what was set by hand is nothing that can be counted. */
async function applyUnjudged(): Promise<void> {
  const ran = await rig.plan({ format: 'json' });
  expect(ran.exit).toBe(3);
  await succeed(rig.apply({ allow: [`impact-unknown=1@${digestIn(ran)}`] }));
}
interface DriftSeen {
  readonly exit: number;
  readonly drifted: readonly { readonly name: string; readonly left: boolean; readonly direction: string }[];
}
async function driftOf(): Promise<DriftSeen> {
  const session = testSession({ cwd: rig.folder, env: rig.env });
  const result = await runDrift(
    {
      dir: 'policies',
      workspace: [],
      format: 'json',
      backend: 'portkey',
      recordFile: rig.recordFile,
      concurrency: 4,
      quiet: true,
      verbose: false,
    },
    session,
  );
  return { exit: result.exit, drifted: (parseOutput({ stdout: result.output }) as unknown as DriftSeen).drifted };
}

test('trust-F12: an urgent cap at night, then an ordinary merge: the cap stays and is reported until the files say so', async () => {
  await start(`policies:\n${policy('spend', '$5,000', 'monthly')}${policy('other', '$50')}`);
  // At night.
  Object.assign(usage('spend'), { credit_limit: 100, periodic_reset: 'weekly' });
  // In the morning: another field of the same policy, and another policy.
  const described = '    description: agreed with finance\n';
  const merged = `policies:\n${policy('spend', '$5,000', 'monthly', described)}${policy('other', '$60')}`;
  rig.write(files(merged));
  const plan = await rig.plan();
  expect(plan.stdout).toContain('set by hand, and left');
  expect(plan.stdout).toContain('spend (ws-team-a): $5,000 monthly → $100 weekly, shared by the workspace');
  expect(plan.stdout).toMatch(/1\s+left as set by hand/);
  expect(plan.stdout).toContain('--revert-drift');
  expect(plan.stdout).not.toContain('withheld');
  const ran = await succeed(rig.apply());
  expect(ran.stdout).toContain('Applied 2 of 2');
  expect(usage('spend')).toMatchObject({
    credit_limit: 100,
    periodic_reset: 'weekly',
    description: 'agreed with finance',
  });
  expect(usage('other').credit_limit).toBe(60);
  // Tomorrow as well, and it is no reason to apply.
  expect((await rig.plan({ detailedExitcode: true })).exit).toBe(0);
  const drift = await driftOf();
  expect(drift.exit).toBe(2);
  expect(drift.drifted).toMatchObject([{ name: 'spend', left: true, direction: 'tighten' }]);
  // The files say so: nothing is left, nothing moves.
  rig.write(files(merged.replace('$5,000', '$100').replace('reset: monthly', 'reset: weekly')));
  expect(await planned()).toMatchObject({ changes: [], left: [] });
  await succeed(rig.apply());
  expect((await driftOf()).exit).toBe(0);
  // Tightened again, and put back on purpose.
  usage('spend').credit_limit = 10;
  await succeed(rig.apply());
  expect(usage('spend').credit_limit).toBe(10);
  expect((await rig.plan({ revertDrift: true })).stdout).toContain('$10 → $100 weekly');
  await succeed(rig.apply({ revertDrift: true }));
  expect(usage('spend').credit_limit).toBe(100);
  expect((await driftOf()).exit).toBe(0);
});

describe('what counts as tightened', () => {
  const cases: readonly (readonly [git: string, hand: object, left: boolean])[] = [
    ['$500 monthly', { credit_limit: 400 }, true],
    ['$500 monthly', { credit_limit: 501 }, false],
    ['$5,000 monthly', { credit_limit: 100, periodic_reset: 'weekly' }, true],
    ['$5,000 monthly', { credit_limit: 100, periodic_reset: null, periodic_reset_days: 1 }, true],
    ['$1,000 monthly', { credit_limit: 400, periodic_reset: 'weekly' }, false],
    // As much per 30 days, and sooner.
    ['$3,000 monthly', { credit_limit: 700, periodic_reset: 'weekly' }, false],
    ['$100 weekly', { credit_limit: 100, periodic_reset: 'monthly' }, true],
    // Less per 30 days, and more at once.
    ['$100 weekly', { credit_limit: 300, periodic_reset: 'monthly' }, false],
    ['$500 monthly', { periodic_reset: null }, true],
    ['$500 monthly', { credit_limit: 500, periodic_reset: 'weekly' }, false],
    // The gateway does not enforce a limit of zero, and a period that nobody knows may be any.
    ['$500 monthly', { credit_limit: 0 }, false],
    ['$500 monthly', { credit_limit: 5, periodic_reset: 'hourly' }, false],
  ];
  test.each(cases)('trust-F12: %s in Git, %o by hand: left %s', async (git, hand, left) => {
    const [budget = '', reset = ''] = git.split(' ');
    await start(`policies:\n${policy('spend', budget, reset)}`);
    const before = { ...usage('spend') };
    Object.assign(usage('spend'), hand);
    const after = { ...usage('spend') };
    const plan = await planned();
    expect([plan.changes.length, plan.left.length]).toEqual(left ? [0, 1] : [1, 0]);
    await ('periodic_reset' in hand && hand.periodic_reset === 'hourly' ? applyUnjudged() : succeed(rig.apply()));
    const { credit_limit, periodic_reset } = left ? after : before;
    expect(usage('spend')).toMatchObject({ credit_limit, periodic_reset });
  });

  test('trust-F12: a period that Git changes takes its amount along, so that nothing comes out that nobody wrote', async () => {
    await start(`policies:\n${policy('spend', '$2,000', 'weekly')}`);
    usage('spend').credit_limit = 400;
    rig.write(files(`policies:\n${policy('spend', '$2,000', 'monthly')}`));
    const plan = await planned();
    expect(plan).toMatchObject({ changes: [{ cause: 'both' }], left: [] });
    await succeed(rig.apply());
    expect(live()).toEqual(['spend: $2000 monthly per workspace_id']);
  });

  test('a limit that Git changes wins over the cap', async () => {
    await start(`policies:\n${policy('spend', '$500')}`);
    usage('spend').credit_limit = 50;
    rig.write(files(`policies:\n${policy('spend', '$400')}`));
    await succeed(rig.apply());
    expect(usage('spend').credit_limit).toBe(400);
  });

  test('a cap keeps its alert, and one of Git that is not below it waits', async () => {
    await start(`policies:\n${policy('spend', '$500', 'monthly', '    alert: $400\n')}`);
    Object.assign(usage('spend'), { credit_limit: 100, alert_threshold: 80 });
    expect(await planned()).toMatchObject({ changes: [], left: [{ name: 'spend' }] });
    rig.write(files(`policies:\n${policy('spend', '$500', 'monthly', '    alert: $300\n')}`));
    await succeed(rig.apply());
    expect(usage('spend')).toMatchObject({ credit_limit: 100, alert_threshold: 80 });
    rig.write(files(`policies:\n${policy('spend', '$500', 'monthly', '    alert: $50\n')}`));
    await succeed(rig.apply());
    expect(usage('spend')).toMatchObject({ credit_limit: 100, alert_threshold: 50 });
    await succeed(rig.apply({ revertDrift: true }));
    expect(usage('spend')).toMatchObject({ credit_limit: 500, alert_threshold: 50 });
  });

  test('names, alerts and scopes are put back, beside a cap that is left', async () => {
    await start(
      `policies:\n${policy('spend', '$500', 'monthly', '    alert: $400\n    match: { metadata.team: nlp }\n')}`,
    );
    Object.assign(usage('spend'), {
      credit_limit: 450,
      name: 'renamed',
      conditions: [{ key: 'metadata.team', value: 'vision' }],
    });
    const plan = await planned();
    expect(plan).toMatchObject({ changes: [{ cause: 'drifted' }], left: [{ name: 'spend' }] });
    await succeed(rig.apply());
    expect(usage('spend')).toMatchObject({ credit_limit: 450, conditions: [{ value: 'nlp' }] });
  });

  test('what counted everything and was narrowed by hand is put back whole', async () => {
    await start(`policies:\n${policy('spend', '$500')}`);
    Object.assign(usage('spend'), { credit_limit: 50, conditions: [{ key: 'metadata.team', value: 'nlp' }] });
    await succeed(rig.apply());
    expect(live()).toEqual(['spend: $500 monthly per workspace_id']);
  });

  test('a policy deleted by hand is made again', async () => {
    await start(`policies:\n${policy('spend', '$500')}`);
    usage('spend').status = 'archived';
    expect(await planned()).toMatchObject({ changes: [{ name: 'spend', cause: 'drifted' }], left: [] });
    await succeed(rig.apply());
    expect(live()).toEqual(['spend: $500 monthly per workspace_id']);
  });

  test('rate policies: no more at once and no more on average', async () => {
    const rate = 'policies:\n  calls:\n    rate: 100 requests/minute\n    per: workspace_id\n';
    await start(rate);
    const row = () => rig.emulator.store.state.ratePolicies[0];
    Object.assign(row() ?? {}, { value: 90, unit: 'rph' });
    expect(await planned()).toMatchObject({ changes: [], left: [{ direction: 'tighten' }] });
    Object.assign(row() ?? {}, { value: 10, unit: 'rps' });
    expect(await planned()).toMatchObject({ changes: [{ name: 'calls' }], left: [] });
  });
});

describe('limits of keys and workspaces', () => {
  test('a lowered budget stays while the rate beside it is written', async () => {
    await start(key('budget: $500; reset: monthly; rate: 100 requests/minute'));
    Object.assign(app().usage_limits ?? {}, { credit_limit: 20 });
    rig.write(files(key('budget: $500; reset: monthly; rate: 80 requests/minute')));
    await succeed(rig.apply());
    expect(live()).toEqual(['key app: $20 monthly, 80 requests/minute']);
    await succeed(rig.apply({ revertDrift: true }));
    expect(live()).toEqual(['key app: $500 monthly, 80 requests/minute']);
  });

  test('one limit of an object that got looser brings all of it back', async () => {
    await start(key('budget: $500; reset: monthly; rate: 100 requests/minute'));
    app().usage_limits = { type: 'cost', credit_limit: 20, periodic_reset: 'monthly' };
    app().rate_limits = [{ type: 'requests', unit: 'rpm', value: 1000 }];
    await succeed(rig.apply());
    expect(live()).toEqual(['key app: $500 monthly, 100 requests/minute']);
  });

  test('a cap where Git says none is left', async () => {
    await start(key('budget: none; rate: none'));
    app().usage_limits = { type: 'cost', credit_limit: 20, periodic_reset: 'monthly' };
    app().rate_limits = [{ type: 'requests', unit: 'rpm', value: 5 }];
    expect(await planned()).toMatchObject({ changes: [], left: [{ name: 'app', direction: 'tighten' }] });
    await succeed(rig.apply());
    expect(live()).toEqual(['key app: $20 monthly, 5 requests/minute']);
    await succeed(rig.apply({ revertDrift: true }));
    expect(live()).toEqual([]);
  });

  test('a budget cleared by hand, or turned into tokens, is put back', async () => {
    await start(key('budget: $500; reset: monthly'));
    app().usage_limits = null;
    await succeed(rig.apply());
    expect(live()).toEqual(['key app: $500 monthly']);
    app().usage_limits = { type: 'tokens', credit_limit: 5, periodic_reset: 'monthly' };
    await applyUnjudged();
    expect(live()).toEqual(['key app: $500 monthly']);
  });

  test("trust-F12: a workspace's budget that got another, tighter period by hand is left", async () => {
    await start('limits:\n  budget: $5,000\n  reset: monthly\n  rate: 100 requests/minute\n');
    team().usage_limits = [{ type: 'cost', credit_limit: 100, periodic_reset: 'weekly' }];
    team().rate_limits = [{ type: 'requests', unit: 'rpm', value: 10 }];
    expect(await planned()).toMatchObject({ changes: [], left: [{ name: 'limits', direction: 'tighten' }] });
    await succeed(rig.apply());
    expect(live()).toEqual(['limits: $100 weekly, 10 requests/minute']);
    await succeed(rig.apply({ revertDrift: true }));
    expect(live().join()).toContain('$5000 monthly');
  });

  test('a later expiry by hand is put back, an earlier one is left', async () => {
    await start(key('budget: $500; reset: monthly; expires: 2027-06-01T00:00:00Z'));
    app().expires_at = '2027-01-01T00:00:00.000Z';
    expect(await planned()).toMatchObject({ changes: [], left: [{ name: 'app' }] });
    app().expires_at = '2028-01-01T00:00:00.000Z';
    expect(await planned()).toMatchObject({ changes: [{ name: 'app' }], left: [] });
  });
});

describe('what is left holds nothing up', () => {
  test('a delete whose only sibling is a cap that is left', async () => {
    await start(`policies:\n${policy('spend', '$500')}${policy('gone', '$50')}`);
    usage('spend').credit_limit = 100;
    rig.write(files(`policies:\n${policy('spend', '$500')}`));
    await succeed(rig.apply());
    expect(live()).toEqual(['spend: $100 monthly per workspace_id']);
  });

  test('a replacement carries the cap over', async () => {
    await start(`policies:\n${policy('spend', '$500')}`);
    usage('spend').credit_limit = 100;
    rig.write(files(`policies:\n${policy('spend', '$500').replace('workspace_id', 'api_key')}`));
    await succeed(rig.apply());
    expect(live()).toEqual(['spend: $100 monthly per api_key']);
    expect((await driftOf()).drifted).toMatchObject([{ name: 'spend', left: true }]);
  });

  test('a policy that Git removes goes with its cap, and `forget` keeps both', async () => {
    await start(`policies:\n${policy('spend', '$500')}${policy('other', '$500')}`);
    usage('spend').credit_limit = 100;
    usage('other').credit_limit = 100;
    rig.write(files('forget: [policies/other]\n'));
    await rig.apply({ allow: [] });
    const { violations } = parseOutput(await rig.plan({ format: 'json' })) as { violations: { allow: string }[] };
    await succeed(rig.apply({ allow: violations.map(({ allow }) => allow) }));
    expect(live()).toEqual(['other: $100 monthly per workspace_id']);
  });

  test('import --accept-drift writes it into the files', async () => {
    await start(`policies:\n${policy('spend', '$500')}`);
    usage('spend').credit_limit = 100;
    await succeed(rig.import({ acceptDrift: true }));
    expect(await planned()).toMatchObject({ changes: [], left: [] });
    await succeed(rig.apply());
    expect((await driftOf()).exit).toBe(0);
  });
});

describe('the setting in force', () => {
  test('`revert` puts the cap back, `leave` leaves what got looser', async () => {
    await start(`policies:\n${policy('spend', '$500')}`, `review:\n  drift: revert\n  guards:\n    spend_up: off\n`);
    usage('spend').credit_limit = 100;
    await succeed(rig.apply());
    expect(usage('spend').credit_limit).toBe(500);
    rig.write(
      files(`policies:\n${policy('spend', '$500')}`, `review:\n  drift: leave\n  guards:\n    spend_up: off\n`),
    );
    await succeed(rig.apply());
    Object.assign(usage('spend'), { credit_limit: 900, description: 'by hand' });
    expect(await planned()).toMatchObject({ changes: [], left: [{ direction: 'loosen' }] });
    await succeed(rig.apply({ revertDrift: true }));
    expect(usage('spend').credit_limit).toBe(500);
  });

  test("is the record's: a change that asks for another does not profit from it yet", async () => {
    await start(`policies:\n${policy('spend', '$500')}`);
    usage('spend').credit_limit = 100;
    rig.write(
      files(`policies:\n${policy('spend', '$500')}`, `review:\n  drift: revert\n  guards:\n    spend_up: off\n`),
    );
    await succeed(rig.apply());
    expect(usage('spend').credit_limit).toBe(100);
    await succeed(rig.apply());
    expect(usage('spend').credit_limit).toBe(500);
  });

  test('what was never applied is not drift', async () => {
    rig = await startRig({
      state: smallState({
        usagePolicies: [usagePolicyRow('spend', uuid(91), teamA)],
      }),
      files: files(`policies:\n${policy('spend', '$500')}`),
    });
    expect(await planned()).toMatchObject({ changes: [{ cause: 'unknown' }], left: [] });
  });
});
