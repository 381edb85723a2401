/** Flags that several commands share, and what their values may be. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { collectFlag } from './usage.ts';

/** What every command that talks to a control plane takes. */
export function addServiceOptions(command: Command, format: Option | null = formatOption()): Command {
  command.addOption(dirOption());
  // One whose output has one form takes none.
  if (format !== null) command.addOption(format);
  return command
    .addOption(backendOption())
    .addOption(stateOption())
    .option('--record-file <file>', 'keep the applied record in a file instead of a Git ref')
    .option(
      '--remote <name>',
      'remote of the clone that the record is on (default: `tollgate.remote` of Git, else origin)',
    )
    .addOption(
      new Option('--concurrency <number>', 'requests under way at most').default(4).argParser(parseConcurrency),
    )
    .addOption(quietOption());
}

export function workspaceOption(does = 'only this workspace; may be repeated', otherwise = 'all'): Option {
  return new Option('--workspace <slug>', does).default([], otherwise).argParser(collectFlag);
}

export function logsOption(otherwise?: string): Option {
  const option = new Option('--logs <path>', 'files of logs (JSONL, gzip, Parquet, CSV) or a folder; may be repeated');
  return option.default([], otherwise).argParser(collectFlag);
}

/** Which of the rows count. */
export function addWindowOptions(command: Command): Command {
  return command
    .addOption(new Option('--since <days>', 'only the latest days (default: all)').argParser(parseDays))
    .option('--from <time>', 'from this day or ISO time on')
    .option('--to <time>', 'to the end of this day, or before this ISO time');
}

/** Rows of a table in place of files. */
export function addSourceOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--source <where>', 'files, or the table of calls of a self-hosted control plane')
        .choices(['files', 'clickhouse'])
        .default('files'),
    )
    .option('--table <name>', 'with --source clickhouse: DATABASE.TABLE (default: TOLLGATE_CLICKHOUSE_TABLE)');
}

export function addCommonOptions(command: Command, format = formatOption()): Command {
  return addServiceOptions(command, format).addOption(workspaceOption());
}

export function addPlanOptions(command: Command, format = formatOption()): Command {
  return addCommonOptions(command, format)
    .option('-v, --verbose', 'also list adoptions and unmanaged objects', false)
    .addOption(
      new Option('--mode <mode>', 'sync, or upsert-only to hold deletes back')
        .choices(['sync', 'upsert-only'])
        .default('sync'),
    )
    .addOption(
      new Option('--only <kind/key>', 'only this change; may be repeated').default([], 'all').argParser(collectFlag),
    )
    .option('--revert-drift', 'also put back what was tightened by hand', false)
    .option('--no-impact', 'do not read consumption: the plan says nothing of people and money')
    .addOption(
      new Option('--allow <guard=number@digest>', 'lift a guard for this one plan; may be repeated')
        .default([], 'none')
        .argParser(collectFlag),
    );
}

export function backendOption(): Option {
  return new Option('--backend <name>', 'which control plane').choices(['portkey', 'emulator']).default('portkey');
}

export function stateOption(): Option {
  return new Option('--state <dir>', 'where the embedded emulator keeps its state and record (default: in memory)');
}

export function dirOption(): Option {
  return new Option('--dir <dir>', 'directory of the policy files').default('policies');
}

export function formatOption(): Option {
  return new Option('--format <format>', 'output on stdout').choices(['text', 'json', 'markdown']).default('text');
}

/** For commands that check: code scanning and editors read SARIF. */
export function checkFormatOption(): Option {
  return new Option('--format <format>', 'output on stdout')
    .choices(['text', 'json', 'markdown', 'sarif'])
    .default('text');
}

/** A plan is checked by programs, and looked at. */
export function planFormatOption(): Option {
  return new Option('--format <format>', 'output on stdout')
    .choices(['text', 'json', 'markdown', 'sarif', 'html'])
    .default('text');
}

/** For what is looked at once a week by somebody who pays, and every few minutes by monitoring. */
export function statusFormatOption(): Option {
  return new Option('--format <format>', 'output on stdout')
    .choices(['text', 'json', 'markdown', 'html', 'openmetrics'])
    .default('text');
}

/** For commands whose answer is not a table. */
export function dataFormatOption(): Option {
  return new Option('--format <format>', 'output on stdout').choices(['text', 'json']).default('text');
}

export function asOption(): Option {
  return new Option('--as <name>', 'your name, for the record; what the machine knows stands beside it');
}

export function quietOption(): Option {
  return new Option('-q, --quiet', 'only results and errors').default(false);
}

export function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('write a port between 0 and 65535');
}

export function parseLimit(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= 10_000) return number;
  throw new InvalidArgumentError('write a number from 1 to 10000');
}

export function parsePercentage(text: string): number {
  const number = Number(text.replace(/ ?%$/, ''));
  if (/^\d+ ?%?$/.test(text) && number <= 1000) return number;
  throw new InvalidArgumentError('write a whole percentage, such as 80%');
}

export function parseDays(text: string): number {
  const days = daysIn(text);
  if (days !== null) return days;
  throw new InvalidArgumentError('write days, from 1d to 180d');
}

/** 0: none. The library takes null for an option without a value. */
export function parseDaysOrNone(text: string): number {
  const days = text === 'none' ? 0 : daysIn(text);
  if (days !== null) return days;
  throw new InvalidArgumentError('write days, from 1d to 180d, or none');
}

function daysIn(text: string): number | null {
  const number = Number(/^(\d+)d$/.exec(text)?.[1]);
  return number >= 1 && number <= 180 ? number : null;
}

function parseConcurrency(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= 64) return number;
  throw new InvalidArgumentError('write a number from 1 to 64');
}
