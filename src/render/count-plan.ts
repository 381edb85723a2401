import type { Action, Plan } from '../plan/types.ts';

export interface PlanCounts {
  readonly create: number;
  readonly update: number;
  readonly replace: number;
  readonly delete: number;
  readonly withheld: number;
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
    left: plan.left.length,
    unchanged: plan.unchanged,
    unmanaged: plan.unmanaged.length,
    unreadable: plan.unreadable?.length ?? 0,
    adopts,
    record: plan.recordLines.length - adopts,
    toDo: plan.changes.length + plan.recordLines.length,
  };
}

/** `Plan: 1 to create, 2 to update, 0 to replace, 1 to delete; 22 unchanged, 3 unmanaged; adopts 1.` */
export function summarizePlan(plan: Plan): string {
  const counts = countPlan(plan);
  const { create, update, replace, unchanged, unmanaged, unreadable, withheld, left, adopts, record } = counts;
  const parts = [
    `${create} to create, ${update} to update, ${replace} to replace, ${counts.delete} to delete`,
    [
      `${unchanged} unchanged, ${unmanaged} unmanaged`,
      ...(unreadable > 0 ? [`${unreadable} unreadable`] : []),
      ...(withheld > 0 ? [`${withheld} withheld`] : []),
      ...(left > 0 ? [`${left} left as set by hand`] : []),
    ].join(', '),
  ];
  const memory = [
    ...(adopts > 0 ? [`adopts ${adopts}`] : []),
    ...(record > 0 ? [`${record} more record ${record === 1 ? 'line' : 'lines'}`] : []),
  ];
  if (memory.length > 0) parts.push(memory.join(', '));
  return `Plan: ${parts.join('; ')}.`;
}
