/** What two versions of the files say differently, entry by entry: that an edit asks for nothing but what it was made for. Pure. */

import type { Desired, ResourceKey } from '../resources/types.ts';
import { canonicalJson } from '../stable-json.ts';

export interface DesiredDifference {
  readonly entries: readonly ResourceKey[];
  /** Those of them, in both versions, of which more than fields moves: protection, owner, silences, which live object it is. */
  readonly beyondFields: readonly ResourceKey[];
  /** Something beside the entries: settings, what is forgotten, the organisation. */
  readonly isElsewhere: boolean;
}

export function compareDesired(before: Desired, after: Desired): DesiredDifference {
  const [old, next] = [byKey(before), byKey(after)];
  const keys = [...new Set([...old.keys(), ...next.keys()])].filter(
    (key) => old.get(key)?.meaning !== next.get(key)?.meaning,
  );
  const entries = keys.flatMap((key) => next.get(key)?.key ?? old.get(key)?.key ?? []);
  const beyondFields = keys.flatMap((key) => {
    const [was, is] = [old.get(key), next.get(key)];
    return was === undefined || is === undefined || was.words === is.words ? [] : [is.key];
  });
  return { entries, beyondFields, isElsewhere: restOf(before) !== restOf(after) };
}

interface KnownEntry {
  readonly key: ResourceKey;
  readonly meaning: string;
  /** What the file says of it beside what limits it. */
  readonly words: string;
}

function byKey({ entries }: Desired): ReadonlyMap<string, KnownEntry> {
  return new Map(
    entries.map((entry) => {
      const { kind, workspace, name } = entry;
      const { fields: _, fieldsOverStar: __, starting: ___, fromDefaults: ____, ...words } = entry;
      const known = { key: { kind, workspace, name }, meaning: meaningOf(entry), words: meaningOf(words) };
      return [canonicalJson([kind, workspace, name]), known];
    }),
  );
}

/** A file for a workspace that had none declares nothing by itself. */
function restOf({ entries: _, workspaces, ...rest }: Desired): string {
  const said = workspaces.filter(({ owner, silence }) => owner !== undefined || silence !== undefined);
  return meaningOf({ rest, said: said.map(({ skipDefaults: __, ...others }) => others) });
}

/** Where it stands moves with every line above it. */
function meaningOf(value: unknown): string {
  return canonicalJson(withoutPlaces(value));
}

const places: readonly string[] = ['source', 'fieldSources', 'settingSources', 'orgFile'];

function withoutPlaces(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPlaces);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !places.includes(name))
      .map(([name, item]) => [name, withoutPlaces(item)]),
  );
}
