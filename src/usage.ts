/** What holds for every flag of every command, checked in one place. */

import type { EventEmitter } from 'node:events';
import { type Argument, type Command, Help, type Option } from 'commander';
import { nearestName } from './nearest-name.ts';
import { isStdout } from './stdout-name.ts';

interface Idle {
  readonly flag: string;
  /** The one command that it is about; missing: every one that has the flag. */
  readonly command?: string;
  readonly isIdle: (options: Readonly<Record<string, unknown>>) => boolean;
  readonly why: string;
}

const isFolder = (source: unknown): boolean => typeof source === 'string' && !/^https?:/i.test(source);
const isStream = (out: unknown): boolean => typeof out === 'string' && isStdout(out);

/** Flags that mean something beside another one only; without it they would be ignored, and the run be another than was meant. */
const together: readonly Idle[] = [
  {
    flag: 'state',
    isIdle: ({ backend }) => backend !== undefined && backend !== 'emulator',
    why: 'only with --backend emulator',
  },
  {
    flag: 'environment',
    command: 'import',
    isIdle: ({ acceptDrift }) => acceptDrift === true,
    why: 'not with --accept-drift: the files name it',
  },
  {
    flag: 'environment',
    command: 'doctor',
    isIdle: ({ backend }) => backend === 'emulator',
    why: 'nobody asks GitHub about the emulator',
  },
  {
    flag: 'format',
    command: 'plan',
    isIdle: ({ out }) => isStream(out),
    why: 'with --out - stdout holds the saved plan alone',
  },
  {
    flag: 'changedFrom',
    isIdle: ({ format, out }) => (format !== undefined && format !== 'text' && format !== 'markdown') || isStream(out),
    why: 'where no policy file changes there is no plan, which other formats than text and markdown cannot say',
  },
  {
    flag: 'note',
    isIdle: ({ only, workspace }) => [only, workspace].some((names) => Array.isArray(names) && names.length > 0),
    why: 'a note tells of the whole plan, so leave out --only and --workspace',
  },
  {
    flag: 'verbose',
    isIdle: ({ format, out }) => (format !== undefined && format !== 'text') || isStream(out),
    why: 'other formats than text hold everything',
  },
  {
    flag: 'allowDirty',
    isIdle: ({ backend }) => backend === 'emulator',
    why: 'the emulator takes files as they are',
  },
  {
    flag: 'takeOver',
    isIdle: ({ backend, state, recordFile }) =>
      backend === 'emulator' && state === undefined && recordFile === undefined,
    why: 'no other run sees an emulator in memory',
  },
  {
    flag: 'offline',
    isIdle: ({ pricing, backend }) => isFolder(pricing) || (pricing === undefined && backend === 'emulator'),
    why: 'no request leaves this machine anyway',
  },
];

/** Flags of a server on the network. */
const ofNetwork: readonly Idle[] = ['host', 'allowHost', 'tokens'].map((flag) => ({
  flag,
  command: 'mcp',
  isIdle: ({ http }) => http === undefined,
  why: 'only with --http',
}));

/** Values are not empty, no flag is given twice that counts once, and none is idle. */
export function guardUsage(program: Command): void {
  for (const command of [program, ...everyCommand(program)]) {
    for (const option of command.options) guardOption(command, option);
  }
  program.hook('preAction', (_program, command) => {
    const idle = [...together, ...ofNetwork].find(
      ({ flag, command: only, isIdle }) =>
        (only ?? command.name()) === command.name() &&
        command.getOptionValueSource(flag) === 'cli' &&
        isIdle(command.opts()),
    );
    const option = command.options.find((one) => one.attributeName() === idle?.flag);
    if (idle !== undefined && option !== undefined) {
      command.error(`error: option '${option.flags}' means nothing here: ${idle.why}`);
    }
  });
}

/** Boolean flags are off unless they are given: said of each it would say nothing. */
export function describeOption(option: Option): string {
  return option.isBoolean() ? option.description : Help.prototype.optionDescription.call(new Help(), option);
}

/** Nearly all have flags: said of each, it would push what the command does out of the screen. */
export function describeCommand(command: Command): string {
  return [command.name(), ...command.registeredArguments.map(termOf)].join(' ');
}

function termOf(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** The command that these words name. Ends with one sentence where there is none. */
export function findCommand(program: Command, names: readonly string[]): Command {
  let found = program;
  for (const name of names) {
    const next = found.commands.find((command) => command.name() === name);
    if (next === undefined) {
      const known = found.commands.map((command) => command.name());
      const nearest = nearestName(name, known);
      return program.error(
        `error: unknown command '${name}'${nearest === undefined ? '' : `\n(Did you mean ${nearest}?)`}`,
      );
    }
    found = next;
  }
  return found;
}

/** All below it. */
export function everyCommand(command: Command): readonly Command[] {
  return command.commands.flatMap((child) => [child, ...everyCommand(child)]);
}

/** Its words behind the program's name. */
export function pathOfCommand(command: Command): string {
  const { parent } = command;
  return parent === null || parent.parent === null ? command.name() : `${pathOfCommand(parent)} ${command.name()}`;
}

/** What to do instead, where somebody may well want several. */
const givenOnce: Readonly<Record<string, string>> = {
  dir: '. A directory has an environment and a record of its own: run the command once for each',
};

function guardOption(command: Command, option: Option): void {
  if (!option.required && !option.optional) return;
  const isList = option.parseArg === (collectFlag as Option['parseArg']);
  let isGiven = false;
  // Before the value is parsed: what a variable of CI that is not set leaves behind is not a number, name or path.
  const events: Pick<EventEmitter, 'prependListener'> = command as unknown as EventEmitter;
  events.prependListener(`option:${option.name()}`, (value: unknown) => {
    if (typeof value === 'string' && value.trim() === '') {
      command.error(`error: option '${option.flags}' is empty: give it a value, or leave it out`);
    }
    if (isGiven && !isList) {
      const advice = givenOnce[option.attributeName()] ?? '';
      command.error(`error: option '${option.flags}' is given twice: it counts once${advice}`);
    }
    isGiven = true;
  });
}

/** Of a flag that may be repeated: every value counts. */
export function collectFlag(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}
