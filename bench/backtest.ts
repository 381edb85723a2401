import { existsSync, readdirSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { dimsOf } from '../src/backtest/adapt-rows.ts';
import { type BacktestAsked, backtest, columnsOfAsked } from '../src/backtest/backtest.ts';
import { parseLimitPhrase } from '../src/backtest/limit-phrase.ts';
import { openRows } from '../src/logs/open-rows.ts';
import { unitsPerCent } from '../src/logs/row-batch.ts';
import { readRowSpend } from '../src/logs/spend.ts';
import type { BacktestFacts } from '../src/render/backtest-facts.ts';
import { writeCalls } from '../test/helpers/call-rows.ts';
import { writeCallStore } from '../test/helpers/call-store.ts';
import { time } from './measure.ts';
import { type Result, round } from './result.ts';

/** Where calls lie from one run to the next: making ten million of them takes minutes. */
function callsOf(rows: number): string {
  const folder = join(tmpdir(), `tollgate-bench-calls-${rows}`);
  if (existsSync(folder)) return folder;
  const making = `${folder}-${process.pid}`;
  writeCalls(join(making, 'gz'), rows);
  renameSync(making, folder);
  return folder;
}

const signal = new AbortController().signal;

/** Three that interact: by workspace, by user, and how fast a user may go. */
const phrases = ['per user $20 monthly', '$600 monthly', 'per user 5 requests/minute'];

async function replay(path: string): Promise<BacktestFacts> {
  const asked: BacktestAsked = {
    before: null,
    after: { label: 'proposed', limits: phrases.map(parseLimitPhrase) },
    counts: false,
  };
  const source = await openRows(
    { from: [path], dims: dimsOf(columnsOfAsked(asked)), workspaces: [] },
    { folder: tmpdir(), signal },
  );
  try {
    return await backtest(asked, source);
  } finally {
    await source.close();
  }
}

/** What the queries of DuckDB read: a relation, and its columns as SQL. */
interface Relation {
  readonly from: string;
  readonly user: string;
  readonly time: string;
  readonly isServed: string;
  /** Whole, in whatever is `units` to the cent. */
  readonly cost: string;
  readonly units: number;
}

function linesIn(path: string): Relation {
  const columns =
    "{id: 'VARCHAR', created_at: 'TIMESTAMP', is_success: 'INTEGER', cost: 'DOUBLE', metadata: 'JSON', workspace_slug: 'VARCHAR', cache_status: 'VARCHAR'}";
  return {
    from: `read_json('${path}/*.gz', format = 'newline_delimited', columns = ${columns})`,
    user: "json_extract_string(metadata, '$._user')",
    time: 'created_at',
    isServed: 'is_success = 1',
    cost: 'CAST(round(cost * 1000000) AS BIGINT)',
    units: 1_000_000,
  };
}

/** As the store keeps it beside the columns of an export: the measure profits of it as we do. */
function daysIn(store: string): Relation {
  return {
    from: `read_parquet('${store}/*/*.parquet')`,
    user: '"user"',
    time: 'make_timestamp(t * 1000)',
    isServed: 'fl & 1 = 0',
    cost: 'u',
    units: unitsPerCent,
  };
}

/** The same limits one by one, each as a window function over the same files. */
async function askSql({ from, user, time: at, isServed, cost, units }: Relation): Promise<void> {
  const charge = `CASE WHEN ${isServed} THEN ${cost} ELSE 0 END`;
  const queries = [
    [`workspace_slug, ${user}, date_trunc('month', ${at})`, charge, 2_000 * units],
    [`workspace_slug, date_trunc('month', ${at})`, charge, 60_000 * units],
    [`workspace_slug, ${user}, date_trunc('minute', ${at})`, '1', 5],
  ] as const;
  for (const [by, counted, limit] of queries) {
    const used = `SELECT ${cost} AS units, COALESCE(SUM(${counted}) OVER (PARTITION BY ${by} ORDER BY ${at}, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS used FROM ${from} WHERE cache_status <> 'HIT'`;
    await query(`SELECT count(*), SUM(units)::VARCHAR FROM (${used}) WHERE used >= ${limit}`);
  }
}

async function query(sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '2',
    memory_limit: '1200MB',
    temp_directory: join(tmpdir(), 'tollgate-bench-duckdb'),
  });
  const connection = await instance.connect();
  await connection.runAndReadAll(sql);
  connection.closeSync();
  instance.closeSync();
}

