/** Every problem of the policy files, and what the rules find in them. No network. */

import type { Diagnostic } from '../diagnostics.ts';
import type { Finding } from '../plan/types.ts';
import type { FoundFile } from '../policy/files.ts';
import { buildFileFacts, findInFiles, reviewInFiles } from '../rules/find.ts';
import { loadPolicies } from './load-policies.ts';
import type { CommonOptions, Session } from './session.ts';

export interface CheckedFiles {
  /** No error among the problems, and none among the findings that is not silenced. */
  readonly ok: boolean;
  readonly files: readonly FoundFile[];
  readonly diagnostics: readonly Diagnostic[];
  readonly findings: readonly Finding[];
}

/** @throws UserError when there is no such directory, or no policy file in it */
export async function checkFiles(
  options: Pick<CommonOptions, 'dir' | 'source'>,
  session: Session,
): Promise<CheckedFiles> {
  const { desired, files, diagnostics } = await loadPolicies(options, session);
  // Files with errors are not understood well enough to be judged.
  const findings = desired === null ? [] : findInFiles(buildFileFacts(desired, files, reviewInFiles(desired)));
  return { ok: desired !== null && !findings.some(isBlocking), files, diagnostics, findings };
}

export function isBlocking({ severity, silenced }: Finding): boolean {
  return severity === 'error' && silenced === null;
}
