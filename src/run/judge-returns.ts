/** Of a plan, the returns that a date has made due: reviewed together with it, so that nobody has to say another word. Pure. */

import { findObjections, judgePlan } from '../guards/judge.ts';
import { narrowPlan } from '../plan/mode.ts';
import { commitOf } from '../plan/next-record.ts';
import type { Change, Plan } from '../plan/types.ts';
import type { ResourceKey } from '../resources/types.ts';
import { hasCome } from '../resources/until.ts';
import type { ApplyRuling } from './apply.ts';
import { guardInputOf, type Judged } from './judge.ts';
import { causeOf } from './judge-record.ts';

export interface JudgedReturns {
  /** Null: nothing is applied. */
  readonly verdict: ApplyRuling | null;
  /** Why nothing is; null where there is something, or nothing is due. */
  readonly refusal: string | null;
  /** Due, and left alone because something objects to every change: what gives less comes all the same. */
  readonly held: readonly Change[];
  /** What objects to those. */
  readonly guards: readonly string[];
  /** Due, and left alone because the files have said something else since: what gives more than before is as they say it. */
  readonly withdrawn: readonly Change[];
  /** Due by the record, and of no commit that says so: nobody can tell whether they were reviewed. */
  readonly unproven: readonly UnprovenReturn[];
}

interface UnprovenReturn {
  readonly key: ResourceKey;
  readonly why: string;
}

/** @param isWithdrawn of those that give more than before */
export function judgeReturns(prepared: Judged, isWithdrawn: ReadonlySet<Change>): JudgedReturns {
  const { plan, settled, inForce, steps } = prepared;
  const all = plan.changes.filter((change) => change.due !== undefined);
  const withdrawn = all.filter((change) => isWithdrawn.has(change));
  const due = all.filter((change) => !isWithdrawn.has(change));
  const nothing = { verdict: null, refusal: null, held: [], guards: [], withdrawn, unproven: findUnproven(prepared) };
  if (settled === null || inForce.unsealed !== null) {
    const why =
      settled === null ? 'there is no applied record' : 'the applied record is not sealed with the key of this run';
    return {
      ...nothing,
      refusal: `${why}, so that no return is known to be reviewed. An apply by a person makes it anew`,
    };
  }
  if (due.length === 0) return nothing;
  if (inForce.moved !== null)
    return { ...nothing, refusal: 'the files move the applied record, which waits for `tollgate record move`' };
  const objections = findObjections(narrow(prepared, due).violations);
  const calm = objections.length === 0 ? due : due.filter(({ direction }) => direction === 'tighten');
  const held = due.filter((change) => !calm.includes(change));
  const guards = objections.map(({ guard }) => guard);
  if (calm.length === 0) return { ...nothing, held, guards };
  const word = { approval: null, way: 'return', isUnreviewed: false, lifts: [] } as const;
  return {
    ...nothing,
    // What gives less comes whatever objects.
    verdict: {
      plan: { ...narrow(prepared, calm), ...(objections.length > 0 ? { violations: [] } : {}) },
      steps,
      ...word,
      isReturn: true,
    },
    held,
    guards,
  };
}

/** A branch that was rewritten, or a clone that is too shallow, has lost the commits, and not what is due. */
function findUnproven({ settled, inForce: { proof }, day }: Judged): UnprovenReturn[] {
  return (settled?.workspaces ?? []).flatMap((place) =>
    place.entries.flatMap((entry): UnprovenReturn[] => {
      const { until, kind, name } = entry;
      const isDue = until !== undefined && !hasCome(until, until.day) && hasCome(until, day);
      if (!isDue || proof?.isProven(entry, place) === true) return [];
      const commit = commitOf(entry, settled);
      const why = causeOf(commit, proof?.problems.get(commit));
      return [{ key: { kind, workspace: place.slug, name }, why }];
    }),
  );
}

function narrow(prepared: Judged, changes: readonly Change[]): Plan {
  const plan = { ...narrowPlan(prepared.plan, changes, []), impact: prepared.assess(changes) };
  return { ...plan, violations: judgePlan({ ...guardInputOf(prepared), plan }) };
}
