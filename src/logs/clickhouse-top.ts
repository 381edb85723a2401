/** The foremost calls of a table of ClickHouse: sorted where they are. */

import { openTable, type TableAsked } from './clickhouse.ts';
import type { ClickHouse } from './clickhouse-answers.ts';
import { type CallOrder, callOrders, type TopCalls, topCallOf, topColumns, topDims } from './top-calls.ts';

/** As `readTopCalls`. @throws as `openTable` */
export async function readTableTop(
  order: CallOrder,
  most: number,
  asked: Omit<TableAsked, 'dims'>,
  server: ClickHouse,
): Promise<TopCalls> {
  const { calls, facts, rows } = await openTable({ ...asked, dims: topDims }, server);
  const by = callOrders[order];
  const found = await rows(
    `SELECT ${topColumns} FROM (${calls}) ORDER BY isNull(${by}), ${by} DESC, t DESC, id LIMIT ${most}`,
  );
  return { calls: found.map(topCallOf), facts };
}
