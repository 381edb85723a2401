/** The environment of files that do not compile: which comment and which check are meant. */

import type { Branch } from '../../checkout/branch.ts';
import { readPolicyFiles } from '../../policy/files.ts';
import { findIdentity } from './identity.ts';
import type { ActionRun } from './types.ts';

/**
 * From the work tree, else as the default branch has it. Null: there is no telling; the job fails all the same.
 *
 * @param branch null: it cannot be had
 */
export async function readEnvironment({ inputs, session }: ActionRun, branch: Branch | null): Promise<string | null> {
  // Why they cannot be read is what the run fails with.
  const { files } = await readPolicyFiles(inputs.directory, session.cwd).catch(() => ({ files: [] }));
  const own = findEnvironment(files);
  if (own !== null || branch === null) return own;
  const identity = await findIdentity(branch);
  return identity === null ? null : findEnvironment([identity]);
}

/** The line itself, if only one file has it. */
export function findEnvironment(files: readonly { readonly text: string }[]): string | null {
  const found = files.flatMap(({ text }) => {
    if (!/^kind:\s*["']?org\b/m.test(text)) return [];
    return /^environment:\s*["']?([A-Za-z0-9][A-Za-z0-9_-]{0,62})["']?\s*(?:#.*)?$/m.exec(text)?.[1] ?? [];
  });
  return found.length === 1 ? (found[0] ?? null) : null;
}
