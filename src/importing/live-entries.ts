/** Live objects → entries of policy files. Pure. */

import { compareText } from '../diagnostics.ts';
import type { LiveObject } from '../live/live.ts';
import type { LiveIndex } from '../live/live-index.ts';
import { isUuid } from '../plan/written-id.ts';
import { explainUnprintable } from '../policy/print.ts';
import type { PrintedEntry } from '../policy/print-values.ts';
import { quote } from '../policy/quote.ts';
import {
  budgetOf,
  isAlert,
  isApart,
  isLimitField,
  isRate,
  isSet,
  isUnknownRate,
  pickFields,
} from '../resources/fields.ts';
import { isPolicyKind, kindOrder, specOf } from '../resources/registry.ts';
import type { Fields } from '../resources/types.ts';

export interface LeftOut {
  readonly object: LiveObject;
  /** Alone left out of an entry that is imported; absent: the whole object. */
  readonly field?: string;
  /** Why the grammar cannot say it; it stays unmanaged. */
  readonly why: string;
  /** Of the diagnostic that the files would have; absent: it is refused before there is one. */
  readonly code?: string;
}

export interface LiveEntries {
  readonly entries: readonly PrintedEntry[];
  /** What each entry was made of. */
  readonly objects: readonly LiveObject[];
  readonly leftOut: readonly LeftOut[];
}

/** What of a scope is imported beside what is there. */
export interface ImportWish {
  isWanted(object: LiveObject): boolean;
  /** Keys that entries have already, as `sectionKey`. */
  readonly taken: ReadonlySet<string>;
}

/**
 * Entries of one workspace (or of the organisation), each of which compiles to exactly what is live.
 *
 * @param written what the file calls the workspace; default: its slug
 * @param wanted default: everything, in an empty file
 */
export function buildLiveEntries(
  index: LiveIndex,
  workspaceId: string | null,
  written: string | null = index.slugOf(workspaceId),
  wanted?: ImportWish,
): LiveEntries {
  // Made-up names count up: equal objects, equal bytes, in whatever order the lists came.
  const objects = index.live.objects
    .filter((object) => object.workspaceId === workspaceId)
    .sort(
      (a, b) =>
        kindOrder(a.kind) - kindOrder(b.kind) || compareText(a.name ?? '', b.name ?? '') || compareText(a.id, b.id),
    );
  const entries: PrintedEntry[] = [];
  const sources: LiveObject[] = [];
  const leftOut: LeftOut[] = [];
  const taken = new Set<string>(wanted?.taken);
  const keyNames = findKeyNames(objects);
  for (const object of objects) {
    if (wanted?.isWanted(object) === false) continue;
    const all = index.readFields(object, []);
    const read = importedFields(object, all);
    for (const field of Object.keys(all).filter((name) => isLimitField(name) && isApart(name))) {
      leftOut.push({ object, ...(read === null ? {} : { field }), why: whyApart(field) });
    }
    if (read === null) continue;
    const named = noteIds(nameEntry(object, nameKeys(read, keyNames), objects, taken), object, objects);
    const whole = findUnlimited(object, read) ?? findUnresolvable(read);
    const refused = whole ?? explainUnprintable(named, written);
    const lesser = refused === null || whole !== null ? null : dropOddFields(named, written);
    const entry = lesser?.entry ?? named;
    const why = lesser === null ? refused : null;
    for (const [field, reason] of lesser?.dropped ?? []) leftOut.push({ object, field, why: reason });
    if (why === null) {
      taken.add(sectionKey(object, entry.name));
      entries.push(entry);
      sources.push(object);
    } else {
      leftOut.push({ object, why });
    }
  }
  return { entries, objects: sources, leftOut };
}

/** Nothing that could be written as an amount: said of the row, not of a value that nobody wrote. */
function findUnlimited({ kind }: LiveObject, { amount, value }: Fields): string | null {
  const member = kind === 'usage-policy' ? 'credit_limit' : 'value';
  if (!isPolicyKind(kind) || typeof (kind === 'usage-policy' ? amount : value) === 'number') return null;
  return `its ${member} is zero or missing, so it limits nothing: set one, or delete the policy`;
}

function whyApart(field: string): string {
  return isUnknownRate(field)
    ? 'its type or unit is not known, so no file can say it'
    : 'another of the same kind stands beside it, and a file can say one';
}

