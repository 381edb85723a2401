import { type Diagnostic, sortDiagnostics } from '../diagnostics.ts';
import { compilePolicies } from '../policy/compile.ts';
import { type FoundFile, readPolicyFiles } from '../policy/files.ts';
import type { Desired } from '../resources/types.ts';
import { findAdminKey } from './find-admin-key.ts';
import type { CommonOptions, Session } from './session.ts';

export interface LoadedPolicies {
  /** Null when there is an error among the diagnostics. */
  readonly desired: Desired | null;
  readonly files: readonly FoundFile[];
  readonly diagnostics: readonly Diagnostic[];
}

/** @throws UserError when there is no such directory, or no policy file in it */
export async function loadPolicies({ dir }: Pick<CommonOptions, 'dir'>, session: Session): Promise<LoadedPolicies> {
  const { files, diagnostics } = await readPolicyFiles(dir, session.cwd);
  const leaks = findAdminKey(files, session.env.PORTKEY_API_KEY);
  // Nothing else is said of these files: another message might quote the key.
  if (leaks.length > 0) return { desired: null, files, diagnostics: leaks };
  const compiled = compilePolicies(files);
  const all = sortDiagnostics([...diagnostics, ...compiled.diagnostics]);
  const hasError = all.some(({ severity }) => severity === 'error');
  return { desired: hasError ? null : compiled.desired, files, diagnostics: all };
}
