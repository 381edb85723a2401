/** Whether a call met the conditions of policies over the last days. It only advises: a refusal is a value. */

import type { Condition, Match } from '../resources/types.ts';
import {
  type Calls,
  type Grouping,
  type GroupRow,
  groupingOfMetadata,
  groupings,
  readGroups,
  readTotal,
} from './analytics.ts';
import type { Known, Reads } from './ask.ts';
import { widestFilter } from './filter-of-match.ts';
import { trafficDays } from './traffic.ts';
import { dayMilliseconds } from './windows.ts';

export interface MatchedCalls {
  /** Calls that the conditions let in are no more than these. */
  readonly atMost: number;
  readonly ofWorkspace: number;
}

/** A question, seldom two or a page for each hundred values; and one more a workspace. */
export async function readMatchedCalls(
  reads: Reads,
  { match, workspace, now }: { readonly match: Match; readonly workspace: string; readonly now: number },
): Promise<Known<MatchedCalls>> {
  const whole: Calls = { workspace, from: now - trafficDays * dayMilliseconds, to: now };
  const atMost = await countMatched(reads, match, whole);
  if ('unknown' in atMost) return atMost;
  if (atMost.value > 0) return { value: { atMost: atMost.value, ofWorkspace: atMost.value } };
  const all = await readTotal(reads, 'requests', whole);
  return 'unknown' in all ? all : { value: { atMost: 0, ofWorkspace: all.value } };
}

async function countMatched(reads: Reads, match: Match, whole: Calls): Promise<Known<number>> {
  const { filter, left } = widestFilter(match);
  const calls = { ...whole, ...(filter === null ? {} : { filter }) };
  const plain = filter === null ? { unknown: noWords } : await readTotal(reads, 'requests', calls);
  if (filter !== null && ('unknown' in plain || plain.value <= 0)) return plain;
  let least: Known<number> = plain;
  for (const condition of left) {
    if (filter !== null && !condition.key.startsWith('metadata.')) continue;
    const counted = await countGroups(reads, condition, calls);
    if ('unknown' in counted) least = 'unknown' in least ? counted : least;
    else if ('unknown' in least || counted.value < least.value) least = counted;
    if ('value' in least && least.value <= 0) return least;
  }
  return least;
}

const noWords = 'analytics have no words for its conditions';

/** Calls of groups which a condition lets in: all of them, or those of the first pages that have some. */
async function countGroups(reads: Reads, condition: Condition, calls: Calls): Promise<Known<number>> {
  const groups = groupsOf(condition);
  if (groups === null) return { unknown: noWords };
  const { grouping, admits, provesAbsence } = groups;
  const count = (rows: readonly GroupRow[]): number =>
    rows.filter(({ name }) => admits(name)).reduce((sum, { requests }) => sum + Math.max(1, requests ?? 0), 0);
  const read = await readGroups(reads, grouping, calls, { shows: [], isEnough: (rows) => count(rows) > 0 });
  if ('unknown' in read) return read;
  const { rows, cut } = read.value;
  const counted = count(rows);
  return counted > 0 || (provesAbsence && cut === null) ? { value: counted } : { unknown: noWords };
}

interface ConditionGroups {
  readonly grouping: Grouping;
  readonly admits: (group: string) => boolean;
  /** A group that is missing made no call. */
  readonly provesAbsence: boolean;
}

/** What no filter expresses may be found in groups: any value of metadata, several, exceptions; and vendors. */
function groupsOf({ key, any, except }: Condition): ConditionGroups | null {
  if (key.startsWith('metadata.')) {
    const isLetIn = (value: string): boolean => (any === '*' || any.includes(value)) && !except.includes(value);
    return { grouping: groupingOfMetadata(key.slice('metadata.'.length)), admits: isLetIn, provesAbsence: true };
  }
  const vendors = any === '*' || except.length > 0 ? [] : key === 'model' ? any.map(vendorOfAll) : any;
  if ((key !== 'provider' && key !== 'model') || vendors.length === 0 || vendors.includes('')) return null;
  // Whether analytics spell every vendor as conditions do is not known.
  return { grouping: groupings.vendor, admits: (vendor) => vendors.includes(vendor), provesAbsence: false };
}

/** `@openai/*` → `openai`; nothing for a single model. */
function vendorOfAll(model: string): string {
  return /^@([^/]+)\/\*$/.exec(model)?.[1] ?? '';
}
