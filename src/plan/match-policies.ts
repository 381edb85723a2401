/**
 * Which live policy is which declared one.
 *
 * | declared | recorded | live | becomes |
 * |---|---|---|---|
 * | yes | – | none of that name | create |
 * | yes | – | one of that name | that object (adopted), never a twin |
 * | yes | – | several of that name, no `id:` | an error with the candidates |
 * | yes | yes | the recorded id | that object, whatever it is called now |
 * | yes | yes | recorded id gone | as if not recorded, but created again |
 * | with `id:` | – | not that id | an error with the nearest |
 * | no | yes | the recorded id | delete, or a rename of one equal added policy |
 */

import type { Diagnostic } from '../diagnostics.ts';
import type { LiveObject, LiveWorkspace } from '../live/live.ts';
import type { LiveIndex } from '../live/live-index.ts';
import { groupBy } from '../live/place-index.ts';
import { isSame } from '../resources/canonical.ts';
import type { Fields, PolicyKind } from '../resources/types.ts';
import { canonicalJson } from '../stable-json.ts';
import type { RecordedEntry } from './applied-record.ts';
import type { ResolvedEntry } from './resolution.ts';
import { unknownId, writtenId } from './written-id.ts';

export interface PolicyGroup {
  readonly kind: PolicyKind;
  readonly workspace: LiveWorkspace;
  readonly declared: readonly ResolvedEntry[];
  /** What the record holds, after `forget:`. */
  readonly recorded: readonly RecordedEntry[];
  readonly live: readonly LiveObject[];
  readonly index: LiveIndex;
  /** `conditions` cannot be changed in place here. */
  readonly immutable: readonly string[];
}

export interface PolicyMatch {
  readonly resolved: ResolvedEntry;
  readonly recorded: RecordedEntry | null;
  readonly live: LiveObject | null;
  /** The name under which the record holds it, when that is another. */
  readonly renamedFrom: string | null;
  /** Further live policies of the same resource that a replacement left behind. */
  readonly leftovers: readonly LiveObject[];
  /** Further live policies of the declared name; not ours. */
  readonly twins: readonly LiveObject[];
}

export interface PolicyMatches {
  readonly matches: readonly PolicyMatch[];
  /** Recorded and no longer declared. */
  readonly removed: readonly {
    readonly recorded: RecordedEntry;
    readonly live: LiveObject | null;
    readonly leftovers: readonly LiveObject[];
  }[];
  readonly diagnostics: readonly Diagnostic[];
}

