import type { LiveScope } from '../resources/kind.ts';
import { specOf } from '../resources/registry.ts';
import type { Fields, Kind } from '../resources/types.ts';
import type { Live, LiveObject, LiveWorkspace } from './live.ts';
import { type PlacedThings, PlaceIndex } from './place-index.ts';

/** What was read of the control plane, looked up by every name that it goes by. Each row is normalized once, with its scope. */
export class LiveIndex {
  readonly live: Live;
  readonly #workspaces: ReadonlyMap<string, LiveWorkspace>;
  readonly #slugs: ReadonlyMap<string, LiveWorkspace>;
  readonly #places = new PlaceIndex<LiveObject>(
    ({ id }) => id,
    ({ name }) => name,
  );
  readonly #fields = new Map<LiveObject, Fields>();

  constructor(live: Live) {
    this.live = live;
    this.#workspaces = new Map(live.workspaces.map((workspace) => [workspace.id, workspace]));
    this.#slugs = new Map(live.workspaces.map((workspace) => [workspace.slug, workspace]));
    for (const object of live.objects) this.at(object.kind, object.workspaceId).all.push(object);
  }

  /** @param workspaceId null for what belongs to the organisation */
  at(kind: Kind, workspaceId: string | null): PlacedThings<LiveObject> {
    return this.#places.at(kind, workspaceId);
  }

  /** Of ids no two kinds share one, and no two workspaces. */
  object(kind: Kind, id: string): LiveObject | undefined {
    return this.#places.findById(kind, id);
  }

  /** Whether every row of this place was read. */
  isRead(kind: Kind, workspaceId: string | null): boolean {
    return this.live.read.has(`${workspaceId ?? ''}/${kind}`);
  }

  workspace(id: string | null): LiveWorkspace | undefined {
    return this.#workspaces.get(id ?? '');
  }

  slugOf(workspaceId: string | null): string | null {
    return this.workspace(workspaceId)?.slug ?? null;
  }

  /** By what files call it: its slug, or its id in any case. */
  findWorkspace(ref: string): LiveWorkspace | undefined {
    return this.#slugs.get(ref) ?? this.#workspaces.get(ref.toLowerCase());
  }

  /** Canonical fields of what is live, where nobody knows more of it than its row says. */
  fieldsOf(object: LiveObject): Fields {
    const known = this.#fields.get(object) ?? this.readFields(object, []);
    this.#fields.set(object, known);
    return known;
  }

  /** @param hints what record and files say of it, see KindSpec */
  readFields({ kind, row, workspaceId }: LiveObject, hints: readonly Fields[]): Fields {
    return specOf(kind).readFields(row, this.#scopeOf(workspaceId), hints);
  }

  #scopeOf(workspaceId: string | null): LiveScope {
    return { workspaceId, workspaceSlug: this.slugOf(workspaceId), organisationId: this.live.organisationId };
  }
}
