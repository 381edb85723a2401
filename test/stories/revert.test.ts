/** An apply is taken back: the edit in the working tree, the lines that publish it, and the plan that is exactly the inverse. */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type RevertOptions, runRevert } from '../../src/commands/revert.ts';
import { capture, parseOutput, type Ran, succeed, writeIn } from '../helpers/rig.ts';
import { testSession } from '../helpers/session.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { type GitRig, startGitRig } from './git-rig.ts';

let rig: GitRig;
afterEach(() => rig.close());

function revert(record: string, options: Partial<RevertOptions> = {}): Promise<Ran> {
  const common = { dir: 'policies', workspace: [], backend: 'portkey', concurrency: 4, quiet: false, verbose: false };
  const all = { ...common, format: 'text', record, dryRun: false, allowDirty: false, ...options } as RevertOptions;
  const session = testSession({ cwd: rig.folder, env: { ...rig.env, GIT_CONFIG_NOSYSTEM: '1' } });
  return capture(all.format, session, () => runRevert(all, session), 'revert');
}

const read = (path: string): string => readFileSync(join(rig.folder, path), 'utf8');

interface PlannedChange {
  readonly name: string;
  readonly action: string;
  readonly summary: string;
}

async function planned(): Promise<readonly [string, string, string][]> {
  const { changes } = parseOutput(await rig.plan({ format: 'json' })) as {
    changes: readonly PlannedChange[];
  };
  return changes.map(({ name, action, summary }) => [name, action, summary]);
}

const p1 = (dollars: number, comment = ''): string =>
  `  p1:${comment}\n    budget: $${dollars}\n    reset: monthly\n    per: workspace_id\n`;
const p2 =
  '  # the second, asked for by search\n  p2:\n    budget: "$5" # small\n    reset: monthly\n    per: workspace_id\n';
const p3 = '  p3:\n    budget: $7\n    reset: monthly\n    per: workspace_id\n';
const file = (...entries: string[]): string =>
  workspaceFile('ws-team-a', entries.length === 0 ? '' : `policies:\n${entries.join('')}`);
const files = (...entries: string[]) => ({ 'org.yaml': orgFile(), 'a.yaml': file(...entries) });

async function applied(...states: readonly Readonly<Record<string, string>>[]): Promise<void> {
  rig = await startGitRig({ state: smallState() });
  for (const state of states) {
    rig.commit(state);
    await succeed(rig.apply({ impact: false }));
  }
}

