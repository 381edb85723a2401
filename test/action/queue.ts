/** Pull requests in a merge queue, and the word that the comment on one of them names. */

import { git } from '../record/git-fixture.ts';
import type { Scene } from './scene.ts';

/** `/tollgate allow …`; empty: it names none. */
export function wordIn({ github }: Scene, pull: number): string {
  return /\/tollgate allow [^`\s]+/.exec((github.comments(pull)[0]?.body ?? '').replaceAll('\\', ''))?.[0] ?? '';
}

/** Queues one pull request behind another: the second stands on the first, as a queue makes them. */
export function queueBehind({ github, remote }: Scene, ahead: number, pull: number) {
  const first = github.queue({ pull: ahead });
  git(remote, 'update-ref', 'refs/heads/main', first.headSha);
  const second = github.queue({ pull });
  git(remote, 'update-ref', 'refs/heads/main', first.baseSha);
  const event = { action: 'checks_requested', ...second, baseSha: first.baseSha } as const;
  return { first, second, event };
}
