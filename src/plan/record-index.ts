import { isBudgetField, isRateField, pickFields } from '../resources/kind.ts';
import { specOf } from '../resources/registry.ts';
import type { Forget, Kind } from '../resources/types.ts';
import type { RecordedEntry, RecordedWorkspace } from './applied-record.ts';
import { PlaceIndex } from './place-index.ts';

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
