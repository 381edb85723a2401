/**
 * Calls of one month, as many as wanted, as lines of exports: 40 workspaces, 2,000 keys, 20,000 users, 60 models, drawn as calls are
 * (few users make most of them, in office hours). Equal for a seed, to the last byte, here and wherever else the same draws are made.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

export interface CallFile {
  readonly name: string;
  /** One workspace, newest first, 50,000 at most. */
  readonly lines: readonly string[];
}

const hoursOfMonth = 31 * 24;
const hour = 3_600_000;
const begin = Date.UTC(2026, 9, 1);
const linesOfFile = 50_000;

export function* generateCalls(rows: number, seed = 42): Generator<CallFile> {
  const draw = drawFrom(seed);
  const world = makeWorld(draw);
  const weights = zipf(40, 0.9);
  const allWeights = sum(weights);
  let files = 0;
  let made = 0;
  for (const [index, workspace] of world.workspaces.entries()) {
    const share = Math.round((rows * (weights[index] ?? 0)) / allWeights);
    const count = index === 39 ? rows - made : share;
    made += count;
    const times = drawTimes(count, draw);
    for (let from = 0; from < count; from += linesOfFile) {
      const lines: string[] = [];
      for (let at = Math.min(count, from + linesOfFile) - 1; at >= from; at -= 1) {
        lines.push(drawCall(times[at] ?? 0, workspace, index, world, draw));
      }
      yield { name: `part-${String(files).padStart(4, '0')}.jsonl`, lines };
      files += 1;
    }
  }
}

/** @returns paths of the files, in order */
export function writeCalls(folder: string, rows: number, seed = 42, isPacked = true): string[] {
  mkdirSync(folder, { recursive: true });
  const paths: string[] = [];
  for (const { name, lines } of generateCalls(rows, seed)) {
    const text = lines.map((line) => `${line}\n`).join('');
    const path = join(folder, isPacked ? `${name}.gz` : name);
    writeFileSync(path, isPacked ? gzipSync(text, { level: 1 }) : text);
    paths.push(path);
  }
  return paths;
}

interface Draw {
  /** Whole, below 2^32. */
  word(): number;
  /** From 0 to below 1. */
  part(): number;
}

interface Model {
  readonly vendor: string;
  readonly name: string;
  /** Cents for a million tokens. */
  readonly input: number;
  readonly output: number;
  readonly isPriced: boolean;
}

interface Workspace {
  readonly slug: string;
  readonly keys: string[];
  readonly users: string[];
  readonly teams: readonly string[];
}

interface World {
  readonly workspaces: readonly Workspace[];
  readonly models: readonly Model[];
  pickModel(): number;
  pickKey(workspace: Workspace): number;
  pickUser(workspace: Workspace): number;
}

/** Small fast counter, 32 bits, of four words. */
function drawFrom(seed: number): Draw {
  const state = Int32Array.of(seed, 0x9e3779b9 | 0, 0x243f6a88, 0xb7e15162 | 0);
  const word = (): number => {
    const [a = 0, b = 0, c = 0, counter = 0] = state;
    const next = (((a + b) | 0) + counter) | 0;
    state[3] = counter + 1;
    state[0] = b ^ (b >>> 9);
    state[1] = c + (c << 3);
    state[2] = ((c << 21) | (c >>> 11)) + next;
    return next >>> 0;
  };
  for (let warm = 0; warm < 20; warm += 1) word();
  return { word, part: () => word() / 2 ** 32 };
}

const vendors = [
  'openai',
  'anthropic',
  'azure-openai',
  'bedrock',
  'vertex-ai',
  'mistral-ai',
  'groq',
  'cohere',
] as const;
const tiers = [25, 100, 250, 300, 1500, 15, 60, 40] as const;
const families: Readonly<Record<string, string>> = { anthropic: 'claude', openai: 'gpt' };

function makeWorld(draw: Draw): World {
  const models = Array.from({ length: 60 }, (_, index): Model => {
    const vendor = vendors[index % 8] ?? 'openai';
    const input = tiers[(index * 5) % 8] ?? 0;
    const name = `${families[vendor] ?? 'model'}-${index}`;
    return { vendor, name, input, output: input * 4, isPriced: index % 20 !== 19 };
  });
  const workspaces = Array.from({ length: 40 }, (_, index): Workspace => {
    const number = String(index).padStart(2, '0');
    const teams = Array.from({ length: 6 }, (_each, team) => `team-${number}-${team}`);
    return { slug: `ws-team-${number}`, keys: [], users: [], teams };
  });
  for (let key = 0; key < 2_000; key += 1) workspaces[key % 40]?.keys.push(drawId(draw));
  for (let user = 0; user < 20_000; user += 1) {
    workspaces[(user * 7) % 40]?.users.push(`user-${String(user).padStart(5, '0')}@example.com`);
  }
  const picks = new Map(
    workspaces.map((workspace) => [
      workspace,
      {
        key: pickBy(zipf(workspace.keys.length, 1.1), draw),
        user: pickBy(zipf(workspace.users.length, 1.05), draw),
      },
    ]),
  );
  return {
    workspaces,
    models,
    pickModel: pickBy(zipf(60, 1.1), draw),
    pickKey: (workspace) => picks.get(workspace)?.key() ?? 0,
    pickUser: (workspace) => picks.get(workspace)?.user() ?? 0,
  };
}

