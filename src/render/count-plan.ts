import type { Action, Plan } from '../plan/types.ts';
import { capitalize } from './capitalize.ts';
import { describeKey } from './describe-change.ts';
import { listFew } from './list-few.ts';

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

/** `No changes: 27 limits match the files.`, what of the files is not so all the same, and what is in no file. */
export function summarizeNothing(plan: Plan): string {
  const { gone, left, unchanged, unmanaged } = countPlan(plan);
  const stopped = plan.notes.filter(({ code }) => code === 'workspace-stopped').length;
  const rest = [
    ...(gone > 0 ? [`${gone} declared ${gone === 1 ? 'name is' : 'names are'} no longer live`] : []),
    ...(left > 0 ? [`${left} left as set by hand`] : []),
    ...(stopped > 0
      ? [`${stopped} ${stopped === 1 ? 'workspace is' : 'workspaces are'} not looked at further for errors`]
      : []),
  ];
  const match = `${unchanged} ${unchanged === 1 ? 'limit matches' : 'limits match'} the files`;
  const beside = unmanaged > 0 ? ` ${capitalize(unmanagedWords(plan))}.` : '';
  return `No changes: ${[match, ...rest].join(', ')}.${beside}`;
}

/** A plan reads those kinds of limits that the files declare in a place; `--verbose` names the others. */
function unmanagedWords({ unmanaged: { length }, notRead = [] }: Plan): string {
  const isWhole = !notRead.some(({ hasFile }) => hasFile);
  if (length === 0) return isWhole ? '' : 'unmanaged not all read';
  return `${isWhole ? '' : 'at least '}${length} unmanaged`;
}

/** Those adopted that are named; the rest is a number. */
const mostAdopted = 3;

/** `Plan: 2 to update, 1 to delete (2 loosen a limit); 22 unchanged, 3 unmanaged; adopts daily-ceiling.` */
export function summarizePlan(plan: Plan): string {
  const counts = countPlan(plan);
  const list = (items: readonly (readonly [number, string])[]): string =>
    items.flatMap(([count, what]) => (count > 0 ? [`${count} ${what}`] : [])).join(', ');
  const moves = list([
    [counts.create, 'to create'],
    [counts.update, 'to update'],
    [counts.replace, 'to replace'],
    [counts.delete, 'to delete'],
  ]);
  const rest = [
    list([[counts.unchanged, 'unchanged']]),
    unmanagedWords(plan),
    list([
      [counts.unreadable, 'unreadable'],
      [counts.withheld, 'withheld'],
      [counts.left, 'left as set by hand'],
      [counts.gone, 'no longer live'],
    ]),
  ]
    .filter((part) => part !== '')
    .join(', ');
  const memory = [
    ...(counts.adopts > 0 ? [`adopts ${describeAdopted(plan)}`] : []),
    ...(counts.record > 0 ? [`${counts.record} more record ${counts.record === 1 ? 'line' : 'lines'}`] : []),
  ].join(', ');
  const loosens = plan.changes.filter(({ direction }) => direction === 'loosen').length;
  const looser = loosens === 0 ? '' : ` (${loosens} ${loosens === 1 ? 'loosens' : 'loosen'} a limit)`;
  const parts = [moves === '' ? 'no change to live' : `${moves}${looser}`, rest, memory].filter((part) => part !== '');
  return `Plan: ${parts.join('; ')}.`;
}

/** By name: what is adopted is managed from then on. */
function describeAdopted({ recordLines }: Plan): string {
  const names = recordLines.flatMap(({ action, key }) =>
    action === 'adopt' && key !== null ? [describeKey(key)] : [],
  );
  if (names.length <= mostAdopted) return names.join(', ');
  return `${names.length}: ${listFew(names, mostAdopted)}`;
}
