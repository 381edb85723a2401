/** Commands over policy files on the disk: what is wrong with them, their layout, and what takes an apply back in them. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { ciSystems } from './ci-systems.ts';
import {
  addServiceOptions,
  backendOption,
  checkFormatOption,
  dataFormatOption,
  dirOption,
  quietOption,
  stateOption,
} from './options.ts';
import { addCommand, commonOf, flagsOf, type Start } from './start-command.ts';

export function addFileCommands(program: Command, start: Start): void {
  addCommand(program, 'init', 'begin: a directory of policy files and the workflow of the CI system; replaces nothing')
    .addOption(dirOption())
    .addOption(new Option('--ci <system>', 'whose workflow to write').choices(ciSystems).default('github'))
    .addOption(new Option('--environment <name>', 'name of the environment').default('production'))
    .option('--organisation <uuid>', 'id of the organisation (default: asked of the control plane where a key is set)')
    .option('--dry-run', 'say what would be written; write nothing', false)
    .addOption(dataFormatOption())
    .addOption(backendOption())
    .addOption(stateOption())
    .addOption(quietOption())
    .action((options) =>
      start(flagsOf(program, options), async (session) => {
        const { runInit } = await import('./commands/init.ts');
        return runInit(options, session);
      }),
    );

  addCommand(program, 'validate', 'check the files; no network, no key')
    .argument(
      '[files...]',
      'show problems of these alone, each judged in its whole directory; none: all files',
      collectFile,
    )
    .addOption(dirOption())
    .addOption(checkFormatOption())
    .addOption(quietOption())
    .action((files: string[] | undefined, options, command: Command) =>
      start(flagsOf(program, options), async (session) => {
        const { runValidate } = await import('./commands/validate.ts');
        const isDirGiven = command.getOptionValueSource('dir') !== 'default';
        return runValidate({ ...options, files, isDirGiven }, session);
      }),
    );

  addCommand(program, 'fmt', 'put policy files into the layout that `import` writes; only blanks are moved')
    .argument('[files...]', 'files and folders, `-` for stdin to stdout; none: all files of --dir', collectFile)
    .option('--check', 'write nothing; exit 1 where a file would change', false)
    .addOption(dirOption())
    .addOption(dataFormatOption())
    .addOption(quietOption())
    .action((given: string[] | undefined, options) => {
      const files = given ?? [];
      // What goes back to a file is not for a screen.
      const format = files.includes('-') && options.format === 'text' ? 'markdown' : options.format;
      return start(flagsOf(program, { ...options, format }), async (session) => {
        const { runFormat } = await import('./commands/fmt.ts');
        return runFormat({ ...options, files }, session);
      });
    });
}

export function addRevertCommand(program: Command, start: Start): void {
  addServiceOptions(
    addCommand(program, 'revert', 'take one apply back in the policy files, and say how to commit that'),
    dataFormatOption(),
  )
    .argument('<record>', 'latest, ~1 for the one before, or the first digits of a record in `history`')
    .option('--dry-run', 'say what would be written; write nothing', false)
    .option('--allow-dirty', 'also edit files with changes that are not committed', false)
    .action((record: string, options) =>
      start(flagsOf(program, options), async (session) => {
        const { runRevert } = await import('./commands/revert.ts');
        const { format, dryRun, allowDirty } = options;
        return runRevert({ ...commonOf(options), format, record, dryRun, allowDirty }, session);
      }),
    );
}

/** A variable of a script that holds nothing would name the working directory. */
function collectFile(word: string, before: readonly string[] = []): readonly string[] {
  if (word.trim() === '') throw new InvalidArgumentError('an empty name names no file: leave it out');
  return [...before, word];
}