export function matchPolicies(group: PolicyGroup): PolicyMatches {
  const liveById = new Map<string, LiveObject>();
  for (const object of group.live) liveById.set(object.id, object);
  const easy = matchOneToOne(group, liveById);
  if (easy !== null) return { matches: easy, removed: [], diagnostics: [] };

  const diagnostics: Diagnostic[] = [];
  const recordOf = pairWithRecord(group);

  // First the ids, for all: a name must not take an object whose id somebody else holds.
  const bound = new Map<ResolvedEntry, LiveObject>();
  const taken = new Map<string, ResolvedEntry>();
  for (const resolved of group.declared) {
    const written = writtenId(resolved.entry);
    const object = liveById.get(written ?? '') ?? ownedObjects(recordOf.get(resolved), liveById)[0];
    if (object === undefined && written !== undefined && !recordOf.has(resolved)) {
      diagnostics.push(unknownId(resolved.entry, group.workspace.slug, group.live, group.index.live.objects));
    }
    if (object === undefined) continue;
    const other = taken.get(object.id);
    if (other !== undefined) {
      diagnostics.push({
        code: 'duplicate-id',
        severity: 'error',
        message: `policies "${other.name}" and "${resolved.name}" are both the live policy ${object.id}`,
        source: resolved.entry.source,
      });
      continue;
    }
    bound.set(resolved, object);
    taken.set(object.id, resolved);
  }

  const declaredRecords = new Set(recordOf.values());
  const removed = group.recorded.filter((entry) => !declaredRecords.has(entry));
  const reserved = new Set([
    ...taken.keys(),
    ...removed.map(({ id }) => id),
    ...group.recorded.flatMap(({ leftovers = [] }) => leftovers),
  ]);
  const byName = groupByName(group.live);

  const pairs = group.declared.map((resolved) => {
    const name = resolved.entry.liveName;
    const sameName = name === undefined ? [] : (byName.get(name) ?? []);
    const free = sameName.filter(({ id }) => !reserved.has(id));
    let live = bound.get(resolved) ?? null;
    if (live === null && free.length > 1) {
      diagnostics.push(ambiguous(resolved, free));
    } else if (live === null && free[0] !== undefined) {
      live = free[0];
      reserved.add(live.id);
    } else if (live === null && !recordOf.has(resolved)) {
      live = findPrevious(resolved, byName, reserved);
      if (live !== null) reserved.add(live.id);
    }
    return { resolved, live, twins: free.filter((object) => object !== live) };
  });

  const renames = findRenames(pairs, removed, recordOf, liveById);
  const matches = pairs.map(({ resolved, live, twins }): PolicyMatch => {
    const rename = renames.get(resolved);
    const recorded = recordOf.get(resolved) ?? rename ?? null;
    const object = live ?? (rename === undefined ? null : (liveById.get(rename.id) ?? null));
    const renamedFrom = recorded !== null && recorded.name !== resolved.name ? recorded.name : null;
    const left = (recorded?.leftovers ?? []).flatMap((id) => liveById.get(id) ?? []);
    const successor = object === null ? undefined : findSuccessor(group, resolved, object, left);
    const chosen = successor ?? object;
    const predecessor = successor === undefined || object === null ? [] : [object];
    return {
      resolved,
      recorded,
      live: chosen,
      renamedFrom,
      leftovers: [...predecessor, ...left].filter((other) => other !== chosen),
      twins,
    };
  });
  const renamed = new Set(renames.values());
  return {
    matches,
    removed: removed
      .filter((entry) => !renamed.has(entry))
      .map((entry) => {
        const [live = null, ...leftovers] = ownedObjects(entry, liveById);
        return { recorded: entry, live, leftovers };
      }),
    diagnostics,
  };
}

/**
 * Every declared policy is recorded under its name and live under the recorded id, and nothing else is declared, recorded or
 * live: by far the most groups. Null: it takes a closer look.
 */
function matchOneToOne(
  { declared, recorded, live }: PolicyGroup,
  liveById: ReadonlyMap<string, LiveObject>,
): PolicyMatch[] | null {
  if (declared.length !== recorded.length || declared.length !== live.length || live.length !== liveById.size)
    return null;
  const byName = new Map<string, RecordedEntry>();
  for (const entry of recorded) byName.set(entry.name, entry);
  const taken = new Set<LiveObject>();
  const matches: PolicyMatch[] = [];
  for (const resolved of declared) {
    const { id, previously, absent } = resolved.entry;
    if (id !== undefined || previously !== undefined || absent === true) return null;
    const entry = byName.get(resolved.name);
    const object = entry === undefined ? undefined : liveById.get(entry.id);
    if (entry === undefined || object === undefined || entry.leftovers !== undefined) return null;
    taken.add(object);
    matches.push({ resolved, recorded: entry, live: object, renamedFrom: null, leftovers: none, twins: none });
  }
  return taken.size === live.length ? matches : null;
}

const none: readonly LiveObject[] = [];

/** The live policies that the record counts to one resource: its own, then what a replacement left behind. */
function ownedObjects(recorded: RecordedEntry | undefined, liveById: ReadonlyMap<string, LiveObject>): LiveObject[] {
  if (recorded === undefined) return [];
  return [recorded.id, ...(recorded.leftovers ?? [])].flatMap((id) => liveById.get(id) ?? []);
}

/** `previously:` on the first run, when there is no record to move: the one live policy of the old name. */
function findPrevious(
  { entry }: ResolvedEntry,
  byName: ReadonlyMap<string, readonly LiveObject[]>,
  reserved: ReadonlySet<string>,
): LiveObject | null {
  if (entry.previously === undefined) return null;
  const free = (byName.get(entry.previously) ?? []).filter(({ id }) => !reserved.has(id));
  return free.length === 1 ? (free[0] ?? null) : null;
}

