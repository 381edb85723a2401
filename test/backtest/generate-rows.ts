/**
 * The rows of the reference's generator, as columns: the same draws in the same order, so that its numbers have to come out to the
 * last unit (a month of 40 workspaces, 2,000 keys, 20,000 users, 60 models).
 */

import type { RowWords } from '../../src/backtest/rows.ts';
import { type RowBatch, rowFlags } from '../../src/logs/row-batch.ts';

export interface GeneratedRows {
  /** In the order of (time, id), in chunks. */
  readonly chunks: readonly RowBatch[];
  readonly words: RowWords;
  readonly columns: ReadonlySet<string>;
}

const vendors = ['openai', 'anthropic', 'azure-openai', 'bedrock', 'vertex-ai', 'mistral-ai', 'groq', 'cohere'];
const tiers = [25, 100, 250, 300, 1500, 15, 60, 40];
const hour = 3_600_000;
const start = Date.UTC(2026, 9, 1);
const hours = 31 * 24;

/** @param size of a chunk */
export function generateRows(count: number, seed = 42, size = 65_536): GeneratedRows {
  const draw = drawer(seed);
  const rnd = () => draw() / 4_294_967_296;
  const models = Array.from({ length: 60 }, (_, index) => {
    const vendor = vendors[index % 8] ?? '';
    const input = tiers[(index * 5) % 8] ?? 0;
    const family = vendor === 'anthropic' ? 'claude' : vendor === 'openai' ? 'gpt' : 'model';
    return {
      vendor: index % 8,
      name: `@${vendor}/${family}-${index}`,
      input,
      output: input * 4,
      priced: index % 20 !== 19,
    };
  });
  const keys: string[][] = Array.from({ length: 40 }, () => []);
  const users: number[][] = Array.from({ length: 40 }, () => []);
  for (let index = 0; index < 2_000; index++) keys[index % 40]?.push(drawId(draw));
  for (let index = 0; index < 20_000; index++) users[(index * 7) % 40]?.push(index);
  const keyDraws = keys.map((own) => weighted(falling(own.length, 1.1), rnd));
  const userDraws = users.map((own) => weighted(falling(own.length, 1.05), rnd));
  const shares = falling(40, 0.9);
  const allShares = sum(shares);
  const drawModel = weighted(falling(60, 1.1), rnd);
  const weights = Array.from({ length: hours }, (_, index) => {
    const at = new Date(start + index * hour);
    const clock = at.getUTCHours();
    return (at.getUTCDay() % 6 === 0 ? 0.25 : 1) * (clock >= 7 && clock < 19 ? 1 : 0.2);
  });
  const allWeights = sum(weights);

  const time = new Float64Array(count);
  const cost = new Float64Array(count);
  const tokens = new Float64Array(count);
  const flags = new Uint8Array(count);
  const ids = Array.from({ length: 4 }, () => new Uint32Array(count));
  const names = ['workspace', 'api_key', 'provider', 'model', 'metadata._user', 'metadata.env'] as const;
  const dims = Object.fromEntries(names.map((name) => [name, new Int32Array(count).fill(-1)]));
  const [workspaceOf, keyOf, providerOf, modelOf, userOf, envOf] = names.map((name) => dims[name] as Int32Array);
  const put = (column: Int32Array | undefined, row: number, code: number) => {
    if (column !== undefined) column[row] = code;
  };
  let total = 0;
  for (let workspace = 0; workspace < 40; workspace++) {
    const rows = workspace === 39 ? count - total : Math.round((count * (shares[workspace] ?? 0)) / allShares);
    const times = new Float64Array(rows);
    let filled = 0;
    let weight = 0;
    for (let index = 0; index < hours; index++) {
      weight += weights[index] ?? 0;
      const upto = index === hours - 1 ? rows : Math.round((rows * weight) / allWeights);
      for (; filled < upto; filled++) times[filled] = start + index * hour + Math.floor(rnd() * 3.6e6);
    }
    times.sort();
    for (let from = 0; from < rows; from += 50_000) {
      for (let index = Math.min(rows, from + 50_000) - 1; index >= from; index--) {
        const row = total + index;
        const chosen = drawModel();
        const model = models[chosen];
        if (model === undefined) throw new Error('no model');
        const failed = rnd() < 0.03;
        const cached = !failed && rnd() < 0.05;
        const factor = rnd() < 0.02 ? 20 : 1;
        const input = failed ? 0 : Math.floor(100 + 3000 * rnd() * rnd()) * factor;
        const output = failed ? 0 : Math.floor(10 + 1200 * rnd() * rnd());
        // Millionths of a cent.
        const micro = cached || !model.priced ? 0 : input * model.input + output * model.output;
        if (failed) rnd();
        time[row] = times[index] ?? 0;
        cost[row] = micro * 10_000;
        tokens[row] = input + output;
        flags[row] = (failed ? rowFlags.failed : 0) | (cached ? rowFlags.cacheHit : 0);
        put(workspaceOf, row, workspace);
        put(providerOf, row, model.vendor);
        put(modelOf, row, chosen);
        if (rnd() < 0.04) put(envOf, row, 0);
        else {
          put(userOf, row, users[workspace]?.[userDraws[workspace]?.() ?? 0] ?? 0);
          rnd();
          put(envOf, row, rnd() < 0.7 ? 0 : 1);
        }
        for (let part = 0; part < 4; part++) {
          const column = ids[part];
          if (column !== undefined) column[row] = maskId(draw(), part);
        }
        for (let part = 0; part < 4; part++) draw();
        if (!cached) rnd();
        rnd();
        put(keyOf, row, workspace + 40 * (keyDraws[workspace]?.() ?? 0));
      }
    }
    total += rows;
  }
  const order = orderRows(time, ids);
  const chunks: RowBatch[] = [];
  for (let from = 0; from < count; from += size) {
    const part = order.subarray(from, Math.min(count, from + size));
    chunks.push({
      count: part.length,
      time: Float64Array.from(part, (row) => time[row] ?? 0),
      cost: Float64Array.from(part, (row) => cost[row] ?? 0),
      tokens: Float64Array.from(part, (row) => tokens[row] ?? 0),
      flags: Uint8Array.from(part, (row) => flags[row] ?? 0),
      dims: Object.fromEntries(
        Object.entries(dims).map(([name, codes]) => [name, Int32Array.from(part, (row) => codes[row] ?? -1)]),
      ),
    });
  }
  const words = {
    workspace: Array.from({ length: 40 }, (_, index) => `ws-team-${String(index).padStart(2, '0')}`),
    api_key: Array.from({ length: 2_000 }, (_, index) => keys[index % 40]?.[Math.floor(index / 40)] ?? ''),
    provider: vendors,
    model: models.map(({ name }) => name),
    'metadata._user': Array.from(
      { length: 20_000 },
      (_, index) => `user-${String(index).padStart(5, '0')}@example.com`,
    ),
    'metadata.env': ['prod', 'dev'],
  };
  return { chunks, words, columns: new Set(names) };
}

