/** Commits without a work tree: what `git fast-import` is told, and what it made. */

import type { GitResult } from './git-child.ts';
import type { Git } from './run-git.ts';

/** One process, however many files: it reads them all and says the commit it made under `:1`. */
export async function importCommit(
  git: Git,
  lines: readonly string[],
): Promise<{ readonly commit: string } | { readonly failed: GitResult }> {
  const stream = [...lines, '', 'get-mark :1', 'done', ''].join('\n');
  const result = await git(['fast-import', '--quiet', '--done'], stream);
  const commit = result.stdout.toString('utf8').trim();
  return result.code === 0 && /^[0-9a-f]{40,64}$/.test(commit) ? { commit } : { failed: result };
}

export function renderData(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}`;
}

export function quotePath(path: string): string {
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
