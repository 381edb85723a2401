/** What a plan reads of the gateway's configs, and what it says about them. */

import { afterEach, describe, expect, it } from 'vitest';
import { parseOutput, type Rig, type RigOptions, startRig, succeed } from '../helpers/rig.ts';
import { configRow, smallState, teamA, teamB, uuid } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

let rig: Rig;
afterEach(() => rig.close());

const targets = [{ provider: '@openai-a' }, { provider: '@azure-a' }];
const careless = { strategy: { mode: 'fallback' }, targets };
const careful = { strategy: { mode: 'fallback', on_status_codes: [500] }, targets };

const configs = [
  configRow('checkout', uuid(301), teamA, careless),
  configRow('careful', uuid(302), teamA, careful),
  configRow('broken', uuid(303), teamA, '{"strategy": {"mode": "fallback"'),
  configRow('gone', uuid(304), teamA, careless, { status: 'archived' }),
  configRow('elsewhere', uuid(305), teamB, careless),
];

const spend = (dollars: number, more = ''): string =>
  `policies:\n  spend:\n    budget: $${dollars}\n    reset: monthly\n    alert: none\n    match: {virtual_key: openai-a}\n    per: workspace_id\n${more}`;
const files = (body: string, org = ''): Record<string, string> => ({
  'org.yaml': orgFile(org),
  'a.yaml': workspaceFile('ws-team-a', body),
});

async function start(options: RigOptions = {}): Promise<void> {
  rig = await startRig({ state: smallState({ configs }), files: files(spend(100)), ...options });
}

interface PlanDocument {
  readonly findings: readonly { rule: string; message: string; change: string | null; line: number }[];
  readonly notes: readonly { code: string; severity: string; message: string }[];
}

async function plan(options: Parameters<Rig['plan']>[0] = {}) {
  rig.emulator.requests.clear();
  const ran = await rig.plan({ ...options, format: 'json' });
  const { findings, notes } = parseOutput(ran) as unknown as PlanDocument;
  const asked = Object.entries(rig.emulator.requests.counts).filter(([route]) => route.includes('/configs'));
  return {
    exit: ran.exit,
    asked: Object.fromEntries(asked),
    findings: findings.filter(({ rule }) => rule === 'fallback-passes-budget'),
    notes: notes.filter(({ code }) => code === 'configs-not-read').map(({ message }) => message),
  };
}

const refused = (why: string): string => `not all configs of ws-team-a were looked at (${why})`;
const found = {
  message:
    'the fallback of config "checkout" (pc-checkout) takes every failure, so also 412 of policy "spend": the call goes on, unless the next target is under the same limit',
  change: 'usage-policy/ws-team-a/spend',
  line: 7,
};

describe('a plan that sets a limit which a config goes round', () => {
  it.each([
    ['as the service answers', {}],
    ['as it is specified to answer', { configsInEnvelope: true }],
  ])('says so: %s', async (_, quirks) => {
    await start({ quirks });
    const { findings, notes, exit } = await plan();
    expect(exit).toBe(0);
    expect(findings).toEqual([expect.objectContaining(found)]);
    expect(notes).toEqual([refused('pc-broken holds no JSON object')]);
  });

  it('asks for a list and each active config of that workspace', async () => {
    await start();
    expect((await plan()).asked).toEqual({ 'GET /configs': 1, 'GET /configs/:slug': 3 });
  });

  it('shows it in text, and applies nevertheless', async () => {
    await start();
    expect((await rig.plan()).stdout).toContain('fallback-passes-budget (D10)');
    await succeed(rig.apply());
  });
});

describe('nothing is asked', () => {
  it('once it is applied, or where the limit stays as it is', async () => {
    await start();
    await succeed(rig.apply());
    expect(await plan()).toMatchObject({ asked: {}, findings: [], notes: [] });
    rig.write(files(spend(100, '    description: agreed\n')));
    expect(await plan()).toMatchObject({ asked: {}, findings: [] });
    rig.write(files(spend(120)));
    expect((await plan()).findings).toHaveLength(1);
    rig.write(files(''));
    expect(await plan()).toMatchObject({ asked: {}, findings: [] });
  });

  it('for limits that are checked before any config', async () => {
    await start({ files: files('keys:\n  app:\n    budget: $5\n    reset: monthly\n') });
    expect(await plan()).toMatchObject({ asked: {}, findings: [] });
  });

  it('without impact', async () => {
    await start();
    expect(await plan({ impact: false })).toMatchObject({ asked: {}, findings: [], notes: [] });
  });

  it('for a workspace that is left out', async () => {
    await start();
    expect(await plan({ workspace: ['ws-team-b'] })).toMatchObject({ asked: {}, findings: [] });
  });

  it('where both rules are off', async () => {
    const rules = (cache: string): string =>
      `review:\n  rules:\n    fallback-passes-budget: off\n    cache-passes-limit: ${cache}\n`;
    await start({ files: files(spend(100), rules('off')) });
    // Without a record, files cannot lower a rule.
    expect((await plan()).findings).toHaveLength(1);
    await succeed(rig.apply());
    rig.write(files(spend(120), rules('off')));
    expect(await plan()).toMatchObject({ asked: {}, findings: [] });
    rig.write(files(spend(120), rules('info')));
    await succeed(rig.apply());
    rig.write(files(spend(140), rules('info')));
    expect(await plan()).toMatchObject({ asked: { 'GET /configs': 1, 'GET /configs/:slug': 3 }, findings: [] });
  });
});

describe('what is refused is a note and no failure', () => {
  it.each([
    ['configs.list', { 'GET /configs': 1 }, 'GET /configs answered 403 AB03'],
    ['configs.read', { 'GET /configs': 1, 'GET /configs/:slug': 1 }, 'GET /configs/pc-broken answered 403 AB03'],
  ])('%s', async (missingScope, asked, why) => {
    await start({ quirks: { missingScope } });
    const result = await plan();
    expect(result).toMatchObject({ exit: 0, asked, findings: [] });
    expect(result.notes).toEqual([refused(why)]);
  });
});
