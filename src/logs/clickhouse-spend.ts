/** What calls of a table of ClickHouse came to: added up where they are. */

import { dayMilliseconds } from '../consumption/windows.ts';
import { openTable, type TableAsked } from './clickhouse.ts';
import { type ClickHouse, inTwo, joinParts, wholeIn } from './clickhouse-answers.ts';
import { rowFlags } from './row-batch.ts';
import { type Spend, sumSpend } from './spend.ts';

/** As `readRowSpend`. @throws as `openTable` */
export async function readTableSpend(
  by: readonly string[],
  asked: Omit<TableAsked, 'dims'>,
  server: ClickHouse,
): Promise<Spend> {
  const dims = by.filter((each) => each !== 'day');
  const { calls, facts, rows } = await openTable({ ...asked, dims }, server);
  const keys = by.map((each) => (each === 'day' ? `floor(t / ${dayMilliseconds})` : `d${dims.indexOf(each)}`));
  const names = keys.map((_, at) => `tg_key${at}`);
  const partsOf = (column: string): readonly string[] => [`count(${column})`, inTwo(column)];
  const sums = ['count()', `countIf(bitAnd(fl, ${rowFlags.failed}) != 0)`, ...partsOf('u'), ...partsOf('tok')];
  const selected = [...keys.map((key, at) => `${key} AS ${names[at]}`), ...sums].join(', ');
  const group = names.length === 0 ? '' : ` GROUP BY ${names.join(', ')}`;
  const found = await rows(`SELECT ${selected} FROM (${calls})${group}`);
  const groups = found.map((row) => {
    const [requests, failed, priced, cents, units, counted, many, few] = row.slice(by.length);
    const sumOf = (of: string | null | undefined, high: string | null | undefined, low: string | null | undefined) =>
      of === '0' ? null : String(joinParts(high, low));
    return [
      ...row.slice(0, by.length),
      ...[wholeIn(requests), wholeIn(failed), sumOf(priced, cents, units), wholeIn(requests) - wholeIn(priced)],
      sumOf(counted, many, few),
    ];
  });
  return sumSpend(by, facts.rows === 0 ? [] : groups, facts);
}
