/** How a command of the line begins: what the parser left of its flags, and who runs it. */

import type { Command } from 'commander';
import type { CommandResult, CommonOptions, Format, Session } from './run/session.ts';

/** Flags that the entry file itself needs. */
export interface GlobalFlags {
  readonly color: boolean;
  readonly quiet: boolean;
  readonly format: Format;
}

/** Runs a command once its session is there; the entry file knows how to make one. */
export type Start = (flags: GlobalFlags, command: (session: Session) => Promise<CommandResult>) => Promise<void>;

export function addCommand(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description).exitOverride();
}

export function flagsOf(program: Command, options: Partial<CommonOptions>): GlobalFlags {
  return {
    color: program.opts<{ color: boolean }>().color,
    quiet: options.quiet ?? false,
    format: options.format ?? 'text',
  };
}

/** @param parsed with flags of its own beside these, which are left out */
export function commonOf(parsed: CommonOptions): CommonOptions {
  const { dir, format, backend, state, recordFile, remote, concurrency, quiet } = parsed;
  const { workspace = [], verbose = false } = parsed as Partial<CommonOptions>;
  return { dir, workspace, format, backend, state, recordFile, remote, concurrency, quiet, verbose };
}
