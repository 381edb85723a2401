/** What the requirement documents claim of limits, mail, prices and keys: each claim once, through the whole tool, by its id. */

import { describe, expect, it, onTestFinished } from 'vitest';
import { outcomesOf, parseOutput, type Rig, type RigOptions, startRig, succeed } from '../helpers/rig.ts';
import { keyRow, providerRow, smallState, teamA, teamB, usagePolicyRow, uuid } from '../helpers/state.ts';
import { adminKey, orgFile, spendMayRise, workspaceFile } from '../helpers/world.ts';

async function start(options: RigOptions = {}): Promise<Rig> {
  const rig = await startRig({ state: smallState(), ...options });
  onTestFinished(() => rig.close());
  return rig;
}

const filesOf = (a: string, org = spendMayRise, b = ''): Record<string, string> => ({
  'org.yaml': orgFile(org),
  'a.yaml': workspaceFile('ws-team-a', a),
  ...(b === '' ? {} : { 'b.yaml': workspaceFile('ws-team-b', b) }),
});

/** As the service holds it after an apply of these files. */
async function applied(a: string, org?: string): Promise<Rig> {
  const rig = await start({ files: filesOf(a, org) });
  await succeed(rig.apply());
  return rig;
}

const keyNamed = ({ emulator }: Rig, name: string) => emulator.store.state.apiKeys.find((row) => row.name === name);

/** Codes of what `validate` finds, with the message. */
async function findings(a: string, org?: string): Promise<readonly string[]> {
  const rig = await start({ files: filesOf(a, org) });
  const { diagnostics, findings: found } = parseOutput(await rig.validate({ format: 'json' })) as {
    readonly diagnostics: readonly { readonly code: string; readonly severity: string; readonly message: string }[];
    readonly findings: readonly {
      readonly rule: string;
      readonly severity: string;
      readonly message: string;
      readonly fix: string;
    }[];
  };
  return [
    ...diagnostics.map(({ code, severity, message }) => `${severity} ${code}: ${message}`),
    ...found.map(({ rule, severity, message, fix }) => `${severity} ${rule}: ${message}. ${fix}`),
  ];
}

const key = (rest: string): string => `keys:\n  app:\n    ${rest.split('\n').join('\n    ')}\n`;
const policy = (rest: string): string =>
  `policies:\n  p:\n    per: workspace_id\n    ${rest.split('\n').join('\n    ')}\n`;

