/** What a zero of analytics means: nothing spent, or a name that nothing has. */

import { type Grouping, groupingOfMetadata, groupings, readGroups, readTotal } from '../consumption/analytics.ts';
import { nearestName } from '../nearest-name.ts';
import { quoteUnlessSecret } from '../secret-shape.ts';
import type { AskedCalls } from './analytics-input.ts';
import type { ToolContext } from './tool.ts';

export interface NoCalls {
  /** Follows the zero in the answer; empty: nothing is odd about it. */
  readonly sentence: string;
  readonly notes: readonly string[];
}

/** Where the answer is not zero. */
export const nothingOdd: NoCalls = { sentence: '', notes: [] };

/** Asked only where the answer is zero. @param requests of these calls, where whoever asks has counted them */
export async function explainZero(asked: AskedCalls, context: ToolContext, requests?: number): Promise<NoCalls> {
  const { calls } = asked;
  const count = requests === undefined ? await readTotal(context.reads, 'requests', calls) : { value: requests };
  if ('unknown' in count)
    return { sentence: '', notes: [`Whether there were calls at all is not known: ${count.unknown}.`] };
  const found = count.value;
  if (found > 0) return { sentence: ` ${found} ${found === 1 ? 'call was' : 'calls were'} made.`, notes: [] };
  const isFiltered = Object.keys(calls.filter ?? {}).length > 0;
  if (!isFiltered) return { sentence: ' No call was made.', notes: [] };
  return { sentence: ' No call fits these filters.', notes: await findUnseen(asked, context) };
}

interface Seen {
  readonly names: readonly string[];
  /** Why there may be others; null: there are none. */
  readonly doubt: string | null;
}

/** Names of the filters that no call of the window has. Keys, providers and configs were looked up before. */
async function findUnseen({ calls }: AskedCalls, { reads }: ToolContext): Promise<string[]> {
  const { ai_org_model: models, metadata } = calls.filter ?? {};
  const all = { ...calls, filter: {} };
  const seen = async (grouping: Grouping): Promise<Seen> => {
    const groups = await readGroups(reads, grouping, all, { shows: [] });
    if ('unknown' in groups) return { names: [], doubt: groups.unknown };
    return { names: groups.value.rows.map(({ name }) => name), doubt: groups.value.cut };
  };
  const notes: string[] = [];
  if (typeof models === 'string') {
    const names = await seen(groupings.model);
    for (const wanted of models.split(',')) notes.push(...noteModel(wanted, names));
  }
  for (const [key, value] of typeof metadata === 'string' ? Object.entries(pairsOf(metadata)) : []) {
    const values = await seen(key === '_user' ? groupings.user : groupingOfMetadata(key));
    notes.push(...noteMetadata(key, value, values));
  }
  return notes;
}

function pairsOf(metadata: string): Readonly<Record<string, unknown>> {
  return JSON.parse(metadata) as Readonly<Record<string, unknown>>;
}

function noteModel(wanted: string, { names, doubt }: Seen): string[] {
  const said = quoteUnlessSecret(wanted);
  const own = wanted.replace(/^.+?__/, '');
  if (names.some((name) => name === own || name === wanted)) return [];
  if (doubt !== null) return [`Whether any call went to model ${said} is not known: ${doubt}.`];
  // Callers write the names of models: only what looks like one is repeated.
  const nearest = nearestName(
    own,
    names.filter((name) => /^[\w.:@/-]{1,80}$/.test(name)),
  );
  const vendor = wanted.slice(0, wanted.length - own.length);
  const hint = nearest === undefined ? '.' : `; did you mean "${vendor}${nearest}"?`;
  return [`No call of this window went to model ${said}${hint}`];
}

/** Without a guess: values of metadata are what any caller wrote. */
function noteMetadata(key: string, value: unknown, { names, doubt }: Seen): string[] {
  const said = `${quoteUnlessSecret(key)}: ${quoteUnlessSecret(String(value))}`;
  if (names.includes(String(value))) return [];
  if (doubt !== null) return [`Whether any call has metadata ${said} is not known: ${doubt}.`];
  return [`No call of this window has metadata ${names.length === 0 ? quoteUnlessSecret(key) : said}.`];
}
