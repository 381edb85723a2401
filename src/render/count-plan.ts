import type { Action, Plan } from '../plan/types.ts';

export interface PlanCounts {
  readonly create: number;
  readonly update: number;
  readonly replace: number;
  readonly delete: number;
  readonly withheld: number;
  /** Declared, and the live object is no longer there: what the files say of it can be done to nothing. */
  readonly gone: number;
  /** Moved by hand and left as it is. */
  readonly left: number;
  readonly unchanged: number;
  readonly unmanaged: number;
  /** Live rows that make no sense. */
  readonly unreadable: number;
  readonly adopts: number;
  /** Record lines other than adoptions. */
  readonly record: number;
  /** Changes to live and record lines: zero means that there is nothing to apply. */
  readonly toDo: number;
}

export function countPlan(plan: Plan): PlanCounts {
  const count = (action: Action): number => plan.changes.filter((change) => change.action === action).length;
  const adopts = plan.recordLines.filter(({ action }) => action === 'adopt').length;
  return {
    create: count('create'),
    update: count('update'),
    replace: count('replace'),
    delete: count('delete'),
    withheld: plan.withheld.length,
    gone: plan.notes.filter(({ code }) => code === 'gone' || code === 'workspace-gone').length,
    left: plan.left.length,
    unchanged: plan.unchanged,
    unmanaged: plan.unmanaged.length,
    unreadable: plan.unreadable?.length ?? 0,
    adopts,
    record: plan.recordLines.length - adopts,
    toDo: plan.changes.length + plan.recordLines.length,
  };
}

/** `Nothing to change.`, and what of the files is not so all the same. */
export function summarizeNothing(plan: Plan): string {
  const { gone, left } = countPlan(plan);
  const rest = [
    ...(gone > 0 ? [`${gone} declared ${gone === 1 ? 'name is' : 'names are'} no longer live`] : []),
    ...(left > 0 ? [`${left} left as set by hand`] : []),
  ];
  return rest.length === 0 ? 'Nothing to change.' : `Nothing that can be changed: ${rest.join(', ')}.`;
}

/** `Plan: 1 to create, 2 to update, 0 to replace, 1 to delete; 22 unchanged, 3 unmanaged; adopts 1.` */
export function summarizePlan(plan: Plan): string {
  const counts = countPlan(plan);
  const { create, update, replace, unchanged, unmanaged, unreadable, withheld, gone, left, adopts, record } = counts;
  const parts = [
    `${create} to create, ${update} to update, ${replace} to replace, ${counts.delete} to delete`,
    [
      `${unchanged} unchanged, ${unmanaged} unmanaged`,
      ...(unreadable > 0 ? [`${unreadable} unreadable`] : []),
      ...(withheld > 0 ? [`${withheld} withheld`] : []),
      ...(left > 0 ? [`${left} left as set by hand`] : []),
      ...(gone > 0 ? [`${gone} no longer live`] : []),
    ].join(', '),
  ];
  const memory = [
    ...(adopts > 0 ? [`adopts ${adopts}`] : []),
    ...(record > 0 ? [`${record} more record ${record === 1 ? 'line' : 'lines'}`] : []),
  ];
  if (memory.length > 0) parts.push(memory.join(', '));
  return `Plan: ${parts.join('; ')}.`;
}
