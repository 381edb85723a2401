import { PlaceIndex } from '../live/place-index.ts';
import type { DesiredEntry, Kind } from '../resources/types.ts';
import type { RecordedEntry, RecordedWorkspace } from './applied-record.ts';
import { writtenId } from './written-id.ts';

export interface RecordedResource {
  readonly workspaceId: string | null;
  readonly workspaceSlug: string | null;
  /** The entry as recorded; what is written back while its change is owed. */
  readonly entry: RecordedEntry;
}

/** The record, looked up by name and by live id. */
export class RecordIndex {
  readonly all: readonly RecordedResource[];
  readonly #index = new PlaceIndex<RecordedResource>(
    ({ entry }) => entry.id,
    ({ entry }) => entry.name,
  );

  constructor(workspaces: readonly RecordedWorkspace[]) {
    const all: RecordedResource[] = [];
    for (const { id, slug, entries } of workspaces) {
      for (const entry of entries) {
        const resource = { workspaceId: id, workspaceSlug: slug, entry };
        all.push(resource);
        this.#index.at(entry.kind, id).all.push(resource);
      }
    }
    this.all = all;
  }

  byName(kind: Kind, workspaceId: string | null, name: string): RecordedResource | undefined {
    return this.#index.at(kind, workspaceId).byName(name).at(-1);
  }

  byId(kind: Kind, workspaceId: string | null, id: string): RecordedResource | undefined {
    return this.#index.at(kind, workspaceId).byId(id);
  }
}

/** The recorded resource that a declared one continues: by its name, that which it had, or its id. */
export function findPast(
  index: RecordIndex,
  entry: DesiredEntry,
  workspace: { readonly id: string } | null,
): RecordedResource | undefined {
  const place = workspace?.id ?? null;
  return (
    index.byName(entry.kind, place, entry.name) ??
    index.byName(entry.kind, place, entry.previously ?? '') ??
    index.byId(entry.kind, place, writtenId(entry) ?? '')
  );
}

export function indexKey(kind: Kind, workspaceId: string | null, rest: string): string {
  return `${kind}\n${workspaceId ?? ''}\n${rest}`;
}
