/** `/tollgate allow GUARD=NUMBER@DIGEST` in approving reviews. */

import type { GitHub, Review } from './port.ts';

/** A review's body is free text: only a line that is exactly this counts. */
const allowLine = /^\/tollgate allow ((?:[a-z-]+=(?:\d{1,9}|unbounded)@[0-9a-f]{32,64}\s*)+)$/;

export function parseAllowLines(body: string): string[] {
  return body.split(/\r?\n/).flatMap((line) => allowLine.exec(line.trim())?.[1]?.trim().split(/\s+/) ?? []);
}

/**
 * What reviewers have allowed: by approving reviews of people other than the author who may write to the repository. Each
 * person's last approving or rejecting review speaks for them; a dismissed one does not.
 */
export async function readAllowances(github: GitHub, number: number, author: string | null): Promise<string[]> {
  const lastOf = new Map<string, Review>();
  for (const review of [...(await github.listReviews(number))].sort(bySubmission)) {
    if (review.author === null || review.isBot || review.author === author) continue;
    if (review.state === 'APPROVED' || review.state === 'CHANGES_REQUESTED' || review.state === 'DISMISSED') {
      lastOf.set(review.author, review);
    }
  }
  const allowed: string[] = [];
  for (const [login, review] of lastOf) {
    if (review.state !== 'APPROVED') continue;
    const lines = parseAllowLines(review.body);
    // Anybody may review a public repository; asked only where there is something to allow.
    if (lines.length > 0 && (await github.canWrite(login))) allowed.push(...lines);
  }
  return [...new Set(allowed)].sort();
}

function bySubmission(a: Review, b: Review): number {
  return (a.submittedAt ?? '').localeCompare(b.submittedAt ?? '', 'en');
}
