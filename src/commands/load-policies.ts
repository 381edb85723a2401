import { type Diagnostic, sortDiagnostics } from '../diagnostics.ts';
import { compilePolicies } from '../policy/compile.ts';
import { type FoundFile, readPolicyFiles } from '../policy/files.ts';
import type { Desired } from '../resources/types.ts';
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

/**
 * The admin key in a policy file would be recorded with it, for everybody who can read the repository. Only this one value is
 * certain to be a secret; a key of another service that somebody pasted is theirs to judge.
 */
function findAdminKey(files: readonly FoundFile[], key = ''): Diagnostic[] {
  const secret = key.trim();
  // A real key is far longer; a few letters would be found in the middle of words.
  if (secret.length < 8) return [];
  return files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index): Diagnostic[] => {
      const column = line.indexOf(secret);
      if (column === -1) return [];
      return [
        {
          code: 'admin-key-in-file',
          severity: 'error',
          message:
            'the value of PORTKEY_API_KEY stands here: take it out, and replace the key, since whoever reads the file can use it',
          source: { file: path, line: index + 1, column: column + 1 },
        },
      ];
    }),
  );
}
