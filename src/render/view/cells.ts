/** What a person reads, in pieces that know what they are: a writer chooses colour, bold, link or code for each meaning. */

import type { Source } from '../../diagnostics.ts';
import { escapeInvisible } from '../../printable.ts';

export type Verdict = 'stop' | 'warn' | 'fine';

export type Cell =
  /** A sentence, with names and numbers in it. */
  | { readonly is: 'words'; readonly text: string }
  /** What will be in force: the side of a change that a reader looks for. */
  | { readonly is: 'fresh'; readonly text: string }
  /** How far a limit moves, with its sign. */
  | { readonly is: 'shift'; readonly text: string; readonly to: 'raise' | 'cut' }
  | { readonly is: 'verdict'; readonly text: string; readonly verdict: Verdict }
  /** A text from files or live as it stands there, such as an address. */
  | { readonly is: 'value'; readonly text: string }
  /** A sentence of our own without a text from outside in it: what stands between backticks is to be typed. */
  | { readonly is: 'advice'; readonly text: string }
  /** A sentence of our own with texts from outside in it: what stands between backticks is code where nothing in it can act. */
  | { readonly is: 'message'; readonly text: string }
  /** What most readers take for granted, with what parts it from the cell before: for where a change is told alone. */
  | { readonly is: 'usual'; readonly text: string }
  /** How much of a limit is used, in whole percent of it. */
  | { readonly is: 'share'; readonly text: string; readonly percent: number; readonly verdict: Verdict }
  /** Why it is so, for where there is room: it stands in full elsewhere. */
  | { readonly is: 'reason'; readonly text: string }
  /** Of less weight than the rest. */
  | { readonly is: 'aside'; readonly text: string };

/** One statement; a writer breaks it where its medium ends. */
export type Line = readonly Cell[];

export function words(text: string): Cell {
  return { is: 'words', text };
}

export function fresh(text: string): Cell {
  return { is: 'fresh', text };
}

export function value(text: string): Cell {
  return { is: 'value', text };
}

export function aside(text: string): Cell {
  return { is: 'aside', text };
}

export function verdict(kind: Verdict, text: string): Cell {
  return { is: 'verdict', text, verdict: kind };
}

export function share(percent: number, kind: Verdict): Cell {
  return { is: 'share', text: `${percent} %`, percent, verdict: kind };
}

export function advice(text: string): Cell {
  return { is: 'advice', text };
}

export function reason(text: string): Cell {
  return { is: 'reason', text };
}

export function message(text: string): Cell {
  return { is: 'message', text };
}

export function usual(text: string): Cell {
  return { is: 'usual', text };
}

/** Several lines as one, such as `…, …, …`. */
export function joinLines(lines: readonly Line[], joiner: string): Cell[] {
  return lines.flatMap((line, index) => (index === 0 ? line : [words(joiner), ...line]));
}

export function describePlace({ file, line }: Source): string {
  return `${file}:${line}`;
}

/** The same without meanings, for where there is one form of text; nothing in it acts on a terminal. */
export function plainText(line: Line): string {
  return escapeInvisible(line.map(({ text }) => text).join(''));
}
