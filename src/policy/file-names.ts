/**
 * Names of policy files that the record could not hold, or that are two files here and one elsewhere. Every file is written into
 * the record as applied, and from there to disk again (`show --files`), on any system.
 */

import { escapeInvisible } from '../printable.ts';

export interface NameProblem {
  readonly code: 'file-name' | 'file-name-too-long' | 'file-name-twice';
  /** Relative to the policies directory, with forward slashes. */
  readonly path: string;
  readonly message: string;
}

/** UTF-8 bytes of one part, as file systems have them; characters of a path, as the record has them. */
const longest = { part: 255, path: 1024 } as const;

/** @param paths sorted */
export function checkFileNames(paths: readonly string[]): readonly NameProblem[] {
  const firstOf = new Map<string, string>();
  return paths.flatMap((path): NameProblem[] => {
    const single = checkFileName(path);
    if (single !== null) return [{ ...single, path }];
    // As file systems compare that do not tell case apart (macOS, Windows), or ways of writing an accent.
    const folded = path.normalize('NFKC').toLowerCase().normalize('NFC');
    const first = firstOf.get(folded);
    if (first === undefined) {
      firstOf.set(folded, path);
      return [];
    }
    const message = `differs from \`${escapeInvisible(first)}\` only in case or in how its letters are written: rename one of them`;
    return [{ code: 'file-name-twice', path, message }];
  });
}

function checkFileName(path: string): Omit<NameProblem, 'path'> | null {
  const rename = 'write letters, digits, dots, dashes and underscores';
  const odd = /[\\:]/.exec(path)?.[0];
  if (odd !== undefined) {
    return { code: 'file-name', message: `the name holds \`${odd}\`, which the record cannot: ${rename}` };
  }
  // Some systems write accents behind their letters: that is one way to write a name, and no odd one.
  const composed = path.normalize('NFC');
  if (escapeInvisible(composed) !== composed || path.includes('\uFFFD')) {
    return { code: 'file-name', message: `the name holds characters that are not seen: ${rename}` };
  }
  const parts = path.split('/');
  if (parts.some((part) => part.toLowerCase() === '.git' || /^git~\d+$/i.test(part))) {
    return { code: 'file-name', message: `a part of the path means something else on other systems: ${rename}` };
  }
  if (path.length > longest.path || parts.some((part) => Buffer.byteLength(part) > longest.part)) {
    return {
      code: 'file-name-too-long',
      message: `the path has ${path.length} characters: at most ${longest.path} are recorded`,
    };
  }
  return null;
}
