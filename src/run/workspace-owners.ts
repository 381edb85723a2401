import { byHandle } from '../live/named-workspaces.ts';
import type { Desired } from '../resources/types.ts';

/** By slug: who answers for a workspace by its file. */
export function ownersOf(
  declared: Desired['workspaces'],
  live: readonly { readonly id: string; readonly slug: string }[],
): ReadonlyMap<string, string> {
  const known = byHandle(live);
  return new Map(
    declared.flatMap(({ ref, owner }) => {
      const slug = known.get(ref)?.slug;
      return slug === undefined || owner === undefined ? [] : [[slug, owner] as const];
    }),
  );
}
