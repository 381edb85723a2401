/**
 * What merged pull requests ask for and the files do not say any more: others were merged since that took it back, or say
 * otherwise. Pure.
 */

import type { AppliedRecord } from '../plan/applied-record.ts';
import { commitOf, reviewedCommitOf, settingsCommitOf } from '../plan/next-record.ts';
import { describeGroup, groupKeys } from './atoms.ts';
import { isSameValue, movesBetween, partOf } from './request.ts';
import type { Stretch } from './reviewed.ts';

export interface Overtaken {
  /** What it was about, in words. */
  readonly what: readonly string[];
  /** Who did it: `#2`, or `commit 1234abcd`. */
  readonly by: readonly string[];
  /** All that it asks for. */
  readonly isAll: boolean;
  /** All of it is as it was before. */
  readonly isBack: boolean;
}

type Part = Pick<Stretch, 'pull' | 'commits' | 'before' | 'after'>;

/**
 * @param windowOf stretches within which a group has not been applied, the last of them at the tip
 * @param onlyBack only what is by now as it was: nothing has to be done for it, and so nobody is told of it elsewhere
 */
export function findOvertaken(
  stretch: Part,
  windowOf: (group: string) => readonly Part[],
  { onlyBack = false } = {},
): Overtaken | null {
  const what = new Set<string>();
  const by = new Set<string>();
  let isBack = true;
  const moves = movesBetween(stretch.before, stretch.after);
  const overtaken = moves.filter(({ group, part, after }) => {
    const stretches = windowOf(group);
    const [first, last] = [stretches[0], stretches.at(-1)];
    const index = stretches.findIndex(({ commits }) => commits.at(-1) === stretch.commits.at(-1));
    if (index < 0 || first === undefined || last === undefined) return false;
    const now = partOf(last.after, group, part);
    if (isSameValue(now, after)) return false;
    const isSameAsFirst = isSameValue(now, partOf(first.before, group, part));
    if (onlyBack && !isSameAsFirst) return false;
    isBack &&= isSameAsFirst;
    const later = stretches.slice(index + 1).findLast((other) => {
      return !isSameValue(partOf(other.before, group, part), partOf(other.after, group, part));
    });
    what.add(describeGroup(group));
    if (later !== undefined) by.add(describeStretch(later));
    return true;
  });
  return overtaken.length === 0
    ? null
    : { what: [...what].sort(), by: [...by], isAll: overtaken.length === moves.length, isBack };
}

function describeStretch({ pull, commits }: Part): string {
  return pull === null ? `commit ${commits.at(-1)?.slice(0, 8)}` : `#${pull}`;
}

/** The commit as of which a group is applied: an entry's own, else that of all that is inherited. */
export function readStarts(record: AppliedRecord): (group: string) => string | null {
  const entries = new Map(
    record.workspaces.flatMap(({ id, slug, entries, absent = [] }) =>
      [...entries.map((entry) => ({ ...entry, commit: commitOf(entry, record) })), ...absent].flatMap(
        ({ kind, name, commit }) =>
          [slug, id].map((workspace) => [groupKeys.entry(kind, workspace, name), commit] as const),
      ),
    ),
  );
  return (group) => {
    if (group === groupKeys.settings || group === groupKeys.place) return settingsCommitOf(record);
    return entries.has(group) ? (entries.get(group) ?? null) : reviewedCommitOf(record);
  };
}
