/** One comment of an environment on a pull request: found by marker and author, edited in place, never two. */

import { keepOwn } from './own.ts';
import type { GitHub, IssueComment } from './port.ts';

/** Where comments are kept: on GitHub, or on another server that has the like. */
export type Comments = Pick<
  GitHub,
  'login' | 'readLogin' | 'listComments' | 'createComment' | 'updateComment' | 'deleteComment'
>;

export interface StickyComment {
  /** The whole body; its first line is the marker, its second the header. */
  readonly body: string;
  readonly isOurs: (body: string) => boolean;
  /** Whether one body is newer than another; false also where that cannot be known. */
  readonly isNewer: (body: string, than: string) => boolean;
  /** Whether a reader of one body learns nothing from the other. */
  readonly isSame: (body: string, other: string) => boolean;
  /** Write nothing where there is no comment yet. */
  readonly onlyUpdate: boolean;
}

export type StickyResult = 'created' | 'updated' | 'unchanged' | 'superseded' | 'not-wanted';

export async function writeStickyComment(
  github: Comments,
  number: number,
  comment: StickyComment,
): Promise<StickyResult> {
  const found = await findOwn(github, number, comment);
  if (found.length === 0) {
    if (comment.onlyUpdate) return 'not-wanted';
    await github.createComment(number, comment.body);
    // Another run may have done the same at the same moment: all runs agree on the oldest.
    const all = await findOwn(github, number, comment);
    return all.length > 1 ? keepOldest(github, all, comment, 'created') : 'created';
  }
  return keepOldest(github, found, comment, 'unchanged');
}

async function keepOldest(
  github: Comments,
  found: readonly IssueComment[],
  comment: StickyComment,
  otherwise: StickyResult,
): Promise<StickyResult> {
  const [oldest, ...others] = [...found].sort((a, b) => a.id - b.id);
  if (oldest === undefined) return otherwise;
  const newest = found.reduce((best, one) => (comment.isNewer(one.body, best.body) ? one : best), oldest);
  for (const { id } of others) await github.deleteComment(id);
  const wanted = comment.isNewer(newest.body, comment.body) ? newest.body : comment.body;
  if (wanted !== comment.body && newest === oldest) return 'superseded';
  if (comment.isSame(oldest.body, wanted)) return otherwise;
  await github.updateComment(oldest.id, wanted);
  return wanted === comment.body ? 'updated' : 'superseded';
}

/** Exact marker and our own login: nobody else's words are ever taken for ours, nor overwritten. */
async function findOwn(github: Comments, number: number, comment: StickyComment): Promise<readonly IssueComment[]> {
  const comments = await github.listComments(number);
  return keepOwn(
    github,
    comments.filter(({ body }) => comment.isOurs(body)),
  );
}
