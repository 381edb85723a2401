import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { dimsOf } from '../src/backtest/adapt-rows.ts';
import { type BacktestAsked, backtest, columnsOfAsked } from '../src/backtest/backtest.ts';
import { parseLimitPhrase } from '../src/backtest/limit-phrase.ts';
import { openRows } from '../src/logs/open-rows.ts';
import { readRowSpend } from '../src/logs/spend.ts';
import type { BacktestFacts } from '../src/render/backtest-facts.ts';
import { writeCalls } from '../test/helpers/call-rows.ts';
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

/** The same limits one by one, each as a window function over the same files. */
async function askSql(path: string): Promise<void> {
  const user = "json_extract_string(metadata, '$._user')";
  const cost = 'CAST(round(cost * 1000000) AS BIGINT)';
  const columns =
    "{id: 'VARCHAR', created_at: 'TIMESTAMP', is_success: 'INTEGER', cost: 'DOUBLE', metadata: 'JSON', workspace_slug: 'VARCHAR', cache_status: 'VARCHAR'}";
  const queries = [
    [
      `workspace_slug, ${user}, date_trunc('month', created_at)`,
      `CASE WHEN is_success = 1 THEN ${cost} ELSE 0 END`,
      2_000_000_000,
    ],
    [
      `workspace_slug, date_trunc('month', created_at)`,
      `CASE WHEN is_success = 1 THEN ${cost} ELSE 0 END`,
      60_000_000_000,
    ],
    [`workspace_slug, ${user}, date_trunc('minute', created_at)`, '1', 5],
  ] as const;
  for (const [by, charge, limit] of queries) {
    const instance = await DuckDBInstance.create(':memory:', {
      threads: '2',
      memory_limit: '1200MB',
      temp_directory: join(tmpdir(), 'tollgate-bench-duckdb'),
    });
    const connection = await instance.connect();
    const used = `SELECT cost, COALESCE(SUM(${charge}) OVER (PARTITION BY ${by} ORDER BY created_at, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS used FROM read_json('${path}/*.gz', format = 'newline_delimited', columns = ${columns}) WHERE cache_status <> 'HIT'`;
    await connection.runAndReadAll(`SELECT count(*), SUM(${cost})::VARCHAR FROM (${used}) WHERE used >= ${limit}`);
    connection.closeSync();
    instance.closeSync();
  }
}

async function writeParquet(from: string, to: string): Promise<void> {
  if (existsSync(to)) return;
  mkdirSync(to, { recursive: true });
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run(
    `COPY (SELECT * FROM read_json_auto('${from}/*.gz', format = 'newline_delimited', map_inference_threshold = -1)) TO '${to}/calls.parquet' (FORMAT parquet, COMPRESSION zstd)`,
  );
  connection.closeSync();
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
  const sql = await cpu(() => askSql(gz));
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

export async function measureBacktestParquet(rows: number): Promise<readonly Result[]> {
  const folder = callsOf(rows);
  const parquet = join(folder, 'parquet');
  await writeParquet(join(folder, 'gz'), parquet);
  const spend = await cpu(() =>
    readRowSpend(['workspace'], { from: [parquet], workspaces: [] }, { folder: tmpdir(), signal }),
  );
  const replayed = await cpu(() => replay(parquet));
  const peak = memory();
  return [
    {
      what: `backtest of three limits, ${rows / 1e6} M calls in Parquet`,
      target: '≤ 20 s on two idle cores, ≤ 1,536 MiB',
      measured: `${round(replayed.wall, 1)} s, ${round(peak, 0)} MiB`,
      met: replayed.wall <= 20 && peak <= 1_536,
      numbers: { rows, wall: round(replayed.wall), cpu: round(replayed.cpu), mebibytes: round(peak, 0) },
    },
    {
      what: `spend by workspace, ${rows / 1e6} M calls in Parquet`,
      target: '≤ 3 s on two idle cores',
      measured: `${round(spend.wall, 1)} s`,
      met: spend.wall <= 3,
      numbers: { rows, wall: round(spend.wall), cpu: round(spend.cpu) },
    },
  ];
}