/** What a policy can be without; at an attachment point every limit stands for itself. */
const optionalOfPolicy = ['alert', 'description', 'name'];

/**
 * Ownership is by field: what no file can say stays as it is live beside what can be said. Null where nothing is left, or what
 * is odd is the limit itself.
 */
function dropOddFields(
  entry: PrintedEntry,
  written: string | null,
): { readonly entry: PrintedEntry; readonly dropped: readonly (readonly [string, string])[] } | null {
  const isOptional = (field: string): boolean => !isPolicyKind(entry.kind) || optionalOfPolicy.includes(field);
  const without = (fields: readonly string[]): PrintedEntry => ({
    ...entry,
    fields: pickFields(entry.fields, (field) => !fields.includes(field)),
  });
  const names = Object.keys(entry.fields);
  const core = names.filter((field) => !isOptional(field));
  // Alone each field says whether it is the odd one; an alert says it beside its budget.
  const dropped = names.filter(isOptional).flatMap((field): [string, string][] => {
    const beside = [...core, field, ...(isAlert(field) ? [budgetOf(field)] : [])];
    const why = explainUnprintable(without(names.filter((name) => !beside.includes(name))), written);
    return why === null ? [] : [[field, why]];
  });
  dropped.push(...ratesBeside(entry, dropped));
  const lesser = without(dropped.map(([field]) => field));
  const isAnything = isPolicyKind(entry.kind) ? core.length > 0 : Object.keys(lesser.fields).length > 0;
  return dropped.length > 0 && isAnything && explainUnprintable(lesser, written) === null
    ? { entry: lesser, dropped }
    : null;
}

/** Where a level holds one rate, a declared one takes the place of all others: beside one that no file can say, none is declared. */
function ratesBeside(
  { kind, fields }: PrintedEntry,
  dropped: readonly (readonly [string, string])[],
): [string, string][] {
  const spec = specOf(kind);
  const odd = dropped.find(([field]) => isRate(field));
  if (spec.policy || !spec.singleRate || odd === undefined) return [];
  const why = `a file can say one rate of a ${spec.label}, which would take away the other that is live: ${odd[1]}`;
  return Object.keys(fields).flatMap((field): [string, string][] =>
    isRate(field) && !dropped.some(([name]) => name === field) ? [[field, why]] : [],
  );
}

/** In a file a key is named by its name or id: any other value that a condition compares keys with would be looked up. */
function findUnresolvable({ match }: Fields): string | null {
  if (match === undefined || match === 'all') return null;
  for (const { key, others } of match) {
    const [member] = Object.keys(others ?? {});
    if (member !== undefined) return `its condition on ${key} has the member "${member}", which no file can say`;
  }
  const keys = match.map(({ key }) => key);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined)
    return `its match has several conditions on ${twice}, and a file can say one: make one of them live, or take the others away`;
  const values = match
    .filter(({ key }) => key === 'api_key')
    .flatMap(({ any, except }) => [...(any === '*' ? [] : any), ...except]);
  const odd = values.find((value) => !isUuid(value) || value !== value.toLowerCase());
  return odd === undefined ? null : `its match names a key by "${odd}", which is not an id of a key`;
}

/** By id: what people call a key, where the name means one key, and nothing else, to whoever reads the file. */
function findKeyNames(objects: readonly LiveObject[]): ReadonlyMap<string, string> {
  const keys = objects.filter(({ kind }) => kind === 'key-limits');
  const isPlain = (name: string | null): name is string =>
    name !== null && /^[\p{L}\p{N}_][\p{L}\p{N} ._-]*$/u.test(name) && /\p{L}/u.test(name) && name === name.trim();
  const sharers = new Map<string | null, number>();
  for (const { name } of keys) sharers.set(name, (sharers.get(name) ?? 0) + 1);
  return new Map(
    keys.flatMap(({ id, name }) =>
      isPlain(name) && !isUuid(name) && sharers.get(name) === 1 ? [[id, name] as const] : [],
    ),
  );
}

/** Conditions hold ids of keys; a file that holds names can be read. */
function nameKeys(fields: Fields, names: ReadonlyMap<string, string>): Fields {
  const { match } = fields;
  if (match === undefined || match === 'all') return fields;
  const write = (values: readonly string[]): string[] => values.map((id) => names.get(id) ?? id).sort(compareText);
  const conditions = match.map((condition) => {
    const { key, any, except } = condition;
    return key === 'api_key' ? { ...condition, any: any === '*' ? any : write(any), except: write(except) } : condition;
  });
  return { ...fields, match: conditions };
}

