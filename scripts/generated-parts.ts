/**
 * The generated parts of README.md and docs: tables of contents, the plan of the sample, the commands, the flags, the guards and the
 * exit codes. They stand between `<!-- generated: NAME -->` and `<!-- /generated -->`; everything else is written by hand.
 */

import type { Argument, Command, Option } from 'commander';
import { exitCodes } from '../src/exit-codes.ts';
import { guards } from '../src/guards/table.ts';
import { buildProgram } from '../src/program.ts';
import type { Session } from '../src/run/session.ts';
import { documentCommands, ownDocuments } from '../src/tools/documents.ts';
import { tools } from '../src/tools/registry.ts';
import { renderContents } from './contents.ts';

export interface PageSources {
  /** Directory that holds `policies/`. */
  readonly root: string;
  /** Text of `src/exit-codes.ts`: its comments say what each code means. */
  readonly exitCodes: string;
}

/** Width at which the plan is shown, and the day on which it is made: the same bytes on every day. */
const columns = 80;
const day = Date.UTC(2026, 10, 20, 12);

/** One workspace of the sample, so that the plan fits the first screen beside the file that it is about. */
const samplePlan = 'plan --backend emulator --workspace ws-market-4f2a1c';

/** The pages, by path, with their generated parts written anew. */
export async function renderPages(
  pages: ReadonlyMap<string, string>,
  sources: PageSources,
): Promise<ReadonlyMap<string, string>> {
  const program = buildProgram('0.0.0', async () => {});
  const parts: Readonly<Record<string, string>> = {
    plan: fence(`$ tollgate ${samplePlan}\n\n${await renderSamplePlan(sources.root, samplePlan)}`),
    commands: renderCommands(program),
    flags: renderFlags(program),
    tools: renderTools(),
    guards: renderGuards(),
    documents: renderDocuments(),
    'exit-codes': renderExitCodes(sources.exitCodes),
  };
  const seen = new Set<string>();
  const fill = (path: string, text: string): string =>
    text.replace(/<!-- generated: ([\w-]+) -->\n[\s\S]*?<!-- \/generated -->/g, (_whole, name: string): string => {
      const part = name === 'contents' ? renderContents(text) : parts[name];
      if (part === undefined) throw new Error(`${path} asks for a generated part that there is not: ${name}`);
      seen.add(name);
      return `<!-- generated: ${name} -->\n\n${part}\n\n<!-- /generated -->`;
    });
  const filled = new Map([...pages].map(([path, text]) => [path, fill(path, text)]));
  const missing = Object.keys(parts).filter((name) => !seen.has(name));
  if (missing.length > 0) throw new Error(`no page has a place for: ${missing.join(', ')}`);
  return filled;
}

function renderGuards(): string {
  const rows = Object.entries(guards).map(
    ([name, { objectsTo, usually }]) => `| \`${name}\` | ${objectsTo} | ${usually} |`,
  );
  return ['| guard | objects to | default |', '|---|---|---|', ...rows].join('\n');
}

/** What a command over the sample prints on a terminal. */
export async function renderSamplePlan(root: string, command: string): Promise<string> {
  const session: Session = {
    env: {},
    cwd: root,
    clock: { now: () => day, sleep: async () => {} },
    randomId: () => '0'.repeat(32),
    signal: new AbortController().signal,
    version: '0.0.0',
    host: 'localhost',
    pid: 1,
    user: 'platform',
    isProcessAlive: () => true,
    style: { color: false, columns },
    isInteractive: false,
    say: () => {},
    confirm: async () => false,
    waiting: (_what, work) => work,
  };
  let printed = '';
  const program = buildProgram('0.0.0', async (_flags, command) => {
    printed = (await command(session)).output;
  });
  await program.parseAsync(command.split(' '), { from: 'user' });
  return printed;
}

interface Leaf {
  /** `record rebuild` */
  readonly name: string;
  readonly command: Command;
}

