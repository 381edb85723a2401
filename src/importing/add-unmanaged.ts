/** Live objects that nobody declares → entries in the policy files that are there. Pure. */

import { compareText, type Diagnostic } from '../diagnostics.ts';
import { extendedPath, findExtends } from '../extended-file.ts';
import type { Live, LiveObject, LiveWorkspace } from '../live/live.ts';
import { LiveIndex } from '../live/live-index.ts';
import type { AppliedRecord } from '../plan/applied-record.ts';
import { buildPlan, type PlanResult } from '../plan/build-plan.ts';
import { isForgetOf } from '../plan/forget.ts';
import { compilePolicies, type PolicyFile } from '../policy/compile.ts';
import { addEntry, pathOfEntry } from '../policy/edit.ts';
import { patterns } from '../policy/patterns.ts';
import { below, printWorkspaceFile } from '../policy/print.ts';
import { isPlainMap } from '../policy/yaml-plain.ts';
import { findLines, isRefused, readValue, setValue } from '../policy/yaml-splice.ts';
import type { AddedReport } from '../render/import.ts';
import { isForgotten, isPartOfBudget, isPartOfRate, isSet } from '../resources/fields.ts';
import { isPolicyKind, specOf } from '../resources/registry.ts';
import type { Desired, ResourceKey } from '../resources/types.ts';
import { buildLiveEntries, type LeftOut, sectionKey } from './live-entries.ts';
import { addRecipients, inheritedRecipients, orgFileOf } from './policy-texts.ts';

export interface AddInput {
  readonly desired: Desired;
  /** As read; new files are named beside them. */
  readonly files: readonly PolicyFile[];
  /** Directory of the policy files as it stands in their paths. */
  readonly directory: string;
  /** Everything, not only what files and record use. */
  readonly live: Live;
  readonly record: AppliedRecord | null;
  readonly now: Date;
  /** Slugs or UUIDs to confine it to; empty: all workspaces and the organisation. */
  readonly workspaces: readonly string[];
  /** Default: whatever nobody declares. */
  readonly isAsked?: (object: LiveObject) => boolean;
}

export interface Addition {
  /** Path of the file as in `files`. */
  readonly file: string;
  readonly isNew: boolean;
  readonly key: ResourceKey;
  readonly id: string;
}

export interface Added {
  /** Files that are new or changed, whole. */
  readonly files: readonly PolicyFile[];
  readonly additions: readonly Addition[];
  readonly leftOut: readonly (LeftOut & { readonly slug: string | null })[];
  /** What live has beyond what entries that were there before declare of it. */
  readonly further: AddedReport['further'];
}

type Refused = Pick<LeftOut, 'why' | 'code'>;

/**
 * Tries all of them, then takes back what the files together refuse and what would change something live, until the rest
 * stands: an entry that cannot be declared without effect stays unmanaged, with the reason.
 *
 * @returns diagnostics where the files as they are give no plan, or where no entry can be blamed
 */
export function addUnmanaged(input: AddInput): Added | { readonly diagnostics: readonly Diagnostic[] } {
  const before = planOf(input, input.desired);
  if (before.plan === null) return { diagnostics: before.diagnostics };
  const known = new Set(before.plan.changes.map(({ id, fingerprint }) => `${id}\n${fingerprint}`));
  const isManaged = managedObjects(before, input.live);
  const refused = new Map<string, Refused>();
  for (;;) {
    const attempt = tryAdding(input, isManaged, refused);
    const { desired, diagnostics } = compilePolicies(mergeFiles(input.files, attempt.files));
    const count = refused.size;
    const refuse = ({ id, key }: Addition, why: Refused): void => void refused.set(`${key.kind}\n${id}`, why);
    if (desired === null) {
      const errors = diagnostics.filter(({ severity }) => severity === 'error');
      for (const error of errors) {
        const blamed = attempt.additions.find((addition) => isWithin(error, addition, attempt.files));
        if (blamed !== undefined) refuse(blamed, { why: error.message, code: error.code });
      }
      if (refused.size === count) return { diagnostics: errors };
      continue;
    }
    const after = planOf(input, desired);
    if (after.plan === null) return { diagnostics: after.diagnostics };
    const moved = after.plan.changes.filter(({ id, fingerprint }) => !known.has(`${id}\n${fingerprint}`));
    for (const { key, liveId } of moved) {
      const blamed = attempt.additions.find(
        (addition) => isSameKey(addition.key, key) || (addition.key.kind === key.kind && addition.id === liveId),
      );
      if (blamed !== undefined)
        refuse(blamed, { why: 'declaring it beside what the files say already would change it' });
    }
    if (moved.length === 0) return { ...attempt, further: findFurther(before, input) };
    if (refused.size === count) {
      return { diagnostics: moved.map(({ id, source }) => unexpected(id, source ?? input.desired.orgFile)) };
    }
  }
}

