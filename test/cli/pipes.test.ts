/** Standard output through pipes, whole and cut short; stdout for data, stderr for the rest. */

import { beforeAll, describe, expect, it } from 'vitest';
import { buildBundle, root, runBundle, runShell } from '../helpers/bundle.ts';
import { hasProgram } from '../helpers/programs.ts';
import { budgetsFile, startRig, writeIn } from '../helpers/rig.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile } from '../helpers/world.ts';
import { makeFolder } from '../record/git-fixture.ts';

beforeAll(() => buildBundle());

const hasBash = hasProgram('bash');

describe('a large plan', () => {
  it.skipIf(!hasBash)('arrives whole through a slow pipe, and a reader that stops is not a failure', async () => {
    const names = Array.from({ length: 300 }, (_, index) => [`policy-${index}`, 100 + index] as const);
    const rig = await startRig({
      state: smallState(),
      files: { 'org.yaml': orgFile(), 'a.yaml': budgetsFile(Object.fromEntries(names)) },
    });
    try {
      const options = { cwd: rig.folder, env: rig.env };
      // Impact is stamped with the time, and these runs are to print the same.
      const plan = 'tollgate plan --no-impact --record-file record.json';
      const [whole, slow, head, first, nobody] = await Promise.all([
        runBundle(['plan', '--no-impact', '--record-file', 'record.json', '--format', 'json'], options),
        // A reader that takes little at a time.
        runShell(`${plan} --format json | dd bs=700 status=none`, options),
        runShell(`set -o pipefail; ${plan} | head -1 | cut -d: -f1; echo "\${PIPESTATUS[0]}"`, options),
        runShell(`${plan} --format json | head -c 10 >/dev/null; echo "\${PIPESTATUS[0]}"`, options),
        runShell(`${plan} --format json --detailed-exitcode | true; echo "\${PIPESTATUS[0]}"`, options),
      ]);
      expect([whole.exit, whole.stderr]).toEqual([0, '']);
      expect(whole.stdout.length).toBeGreaterThan(200_000);
      expect((JSON.parse(whole.stdout) as { changes: unknown[] }).changes).toHaveLength(300);
      expect(slow.stdout === whole.stdout).toBe(true);
      expect([head.stdout, head.stderr]).toEqual(['production\n0\n', '']);
      expect([first.stdout, first.stderr]).toEqual(['0\n', '']);
      expect([nobody.stdout, nobody.stderr]).toEqual(['2\n', '']);
    } finally {
      await rig.close();
    }
  });
});

describe('streams', () => {
  it('a failure is on stderr; with --format json also a document on stdout, and the exit code is the same', async () => {
    const folder = makeFolder();
    for (const [format, stdout] of [
      ['text', ''],
      ['markdown', ''],
      ['json', expect.stringContaining('"ok": false')],
    ] as const) {
      const ran = await runBundle(['plan', '--format', format], { cwd: folder });
      expect(ran).toMatchObject({ exit: 1, stdout });
      expect(ran.stderr).toMatch(/^error: there is no directory policies\n/);
    }
  });

  it('--quiet and formats leave only data on stdout', async () => {
    const ran = await runBundle(['plan', '--backend', 'emulator', '--format', 'json'], { cwd: root });
    expect(ran.stderr).toBe('');
    expect(() => JSON.parse(ran.stdout)).not.toThrow();
  });

  it.skipIf(!hasBash)('closed streams end in an exit code, not in a crash', async () => {
    const folder = makeFolder();
    writeIn(folder, 'policies/org.yaml', orgFile());
    const ran = await runShell('tollgate validate >&- 2>&-; echo $?', { cwd: folder });
    expect(ran.stdout).toBe('0\n');
  });

  it('plain failures of the outside world: code, one message and no key', async () => {
    const folder = makeFolder();
    writeIn(folder, 'policies/org.yaml', orgFile());
    const key = 'pk-0123456789abcdef';
    const record = ['--record-file', 'record.json'];
    const cases = [
      { args: ['plan', ...record], env: {}, exit: 1, message: /^error: PORTKEY_API_KEY is not set\n/ },
      {
        args: ['plan', ...record],
        env: { PORTKEY_API_KEY: key, PORTKEY_BASE_URL: 'ftp://x' },
        exit: 1,
        message: /^error: the base URL/,
      },
      { args: ['plan'], env: { PORTKEY_API_KEY: key }, exit: 1, message: /^error: not in a Git repository/ },
      {
        args: ['plan', ...record],
        env: { PORTKEY_API_KEY: key, PORTKEY_BASE_URL: 'http://127.0.0.1:9/v1' },
        exit: 6,
        message: /connection refused\n$/,
      },
    ];
    await Promise.all(
      cases.map(async ({ args, env, exit, message }) => {
        const ran = await runBundle(args, { cwd: folder, env });
        expect(ran.stderr).toMatch(message);
        expect([ran.exit, ran.stdout]).toEqual([exit, '']);
        expect(ran.stderr).not.toContain(key);
        expect(ran.stderr).not.toMatch(/^\s+at /m);
      }),
    );
  });
});
