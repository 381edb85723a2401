import type { FoundFile } from '../policy/files.ts';

/** Policy files of a commit, in place of those that lie in the work tree. */
export interface PolicySource {
  readonly commit: string;
  readonly files: readonly FoundFile[];
  /** Whether a commit is in the history of this one. */
  hasInHistory(commit: string): Promise<boolean>;
}
