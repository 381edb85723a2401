/**
 * The cause of what a YAML parser refuses, found line by line. A parser says where it stopped, which is often a line later and
 * then again on each line below; here one mistake is one message, at the line on which somebody has to type.
 */

import type { Advice } from '../diagnostics.ts';
import { looksSecret } from '../secret-shape.ts';
import { type Phrase, say } from './advice.ts';
import { nameBlank, quote, shortenText } from './quote.ts';

export interface LineFault {
  readonly code: string;
  readonly message: Phrase;
  /** Offsets in the text. */
  readonly start: number;
  readonly end: number;
}

/** Lines that `git merge` leaves. They mean nothing in YAML, so that nothing else need be wrong. */
export function findConflict(text: string): LineFault | null {
  const match = /^(?:<{7}|>{7}|\|{7})(?: .*)?\r?$/m.exec(text);
  if (match === null) return null;
  const message =
    'a conflict marker, which `git merge` left here: keep one of the two versions, and take out the lines `<<<<<<<`, `=======` and `>>>>>>>`';
  return { code: 'conflict-marker', message, start: match.index, end: match.index + match[0].trimEnd().length };
}

interface Line {
  readonly number: number;
  readonly start: number;
  readonly indent: number;
  /** Without what indents it and without a comment. */
  readonly text: string;
}

/** An open map or list: its column, and the line that opened it. */
interface Level {
  readonly indent: number;
  readonly line: Line;
}

