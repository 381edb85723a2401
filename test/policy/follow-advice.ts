/** Carries out what a diagnostic says, on files with one key a line. */

import type { Advice, Diagnostic } from '../../src/diagnostics.ts';

export function followAdvice(text: string, { source, end }: Diagnostic, advice: Advice): string {
  const lines = text.split('\n');
  const at = source.line - 1;
  const line = lines[at] ?? '';
  const column = source.column - 1;
  const indentOf = (index: number): number => /^ */.exec(lines[index] ?? '')?.[0].length ?? 0;
  const isHeld = (index: number, by: number): boolean => (lines[index] ?? '').trim() === '' || indentOf(index) > by;
  const keyOf = (written: string): string => written.slice(0, written.indexOf(':'));
  const pad = ' '.repeat(indentOf(at));
  switch (advice.instead) {
    case 'value':
    case 'key': {
      if (end?.line !== source.line) throw new Error(`${advice.write} is in place of more than a line`);
      const written = line.slice(0, column) + advice.write + line.slice(end.column - 1);
      return setBeside(lines.with(at, written), at, advice, keyOf).join('\n');
    }
    case 'line':
      return lines.with(at, pad + advice.write).join('\n');
    case 'field': {
      lines[at] = pad + advice.write;
      let last = at;
      while (last + 1 < lines.length && isHeld(last + 1, indentOf(at))) last += 1;
      lines.splice(at + 1, last - at);
      return setBeside(lines, at, advice, keyOf).join('\n');
    }
    case 'entry': {
      let entry = at;
      while (indentOf(entry) > 2) entry -= 1;
      let last = entry;
      while (last + 1 < lines.length && isHeld(last + 1, indentOf(entry))) last += 1;
      lines.splice(entry, last - entry + 1, `${(lines[entry] ?? '').replace(/:.*$/, ':')} ${advice.write}`);
      return lines.join('\n');
    }
    case 'beside':
      lines.splice(at + (source.column === 1 && at === 0 ? 0 : 1), 0, pad + advice.write);
      return lines.join('\n');
    case 'in-entry': {
      let entry = at;
      while (indentOf(entry) > 2) entry -= 1;
      lines.splice(entry + 1, 0, ...[advice.write, ...(advice.also ?? [])].map((one) => `    ${one}`));
      return lines.join('\n');
    }
  }
}

/** Lines of the same map: those that go with the advice, without those that it leaves out. */
function setBeside(lines: readonly string[], at: number, advice: Advice, keyOf: (text: string) => string): string[] {
  const indent = /^ */.exec(lines[at] ?? '')?.[0] ?? '';
  let from = at;
  let to = at;
  const isSame = (line = '') => line.startsWith(indent) && line.trim() !== '';
  while (isSame(lines[from - 1])) from -= 1;
  while (isSame(lines[to + 1])) to += 1;
  const gone = [...(advice.also ?? []).map(keyOf), ...(advice.without ?? [])];
  const kept = lines.filter((line, index) => {
    const isSibling =
      index >= from &&
      index <= to &&
      index !== at &&
      /^ *(.*?):/.exec(line)?.[0].startsWith(`${indent}${keyOf(line.trim())}`);
    return !(isSibling === true && line.startsWith(indent) && gone.includes(keyOf(line.slice(indent.length))));
  });
  const own = kept.indexOf(lines[at] ?? '');
  return kept.toSpliced(own + 1, 0, ...(advice.also ?? []).map((one) => indent + one));
}
