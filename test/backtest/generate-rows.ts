/** The generator's calls as columns: what a reader of its files hands on, without the files. */

import type { RowWords } from '../../src/backtest/rows.ts';
import { type RowBatch, rowFlags } from '../../src/logs/row-batch.ts';
import { generateCalls } from '../helpers/call-rows.ts';

export interface GeneratedRows {
  /** In the order of (time, id), in chunks. */
  readonly chunks: readonly RowBatch[];
  readonly words: RowWords;
  readonly columns: ReadonlySet<string>;
}

const hour = 3_600_000;
const start = Date.UTC(2026, 9, 1);
const hours = 31 * 24;

/** From when to when the calls are known. */
export const october = { from: start, to: start + hours * hour };

interface Call {
  readonly id: string;
  readonly created_at: string;
  readonly is_success: number;
  readonly ai_org: string;
  readonly ai_model: string;
  readonly total_units: number;
  readonly cost: number;
  readonly metadata: { readonly _user?: string; readonly env: string };
  readonly workspace_slug: string;
  readonly api_key_id: string;
  readonly cache_status: string;
}

const texts: Readonly<Record<string, (call: Call) => string | undefined>> = {
  workspace: (call) => call.workspace_slug,
  api_key: (call) => call.api_key_id,
  provider: (call) => call.ai_org,
  model: (call) => `@${call.ai_org}/${call.ai_model}`,
  'metadata._user': (call) => call.metadata._user,
  'metadata.env': (call) => call.metadata.env,
};

/** @param size of a chunk */
export function generateRows(count: number, seed = 42, size = 65_536): GeneratedRows {
  const names = Object.keys(texts);
  const time = new Float64Array(count);
  const cost = new Float64Array(count);
  const tokens = new Float64Array(count);
  const flags = new Uint8Array(count);
  // Of an id that is all digits of base sixteen.
  const ids = Array.from({ length: 4 }, () => new Uint32Array(count));
  const dims = new Map(names.map((name) => [name, new Int32Array(count).fill(-1)]));
  const words = new Map(names.map((name) => [name, new Map<string, number>()]));
  let row = 0;
  for (const { lines } of generateCalls(count, seed)) {
    for (const line of lines) {
      const call = JSON.parse(line) as Call;
      time[row] = Date.parse(call.created_at);
      cost[row] = Math.round(call.cost * 1e6) * 10_000;
      tokens[row] = call.total_units;
      flags[row] =
        (call.is_success === 1 ? 0 : rowFlags.failed) | (call.cache_status === 'HIT' ? rowFlags.cacheHit : 0);
      const digits = call.id.replaceAll('-', '');
      for (const [part, column] of ids.entries())
        column[row] = Number.parseInt(digits.slice(8 * part, 8 * part + 8), 16);
      for (const name of names) {
        const value = texts[name]?.(call);
        const known = words.get(name);
        const column = dims.get(name);
        if (value === undefined || known === undefined || column === undefined) continue;
        const code = known.get(value) ?? known.size;
        known.set(value, code);
        column[row] = code;
      }
      row += 1;
    }
  }
  const order = orderRows(time, ids);
  const chunks: RowBatch[] = [];
  for (let from = 0; from < count; from += size) {
    const part = order.subarray(from, Math.min(count, from + size));
    chunks.push({
      count: part.length,
      time: Float64Array.from(part, (at) => time[at] ?? 0),
      cost: Float64Array.from(part, (at) => cost[at] ?? 0),
      tokens: Float64Array.from(part, (at) => tokens[at] ?? 0),
      flags: Uint8Array.from(part, (at) => flags[at] ?? 0),
      dims: Object.fromEntries(
        [...dims].map(([name, codes]) => [name, Int32Array.from(part, (at) => codes[at] ?? -1)]),
      ),
    });
  }
  return {
    chunks,
    words: Object.fromEntries([...words].map(([name, known]) => [name, [...known.keys()]])),
    columns: new Set(names),
  };
}

/** By time, then by id. Rows that share a millisecond are few: they alone are compared by id. */
function orderRows(time: Float64Array, ids: readonly Uint32Array[]): Uint32Array {
  const count = time.length;
  const shift = 2 ** 24;
  const hourOf = (row: number) => Math.floor(((time[row] ?? 0) - start) / hour);
  const places = new Uint32Array(hours + 1);
  for (let row = 0; row < count; row++) places[hourOf(row) + 1] = (places[hourOf(row) + 1] ?? 0) + 1;
  for (let index = 0; index < hours; index++) places[index + 1] = (places[index + 1] ?? 0) + (places[index] ?? 0);
  const next = places.slice();
  // Milliseconds of an hour and the number of a row fit into one double.
  const keys = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    const at = hourOf(row);
    const place = next[at] ?? 0;
    next[at] = place + 1;
    keys[place] = ((time[row] ?? 0) - start - at * hour) * shift + row;
  }
  for (let index = 0; index < hours; index++) keys.subarray(places[index], places[index + 1]).sort();
  const order = new Uint32Array(count);
  for (let place = 0; place < count; place++) order[place] = (keys[place] ?? 0) % shift;
  const before = (a: number, b: number): number => {
    for (const part of ids) {
      const [x, y] = [part[a] ?? 0, part[b] ?? 0];
      if (x !== y) return x - y;
    }
    return a - b;
  };
  for (let from = 0; from < count; ) {
    let to = from + 1;
    while (to < count && time[order[to] ?? 0] === time[order[from] ?? 0]) to += 1;
    if (to - from > 1) order.subarray(from, to).sort(before);
    from = to;
  }
  return order;
}
