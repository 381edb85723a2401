/** Commands that are printed to be copied into a shell. Pure. */

import { commandOf, quoteWord } from '../shell-words.ts';
import { plainReason } from './proposal-commit.ts';
import { type ProposalWords, titleOf } from './proposal-words.ts';

interface Place {
  /** Null: the clone has none. */
  readonly remoteName: string | null;
}

/** What takes one's own branch away again. */
export function deleteCommand({ remoteName }: Place, branch: string): string {
  return remoteName === null
    ? commandOf('git', 'branch', '-D', branch)
    : commandOf('git', 'push', remoteName, '--delete', branch);
}

export function pushCommand(branch: string): string {
  return `git push REMOTE ${quoteWord(branch)}`;
}

/**
 * With title, reason and labels. A label that the repository does not have yet would end the command: it is put on after.
 *
 * @param repository `owner/name`; null: the one of the clone
 */
export function openCommands(
  words: ProposalWords,
  branch: string,
  base: string,
  labels: readonly string[],
  repository: string | null = null,
): readonly string[] {
  const place = repository === null ? [] : ['--repo', repository];
  const reason = words.reason === null ? '' : plainReason(words.reason);
  const body = `Made with tollgate propose. The check on this pull request plans it.${reason === '' ? '' : ` Reason given: ${reason}`}`;
  const create = ['gh', 'pr', 'create', ...place, '--base', base, '--head', branch, '--title', titleOf(words)];
  return [
    commandOf(...create, '--body', body),
    ...labels.map((label) => commandOf('gh', 'pr', 'edit', branch, ...place, '--add-label', label)),
  ];
}
