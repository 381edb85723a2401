/** `forget:` against the record: what is named there is never touched, however much of it is named. */

import { didYouMean } from '../nearest-name.ts';
import { isForgotten, isPartOfBudget, pickFields } from '../resources/fields.ts';
import { isPolicyKind, registry, specOf } from '../resources/registry.ts';
import { type Fields, type Forget, type Kind, kinds } from '../resources/types.ts';
import type { RecordedEntry } from './applied-record.ts';
import type { PlanContext } from './context.ts';
import type { RecordedResource, RecordIndex } from './record-index.ts';
import type { PlanNote } from './types.ts';

/**
 * What is left of a recorded resource, or null when all of it is forgotten.
 *
 * @param declared what the files still say of it; null: nothing, so that what is left is taken away
 */
export function afterForget(
  resource: RecordedResource,
  { desired, index }: Pick<PlanContext, 'desired' | 'index'>,
  declared: Fields | null,
): RecordedEntry | null {
  let { entry } = resource;
  for (const item of desired.forget) {
    if (!isForgetOf(item, resource) || !isNamed(item, resource, index, declared)) continue;
    if (item.field === undefined) return null;
    if (!hasForgettableField(entry.kind, item.field)) continue;
    // A policy goes as a whole: with it would go the part that is not to be touched.
    if (declared === null && isPolicyKind(entry.kind)) return null;
    entry = { ...entry, fields: withoutWord(entry, item.field, declared) };
  }
  return entry;
}

function withoutWord({ kind, fields }: RecordedEntry, word: string, declared: Fields | null): Fields {
  // An alert lives on its budget: where that would be cleared, the alert would go with it.
  const takesBudget = word === 'alert' && !isPolicyKind(kind) && !Object.keys(declared ?? {}).some(isPartOfBudget);
  return pickFields(fields, (field) => !isForgotten(kind, takesBudget ? 'budget' : word, field));
}

/** Whether entries of a kind have such a field at all: policies of both kinds stand in one section. */
function hasForgettableField(kind: Kind, word: string): boolean {
  if (!isPolicyKind(kind)) return true;
  const ofBudgets = ['budget', 'reset', 'alert'].includes(word);
  return kind === 'usage-policy' ? word !== 'rate' : !ofBudgets;
}

/** What `"*"` gives to a key of which `forget:` names something; null: nothing, all of it is forgotten. */
export function withoutForgotten(
  fields: Fields,
  forget: readonly Forget[],
  { kind, workspace, name }: { readonly kind: Kind; readonly workspace: string | null; readonly name: string | null },
): Fields | null {
  if (forget.length === 0) return fields;
  const { section } = specOf(kind);
  const items = forget.filter(
    (item) => item.section === section && item.workspace === workspace && item.name === name && name !== null,
  );
  if (items.some(({ field }) => field === undefined)) return null;
  const isNamed = (field: string): boolean =>
    items.some((item) => item.field !== undefined && isForgotten(kind, item.field, field));
  return items.length === 0 ? fields : pickFields(fields, (field) => !isNamed(field));
}

export function isForgetOf(
  { workspace, section }: Forget,
  {
    workspaceId,
    workspaceSlug,
    entry,
  }: Pick<RecordedResource, 'workspaceId' | 'workspaceSlug'> & {
    readonly entry: Pick<RecordedEntry, 'kind'>;
  },
): boolean {
  const isThere = workspace === workspaceSlug || (workspace !== null && workspace === workspaceId);
  return isThere && section === specOf(entry.kind).section;
}

function isNamed(
  { name, field, section }: Forget,
  { workspaceId, entry }: RecordedResource,
  index: RecordIndex,
  declared: Fields | null,
): boolean {
  if (name === undefined || name === entry.name) return true;
  if (name === '*') return entry.viaStar === true;
  // `policies/spend/match` names no field that could be forgotten, and nothing of that name: it means the policy, or nothing.
  const isPart = field === undefined && declared === null && name.startsWith(`${entry.name}/`);
  return isPart && kindsOf(section).every((kind) => index.byName(kind, workspaceId, name) === undefined);
}

function kindsOf(section: Forget['section']): Kind[] {
  return kinds.filter((kind) => registry[kind].section === section);
}

/** A slip in a name: what was meant is taken away, while its owner believes it safe. */
export function forgetNotes({ desired, liveIndex, index, resolution }: PlanContext): PlanNote[] {
  return desired.forget.flatMap((item): PlanNote[] => {
    const { name, section, workspace, path, source } = item;
    const workspaceId = workspace === null ? null : resolution.workspaces.get(workspace)?.id;
    if (name === undefined || name === '*' || workspaceId === undefined) return [];
    const isRead = kindsOf(section).some((kind) => liveIndex.isRead(kind, workspaceId));
    const known = index.all.filter(
      (resource) => resource.workspaceId === workspaceId && specOf(resource.entry.kind).section === section,
    );
    const isKnown =
      known.some((resource) => isNamed(item, resource, index, null)) ||
      kindsOf(section).some((kind) => liveIndex.at(kind, workspaceId).byName(name).length > 0);
    if (!isRead || isKnown) return [];
    const names = known.map(({ entry }) => entry.name);
    const message = `\`forget\`: \`${path}\` names nothing that is recorded or live${didYouMean(name, names)}`;
    return [{ code: 'forget-of-nothing', severity: 'warning', workspace, message, source }];
  });
}
