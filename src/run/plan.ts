/** Files, record and live state to the changes that a run is about. Pure. */

import { UserError } from '../errors.ts';
import type { Live } from '../live/live.ts';
import { requireWorkspaces } from '../live/named-workspaces.ts';
import { buildPlan, type PlanResult } from '../plan/build-plan.ts';
import { filterPlan, isSelected, type PlanFilter } from '../plan/mode.ts';
import { type Scope, scopeOf } from '../plan/scope.ts';
import type { Plan, RecordStep } from '../plan/types.ts';
import type { Gathered } from './gather.ts';
import type { NoPlan } from './start.ts';

export interface Planned extends Gathered {
  /** All of it: rules look at the whole. */
  readonly whole: Plan;
  /** What of it will be carried out. */
  readonly plan: Plan;
  readonly filter: PlanFilter;
  /** What of all that is said something of. */
  readonly scope: Scope;
  readonly steps: readonly RecordStep[];
  readonly resolved: PlanResult['resolved'];
  readonly withoutFile: PlanResult['withoutFile'];
}

/** @throws UserError when the run is about something that is not there */
export function planGathered(gathered: Gathered): Planned | NoPlan {
  const { options, understood, live, believed, now, day, dayNote, record, settingsLines, settings } = gathered;
  const result = buildPlan({
    desired: understood,
    live,
    record: believed?.record ?? null,
    kept: believed?.kept,
    now,
    day,
    place: record.place,
    settingsLines,
    drift: options.revertDrift === true ? 'revert' : settings.drift,
    confinesErrors: options.isWhole !== true,
  });
  const diagnostics = [...gathered.diagnostics, ...result.diagnostics];
  if (result.plan === null) return { plan: null, diagnostics };
  const filter: PlanFilter = {
    mode: options.mode,
    only: checkOnly(options.only, result.plan),
    workspaces: resolveWorkspaces(options.workspace, live),
  };
  const scope = scopeOf(filter.workspaces, live, gathered.desired);
  const whole = dayNote === null ? result.plan : { ...result.plan, notes: [dayNote, ...result.plan.notes] };
  return {
    ...gathered,
    whole,
    plan: filterPlan(whole, filter),
    filter,
    scope,
    steps: result.recordSteps,
    resolved: result.resolved,
    withoutFile: result.withoutFile,
    // Errors among them stop their own workspace: all others would stand in the way of the plan.
    diagnostics: diagnostics.filter(({ source }) => scope.coversFile(source.file)),
  };
}

/** Slugs of the workspaces named on the command line. */
function resolveWorkspaces(names: readonly string[], live: Live): string[] {
  requireWorkspaces(names, live.workspaces);
  return names.map((name) => live.workspaces.find(({ id, slug }) => slug === name || id === name)?.slug ?? name);
}

/** A filter that selects nothing is a slip of the keyboard, and "nothing to do" would be the wrong answer to it. */
function checkOnly(only: readonly string[], plan: Plan): readonly string[] {
  const keys = [
    ...[...plan.changes, ...plan.left.map(({ change }) => change)].map(({ key }) => key),
    ...plan.recordLines.flatMap(({ key }) => key ?? []),
  ];
  for (const text of only) {
    if (keys.some((key) => isSelected(key, { only: [text], workspaces: [] }))) continue;
    throw new UserError(`--only ${text}: the plan has no such change`, {
      hint: 'Write KIND/NAME or KIND/WORKSPACE/NAME as `tollgate plan --format json` shows them under `id`.',
    });
  }
  return only;
}
