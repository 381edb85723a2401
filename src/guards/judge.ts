/**
 * Guards: a stage between plan and apply. A guard that objects says what was exceeded, by how much, and the exact words that
 * lift it for this one plan. All of them are judged, always; the plan is shown whole all the same.
 */

import type { GuardName } from '../guard-names.ts';
import type { Change, Plan, Violation } from '../plan/types.ts';
import { findLift, printWord } from '../plan/words.ts';
import type { Guards } from '../resources/review-settings.ts';
import type { Guard, GuardInput } from './input.ts';
import { guards, settingName } from './table.ts';
import { tallyWorkspaces } from './tally.ts';

const rows = Object.entries(guards) as [GuardName, Guard<unknown>][];

/** Guards that need to know what the plan does to people and money: not judged where that was not looked at. */
export function notJudged(plan: Plan): readonly GuardName[] {
  if (plan.impact !== null) return [];
  return rows.flatMap(([name, { needsImpact }]) => (needsImpact?.(plan) === true ? [name] : []));
}

export function judgePlan(input: GuardInput): Violation[] {
  const { plan, settings, allowances, reviewed = [] } = input;
  const judged = { ...input, plan: { ...plan, changes: plan.changes.filter((change) => !isReviewedReturn(change)) } };
  const judging = { ...judged, tallies: tallyWorkspaces(judged) };
  const values: Readonly<Record<string, Guards[keyof Guards]>> = { ...settings.guards };
  return rows.flatMap(([guard, { judge, liftable }]): Violation[] => {
    const setting = values[settingName(guard)];
    const objection = setting === 'off' ? null : judge(judging, setting);
    if (objection === null) return [];
    const { count, details, first, warns } = objection;
    const lift = liftable ? findLift(allowances, { guard, count }, [plan.digest, ...reviewed]) : null;
    return [
      {
        guard,
        count,
        details,
        severity: warns === true ? 'warning' : severityOf(setting, plan),
        allow: liftable ? printWord({ guard, number: count, digest: plan.digest }) : null,
        lifted: lift !== null,
        ...(lift === null ? {} : { lift }),
        ...(first === undefined ? {} : { first }),
      },
    ];
  });
}

/**
 * What a date makes due was judged when it was reviewed with it, for the day on which it comes: a guard that stopped it now would leave
 * what held before in force for as long as nobody looks.
 */
function isReviewedReturn({ due }: Change): boolean {
  return due !== undefined;
}

/** What has no setting protects: it always objects. */
function severityOf(setting: Guards[keyof Guards] | undefined, { impact }: Plan): Violation['severity'] {
  const said = typeof setting === 'object' && 'said' in setting ? setting.said : setting;
  // Who asks for a plan without its impact knows that it is not there.
  if (said === 'asked') return impact === null ? 'warning' : 'error';
  return said === 'warn' ? 'warning' : 'error';
}

/** What keeps a plan from being applied. */
export function findObjections(violations: readonly Violation[]): Violation[] {
  return violations.filter(({ severity, lifted }) => severity === 'error' && !lifted);
}
