import { isBudgetField, isRateField, pickFields } from '../resources/kind.ts';
import { specOf } from '../resources/registry.ts';
import type { Forget, Kind } from '../resources/types.ts';
import type { RecordedEntry, RecordedWorkspace } from './applied-record.ts';

export interface RecordedResource {
  readonly workspaceId: string | null;
  readonly workspaceSlug: string | null;
  /** The entry as recorded; what is written back while its change is owed. */
  readonly entry: RecordedEntry;
}

interface Handles {
  readonly byName: Map<string, RecordedResource>;
  readonly byId: Map<string, RecordedResource>;
}

/** The record, looked up by name and by live id. */
export class RecordIndex {
  readonly all: readonly RecordedResource[];
  /** By place, then by name or id: building a key of all three for every resource takes longer than looking twice. */
  readonly #places = new Map<string | null, Map<Kind, Handles>>();

  constructor(workspaces: readonly RecordedWorkspace[]) {
    this.all = workspaces.flatMap(({ id, slug, entries }) =>
      entries.map((entry) => ({ workspaceId: id, workspaceSlug: slug, entry })),
    );
    for (const resource of this.all) {
      const { kind, name, id } = resource.entry;
      const { byName, byId } = this.#handlesOf(kind, resource.workspaceId);
      byName.set(name, resource);
      byId.set(id, resource);
    }
  }

  #handlesOf(kind: Kind, workspaceId: string | null): Handles {
    const place = this.#places.get(workspaceId) ?? new Map<Kind, Handles>();
    this.#places.set(workspaceId, place);
    const handles = place.get(kind) ?? { byName: new Map(), byId: new Map() };
    place.set(kind, handles);
    return handles;
  }

  byName(kind: Kind, workspaceId: string | null, name: string): RecordedResource | undefined {
    return this.#places.get(workspaceId)?.get(kind)?.byName.get(name);
  }

  byId(kind: Kind, workspaceId: string | null, id: string): RecordedResource | undefined {
    return this.#places.get(workspaceId)?.get(kind)?.byId.get(id);
  }
}

export function indexKey(kind: Kind, workspaceId: string | null, rest: string): string {
  return `${kind}\n${workspaceId ?? ''}\n${rest}`;
}

/** A recorded resource after `forget:`: what is left of it, or null when all of it is forgotten. */
export function afterForget(
  resource: RecordedResource,
  forget: readonly Forget[],
  isSameWorkspace: (forget: Forget, resource: RecordedResource) => boolean,
): RecordedEntry | null {
  let entry: RecordedEntry = resource.entry;
  for (const item of forget) {
    const section = specOf(entry.kind).section;
    if (item.section !== section || !isSameWorkspace(item, resource)) continue;
    if (item.name !== undefined && item.name !== entry.name) continue;
    if (item.field === undefined) return null;
    const belongs = fieldsOf(item.field);
    entry = {
      ...entry,
      fields: pickFields(entry.fields as never, (field) => !belongs(field)) as RecordedEntry['fields'],
    };
  }
  return entry;
}

export function isForgetOf(forget: Forget, workspaceId: string | null, workspaceSlug: string | null): boolean {
  return forget.workspace === workspaceSlug || (forget.workspace !== null && forget.workspace === workspaceId);
}

/** A word of the grammar (`rate`, `budget` …) to the canonical fields that it stands for. */
function fieldsOf(word: string): (field: string) => boolean {
  if (word === 'rate' || word === 'rates') return isRateField;
  if (word === 'budget' || word === 'budgets') return isBudgetField;
  return (field) => field === word || field.startsWith(`${word}[`);
}