/** Seconds of all processors. */
async function cpu(work: () => Promise<unknown>): Promise<{ wall: number; cpu: number }> {
  const before = process.cpuUsage();
  const wall = (await time(work)) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { wall, cpu: (user + system) / 1e6 };
}

const memory = (): number => process.resourceUsage().maxRSS / 1024;

/** @param rows of one month */
export async function measureBacktest(rows: number): Promise<readonly Result[]> {
  const folder = callsOf(rows);
  const gz = join(folder, 'gz');
  let refused = 0;
  const ours = await cpu(async () => {
    refused = (await replay(gz)).together.after?.calls ?? 0;
  });
  const peak = memory();
  const sql = await cpu(() => askSql(linesIn(gz)));
  const ratio = ours.cpu / sql.cpu;
  const millions = `${rows / 1e6} M calls`;
  return [
    {
      what: `backtest of three limits that interact, ${millions} in gzip files, against DuckDB's three queries of one`,
      target: '≤ 1.5 × its CPU',
      measured: `${round(ratio)} ×`,
      met: ratio <= 1.5,
      numbers: { rows, refused, cpu: round(ours.cpu), sqlCpu: round(sql.cpu), sqlWall: round(sql.wall) },
    },
    {
      what: `the same, time and memory`,
      target: '≤ 60 s on two idle cores, ≤ 1,536 MiB',
      measured: `${round(ours.wall, 1)} s, ${round(peak, 0)} MiB`,
      met: ours.wall <= 60 && peak <= 1_536,
      numbers: { wall: round(ours.wall), mebibytes: round(peak, 0) },
    },
  ];
}

/** Calls as `logs pull` keeps them; in a process of its own, whose memory is not ours. */
export async function makeStore(rows: number): Promise<void> {
  const folder = callsOf(rows);
  const store = storeIn(folder);
  if (existsSync(store)) return;
  const making = `${store}-${process.pid}`;
  const names = readdirSync(join(folder, 'gz')).sort();
  await writeCallStore(
    making,
    names.map((name) => join(folder, 'gz', name)),
  );
  renameSync(making, store);
}

function storeIn(folder: string): string {
  return join(folder, 'store');
}

/** Of a store that `makeStore` has made. */
export async function measureStore(rows: number): Promise<readonly Result[]> {
  const store = storeIn(callsOf(rows));
  const asked = { from: [store], workspaces: [] };
  const spend = await cpu(() => readRowSpend(['workspace'], asked, { folder: tmpdir(), signal }));
  let refused = 0;
  const replayed = await cpu(async () => {
    refused = (await replay(store)).together.after?.calls ?? 0;
  });
  const peak = memory();
  const relation = daysIn(store);
  const sql = await cpu(() => askSql(relation));
  const sums = `SELECT workspace_slug, count(*), count(*) FILTER (fl & 1 <> 0), SUM(u)::VARCHAR, SUM(tok)::VARCHAR FROM ${relation.from} GROUP BY 1`;
  const sqlSpend = await cpu(() => query(sums));
  const millions = `${rows / 1e6} M calls in a store of \`logs pull\``;
  const [ratio, spendRatio] = [replayed.cpu / sql.cpu, spend.cpu / sqlSpend.cpu];
  return [
    {
      what: `backtest of three limits, ${millions}, against DuckDB's three queries of one`,
      target: '≤ 1.5 × its CPU',
      measured: `${round(ratio)} ×`,
      met: ratio <= 1.5,
      numbers: { rows, refused, cpu: round(replayed.cpu), sqlCpu: round(sql.cpu), sqlWall: round(sql.wall) },
    },
    {
      what: 'the same, time and memory',
      target: '≤ 20 s on two idle cores, ≤ 1,536 MiB',
      measured: `${round(replayed.wall, 1)} s, ${round(peak, 0)} MiB`,
      met: replayed.wall <= 20 && peak <= 1_536,
      numbers: { wall: round(replayed.wall), mebibytes: round(peak, 0) },
    },
    {
      what: `spend by workspace, ${millions}; beside it DuckDB's sums alone`,
      target: '≤ 3 s on two idle cores',
      measured: `${round(spend.wall, 1)} s (${round(spendRatio)} × its CPU)`,
      met: spend.wall <= 3,
      numbers: {
        rows,
        ...{ wall: round(spend.wall), cpu: round(spend.cpu) },
        ...{ sqlWall: round(sqlSpend.wall), sqlCpu: round(sqlSpend.cpu) },
      },
    },
  ];
}
