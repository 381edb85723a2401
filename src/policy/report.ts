/** Where problems in files are reported. */

import type { Diagnostic, Severity, Source } from '../diagnostics.ts';
import type { Phrase } from './advice.ts';
import type { SourceRange } from './nodes.ts';

export type Report = (code: string, at: SourceRange, message: Phrase, severity?: Severity) => void;

export function collectInto(diagnostics: Diagnostic[]): Report {
  return (code, at, message, severity = 'error') => {
    const { source, end } = at;
    const empty = end.line === source.line && end.column === source.column;
    const { text, advice } = typeof message === 'string' ? { text: message, advice: [] } : message;
    diagnostics.push({
      code,
      severity,
      message: text,
      ...(advice.length === 0 ? {} : { advice }),
      source,
      ...(empty ? {} : { end }),
    });
  };
}

/** A place without an extent. */
export function placeAt(source: Source): SourceRange {
  return { source, end: source };
}

/** Of a file as a whole. */
export function startOf(file: string): SourceRange {
  return placeAt({ file, line: 1, column: 1 });
}
