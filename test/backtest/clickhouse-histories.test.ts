/**
 * Generated histories in a table of ClickHouse, asked there, against the same calls in memory, replayed: `npm run test:clickhouse`
 * names a server, elsewhere this is skipped.
 */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dimsOf } from '../../src/backtest/adapt-rows.ts';
import { backtest, columnsOfAsked } from '../../src/backtest/backtest.ts';
import { columnsOfRecommend, recommend } from '../../src/backtest/recommend.ts';
import type { NamedLimit } from '../../src/backtest/replay-limit.ts';
import { openTableRows } from '../../src/logs/clickhouse.ts';
import type { ClickHouse } from '../../src/logs/clickhouse-answers.ts';
import { quoteLiteral } from '../../src/logs/clickhouse-columns.ts';
import { type RowSource, rowFlags, unitsPerCent } from '../../src/logs/row-batch.ts';
import { effort } from '../helpers/effort.ts';
import { budgetOf, rateOf } from './build-limit.ts';
import { type Call, call, limits, start, words } from './draw-histories.ts';

const url = process.env.TOLLGATE_TEST_CLICKHOUSE;
const table = 'portkey.history';

/** As `words`, but that models are whole in some rows alone, and people have names of any letters. */
const models = ['gpt-4o', '@openai/gpt-4o-mini', 'claude', '@openai-eu/gpt-4o'];

const wantedPer = fc.uniqueArray(
  fc.constantFrom('api_key', 'metadata._user', 'metadata.team', 'model', 'workspace_id'),
  { minLength: 1, maxLength: 2 },
);
const wish = fc.record({
  limit: fc
    .oneof(
      fc.record({
        per: wantedPer,
        unit: fc.constantFrom('cost' as const, 'tokens' as const, 'requests' as const),
        reset: fc.constantFrom('monthly' as const, 'weekly' as const, 'never' as const, 'every 3 days' as const),
      }),
      fc.record({
        per: wantedPer,
        unit: fc.constantFrom('tokens' as const, 'requests' as const),
        window: fc.constantFrom('minute' as const, 'day' as const),
      }),
    )
    .map((wanted) => ('window' in wanted ? rateOf(1, wanted).limit : budgetOf(1, wanted).limit)),
  workspaces: fc.constantFrom([], ['red'], ['red', 'gone']),
  limits: fc.oneof(fc.constant([]), fc.constant([]), limits),
});

interface Row {
  readonly id: string;
  readonly at: number;
  readonly units: number | null;
  readonly tokens: number | null;
  readonly flags: number;
  /** By dimension of a source. */
  readonly texts: Readonly<Record<string, string | null>>;
}

function rowsOf(calls: readonly Call[]): Row[] {
  let at = start;
  return calls.map(({ step, cost, tokens, outcome, codes }, index) => {
    at += step;
    const [workspace, key, slug, vendor, model, user, team] = codes;
    const pick = (list: readonly string[], code = -1): string | null => list[code] || null;
    const flags = {
      served: 0,
      failed: rowFlags.failed,
      refused: rowFlags.refused | rowFlags.failed,
      cached: rowFlags.cacheHit,
    };
    return {
      id: `call-${String(index).padStart(4, '0')}`,
      at,
      units: outcome === 'refused' ? 0 : Number.isNaN(cost) ? null : cost,
      tokens: Number.isNaN(tokens) ? null : tokens,
      flags: flags[outcome as keyof typeof flags],
      texts: {
        ...{ workspace: pick(words.workspace, workspace), api_key: pick(words.api_key, key) },
        ...{ virtual_key: pick(words.virtual_key, slug), provider: pick(words.provider, vendor) },
        ...{ model: pick(models, model), user: pick(words['metadata._user'], user) },
        'metadata.team': pick(words['metadata.team'], team),
      },
    };
  });
}

/** As a reader of files hands them on. */
function sourceOf(rows: readonly Row[], dims: readonly string[]): RowSource {
  const dictionary = Object.fromEntries(
    dims.map((dim) => [dim, [...new Set(rows.flatMap(({ texts }) => texts[dim] ?? []))].sort()]),
  );
  const countOf = (isOne: (row: Row) => boolean) => rows.filter(isOne).length;
  return {
    facts: {
      asked: { from: null, to: null },
      gaps: [],
      ...{ files: [], rows: rows.length, oldest: rows[0]?.at ?? null, newest: rows.at(-1)?.at ?? null },
      ...{ duplicates: 0, contradictions: 0, otherWorkspaces: 0, malformed: { count: 0, first: [] } },
      cost: { missing: countOf(({ units }) => units === null), otherCurrency: {}, tooFine: 0, outOfRange: 0 },
      ...{ tokensMissing: countOf(({ tokens }) => tokens === null), cacheUnknown: 0, windows: [] },
      missing: Object.fromEntries(dims.map((dim) => [dim, countOf(({ texts }) => texts[dim] == null)])),
    },
    dictionary,
    async *batches() {
      yield {
        count: rows.length,
        time: Float64Array.from(rows, ({ at }) => at),
        cost: Float64Array.from(rows, ({ units }) => units ?? Number.NaN),
        tokens: Float64Array.from(rows, ({ tokens }) => tokens ?? Number.NaN),
        flags: Uint8Array.from(rows, ({ flags }) => flags),
        dims: Object.fromEntries(
          dims.map((dim) => [
            dim,
            Int32Array.from(rows, ({ texts }) =>
              texts[dim] == null ? -1 : (dictionary[dim] ?? []).indexOf(texts[dim]),
            ),
          ]),
        ),
      };
    },
    close: async () => {},
  };
}

