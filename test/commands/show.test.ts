import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { runShow, type ShowOptions } from '../../src/commands/show.ts';
import { budgetsFile, parseOutput, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { testNow, testSession } from '../helpers/session.ts';
import { keyA1, smallState } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { type GitRig, startGitRig } from '../stories/git-rig.ts';

let rig: Rig;
afterEach(() => rig.close());

async function show(options: Partial<ShowOptions> = {}): Promise<string> {
  const common = {
    dir: 'policies',
    workspace: [],
    format: 'text',
    backend: 'portkey',
    concurrency: 4,
    quiet: false,
    verbose: false,
  } as const;
  const session = testSession({ cwd: rig.folder, env: { ...rig.env, GIT_CONFIG_NOSYSTEM: '1' } });
  const { output, exit } = await runShow({ ...common, record: 'latest', ...options }, session);
  expect(exit).toBe(0);
  return output;
}

const files = (dollars: Record<string, number>) => ({ 'org.yaml': orgFile(), 'deep/a.yaml': budgetsFile(dollars) });

async function twoApplies(): Promise<GitRig> {
  const made = await startGitRig({ state: smallState() });
  made.commit(files({ p1: 10 }));
  await succeed(made.apply());
  made.commit(files({ p1: 20, p2: 5 }));
  await succeed(made.apply());
  return made;
}

describe('show', () => {
  it('shows an apply with what was and what is, in words', async () => {
    const made = await twoApplies();
    rig = made;
    const commits = made.git('log', '--format=%H').split('\n');
    const text = await show();
    expect(text).toContain('2026-11-20 12:00:00 UTC by platform-engineer: 2 applied; unreviewed\n');
    expect(text).toContain(`  commit        ${commits[0]}\n`);
    expect(text).toContain('  applied: update p1 (ws-team-a): $10 → $20 monthly, shared by the workspace\n');
    expect(text).toContain('  applied: create p2 (ws-team-a): $5 monthly, shared by the workspace\n');
    expect(text).toContain('\npolicy files\n  deep/a.yaml\n  org.yaml\n');
    expect(await show({ record: '~1' })).toContain('applied: create p1 (ws-team-a): $10 monthly');
    expect(await show({ record: 'latest~1', format: 'markdown' })).toMatch(/^### 2026-11-20 12:00:00 UTC by platform/);
    const document = parseOutput({ stdout: await show({ format: 'json' }) });
    expect(document).toMatchObject({
      ok: true,
      commit: commits[0],
      environment: 'production',
      outcomes: expect.arrayContaining([
        expect.objectContaining({
          name: 'p1',
          summary: '$10 → $20 monthly, shared by the workspace',
          status: 'applied',
        }),
      ]),
      files: ['deep/a.yaml', 'org.yaml'],
      claim: null,
    });
  });

  it('finds an apply by any token of it, or by the first digits', async () => {
    const made = await twoApplies();
    rig = made;
    const tokens = made.git('ls-remote', 'origin', 'refs/tollgate/production').split('\t');
    made.git('fetch', '--quiet', 'origin', 'refs/tollgate/production');
    const all = made.git('log', '--format=%H', 'FETCH_HEAD').split('\n');
    expect(all).toHaveLength(4);
    const latest = await show();
    for (const token of [all[0], all[1], tokens[0]?.slice(0, 12)])
      expect(await show({ record: token ?? '' })).toBe(latest);
    expect(await show({ record: all[2]?.slice(0, 10) ?? '' })).toBe(await show({ record: '~1' }));
    await expect(show({ record: '~2' })).rejects.toThrow('there are only 2 applies');
    await expect(show({ record: '0123456789' })).rejects.toThrow('no record 0123456789');
    await expect(show({ record: all[0]?.slice(0, 2) ?? '' })).rejects.toThrow('too short');
    await expect(show({ record: 'HEAD' })).rejects.toThrow('names no record');
  });

  it('writes the files as applied into an empty directory, for a revert', async () => {
    rig = await twoApplies();
    const text = await show({ record: '~1', files: 'back' });
    expect(text).toContain('2 files written into back');
    expect(readFileSync(join(rig.folder, 'back/deep/a.yaml'), 'utf8')).toBe(budgetsFile({ p1: 10 }));
    expect(readFileSync(join(rig.folder, 'back/org.yaml'), 'utf8')).toBe(orgFile());
    await expect(show({ record: 'latest', files: 'back' })).rejects.toThrow('back is not empty');
    expect(readFileSync(join(rig.folder, 'back/deep/a.yaml'), 'utf8')).toBe(budgetsFile({ p1: 10 }));
    writeFileSync(join(rig.folder, 'file'), '');
    await expect(show({ files: 'file' })).rejects.toThrow('is a file');
    mkdirSync(join(rig.folder, 'empty'));
    await show({ files: 'empty' });
    expect(readFileSync(join(rig.folder, 'empty/deep/a.yaml'), 'utf8')).toBe(budgetsFile({ p1: 20, p2: 5 }));
  });

  it.each(['../evil.yaml', '/tmp/evil.yaml', 'a/../../evil.yaml', '.git/config', 'a\\..\\evil', ''])(
    'writes no file at %j, and none beside it',
    async (path) => {
      rig = await startRig({ state: smallState(), files: files({ p1: 10 }) });
      await succeed(rig.apply());
      const record = rig.readRecord();
      if (record === null) throw new Error('no record');
      rig.writeRecord({ ...record, files: { 'org.yaml': 'x', [path]: 'evil' } });
      await expect(show({ recordFile: rig.recordFile, files: 'out' })).rejects.toThrow('nothing was written');
      expect(existsSync(join(rig.folder, 'out'))).toBe(false);
      expect(existsSync(join(rig.folder, 'evil.yaml'))).toBe(false);
    },
  );

  it('shows what a claim was to change, and names keys in conditions', async () => {
    const text =
      'policies:\n  p: {budget: $5, reset: monthly, per: api_key, match: {api_key: app}}\nkeys:\n  app: {rate: 5 requests/minute}\n';
    rig = await startRig({
      state: smallState(),
      files: { 'org.yaml': orgFile(), 'a.yaml': workspaceFile('ws-team-a', text) },
    });
    await succeed(rig.apply());
    const options = { recordFile: rig.recordFile };
    const shown = await show(options);
    expect(shown).toContain('applied: create p (ws-team-a): $5 monthly per api_key, for api_key app\n');
    expect(shown).not.toContain(keyA1);
    expect(shown).toContain('applied: create key app (ws-team-a): 5 requests/minute\n');
    const record = rig.readRecord();
    if (record === null) throw new Error('no record');
    const change = {
      kind: 'usage-policy',
      workspace: 'ws-team-a',
      workspaceId: null,
      name: 'p',
      action: 'delete',
      fingerprint: 'f',
      liveId: null,
      after: null,
      entry: null,
    } as const;
    const claim = {
      run: 'r',
      by: 'bob',
      startedAt: '2026-11-20T11:00:00.000Z',
      leaseUntil: new Date(testNow - 1).toISOString(),
      digest: 'ab'.repeat(32),
      changes: [change],
    };
    rig.writeRecord({ ...record, claim });
    const claimed = await show(options);
    expect(claimed).toContain('2026-11-20 11:00:00 UTC by bob: claimed 1 change and never ended\n');
    expect(claimed).toContain('claimed changes\n  delete p (ws-team-a)\n');
    await expect(show({ ...options, record: '~1' })).rejects.toThrow('only the latest apply is kept');
    rig.write({});
    await expect(show({ recordFile: join(rig.folder, 'none.json') })).rejects.toThrow('there is no record yet');
  });
});
