/**
 * Ceilings of groups of workspaces: what a plan makes of their committed spend. The service knows no groups, so that a plan is the one
 * place where a ceiling holds. Pure.
 *
 * | after the plan | it rises | |
 * |---|---|---|
 * | within the ceiling | | nothing to say |
 * | above it | yes | the guard `ceiling` objects |
 * | above it | no | said: whoever lowers it is not in the way of that |
 * | not known | perhaps | the guard `impact-unknown` objects |
 */

import { compareText } from '../diagnostics.ts';
import { add, compare, type Exact, fromText, ceiling as roundUp, subtract, toText, zero } from '../exact.ts';
import type { Live, LiveWorkspace } from '../live/live.ts';
import { isSame } from '../resources/canonical.ts';
import { isMeantBy, type WorkspaceGroups } from '../resources/workspace-groups.ts';
import type { Side } from './bounds.ts';
import { type Committed, type CommittedSum, committedOf, sumCommitted, toSumImpact } from './committed.ts';
import type { DayOfSpend } from './dates.ts';
import type { GroupImpact } from './document.ts';
import { per30Days } from './money.ts';

export interface Ceiling {
  readonly group: string;
  /** As written: slugs, ids and globs. */
  readonly workspaces: readonly string[];
  /** Whose spend it was before: another list where workspaces come into the group or leave it. */
  readonly before: readonly string[];
  /** US cents per 30 days. */
  readonly cents: Exact;
  /** Of the last apply; else only the files say it, which counts at once. */
  readonly isInForce: boolean;
  /** What the files of this run say of the group of that name, where that is another ceiling; null: none. */
  readonly written?: Exact | null;
  /** The files say the same as the last apply. */
  readonly isSettled: boolean;
}

/**
 * All that any of them says: what is in force, so that no change chooses its own ceiling, and what the files say besides. Never looser
 * than any of them.
 *
 * @param recorded null: there is no record, or nothing of it is in force
 * @param written of the files of this run first
 */
export function ceilingsOf(recorded: WorkspaceGroups | null, written: readonly WorkspaceGroups[]): readonly Ceiling[] {
  const all = recorded === null ? written : [recorded, ...written];
  const byMembers = new Map<string, Ceiling>();
  for (const [place, groups] of all.entries()) {
    for (const [group, { workspaces, ceiling, reset = 'monthly' }] of Object.entries(groups)) {
      if (ceiling === undefined) continue;
      const cents = per30Days(ceiling, reset);
      const isInForce = recorded !== null && place === 0;
      const known = Object.hasOwn(recorded ?? {}, group) ? recorded?.[group] : undefined;
      const other = writtenOf(written[0] ?? {}, group);
      const next: Ceiling = {
        group,
        workspaces,
        before: known?.workspaces ?? workspaces,
        cents,
        isInForce,
        ...(isInForce && (other === null || compare(other, cents) !== 0) ? { written: other } : {}),
        isSettled: recorded !== null && all.every((one) => saysSame(one, group, workspaces, cents)),
      };
      // What it rises from is a part of it: of two over the same workspaces the lower one may rise less.
      const key = JSON.stringify([workspaces, next.before]);
      const found = byMembers.get(key);
      if (found === undefined || compare(cents, found.cents) < 0) byMembers.set(key, next);
    }
  }
  return [...byMembers.values()].sort(
    (a, b) => compareText(a.group, b.group) || compareText(a.workspaces.join('\n'), b.workspaces.join('\n')),
  );
}

function writtenOf(groups: WorkspaceGroups, name: string): Exact | null {
  const found = Object.hasOwn(groups, name) ? groups[name] : undefined;
  return found?.ceiling === undefined ? null : per30Days(found.ceiling, found.reset ?? 'monthly');
}

function saysSame(groups: WorkspaceGroups, name: string, workspaces: readonly string[], cents: Exact): boolean {
  const found = Object.hasOwn(groups, name) ? groups[name] : undefined;
  if (found?.ceiling === undefined || !isSame(found.workspaces, workspaces)) return false;
  return compare(per30Days(found.ceiling, found.reset ?? 'monthly'), cents) === 0;
}

/** Those that a plan has to judge: spend of a workspace in them moves, or they do themselves. */
export function concernedCeilings(
  ceilings: readonly Ceiling[],
  workspaces: readonly LiveWorkspace[],
  moved: ReadonlySet<string>,
): readonly Ceiling[] {
  return ceilings.filter(
    (ceiling) => !ceiling.isSettled || membersOf(ceiling, workspaces).some(({ id }) => moved.has(id)),
  );
}

/** Live workspaces in it, before or after. */
export function membersOf({ workspaces, before }: Ceiling, live: readonly LiveWorkspace[]): LiveWorkspace[] {
  return live.filter((one) => isMeantBy(workspaces, one) || isMeantBy(before, one));
}

export interface CeilingFacts {
  readonly bounds: ReadonlyMap<string, Side>;
  readonly live: Live;
  /** The plan could raise its committed spend, of which it is not known how high it is. */
  readonly mayRise: (workspaceId: string, before: Committed, after: Committed) => boolean;
}