describe('revert', () => {
  it('of the last apply writes the files before it to the byte, names the lines of Git, and the plan is the inverse', async () => {
    await applied(files(p1(10), p2), files(p1(20)));
    const head = rig.git('rev-parse', 'HEAD');
    const ran = await revert('latest');
    expect([ran.exit, ran.stderr]).toEqual([0, '']);
    expect(read('policies/a.yaml')).toBe(file(p1(10), p2));
    expect(ran.stdout).toContain('\n  policies/a.yaml (edited)\n');
    expect(rig.git('rev-parse', 'HEAD')).toBe(head);
    expect(await planned()).toEqual([
      ['p1', 'update', '$20 → $10 monthly, shared by the workspace'],
      ['p2', 'create', '$5 monthly, shared by the workspace'],
    ]);
    // The lines are run as they stand.
    const lines = ran.stdout.split('\n').filter((line) => line.startsWith('  git '));
    expect(lines).toHaveLength(4);
    for (const line of lines) execFileSync('sh', ['-c', line], { cwd: rig.folder, stdio: 'pipe' });
    expect(rig.git('status', '--porcelain')).toBe('');
    expect(rig.git('log', '-1', '--format=%s')).toMatch(
      /^Revert the apply of 2026-11-20 12:00 UTC \(record [0-9a-f]{12}\)$/,
    );
    expect(rig.git('ls-remote', 'origin', 'refs/heads/revert-*')).toContain(rig.git('rev-parse', 'HEAD'));
  });

  it('of an earlier apply takes back its own fields alone, and keeps what came since with its comments', async () => {
    await applied(files(p1(10), p2), files(p1(20), p3), files(p1(20, ' # ours'), p3, p2.replaceAll('p2', 'p4')));
    await succeed(revert('~1'));
    expect(read('policies/a.yaml')).toBe(file(p1(10, ' # ours'), p2.replaceAll('p2', 'p4'), p2));
    expect((await planned()).map(([name, action]) => [name, action])).toEqual([
      ['p1', 'update'],
      ['p2', 'create'],
      ['p3', 'delete'],
    ]);
  });

  it('says what a later apply changed in the same field, by file and line, and writes nothing', async () => {
    await applied(files(p1(10), p2), files(p1(20)), files(p1(30)));
    const ran = await revert('~1');
    expect([ran.exit, ran.stderr]).toEqual([1, '']);
    expect(ran.stdout).toContain(
      'policies/a.yaml:7  `policies/p1/budget` was `$20` with that apply, before it `$10`, and is `$30` now',
    );
    expect(read('policies/a.yaml')).toBe(file(p1(30)));
    const document = parseOutput(await revert('~1', { format: 'json' }));
    expect(document).toMatchObject({
      version: 1,
      ok: false,
      written: false,
      conflicts: [{ file: 'policies/a.yaml', line: 7 }],
    });
  });

  it('takes settings, protection and whole files back as well', async () => {
    const org = orgFile('review:\n  drift: leave # for now\n');
    const kept = p1(10).replace('    per', '    protect: true\n    per');
    await applied({ ...files(kept), 'org.yaml': org, 'b.yaml': workspaceFile('ws-team-b') }, files(kept));
    await succeed(revert('latest'));
    expect([read('policies/org.yaml'), read('policies/b.yaml')]).toEqual([org, workspaceFile('ws-team-b')]);
    rig.commit(files(p1(10)));
    await succeed(rig.apply({ impact: false }));
    await succeed(revert('latest'));
    expect(read('policies/a.yaml')).toBe(file(kept));
  });

  it('deletes a file that the apply made, and only its share where others have put more into it', async () => {
    const made = workspaceFile('ws-team-b', `policies:\n${p3}`);
    await applied(files(p1(10)), { ...files(p1(10)), 'deep/b.yaml': made });
    await succeed(revert('latest'));
    expect(existsSync(join(rig.folder, 'policies/deep/b.yaml'))).toBe(false);
    rig.commit({ ...files(p1(10)), 'deep/b.yaml': `${made}keys:\n  web:\n    rate: 5 requests/minute\n` });
    const ran = await succeed(revert('latest'));
    expect(ran.stdout).toContain('policies/deep/b.yaml (edited)');
    expect(read('policies/deep/b.yaml')).toBe(
      workspaceFile('ws-team-b', 'keys:\n  web:\n    rate: 5 requests/minute\n'),
    );
  });

  it('finds a file under its present name', async () => {
    await applied(files(p1(10)), files(p1(20)));
    rig.commit({ 'org.yaml': orgFile(), 'moved/here.yaml': file(p1(20), p3) });
    expect((await succeed(revert('latest'))).stdout).toContain('policies/moved/here.yaml (edited)');
    expect(read('policies/moved/here.yaml')).toBe(file(p1(10), p3));
  });

  it('refuses files with changes of one’s own, unless asked, and with --dry-run writes nothing', async () => {
    await applied(files(p1(10)), files(p1(20)));
    const dry = await succeed(revert('latest', { dryRun: true }));
    expect([dry.stdout.includes('(edited)'), read('policies/a.yaml')]).toEqual([true, file(p1(20))]);
    writeIn(rig.folder, 'policies/a.yaml', file(p1(20), p3));
    const ran = await revert('latest');
    expect([ran.exit, ran.stderr]).toEqual([1, expect.stringContaining('not committed: policies/a.yaml')]);
    expect(read('policies/a.yaml')).toBe(file(p1(20), p3));
    await succeed(revert('latest', { allowDirty: true }));
    expect(read('policies/a.yaml')).toBe(file(p1(10), p3));
  });

  it('has nothing to take back twice, nor before the first apply', async () => {
    await applied(files(p1(10)), files(p1(20)));
    await succeed(revert('latest'));
    const again = await revert('latest', { allowDirty: true });
    expect([again.exit, again.stdout]).toEqual([0, expect.stringContaining('Nothing to take back')]);
    const first = await revert('~1', { allowDirty: true });
    expect([first.exit, first.stderr]).toEqual([1, expect.stringContaining('that is the first apply')]);
    expect((await revert('~7')).exit).toBe(1);
  });

  it('writes nothing where what came since would not stand without that apply', async () => {
    const org = (more: string) => orgFile(more);
    const wide = {
      'org.yaml': org(
        'defaults:\n  policies:\n    cap:\n      budget: $9\n      reset: monthly\n      per: workspace_id\n',
      ),
      'a.yaml': file(p1(10)),
    };
    const without = { ...wide, 'a.yaml': `${file(p1(10))}skip_defaults: [cap]\n` };
    await applied({ 'org.yaml': org(''), 'a.yaml': file(p1(10)) }, wide, without);
    const ran = await revert('~1');
    expect([ran.exit, ran.stderr]).toEqual([
      1,
      expect.stringContaining('what came since rests on that apply, so nothing was written: policies/a.yaml:'),
    ]);
    expect(read('policies/org.yaml')).toBe(wide['org.yaml']);
  });
});
