/** Changes of the settings that judge, in words. */

import { needsReview } from '../plan/approve.ts';
import type { Plan } from '../plan/types.ts';

/** One a line; what nobody wrote, a default that is another one now, is not among them. */
export function describeSettings({ recordLines }: Pick<Plan, 'recordLines'>): string[] {
  return recordLines
    .filter((line) => line.action === 'settings' && needsReview(line))
    .map(({ detail }) => {
      const [, name, before, after] = /^(\S.*?): (.*) → (.*)$/s.exec(detail) ?? [];
      if (name === undefined || before === undefined || after === undefined) return detail;
      return `${name}: ${inWords(before)} → ${inWords(after)}`;
    });
}

/** Values are recorded as JSON, some with a remark behind. */
function inWords(side: string): string {
  const [, json = side, remark = ''] = /^(.*?)( \([^()]*\))?$/s.exec(side) ?? [];
  try {
    return `${describeValue(JSON.parse(json))}${remark}`;
  } catch {
    return side;
  }
}

function describeValue(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(describeValue).join(', ');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([name, member]) => `${name} ${describeValue(member)}`)
    .join(', ');
}
