import { expect, test } from 'vitest';
import { argumentValues, completedShells, flagValues } from '../../src/completed-values.ts';
import { completeWords, completionScripts } from '../../src/completion.ts';
import { listDeclaredNames } from '../../src/policy/declared-names.ts';
import { renderJsonSchemas } from '../../src/policy/json-schema.ts';
import { buildProgram } from '../../src/program.ts';
import { documentNames } from '../../src/render/documents/registry.ts';
import { everyCommand, pathOfCommand } from '../../src/usage.ts';

const program = buildProgram('0.0.0', async () => {});
const commands = everyCommand(program);

/** What stands in every row of the table is a flag, or a command, of this program. */
test('every row is about a flag or a command that there is', () => {
  const flags = new Set(commands.flatMap(({ options }) => options.map((option) => option.flags)));
  for (const flag of Object.keys(flagValues)) expect([flag, flags.has(flag)]).toEqual([flag, true]);
  const names = commands.map((command) => pathOfCommand(command));
  for (const [name, rows] of Object.entries(argumentValues)) {
    const command = commands[names.indexOf(name)];
    expect([name, command !== undefined]).toEqual([name, true]);
    expect([name, rows.length]).toEqual([name, command?.registeredArguments.length]);
  }
  expect(Object.keys(completionScripts)).toEqual([...completedShells]);
});

test('kinds of schemas are those that are printed', () => {
  const printed = Object.keys(renderJsonSchemas()).map((name) => name.replace('.schema.json', ''));
  const documents = documentNames.map((name) => name.replaceAll(' ', '-')).sort();
  expect(argumentValues.schema).toEqual([[...printed.sort(), 'plan-file', 'telling', ...documents]]);
});

const workspace = (name: string, more = '') => ({
  path: `${name}.yaml`,
  text: `kind: workspace\nworkspace: ${name}\n${more}`,
});

async function complete(words: string, files: readonly { path: string; text: string }[], asked: string[] = []) {
  const output = await completeWords(program, words.split(' '), async (directory) => {
    asked.push(directory);
    return listDeclaredNames(files);
  });
  return output.split('\n').slice(0, -2);
}

test('files are read only where one of their names may stand, in the directory of the line', async () => {
  const asked: string[] = [];
  await complete('plan --format ', [], asked);
  await complete('rules al', [], asked);
  await complete('', [], asked);
  expect(asked).toEqual([]);
  await complete('plan --workspace ', [], asked);
  await complete('plan --dir other --workspace ', [], asked);
  await complete('plan --dir=third --workspace=', [], asked);
  expect(asked).toEqual(['policies', 'other', 'third']);
});

test('formats are those of the command', async () => {
  expect(await complete('validate --format ', [])).toEqual(['text', 'json', 'markdown', 'sarif']);
  expect(await complete('backtest --format ', [])).toEqual(['text', 'json', 'html']);
  expect(await complete('status --format=o', [])).toEqual(['--format=openmetrics']);
});

test('a broken file gives what can be read of it, an unreadable one its workspace', async () => {
  const files = [
    workspace('ws-a', 'policies:\n  total: none\nnonsense: [\n'),
    workspace('ws-b', `keys:\n  ci:\n    rate: 5/min\n# ${'x'.repeat(1_100_000)}\n`),
    { path: 'c.yaml', text: '\u0000' },
  ];
  expect(await complete('plan --workspace ', files)).toEqual(['ws-a', 'ws-b']);
});

test('of names that a shell would read as more than a word, none is offered', async () => {
  const names = ['plain', 'a b', '$(id)', '`id`', 'a;b', "it's", '-rf', 'ok.v2', 'a&b', '../x'];
  const lines = names.map((name) => `  ${JSON.stringify(name)}: { rate: 5 requests/minute, per: api_key }\n`).join('');
  const offered = await complete('explain ', [workspace('ws-a', `policies:\n${lines}`)]);
  expect(offered).toEqual(['plain', 'ok.v2', '../x']);
});
