import type { FoundFile } from '../policy/files.ts';

/** Policy files of a commit, in place of those that lie in the work tree. */
export interface PolicySource {
  readonly commit: string;
  readonly files: readonly FoundFile[];
  /** They are edited, and no commit has them yet: what the commit declares is read of it. */
  readonly isEdited?: true | undefined;
  /** Later commits of the branch hold files with errors: what they mean to say is not known. */
  readonly isOvertaken?: true | undefined;
  /** Of the default branch, without `refs/heads/`. */
  readonly branchName: string;
  /** Whether a commit is in the history of this one. */
  hasInHistory(commit: string): Promise<boolean>;
}
