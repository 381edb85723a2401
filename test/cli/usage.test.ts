/** What holds for every flag of every command. */

import { existsSync, lstatSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { describe, expect, test } from 'vitest';
import { buildProgram } from '../../src/program.ts';
import { createFileStore } from '../../src/record/file.ts';
import { renderUsageError } from '../../src/render/failure.ts';
import { allRules } from '../../src/rules/find.ts';
import { makeFolder } from '../record/git-fixture.ts';
import { sampleRecord } from '../record/sample-record.ts';

interface Parsed {
  readonly ran: boolean;
  readonly said: string;
  readonly help: string;
}

async function parse(...args: string[]): Promise<Parsed> {
  let ran = false;
  let said = '';
  let help = '';
  const program = buildProgram('1.2.3', async () => {
    ran = true;
  });
  const output = {
    writeErr: (text: string) => {
      said += text;
    },
    writeOut: (text: string) => {
      help += text;
    },
  };
  const quieten = (command: typeof program): void => {
    command.configureOutput(output);
    for (const child of command.commands) quieten(child);
  };
  quieten(program);
  try {
    await program.parseAsync(['node', 'tollgate', ...args]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
  }
  return { ran, said, help };
}

/** Every flag of every command that takes a value, with the words before it. */
function flagsWithValues(): [string[], string][] {
  const program = buildProgram('1.2.3', async () => undefined);
  const walk = (command: typeof program, names: string[]): [string[], string][] => [
    ...command.options
      .filter(({ required, optional }) => required || optional)
      .map(({ long }): [string[], string] => [names, long ?? '']),
    ...command.commands.flatMap((child) => walk(child, [...names, child.name()])),
  ];
  return walk(program, []);
}

describe('every flag with a value', () => {
  test.each(flagsWithValues())('mistakes-K12: %j %s takes no empty value', async (names, flag) => {
    for (const empty of ['', '  ']) {
      const { ran, said } = await parse(...names, flag, empty);
      expect([ran, said]).toEqual([
        false,
        expect.stringMatching(/^error: option '.*' is empty: give it a value, or leave it out\n$/),
      ]);
    }
    expect((await parse(...names, `${flag}=`)).ran).toBe(false);
  });
});

test.each([
  ['validate', '--dir', 'a', 'b'],
  ['plan', '--out', 'a', 'a'],
  ['plan', '--format', 'json', 'text'],
  ['apply', '--approve', 'a', 'b'],
  ['status', '--concurrency', '1', '2'],
])('mistakes-K11, mistakes-F14: %s refuses %s given twice', async (command, flag, one, two) => {
  const { ran, said } = await parse(command, flag, one, flag, two);
  expect([ran, said]).toEqual([false, expect.stringContaining('is given twice: it counts once')]);
});

test('mistakes-K11: what may be repeated still may', async () => {
  expect(await parse('plan', '--workspace', 'a', '--workspace', 'b', '--only', 'x/y', '--only', 'x/z')).toMatchObject({
    ran: true,
    said: '',
  });
});

test.each(['plan', 'apply', 'drift', 'import', 'history', 'show', 'status', 'doctor'])(
  'mistakes-K7: %s --state means nothing without the emulator',
  async (command) => {
    const refused = await parse(command, '--state', 'x');
    expect([refused.ran, refused.said]).toEqual([false, expect.stringContaining('only with --backend emulator')]);
    expect(await parse(command, '--state', 'x', '--backend', 'emulator')).toMatchObject({ ran: true, said: '' });
  },
);

test.each([
  [['plan', '--out', '-', '--format', 'json'], 'with --out - stdout holds the saved plan alone'],
  [['plan', '--out', '/dev/stdout', '--verbose'], 'other formats than text hold everything'],
  [['plan', '--verbose', '--format', 'json'], 'other formats than text hold everything'],
  [['apply', '-v', '--format', 'markdown'], 'other formats than text hold everything'],
  [['apply', '--allow-dirty', '--backend', 'emulator'], 'takes files as they are'],
  [['apply', '--take-over', 'x', '--backend', 'emulator'], 'no other run sees'],
  [['import', '--accept-drift', '--environment', 'x'], 'the files name it'],
  [['doctor', '--environment', 'x', '--backend', 'emulator'], 'nobody asks GitHub'],
  [['estimate', '--budget', '$1', '--model', '@a/b', '--offline', '--pricing', 'prices'], 'no request leaves'],
  [['estimate', '--budget', '$1', '--model', '@a/b', '--offline', '--backend', 'emulator'], 'no request leaves'],
])('mistakes-K7: %j is refused, since one flag makes the other meaningless', async (args, why) => {
  const { ran, said } = await parse(...args);
  expect([ran, said]).toEqual([false, expect.stringMatching(/^error: option '.*' means nothing here: /)]);
  expect(said).toContain(why);
});

test.each([
  [['plan', '--out', 'plan.json', '--format', 'json', '--quiet']],
  [['plan', '--verbose', '--format', 'text']],
  [['apply', '--take-over', 'x', '--backend', 'emulator', '--state', 'dir']],
  [['doctor', '--environment', 'x']],
  [['estimate', '--budget', '$1', '--model', '@a/b', '--offline', '--pricing', 'https://prices.example.com']],
])('mistakes-K7: %j goes together', async (args) => {
  expect(await parse(...args)).toMatchObject({ ran: true, said: '' });
});

test('mistakes-K13: a wrong command line is a document too', () => {
  expect(JSON.parse(renderUsageError("error: unknown option '--x'\n(Did you mean --y?)"))).toEqual({
    version: 1,
    ok: false,
    error: { kind: 'user', message: "unknown option '--x'", hint: '(Did you mean --y?)' },
  });
});

test('mistakes-K15: help of a command is of that command, and of none is one sentence', async () => {
  expect((await parse('help', 'record', 'rebuild')).help).toMatch(/^Usage: tollgate record rebuild /);
  expect(await parse('help', 'pla')).toEqual({
    ran: false,
    said: "error: unknown command 'pla'\n(Did you mean plan?)\n",
    help: '',
  });
  expect((await parse('help', 'record', 'nosuch')).said).toBe("error: unknown command 'nosuch'\n");
});

test('mistakes-F4: no help says that a switch is off unless it is given', async () => {
  for (const command of ['plan', 'apply', 'import', 'emulate']) {
    const { help } = await parse(command, '--help');
    expect(help).toContain('--');
    expect(help).not.toMatch(/default:\s+(false|true)/);
  }
});

test('the help names what the surroundings decide', async () => {
  const { help } = await parse('--help');
  for (const name of ['CI', 'TOLLGATE_GIT_ENV', 'GITHUB_TOKEN']) expect(help).toMatch(new RegExp(`^ {2}${name} `, 'm'));
});

test('mistakes-F3: every rule is found by the short name that plans print', async () => {
  const { runRules } = await import('../../src/commands/rules.ts');
  const session = { style: { color: false, columns: 80 } } as Parameters<typeof runRules>[1];
  for (const { id, name } of allRules) {
    expect((await runRules(id, session)).output).toContain(`${name} (${id})`);
  }
});

test('mistakes-K2: a record behind a link stays one record', async () => {
  const folder = makeFolder();
  const [file, link] = [join(folder, 'record.json'), join(folder, 'link.json')];
  const token = await createFileStore({ path: file }).write(sampleRecord(), null, 'test');
  symlinkSync(file, link);
  await createFileStore({ path: link }).write({ ...sampleRecord(), appliedBy: 'somebody' }, token, 'test');
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readFileSync(file, 'utf8')).toContain('somebody');
  // A link to a file that is not there yet.
  const [later, early] = [join(folder, 'later.json'), join(folder, 'early.json')];
  symlinkSync(later, early);
  await createFileStore({ path: early }).write(sampleRecord(), null, 'test');
  expect([lstatSync(early).isSymbolicLink(), existsSync(later)]).toEqual([true, true]);
  writeFileSync(early, '');
});

test('two directories are two runs, and it is said how', async () => {
  const { said } = await parse('plan', '--dir', 'policies/production', '--dir', 'policies/staging');
  expect(said).toContain(
    'it counts once. A directory has an environment and a record of its own: run the command once',
  );
});

test.each([
  [['plan', '--note', '--only', 'usage-policy/x']],
  [['plan', '--note', '--workspace', 'x']],
  [['plan', '--changed-from', 'main', '--format', 'json']],
  [['plan', '--changed-from', 'main', '--out', '-']],
])('%j is refused', async (words) => {
  expect((await parse(...words)).said).toContain('means nothing here');
});
