/** What `--help` prints: fits into 80 columns, and its examples are lines that work. */

import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { helpExamples } from '../../src/help-examples.ts';
import { buildProgram } from '../../src/program.ts';
import { everyCommand, pathOfCommand } from '../../src/usage.ts';
import { testSession } from '../helpers/session.ts';
import { typeLine } from '../helpers/type-line.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const commands = everyCommand(buildProgram('0.0.0', async () => {})).filter((command) => command.name() !== 'complete');
const leaves = commands.filter((command) => command.commands.length === 0);
const examples = Object.values(helpExamples).flat();

function helpOf(path: string): string {
  const command = everyCommand(buildProgram('0.0.0', async () => {})).find((one) => pathOfCommand(one) === path);
  let text = '';
  command?.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHelpWidth: () => 80,
  });
  command?.outputHelp();
  return text;
}

/** As a shell reads it: quotes, and nothing behind a redirection. */
function wordsOf(line: string): string[] {
  const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');
  const end = words.indexOf('>');
  return end === -1 ? words : words.slice(0, end);
}

test('every command that does something has an example, and every example a command', () => {
  expect(Object.keys(helpExamples).sort()).toEqual(leaves.map((command) => pathOfCommand(command)).sort());
  for (const [path, lines] of Object.entries(helpExamples)) {
    for (const [line] of lines) {
      const short = path === 'logs list' ? 'logs list' : path;
      expect(line === short || line.startsWith(`${short} `), line).toBe(true);
    }
  }
});

test.each(examples.map(([line]) => line))('the parser takes: tollgate %s', async (line) => {
  let started = 0;
  const program = buildProgram('0.0.0', async () => {
    started += 1;
  });
  for (const command of [program, ...everyCommand(program)])
    command.exitOverride().configureOutput({ writeOut: () => {} });
  await program.parseAsync(['node', 'tollgate', ...wordsOf(line)]);
  expect(started).toBe(line.startsWith('help ') ? 0 : 1);
});

describe.each(commands.map((command) => pathOfCommand(command)))('help of %s', (path) => {
  test('fits into 80 columns and says nothing of flags that are off', () => {
    const lines = helpOf(path).split('\n');
    expect(lines[0]).toMatch(/^Usage: tollgate /);
    // A term that is longer than its column, or a usage line with everything required, cannot be broken.
    const wide = lines.slice(1).filter((line) => line.length > 80);
    expect(wide).toEqual([]);
    expect(lines.join('\n')).not.toMatch(/default: (?:false|true|\[\]|""|undefined)/);
  });
});

/** What the sample has in place of the names in the examples. */
const named: Readonly<Record<string, string>> = {
  'ws-search': 'ws-platform-5d10aa',
  'usage-policy/nightly-jobs': 'usage-policy/checkout-service',
};
const reading = new Set(
  'validate plan drift estimate status workspaces keys policies explain rates configs models rules schema completion'
    .split(' ')
    .concat(['usage cost', 'usage requests', 'usage tokens', 'usage users', 'usage models', 'usage providers'])
    .concat(['usage metadata', 'logs list', 'logs exports']),
);

describe('an example that only reads works on the sample', () => {
  const lines = Object.entries(helpExamples)
    .filter(([path]) => reading.has(path))
    .flatMap(([path, found]) => found.map(([line]) => [line, path] as const))
    .filter(([line]) => !line.includes('--out'));
  const offline = new Set(['validate', 'rules', 'schema', 'completion']);

  test.each(lines)('tollgate %s', { timeout: 120_000 }, async (line, path) => {
    const words = wordsOf(line).map((word) => named[word] ?? word);
    const isBound = offline.has(path) || words.includes('--backend');
    const { exit, stdout } = await typeLine(
      [...words, ...(isBound ? [] : ['--backend', 'emulator'])],
      testSession({ cwd: root }),
    );
    // Nothing was applied yet: all of it is owed.
    expect([exit, stdout === '']).toEqual([path === 'drift' ? 2 : 0, false]);
  });
});