function zipf(length: number, exponent: number): number[] {
  return Array.from({ length }, (_, index) => 1 / (index + 1) ** exponent);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** Walker's alias table: two draws pick one of any number, each as often as its weight says. */
function pickBy(weights: readonly number[], draw: Draw): () => number {
  const { length } = weights;
  const all = sum(weights);
  const heights = weights.map((weight) => (weight * length) / all);
  const others = new Int32Array(length);
  const own = new Float64Array(length).fill(1);
  const low: number[] = [];
  const high: number[] = [];
  for (const [index, height] of heights.entries()) (height < 1 ? low : high).push(index);
  while (low.length > 0 && high.length > 0) {
    const small = low.pop() ?? 0;
    const tall = high.pop() ?? 0;
    own[small] = heights[small] ?? 0;
    others[small] = tall;
    heights[tall] = (heights[tall] ?? 0) + (heights[small] ?? 0) - 1;
    ((heights[tall] ?? 0) < 1 ? low : high).push(tall);
  }
  return () => {
    const column = Math.trunc(draw.part() * length);
    return draw.part() < (own[column] ?? 1) ? column : (others[column] ?? 0);
  };
}

/** More by day than by night, fewer on weekends; sorted. */
function drawTimes(count: number, draw: Draw): Float64Array {
  const weights = Array.from({ length: hoursOfMonth }, (_, index) => {
    const date = new Date(begin + index * hour);
    const ofDay = date.getUTCHours() >= 7 && date.getUTCHours() < 19 ? 1 : 0.2;
    return (date.getUTCDay() % 6 === 0 ? 0.25 : 1) * ofDay;
  });
  const all = sum(weights);
  const times = new Float64Array(count);
  let filled = 0;
  let weight = 0;
  for (let index = 0; index < hoursOfMonth; index += 1) {
    weight += weights[index] ?? 0;
    const until = index === hoursOfMonth - 1 ? count : Math.round((count * weight) / all);
    for (; filled < until; filled += 1) times[filled] = begin + index * hour + Math.floor(draw.part() * hour);
  }
  return times.sort();
}

function drawId(draw: Draw): string {
  const words = [draw.word(), draw.word(), draw.word(), draw.word()];
  const digits = words.map((each) => each.toString(16).padStart(8, '0')).join('');
  const groups = [digits.slice(0, 8), digits.slice(8, 12), `4${digits.slice(13, 16)}`, `a${digits.slice(17, 20)}`];
  return [...groups, digits.slice(20)].join('-');
}

/** The order of the draws is the order of the lines here. */
function drawCall(at: number, workspace: Workspace, index: number, world: World, draw: Draw): string {
  const model = world.models[world.pickModel()];
  if (model === undefined) throw new Error('a model was drawn that is not there');
  const isFailed = draw.part() < 0.03;
  const isCached = !isFailed && draw.part() < 0.05;
  const factor = draw.part() < 0.02 ? 20 : 1;
  const input = isFailed ? 0 : Math.floor(100 + 3000 * draw.part() * draw.part()) * factor;
  const output = isFailed ? 0 : Math.floor(10 + 1200 * draw.part() * draw.part());
  const millionths = isCached || !model.isPriced ? 0 : input * model.input + output * model.output;
  const failure = isFailed && draw.part() < 0.5 ? 429 : 500;
  const metadata = drawMetadata(workspace, world, draw);
  const [id, trace] = [drawId(draw), drawId(draw)];
  const latency = isCached ? 12 : 300 + Math.floor(draw.part() * 4000);
  const config = draw.part() < 0.3 ? `pc-main-${index}` : null;
  return JSON.stringify({
    id,
    trace_id: trace,
    created_at: new Date(at).toISOString(),
    is_success: isFailed ? 0 : 1,
    ai_org: model.vendor,
    ai_model: model.name,
    req_units: input,
    res_units: output,
    total_units: input + output,
    cost: millionths / 1e6,
    cost_currency: 'USD',
    response_time: latency,
    response_status_code: isFailed ? failure : 200,
    mode: 'single',
    config,
    prompt_slug: null,
    metadata,
    workspace_slug: workspace.slug,
    api_key_id: workspace.keys[world.pickKey(workspace)],
    virtual_key: `${model.vendor}-prod`,
    cache_status: isCached ? 'HIT' : 'MISS',
  });
}

function drawMetadata(workspace: Workspace, world: World, draw: Draw): Readonly<Record<string, string | undefined>> {
  if (draw.part() < 0.04) return { env: 'prod' };
  return {
    _user: workspace.users[world.pickUser(workspace)],
    team: workspace.teams[Math.trunc(draw.part() * 6)],
    env: draw.part() < 0.7 ? 'prod' : 'dev',
  };
}