describe('limits of keys', () => {
  it('S4-1: a refused write of a key says plan, scope or kind of key, and the other workspace is applied', async () => {
    const rig = await start({
      files: filesOf(
        key('budget: $20\nreset: monthly'),
        spendMayRise,
        'keys:\n  web:\n    budget: $30\n    reset: monthly\n',
      ),
      faults: [{ method: 'PUT', path: `/api-keys/${uuid(11)}`, fault: { kind: 'status', status: 403 } }],
    });
    const ran = await rig.apply({ format: 'json' });
    expect(ran.exit).toBe(5);
    expect(outcomesOf(ran).sort()).toEqual([
      ['app', 'failed'],
      ['web', 'applied'],
    ]);
    expect(ran.stdout).toMatch(/scope/);
    expect(ran.stdout).toMatch(/plan|licence/);
  });

  it('S4-2: keys of a workspace, of a person and of the organisation resolve by name', async () => {
    const rig = await start({
      state: smallState({
        apiKeys: [
          keyRow('app', uuid(11), teamA),
          keyRow('ana', uuid(12), teamA, { type: 'workspace-user', user_id: uuid(77) }),
          keyRow('root', uuid(13), null),
        ],
      }),
      files: filesOf(
        'keys:\n  app: { budget: $20, reset: monthly }\n  ana: { budget: $10, reset: monthly }\n',
        `${spendMayRise}keys:\n  root: { budget: $90, reset: monthly }\n`,
      ),
    });
    await succeed(rig.apply());
    expect(['app', 'ana', 'root'].map((name) => keyNamed(rig, name)?.usage_limits?.credit_limit)).toEqual([20, 10, 90]);
  });

  it('S4-3: a default reaches every workspace that has a file, and an opt-out stands in the file', async () => {
    const org = `${spendMayRise}defaults:\n  policies:\n    ceiling:\n      budget: $100\n      reset: monthly\n      per: workspace_id\n`;
    const both = await start({ files: filesOf('', org, 'policies: {}\n') });
    await succeed(both.apply());
    const held = ({ emulator }: Rig) => emulator.store.state.usagePolicies.map(({ workspace_id: of }) => of).sort();
    expect(held(both)).toEqual([teamA, teamB]);
    const one = await start({ files: filesOf('skip_defaults: [ceiling]\n', org, 'policies: {}\n') });
    await succeed(one.apply());
    expect(held(one)).toEqual([teamB]);
  });

  it('S4-4: dollars from $1 on, whole ones on a key, with cents on a policy', async () => {
    expect((await findings(key('budget: $0.50\nreset: monthly'))).join()).toMatch(/^error [a-z-]+: .*\$1\b/);
    expect((await findings(key('budget: $49.50\nreset: monthly'))).join()).toMatch(/^error [a-z-]+: .*whole/);
    const onPolicy = await findings(policy('budget: $49.50\nreset: monthly'));
    expect(onPolicy.filter((line) => line.startsWith('error'))).toEqual([]);
  });

  it('S4-5: tokens from 100 on', async () => {
    expect((await findings(key('budget: 50 tokens\nreset: monthly'))).join()).toMatch(/^error [a-z-]+: .*100/);
    const rig = await applied(key('budget: 2M tokens\nreset: monthly'));
    expect(keyNamed(rig, 'app')?.usage_limits).toMatchObject({ type: 'tokens', credit_limit: 2_000_000 });
  });

  it('S4-6: one budget a key', async () => {
    const found = await findings('keys:\n  app:\n    budget: [$20, 2M tokens]\n    reset: monthly\n');
    expect(found.some((line) => line.startsWith('error'))).toBe(true);
  });

  it('S4-7: a budget that leaves the files is taken away', async () => {
    const rate = 'rate: 100 requests/minute';
    const rig = await applied(key(`budget: $20\nreset: monthly\n${rate}`));
    rig.write(filesOf(key(`budget: none\n${rate}`)));
    expect((await rig.plan()).stdout).toMatch(/key app +- \$20 monthly/);
    await succeed(rig.apply());
    expect(keyNamed(rig, 'app')?.usage_limits).toBeNull();
    const [sent] = rig.emulator.store.state.auditLogs.filter(({ method }) => method === 'PUT').slice(-1);
    expect(JSON.parse(sent?.request_body ?? '{}')).toMatchObject({ usage_limits: null });
  });

  it('S4-8: a threshold in percent or dollars, below the budget', async () => {
    for (const alert of ['80%', '$400']) {
      const rig = await applied(key(`budget: $500\nreset: monthly\nalert: ${alert}`));
      expect(keyNamed(rig, 'app')?.usage_limits).toMatchObject({ credit_limit: 500, alert_threshold: 400 });
    }
    const same = await findings(key('budget: $500\nreset: monthly\nalert: $500'));
    expect(same.some((line) => line.startsWith('error'))).toBe(true);
  });

  it('S4-9: without a reset none is sent', async () => {
    const rig = await applied(key('budget: $20\nreset: never'));
    const [sent] = rig.emulator.store.state.auditLogs.filter(({ method }) => method === 'PUT').slice(-1);
    const { usage_limits: limits } = JSON.parse(sent?.request_body ?? '{}') as {
      usage_limits: Record<string, unknown>;
    };
    expect([limits.periodic_reset ?? null, limits.periodic_reset_days ?? null]).toEqual([null, null]);
    expect(keyNamed(rig, 'app')?.usage_limits).toMatchObject({ credit_limit: 20, periodic_reset: null });
  });

  it.each([
    ['S4-10', 'weekly', '2026-11-22T00:00:00.000Z'],
    ['S4-11', 'monthly', '2026-12-01T00:00:00.000Z'],
  ])('%s: the next %s reset is said by date', async (_id, reset, next) => {
    const rig = await applied(key(`budget: $20\nreset: ${reset}`));
    const { limits } = parseOutput(await rig.status({ format: 'json' })) as {
      readonly limits: readonly { readonly name: string; readonly next_reset: string }[];
    };
    expect(limits.find(({ name }) => name === 'app')?.next_reset).toBe(next);
  });

  it('S4-12, S4-13: rates of requests or tokens in five windows on a key; a policy knows no seconds', async () => {
    const windows = ['second', 'minute', 'hour', 'day', 'week'];
    for (const [index, window] of windows.entries()) {
      const rig = await applied(key(`rate: ${index + 1}00 ${index % 2 === 0 ? 'requests' : 'tokens'}/${window}`));
      expect(keyNamed(rig, 'app')?.rate_limits).toMatchObject([
        { type: index % 2 === 0 ? 'requests' : 'tokens', unit: `rp${window[0]}`, value: (index + 1) * 100 },
      ]);
    }
    const onPolicy = await findings('policies:\n  p: { rate: 5 requests/second, per: workspace_id }\n');
    expect(onPolicy.join()).toMatch(/^error /);
  });
});

