/** What the files declare, once its names are ids. */

import type { LiveObject, LiveWorkspace } from '../live/live.ts';
import type { DesiredEntry, Fields } from '../resources/types.ts';
import type { Problems } from './problems.ts';
import type { PlanNote } from './types.ts';

/** A declared resource whose names are ids now. */
export interface ResolvedEntry {
  readonly entry: DesiredEntry;
  /** Null for what belongs to the organisation. */
  readonly workspace: LiveWorkspace | null;
  /** The resource's name: the entry's, or that of a key which `"*"` reaches. */
  readonly name: string;
  readonly fields: Fields;
  /** The object at an attachment point; null for policies, which match.ts looks for. */
  readonly live: LiveObject | null;
  readonly viaStar: boolean;
}

export interface Unplanned {
  readonly entry: DesiredEntry;
  readonly workspace: LiveWorkspace | null;
}

export interface Resolution {
  readonly entries: readonly ResolvedEntry[];
  readonly problems: Problems;
  readonly notes: readonly PlanNote[];
  /** Live workspaces that have a file, by the reference written there. */
  readonly workspaces: ReadonlyMap<string, LiveWorkspace>;
  /** What `"*"` declares, by workspace slug. */
  readonly stars: readonly { readonly workspace: string; readonly fields: Fields }[];
  /** Declared, and what they name is gone, cannot be read or cannot be known: kept as recorded, not planned. */
  readonly unplanned: readonly Unplanned[];
}
