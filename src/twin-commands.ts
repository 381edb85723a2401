/** Commands of the table of tools, beside those that are wired one by one. */

import { Argument, type Command, Option } from 'commander';
import { addServiceOptions } from './options.ts';
import type { FlagValue } from './tools/twin-input.ts';
import { type Twin, type TwinFlag, type TwinFormat, twins } from './tools/twins.ts';
import { collectFlag } from './usage.ts';

/** What parents of several commands are about. */
const parents: Readonly<Record<string, string>> = {
  logs: 'single calls, and exports of them',
  usage: 'what was used: cost, requests, tokens, by user, model, provider and metadata',
};

/** The options of a twin as the parser leaves them; its own flags are among them. */
export type TwinOptions = Readonly<Record<string, FlagValue>> & { readonly format: TwinFormat };

export function addTwins(
  program: Command,
  add: (parent: Command, name: string, does: string) => Command,
  run: (twin: Twin, options: TwinOptions) => Promise<void>,
): void {
  for (const twin of twins) {
    const words = twin.command.split(' ');
    const name = words.at(-1) ?? '';
    const parent = words.length === 1 ? program : findParent(program, words[0] ?? '');
    const command = addServiceOptions(add(parent, name, twin.does), twinFormatOption(twin.formats));
    for (const { name, does } of twin.arguments ?? []) command.addArgument(new Argument(name, does));
    // A parent that is a command itself is handed what stands behind the name of its subcommand, where it has the flag too.
    const isBelow = parent.options.length > 0 && parent !== program;
    for (const flag of twin.flags) command.addOption(twinOption(isBelow ? { ...flag, isRequired: undefined } : flag));
    command.action(async (...all: unknown[]) => {
      const values = twin.arguments ?? [];
      const given = values.map(({ name }, index) => [name.replace(/[<>[\].]/g, ''), all[index] as FlagValue]);
      const options = (isBelow ? optionsOf(command, parent) : all[values.length]) as TwinOptions;
      await run(twin, { ...options, ...Object.fromEntries(given) });
    });
  }
}

/** Its own, and where it was not given one, what its parent was. */
function optionsOf(command: Command, parent: Command): Readonly<Record<string, unknown>> {
  const given = Object.entries(parent.opts()).filter(
    ([name]) =>
      command.getOptionValueSource(name) !== 'cli' &&
      parent.getOptionValueSource(name) === 'cli' &&
      command.options.some((option) => option.attributeName() === name),
  );
  return { ...command.opts(), ...Object.fromEntries(given) };
}

function findParent(program: Command, name: string): Command {
  const there = program.commands.find((command) => command.name() === name);
  return there ?? program.command(name).description(parents[name] ?? '');
}

function twinFormatOption(formats: readonly TwinFormat[]): Option {
  return new Option('--format <format>', 'output on stdout').choices([...formats]).default('text');
}

function twinOption({ flags, does, as, choices, isRequired, otherwise }: TwinFlag): Option {
  const isList = as === 'list' || as === 'pairs';
  const option = new Option(flags, isList ? `${does}; may be repeated` : does);
  if (choices !== undefined) option.choices([...choices]);
  if (isList) option.default([], otherwise ?? 'all').argParser(collectFlag);
  if (isRequired === true) option.makeOptionMandatory();
  if (!isList && otherwise !== undefined) option.description += ` (default: ${otherwise})`;
  return option;
}
