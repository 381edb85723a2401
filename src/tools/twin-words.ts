/** A refusal that was written for agents, in the words of the command line. */

import { ToolRefusal } from './refusal.ts';
import { tools } from './registry.ts';
import { twins } from './twins.ts';

export function inTwinWords({ code, message, hint, details }: ToolRefusal): ToolRefusal {
  const said = hint === undefined ? {} : { hint: translate(hint) };
  return new ToolRefusal(code, translate(message), { ...said, details });
}

function translate(text: string): string {
  const words = listWords();
  return text.replace(/\b[a-z]+(?:_[a-z]+)+\b/g, (word) => words.get(word) ?? word);
}

/** `update_limits` is `tollgate propose set`, `skip_defaults` is `--skip-defaults`. */
function listWords(): ReadonlyMap<string, string> {
  return new Map([
    ...twins.flatMap(({ flags }) => flags.flatMap(({ flags: written, input }) => flagOf(written, input))),
    ...tools.map(({ name, twin }) => [name, `\`tollgate ${twin}\``] as const),
  ]);
}

function flagOf(written: string, input: string): readonly (readonly [string, string])[] {
  const flag = /--[\w-]+/.exec(written)?.[0];
  return flag === undefined || !input.includes('_') ? [] : [[input, `\`${flag}\``]];
}
