/** Single deeds of a story, as known attacks are told in them. */

import type { Edit, GroupName, Members, RuleName } from './model.ts';
import type { Step, WordStep } from './steps.ts';

export const open = (by: string, ...changes: Edit[]): Step => ({ do: 'open', by, edits: changes, from: 'tip' });
export const approve = (by: string, more: Partial<Extract<Step, { do: 'review' }>> = {}): Step => {
  return { do: 'review', pull: 0, by, state: 'APPROVED', back: 0, ...more };
};
export const merged = (pull = 0, method: 'merge' | 'squash' = 'squash'): Step => ({
  do: 'merge',
  pull,
  method,
  evil: [],
});
export const applied = (event: 'push' | 'schedule' | 'issue_comment' = 'push', workTree = false): Step => ({
  do: 'apply',
  event,
  workTree,
});
export const pushed = (by: string, ...changes: Edit[]): Step => ({ do: 'push', by, edits: changes });
export const record = (deed: 'delete' | 'forge' | 'restore' | 'copy'): Step => ({ do: 'record', deed });
export const started = (
  actor: string,
  triggeringActor = actor,
  more: Partial<Extract<Step, { do: 'dispatch' }>> = {},
): Step => {
  return { do: 'dispatch', actor, triggeringActor, approve: 'latest', allow: [], rerun: false, ...more };
};
export const raise = (budget = 900): Edit => ({ do: 'amount', cap: 'alpha', budget });
export const remove: Edit = { do: 'remove', cap: 'beta' };
export const note: Edit = { do: 'note', cap: 'gamma', note: 'harmless' };
export const words = (more: Partial<WordStep> = {}): WordStep => {
  return { guard: 'deletes', number: 3, of: 'own', place: 'line', isEdited: false, ...more };
};
export const rule = (name: RuleName, isThere = true): Edit => ({ do: 'rule', rule: name, isThere });
export const groupIs = (members: Members, ceiling: number, name: GroupName = 'research'): Edit => {
  return { do: 'group', group: name, is: { members, ceiling } };
};
export const dated = (date: string, later: number | null, cap: 'alpha' | 'solo' = 'alpha'): Edit => {
  return { do: 'until', cap, until: { date, later } };
};
export const passed = (days: number): Step => ({ do: 'pass', days });
export const returned: Step = { do: 'returns' };
/** Brought into force by a pull request that everybody has approved. */
export const agreed = (...changes: Edit[]): Step[] => [
  { do: 'open', by: 'alice', edits: changes, from: 'tip' },
  ...['bob', 'carol', 'owner'].map((by) => approve(by)),
  merged(),
  applied(),
];
export const solo = (budget: number): Edit => ({ do: 'solo', budget });
export const spendFree: Edit = { do: 'setting', setting: 'spendUp', value: false };
export const loosened: Edit[] = [
  { do: 'setting', setting: 'deletes', value: false },
  { do: 'setting', setting: 'reviewed', value: false },
];
