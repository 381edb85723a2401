/** What a pull request asks for: the parts of the policy files that it moves, whatever others merge or apply meanwhile. */

import { digestOf } from '../plan/digest.ts';
import { isSame } from '../resources/canonical.ts';
import { type Group, groupKeys, type Statement } from './atoms.ts';

/** Raised when the same edit would have another digest. */
const requestFormat = 'tollgate-request-1';

/** Of a part that may be in a file that cannot be read: equal to nothing, not even to itself. */
export const unknownValue = Symbol('unknown');

/** Undefined: not there. */
export type PartValue = unknown;

export interface Move {
  readonly group: string;
  readonly part: string;
  readonly before: PartValue;
  readonly after: PartValue;
}

export interface Request {
  readonly moves: readonly Move[];
  /** 64 hex digits. */
  readonly digest: string;
  /** Of one part; undefined: it is not moved. */
  moveOf(group: string, part: string): Move | undefined;
}

/** What the request is made to, by the record in force. */
export interface RequestPlace {
  readonly environment: string;
  readonly baseUrl: string;
  /** Ref of the record. */
  readonly record: string;
}

export function partOf({ groups, isWhole }: Statement, group: string, part: string): PartValue {
  const found = groups.get(group);
  if (found === undefined && !isWhole) return unknownValue;
  return found?.[part];
}

export function isSameValue(a: PartValue, b: PartValue): boolean {
  return a !== unknownValue && isSame(a, b);
}

/** Names of the parts of a group in any of these statements. */
export function partsOfGroup(statements: readonly Statement[], group: string): readonly string[] {
  const [first, ...others] = statements.flatMap(({ groups }): Group[] => {
    const found = groups.get(group);
    return found === undefined ? [] : [found];
  });
  if (first === undefined) return [];
  // Most groups are one and the same object from version to version.
  if (others.every((other) => other === first)) return Object.keys(first);
  return [...new Set([first, ...others].flatMap((found) => Object.keys(found)))].sort();
}

function movesBetween(before: Statement, after: Statement): Move[] {
  const groups = new Set([...before.groups.keys(), ...after.groups.keys()]);
  return [...groups].sort().flatMap((group) =>
    partsOfGroup([before, after], group).flatMap((part): Move[] => {
      const [was, now] = [partOf(before, group, part), partOf(after, group, part)];
      return isSameValue(was, now) ? [] : [{ group, part, before: was, after: now }];
    }),
  );
}

/**
 * @param base at the merge base of the head and of what it was merged onto
 * @param head of the pull request
 */
export function buildRequest(base: Statement, head: Statement, place: RequestPlace): Request {
  const moves = movesBetween(base, head);
  const byPart = new Map(moves.map((move) => [partKey(move.group, move.part), move]));
  const digest = digestOf({
    format: requestFormat,
    ...place,
    moves: moves.map(({ group, part, before, after }) => [group, part, describe(before), describe(after)]),
    // The same amount means another thing under another setting.
    settings: [interpretingOf(base), interpretingOf(head)],
  });
  return { moves, digest, moveOf: (group, part) => byPart.get(partKey(group, part)) };
}

function partKey(group: string, part: string): string {
  return `${group}\n${part}`;
}

/** Absent, unknown and every value are told apart. */
function describe(value: PartValue): unknown {
  if (value === undefined) return [];
  return value === unknownValue ? ['unknown', 'unreadable file'] : [value];
}

function interpretingOf({ groups }: Statement): unknown {
  const settings = groups.get(groupKeys.settings) ?? {};
  return Object.fromEntries(Object.entries(settings).filter(([part]) => /^(gateway|pricing)\./.test(part)));
}
