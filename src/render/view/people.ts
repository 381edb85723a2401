/** What happens to people the moment the plan is carried out: who is refused, who is let in, and of whom that is not known. */

import { compare, fromText } from '../../exact.ts';
import type { LimitImpact } from '../../impact/document.ts';
import type { Change, Plan } from '../../plan/types.ts';
import { hasOneCounter } from '../../resources/limit.ts';
import { capitalize } from '../capitalize.ts';
import { describeKey, describePlaced } from '../describe-change.ts';
import { listFew } from '../list-few.ts';
import { describeReset, staysOver } from './beside-change.ts';
import { type Line, verdict, words } from './cells.ts';
import { ratesHeadline } from './rate-lines.ts';
import { countCallers, describeAllCalls, nameCallers, nameOfWorkspace, perOfCounters } from './traffic.ts';

export function peopleLines(plan: Plan): Line[] {
  const { impact, changes } = plan;
  if (changes.length === 0) return [];
  if (impact === null) {
    const isSaid = plan.violations.some(({ guard }) => guard === 'impact-unknown');
    return isSaid ? [] : [[words('What this does to people and money was not looked at.')]];
  }
  const byId = new Map(changes.map((change) => [change.id, change]));
  const moves = impact.changes.flatMap(({ id, limits }) => {
    const change = byId.get(id);
    return change === undefined ? [] : limits.map((limit) => ({ change, limit }));
  });
  const stopped = [
    ...changes.filter(({ expiresAtOnce }) => expiresAtOnce === true).map((change) => endedLine(change, plan)),
    ...moves.flatMap((move) => stoppedLines(move, plan)),
  ];
  const doubt: Line[] =
    impact.doubt === null ? [] : [[verdict('warn', 'Usage is unknown'), words(`: ${impact.doubt}.`)]];
  const unknown = unknownLines(moves, impact.doubt);
  const counters = moves.reduce((sum, { limit: { use } }) => sum + (use.status === 'known' ? use.blocked.count : 0), 0);
  const refused = moves.flatMap((move) => stillRefused(move, plan));
  const rates = ratesHeadline(plan);
  const isLong = stopped.length > mostLines;
  const all = `: ${counters} counters by ${stopped.length} limits. The first of them:`;
  return [
    ...doubt,
    ...(isLong ? [[verdict('stop', 'Stopped at once'), words(all)]] : []),
    ...(isLong ? stopped.slice(0, mostLines) : stopped),
    ...unknown,
    ...(stopped.length + unknown.length + doubt.length === 0
      ? [[words(`No budget stops anybody${refused.length === 0 ? '' : ' else'}${rates === null ? '' : `; ${rates}`}.`)]]
      : rates === null
        ? []
        : [[words(`${capitalize(rates)}.`)]]),
    ...(refused.length === 0 ? [] : [[words(`Still refused: ${listFew(refused, mostPeople)}.`)]]),
    ...letInLines(moves, plan),
    ...letInUnknown(moves, impact.doubt),
  ];
}

/** Whom each change stops, in few words. */
export function stopDetails(plan: Plan): string[] {
  const limits = new Map(plan.impact?.changes.map(({ id, limits }) => [id, limits]));
  return plan.changes.flatMap((change) => [
    ...(change.expiresAtOnce === true
      ? [`${describePlaced(change.key)} stops ${describeAllCalls(change, plan)}: its date, ${endOf(change)}, is over`]
      : []),
    ...(limits.get(change.id) ?? []).flatMap((limit) => {
      const who = whoIsStopped({ change, limit }, plan);
      return who === null ? [] : [`${describePlaced(change.key)} stops ${who.named ?? who.counted}`];
    }),
  ]);
}

interface Stopped {
  /** `3 users of Team A`, or all calls of somebody. */
  readonly counted: string;
  /** Null: nobody is to be named, or there is but one. */
  readonly named: string | null;
  readonly isOne: boolean;
}

function whoIsStopped({ change, limit }: Move, plan: Plan): Stopped | null {
  const { use, unit } = limit;
  if (use.status === 'unknown' || use.blocked.count === 0) return null;
  const per = perOfCounters(change, limit);
  const isOne = use.blocked.largest.some(({ name }) => name === null) || hasOneCounter(per);
  if (isOne) return { counted: describeAllCalls(change, plan), named: null, isOne };
  const counted = `${countCallers(use.blocked, per)} of ${placeOf(change, plan)}`;
  return { counted, named: nameCallers(use.blocked, per, unit), isOne };
}

/** Of those stopped, each in a line; the rest is a number, and each stands beside its change. */
const mostLines = 4;

