/** Commands about tollgate itself, which ask nobody: schemas, rules, and what a shell completes. */

import type { Command } from 'commander';
import { completedShells } from './completed-values.ts';
import { completeWords, completionScripts } from './completion.ts';
import { UserError } from './errors.ts';
import { exitCodes } from './exit-codes.ts';
import { dataFormatOption } from './options.ts';
import type { CommandResult } from './run/session.ts';
import { addCommand, flagsOf, type GlobalFlags, type Start } from './start-command.ts';

export function addReferenceCommands(program: Command, start: Start): void {
  addCommand(
    program,
    'schema',
    'print the JSON Schema of a kind of file, or of what a command prints with --format json',
  )
    .argument(
      '[kind...]',
      'workspace, org, defaults, plan-file, telling, or a command such as plan or logs spend; without one, list all',
    )
    .action((words: string[], options) =>
      start(flagsOf(program, options), async () => {
        const { runSchema } = await import('./commands/schema.ts');
        return runSchema(words);
      }),
    );

  addCommand(program, 'rules', 'say what a rule finds, why it matters and what to do; without a name, list all rules')
    .argument('[rule]', 'name of a rule, such as alert-missing')
    .addOption(dataFormatOption())
    .action((rule: string | undefined, options) =>
      start(flagsOf(program, options), async (session) => {
        const { runRules } = await import('./commands/rules.ts');
        return runRules(rule, session, options);
      }),
    );

  addCommand(program, 'completion', 'print a completion script')
    .argument('<shell>', 'bash, zsh, fish or powershell')
    .action((shell: string) => start(plainFlags, () => printCompletion(shell)));

  // What the scripts ask at every press of the tab key.
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action((words: string[]) =>
      start(plainFlags, async ({ cwd }) => {
        // Most words are known without a file.
        const output = await completeWords(program, words, async (directory) => {
          const { readNames } = await import('./commands/read-names.ts');
          return readNames(directory, cwd);
        });
        return { exit: exitCodes.ok, output };
      }),
    );
}

/** Scripts are for a shell: nothing in them is made fit for a screen. */
const plainFlags: GlobalFlags = { color: false, quiet: true, format: 'markdown' };

async function printCompletion(name: string): Promise<CommandResult> {
  const shell = completedShells.find((one) => one === name);
  if (shell === undefined) {
    throw new UserError(`there is no completion for "${name}"`, {
      hint: `Write one of: ${completedShells.join(', ')}.`,
    });
  }
  return { exit: exitCodes.ok, output: completionScripts[shell] };
}
