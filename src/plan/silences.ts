/** `silence:` as a setting: which rules are silent where, and why. */

import type { Desired, DesiredEntry, DesiredWorkspace } from '../resources/types.ts';
import { changeId } from './make-change.ts';
import type { PlanNote } from './types.ts';

/** By the entry or workspace that it stands on, then by rule: the reason. */
export type Silences = Readonly<Record<string, Readonly<Record<string, string>>>>;

function entryKey(entry: Pick<DesiredEntry, 'kind' | 'workspace' | 'name'>): string {
  return changeId(entry);
}

/** No kind is called so. */
function workspaceKey({ ref }: Pick<DesiredWorkspace, 'ref'>): string {
  return `workspace/${ref}`;
}

export function silencesOf({ entries, workspaces }: Desired): Silences {
  return Object.fromEntries([
    ...workspaces.flatMap((workspace) => withKey(workspaceKey(workspace), workspace.silence)),
    ...entries.flatMap((entry) => withKey(entryKey(entry), entry.silence)),
  ]);
}

function withKey<T>(key: string, value: T | undefined): (readonly [string, T])[] {
  return value === undefined ? [] : [[key, value]];
}

/** Silent is what all of them silence, for the reason that the first gives. */
export function commonSilences(all: readonly Silences[]): Silences {
  const [first = {}, ...others] = all;
  const common = Object.entries(first).flatMap(([key, rules]) => {
    const kept = Object.entries(rules).filter(([rule]) => others.every((other) => rule in (other[key] ?? {})));
    return kept.length === 0 ? [] : [[key, Object.fromEntries(kept)] as const];
  });
  return Object.fromEntries(common);
}

/** Silences that the files hold and that are not in force yet. */
export function pendingSilences(desired: Desired, inForce: Silences): PlanNote[] {
  const subjects = [
    ...desired.workspaces.map((workspace) => ({ key: workspaceKey(workspace), place: workspace.ref, ...workspace })),
    ...desired.entries.map((entry) => ({ key: entryKey(entry), place: entry.workspace, ...entry })),
  ];
  return subjects.flatMap(({ key, place, silence = {}, source }) => {
    const pending = Object.keys(silence).filter((rule) => !(rule in (inForce[key] ?? {})));
    if (pending.length === 0) return [];
    const message = `\`silence\` of ${pending.join(', ')} on ${key} counts after the apply: the change that brings it does not silence what judges it`;
    return [{ code: 'silence-pending', severity: 'warning' as const, workspace: place, message, source }];
  });
}

/** The files with these silences in the place of their own. */
export function layOutSilences(desired: Desired, silences: Silences): Desired {
  const lay = <T extends { readonly silence?: Readonly<Record<string, string>> }>(key: string, subject: T): T => {
    if (subject.silence === undefined) return subject;
    const { silence: _written, ...rest } = subject;
    const inForce = silences[key];
    return (inForce === undefined ? rest : { ...rest, silence: inForce }) as T;
  };
  return {
    ...desired,
    workspaces: desired.workspaces.map((workspace) => lay(workspaceKey(workspace), workspace)),
    entries: desired.entries.map((entry) => lay(entryKey(entry), entry)),
  };
}