/** What is set. `none` is left unsaid: import declares what there is, and nothing about what there is not. */
function importedFields(object: LiveObject, fields: Fields): Fields | null {
  const isPolicy = isPolicyKind(object.kind);
  const kept = pickFields(fields, (field, value) => {
    if (isPolicy) return value !== null || field === 'amount';
    // A key's description is not a limit; a look-alike budget has no name of its own.
    return field !== 'description' && !isApart(field) && isSet(value);
  });
  return isPolicy || Object.keys(kept).length > 0 ? kept : null;
}

/** The live name is the key where it can be; what shares a name, or has none, is told apart by its id. */
function nameEntry(
  object: LiveObject,
  fields: Fields,
  objects: readonly LiveObject[],
  taken: ReadonlySet<string>,
): PrintedEntry {
  const { kind, id } = object;
  // `"*"` as the name of a key would stand for every key.
  const isUsable = object.name !== null && object.name.trim() !== '' && !(kind === 'key-limits' && object.name === '*');
  const base = isUsable && object.name !== null ? object.name : `unnamed-${id.slice(0, 8)}`;
  let name = base;
  for (let number = 2; taken.has(sectionKey(object, name)); number += 1) name = `${base}-${number}`;
  const isShared = objects.filter((other) => other.kind === kind && other.name === object.name).length > 1;
  const hasId = (isShared || base !== object.name) && canHaveId(object);
  // Beside the id the name stays managed, or a replacement would have none.
  const isRenamed = object.name !== null && name !== object.name && base === object.name;
  return { kind, name, fields, ...(isRenamed ? { liveName: object.name } : {}), ...(hasId ? { id } : {}) };
}

/** An id in a file says nothing to who reads it: what it stands for, or why no name stands there. */
function noteIds(entry: PrintedEntry, object: LiveObject, objects: readonly LiveObject[]): PrintedEntry {
  const { match } = entry.fields;
  const keyValues =
    match === undefined || match === 'all'
      ? []
      : match
          .filter(({ key }) => key === 'api_key')
          .flatMap(({ any, except }) => [...(any === '*' ? [] : any), ...except]);
  const keys = objects.filter(({ kind }) => kind === 'key-limits');
  const ofKeys = keyValues.filter(isUuid).map((id) => {
    const key = keys.find((one) => one.id === id);
    return [id, key === undefined ? 'no key of this workspace' : describeSharer(key, keys)] as const;
  });
  const sameKind = objects.filter(({ kind }) => kind === object.kind);
  const own = entry.id === undefined ? [] : [[entry.id, describeSharer(object, sameKind)] as const];
  const notes = Object.fromEntries([...ofKeys, ...own]);
  return Object.keys(notes).length === 0 ? entry : { ...entry, idNotes: notes };
}

function describeSharer({ name }: LiveObject, objects: readonly LiveObject[]): string {
  if (name === null) return 'has no name';
  const sharers = objects.filter((other) => other.name === name).length;
  return sharers > 1 ? `one of ${sharers} called ${quote(name)}` : quote(name);
}

/** Entries that are not called what their live object is: it has no name, or shares it. */
export function renamedOf(
  { entries, objects }: Pick<LiveEntries, 'entries' | 'objects'>,
  slug: string | null,
): readonly { readonly name: string; readonly object: LiveObject; readonly slug: string | null }[] {
  return entries.flatMap(({ kind, name }, index) => {
    const object = objects[index];
    return kind === 'workspace-limits' || object === undefined || object.name === name ? [] : [{ name, object, slug }];
  });
}

/** Budgets and rates stand in one section, so their names must not meet. Prices of an integration stand beside its limits, below one name. */
export function sectionKey({ kind }: Pick<LiveObject, 'kind'>, name: string): string {
  return `${specOf(kind).section}${kind === 'integration-prices' ? '/prices' : ''}\n${name}`;
}

function canHaveId({ kind }: LiveObject): boolean {
  return kind !== 'workspace-limits' && kind !== 'integration-limits' && kind !== 'integration-prices';
}