async function send(sql: string): Promise<string> {
  const answer = await fetch(url ?? '', { method: 'POST', body: sql });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${sql.slice(0, 2_000)}: ${text.slice(0, 1_000)}`);
  return text;
}

function serverOf(): { readonly server: ClickHouse; readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    server: {
      async *lines(sql) {
        asked.push(sql);
        yield* (await send(`${sql} FORMAT TabSeparated`)).split('\n').filter((line) => line !== '');
      },
      close: async () => {},
    },
  };
}

/** Backwards, so that nothing goes by the order in the table. */
async function fill(rows: readonly Row[]): Promise<void> {
  const arrayOf = (list: readonly string[]) => `[${list.map(quoteLiteral).join(',')}]`;
  const lines = [...rows].reverse().map(({ id, at, units, tokens, flags, texts }, index) => {
    // A text that is empty is none.
    const pairs = [
      ['_user', texts.user],
      ['team', texts['metadata.team']],
    ].flatMap(([key, value]): [string, string][] =>
      value == null ? (index % 2 === 0 ? [[key ?? '', '']] : []) : [[key ?? '', value]],
    );
    const isFailed = (flags & rowFlags.failed) !== 0;
    const values = [
      ...[quoteLiteral(id), at, units === null ? 'NULL' : (units / unitsPerCent).toFixed(10), tokens ?? 'NULL'],
      ...[isFailed ? 0 : 1, (flags & rowFlags.refused) !== 0 ? 429 : isFailed ? 500 : 200],
      quoteLiteral((flags & rowFlags.cacheHit) !== 0 ? 'HIT' : 'MISS'),
      ...['workspace', 'api_key', 'virtual_key', 'provider'].map((dim) => quoteLiteral(texts[dim] ?? '')),
      texts.model == null ? 'NULL' : quoteLiteral(texts.model),
      arrayOf(pairs.map(([key]) => key)),
      arrayOf(pairs.map(([, value]) => value)),
    ];
    return `(${values.join(', ')})`;
  });
  await send(`DROP TABLE IF EXISTS ${table}`);
  await send(
    `CREATE TABLE ${table} (id String, created_at UInt64, cost Nullable(Float64), total_units Nullable(Int64), is_success UInt8, response_status_code UInt16, cache_status String, workspace_slug String, api_key_id String, virtual_key String, ai_org String, ai_model Nullable(String), \`metadata.key\` Array(String), \`metadata.value\` Array(String)) ENGINE = Memory`,
  );
  await send(`INSERT INTO ${table} VALUES ${lines.join(', ')}`);
}

async function compare(calls: readonly Call[], after: readonly NamedLimit[]): Promise<readonly string[]> {
  const rows = rowsOf(calls);
  await fill(rows);
  const asked = { before: null, after: { label: 'proposed', limits: after }, counts: false };
  const dims = dimsOf(columnsOfAsked(asked));
  const expected = await backtest(asked, sourceOf(rows, dims));
  const { server, asked: heard } = serverOf();
  const found = await backtest(asked, await openTableRows({ table, dims, workspaces: [] }, server));
  expect({ ...found, rows: { ...found.rows, files: 0 } }).toEqual(expected);
  return heard;
}

const isSkipped = url === undefined;

it.skipIf(isSkipped)('answers of one limit as a replay of the same calls', { timeout: 1_200_000 }, async () => {
  await send('CREATE DATABASE IF NOT EXISTS portkey');
  await fc.assert(
    fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 80 }), limits, async (calls, [limit]) => {
      if (limit === undefined) return;
      const heard = await compare(calls, [limit]);
      expect(heard.filter((sql) => sql.startsWith('SELECT t,'))).toEqual([]);
    }),
    { numRuns: effort('histories of one limit in ClickHouse', 60, 1_000) },
  );
});

it.skipIf(isSkipped)('answers of several limits from rows in their order', { timeout: 1_200_000 }, async () => {
  await send('CREATE DATABASE IF NOT EXISTS portkey');
  await fc.assert(
    fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 80 }), limits, async (calls, several) => {
      await compare(calls, several);
    }),
    { numRuns: effort('histories of several limits in ClickHouse', 20, 300) },
  );
});

it.skipIf(isSkipped)('recommends as a replay of the same calls does', { timeout: 1_200_000 }, async () => {
  await send('CREATE DATABASE IF NOT EXISTS portkey');
  await fc.assert(
    fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 80 }), wish, async (calls, asked) => {
      const rows = rowsOf(calls);
      await fill(rows);
      const dims = dimsOf(columnsOfRecommend(asked));
      const expected = await recommend(asked, sourceOf(rows, dims));
      const { server, asked: heard } = serverOf();
      expect(await recommend(asked, await openTableRows({ table, dims, workspaces: [] }, server))).toEqual(expected);
      if (asked.limits.length === 0) expect(heard.filter((sql) => sql.startsWith('SELECT t,'))).toEqual([]);
    }),
    { numRuns: effort('recommendations in ClickHouse', 30, 300) },
  );
});
