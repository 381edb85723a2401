/** The foremost rows of a file that may be long: read as it arrives, and never held whole. */

import { ServiceError } from '../errors.ts';
import type { LogPort } from '../live/log-port.ts';
import { type LogRow, parseLogLine } from './log-row.ts';

export const logOrders = ['time', 'cost', 'latency'] as const;
export type LogOrder = (typeof logOrders)[number];

export interface TopRows {
  readonly rows: readonly LogRow[];
  /** All that were read. */
  readonly count: number;
  /** Lines that are not rows. */
  readonly broken: number;
  /** How many calls ended with which status; null: it is not said. */
  readonly byStatus: ReadonlyMap<number | null, number>;
}

/** Fetched again for a file that breaks off, or a link that has run out. */
const fetches = 3;

/** @throws ServiceError, CancelledError */
export async function readTopRows(logs: LogPort, id: string, order: LogOrder, most: number): Promise<TopRows> {
  for (let fetched = 1; ; fetched += 1) {
    try {
      return await collectRows(logs.readExportLines(id), order, most);
    } catch (error) {
      if (!(error instanceof ServiceError) || fetched >= fetches) throw error;
    }
  }
}

async function collectRows(lines: AsyncIterable<string>, order: LogOrder, most: number): Promise<TopRows> {
  const isBefore = orders[order];
  const byStatus = new Map<number | null, number>();
  let rows: LogRow[] = [];
  let count = 0;
  let broken = 0;
  for await (const line of lines) {
    const row = parseLogLine(line);
    if (row === null) {
      broken += 1;
      continue;
    }
    count += 1;
    byStatus.set(row.status, (byStatus.get(row.status) ?? 0) + 1);
    rows.push(row);
    if (rows.length >= 2 * most) rows = rows.sort(isBefore).slice(0, most);
  }
  return { rows: rows.sort(isBefore).slice(0, most), count, broken, byStatus };
}

/** Greatest first; what is unknown stands last. */
const orders: Readonly<Record<LogOrder, (a: LogRow, b: LogRow) => number>> = {
  time: compareTimes,
  cost: (a, b) => (b.cost ?? -1) - (a.cost ?? -1) || compareTimes(a, b),
  latency: (a, b) => (b.latency ?? -1) - (a.latency ?? -1) || compareTimes(a, b),
};

function compareTimes(a: LogRow, b: LogRow): number {
  const [first, second] = [a.at ?? '', b.at ?? ''];
  if (first !== second) return first < second ? 1 : -1;
  return (a.id ?? '') < (b.id ?? '') ? -1 : 1;
}