/** @param text not readable as YAML */
export function findCause(text: string): LineFault | null {
  const lines = splitLines(text);
  const step = lines.find((line) => line.indent > 0)?.indent ?? 2;
  const stack: Level[] = [];
  let previous: Line | null = null;
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index];
    if (line === undefined) break;
    const odd = oddStart(text, line) ?? starKey(line);
    if (odd !== null) return odd;
    const isKey = /^(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'#[{&*!|>@`%:-][^#]*?|-[^\s#][^#]*?)\s*:(?:\s|$)/.test(line.text);
    const isItem = /^-(?:\s|$)/.test(line.text);
    while ((stack.at(-1)?.indent ?? -1) > line.indent) {
      const closed = stack.pop();
      const outer = stack.at(-1)?.indent ?? -1;
      if (closed !== undefined && outer < line.indent) {
        // Between two levels: the one that does not keep step is the odd one.
        const blamed = closed.line.indent % step !== 0 && line.indent % step === 0 ? closed.line : line;
        return misaligned(blamed, blamed === line ? closed.indent : line.indent);
      }
    }
    const top = stack.at(-1);
    if (top === undefined || line.indent > top.indent) {
      if (previous !== null && !opens(previous)) {
        if (!isKey && !isItem) continue;
        const blamed = previous.indent % step !== 0 && line.indent % step === 0 ? previous : line;
        return misaligned(blamed, blamed === line ? previous.indent : line.indent);
      }
      stack.push({ indent: line.indent, line });
    }
    if (!isKey && !isItem) return missingColon(line);
    const value = valueText(line.text);
    if (/^[|>][-+\d]*$/.test(value)) {
      while ((lines[index + 1]?.indent ?? -1) > line.indent) index += 1;
    }
    const quoted = /^["']/.test(value) ? openQuote(text, line, value) : null;
    if (quoted !== null) return quoted;
    // Values over several lines are left to the parser.
    if (/^["'[{]/.test(value) && !isClosed(value)) return null;
    previous = line;
  }
  return null;
}

/** Lines with something on them. */
function splitLines(text: string): readonly Line[] {
  const lines: Line[] = [];
  let start = 0;
  for (const [index, raw] of text.split('\n').entries()) {
    const body = raw.replace(/\r$/, '');
    const indent = /^ */.exec(body)?.[0].length ?? 0;
    const content = body
      .slice(indent)
      .replace(/(?:^|\s)#.*$/, '')
      .trimEnd();
    if (content !== '' && !/^(?:---|\.\.\.)/.test(body))
      lines.push({ number: index + 1, start: start + indent, indent, text: content });
    start += raw.length + 1;
  }
  return lines;
}

/** A tab or another blank where only spaces indent. */
function oddStart(text: string, line: Line): LineFault | null {
  const blank = /^[\t\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff]/.exec(line.text)?.[0];
  const where = { start: line.start - line.indent, end: line.start + line.text.length };
  if (blank === '\t') return { code: 'tab-indent', message: 'a tab indents this line: YAML wants spaces', ...where };
  if (blank !== undefined) {
    return {
      code: 'odd-blank',
      message: say`this line starts with ${nameBlank(blank)}, which looks like a space: type a space`,
      ...where,
    };
  }
  const inside = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff]/.exec(line.text);
  const isKeyed = /:(?:\s|$)/.test(line.text.replace(/[\u00a0\u2000-\u200b\u202f\u3000\ufeff]/g, 'x'));
  if (inside === null || isKeyed || !/^[^"']*:/.test(line.text)) return null;
  const start = line.start + inside.index;
  const message = say`there is ${nameBlank(inside[0])} here, which looks like a space: type a space`;
  return { code: 'odd-blank', message, start, end: Math.min(start + 1, text.length) };
}

/** `*:` would be an alias. */
function starKey(line: Line): LineFault | null {
  const match = /^((?:- +)*)\*[^\s:]*\s*:(?:\s|$)/.exec(line.text);
  if (match === null) return null;
  const start = line.start + (match[1]?.length ?? 0);
  const star: Advice = { write: '"*"', instead: 'key' };
  return {
    code: 'unquoted-value',
    message: say`a key that starts with \`*\` needs quotes: write ${star} before the colon`,
    start,
    end: line.start + match[0].replace(/\s*:\s*$/, '').length,
  };
}

function misaligned(line: Line, wanted: number): LineFault {
  const spaces = (count: number) => `${count} ${count === 1 ? 'space' : 'spaces'}`;
  return {
    code: 'bad-indent',
    message: `this line is indented by ${spaces(line.indent)}, its neighbours by ${wanted}: align it with them`,
    start: line.start,
    end: line.start + line.text.length,
  };
}

/** `reset monthly`, `reset:monthly`, `reset = monthly`. */
function missingColon(line: Line): LineFault {
  const where = { code: 'missing-colon', start: line.start, end: line.start + line.text.length };
  const [, word, value] = /^([A-Za-z_][\w-]*)(?:\s*[:=]\s*|\s+)(\S.*)$/.exec(line.text) ?? [];
  if (word === undefined || value === undefined || line.text.length > 40 || looksSecret(value)) {
    const said = say`${quote(shortenText(line.text).replace(/[`"]/g, ''))} is neither a key nor part of the value above`;
    return { ...where, message: say`${said}: a key ends in a colon and a space` };
  }
  const written: Advice = { write: `${word}: ${value}`, instead: 'line' };
  return { ...where, message: say`a key ends in a colon and a space: write ${written}` };
}

/** A quote that is not closed on its line, nor alone on a later one. */
function openQuote(text: string, line: Line, value: string): LineFault | null {
  if (isClosed(value)) return null;
  const mark = value.charAt(0);
  const from = line.start + line.text.length - value.length;
  const close = text.indexOf(mark, line.start + line.text.length);
  const rest = close === -1 ? '' : (text.slice(close + 1).split('\n', 1)[0] ?? '');
  if (
    close !== -1 &&
    /^\s*(?:#.*)?$/.test(rest) &&
    !/:\s/.test(text.slice(from, close).split('\n').slice(1).join('\n'))
  )
    return null;
  return {
    code: 'open-quote',
    message: `a quote opens here and is not closed on this line: write another \`${mark}\` at its end`,
    start: from,
    end: line.start + line.text.length,
  };
}

/** Whether a key or an item goes on below it. */
function opens(line: Line): boolean {
  const value = valueText(line.text);
  return value === '' || /^[&!]\S*$/.test(value) || /^-\s/.test(line.text);
}

/** What follows the last `- ` and the key of a line. */
function valueText(text: string): string {
  const item = text.replace(/^(?:-(?:\s+|$))+/, '');
  const key = /^(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'[{][^#]*?)\s*:(?:\s+|$)/.exec(item)?.[0] ?? '';
  return item.slice(key.length).replace(/^[&!]\S+\s+/, '');
}

function isClosed(value: string): boolean {
  if (value.startsWith('"')) return /^"(?:[^"\\]|\\.)*"/.test(value);
  if (value.startsWith("'")) return /^'(?:[^']|'')*'/.test(value);
  const plain = value.replace(/"(?:[^"\\]|\\.)*"|'[^']*'/g, '');
  return (plain.match(/[[{]/g)?.length ?? 0) <= (plain.match(/[\]}]/g)?.length ?? 0);
}
