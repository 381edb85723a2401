/** Settings that judge and interpret are those of the last apply; words lift one guard of one plan; lifted guards are recorded. */

import { afterEach, describe, expect, test } from 'vitest';
import { runShow } from '../../src/commands/show.ts';
import { budgets, digestIn, startJudged, twoFiles, violationsOf, without } from '../guards/judged.ts';
import { parseOutput, type Ran, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { testSession } from '../helpers/session.ts';
import { keyA1, keyA2, smallState } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { entity, spendFile, spendRow, startMoved, wholeTeam } from '../impact/kit.ts';

let rig: Rig;
afterEach(() => rig.close());

async function startApplied(org: string, body: string): Promise<void> {
  rig = await startRig({ state: smallState(), files: filesOf(org, body) });
  await succeed(rig.apply({ approve: digestIn(await rig.plan({ format: 'json' })) }));
}

function filesOf(org: string, body: string): Record<string, string> {
  // Each workspace has a file: `unmanaged: fail` counts those without.
  return {
    'org.yaml': orgFile(org),
    'a.yaml': workspaceFile('ws-team-a', body),
    'b.yaml': workspaceFile('ws-team-b', ''),
  };
}

/** Codes or messages of what the files may not say, or the guards that object. */
async function planned(files: Record<string, string>): Promise<Ran> {
  rig.write(files);
  return rig.plan({ format: 'json' });
}

const policy = (lines: string): string =>
  `policies:\n  cap:\n    budget: $100\n    reset: monthly\n    per: api_key\n${lines}`;
const alerted = policy('    alert: 80%\n');
const toSome = (address: string): string =>
  `keys:\n  app:\n    budget: $50\n    reset: monthly\n    recipients: ${address}\n`;

describe('what judges', () => {
  test('trust-A4: `review.require` taken out in the change that offends it still judges that change', async () => {
    await startApplied('review: {require: [alert]}\n', alerted);
    const ran = await planned(filesOf('', policy('')));
    expect(ran.exit).toBe(1);
    expect(ran.stdout + ran.stderr).toContain('required-alert');
    rig.write(filesOf('', policy('')));
    expect((await rig.apply()).exit).toBe(1);
    // In a change of its own it is not an offence, and from then on it asks for nothing.
    rig.write(filesOf('', alerted));
    await succeed(rig.apply());
    expect((await planned(filesOf('', policy('')))).exit).toBe(0);
  });

  test('trust-A4: `recipient_domains` taken out, or widened, in the change that offends them still judge it', async () => {
    await startApplied('review: {recipient_domains: [example.com]}\n', toSome('a@example.com'));
    for (const org of [
      '',
      'review: {recipient_domains: [example.com, evil.example]}\n',
      'review: {recipient_domains: [evil.example]}\n',
    ]) {
      const ran = await planned(filesOf(org, toSome('a@evil.example')));
      expect([ran.exit, (ran.stdout + ran.stderr).includes('recipient-domain')]).toEqual([1, true]);
    }
    const disjoint = await planned(
      filesOf('review: {recipient_domains: [other.example]}\n', toSome('a@other.example')),
    );
    expect(disjoint.stdout).toContain('allows recipients at');
  });

  test('trust-A4: a ceiling raised in the change that needs it still judges it', async () => {
    const budget = (amount: number): string => `limits:\n  budget: $${amount}\n  reset: monthly\n  alert: 80%\n`;
    const org = (most: string): string => `review: {max_monthly_budget: ${most}, guards: {spend_up: off}}\n`;
    await startApplied(org('$1000'), budget(900));
    for (const most of ['$9000', 'none']) {
      const ran = await planned(filesOf(org(most), budget(5000)));
      expect([ran.exit, violationsOf(ran).map(({ guard }) => guard)]).toEqual([3, ['rules']]);
    }
  });

  test('trust-A4: what the files ask for more strictly counts at once', async () => {
    await startApplied('', policy(''));
    expect((await planned(filesOf('review: {unmanaged: fail}\n', ''))).exit).toBe(3);
    rig.write(filesOf('review: {require_reviewed_plan: true}\n', policy('    alert: 50%\n')));
    const ran = await rig.apply({}, { env: { CI: 'true' } });
    expect([ran.exit, ran.stderr.includes('require_reviewed_plan')]).toEqual([3, true]);
  });

  test('trust-A4: no setting of `review` that a change loosens counts for that change', async () => {
    const strict =
      '{require_reviewed_plan: true, alone: false, unmanaged: fail, guards: {deletes: {count: 0, percent: 0}}}';
    await startApplied(`review: ${strict}\n`, policy(''));
    rig.write(
      filesOf(
        'review: {require_reviewed_plan: false, alone: true, guards: {deletes: off, empties_scope: off, spend_up: off}}\n',
        '',
      ),
    );
    const ran = await rig.plan({ format: 'json' });
    expect(violationsOf(ran).map(({ guard }) => guard)).toEqual(
      expect.arrayContaining(['deletes', 'empties-scope', 'spend-up']),
    );
    const details = (parseOutput(ran).record_lines as { detail: string }[]).map(({ detail }) => detail);
    expect(details).toContain('review.alone: false → true');
  });
});

describe('silences', () => {
  const org = 'review: {rules: {alert-missing: error}}\n';
  const silence = (reason: string): string => `    silence: {alert-missing: ${reason}}\n`;
  const objects = async (files: Record<string, string>): Promise<[number, string[]]> => {
    const ran = await planned(files);
    return [ran.exit, violationsOf(ran).map(({ guard }) => guard)];
  };

  test('trust-D9: a silence that its own author writes lifts nothing until the apply, and the plan says so', async () => {
    await startApplied(org, alerted);
    const silenced = filesOf(org, policy(silence('agreed')));
    expect(await objects(silenced)).toEqual([3, ['rules']]);
    const notes = parseOutput(await rig.plan({ format: 'json' })).notes as { code: string; message: string }[];
    expect(notes.find(({ code }) => code === 'silence-pending')?.message).toContain('counts after the apply');
    // In a change of its own, which offends nothing, it comes into force.
    rig.write(filesOf(org, policy(`    alert: 80%\n${silence('agreed')}`)));
    await succeed(rig.apply());
    expect(await objects(silenced)).toEqual([0, []]);
    // Taken out, it is gone at once.
    expect(await objects(filesOf(org, policy('')))).toEqual([3, ['rules']]);
    // A new name is another entry.
    expect((await objects(filesOf(org, policy(silence('agreed')).replace('  cap:', '  other:'))))[1]).toContain(
      'rules',
    );
  });

  test('trust-D9: so does one of a whole workspace', async () => {
    const strict = 'review: {rules: {key-without-limit: error}}\n';
    const body = (limits: string, top = ''): string =>
      `${top}policies:\n  cap:\n    budget: ${limits}\n    reset: monthly\n    per: api_key\n`;
    await startApplied('', body('$100'));
    const files = filesOf(strict, body('$90', 'silence: {workspace-without-budget: mine}\n'));
    const raised = { ...files, 'org.yaml': orgFile('review: {rules: {workspace-without-budget: error}}\n') };
    const ran = await planned(raised);
    expect((parseOutput(ran).notes as { code: string }[]).map(({ code }) => code)).toContain('silence-pending');
    const findings = parseOutput(ran).findings as { rule: string; silenced: string | null }[];
    for (const { rule, silenced } of findings) if (rule === 'workspace-without-budget') expect(silenced).toBeNull();
  });

  test('trust-D9: a silence is a setting that has to be reviewed', async () => {
    await startApplied('review: {require_reviewed_plan: true}\n', policy(''));
    rig.write(filesOf('review: {require_reviewed_plan: true}\n', policy(silence('mine'))));
    expect((await rig.apply({}, { env: { CI: 'true' } })).exit).toBe(3);
    expect(rig.readRecord()?.settings.silences).toBeUndefined();
  });
});

describe('what is understood', () => {
  test('trust-E8: another unit of use in the change blinds no guard, and is in force after the apply', async () => {
    rig = await startMoved(
      { usagePolicies: [spendRow({ [wholeTeam]: entity(40_000) })] },
      spendFile(500),
      spendFile(400),
    );
    const before = await rig.plan({ format: 'json' });
    expect(violationsOf(before).map(({ guard }) => guard)).toEqual(['blocks-now']);
    rig.write({ 'org.yaml': orgFile('gateway: {usage_unit: dollars}\n'), 'a.yaml': spendFile(400) });
    const ran = await rig.plan({ format: 'json' });
    expect([ran.exit, violationsOf(ran).map(({ guard }) => guard)]).toEqual([3, ['blocks-now']]);
    expect(digestIn(ran)).not.toBe(digestIn(before));
    expect(JSON.stringify(parseOutput(ran).record_lines)).toContain('gateway.usage_unit: none → \\"dollars\\"');
  });

  test('trust-E8: what is in force of unit, backend and prices is in the digest', async () => {
    const digests = new Set<string>();
    for (const org of [
      '',
      'gateway: {usage_unit: dollars}\n',
      'gateway: {backend: "1.15"}\n',
      'pricing: {source: prices}\n',
    ]) {
      await startApplied(org, policy(''));
      digests.add(digestIn(await planned(filesOf(org, policy('    alert: 50%\n')))));
      await rig.close();
    }
    expect(digests.size).toBe(4);
    await startApplied('', policy(''));
  });
});

describe('words', () => {
  const ten = budgets(10);
  const other = budgets(30, 100, 51);
  const startFourDeletes = async (): Promise<string> => {
    rig = await startJudged(ten, other);
    rig.write(twoFiles(without(ten, 4), other));
    return digestIn(await rig.plan({ format: 'json' }));
  };

  test('trust-B1: a word or an approval of fewer than 32 digits is refused, with the reason', async () => {
    const digest = await startFourDeletes();
    for (const digits of [8, 16, 31]) {
      const word = await rig.apply({ allow: [`deletes=4@${digest.slice(0, digits)}`] });
      expect([word.exit, word.stderr.includes('not enough')]).toEqual([1, true]);
      const approval = await rig.apply({ approve: digest.slice(0, digits) });
      expect([approval.exit, approval.stderr.includes('not enough')]).toEqual([1, true]);
    }
    expect(rig.emulator.requests.countWrites()).toBe(0);
    const text = (await rig.plan()).stdout;
    expect(text).toContain(`deletes=4@${digest.slice(0, 32)}`);
    expect(text).toContain(`Digest ${digest.slice(0, 32)}.`);
    const md = (await rig.plan({ format: 'markdown' })).stdout;
    expect(md).toContain(digest.slice(0, 32));
    await succeed(rig.apply({ allow: [`deletes=4@${digest.slice(0, 32)}`], approve: digest.slice(0, 32) }));
  });

  test('trust-B1: the number is an upper bound', async () => {
    const digest = await startFourDeletes();
    expect((await rig.plan({ allow: [`deletes=3@${digest}`] })).exit).toBe(3);
    expect((await rig.plan({ allow: [`deletes=5@${digest}`] })).exit).toBe(0);
  });

  test('trust-B7: a lifted guard is in the record, and `show` tells it', async () => {
    const digest = await startFourDeletes();
    await succeed(rig.apply({ allow: [`deletes=5@${digest.slice(0, 32)}`, `updates=9@${digest}`] }));
    const lifts = rig.readRecord()?.lifts ?? [];
    expect(lifts).toMatchObject([{ guard: 'deletes', number: 5, digest: digest.slice(0, 32), where: null }]);
    expect(lifts[0]?.by).toBe(rig.readRecord()?.appliedBy);
    const options = {
      record: 'latest',
      dir: 'policies',
      workspace: [],
      backend: 'portkey',
      concurrency: 4,
      quiet: false,
      verbose: false,
      recordFile: rig.recordFile,
    } as const;
    const session = testSession({ cwd: rig.folder, env: rig.env });
    expect((await runShow({ ...options, format: 'text' }, session)).output).toContain('deletes up to 5 by ');
    expect(parseOutput({ stdout: (await runShow({ ...options, format: 'json' }, session)).output })).toMatchObject({
      lifts,
    });
    // The next apply lifts nothing.
    rig.write(twoFiles(without(ten, 5), other));
    await succeed(rig.apply());
    expect(rig.readRecord()?.lifts).toBeUndefined();
  });

  test('trust-B9: a word for another plan is said, and one that allows too little as well', async () => {
    const digest = await startFourDeletes();
    rig.write(twoFiles(without(ten, 5), other));
    const said = async (word: string): Promise<string> => {
      const ran = await rig.plan({ format: 'json', allow: [word] });
      expect(ran.exit).toBe(3);
      return JSON.stringify(parseOutput(ran).notes);
    };
    expect(await said(`deletes=5@${digest}`)).toContain('that word is for another plan');
    const now = digestIn(await rig.plan({ format: 'json' }));
    expect(await said(`deletes=4@${now}`)).toContain('allows up to 4, and deletes objects to 5');
    const text = await rig.plan({ allow: [`deletes=5@${digest}`] });
    expect(text.stdout.replace(/\s+/g, ' ')).toContain('that word is for another plan');
    const applied = await rig.apply({ allow: [`deletes=5@${digest}`] });
    expect([applied.exit, applied.stderr.replace(/\s+/g, ' ').includes('that word is for another plan')]).toEqual([
      3,
      true,
    ]);
    // Where nothing objects, a stray word changes nothing but what is said.
    rig.write(twoFiles(ten, other));
    expect((await rig.plan({ allow: [`spend-up=1@${digest}`] })).exit).toBe(0);
  });
});

describe('which live object', () => {
  const limited = (id: string, budget = 50): string =>
    `keys:\n  ci:\n    id: ${id}\n    budget: $${budget}\n    reset: monthly\n`;

  test('trust-B5: the same limit for another key is another plan, and the plan names the key', async () => {
    rig = await startRig({ state: smallState(), files: filesOf('', limited(keyA1)) });
    const app = await rig.plan({ format: 'json' });
    const text = await rig.plan();
    expect(text.stdout).toContain('"app"');
    rig.write(filesOf('', limited(keyA2)));
    expect(digestIn(await rig.plan({ format: 'json' }))).not.toBe(digestIn(app));
    expect((await rig.apply({ approve: digestIn(app) })).exit).toBe(4);
    expect(rig.emulator.requests.countWrites()).toBe(0);
  });

  test('trust-B5: so is its adoption, where live is already as the files say', async () => {
    await startApplied('', limited(keyA1));
    const [app, batch] = rig.emulator.store.state.apiKeys;
    if (app !== undefined && batch !== undefined) batch.usage_limits = app.usage_limits;
    rig.write(filesOf('', limited(keyA2)));
    const moved = await rig.plan({ format: 'json' });
    const lines = parseOutput(moved).record_lines as { action: string; detail: string }[];
    expect(lines).toMatchObject([{ action: 'adopt' }]);
    expect(lines[0]?.detail).toContain(`${keyA2}, not ${keyA1}, called "batch" live`);
    rig.write(filesOf('', limited(keyA1)));
    expect(digestIn(await rig.plan({ format: 'json' }))).not.toBe(digestIn(moved));
  });
});
