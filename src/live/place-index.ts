import type { Kind } from '../resources/types.ts';

/** Things of one kind in one workspace. The maps are made when they are first asked for, and mostly nobody asks. */
export class PlacedThings<T> {
  readonly all: T[] = [];
  readonly #idOf: (item: T) => string;
  readonly #nameOf: (item: T) => string | null;
  #byId: Map<string, T> | undefined;
  #byName: Map<string, T[]> | undefined;

  constructor(idOf: (item: T) => string, nameOf: (item: T) => string | null) {
    this.#idOf = idOf;
    this.#nameOf = nameOf;
  }

  /** Of several the last. */
  byId(id: string): T | undefined {
    this.#byId ??= new Map(this.all.map((item) => [this.#idOf(item), item]));
    return this.#byId.get(id);
  }

  byName(name: string): readonly T[] {
    this.#byName ??= groupBy(this.all, this.#nameOf);
    return this.#byName.get(name) ?? [];
  }
}

/** Things by kind and workspace, and there by id and by name. Complete before the first look-up. */
export class PlaceIndex<T> {
  readonly #places = new Map<string | null, Map<Kind, PlacedThings<T>>>();
  readonly #idOf: (item: T) => string;
  readonly #nameOf: (item: T) => string | null;

  constructor(idOf: (item: T) => string, nameOf: (item: T) => string | null) {
    this.#idOf = idOf;
    this.#nameOf = nameOf;
  }

  /** Wherever it is. */
  findById(kind: Kind, id: string): T | undefined {
    for (const kinds of this.#places.values()) {
      const found = kinds.get(kind)?.byId(id);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** @param workspaceId null for what belongs to the organisation */
  at(kind: Kind, workspaceId: string | null): PlacedThings<T> {
    const kinds = this.#places.get(workspaceId) ?? new Map<Kind, PlacedThings<T>>();
    const known = kinds.get(kind);
    if (known !== undefined) return known;
    const place = new PlacedThings(this.#idOf, this.#nameOf);
    this.#places.set(workspaceId, kinds.set(kind, place));
    return place;
  }
}

/** What has no key is in no group. Map.groupBy begins with Node 21. */
export function groupBy<T, K extends string | number = string>(
  list: readonly T[],
  keyOf: (item: T) => K | null,
): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of list) {
    const key = keyOf(item);
    if (key === null) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