/** Those let in or still refused that are named in one line. */
const mostPeople = 5;

interface Move {
  readonly change: Change;
  readonly limit: LimitImpact;
}

function stoppedLines(move: Move, plan: Plan): Line[] {
  const { change, limit } = move;
  const stopped = whoIsStopped(move, plan);
  if (stopped === null || limit.use.status === 'unknown') return [];
  const { named } = stopped;
  const isAlone = limit.use.blocked.count === 1 && named !== null;
  const who = isAlone
    ? `${named} of ${placeOf(change, plan)}`
    : `${stopped.counted}${named === null ? '' : ` (${named})`}`;
  const verb = stopped.isOne || limit.use.blocked.count !== 1 ? 'are' : 'is';
  const by = describeKey(change.key);
  const { after } = limit;
  const until =
    after === null
      ? ` by ${by}`
      : after.next_reset === null
        ? ` by ${by}, which never resets`
        : ` until ${describeReset(after, plan.impact?.as_of ?? '')} by ${by}`;
  return [[verdict('stop', 'Stopped at once'), words(`: ${who} ${verb} refused${until}.`)]];
}

function endedLine(change: Change, plan: Plan): Line {
  const text = `: ${describeAllCalls(change, plan)} are refused for good, as its date, ${endOf(change)}, is over.`;
  return [verdict('stop', 'Stopped at once'), words(text)];
}

function endOf({ after }: Change): string {
  return String(after?.expires).slice(0, 10);
}

function placeOf({ key }: Change, plan: Plan): string {
  return key.workspace === null ? 'the organisation' : nameOfWorkspace(key.workspace, plan);
}

/** Not knowing is not the same as harmless. */
function unknownLines(moves: readonly Move[], doubt: string | null): Line[] {
  const groups = new Map<string, Set<string>>();
  for (const { change, limit } of moves) {
    for (const { guard, reason } of limit.unjudged) {
      if (guard !== 'blocks-now' || reason === doubt) continue;
      groups.set(reason, (groups.get(reason) ?? new Set()).add(describePlaced(change.key)));
    }
  }
  const rest = [...groups].slice(mostLines);
  const more: Line[] =
    rest.length === 0
      ? []
      : [[verdict('warn', 'Not known'), words(` either of ${rest.length} more reasons: see each change.`)]];
  const lines = [...groups].slice(0, mostLines).map(([reason, names]): Line => {
    const by = listFew([...names], 3);
    return [verdict('warn', 'Not known'), words(` whether anybody is stopped by ${by}: ${reason}.`)];
  });
  return [...lines, ...more];
}

/** By place: `4 keys of Marketing`. */
function letInLines(moves: readonly Move[], plan: Plan): Line[] {
  const groups = moves.flatMap(({ change, limit }) => {
    const { use } = limit;
    if (use.status === 'unknown' || use.freed.count === 0) return [];
    const per = perOfCounters(change, limit);
    const isOne = hasOneCounter(per) || change.key.kind !== 'usage-policy';
    return [isOne ? describeAllCalls(change, plan) : `${countCallers(use.freed, per)} of ${placeOf(change, plan)}`];
  });
  if (groups.length === 0) return [];
  return [[words(`Let in again, if no other limit holds: ${listFew(groups, mostPeople)}.`)]];
}

/** Who is over a limit before and after is not news, and no comfort either. */
function stillRefused({ change, limit }: Move, plan: Plan): string[] {
  if (limit.use.status === 'unknown' || limit.use.blocked.count > 0 || !staysOver(limit)) return [];
  const isOne = change.key.kind !== 'usage-policy' || hasOneCounter(limit.shared_by);
  const who = isOne ? describeAllCalls(change, plan) : `callers of ${placeOf(change, plan)}`;
  return [`${who}, by ${describeKey(change.key)}`];
}

/** Of a raised or removed budget whose use was not read. */
function letInUnknown(moves: readonly Move[], doubt: string | null): Line[] {
  const open = moves.flatMap(({ change, limit: { use, before, after } }) => {
    if (use.status === 'known' || use.reason === doubt || before === null) return [];
    const isLooser = after === null || compare(fromText(after.amount), fromText(before.amount)) > 0;
    return isLooser ? [{ name: describePlaced(change.key), why: use.reason }] : [];
  });
  const [first] = open;
  if (first === undefined) return [];
  const names = listFew([...new Set(open.map(({ name }) => name))], mostPeople);
  return [[verdict('warn', 'Not known'), words(` whether anybody is let in again by ${names}: ${first.why}.`)]];
}
