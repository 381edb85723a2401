/** Refs of the scratch repository that a ref of the remote is read by and written from. */

import { basename, dirname } from 'node:path/posix';
import { pushFlags } from '../checkout/push-refs.ts';
import type { Git } from '../checkout/run-git.ts';

/** What was fetched. */
export const fetchedRef = 'refs/tollgate/fetched';

/** The one ref in it is what is pushed: the commit that was written last. */
const pushedFolder = 'refs/tollgate-push';

/** Where what is pushed to a ref is written. */
export function pushedRefOf(ref: string): string {
  return `${pushedFolder}/${basename(ref)}`;
}

/** As far as a push goes without sending anything, beside a ref; nothing can be in its way there. */
export function dryPush(git: Git, remote: string, ref: string): ReturnType<Git> {
  return git(['push', '--dry-run', ...pushFlags, remote, `${pushedFolder}/*:${dirname(ref)}/*`]);
}

/** @param expected where the remote's ref has to be; null: nowhere yet */
export function pushLeased(git: Git, remote: string, ref: string, expected: string | null): ReturnType<Git> {
  const lease = `--force-with-lease=${ref}:${expected ?? ''}`;
  // As a pattern: a full name alone would be looked for in branches and tags as well, and stumble over one that is called so.
  return git(['push', ...pushFlags, lease, remote, `${pushedFolder}/*:${dirname(ref)}/*`]);
}
