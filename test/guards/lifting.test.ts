/** A guard that objects says the words that lift it: this guard, this number, this plan. */

import { afterEach, describe, expect, it } from 'vitest';
import { outcomesOf, parseOutput, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { type GitRig, startGitRig } from '../stories/git-rig.ts';
import { budgets, changed, digestIn, judge, startJudged, twoFiles, without } from './judged.ts';

let rig: Rig;
afterEach(() => rig.close());

const ten = budgets(10);
const other = budgets(30, 100, 51);

async function startFourDeletes(): Promise<string> {
  rig = await startJudged(ten, other);
  rig.write(twoFiles(without(ten, 4), other));
  const planned = await rig.plan({ format: 'json' });
  return digestIn(planned);
}

describe('the exact words', () => {
  it('are printed with the plan, and accepted', async () => {
    const digest = await startFourDeletes();
    const planned = await rig.plan();
    expect(planned.exit).toBe(3);
    expect(planned.stdout).toContain('Plan: 4 to delete');
    const words = /to allow it for this plan:\n\s+tollgate apply --allow (\S+)/.exec(planned.stdout)?.[1] ?? '';
    expect(words).toBe(`deletes=4@${digest.slice(0, 32)}`);
    const allowed = await rig.plan({ allow: [words] });
    expect(allowed.exit).toBe(0);
    expect(allowed.stdout).toContain('deletes (allowed): removes 4 of 10 limits in ws-team-a (40 %)');
    await succeed(rig.apply({ allow: [words] }));
    expect(rig.emulator.requests.countWrites()).toBe(4);
    expect((await rig.plan({ detailedExitcode: true })).exit).toBe(0);
  });

  it('are in the markdown and in the JSON as well', async () => {
    const digest = await startFourDeletes();
    const words = `deletes=4@${digest.slice(0, 32)}`;
    const markdown = await rig.plan({ format: 'markdown' });
    expect([markdown.exit, markdown.stdout]).toEqual([3, expect.stringContaining(`\`--allow ${words}\``)]);
    expect(markdown.stdout).toContain('4 to delete');
    const json = await rig.plan({ format: 'json' });
    expect(json.exit).toBe(3);
    expect(parseOutput(json)).toMatchObject({ ok: false, violations: [{ guard: 'deletes', allow: words }] });
    const quiet = await rig.apply({ quiet: true });
    expect([quiet.exit, quiet.stdout]).toEqual([3, '']);
  });

  it('may hold the whole digest', async () => {
    const digest = await startFourDeletes();
    await succeed(rig.apply({ allow: [`deletes=4@${digest}`] }));
  });

  const near: readonly (readonly [string, (digest: string) => string])[] = [
    ['a smaller number', (digest) => `deletes=3@${digest}`],
    ['another plan', (digest) => `deletes=4@${digest.startsWith('0') ? '1' : '0'}${digest.slice(1)}`],
    [
      'a digest that goes on otherwise',
      (digest) => `deletes=4@${digest.slice(0, 32)}${digest[32] === '0' ? '1' : '0'}`,
    ],
    ['another guard', (digest) => `updates=4@${digest}`],
    ['another guard of the same number', (digest) => `empties-scope=4@${digest}`],
  ];
  it.each(near)('%s does not lift', async (_name, wordsOf) => {
    const digest = await startFourDeletes();
    const recorded = rig.readRecord();
    const ran = await rig.apply({ allow: [wordsOf(digest)] });
    expect(ran.exit).toBe(3);
    expect(ran.stderr).toMatch(/^error: not applied: the guard [a-z-]+ objects$/m);
    expect(rig.emulator.requests.countWrites()).toBe(0);
    expect(rig.readRecord()).toEqual(recorded);
  });

  it.each([
    'deletes',
    'deletes=4',
    'deletes=4@',
    'deletes=4@12345678',
    `deletes=4@${'1'.repeat(31)}`,
    `deletes=all@${'1'.repeat(32)}`,
    `deletes=unbounded@${'1'.repeat(32)}`,
    `delets=4@${'1'.repeat(32)}`,
    `DELETES=4@${'1'.repeat(32)}`,
    '',
  ])('"%s" is no allowance: exit 1 before anything is asked', async (text) => {
    await startFourDeletes();
    rig.emulator.requests.clear();
    const ran = await rig.apply({ allow: [text] });
    expect(ran.exit).toBe(1);
    expect(ran.stderr).toContain(`--allow ${text}`);
    expect(rig.emulator.requests.total).toBe(0);
  });

  it('suggest the guard that is meant', async () => {
    await startFourDeletes();
    expect((await rig.plan({ allow: ['delets=4@12345678'] })).stderr).toContain('deletes');
  });

  it('hold for one plan: one deletion more is another', async () => {
    const digest = await startFourDeletes();
    rig.write(twoFiles(without(ten, 5), other));
    expect(await judge(rig, [`deletes=4@${digest}`, `deletes=5@${digest}`])).toMatchObject([{ lifted: false }]);
  });
});

describe('several objections', () => {
  const shrunk = (): Record<string, string> => twoFiles({}, changed(other, 11));

  it('are all shown, with the whole plan, and lifted one at a time', async () => {
    rig = await startJudged(ten, other);
    rig.write(shrunk());
    const planned = await rig.plan();
    expect(planned.exit).toBe(3);
    expect(planned.stdout).toContain('11 to update, 10 to delete');
    const words = [...planned.stdout.matchAll(/--allow (\S+)/g)].map((match) => match[1] ?? '');
    expect(words.map((word) => word.split('@')[0])).toEqual([
      'deletes=10',
      'updates=11',
      'empties-scope=1',
      'spend-up=unbounded',
    ]);
    for (const left of words) {
      const rest = words.filter((word) => word !== left);
      const ran = await rig.apply({ allow: rest });
      expect(ran.exit).toBe(3);
      expect(ran.stderr).toContain(`--allow ${left}`);
      for (const word of rest) expect(ran.stderr).not.toContain(`--allow ${word}`);
    }
    expect((await rig.apply()).stderr).toMatch(/^error: not applied: the guards (?:[a-z-]+, ){3}[a-z-]+ object$/m);
    expect(rig.emulator.requests.countWrites()).toBe(0);
    await succeed(rig.apply({ allow: words }));
  });

  it('JSON of the refusal holds plan and objections', async () => {
    rig = await startJudged(ten, other);
    rig.write(shrunk());
    const ran = await rig.apply({ format: 'json' });
    const document = parseOutput(ran);
    expect(document).toMatchObject({ ok: false, error: { kind: 'refused' }, counts: { delete: 10, update: 11 } });
    expect(document.violations).toHaveLength(4);
    expect(outcomesOf(ran)).toEqual([]);
  });
});

describe('what a guard does not see', () => {
  it('what a mode or a filter holds back', async () => {
    await startFourDeletes();
    expect((await rig.plan({ mode: 'upsert-only' })).exit).toBe(0);
    expect((await rig.plan({ only: ['usage-policy/p1', 'usage-policy/p2'] })).exit).toBe(0);
    expect((await rig.plan({ workspace: ['ws-team-b'] })).exit).toBe(0);
  });

  it('limits that somebody wiped by hand and that are made again', async () => {
    rig = await startJudged(ten, other);
    for (const policy of rig.emulator.store.state.usagePolicies) policy.status = 'archived';
    expect(await judge(rig)).toEqual([]);
    await succeed(rig.apply());
  });

  it('policies that Git never declared', async () => {
    rig = await startJudged(budgets(2), other);
    const written = twoFiles(budgets(2), other);
    rig.write({ ...written, 'a.yaml': workspaceFile('ws-team-a', 'forget: [policies/p1, policies/p2]\n') });
    expect(await judge(rig)).toEqual([]);
    await succeed(rig.apply());
    expect(rig.emulator.requests.countWrites()).toBe(0);
  });
});

describe('guards that need consumption and prices', () => {
  it('are said to be not judged where it was not read', async () => {
    rig = await startJudged(budgets(2), other);
    const names = ['blocks-now', 'spend-up', 'counter-reset'];
    const unjudged = async (impact: boolean) =>
      parseOutput(await rig.plan({ format: 'json', impact })).guards_not_judged;
    // Nothing changes: there is nothing to judge.
    expect(await unjudged(false)).toEqual([]);
    rig.write(twoFiles(changed(budgets(2), 1), other));
    expect(await unjudged(true)).toEqual([]);
    expect(await unjudged(false)).toEqual(names);
    const said = `Guards not judged: ${names.join(', ')}.`;
    expect((await rig.plan({ verbose: true, impact: false })).stdout).toContain(said);
    expect((await rig.plan({ verbose: true })).stdout).not.toContain('Guards not judged');
  });
});

describe('rewind', () => {
  const files = (amount: number): Record<string, string> => ({
    'org.yaml': orgFile(),
    'a.yaml': workspaceFile(
      'ws-team-a',
      `policies:\n  spend:\n    budget: $${amount}\n    reset: monthly\n    per: api_key\n`,
    ),
  });

  async function startRewound(): Promise<GitRig> {
    const gitRig = await startGitRig({ state: smallState() });
    rig = gitRig;
    const first = gitRig.commit(files(100));
    gitRig.commit(files(200));
    await succeed(rig.apply());
    gitRig.git('checkout', '--quiet', first);
    rig.emulator.requests.clear();
    return gitRig;
  }

  it('plan exits 3 and shows the plan; apply exits 4 before the claim', async () => {
    const { history } = await startRewound();
    const planned = await rig.plan();
    expect(planned.exit).toBe(3);
    expect(planned.stdout).toContain('$200 → $100');
    expect(planned.stdout).toMatch(/rewind: the commit applied last, [0-9a-f]{12}, is not in the history/);
    const applied = await rig.apply();
    expect(applied.exit).toBe(4);
    expect(applied.stderr).toContain('error: not applied: this checkout lacks the commit that was applied last');
    expect(rig.emulator.requests.countWrites()).toBe(0);
    expect(history()).toEqual(['apply production: Applied 1 of 1.', expect.stringContaining('claim')]);
  });

  it('is lifted for one plan by its words', async () => {
    await startRewound();
    const words = /--allow (rewind=1@[0-9a-f]{32})/.exec((await rig.plan()).stdout)?.[1] ?? '';
    expect((await rig.apply({ allow: [words.replace('=1', '=0')] })).exit).toBe(4);
    await succeed(rig.apply({ allow: [words] }));
    expect(rig.emulator.store.state.usagePolicies).toMatchObject([{ credit_limit: 100 }]);
  });

  it('refuses where the commit that was applied is nowhere any more', async () => {
    const gitRig = await startGitRig({ state: smallState() });
    rig = gitRig;
    gitRig.commit(files(100));
    await succeed(rig.apply());
    // The commit that was applied is in no history that this clone or its remote has.
    gitRig.git('checkout', '--quiet', '--orphan', 'elsewhere');
    gitRig.commit(files(300));
    gitRig.git('push', '--quiet', '--force', 'origin', 'elsewhere:main');
    gitRig.git('branch', '-D', 'main');
    gitRig.git('update-ref', '-d', 'refs/remotes/origin/main');
    gitRig.git('reflog', 'expire', '--expire=now', '--all');
    gitRig.git('gc', '--quiet', '--prune=now');
    const planned = await rig.plan();
    expect(planned.exit).toBe(3);
    expect(planned.stdout).toMatch(/rewind: the commit applied last, [0-9a-f]{12}, is not in the history/);
    expect((await rig.apply()).exit).toBe(4);
  });

  it('the checkout of a later commit is none, and neither is the same one again', async () => {
    const gitRig = await startRewound();
    gitRig.git('checkout', '--quiet', 'main');
    expect((await rig.plan()).exit).toBe(0);
    gitRig.commit(files(250));
    await succeed(rig.apply());
  });

  const loosely = (amount: number): Record<string, string> => ({
    ...files(amount),
    'org.yaml': orgFile('review: {guards: {rewind: off}}\n'),
  });

  // Settings are proven from the commit that they were applied from, and a rewound checkout does not have it.
  it('is not switched off by settings that the checkout cannot prove: its words lift it', async () => {
    const gitRig = await startGitRig({ state: smallState() });
    rig = gitRig;
    const first = gitRig.commit(loosely(100));
    gitRig.commit(loosely(200));
    await succeed(rig.apply());
    gitRig.git('checkout', '--quiet', first);
    const refused = await rig.apply();
    expect(refused.exit).toBe(4);
    const words = /--allow (rewind=1@[0-9a-f]{32})/.exec(refused.stderr)?.[1] ?? '';
    await succeed(rig.apply({ allow: [words] }));
    expect(rig.emulator.store.state.usagePolicies).toMatchObject([{ credit_limit: 100 }]);
  });
});

it('apply in an emulator without a record has nothing to rewind', async () => {
  rig = await startRig({ state: smallState(), files: twoFiles(budgets(1), budgets(1, 100, 51)) });
  expect(await judge(rig)).toEqual([]);
});
