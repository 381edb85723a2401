/** Entries of the files by what people call them: a workspace by its slug or UUID, an entry by kind and name. Pure. */

import { isPolicyKind } from '../resources/registry.ts';
import type { Desired, DesiredEntry, Kind, ResourceKey } from '../resources/types.ts';
import { type Target, type TargetKind, targetKinds } from './proposal.ts';

/** Slug, and the UUID that a file may name it by. */
export interface NamedWorkspace {
  readonly slug: string;
  readonly id: string;
}

/** @param ref what a file names its workspace by; null: the organisation's */
export function isOfWorkspace(ref: string | null, { slug, id }: NamedWorkspace): boolean {
  return ref !== null && (ref === slug || ref.toLowerCase() === id.toLowerCase());
}

export function isOfTargetKind(kind: Kind, target: TargetKind): boolean {
  return target === 'policy' ? isPolicyKind(kind) : kind === targetKinds[target];
}

/** In whichever workspace; one has its own limits once, whatever they are called. */
export function isTarget({ kind, name }: Pick<ResourceKey, 'kind' | 'name'>, target: Target): boolean {
  return isOfTargetKind(kind, target.kind) && (target.kind === 'workspace' || name === target.name);
}

/** What the files say of a target, wherever it comes from. */
export function findDeclared(
  { entries }: Desired,
  workspace: NamedWorkspace,
  target: Target,
): DesiredEntry | undefined {
  return entries.find(
    (entry) => isOfWorkspace(entry.workspace, workspace) && isTarget(entry, target) && entry.absent !== true,
  );
}

/** Names of the same kind that the files have for this workspace. */
export function namesBeside({ entries }: Desired, workspace: NamedWorkspace, kind: TargetKind): readonly string[] {
  return entries
    .filter((entry) => isOfWorkspace(entry.workspace, workspace) && isOfTargetKind(entry.kind, kind))
    .map(({ name }) => name);
}
