/** Commands that serve until they are ended: the same answers for agents, and a control plane on this machine. */

import { type Command, Option } from 'commander';
import { addServiceOptions, parsePort, quietOption } from './options.ts';
import { addCommand, commonOf, flagsOf, type Start } from './start-command.ts';
import { collectFlag } from './usage.ts';

export function addMcpCommand(program: Command, start: Start): void {
  addServiceOptions(
    addCommand(
      program,
      'mcp',
      'serve what these commands answer to agents, over stdio or HTTP (Model Context Protocol)',
    ),
    null,
  )
    .addOption(
      new Option('--toolsets <names>', 'which tools: usage, keys, policies, logs, propose, feedback; may be repeated')
        .default([], 'all but feedback')
        .argParser(collectFlag),
    )
    .option('--read-only', 'only tools that send nothing but GET requests', false)
    .option('--bodies-beside-proposals', 'show bodies of logs also where proposals are made', false)
    .addOption(
      new Option('--http <port>', 'over HTTP at this port; 0 for any free one (default: stdio)').argParser(parsePort),
    )
    .option('--host <address>', 'where to listen; elsewhere than on loopback tokens and names are needed', '127.0.0.1')
    .addOption(
      new Option('--allow-host <name>', 'a name by which this server is called; may be repeated')
        .default([], 'loopback')
        .argParser(collectFlag),
    )
    .option('--tokens <file>', 'who may ask: a name and a token a line, readable by its owner alone')
    .action((options) =>
      start(flagsOf(program, options), async (session) => {
        const { runMcp } = await import('./commands/mcp.ts');
        return runMcp({ ...commonOf(options), ...options }, session);
      }),
    );
}

export function addEmulateCommand(program: Command, start: Start): void {
  addCommand(program, 'emulate', 'serve a stand-in control plane on this machine')
    .addOption(new Option('--port <number>', 'where to listen; 0 for any free port').default(8788).argParser(parsePort))
    .addOption(new Option('--host <address>', 'address to listen at; 0.0.0.0 in a container').default('127.0.0.1'))
    .option('--accept-key <key>', 'admin key that is let in (default: a random one, printed)')
    .option('--seed <file>', 'JSON file with the state at the start (default: the sample organisation)')
    .option('--state <dir>', 'directory that keeps the state over restarts')
    .addOption(
      new Option('--quirk <name=value>', 'play an older or odder service, such as backend=1.15; may be repeated')
        .default([], 'none')
        .argParser(collectFlag),
    )
    .addOption(
      new Option('--fault <rule>', 'fail, such as "PUT /policies/** 429 p=0.2"; may be repeated')
        .default([], 'none')
        .argParser(collectFlag),
    )
    .addOption(quietOption())
    .action((options) =>
      start(flagsOf(program, options), async (session) => {
        const { runEmulate } = await import('./commands/emulate.ts');
        return runEmulate(options, session);
      }),
    );
}