function unexpected(id: string, source: Diagnostic['source']): Diagnostic {
  const message = `adding what is live would change ${id}, which was not asked for: nothing was written`;
  return { code: 'import-changes-live', severity: 'error', message, source };
}

function planOf({ live, record, now }: AddInput, desired: Desired): PlanResult {
  return buildPlan({ desired, live, record, now });
}

/** What files declare or the record holds, in whatever form. */
function managedObjects({ recordSteps }: PlanResult, live: Live): (object: LiveObject) => boolean {
  const ids = new Set(
    recordSteps.flatMap(({ previous, next, liveId }) => {
      const kind = previous?.kind ?? next?.kind;
      return [liveId, previous?.id].flatMap((id) => (id == null ? [] : [`${kind}\n${id}`]));
    }),
  );
  const managed = new Set(live.objects.filter(({ kind, id }) => ids.has(`${kind}\n${id}`)));
  return (object) => managed.has(object);
}

/** An edit of an entry is somebody's own: what it leaves out is reported, not written. */
function findFurther({ recordSteps }: PlanResult, { live, desired, workspaces }: AddInput): Added['further'] {
  const index = new LiveIndex(live);
  return recordSteps
    .flatMap(({ next, liveId, workspaceId, workspaceSlug }) => {
      const object = next === null || liveId === null ? undefined : index.at(next.kind, workspaceId).byId(liveId);
      const isAsked =
        workspaces.length === 0 || [workspaceId, workspaceSlug].some((ref) => workspaces.includes(ref ?? ''));
      if (next === null || object === undefined || !isAsked) return [];
      const { kind, name } = next;
      const shown = index.readFields(object, [next.fields]);
      const forgotten = desired.forget.filter(
        (item) =>
          isForgetOf(item, { workspaceId, workspaceSlug, entry: next }) &&
          (item.name === undefined || item.name === name),
      );
      const isSaid = (field: string): boolean =>
        field in next.fields ||
        field === 'name' ||
        ('rates' in next.fields && isPartOfRate(field)) ||
        ('budgets' in next.fields && isPartOfBudget(field)) ||
        forgotten.some((item) => item.field === undefined || isForgotten(kind, item.field, field));
      const fields = Object.keys(shown).filter((field) => !isSaid(field) && isSet(shown[field]));
      const key = { kind, workspace: workspaceSlug, name };
      return fields.length === 0 ? [] : [{ key, id: object.id, fields: fields.sort(compareText) }];
    })
    .sort(
      (a, b) =>
        compareText(a.key.workspace ?? '', b.key.workspace ?? '') ||
        compareText(a.key.kind, b.key.kind) ||
        compareText(a.key.name, b.key.name),
    );
}

function tryAdding(
  input: AddInput,
  isManaged: (object: LiveObject) => boolean,
  refused: ReadonlyMap<string, Refused>,
): Omit<Added, 'further'> {
  const { live, desired, files } = input;
  const index = new LiveIndex(live);
  const texts = new Map<string, string>();
  const additions: Addition[] = [];
  const leftOut: Added['leftOut'][number][] = [];
  const scopes = [
    ...(input.workspaces.length === 0 ? [null] : []),
    ...live.workspaces
      .filter(
        ({ id, slug }) =>
          input.workspaces.length === 0 || input.workspaces.includes(id) || input.workspaces.includes(slug),
      )
      .toSorted((a, b) => compareText(a.slug, b.slug)),
  ];
  for (const workspace of scopes) {
    const slug = workspace?.slug ?? null;
    const refs: readonly (string | null)[] = workspace === null ? [null] : [workspace.slug, workspace.id];
    const file =
      workspace === null ? desired.orgFile.file : desired.workspaces.find(({ ref }) => refs.includes(ref))?.source.file;
    const written = workspace === null ? null : writtenRef(workspace);
    const forgotten = desired.forget.filter((forget) => refs.includes(forget.workspace));
    const isForgotten = (object: LiveObject): boolean =>
      forgotten.some(
        ({ section, name }) => section === specOf(object.kind).section && (name === undefined || name === object.name),
      );
    const {
      entries,
      leftOut: left,
      objects,
    } = buildLiveEntries(index, workspace?.id ?? null, written, {
      isWanted: (object) => !isManaged(object) && input.isAsked?.(object) !== false,
      taken: takenNames(input, refs, workspace?.id ?? null),
    });
    const stays = (object: LiveObject, why: string): void => void leftOut.push({ object, why, slug });
    for (const { object, why } of left) stays(object, why);

    const path = file ?? freePath(input, written ?? '', texts);
    const inherited = inheritedRecipients(files, desired, file === undefined ? null : file);
    for (const [index, entry] of entries.entries()) {
      const object = objects[index];
      if (object === undefined) continue;
      const no =
        refused.get(`${object.kind}\n${object.id}`) ??
        (isForgotten(object) ? { why: '`forget:` names it' } : undefined);
      if (no !== undefined) {
        leftOut.push({ object, ...no, slug });
        continue;
      }
      const own = addRecipients(entry, inherited);
      if (own === null) {
        stays(object, 'recipients of the organisation or workspace would be added to it');
        continue;
      }
      const text =
        texts.get(path) ?? files.find((candidate) => candidate.path === path)?.text ?? newFile(input, written ?? '');
      const edited = addEntry(text, own, workspace === null);
      if (isRefused(edited)) stays(object, edited.refusal);
      else {
        texts.set(path, edited.text);
        const key = { kind: entry.kind, workspace: slug, name: entry.name };
        additions.push({ file: path, isNew: file === undefined, key, id: object.id });
      }
    }
  }
  return { files: [...texts].map(([path, text]) => ({ path, text })), additions, leftOut };
}

