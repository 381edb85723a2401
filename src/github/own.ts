/** Whose comments and issues are ours: those of the login that the token writes as. Another token than expected is another login. */

import { type GitHub, GitHubError } from './port.ts';

/**
 * Rows with our marker that our own token wrote. GitHub is asked who that is only where none is by the login expected, so that
 * a job with its own token pays nothing; nobody else's words are taken for ours.
 */
export async function keepOwn<T extends { readonly author: string | null }>(
  github: Pick<GitHub, 'login' | 'readLogin'>,
  marked: readonly T[],
): Promise<readonly T[]> {
  const expected = marked.filter(({ author }) => author === github.login);
  if (expected.length > 0 || marked.length === 0) return expected;
  const login = await github.readLogin();
  return marked.filter(({ author }) => author === login);
}

/** Who the token writes as where it is not who somebody said; null: it is, or cannot be known. */
export async function findOtherWriter(github: GitHub, said: string): Promise<string | null> {
  try {
    const login = await github.readLogin();
    return login.toLowerCase() === said.toLowerCase() ? null : login;
  } catch (error) {
    if (error instanceof GitHubError) return null;
    throw error;
  }
}
