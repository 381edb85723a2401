/** Commands of the table of tools, beside those that are wired one by one. */

import { Argument, Command, Option } from 'commander';
import { addServiceOptions } from './options.ts';
import type { FlagValue } from './tools/twin-input.ts';
import { type Twin, type TwinFlag, type TwinFormat, twins } from './tools/twins.ts';
import { collectFlag } from './usage.ts';

/** What parents of several commands are about. */
const parents: Readonly<Record<string, string>> = {
  usage: 'what was used: cost, requests, tokens, by user, model, provider and metadata',
  logs: 'single calls that the gateway recorded',
  propose: 'ask for a change of the policy files as a pull request: a person decides, nothing live changes before',
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
    const isParent = twins.some((other) => other.command.startsWith(`${twin.command} `));
    const made = isParent ? addLister(add(parent, name, parents[name] ?? ''), twin.does) : add(parent, name, twin.does);
    const command = addServiceOptions(made, twinFormatOption(twin.formats));
    for (const { name, does } of twin.arguments ?? []) command.addArgument(new Argument(name, does));
    for (const flag of twin.flags) command.addOption(twinOption(flag));
    command.action(async (...all: unknown[]) => {
      const values = twin.arguments ?? [];
      const given = values.map(({ name }, index) => [name.replace(/[<>[\].]/g, ''), all[index] as FlagValue]);
      const options = all[values.length] as TwinOptions;
      await run(twin, { ...options, ...Object.fromEntries(given) });
    });
  }
}

/** What a parent does by itself: a command below it, since the parser gives a parent's flags to no other. */
function addLister(parent: Command, does: string): Command {
  const lister = new Command('list').copyInheritedSettings(parent).description(does).exitOverride();
  parent.addCommand(lister, { isDefault: true });
  return lister;
}

function findParent(program: Command, name: string): Command {
  const there = program.commands.find((command) => command.name() === name);
  return there ?? program.command(name).description(parents[name] ?? '');
}

function twinFormatOption(formats: readonly TwinFormat[]): Option {
  return new Option('--format <format>', 'output on stdout').choices([...formats]).default('text');
}

function twinOption({ flags, does, as, choices, isRequired, otherwise }: TwinFlag): Option {
  const isList = as === 'list' || as === 'pairs' || as === 'conditions';
  const option = new Option(flags, isList ? `${does}; may be repeated` : does);
  if (choices !== undefined) option.choices([...choices]);
  if (isList) option.default([], otherwise ?? 'all').argParser(collectFlag);
  if (isRequired === true) option.makeOptionMandatory();
  if (!isList && otherwise !== undefined) option.description += ` (default: ${otherwise})`;
  return option;
}
