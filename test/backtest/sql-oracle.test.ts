/**
 * A second oracle: single limits as window functions of SQL, over files that another reader has read. Several limits together are
 * more than SQL of one pass can say.
 */

import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, it } from 'vitest';
import { dimsOf } from '../../src/backtest/adapt-rows.ts';
import { backtest, columnsOfAsked } from '../../src/backtest/backtest.ts';
import { parseLimitPhrase } from '../../src/backtest/limit-phrase.ts';
import { openRows } from '../../src/logs/open-rows.ts';
import { writeCalls } from '../helpers/call-rows.ts';
import { effort } from '../helpers/effort.ts';
import { makeFolder } from '../record/git-fixture.ts';

interface Single {
  readonly phrase: string;
  /** What a counter is kept for. */
  readonly by: string;
  readonly window: string;
  readonly charge: string;
  readonly limit: string;
  /** Counted before the call, with the calls that failed. */
  readonly isRate?: true;
}

const user = "json_extract_string(metadata, '$._user')";
const cost = 'CAST(round(cost * 1000000) AS HUGEINT)';
const month = "date_trunc('month', t)";
const singles: readonly Single[] = [
  { phrase: 'per user $2 monthly', by: `workspace_slug, ${user}`, window: month, charge: cost, limit: '200000000' },
  { phrase: '$3 weekly', by: 'workspace_slug', window: "date_trunc('week', t)", charge: cost, limit: '300000000' },
  {
    phrase: 'per key 400k tokens never',
    by: 'workspace_slug, api_key_id',
    window: '0',
    charge: 'total_units',
    limit: '400000',
  },
  {
    phrase: 'per user and model 20 requests monthly',
    by: `workspace_slug, ${user}, ai_org, ai_model`,
    window: month,
    charge: '1',
    limit: '20',
  },
  {
    phrase: 'per user 2 requests/hour',
    by: `workspace_slug, ${user}`,
    window: "date_trunc('hour', t)",
    charge: '1',
    limit: '2',
    isRate: true,
  },
  {
    phrase: '10 requests/day per key',
    by: 'workspace_slug, api_key_id',
    window: "date_trunc('day', t)",
    charge: '1',
    limit: '10',
    isRate: true,
  },
];

it('refuses as many calls for as much money as window functions say, of single limits', {
  timeout: 300_000,
}, async () => {
  const folder = makeFolder();
  writeCalls(join(folder, 'logs'), effort('rows for window functions', 40_000, 400_000));
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  for (const { phrase, by, window, charge, limit, isRate } of singles) {
    const charged = isRate ? charge : `CASE WHEN is_success = 1 THEN ${charge} ELSE 0 END`;
    const rows = `SELECT *, created_at::TIMESTAMP AS t FROM read_json('${join(folder, 'logs', '*.gz')}', columns = {id: 'VARCHAR', created_at: 'VARCHAR', is_success: 'INTEGER', ai_org: 'VARCHAR', ai_model: 'VARCHAR', total_units: 'BIGINT', cost: 'DOUBLE', metadata: 'JSON', workspace_slug: 'VARCHAR', api_key_id: 'VARCHAR', cache_status: 'VARCHAR'})`;
    const lacks = by.includes(user) ? `AND ${user} IS NOT NULL` : '';
    const sums = `SELECT *, COALESCE(SUM(${charged}) OVER (PARTITION BY ${by}, ${window} ORDER BY t, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS used FROM (${rows}) WHERE cache_status <> 'HIT' ${lacks}`;
    const sql = `SELECT count(*), COALESCE(SUM(${cost}), 0)::VARCHAR FROM (${sums}) WHERE used >= ${limit}`;
    const [answer = []] = (await connection.runAndReadAll(sql)).getRowsJS();
    const asked = { before: null, after: { label: 'proposed', limits: [parseLimitPhrase(phrase)] }, counts: false };
    const source = await openRows(
      { from: ['logs'], dims: dimsOf(columnsOfAsked(asked)), workspaces: [] },
      { folder, signal: new AbortController().signal },
    );
    const { together, refusals } = await backtest(asked, source);
    await source.close();
    expect(refusals).toEqual([]);
    const { n = 0n, d = 1n } = together.after?.money ?? {};
    expect([phrase, BigInt(together.after?.calls ?? 0), (n * 1_000_000n) / d]).toEqual([
      phrase,
      answer[0],
      BigInt(String(answer[1])),
    ]);
    expect(together.after?.calls).toBeGreaterThan(0);
  }
  connection.closeSync();
});
