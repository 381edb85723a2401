/** Commands over calls that are kept on this machine, beside those that ask for them. */

import { type Command, Option } from 'commander';
import {
  addServiceOptions,
  addSourceOptions,
  dataFormatOption,
  parseDays,
  parseLimit,
  quietOption,
  usualStore,
  workspaceOption,
} from './options.ts';
import { collectFlag, findCommand } from './usage.ts';

export type LogCommand = 'pull' | 'spend' | 'top' | 'audit';

/** With the flags and arguments of the command, as the parser leaves them. */
export type RunLogCommand = (name: LogCommand, options: object) => Promise<void>;

export function addLogCommands(
  program: Command,
  add: (parent: Command, name: string, does: string) => Command,
  run: RunLogCommand,
): void {
  const logs = findCommand(program, ['logs']);

  addServiceOptions(
    add(logs, 'pull', 'fetch days of calls that are missing into a store on this machine'),
    dataFormatOption(),
  )
    .addOption(workspaceOption())
    .addOption(storeOption())
    .addOption(new Option('--since <days>', 'how far back').default(30, '30d').argParser(parseDays))
    .addOption(new Option('--keep <days>', 'delete days that are older (default: keep all)').argParser(parseDays))
    .option('--bodies', 'also what was sent and answered', false)
    .action((options) => run('pull', options));

  addSourceOptions(addRowsOptions(add(logs, 'spend', 'what calls of files or of the store came to')))
    .addOption(
      new Option('--by <what>', 'workspace, user, model, provider, day, metadata.KEY …; may be repeated')
        .default([], 'workspace')
        .argParser(collectFlag),
    )
    .addOption(new Option('--limit <number>', 'groups at most').default(50).argParser(parseLimit))
    .addOption(
      new Option('--format <format>', 'output on stdout; focus: CSV in the columns of FOCUS 1.2')
        .choices(['text', 'json', 'csv', 'focus'])
        .default('text'),
    )
    .action((files: string[], { source, ...options }) => run('spend', { ...options, rowsFrom: source, files }));

  addRowsOptions(add(logs, 'top', 'the dearest, largest or latest calls of files or of the store'))
    .addOption(new Option('--order <by>', 'greatest first').choices(['cost', 'tokens', 'time']).default('cost'))
    .addOption(new Option('--limit <number>', 'calls at most').default(20).argParser(parseLimit))
    .addOption(new Option('--format <format>', 'output on stdout').choices(['text', 'json', 'csv']).default('text'))
    .action((files: string[], options) => run('top', { ...options, files }));

  add(logs, 'audit', 'write all calls of a period in the store into one file, with a manifest')
    .argument('<period>', 'such as 2026-Q3, 2026-10, or 2026-10-01..2026-10-15')
    .addOption(storeOption())
    .addOption(workspaceOption())
    .option('--out <file>', 'ends in .jsonl, .jsonl.gz or .parquet (default: audit-FROM-TO.jsonl.gz)')
    .option('--bodies', 'also what was sent and answered, where the store holds it', false)
    .addOption(dataFormatOption())
    .addOption(quietOption())
    .action((period: string, options) => run('audit', { ...options, period }));
}

function addRowsOptions(command: Command): Command {
  return command
    .argument('[files...]', 'names or patterns of files (JSONL, gzip of it, Parquet, CSV), or folders; none: the store')
    .addOption(storeOption())
    .addOption(workspaceOption())
    .addOption(new Option('--since <days>', 'only the latest days (default: all)').argParser(parseDays))
    .option('--from <time>', 'from this day or ISO time on')
    .option('--to <time>', 'to the end of this day, or before this ISO time')
    .addOption(quietOption());
}

function storeOption(): Option {
  return new Option('--store <dir>', 'where calls are kept').default(usualStore);
}
