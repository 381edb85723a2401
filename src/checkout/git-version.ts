/** Which Git this is. */

import { findFolder } from '../real-path.ts';
import type { RunOptions } from './git-child.ts';
import { cleanEnvironment } from './git-environment.ts';
import { createGit } from './run-git.ts';

/** Debian 11 has it; the tests are run with it. */
export const leastGit = '2.30';

export interface VersionOptions extends RunOptions {
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** `2.39.5`; null where it does not say. @throws UserError when there is no git */
export async function readGitVersion(options: VersionOptions): Promise<string | null> {
  const env = cleanEnvironment(options.env);
  const { stdout } = await createGit(await findFolder(options.directory), env, options)(['version']);
  return /^git version (\d+\.\d+(?:\.\d+)?)/.exec(stdout.toString('utf8'))?.[1] ?? null;
}
