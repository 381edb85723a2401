import { afterEach, describe, expect, it } from 'vitest';
import { type HistoryOptions, runHistory } from '../../src/commands/history.ts';
import type { CommandResult } from '../../src/run/session.ts';
import { budgetsFile, parseOutput, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { testNow, testSession } from '../helpers/session.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile } from '../helpers/world.ts';
import { type GitRig, startGitRig } from '../stories/git-rig.ts';

let rig: Rig | GitRig;
afterEach(() => rig.close());

function history(options: Partial<HistoryOptions> = {}, now = testNow): Promise<CommandResult> {
  const common = {
    dir: 'policies',
    workspace: [],
    format: 'text',
    backend: 'portkey',
    concurrency: 4,
    quiet: false,
    verbose: false,
  } as const;
  return runHistory(
    { ...common, limit: 20, ...options },
    testSession({ cwd: rig.folder, env: { ...rig.env, GIT_CONFIG_NOSYSTEM: '1' }, now }),
  );
}

const files = (dollars: Record<string, number>) => ({ 'org.yaml': orgFile(), 'a.yaml': budgetsFile(dollars) });

/** Three applies: a first, one where a change fails, one that only changes the record. */
async function threeApplies(): Promise<GitRig> {
  const made = await startGitRig({ state: smallState() });
  made.commit(files({ p1: 10 }));
  await succeed(made.apply());
  made.commit(files({ p1: 20, p2: 5 }));
  await made.apply({}, { now: testNow + 60_000 });
  made.commit({ ...files({ p1: 20, p2: 5 }), 'org.yaml': orgFile('review: {drift: leave}\n') });
  await succeed(made.apply());
  return made;
}

describe('history', () => {
  it('lists applies, the latest first, with who, commit, digest and what became of them', async () => {
    const made = await threeApplies();
    rig = made;
    const commits = made.git('log', '--format=%H').split('\n');
    const tokens = made.git('ls-remote', 'origin', 'refs/tollgate/production').split('\t');
    const { output, exit } = await history();
    expect(exit).toBe(0);
    const lines = output
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(lines[0]).toEqual(['when (UTC)', 'who', 'commit', 'digest', 'record', 'outcome']);
    expect(lines.slice(1).map(([when, who, commit, , , outcome]) => [when, who, commit, outcome])).toEqual([
      ['2026-11-20 12:00:00', 'platform-engineer', commits[0]?.slice(0, 12), 'record only; unreviewed'],
      ['2026-11-20 12:01:00', 'platform-engineer', commits[1]?.slice(0, 12), '2 applied; unreviewed'],
      ['2026-11-20 12:00:00', 'platform-engineer', commits[2]?.slice(0, 12), '1 applied; unreviewed'],
    ]);
    expect(lines[1]?.[4]).toBe(tokens[0]?.slice(0, 12));

    const document = parseOutput({ stdout: (await history({ format: 'json' })).output });
    expect(document).toMatchObject({
      ok: true,
      keeps_past: true,
      has_more: false,
      applies: [
        { counts: {}, state: 'ended' },
        { counts: { applied: 2 }, commit: commits[1] },
        { counts: { applied: 1 } },
      ],
    });
    expect((await history({ format: 'markdown' })).output).toMatch(
      /^\| when \(UTC\) \| who .*\n\|---\|.*\n\| 2026-11-20 12:00:00 \|/,
    );
  });

  it('stops at the limit and says that there is more', async () => {
    rig = await threeApplies();
    const { output } = await history({ limit: 2 });
    expect(output).toContain('There are more than these 2: add --limit N.');
    expect(output.split('\n').filter((line) => line.startsWith('2026-'))).toHaveLength(2);
    expect((await history({ limit: 3 })).output).not.toContain('There are more');
  });

  it('has the latest alone of a record in a file, and says so', async () => {
    rig = await startRig({ state: smallState(), files: files({ p1: 10 }) });
    expect((await history({ recordFile: rig.recordFile })).output).toMatch(/^Nothing has been applied yet: /);
    await succeed(rig.apply());
    const record = rig.readRecord();
    if (record === null) throw new Error('no record');
    const { output } = await history({ recordFile: rig.recordFile });
    expect(output).toContain('1 applied');
    expect(output).toContain('Only the latest is kept');

    const claim = {
      run: 'local:elsewhere:1:0',
      by: 'bob\u001b[2J',
      startedAt: new Date(testNow).toISOString(),
      leaseUntil: new Date(testNow + 1000).toISOString(),
      digest: 'ab'.repeat(32),
      changes: [],
    };
    rig.writeRecord({ ...record, claim });
    expect((await history({ recordFile: rig.recordFile })).output).toContain('bob\\u{1b}[2J');
    expect((await history({ recordFile: rig.recordFile })).output).toContain('0 changes under way');
    expect((await history({ recordFile: rig.recordFile }, testNow + 5000)).output).toContain(
      'claimed 0 changes and never ended',
    );
  });

  it('needs no key, and says where the files have an error', async () => {
    const made = await startGitRig({ state: smallState() });
    rig = made;
    made.commit({ 'org.yaml': `${orgFile()}keys: 5\n` });
    const ran = await history();
    expect(ran).toMatchObject({ exit: 1, output: expect.stringContaining('not-a-map') });
    made.commit(files({ p1: 10 }));
    rig = { ...made, env: { ...made.env, PORTKEY_API_KEY: undefined } };
    expect((await history()).output).toMatch(/^Nothing has been applied yet: /);
  });
});
