/** Refs of a remote: how they are pushed, and where one of them is. */

/** Nothing of the user's has a say in it, and nothing else goes along. */
export const pushFlags = ['--porcelain', '--no-verify', '--no-signed', '--no-follow-tags', '--recurse-submodules=no'];

/**
 * A pattern also matches refs that only end in it.
 *
 * @param listing what `git ls-remote` said; null: there is no such ref
 */
export function tipIn(listing: Buffer, ref: string): string | null {
  const lines = listing.toString('utf8').split('\n');
  return lines.find((text) => text.endsWith(`\t${ref}`))?.split('\t')[0] ?? null;
}
