/** What calls came to, by what they are told apart by: exact, and the same whatever the files look like. */

import { dayMilliseconds, dayOf } from '../consumption/windows.ts';
import { compareText } from '../diagnostics.ts';
import { divide, type Exact, fraction, toDecimal } from '../exact.ts';
import { openCalls, type RowsNeeds } from './open-rows.ts';
import { type RowsAsked, rowFlags, type SourceFacts, unitsPerCent } from './row-batch.ts';

export interface SpendGroup {
  /** One for each of `by`; null: rows say nothing. */
  readonly names: readonly (string | null)[];
  readonly requests: number;
  readonly failed: number;
  /** US cents, of the calls whose cost is known; null: of none it is. */
  readonly cost: Exact | null;
  /** Calls whose cost is not known. */
  readonly costUnknown: number;
  /** Of the calls that say so; null: none does. */
  readonly tokens: bigint | null;
}

export interface Spend {
  /** The dearest first; by day where that is named first. */
  readonly groups: readonly SpendGroup[];
  readonly total: SpendGroup;
  readonly facts: SourceFacts;
}

/** `day`, else a dimension (row-batch.ts). */
export async function readRowSpend(
  by: readonly string[],
  asked: Omit<RowsAsked, 'dims'>,
  needs: RowsNeeds,
): Promise<Spend> {
  const dims = by.filter((each) => each !== 'day');
  const { facts, database } = await openCalls({ ...asked, dims }, needs);
  try {
    const keys = by.map((each) => (each === 'day' ? `t // ${dayMilliseconds}` : `d${dims.indexOf(each)}`));
    const sums = [
      'count(*)',
      `count(*) FILTER (fl & ${rowFlags.failed} <> 0)`,
      'sum(u)::VARCHAR',
      'count(*) - count(u)',
      'sum(tok)::VARCHAR',
    ];
    const group = keys.length === 0 ? '' : `GROUP BY ${keys.map((_, at) => at + 1).join(', ')}`;
    const rows = await database.rows(`SELECT ${[...keys, ...sums].join(', ')} FROM calls ${group}`);
    return sumSpend(by, rows, facts);
  } finally {
    await database.close();
  }
}

/**
 * @param rows a group each: what `by` names (of `day` its number since 1970), calls, failed ones, units, calls of unknown cost, tokens
 */
export function sumSpend(by: readonly string[], rows: readonly (readonly unknown[])[], facts: SourceFacts): Spend {
  const groups = rows.map((row): SpendGroup => {
    const [requests, failed, units, unknown, tokens] = row.slice(by.length);
    const names = row
      .slice(0, by.length)
      .map((name, at) =>
        by[at] === 'day' ? dayOf(Number(name) * dayMilliseconds) : name === null ? null : String(name),
      );
    return {
      names,
      requests: Number(requests),
      failed: Number(failed),
      cost: units === null || units === undefined ? null : fraction(BigInt(String(units)), BigInt(unitsPerCent)),
      costUnknown: Number(unknown),
      tokens: tokens === null || tokens === undefined ? null : BigInt(String(tokens)),
    };
  });
  const isByDay = by[0] === 'day';
  return {
    groups: groups.sort((a, b) => (isByDay ? compareFirst(a, b) : 0) || isDearer(a, b)),
    total: sumOf(groups),
    facts,
  };
}

function compareFirst({ names: [a] }: SpendGroup, { names: [b] }: SpendGroup): number {
  return compareText(a ?? '', b ?? '');
}

function isDearer(a: SpendGroup, b: SpendGroup): number {
  const [left, right] = [unitsOf(a), unitsOf(b)];
  if (left !== right) return left > right ? -1 : 1;
  const [first, second] = [JSON.stringify(a.names), JSON.stringify(b.names)];
  return first < second ? -1 : first > second ? 1 : 0;
}

function sumOf(groups: readonly SpendGroup[]): SpendGroup {
  const known = groups.filter(({ cost }) => cost !== null);
  const counted = groups.filter(({ tokens }) => tokens !== null);
  return {
    names: [],
    requests: groups.reduce((sum, each) => sum + each.requests, 0),
    failed: groups.reduce((sum, each) => sum + each.failed, 0),
    cost:
      known.length === 0
        ? null
        : fraction(
            known.reduce((sum, each) => sum + unitsOf(each), 0n),
            BigInt(unitsPerCent),
          ),
    costUnknown: groups.reduce((sum, each) => sum + each.costUnknown, 0),
    tokens: counted.length === 0 ? null : counted.reduce((sum, { tokens }) => sum + (tokens ?? 0n), 0n),
  };
}

/** -1 for what is unknown: it stands last. */
function unitsOf({ cost }: SpendGroup): bigint {
  return cost === null ? -1n : (cost.n * BigInt(unitsPerCent)) / cost.d;
}

/** Cents as dollars, all decimals: `1234.5678`. */
export function exactDollars(cents: Exact): string {
  return toDecimal(divide(cents, { n: 100n, d: 1n }), 12);
}
