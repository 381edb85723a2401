/** Conditions in the words of analytics (docs/service-notes.md#analytics). Pure. */

import type { AnalyticsQuery } from '../live/backend.ts';
import type { Condition, Match } from '../resources/types.ts';
import type { Known } from './ask.ts';

/** The conditions of a policy in the words of analytics, where it has words for them. */
export function filterOfMatch(match: Match): Known<AnalyticsQuery> {
  if (match === 'all') return { value: {} };
  const query: Record<string, string> = {};
  const metadata: Record<string, string> = {};
  for (const condition of match) {
    const member = listMembers[condition.key];
    const values = condition.any === '*' ? null : condition.any;
    const isPlain = values !== null && condition.except.length === 0;
    if (member !== undefined && isPlain && query[member] === undefined && values.every(isListable)) {
      query[member] = values.join(',');
    } else if (condition.key === 'model' && isPlain && query.ai_org_model === undefined && values.every(isModel)) {
      query.ai_org_model = values.map((value) => value.slice(1).replace('/', '__')).join(',');
    } else if (condition.key.startsWith('metadata.') && isPlain && values.length === 1) {
      metadata[condition.key.slice('metadata.'.length)] = values[0] ?? '';
    } else {
      return { unknown: `analytics cannot be asked for ${describe(condition)}` };
    }
  }
  return { value: { ...query, ...(Object.keys(metadata).length === 0 ? {} : { metadata: JSON.stringify(metadata) }) } };
}

const listMembers: Readonly<Record<string, string>> = {
  api_key: 'api_key_ids',
  virtual_key: 'virtual_keys',
  config: 'configs',
  prompt: 'prompt_slug',
};

/** Members are comma lists. */
function isListable(value: string): boolean {
  return !value.includes(',');
}

/** `@vendor/model`; `@vendor/*` has no word in analytics. */
function isModel(value: string): boolean {
  return /^@[^/,]+\/[^,]+$/.test(value) && !value.endsWith('/*');
}

function describe({ key, any, except }: Condition): string {
  if (except.length > 0 || any === '*') return `${key} with exceptions or wildcards`;
  return any.length > 1 ? `several values of ${key}` : `a condition on ${key}`;
}

/**
 * All conditions have to hold, so that those which analytics can be asked for let in at least as many calls as all of them: none
 * by these is none at all.
 *
 * @returns `filter`: null where analytics have words for none of them; `left`: those that it leaves out, or says too widely
 */
export function widestFilter(match: Match): { readonly filter: AnalyticsQuery | null; readonly left: Condition[] } {
  let filter: AnalyticsQuery | null = null;
  const kept: Condition[] = [];
  const left: Condition[] = [];
  for (const condition of match === 'all' ? [] : match) {
    const wider = condition.any === '*' ? condition : { ...condition, except: [] };
    const asked = filterOfMatch([...kept, wider]);
    if ('unknown' in asked) left.push(condition);
    else {
      kept.push(wider);
      filter = asked.value;
      if (condition.except.length > 0) left.push(condition);
    }
  }
  return { filter, left };
}
