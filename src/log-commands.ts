/** Commands over calls that were made: what limits would have done to them, and what is kept of them on this machine. */

import { type Command, Option } from 'commander';
import { usualStore } from './logs/usual-store.ts';
import {
  addServiceOptions,
  addSourceOptions,
  addWindowOptions,
  dataFormatOption,
  dirOption,
  logsOption,
  parseDays,
  parseLimit,
  quietOption,
  workspaceOption,
} from './options.ts';
import { addCommand, commonOf, flagsOf, type GlobalFlags, type Start } from './start-command.ts';
import { collectFlag, findCommand } from './usage.ts';

export function addReplayCommands(program: Command, start: Start): void {
  addWindowOptions(
    addSourceOptions(
      addCommand(
        program,
        'backtest',
        'what limits would have done to calls that were made; reads logs alone',
      ).addOption(logsOption(usualStore)),
    ),
  )
    .addOption(
      new Option('--limit <limit>', 'this in place of the files, such as "per user $20 monthly"; may be repeated')
        .default([], 'the policy files')
        .argParser(collectFlag),
    )
    .option('--base <commit>', 'show it beside the files of this commit, branch or tag')
    .addOption(dirOption())
    .addOption(workspaceOption())
    .addOption(new Option('--format <format>', 'output on stdout').choices(['text', 'json', 'html']).default('text'))
    .option('--out <file>', 'with --format html: where to write the page')
    .addOption(quietOption())
    .action((options) =>
      start(flagsOf(program, options), async (session) => {
        const { runBacktest } = await import('./commands/backtest.ts');
        const { source: rowsFrom, ...rest } = options;
        const logs = rest.logs.length === 0 && rowsFrom === 'files' ? [usualStore] : rest.logs;
        return runBacktest({ ...rest, rowsFrom, logs }, session);
      }),
    );

  addWindowOptions(
    addSourceOptions(
      addServiceOptions(
        addCommand(
          program,
          'recommend',
          'the smallest limits that would have stopped nobody, or one call of a hundred',
        ),
        null,
      ).addOption(logsOption('90 days of analytics, which are coarser')),
    ),
  )
    .addOption(workspaceOption())
    .addOption(
      new Option('--by <key>', 'who gets a counter: workspace, user, key, metadata.team …; may be repeated')
        .default([], 'workspace')
        .argParser(collectFlag),
    )
    .addOption(
      new Option('--unit <unit>', 'what is counted (default: cost; of a rate requests)').choices([
        'cost',
        'tokens',
        'requests',
      ]),
    )
    .option('--reset <when>', 'monthly, weekly, never, or such as "every 14 days" (default: monthly)')
    .addOption(
      new Option('--window <window>', 'a rate for each such window in place of a budget').choices([
        'minute',
        'hour',
        'day',
        'week',
      ]),
    )
    .addOption(
      new Option('--stops <whom>', 'whom the YAML may stop: nobody, or one call of a hundred')
        .choices(['nobody', 'percent'])
        .default('nobody'),
    )
    .addOption(new Option('--format <format>', 'output on stdout').choices(['text', 'json', 'yaml']).default('text'))
    .action((options) =>
      start(flagsOf(program, options), async (session) => {
        const { runRecommend } = await import('./commands/recommend.ts');
        const { source: rowsFrom, ...rest } = options;
        return runRecommend({ ...commonOf(options), ...rest, rowsFrom }, session);
      }),
    );
}

/** Beside those of `logs` that ask the service for calls. */
export function addLogCommands(program: Command, start: Start): void {
  const logs = findCommand(program, ['logs']);

  addServiceOptions(
    addCommand(logs, 'pull', 'fetch days of calls that are missing into a store on this machine'),
    dataFormatOption(),
  )
    .addOption(workspaceOption())
    .addOption(storeOption())
    .addOption(new Option('--since <days>', 'how far back').default(30, '30d').argParser(parseDays))
    .addOption(new Option('--keep <days>', 'delete days that are older (default: keep all)').argParser(parseDays))
    .option('--bodies', 'also what was sent and answered', false)
    .action((options) =>
      start(flagsOf(program, options), async (session) => {
        const { runLogsPull } = await import('./commands/logs-pull.ts');
        return runLogsPull({ ...commonOf(options), ...options }, session);
      }),
    );

  addSourceOptions(addRowsOptions(addCommand(logs, 'spend', 'what calls of files or of the store came to')))
    .addOption(
      new Option('--by <what>', 'workspace, user, model, provider, day, metadata.KEY …; may be repeated')
        .default([], 'workspace')
        .argParser(collectFlag),
    )
    .addOption(new Option('--limit <number>', 'groups at most, as text').default(50).argParser(parseLimit))
    .addOption(
      new Option('--format <format>', 'output on stdout; focus: CSV in the columns of FOCUS 1.2')
        .choices(['text', 'json', 'csv', 'focus'])
        .default('text'),
    )
    .action((files: string[], options) =>
      start(flagsOfTable(program, options), async (session) => {
        const { runLogsSpend } = await import('./commands/logs-spend.ts');
        const { source: rowsFrom, ...rest } = options;
        return runLogsSpend({ ...rest, rowsFrom, files }, session);
      }),
    );

  addSourceOptions(
    addRowsOptions(addCommand(logs, 'top', 'the dearest, largest or latest calls of files or of the store')),
  )
    .addOption(new Option('--order <by>', 'greatest first').choices(['cost', 'tokens', 'time']).default('cost'))
    .addOption(new Option('--limit <number>', 'calls at most').default(20).argParser(parseLimit))
    .addOption(new Option('--format <format>', 'output on stdout').choices(['text', 'json', 'csv']).default('text'))
    .action((files: string[], options) =>
      start(flagsOfTable(program, options), async (session) => {
        const { runLogsTop } = await import('./commands/logs-top.ts');
        const { source: rowsFrom, ...rest } = options;
        return runLogsTop({ ...rest, rowsFrom, files }, session);
      }),
    );

  addCommand(logs, 'audit', 'write all calls of a period in the store into one file, with a manifest')
    .argument('<period>', 'such as 2026-Q3, 2026-10, or 2026-10-01..2026-10-15')
    .addOption(storeOption())
    .addOption(workspaceOption())
    .option('--out <file>', 'ends in .jsonl, .jsonl.gz or .parquet (default: audit-FROM-TO.jsonl.gz)')
    .option('--bodies', 'also what was sent and answered, where the store holds it', false)
    .addOption(dataFormatOption())
    .addOption(quietOption())
    .action((period: string, options) =>
      start(flagsOf(program, options), async (session) => {
        const { runLogsAudit } = await import('./commands/logs-audit.ts');
        return runLogsAudit({ ...options, period }, session);
      }),
    );
}

/** A file on stdout is not for a screen. */
function flagsOfTable(program: Command, options: { readonly format: string; readonly quiet: boolean }): GlobalFlags {
  const { format, quiet } = options;
  return flagsOf(program, { quiet, format: format === 'text' || format === 'json' ? format : 'markdown' });
}

function addRowsOptions(command: Command): Command {
  const rows = command
    .argument('[files...]', 'names or patterns of files (JSONL, gzip of it, Parquet, CSV), or folders; none: the store')
    .addOption(storeOption())
    .addOption(workspaceOption());
  return addWindowOptions(rows).addOption(quietOption());
}

function storeOption(): Option {
  return new Option('--store <dir>', 'where calls are kept').default(usualStore);
}
