/** Problems in files that a user wrote. A *diagnostic* has a place; an *error* (errors.ts) is the failure of a run. */

export type Severity = 'error' | 'warning' | 'info';

/** A place in a user's file. Lines and columns start at 1; columns count UTF-16 code units, as editors do. */
export interface Source {
  /** Relative to the working directory, with forward slashes. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A text that a message tells the reader to write. What carries it out finds a file in which this problem is gone. */
export interface Advice {
  readonly write: string;
  /**
   * What it is written in place of: the value, the key, or both (`field`) at the place of the diagnostic, the whole value of
   * the entry that holds it, or its line; `beside` and `in-entry`: in place of nothing, as a line more of the map or the entry.
   */
  readonly instead: 'value' | 'key' | 'field' | 'entry' | 'line' | 'beside' | 'in-entry';
  /** Lines of the same map that go with it, and keys that go. */
  readonly also?: readonly string[];
  readonly without?: readonly string[];
  /** Shows the form; else it is what the text was read as. */
  readonly isExample?: true;
}

export interface Diagnostic {
  /** Stable and kebab-case, for example `unknown-key`; tests and tools match on it, never on the message. */
  readonly code: string;
  readonly severity: Severity;
  /** What is wrong, with the offending value quoted, and what to write instead. One line. */
  readonly message: string;
  readonly source: Source;
  /** What the message says to write, each in backticks; any one of them will do. */
  readonly advice?: readonly Advice[];
  /** Where the offending text ends (exclusive), where that is known. */
  readonly end?: { readonly line: number; readonly column: number };
}

/** Stable order: file, line, column, code. Two runs over the same files print the same bytes. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...diagnostics].sort(
    (a, b) =>
      compareText(a.source.file, b.source.file) ||
      a.source.line - b.source.line ||
      a.source.column - b.source.column ||
      compareText(a.code, b.code) ||
      compareText(a.message, b.message),
  );
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error');
}

/** Code-unit order: the same on every machine, whatever its locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