/** Names that declared and recorded entries have; a new one would be another thing under an old name. */
function takenNames(
  { desired, record }: AddInput,
  refs: readonly (string | null)[],
  id: string | null,
): ReadonlySet<string> {
  const declared = desired.entries.filter(({ workspace }) => refs.includes(workspace));
  const recorded =
    record?.workspaces.filter((workspace) => workspace.id === id).flatMap(({ entries }) => entries) ?? [];
  const forgotten = desired.forget.flatMap(({ workspace, section, name }) =>
    refs.includes(workspace) && name !== undefined ? [`${section}\n${name}`] : [],
  );
  // `*` stands for all keys.
  const star = sectionKey({ kind: 'key-limits' }, '*');
  return new Set([...[...declared, ...recorded].map((entry) => sectionKey(entry, entry.name)), ...forgotten, star]);
}

/** What a file calls it. */
export function writtenRef({ id, slug }: Pick<LiveWorkspace, 'id' | 'slug'>): string {
  return patterns.slug.test(slug) && slug.length <= 150 ? slug : id;
}

/** A file for a workspace without one. Organisation defaults would come with it, which nobody asked for. */
export function newFile({ files, desired }: Pick<AddInput, 'files' | 'desired'>, workspace: string): string {
  const org = orgFileOf(files, desired)?.text ?? '';
  const schemas = /\$schema=(\S+)\/org\.schema\.json/.exec(org)?.[1];
  const printed = printWorkspaceFile(
    { slug: workspace, entries: [] },
    schemas === undefined ? undefined : below(schemas),
  );
  const text = schemas === undefined ? printed.slice(printed.indexOf('\n') + 1) : printed;
  const written = findExtends(org);
  const shared = written === null ? undefined : extendedPath(desired.orgFile.file, written);
  const texts = [org, files.find(({ path }) => path === shared)?.text ?? ''];
  const defaults = ['policies', 'keys'].flatMap((section) =>
    texts.flatMap((one) => {
      const found = readValue(one, ['defaults', section]);
      return isPlainMap(found) ? found.map.map(([name]) => name) : [];
    }),
  );
  if (defaults.length === 0) return text;
  const edited = setValue(text, ['skip_defaults'], [...new Set(defaults)]);
  return isRefused(edited) ? text : edited.text;
}

export function freePath(
  { files, directory }: Pick<AddInput, 'files' | 'directory'>,
  workspace: string,
  texts: ReadonlyMap<string, string> = new Map(),
): string {
  const taken = new Set([...files.map(({ path }) => path), ...texts.keys()].map((path) => path.toLowerCase()));
  for (let number = 1; ; number += 1) {
    const path = `${directory === '' ? '' : `${directory}/`}workspaces/${workspace}${number === 1 ? '' : `-${number}`}.yaml`;
    if (!taken.has(path.toLowerCase())) return path;
  }
}

export function mergeFiles(files: readonly PolicyFile[], changed: readonly PolicyFile[]): readonly PolicyFile[] {
  const texts = new Map(changed.map(({ path, text }) => [path, text]));
  const kept = files.map(({ path, text }) => ({ path, text: texts.get(path) ?? text }));
  return [...kept, ...changed.filter(({ path }) => !files.some((file) => file.path === path))];
}

function isWithin({ source }: Diagnostic, { file, key }: Addition, files: readonly PolicyFile[]): boolean {
  if (source.file !== file) return false;
  const text = files.find(({ path }) => path === file)?.text ?? '';
  const lines = findLines(text, pathOfEntry({ ...key, inOrganisation: key.workspace === null }));
  return lines !== null && source.line >= lines.first && source.line <= lines.last;
}

function isSameKey(a: ResourceKey, b: ResourceKey): boolean {
  // Policies of both kinds share one section.
  const isSameSection = a.kind === b.kind || (isPolicyKind(a.kind) && isPolicyKind(b.kind));
  return isSameSection && a.workspace === b.workspace && a.name === b.name;
}
