/** What happens to people the moment the plan is carried out: who is refused, who is let in, and of whom that is not known. */

import type { LimitImpact } from '../../impact/document.ts';
import type { Change, Plan } from '../../plan/types.ts';
import { describeKey, describePlaced } from '../describe-change.ts';
import { describeReset } from './beside-change.ts';
import { type Line, verdict, words } from './cells.ts';
import { countCallers, describeAllCalls, nameCallers, nameOfWorkspace } from './traffic.ts';

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
  const isLong = stopped.length > mostLines;
  const all = `: ${counters} counters by ${stopped.length} limits. The first of them:`;
  return [
    ...doubt,
    ...(isLong ? [[verdict('stop', 'Stopped at once'), words(all)]] : []),
    ...(isLong ? stopped.slice(0, mostLines) : stopped),
    ...unknown,
    ...(stopped.length + unknown.length + doubt.length === 0
      ? [[words(`No budget stops anybody${ratesOf(changes)}.`)]]
      : []),
    ...letInLines(moves, plan),
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

function whoIsStopped({ change, limit: { use, shared_by: per, unit } }: Move, plan: Plan): Stopped | null {
  if (use.status === 'unknown' || use.blocked.count === 0) return null;
  const isOne = use.blocked.largest.some(({ name }) => name === null) || per.every((key) => key === 'workspace_id');
  if (isOne) return { counted: describeAllCalls(change, plan), named: null, isOne };
  const counted = `${countCallers(use.blocked, per)} of ${placeOf(change, plan)}`;
  return { counted, named: nameCallers(use.blocked, per, unit), isOne };
}

/** Of those stopped, each in a line; the rest is a number, and each stands beside its change. */
const mostLines = 4;

interface Move {
  readonly change: Change;
  readonly limit: LimitImpact;
}

function stoppedLines(move: Move, plan: Plan): Line[] {
  const { change, limit } = move;
  const stopped = whoIsStopped(move, plan);
  if (stopped === null || limit.use.status === 'unknown') return [];
  const who = `${stopped.counted}${stopped.named === null ? '' : ` (${stopped.named})`}`;
  const until = limit.after === null ? '' : ` until ${describeReset(limit.after, plan.impact?.as_of ?? '')}`;
  const verb = stopped.isOne || limit.use.blocked.count !== 1 ? 'are' : 'is';
  return [
    [verdict('stop', 'Stopped at once'), words(`: ${who} ${verb} refused${until} by ${describeKey(change.key)}.`)],
  ];
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
    const shown = [...names].slice(0, 3).join(', ');
    const others = names.size > 3 ? ` and ${names.size - 3} more` : '';
    return [verdict('warn', 'Not known'), words(` whether anybody is stopped by ${shown}${others}: ${reason}.`)];
  });
  return [...lines, ...more];
}

/** Of a rate nothing is counted that could be read. */
function ratesOf(changes: readonly Change[]): string {
  const rates = changes.filter(
    ({ key, action, fieldChanges }) =>
      (key.kind === 'rate-policy' && (action === 'create' || action === 'replace')) ||
      fieldChanges.some(
        ({ field, direction }) => (field === 'value' || field.startsWith('rate')) && direction === 'tighten',
      ),
  );
  if (rates.length === 0) return '';
  const shown = rates.slice(0, 2).map(({ key }) => describeKey(key));
  const more = rates.length > shown.length ? ` and ${rates.length - shown.length} more` : '';
  return `; whom the rate ${shown.join(', ')}${more} will refuse is not known`;
}

/** By place: `4 keys of Marketing`. */
function letInLines(moves: readonly Move[], plan: Plan): Line[] {
  const groups = moves.flatMap(({ change, limit: { use, shared_by: per } }) => {
    if (use.status === 'unknown' || use.freed.count === 0) return [];
    const isOne = per.every((key) => key === 'workspace_id') || change.key.kind !== 'usage-policy';
    return [isOne ? describeAllCalls(change, plan) : `${countCallers(use.freed, per)} of ${placeOf(change, plan)}`];
  });
  if (groups.length === 0) return [];
  const shown = groups.slice(0, 5).join(', ');
  const more = groups.length > 5 ? ` and ${groups.length - 5} more` : '';
  return [[words(`Let in again, if no other limit holds: ${shown}${more}.`)]];
}
