import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { budgetRows, budgetsFile, parseOutput, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { smallState, teamA, teamB, usagePolicyRow, uuid } from '../helpers/state.ts';
import { orgFile } from '../helpers/world.ts';

let rig: Rig;
afterEach(() => rig.close());

/** p1 unchanged, p2 cheaper, p3 new, p4 gone from Git; and one in the other workspace. */
beforeEach(async () => {
  rig = await startRig({
    state: smallState({
      usagePolicies: [
        ...budgetRows({ p1: 100, p2: 200, p4: 400 }, teamA),
        usagePolicyRow('b1', uuid(201), teamB),
        usagePolicyRow('by-hand', uuid(202), teamB),
      ],
    }),
    files: {
      'org.yaml': orgFile(),
      'a.yaml': budgetsFile({ p1: 100, p2: 200, p4: 400 }),
      'b.yaml': budgetsFile({ b1: 100 }, 'ws-team-b'),
    },
  });
});

async function moveFiles(): Promise<void> {
  await succeed(rig.apply());
  rig.emulator.requests.clear();
  rig.write({
    'org.yaml': orgFile(),
    'a.yaml': budgetsFile({ p1: 100, p2: 150, p3: 300 }),
    'b.yaml': budgetsFile({ b1: 120 }, 'ws-team-b'),
  });
}

interface PlanDocument {
  readonly digest: string;
  readonly counts: Record<string, number>;
  readonly changes: readonly { id: string; name: string; action: string; summary: string; fingerprint: string }[];
  readonly withheld: readonly { id: string }[];
}

async function planJson(options: Parameters<Rig['plan']>[0] = {}): Promise<PlanDocument> {
  return parseOutput(await rig.plan({ ...options, format: 'json' })) as unknown as PlanDocument;
}

it('ends with what to do next, but for one that is blocked: there the words are whole', async () => {
  const next = async (): Promise<string | undefined> => / Next: (.*)\.$/m.exec((await rig.plan()).stdout)?.[1];
  expect(await next()).toBe('commit, push, tollgate apply');
  await moveFiles();
  expect(await next()).toBe('merge it, then tollgate apply');
  rig.write({ 'org.yaml': orgFile(), 'a.yaml': budgetsFile({}), 'b.yaml': budgetsFile({ b1: 100 }, 'ws-team-b') });
  const blocked = await rig.plan();
  expect(blocked.stdout).toContain('Next: change the files; or, if it is meant, review and merge it first');
  const [command = ''] = /^ +tollgate apply( --allow \S+)+$/m.exec(blocked.stdout) ?? [];
  await succeed(rig.apply({ allow: [...command.matchAll(/--allow (\S+)/g)].map(([, word = '']) => word) }));
});

/** The text that a reader of the markdown sees. */
function readMarkdown(markdown: string): string {
  return markdown.replace(/&#(\d+);/g, (_entity, code: string) => String.fromCharCode(Number(code)));
}

describe('plan', () => {
  it('shows one plan in three formats, and writes nothing', async () => {
    await moveFiles();
    const text = await rig.plan();
    const json = await planJson();
    const markdown = await rig.plan({ format: 'markdown' });
    expect(json.changes.map(({ id, action }) => [id, action])).toEqual([
      ['usage-policy/ws-team-a/p2', 'update'],
      ['usage-policy/ws-team-a/p3', 'create'],
      ['usage-policy/ws-team-a/p4', 'delete'],
      ['usage-policy/ws-team-b/b1', 'update'],
    ]);
    expect(json.counts).toMatchObject({ create: 1, update: 2, replace: 0, delete: 1, unchanged: 1, unmanaged: 1 });
    const counts = 'Plan: 1 to create, 2 to update, 1 to delete (2 loosen a limit); 1 unchanged, at least 1 unmanaged.';
    expect(text.stdout).toContain(counts);
    expect(text.stdout).toContain(`\nDigest ${json.digest.slice(0, 32)}. Next: `);
    const shown = readMarkdown(markdown.stdout);
    expect(shown).toContain(`\n${counts}`);
    expect(shown).toContain(`Digest \`${json.digest.slice(0, 32)}\``);
    for (const { name, summary } of json.changes) {
      expect(text.stdout).toContain(name);
      // Who shares a counter stands where it is not the whole workspace.
      const [move = ''] = summary.split(', ');
      expect(text.stdout).toContain(move);
      const row = shown.split('\n').find((line) => /^\| `[+~-]` /.test(line) && line.includes(` ${name}<br>`));
      expect(row?.replaceAll('**', '')).toContain(` | ${move}`);
    }
    expect([text.exit, markdown.exit, text.stderr, markdown.stderr]).toEqual([0, 0, '', '']);
    expect(rig.emulator.requests.countWrites()).toBe(0);
  });

  it('prints equal bytes for equal inputs', async () => {
    await moveFiles();
    for (const format of ['text', 'json', 'markdown'] as const) {
      expect((await rig.plan({ format })).stdout).toBe((await rig.plan({ format })).stdout);
    }
  });

  it.each(['text', 'json', 'markdown'] as const)('--detailed-exitcode as %s: 2 for changes, else 0', async (format) => {
    const adopting = await rig.plan({ format, detailedExitcode: true });
    expect(adopting.exit).toBe(0);
    if (format === 'text') expect(adopting.stdout).toContain('adopts 4');
    await moveFiles();
    expect((await rig.plan({ format, detailedExitcode: true })).exit).toBe(2);
    expect((await rig.plan({ format })).exit).toBe(0);
    expect((await rig.apply({ format })).exit).toBe(0);
    expect((await rig.plan({ format, detailedExitcode: true })).exit).toBe(0);
  });

  it('--only and --workspace hold the rest back, and the rest stays owed', async () => {
    await moveFiles();
    const one = await planJson({ only: ['usage-policy/p3'] });
    expect(one.changes.map(({ name }) => name)).toEqual(['p3']);
    expect(one.withheld.map(({ id }) => id.split('/').at(-1))).toEqual(['p2', 'p4', 'b1']);
    expect((await planJson({ only: ['usage-policy/ws-team-b/b1', 'usage-policy/p2'] })).changes).toHaveLength(2);
    for (const workspace of ['ws-team-b', teamB]) {
      expect((await planJson({ workspace: [workspace] })).changes.map(({ name }) => name)).toEqual(['b1']);
    }
    expect((await rig.apply({ only: ['usage-policy/p3'] })).exit).toBe(0);
    const rest = await planJson();
    expect(rest.changes.map(({ name, action }) => [name, action])).toEqual([
      ['p2', 'update'],
      ['p4', 'delete'],
      ['b1', 'update'],
    ]);
  });

  it('a filter changes the digest, so that an approval of a part is no approval of the whole', async () => {
    await moveFiles();
    const digests = [
      await planJson(),
      await planJson({ only: ['usage-policy/p3'] }),
      await planJson({ workspace: ['ws-team-b'] }),
    ];
    expect(new Set(digests.map(({ digest }) => digest)).size).toBe(3);
  });

  it('--mode upsert-only holds deletes back and shows them as withheld', async () => {
    await moveFiles();
    const text = await rig.plan({ mode: 'upsert-only', detailedExitcode: true });
    expect(text.stdout).toMatch(/- p4 .* withheld · no longer in Git/);
    expect(text.stdout).toContain('2 to update (1 loosens a limit); 1 unchanged, at least 1 unmanaged, 1 withheld');
    expect(text.exit).toBe(2);
    expect((await rig.apply({ mode: 'upsert-only' })).exit).toBe(0);
    expect((await rig.plan({ mode: 'upsert-only', detailedExitcode: true })).exit).toBe(0);
    // Still owed: the record remembers what was not taken away.
    expect((await planJson()).changes.map(({ name, action }) => [name, action])).toEqual([['p4', 'delete']]);
  });

  it.each([
    [{ only: ['usage-policy/p9'] }, 'error: --only usage-policy/p9: the plan has no such change\n'],
    [{ only: ['p3'] }, 'error: --only p3: the plan has no such change\n'],
    [{ workspace: ['ws-nowhere'] }, 'error: --workspace ws-nowhere: no live workspace of that slug or id\n'],
  ])('refuses a filter that selects nothing: %j', async (filter, message) => {
    await moveFiles();
    const ran = await rig.plan(filter);
    expect([ran.exit, ran.stdout]).toEqual([1, '']);
    expect(ran.stderr.startsWith(message)).toBe(true);
  });

  it('lists adoptions and unmanaged objects only when asked', async () => {
    const short = await rig.plan();
    expect(short.stdout).not.toContain('by-hand');
    expect(short.stdout).toContain('4 unchanged, at least 1 unmanaged; adopts 4');
    const long = await rig.plan({ verbose: true });
    expect(long.stdout).toContain('by-hand (ws-team-b)');
    expect(long.stdout).toContain('adopt p1 (ws-team-a)');
  });

  it('says warnings on stderr and keeps stdout for the plan', async () => {
    rig.write({
      'org.yaml': orgFile(),
      'a.yaml': `${budgetsFile({ p1: 100 })}alerts:\n  recipients: [ops@example.com]\n`,
    });
    const text = await rig.plan();
    expect(text.stderr).toMatch(/^policies\/a\.yaml:\d+:\d+ {2}warning \S+ {2}/);
    expect(text.stdout).not.toContain('policies/a.yaml:10');
    expect((await rig.plan({ quiet: true })).stderr).toBe('');
    expect(parseOutput(await rig.plan({ format: 'json' }))).toMatchObject({ diagnostics: [{ severity: 'warning' }] });
  });

  it('says that there is no record, and talks of no deletion where nothing can be deleted', async () => {
    rig.write({ 'org.yaml': orgFile(), 'a.yaml': budgetsFile({}) });
    const ran = await rig.plan();
    expect(ran.stdout).toMatch(/no record|no applied record/i);
    expect(ran.stdout).not.toMatch(/delete/);
  });
});