function leavesOf(program: Command, prefix = ''): readonly Leaf[] {
  // What the help hides is no command for people, and `help` is said where flags are.
  const visible = program.createHelp().visibleCommands(program);
  const shown = program.commands.filter((command) => visible.includes(command) && command.name() !== 'help');
  return shown.flatMap((command) => {
    const name = `${prefix}${command.name()}`;
    const own = command.commands.length === 0 || isAction(command) ? [{ name, command }] : [];
    return [...own, ...leavesOf(command, `${name} `)];
  });
}

/** Some do something by themselves and are the first word of others: `logs`, `logs show`. */
function isAction(command: Command): boolean {
  return command.options.length > 0;
}

function renderCommands(program: Command): string {
  const rows = leavesOf(program).map(({ name, command }) => {
    const words = [name, ...command.registeredArguments.map(renderArgument), ...requiredFlags(command)];
    return [`\`tollgate ${words.join(' ')}\``, command.description()];
  });
  return table(['command', 'does'], rows);
}

function renderArgument(argument: Argument): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

function requiredFlags(command: Command): readonly string[] {
  return command.options.filter((option) => option.mandatory).map((option) => option.flags);
}

/** One row a flag; a flag that several commands share, with one meaning, stands once. */
function renderFlags(program: Command): string {
  const leaves = leavesOf(program);
  const rows = new Map<string, { readonly option: Option; readonly commands: string[] }>();
  for (const { name, command } of leaves) {
    for (const option of command.options) {
      const key = JSON.stringify([option.flags, option.description, option.defaultValue, option.argChoices]);
      const row = rows.get(key);
      if (row === undefined) rows.set(key, { option, commands: [name] });
      else row.commands.push(name);
    }
  }
  const shared = [...rows.values()].sort((a, b) => b.commands.length - a.commands.length);
  const everywhere = [...program.options].map((option) => ({ option, commands: ['tollgate itself'] }));
  return table(
    ['flag', 'does', 'default', 'of'],
    [...shared, ...everywhere].map(({ option, commands }) => [
      `\`${option.flags}\``,
      option.description.replace(/ \(default: .*\)$/, '') + renderChoices(option),
      renderDefault(option),
      commands.join(', '),
    ]),
  );
}

function renderChoices(option: Option): string {
  return option.argChoices === undefined ? '' : `: ${option.argChoices.map((choice) => `\`${choice}\``).join(', ')}`;
}

function renderDefault(option: Option): string {
  const said = option.defaultValueDescription ?? / \(default: (.*)\)$/.exec(option.description)?.[1];
  if (said !== undefined) return said;
  if (option.mandatory) return 'required';
  const value: unknown = option.defaultValue;
  return value === undefined || value === false || option.negate ? '' : `\`${String(value)}\``;
}

function renderTools(): string {
  const rows = tools.map(({ name, twin, toolset, effect, purpose }) => [
    `\`${name}\``,
    `\`${twin}\``,
    purpose.replaceAll('|', '\\|'),
    toolset,
    effect,
  ]);
  return table(['tool', 'command', 'answers', 'set', 'effect'], rows);
}

/** What a failure and broken files look like is the same for all, and said above the table. */
function renderDocuments(): string {
  const rows = documentCommands.map((command) => {
    const own = (ownDocuments(command) ?? []).map(({ description = '' }) => description);
    return [`\`${command}\``, own.join(' Or: '), `\`tollgate schema ${command.replaceAll(' ', '-')}\``];
  });
  return table(['command', 'its document', 'schema'], rows);
}

/** The comment above each code is its meaning: `/** … *\/` and then `name: number,`. */
function renderExitCodes(source: string): string {
  const rows = [...source.matchAll(/\/\*\* ([^\n]*?) \*\/\n\s*(\w+): (\d+),/g)].map(
    ([, meaning = '', name = '', code = '']) => ({ name, code, meaning }),
  );
  const wrong = Object.entries(exitCodes).filter(
    ([name, code]) => !rows.some((row) => row.name === name && row.code === String(code)),
  );
  if (wrong.length > 0) throw new Error(`no comment for exit codes ${wrong.map(([name]) => name).join(', ')}`);
  return table(
    ['code', 'meaning'],
    rows.map(({ code, meaning }) => [code, meaning]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const render = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [render(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(render)].join('\n');
}

function fence(text: string): string {
  return `\`\`\`text\n${text.trimEnd()}\n\`\`\``;
}