describe('who gets mail', () => {
  it('S4-15, S4-16, S4-18: those of organisation, workspace and key, each once; their order is not a change', async () => {
    const org = `${spendMayRise}alerts:\n  recipients: [cfo@example.com]\n`;
    const of = (list: string): string =>
      `alerts:\n  recipients: [lead@example.com]\n${key(`budget: $20\nreset: monthly\nrecipients: ${list}`)}`;
    const rig = await applied(of('[zoe@example.com, cfo@example.com]'), org);
    expect(keyNamed(rig, 'app')?.alert_emails).toEqual(['cfo@example.com', 'lead@example.com', 'zoe@example.com']);
    rig.write(filesOf(of('[cfo@example.com, zoe@example.com]'), org));
    expect((await rig.plan({ detailedExitcode: true })).exit).toBe(0);
    rig.write(filesOf(of('none'), org));
    await succeed(rig.apply());
    expect(keyNamed(rig, 'app')?.alert_emails ?? []).toEqual([]);
  });

  it('S4-19: recipients of a key without a budget are warned of', async () => {
    const found = await findings(key('rate: 100 requests/minute\nrecipients: [lead@example.com]'));
    expect(found.join()).toContain('warning recipients-without-budget');
  });
});

describe('policies', () => {
  it('S0-5, S0-6, S0-9, S0-39: budgets of each unit are created, read back, and are no change afterwards', async () => {
    const units = { cost: '$500', tokens: '2M tokens', requests: '10k requests' };
    const text = Object.entries(units)
      .map(([name, budget]) => `  ${name}: { budget: ${budget}, reset: monthly, per: workspace_id }\n`)
      .join('');
    const rig = await start({ files: filesOf(`policies:\n${text}`) });
    expect((await rig.plan()).stdout).toContain('3 to create');
    await succeed(rig.apply());
    const held = rig.emulator.store.state.usagePolicies.map(({ name, type, credit_limit }) => [
      name,
      type,
      credit_limit,
    ]);
    expect(held.sort()).toEqual([
      ['cost', 'cost', 500],
      ['requests', 'requests', 10_000],
      ['tokens', 'tokens', 2_000_000],
    ]);
    expect((await rig.plan({ detailedExitcode: true })).exit).toBe(0);
  });

  it('S0-10, S4-11: the plan says whose a budget is', async () => {
    const rig = await start({
      files: filesOf(
        'policies:\n  whole: { budget: $9, reset: monthly, per: workspace_id }\n  each: { budget: $9, reset: monthly, per: api_key }\n',
      ),
    });
    const { stdout } = await rig.plan();
    expect(stdout).toMatch(/whole +\$9 monthly, shared by the workspace/);
    expect(stdout).toMatch(/each +\$9 monthly per api_key/);
    // S4-11: the first window of a month that has begun is a short one.
    expect(stdout).toContain('first window: 10 days, resets Tue 1 Dec');
  });

  it('S0-7: two virtual keys are one condition with both, and the plan names them', async () => {
    const text =
      'policies:\n  p: { budget: $9, reset: monthly, per: workspace_id, match: { virtual_key: [openai-a, openai-b] } }\n';
    const providers = ['openai-a', 'openai-b'].map((slug, index) => providerRow(slug, uuid(21 + index), teamA));
    const rig = await start({ state: smallState({ providers }), files: filesOf(text) });
    expect((await rig.plan()).stdout).toMatch(/openai-a.*openai-b/);
    await succeed(rig.apply());
    expect(rig.emulator.store.state.usagePolicies[0]?.conditions).toEqual([
      expect.objectContaining({ key: 'virtual_key', value: ['openai-a', 'openai-b'] }),
    ]);
  });

  it('S0-11: a policy that leaves the files is deleted once, which the plan says', async () => {
    const kept = '  q: { budget: $9, reset: monthly, per: workspace_id }\n';
    const rig = await start({ files: filesOf(`${policy('budget: $9\nreset: monthly')}${kept}`) });
    await succeed(rig.apply());
    rig.write(filesOf(`policies:\n${kept}`));
    expect((await rig.plan()).stdout).toContain('1 to delete');
    await succeed(rig.apply());
    const deletes = rig.emulator.store.state.auditLogs.filter(({ method }) => method === 'DELETE');
    expect(deletes).toHaveLength(1);
    const held = rig.emulator.store.state.usagePolicies.map(({ name, status }) => [name, status]);
    expect(held.sort()).toEqual([
      ['p', 'archived'],
      ['q', 'active'],
    ]);
  });

  it('S0-1: one status shows spend and caps of all workspaces', async () => {
    const rows = [usagePolicyRow('a', uuid(101), teamA), usagePolicyRow('b', uuid(102), teamB)];
    const rig = await start({ state: smallState({ usagePolicies: rows }), files: filesOf('') });
    const { stdout } = await rig.status();
    expect(stdout).toContain('ws-team-a');
    expect(stdout).toContain('ws-team-b');
  });
});