/** By name; else by `previously:`, which is inert once the new name is recorded; else by an `id:` the record knows. */
function pairWithRecord({ declared, recorded }: PolicyGroup): Map<ResolvedEntry, RecordedEntry> {
  const byName = new Map(recorded.map((entry) => [entry.name, entry]));
  const byId = new Map(recorded.map((entry) => [entry.id, entry]));
  const declaredNames = new Set(declared.map(({ name }) => name));
  const pairs = new Map<ResolvedEntry, RecordedEntry>();
  const used = new Set<RecordedEntry>();
  const pair = (resolved: ResolvedEntry, entry: RecordedEntry | undefined): void => {
    if (entry === undefined || pairs.has(resolved) || used.has(entry)) return;
    pairs.set(resolved, entry);
    used.add(entry);
  };
  for (const resolved of declared) pair(resolved, byName.get(resolved.name));
  for (const resolved of declared) {
    const { previously, id } = resolved.entry;
    if (previously !== undefined && !declaredNames.has(previously)) pair(resolved, byName.get(previously));
    if (id !== undefined) pair(resolved, byId.get(writtenId(resolved.entry) ?? ''));
  }
  return pairs;
}

/**
 * One removed and one added policy that are equal but for name and description are one rename in place. With several that
 * could be meant, none is: `previously:` says which.
 */
function findRenames(
  pairs: readonly { readonly resolved: ResolvedEntry; readonly live: LiveObject | null }[],
  removed: readonly RecordedEntry[],
  recordOf: ReadonlyMap<ResolvedEntry, RecordedEntry>,
  liveById: ReadonlyMap<string, LiveObject>,
): Map<ResolvedEntry, RecordedEntry> {
  const added = pairs.filter(
    ({ resolved, live }) => live === null && !recordOf.has(resolved) && !resolved.entry.absent,
  );
  const candidates = removed.filter(({ id }) => liveById.has(id));
  const renames = new Map<ResolvedEntry, RecordedEntry>();
  if (added.length === 0 || candidates.length === 0) return renames;
  const contentOf = (fields: Fields): string => {
    const { name: _name, description: _description, ...rest } = fields;
    return canonicalJson(rest);
  };
  const matching = groupBy(candidates, (entry) => contentOf(entry.fields));
  const rivals = groupBy(added, ({ resolved }) => contentOf(resolved.fields));
  for (const [content, [first, ...others]] of rivals) {
    const [only, ...more] = matching.get(content) ?? [];
    if (first !== undefined && others.length === 0 && only !== undefined && more.length === 0) {
      renames.set(first.resolved, only);
    }
  }
  return renames;
}

/**
 * A leftover that has the desired immutable fields while the bound object has not: a replacement created it and was cut short
 * before it deleted the old one. Only a claim tells that: a twin of those fields may be anybody's.
 */
function findSuccessor(
  group: PolicyGroup,
  resolved: ResolvedEntry,
  bound: LiveObject,
  leftovers: readonly LiveObject[],
): LiveObject | undefined {
  // By far most policies have none, and need not be read for it.
  if (leftovers.length === 0) return undefined;
  const fits = (object: LiveObject): boolean => {
    const fields = group.index.readFields(object, [resolved.fields]);
    return group.immutable.every((field) => isSame(fields[field], resolved.fields[field]));
  };
  if (resolved.entry.absent === true || writtenId(resolved.entry) === bound.id || fits(bound)) return undefined;
  const fitting = leftovers.filter(fits);
  return fitting.length === 1 ? fitting[0] : undefined;
}

function groupByName(live: readonly LiveObject[]): Map<string, LiveObject[]> {
  return groupBy(live, ({ name }) => name);
}

function ambiguous(resolved: ResolvedEntry, candidates: readonly LiveObject[]): Diagnostic {
  const ids = candidates.map(({ id }) => id).join(', ');
  return {
    code: 'ambiguous-name',
    severity: 'error',
    message: `${candidates.length} live policies are called "${resolved.name}" (${ids}); write the one that is meant as \`id:\``,
    source: resolved.entry.source,
  };
}
