import { type UnreadableRow, UserError } from '../errors.ts';
import { didYouMean } from '../nearest-name.ts';

/** By slug and by id: the name of either is as good. */
export function byHandle<Workspace extends { readonly id: string; readonly slug: string }>(
  workspaces: readonly Workspace[],
): ReadonlyMap<string, Workspace> {
  return new Map(
    workspaces.flatMap((workspace) => [workspace.id, workspace.slug].map((handle) => [handle, workspace])),
  );
}

/** @throws UserError for a name of `--workspace` that no live workspace has: what is confined to it would be nothing */
export function requireWorkspaces(
  names: readonly string[],
  live: readonly { readonly id: string; readonly slug: string }[],
  unreadable: readonly UnreadableRow[] = [],
): void {
  const unknown = names.find((name) => !live.some(({ id, slug }) => id === name || slug === name));
  if (unknown === undefined) return;
  const odd = unreadable.find(({ id, name }) => id === unknown || name === unknown);
  if (odd !== undefined) throw new UserError(`--workspace ${unknown}: its row cannot be read: ${odd.why}`);
  const slugs = live.map(({ slug }) => slug);
  throw new UserError(`--workspace ${unknown}: no live workspace of that slug or id${didYouMean(unknown, slugs)}`);
}
