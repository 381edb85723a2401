import type { Diagnostic } from '../diagnostics.ts';
import type { PolicyFile } from '../policy/compile.ts';

/**
 * The admin key in a policy file would be recorded with it, for everybody who can read the repository. Only this one value is
 * certain to be a secret; a key of another service that somebody pasted is theirs to judge.
 */
export function findAdminKey(files: readonly PolicyFile[], key = ''): Diagnostic[] {
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