/** Small fast counting generator, 32 bits a draw. */
function drawer(seed: number): () => number {
  let [a, b, c, d] = [seed | 0, 0x9e3779b9 | 0, 0x243f6a88 | 0, 0xb7e15162 | 0];
  const draw = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let index = 0; index < 20; index++) draw();
  return draw;
}

/** An id as text orders as its bits do, but for those that say which sort of UUID it is. */
function maskId(bits: number, part: number): number {
  if (part === 1) return ((bits & 0xffff_0fff) | 0x4000) >>> 0;
  return part === 2 ? ((bits & 0x0fff_ffff) | 0xa000_0000) >>> 0 : bits;
}

function drawId(draw: () => number): string {
  const [a, b, c, d] = [draw(), draw(), draw(), draw()];
  const hex = (value: number) => value.toString(16).padStart(4, '0');
  const groups = [`4${hex(b & 65_535).slice(1)}`, `a${hex(c >>> 16).slice(1)}`];
  return `${hex(a >>> 16)}${hex(a & 65_535)}-${hex(b >>> 16)}-${groups.join('-')}-${hex(c & 65_535)}${hex(d >>> 16)}${hex(d & 65_535)}`;
}

/** Draws of an index in constant time (Vose). */
function weighted(weights: readonly number[], rnd: () => number): () => number {
  const { length } = weights;
  const all = sum(weights);
  const scaled = weights.map((weight) => (weight * length) / all);
  const [small, large]: [number[], number[]] = [[], []];
  const other = new Int32Array(length);
  const chance = new Float64Array(length);
  for (const [index, value] of scaled.entries()) (value < 1 ? small : large).push(index);
  while (small.length > 0 && large.length > 0) {
    const [low, high] = [small.pop() ?? 0, large.pop() ?? 0];
    chance[low] = scaled[low] ?? 0;
    other[low] = high;
    scaled[high] = (scaled[high] ?? 0) + (scaled[low] ?? 0) - 1;
    ((scaled[high] ?? 0) < 1 ? small : large).push(high);
  }
  for (const index of [...small, ...large]) chance[index] = 1;
  return () => {
    const index = Math.trunc(rnd() * length);
    return rnd() < (chance[index] ?? 0) ? index : (other[index] ?? 0);
  };
}

function falling(length: number, power: number): number[] {
  return Array.from({ length }, (_, index) => 1 / (index + 1) ** power);
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
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
