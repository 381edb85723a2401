/** The environment of files that do not compile: which comment and which check are meant. */

import { readPolicyFiles } from '../../policy/files.ts';
import type { ActionRun } from './types.ts';

/** From the work tree. Null: there is no telling; the job fails all the same. */
export async function readEnvironment({ inputs, session }: ActionRun): Promise<string | null> {
  try {
    return findEnvironment((await readPolicyFiles(inputs.directory, session.cwd)).files);
  } catch {
    // Why they cannot be read is what the run fails with.
    return null;
  }
}

/** The line itself, if only one file has it. */
export function findEnvironment(files: readonly { readonly text: string }[]): string | null {
  const found = files.flatMap(({ text }) => {
    if (!/^kind:\s*["']?org\b/m.test(text)) return [];
    return /^environment:\s*["']?([A-Za-z0-9][A-Za-z0-9_-]{0,62})["']?\s*(?:#.*)?$/m.exec(text)?.[1] ?? [];
  });
  return found.length === 1 ? (found[0] ?? null) : null;
}
