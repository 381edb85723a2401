/** What workspaces spent, by one question about all of them where the answer can be trusted to be about all. */

import { add, type Exact, exactOf, zero } from '../exact.ts';
import { type Calls, type GroupRow, groupings, readGroups, readTotal } from './analytics.ts';
import type { Known, Reads } from './ask.ts';

export interface SpendPlace {
  readonly id: string;
  readonly slug: string;
}

export interface SpendQuery {
  /** All that are live: by them the groups of the answer are known. */
  readonly workspaces: readonly SpendPlace[];
  /** Those asked about. */
  readonly wanted: readonly SpendPlace[];
  readonly calls: Pick<Calls, 'from' | 'to'>;
}

/** So many are asked for one by one where the groups do not tell; nobody waits for a thousand. */
const mostSingle = 20;

/**
 * US cents by workspace id; rows under its slug and under its id add up. A workspace that the groups leave out spent nothing only where they are whole, all known, and about more
 * than one workspace: without a workspace in the question the answer has been that of the default one (docs/service-notes.md#analytics).
 */
export async function readWorkspaceSpend(
  reads: Reads,
  { workspaces, wanted, calls }: SpendQuery,
): Promise<ReadonlyMap<string, Known<Exact>>> {
  const idOf = new Map(workspaces.flatMap(({ id, slug }) => [[id.toLowerCase(), id] as const, [slug, id] as const]));
  const placeOf = ({ name }: GroupRow): string | undefined => idOf.get(name) ?? idOf.get(name.toLowerCase());
  const answer = await readGroups(reads, groupings.workspace, calls, { shows: ['cost'] });
  const rows = 'value' in answer ? answer.value.rows : [];
  const isAll = 'value' in answer && answer.value.cut === null;
  const spent = new Map<string, Exact>();
  // Where some stand under their id and others under their name, what was not read may hold the rest of any of them.
  const ids = rows.filter((row) => placeOf(row)?.toLowerCase() === row.name.toLowerCase()).length;
  for (const row of isAll || ids === 0 || ids === rows.length ? rows : []) {
    const id = placeOf(row);
    if (id !== undefined && row.cost !== null) spent.set(id, add(spent.get(id) ?? zero, row.cost));
  }
  // Under a name that nobody knows may stand whoever seems to be left out.
  const isStrange = rows.some((row) => placeOf(row) === undefined && row.cost?.n !== 0n);
  const isOfAll = isAll && !isStrange && rows.length > 1 && spent.size > 0;
  const found = new Map<string, Known<Exact>>();
  const missing: SpendPlace[] = [];
  for (const place of wanted) {
    const cost = spent.get(place.id) ?? (isOfAll ? zero : undefined);
    if (cost === undefined) missing.push(place);
    else found.set(place.id, { value: cost });
  }
  const single = missing.slice(0, mostSingle);
  const totals = await Promise.all(single.map(({ slug }) => readTotal(reads, 'cost', { ...calls, workspace: slug })));
  for (const [index, { id }] of single.entries()) {
    const total = totals[index];
    if (total !== undefined) found.set(id, 'value' in total ? { value: exactOf(total.value) } : total);
  }
  const why = `not asked for: only ${mostSingle} workspaces are asked for one by one where groups do not tell`;
  for (const { id } of missing.slice(mostSingle)) found.set(id, { unknown: why });
  return found;
}
