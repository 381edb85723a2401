/** What a run that is confined to some workspaces says something of. */

import type { Live } from '../live/live.ts';
import type { Desired } from '../resources/types.ts';

export interface Scope {
  /** A workspace by slug, or as the files call it; null: the organisation. */
  covers(workspace: string | null): boolean;
  /** Everything but a file of another workspace: what the organisation's file says holds for all. */
  coversFile(file: string): boolean;
}

/** @param slugs empty: all workspaces, and the organisation */
export function scopeOf(
  slugs: readonly string[],
  { workspaces: live }: Pick<Live, 'workspaces'>,
  { workspaces: written }: Pick<Desired, 'workspaces'>,
): Scope {
  if (slugs.length === 0) return { covers: () => true, coversFile: () => true };
  const names = new Set(live.flatMap(({ id, slug }) => (slugs.includes(slug) ? [id, slug] : [])));
  const others = new Set(written.flatMap(({ ref, source }) => (names.has(ref) ? [] : [source.file])));
  return {
    covers: (workspace) => workspace !== null && names.has(workspace),
    coversFile: (file) => !others.has(file),
  };
}
