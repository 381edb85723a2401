/** What the command line says and how it ends, through the bundle. */

import { beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { allRules } from '../../src/rules/find.ts';
import { buildBundle, type Ended, root, runBundle, runShell } from '../helpers/bundle.ts';
import { hasProgram } from '../helpers/programs.ts';
import { writeIn } from '../helpers/rig.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { makeFolder } from '../record/git-fixture.ts';

beforeAll(() => buildBundle());

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = root): Promise<Ended> {
  return runBundle(args, { cwd, env });
}

describe('help and version', () => {
  it('--version prints the version alone', async () => {
    for (const flag of ['--version', '-V']) {
      expect(await run([flag])).toMatchObject({ exit: 0, stdout: `${packageJson.version}\n`, stderr: '' });
    }
  });

  it('--help names every command, the environment and the exit codes', async () => {
    const { exit, stdout, stderr } = await run(['--help']);
    expect([exit, stderr]).toEqual([0, '']);
    for (const command of ['validate', 'plan', 'apply', 'import', 'record', 'emulate', 'schema', 'completion']) {
      expect(stdout).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'));
    }
    for (const word of ['PORTKEY_API_KEY', 'PORTKEY_BASE_URL', 'Exit codes:']) expect(stdout).toContain(word);
  });

  it('help of a command is on stdout, with exit 0', async () => {
    for (const args of [
      ['plan', '--help'],
      ['help', 'plan'],
      ['record', 'rebuild', '-h'],
    ]) {
      const { exit, stdout, stderr } = await run(args);
      expect([exit, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^Usage: tollgate /);
      expect(stdout).toContain('--record-file <file>');
    }
  });

  it('no command at all prints the help and exits 1', async () => {
    const { exit, stdout, stderr } = await run([]);
    expect([exit, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^Usage: tollgate /);
  });
});

describe('usage', () => {
  it.each([
    [['plna'], /^error: unknown command 'plna'\n\(Did you mean plan\?\)\n$/],
    [
      ['plan', '--detailed-exit-code'],
      /^error: unknown option '--detailed-exit-code'\n\(Did you mean --detailed-exitcode\?\)\n$/,
    ],
    [
      ['plan', '--format', 'yaml'],
      /^error: option '--format <format>' argument 'yaml' is invalid\. Allowed choices are text, json, markdown, sarif, html\.\n$/,
    ],
    [['plan', '--mode', 'delete'], /Allowed choices are sync, upsert-only/],
    [['plan', '--backend', 'x'], /Allowed choices are portkey, emulator/],
    [['plan', 'extra'], /^error: too many arguments for 'plan'/],
    [['plan', '--dir'], /^error: option '--dir <dir>' argument missing\n$/],
    [['plan', '--concurrency', '0'], /--concurrency.*'0' is invalid\. write a number from 1 to 64/],
    [['plan', '--concurrency', '65'], /write a number from 1 to 64/],
    [['plan', '--concurrency', '4.5'], /write a number from 1 to 64/],
    [['plan', '--concurrency', 'NaN'], /write a number from 1 to 64/],
    [['emulate', '--port', '65536'], /write a port between 0 and 65535/],
    [['emulate', '--port', '-1'], /port/],
    [['record', 'rebuild'], /^error: required option '--from <commit>' not specified\n$/],
    [['rules', 'alert-mising'], /^error: there is no rule or guard "alert-mising"; did you mean "alert-missing"\?\n/],
    [['rules', '__proto__'], /^error: there is no rule or guard "__proto__"\n/],
    [
      ['schema', 'workspce'],
      /^error: there is no schema "workspce"\nWrite one of defaults, .*`tollgate schema` lists them\.\n/,
    ],
    [['schema', '__proto__'], /^error: there is no schema "__proto__"\n/],
    [['validate', '--dir', 'nowhere'], /^error: there is no directory nowhere\n/],
  ])('%j: exit 1 and one message on stderr', async (args, message) => {
    const { exit, stdout, stderr } = await run(args);
    expect(stderr).toMatch(message);
    expect([exit, stdout]).toEqual([1, '']);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it.each(['1', '64'])('--concurrency %s is taken', async (number) => {
    const { exit, stdout } = await run(['plan', '--backend', 'emulator', '--concurrency', number, '--format', 'json']);
    expect(exit).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, counts: { create: 2 } });
  });

  it('keys are no flags', async () => {
    for (const flag of ['--api-key', '--base-url']) {
      expect((await run(['plan', flag, 'x'])).stderr).toContain(`unknown option '${flag}'`);
    }
  });
});

it('schema without a name lists those that there are, each of which it prints', async () => {
  const { exit, stdout } = await run(['schema']);
  expect(exit).toBe(0);
  const names = stdout
    .split('\n')
    .filter((line) => line.startsWith('  '))
    .map((line) => line.trim());
  expect(names).toEqual(expect.arrayContaining(['org', 'workspace', 'plan', 'rates', 'logs spend']));
  for (const name of ['org', 'telling', 'logs spend', 'rates'])
    expect((await run(['schema', ...name.split(' ')])).stdout).toContain('"$schema"');
});

describe('rules', () => {
  it('lists all of them, and says of one what it finds, why, and what to do', async () => {
    const list = await run(['rules']);
    expect(list.exit).toBe(0);
    expect(list.stdout.split('\n').filter((line) => /^[a-z-]+ +(?:error|warning|info) /.test(line))).toHaveLength(
      allRules.length,
    );
    const { stdout } = await run(['rules', 'alert-missing']);
    expect(stdout).toMatch(/^alert-missing \(T2\) · warning · validate and plan\n/);
    for (const word of ['Finds a budget without', 'Fix: Write', 'silence:']) expect(stdout).toContain(word);
    const guard = await run(['rules', 'spend-up']);
    expect([guard.exit, guard.stdout]).toEqual([
      0,
      expect.stringMatching(/^spend-up · guard\n\nObjects to: a workspace that/),
    ]);
    expect((await run(['rules', 'protected'])).stdout).toContain('No word lifts it.');
    const json = JSON.parse((await run(['rules', 'alert-missing', '--format', 'json'])).stdout) as object;
    expect(json).toMatchObject({ ok: true, rules: [{ name: 'alert-missing', id: 'T2', where: 'file' }], guards: [] });
    expect((await run(['rules', 'spendup'])).stderr).toContain('did you mean "spend-up"');
    // mistakes-K15: a pipe is never wrapped.
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeGreaterThan(120);
  });
});

const hasBash = hasProgram('bash');

describe('schema', () => {
  it.skipIf(!hasBash).each(['org', 'workspace'])('%s prints what lies in schemas/', async (kind) => {
    const { exit, stdout, stderr } = await runShell(
      `tollgate schema ${kind} | cmp - "${root}/schemas/${kind}.schema.json" && echo same`,
      { cwd: root },
    );
    expect([exit, stdout, stderr]).toEqual([0, 'same\n', '']);
  });

  it('prints what a command says with --format json, its words apart or joined', async () => {
    const apart = await run(['schema', 'logs', 'spend']);
    expect([apart.exit, JSON.parse(apart.stdout)]).toEqual([
      0,
      expect.objectContaining({ title: 'tollgate logs spend' }),
    ]);
    expect((await run(['schema', 'logs-spend'])).stdout).toBe(apart.stdout);
  });
});

describe('completion', () => {
  it.each(['bash', 'zsh', 'fish', 'powershell'])('prints a script for %s', async (shell) => {
    const { exit, stdout, stderr } = await run(['completion', shell]);
    expect([exit, stderr]).toEqual([0, '']);
    expect(stdout).toContain('tollgate');
    expect(stdout.length).toBeGreaterThan(500);
  });

  it.skipIf(!hasBash)('the script for bash is bash', async () => {
    const ran = await runShell('bash -n <(tollgate completion bash) && echo sound', { cwd: root });
    expect([ran.exit, ran.stdout]).toEqual([0, 'sound\n']);
  });

  it('suggests commands and flags', async () => {
    expect((await run(['complete', '--', 'pl'])).stdout).toMatch(/^plan\b/m);
    expect((await run(['complete', '--', 'plan', '--det'])).stdout).toMatch(/^--detailed-exitcode\b/m);
  });

  it('an unknown shell is one message', async () => {
    const { exit, stderr } = await run(['completion', 'tcsh']);
    expect(exit).toBe(1);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stderr).toContain('tcsh');
  });
});

describe('colour', () => {
  const colourCode = '\u001b[';
  it.each<[name: string, flags: readonly string[], env: Record<string, string>, colored: boolean]>([
    ['a pipe', [], {}, false],
    ['FORCE_COLOR', [], { FORCE_COLOR: '1' }, true],
    ['FORCE_COLOR=0', [], { FORCE_COLOR: '0' }, false],
    ['mistakes-K15: FORCE_COLOR=false', [], { FORCE_COLOR: 'false' }, false],
    ['mistakes-K15: FORCE_COLOR=true', [], { FORCE_COLOR: 'true' }, true],
    ['NO_COLOR over FORCE_COLOR', [], { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
    ['an empty NO_COLOR says nothing', [], { FORCE_COLOR: '1', NO_COLOR: '' }, true],
    ['--no-color over FORCE_COLOR', ['--no-color'], { FORCE_COLOR: '1' }, false],
  ])('%s', async (_name, flags, env, colored) => {
    const folder = makeFolder();
    writeIn(folder, 'policies/org.yaml', orgFile('colour: red\n'));
    writeIn(folder, 'policies/a.yaml', workspaceFile('ws-team-a'));
    const { exit, stdout } = await run([...flags, 'validate'], env, folder);
    expect(exit).toBe(1);
    expect(stdout.includes(colourCode)).toBe(colored);
  });

  it('never in JSON', async () => {
    const { stdout } = await run(['plan', '--backend', 'emulator', '--format', 'json'], { FORCE_COLOR: '1' });
    expect(stdout).not.toContain(colourCode);
  });

  it('--no-color is taken after the command as well', async () => {
    const { exit, stdout } = await run(['validate', '--no-color'], { FORCE_COLOR: '1' });
    expect(exit).toBe(0);
    expect(stdout).not.toContain(colourCode);
  });
});
