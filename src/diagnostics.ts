/** Problems in files that a user wrote. A *diagnostic* has a place; an *error* (errors.ts) is the failure of a run. */

export type Severity = 'error' | 'warning' | 'info';

/** A place in a user's file. Lines and columns start at 1; columns count UTF-16 code units, as editors do. */
export interface Source {
  /** Relative to the working directory, with forward slashes. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface Diagnostic {
  /** Stable and kebab-case, for example `unknown-key`; tests and tools match on it, never on the message. */
  readonly code: string;
  readonly severity: Severity;
  /** What is wrong, with the offending value quoted, and what to write instead. One line. */
  readonly message: string;
  readonly source: Source;
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
