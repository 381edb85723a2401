/**
 * Whether what a record says was declared. A record lies where whoever may push can write; the commits of the repository lie
 * where people review. So an entry is believed as far as the policy files of the commit that it was applied from say the same.
 */

import { isSame } from '../resources/canonical.ts';
import type { Condition, Desired, DesiredEntry, Fields, Kind, Match } from '../resources/types.ts';
import { entryOn } from '../resources/until.ts';
import type { AppliedRecord, RecordedEntry, RecordedSettings, RecordedWorkspace } from './applied-record.ts';
import { withoutForgotten } from './forget.ts';
import { commitOf, settingsCommitOf } from './next-record.ts';
import { settingsOf } from './settings.ts';
import { isSameUntil } from './until.ts';
import { isUuid } from './written-id.ts';

export type RecordedPlace = Pick<RecordedWorkspace, 'id' | 'slug'>;

/** Why the policy files of a commit cannot speak for a record. */
export type ProofProblem = 'no-commit' | 'not-in-history' | 'beyond-shallow' | 'unreadable' | 'does-not-compile';

export interface Proof {
  /** What the policy files of a commit declare; null where they cannot be read. */
  desiredAt(commit: string | null): Desired | null;
  isProven(entry: RecordedEntry, place: RecordedPlace): boolean;
  /** Protected by the files it was applied from, whatever the record says. */
  isProtected(entry: Pick<RecordedEntry, 'kind' | 'name' | 'viaStar' | 'commit'>, place: RecordedPlace): boolean;
  /** Settings of the last apply, as the files of its commit say them; null where they cannot be read. */
  readonly settings: RecordedSettings | null;
  /** By commit; null: entries that come from none. */
  readonly problems: ReadonlyMap<string | null, ProofProblem>;
}

/** Commits that a record rests on: its own, those of what is owed, and that of its settings. */
export function commitsOf(record: AppliedRecord): ReadonlySet<string | null> {
  const commits = new Set([record.commit, settingsCommitOf(record)]);
  for (const { entries } of record.workspaces) for (const entry of entries) commits.add(commitOf(entry, record));
  const { claim } = record;
  if (claim?.commit !== undefined) commits.add(claim.commit);
  return commits;
}

/**
 * @param read what each commit of `commitsOf` declares, or why it cannot be known
 * @param head what the files of this run declare: who says the same as they has nothing taken away by them
 */
export function buildProof(
  record: AppliedRecord,
  read: ReadonlyMap<string | null, Desired | ProofProblem>,
  head: Desired,
): Proof {
  const indexes = new Map<Desired, DeclaredIndex>();
  const desiredAt = (commit: string | null): Desired | null => {
    const found = read.get(commit);
    return typeof found === 'object' ? found : null;
  };
  const indexOf = (desired: Desired): DeclaredIndex => {
    const known = indexes.get(desired) ?? new DeclaredIndex(desired);
    indexes.set(desired, known);
    return known;
  };
  const saysSo = (desired: Desired | null, entry: RecordedEntry, place: RecordedPlace): boolean =>
    desired !== null &&
    indexOf(desired)
      .findAll(entry, place)
      .some((declared) => isDeclaredSo(declared, entry, desired.forget));
  return {
    desiredAt,
    isProven: (entry, place) =>
      saysSo(desiredAt(commitOf(entry, record)), entry, place) ||
      saysSo(desiredAt(record.commit), entry, place) ||
      saysSo(head, entry, place),
    isProtected(entry, place) {
      const desired = desiredAt(commitOf(entry, record));
      return (
        desired !== null &&
        indexOf(desired)
          .findAll(entry, place)
          .some(({ protect }) => protect)
      );
    },
    settings: mapDesired(desiredAt(settingsCommitOf(record)), settingsOf),
    problems: new Map([...read].flatMap(([commit, found]) => (typeof found === 'string' ? [[commit, found]] : []))),
  };
}

function mapDesired<T>(desired: Desired | null, use: (desired: Desired) => T): T | null {
  return desired === null ? null : use(desired);
}

/** A place where nobody else writes: what lies there is believed. */
export function trustRecord(record: AppliedRecord): Proof {
  return {
    desiredAt: () => null,
    isProven: () => true,
    isProtected: () => false,
    settings: record.settings,
    problems: new Map(),
  };
}

/** Declared entries by workspace (as written), kind and name. */
export class DeclaredIndex {
  readonly #workspaces = new Map<string | null, Map<Kind, Map<string, DesiredEntry>>>();

  constructor({ entries }: Desired) {
    for (const entry of entries) {
      const kinds = this.#workspaces.get(entry.workspace) ?? new Map<Kind, Map<string, DesiredEntry>>();
      this.#workspaces.set(entry.workspace, kinds);
      const names = kinds.get(entry.kind) ?? new Map<string, DesiredEntry>();
      kinds.set(entry.kind, names);
      names.set(entry.name, entry);
    }
  }

  /** Under the workspace's slug and under its id, as people write either. */
  findAll(
    { kind, name, viaStar }: Pick<RecordedEntry, 'kind' | 'name' | 'viaStar'>,
    place: RecordedPlace,
  ): DesiredEntry[] {
    const written = place.id === null ? [null] : [place.slug, place.id];
    return written.flatMap((workspace) => {
      const found = this.#workspaces
        .get(workspace)
        ?.get(kind)
        ?.get(viaStar === true ? '*' : name);
      return found === undefined ? [] : [found];
    });
  }
}

function isDeclaredSo(entry: DesiredEntry, recorded: RecordedEntry, forget: Desired['forget']): boolean {
  const { name, fields, starting, until } = recorded;
  // What the files say on the day that it was compiled for.
  const declared = until === undefined ? entry : entryOn(entry, until.day);
  if (declared.absent === true || starting !== declared.starting || !isSameUntil(declared, recorded)) return false;
  // Which of the two was in force depends on the live key: whether `"*"` reaches it.
  return [declared.fields, declared.fieldsOverStar].some(
    (wanted) =>
      wanted !== undefined &&
      (hasSameFields(wanted, fields) ||
        hasSameFields(withoutForgotten(wanted, forget, { ...declared, name }) ?? wanted, fields)),
  );
}

function hasSameFields(declared: Fields, recorded: Fields): boolean {
  const names = Object.keys(declared);
  if (names.length !== Object.keys(recorded).length) return false;
  return names.every((name) =>
    name === 'match' ? isSameMatch(declared.match, recorded.match) : isSame(declared[name], recorded[name]),
  );
}

/** Files name keys, the record has their ids: which those were, no file tells. */
function isSameMatch(declared: Match | undefined, recorded: Match | undefined): boolean {
  if (typeof declared !== 'object' || typeof recorded !== 'object') return isSame(declared, recorded);
  if (declared.length !== recorded.length) return false;
  return declared.every((condition, index) => {
    const other = recorded[index];
    if (condition.key !== 'api_key' || other?.key !== 'api_key') return isSame(condition, other);
    return isSameKeys(condition.any, other.any) && isSameKeys(condition.except, other.except);
  });
}

function isSameKeys(declared: Condition['any'], recorded: Condition['any']): boolean {
  if (declared === '*' || recorded === '*') return declared === recorded;
  const isEmpty = declared.length === 0;
  return (
    isEmpty === (recorded.length === 0) &&
    recorded.length <= declared.length &&
    declared.every((name) => !isUuid(name) || recorded.includes(name.toLowerCase()))
  );
}