/** As things are now, and on each day that `until:` names: the one on which most stands against it. */
export function judgeCeilings(
  ceilings: readonly Ceiling[],
  facts: CeilingFacts & { readonly days?: readonly DayOfSpend[]; readonly today?: string },
): GroupImpact[] {
  const { bounds, days = [], today } = facts;
  // A return that is due was judged with its date: it is no rise of this plan.
  const due = days.find(({ date }) => date === today);
  const on = (sides: DayOfSpend['sides']) => new Map([...bounds, ...sides]);
  const now = due === undefined ? bounds : on(due.sides);
  const all = days.map(({ date, sides }) => ({ date, bounds: on(sides) }));
  return ceilings.map((ceiling) => {
    // Members stay the same whatever the day: globs are held against all workspaces once.
    const live = { ...facts.live, workspaces: membersOf(ceiling, facts.live.workspaces) };
    return all.reduce(
      (most, { date, bounds }) => {
        const one = judgeCeiling(ceiling, { ...facts, live, bounds });
        return weightOf(one) > weightOf(most) ? { ...one, from: date } : most;
      },
      judgeCeiling(ceiling, { ...facts, live, bounds: now }),
    );
  });
}

/** What rises above it, then what could, then what is within it. Among those that rise, the most. */
function weightOf({ verdict, rise, unjudged }: GroupImpact): number {
  const cents = rise === null ? Number.POSITIVE_INFINITY : Number(roundUp(fromText(rise)));
  if (verdict === 'above' && cents > 0) return 2 + cents;
  return unjudged === null ? 0 : 1;
}

interface Member {
  readonly slug: string;
  /** Null: it is not in the group then. */
  readonly before: Committed | null;
  readonly after: Committed | null;
  readonly mayRise: boolean;
}

function judgeCeiling(ceiling: Ceiling, { bounds, live, mayRise }: CeilingFacts): GroupImpact {
  const members = membersOf(ceiling, live.workspaces).map((workspace): Member => {
    const side = bounds.get(workspace.id);
    const [was, will] = [side?.before, side?.after].map(
      (terms): Committed => (terms === undefined ? { kind: 'unknown', atMost: null } : committedOf(terms)),
    ) as [Committed, Committed];
    const before = isMeantBy(ceiling.before, workspace) ? was : null;
    const after = isMeantBy(ceiling.workspaces, workspace) ? will : null;
    const isDoubtful = after?.kind === 'unknown' && before === null;
    return { slug: workspace.slug, before, after, mayRise: isDoubtful || mayRise(workspace.id, was, will) };
  });
  // A row that makes no sense may be of any group.
  const hidden = (live.unreadable ?? []).filter(({ kind }) => kind === 'workspace-limits');
  const sum = (side: 'before' | 'after'): CommittedSum =>
    sumCommitted([
      ...members.flatMap((member) => member[side] ?? []),
      ...hidden.map((): Committed => ({ kind: 'unknown', atMost: null })),
    ]);
  const [before, after] = [sum('before'), sum('after')];
  const verdict = verdictOf(after, ceiling.cents);
  const rise = riseOf(members);
  const doubted = members.filter((member) => member.after !== null && member.mayRise).map(({ slug }) => slug);
  const rises = rise === null || rise.n > 0n;
  const isOpen =
    (verdict === 'unknown' && (rises || doubted.length > 0)) || (verdict === 'above' && doubted.length > 0);
  return {
    group: ceiling.group,
    ceiling: toText(ceiling.cents),
    in_force: ceiling.isInForce,
    ...(ceiling.written === undefined ? {} : { written: ceiling.written === null ? null : toText(ceiling.written) }),
    workspaces: members
      .filter((member) => member.after !== null)
      .map(({ slug }) => slug)
      .sort(compareText),
    before: toSumImpact(before),
    after: toSumImpact(after),
    rise: rise === null ? null : toText(rise),
    verdict,
    unjudged: isOpen ? sayUnknown(members, hidden.length) : null,
  };
}

/** What is not known can only add to it. */
function verdictOf({ cents, atMost, unbounded, unknown }: CommittedSum, most: Exact): GroupImpact['verdict'] {
  if (unbounded > 0 || compare(cents, most) > 0) return 'above';
  return unknown === 0 && compare(add(cents, atMost), most) <= 0 ? 'within' : 'unknown';
}

/**
 * Null: without bound. What becomes bounded makes no room for others; what is not known is left out, `mayRise` tells of it.
 */
function riseOf(members: readonly Member[]): Exact | null {
  let rise = zero;
  for (const { before, after } of members) {
    if (before?.kind === 'unknown' || after?.kind === 'unknown' || before?.kind === 'unbounded') continue;
    if (after?.kind === 'unbounded') return null;
    rise = add(rise, subtract(after?.cents ?? zero, before?.cents ?? zero));
  }
  return rise;
}

function sayUnknown(members: readonly Member[], hidden: number): string {
  const unread = members.filter(({ before, after }) => [before, after].some((one) => one?.kind === 'unknown'));
  const named = unread.map(({ slug }) => slug).sort(compareText);
  const list = named.length > 3 ? `${named.slice(0, 3).join(', ')} and ${named.length - 3} more` : named.join(', ');
  if (named.length === 0) return `${hidden === 1 ? 'a workspace' : `${hidden} workspaces`} could not be read`;
  return `policies or keys of ${list} could not be read, so that committed spend there is unknown`;
}
