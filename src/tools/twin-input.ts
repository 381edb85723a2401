/** Flags of a command as the input of its tool. */

import { dayMilliseconds } from '../consumption/windows.ts';
import { explainEatenAmount } from '../shell-words.ts';
import { ToolRefusal } from './refusal.ts';
import type { Twin, TwinArgument, TwinFlag } from './twins.ts';
import { isoOf } from './values.ts';

/** A value as the command line has it: a text, a list of texts, or true. */
export type FlagValue = string | readonly string[] | boolean | undefined;

/** @throws ToolRefusal for a value that is not of the form that its flag has */
export function inputOfFlags(twin: Twin, given: Readonly<Record<string, FlagValue>>, now: number): object {
  const input: Record<string, unknown> = {};
  for (const flag of twin.flags) {
    // A window has two ends: where neither is given, the last thirty days.
    const usual = flag.as === 'days' && flag.otherwise === '30d' && given.from === undefined ? '30d' : undefined;
    const value = given[attributeOf(flag)] ?? usual;
    if (value === undefined || value === false || (Array.isArray(value) && value.length === 0)) continue;
    Object.assign(input, readFlag(flag, value, input, now));
  }
  if (input.time_of_generation_min !== undefined) input.time_of_generation_max ??= isoOf(now);
  for (const argument of twin.arguments ?? []) {
    const value = given[argument.name.replace(/[<>[\].]/g, '')];
    if (value !== undefined) input[argument.input] = readArgument(argument, String(value));
  }
  return input;
}

/** A value of an argument, as its tool takes it. */
export function readArgument({ name, as }: Pick<TwinArgument, 'name' | 'as'>, value: string): unknown {
  return as === 'number' ? readNumber(name, value) : value;
}

/** `--status-code <code>` → `statusCode`, as the parser of flags has it. */
export function attributeOf({ flags }: Pick<TwinFlag, 'flags'>): string {
  const long = /--([\w-]+)/.exec(flags)?.[1] ?? '';
  return long.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function readFlag(
  { flags, as, input: member }: TwinFlag,
  value: Exclude<FlagValue, undefined>,
  before: Readonly<Record<string, unknown>>,
  now: number,
): Readonly<Record<string, unknown>> {
  const texts = Array.isArray(value) ? value.map(String) : [String(value)];
  const [text = ''] = texts;
  switch (as) {
    case 'text':
      return { [member]: text };
    case 'amount':
      return { [member]: readAmount(flags, text) };
    case 'number':
      return { [member]: readNumber(flags, text) };
    case 'list':
      return { [member]: texts };
    case 'switch':
      return { [member]: true };
    case 'user':
      return { [member]: { ...(before[member] as object | undefined), _user: text } };
    case 'pairs':
      return {
        [member]: {
          ...(before[member] as object | undefined),
          ...Object.fromEntries(texts.map((text) => readPair(flags, text))),
        },
      };
    case 'conditions':
      return { [member]: groupPairs(texts.map((text) => readPair(flags, text))) };
    case 'days': {
      const days = Number(/^(\d{1,4})d$/.exec(text)?.[1]);
      if (!(days >= 1 && days <= 366)) {
        throw new ToolRefusal(
          'invalid_input',
          `${flags}: ${JSON.stringify(text.slice(0, 40))} is not a number of days`,
          {
            hint: 'Write days, from 1d to 366d.',
          },
        );
      }
      return { time_of_generation_min: isoOf(now - days * dayMilliseconds), time_of_generation_max: isoOf(now) };
    }
  }
}

function readAmount(flags: string, text: string): string {
  const hint = explainEatenAmount(text);
  if (hint === null) return text;
  throw new ToolRefusal('invalid_input', `${flags}: ${JSON.stringify(text.slice(0, 40))} has no unit`, { hint });
}

function readNumber(flags: string, text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number)) return number;
  throw new ToolRefusal('invalid_input', `${flags}: ${JSON.stringify(text.slice(0, 40))} is not a number`);
}

/** `key=value` is one of what is wanted, `key!=value` of what is not. */
function groupPairs(pairs: readonly (readonly [string, string])[]): Readonly<Record<string, unknown>> {
  const keys = [...new Set(pairs.map(([key]) => key.replace(/!$/, '')))];
  const valuesOf = (key: string) => pairs.filter((pair) => pair[0] === key).map(([, value]) => value);
  return Object.fromEntries(
    keys.map((key) => {
      const [any, except] = [valuesOf(key), valuesOf(`${key}!`)];
      return [key, except.length === 0 ? any : { ...(any.length === 0 ? {} : { any }), except }];
    }),
  );
}

function readPair(flags: string, text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new ToolRefusal('invalid_input', `${flags}: ${JSON.stringify(text.slice(0, 40))} is not a pair`, {
    hint: `Write key=value, such as ${flags.split(' ')[0]} ${flags.startsWith('--match') ? 'model=gpt-4o' : 'team=nlp'}.`,
  });
}
