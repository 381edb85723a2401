/** What of a window was reviewed: every stretch that moves a part moves it as an approved request does. */

import { compareFields, strongestDirection } from '../plan/field-changes.ts';
import { isSame } from '../resources/canonical.ts';
import { isPartOfRate, toFields } from '../resources/fields.ts';
import type { Fields, FieldValue } from '../resources/types.ts';
import type { Statement } from './atoms.ts';
import { isSameValue, type Move, type PartValue, partOf, partsOfGroup, type Request, unknownValue } from './request.ts';

/** A stretch of the line with what its pull request asks for. */
export interface Stretch {
  /** Null: pushed by hand. */
  readonly pull: number | null;
  readonly commits: readonly string[];
  readonly before: Statement;
  readonly after: Statement;
  /** One a merge base; empty: there is no pull request, or its head cannot be had. */
  readonly requests: readonly Request[];
  readonly isApproved: boolean;
  /** Why it is not approved; said after its number or commit. */
  readonly reason: string | null;
}

/** From the commit of an entry's own record to the tip. Oldest first. */
export interface ApprovalWindow {
  readonly stretches: readonly Stretch[];
}

/** A stretch that moved something without the word that it needs. */
export interface Owed {
  readonly stretch: Stretch;
  readonly group: string;
  readonly part: string;
  readonly why: 'by-hand' | 'not-approved' | 'other-than-asked' | 'unreadable';
}

/** A part that has moved, and the stretch that moved it last. */
export interface Settled {
  readonly stretch: Stretch;
  readonly part: string;
}

export interface GroupsVerdict {
  /** Stretches without which nothing would have to be done. */
  readonly movedBy: readonly Stretch[];
  /** Of each part the last that moved it: whose request says what it is now. */
  readonly settled: readonly Settled[];
  /** Empty: reviewed. */
  readonly owed: readonly Owed[];
}

/**
 * @param isMeant narrows to some parts of a group
 * @param isThroughout what ends where it began counts as well: a raise that comes by its date, and was withdrawn in between
 */
export function judgeGroups(
  { stretches }: ApprovalWindow,
  groups: readonly string[],
  isMeant: (group: string, part: string) => boolean = () => true,
  isThroughout = false,
): GroupsVerdict {
  const movedBy = new Set<Stretch>();
  const settled: Settled[] = [];
  const owed: Owed[] = [];
  const [first, last] = [stretches[0]?.before, stretches.at(-1)?.after];
  if (first === undefined || last === undefined) return { movedBy: [], settled, owed };
  const statements = [first, ...stretches.map(({ after }) => after)];
  for (const group of groups) {
    for (const part of partsOrUnknown(statements, group)) {
      if (!isMeant(group, part)) continue;
      // What ends where it began needs no word, whatever happened on the way.
      if (!isThroughout && isSameValue(partOf(first, group, part), partOf(last, group, part))) continue;
      let settling: Stretch | null = null;
      for (const stretch of stretches) {
        const [before, after] = [partOf(stretch.before, group, part), partOf(stretch.after, group, part)];
        if (isSameValue(before, after)) continue;
        movedBy.add(stretch);
        settling = stretch;
        const why = findFault(stretch, { group, part, before, after });
        if (why !== null) owed.push({ stretch, group, part, why });
      }
      if (settling !== null) settled.push({ stretch: settling, part });
    }
  }
  return { movedBy: stretches.filter((stretch) => movedBy.has(stretch)), settled, owed };
}

/** A group that is nowhere is a part all the same where a file that might hold it cannot be read. */
function partsOrUnknown(statements: readonly Statement[], group: string): readonly string[] {
  const parts = partsOfGroup(statements, group);
  return parts.length === 0 && statements.some(({ isWhole }) => !isWhole) ? ['all of it'] : parts;
}

function findFault({ pull, requests, isApproved }: Stretch, move: Move): Owed['why'] | null {
  if (pull === null) return 'by-hand';
  if (move.before === unknownValue || move.after === unknownValue) return 'unreadable';
  // With several merge bases, all of them have to say the same of this part.
  if (requests.length === 0 || !requests.every((request) => isAsked(request, move))) return 'other-than-asked';
  return isApproved ? null : 'not-approved';
}

function isAsked(request: Request, move: Move): boolean {
  const asked = request.moveOf(move.group, move.part);
  if (asked === undefined || !isSameValue(asked.after, move.after)) return false;
  if (isSameValue(asked.before, move.before)) return true;
  if (asked.before === unknownValue) return false;
  return isNoLooser(move.part, move.before, move.after);
}

/** Whether a step gives nobody more than before; false where that cannot be known. */
function isNoLooser(part: string, before: PartValue, after: PartValue): boolean {
  if (part === 'protect') return after === true;
  const [from, to] = [limitsOf(part, before), limitsOf(part, after)];
  if (from === null || to === null) return false;
  // `none` takes away what is live, whoever set it.
  if (after === 'none' || Object.values(to.fields).includes(null)) return false;
  if (Object.keys(from.fields).length > 0 && !isSame(from.target, to.target)) return false;
  const direction = strongestDirection(compareFields(from.fields, to.fields).map(({ direction }) => direction));
  return direction === 'tighten' || direction === 'neutral';
}

interface Limits {
  readonly target: unknown;
  readonly fields: Fields;
}

/** A part as fields that can be compared; null: it is none that limits. */
function limitsOf(part: string, value: PartValue): Limits | null {
  if (value === unknownValue) return null;
  if (value === undefined) return /^(limit|budget|rate|expires|alert|description|recipients)/.test(part) ? none : null;
  if (part === 'limit') {
    if (value === 'none') return none;
    const { id, starting, until, ...fields } = value as Fields;
    return { target: [id ?? null, starting ?? null, ...withDate(until)], fields };
  }
  if (part === 'budget') {
    const { target, starting, until, ...fields } = value as Fields;
    return { target: [target, starting ?? null, ...withDate(until)], fields };
  }
  if (isPartOfRate(part)) {
    const { target, value: rate, until } = value as Readonly<Record<'target' | 'value' | 'until', FieldValue>>;
    return { target: [target, ...withDate(until)], fields: toFields([[part, rate]]) };
  }
  return /^(expires|alert|description|recipients)/.test(part)
    ? { target: null, fields: toFields([[part, value as FieldValue]]) }
    : null;
}

/** Two limits are compared as they are on one day: with another date, or another limit after it, none is the tighter one. */
function withDate(until: unknown): readonly unknown[] {
  return until === undefined ? [] : [until];
}

const none: Limits = { target: null, fields: {} };