describe('the key that calls', () => {
  it('S1-2: goes out as a header, and is in no output', async () => {
    const rig = await start({
      files: filesOf(policy('budget: $9\nreset: monthly')),
      acceptKeys: 'another-key-of-somebody',
    });
    for (const ran of [await rig.plan({ format: 'json' }), await rig.doctor(), await rig.status()]) {
      expect(ran.exit).not.toBe(0);
      expect(ran.stdout + ran.stderr).not.toContain(adminKey);
    }
  });

  it('S1-6: a file that holds something shaped like a key is refused, and the key is not repeated', async () => {
    const secret = 'sk-proj-0123456789abcdefghijklmnopqrstuvwxyz';
    const found = (await findings(policy(`description: ${secret}\nbudget: $9\nreset: monthly`))).join();
    expect(found).toMatch(/error /);
    expect(found).not.toContain(secret);
  });

  it('S1-8: a key that is not known is told from one that may not', async () => {
    const unknown = await start({ files: filesOf(''), acceptKeys: 'another-key-of-somebody' });
    expect((await unknown.doctor()).stdout).toMatch(/401|not accepted|invalid/);
    const refused = await start({
      files: filesOf(''),
      faults: [{ path: '/analytics/**', fault: { kind: 'status', status: 403 } }],
    });
    expect((await refused.doctor()).stdout).toMatch(/analytics[\s\S]*(?:scope|plan)/);
  });

  it('S1-11: `virtual_keys:` of a file is pointed at its name of today', async () => {
    expect((await findings('virtual_keys:\n  openai-a: { rate: 5 requests/minute }\n')).join()).toMatch(
      /error .*providers/,
    );
  });
});

describe('prices', () => {
  it('S2-1: an estimate needs no key', async () => {
    const rig = await start({ files: filesOf('') });
    const prices = `${rig.emulator.url.replace('/v1', '')}/pricing`;
    const ran = await rig.estimate({ pricing: prices }, { env: { PORTKEY_API_KEY: undefined } });
    expect(ran.exit).toBe(0);
    expect(ran.stdout).toMatch(/gpt-4o +\$/);
  });

  it('S2-3, S2-18: a gateway before 1.12 is told once that it takes no new prices by itself', async () => {
    const org = (version: string): string => `${spendMayRise}gateway:\n  version: "${version}"\n`;
    const about = (lines: readonly string[]) => lines.filter((line) => line.includes('1.12'));
    expect(about(await findings(key('rate: 5 requests/minute'), org('1.11')))).toEqual([
      expect.stringMatching(/^warning gateway-prices-by-hand/),
    ]);
    expect(about(await findings(key('rate: 5 requests/minute'), org('1.12')))).toEqual([]);
  });

  it('S2-10: limits of an integration, of a provider and of a policy are planned from one file', async () => {
    const rig = await start({
      files: filesOf(
        `${policy('budget: $9\nreset: monthly')}providers:\n  openai-a: { budget: $20, reset: monthly }\n` +
          'integrations:\n  openai-prod: { budget: $30, reset: monthly }\n',
      ),
    });
    const { changes } = parseOutput(await rig.plan({ format: 'json' })) as {
      readonly changes: readonly { kind: string }[];
    };
    expect(changes.map(({ kind }) => kind).sort()).toEqual(['integration-limits', 'provider-limits', 'usage-policy']);
  });
});
