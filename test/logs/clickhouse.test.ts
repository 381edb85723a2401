/** Rows of a ClickHouse that is played: what is asked, and what is not taken for an answer. `npm run test:clickhouse` asks real ones. */

import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { openTableRows } from '../../src/logs/clickhouse.ts';
import type { ClickHouse } from '../../src/logs/clickhouse-answers.ts';
import { quoteColumn, quoteLiteral, selectOfTable } from '../../src/logs/clickhouse-columns.ts';
import { describeFacts } from '../../src/logs/describe-facts.ts';
import { answerOf, type Played, usual } from './play-clickhouse.ts';

function play(played: Played) {
  const asked: string[] = [];
  const server: ClickHouse = {
    async *lines(sql) {
      asked.push(sql);
      yield* answerOf(sql, played);
    },
    close: async () => {},
  };
  return { server, asked };
}

const asked = { table: 'logs.calls', dims: ['user'], workspaces: [] };

async function read(played: Played): Promise<unknown[]> {
  const source = await openTableRows(asked, play(played).server);
  const rows: unknown[] = [];
  for await (const { count, time, cost, tokens, flags, dims } of source.batches({
    dims: ['user'],
    from: null,
    to: null,
  })) {
    for (let row = 0; row < count; row += 1) {
      const user = source.dictionary.user?.[dims.user?.[row] ?? -1] ?? null;
      rows.push([time[row], cost[row], tokens[row], flags[row], user]);
    }
  }
  return rows;
}

describe('rows of ClickHouse', () => {
  it('come with every letter that a text may hold, and without a value where there is none', async () => {
    const users = [' ', String.raw`a\tb\\N\n`, String.raw`\\N`];
    const rows = [
      `1000\t5\t\\N\t0\t${users[1]}`,
      `1000\t\\N\t7\t5\t${users[2]}`,
      `2000\t1\t1\t0\t\\N`,
      '2000\t1\t1\t0\t ',
    ];
    expect(await read({ texts: [users], rows })).toEqual([
      [1000, 5, Number.NaN, 0, 'a\tb\\N\n'],
      [1000, Number.NaN, 7, 5, '\\N'],
      [2000, 1, 1, 0, null],
      [2000, 1, 1, 0, ' '],
    ]);
  });

  it('come all, where they are more than one batch holds', async () => {
    const rows = Array.from({ length: 70_000 }, (_, at) => `1000\t${at}\t1\t0\tana`);
    const found = await read({ texts: [['ana']], rows });
    expect(found).toHaveLength(70_000);
    expect(found[65_536]).toEqual([1000, 65_536, 1, 0, 'ana']);
  });

  it.each([
    ['fewer rows than were counted', ['1000\t5\t1\t0\tana'], 2],
    ['more rows', ['1000\t5\t1\t0\tana', '1000\t5\t1\t0\tana'], 1],
    ['a text in place of a row', ['1000\t5\t1\t0\tana', 'Code: 241'], 2],
    ['a complaint within a row', ['1000\t5\t1\t0\tanaCode: 241, e.displayText()'], 1],
    ['a user who was not there', ['1000\t5\t1\t0\tben'], 1],
    ['another order', ['2000\t5\t1\t0\tana', '1000\t5\t1\t0\tana'], 2],
    ['a cost that is not a number', ['1000\tmuch\t1\t0\tana'], 1],
  ])('are not taken for all of them where there are %s', async (_, rows, counted) => {
    await expect(read({ texts: [['ana']], rows, counted })).rejects.toThrow('not those that were counted a moment ago');
  });

  it.each([
    ['there is no table "logs.calls"', { columns: [] }],
    ['no column "created_at"', { columns: ['id\tString'] }],
    ['no column "id" and no column "created_at"', { columns: ['cost\tFloat64'] }],
    ['created_at as Array(Date)', { columns: ['id\tString', 'created_at\tArray(Date)'] }],
    ['cannot read keys out of it', { columns: [...usual.slice(0, 3), 'metadata\tString'] }],
  ])('are refused first where %s', async (said, played) => {
    const { server, asked: heard } = play(played);
    await expect(openTableRows(asked, server)).rejects.toThrow(said);
    expect(heard.some((sql) => sql.startsWith('SELECT countIf'))).toBe(false);
  });

  it('say that money of Float32 is not exact, and of Float64 nothing', async () => {
    const factsOf = async (type: string) => {
      const columns = usual.map((line) => line.replace('Float64', type));
      return describeFacts((await openTableRows(asked, play({ columns }).server)).facts).join('\n');
    };
    expect(await factsOf('Nullable(Float32)')).toContain('Float32, of which seven digits are right');
    expect(await factsOf('Float64')).toBe('');
  });

  it.each(['a b', 'a.b.c', '', 'a;DROP', "calls'"])(
    'are of no table %j, or of one by that very name',
    async (table) => {
      const { server, asked: heard } = play({ columns: [] });
      await expect(openTableRows({ ...asked, table }, server)).rejects.toBeInstanceOf(UserError);
      for (const sql of heard) expect(sql).toContain(`table = ${quoteLiteral(table)}`);
    },
  );

  it('are not cut off by a window beyond what a DateTime holds, which old servers take for another one', () => {
    const columns = new Map([
      ['id', 'String'],
      ['created_at', 'DateTime'],
    ]);
    const boundsIn = (from: string, to: string) =>
      selectOfTable(columns, [], 'calls', { from: Date.parse(from), to: Date.parse(to) }).match(
        /[<>]= toDateTime\(\d+\)/g,
      );
    expect(boundsIn('1970-01-01', '2106-02-07T06:28:15Z')).toEqual(['>= toDateTime(0)', '<= toDateTime(4294967295)']);
    expect(boundsIn('1960-01-01', '2026-10-01')).toEqual(['<= toDateTime(1790812800)']);
    expect(boundsIn('2026-10-01', '2150-01-01')).toEqual(['>= toDateTime(1790812800)']);
    expect(boundsIn('1960-01-01', '2150-01-01')).toBeNull();
  });

  it.each([
    [[], 'nullIf(toFloat64(length(toString(`id`)) * 0), 0)'],
    [['res_units'], 'nullIf(toFloat64(length(toString(`id`)) * 0), 0)'],
    [['total_units'], 'toFloat64(`total_units`)'],
    [['req_units', 'res_units'], 'toFloat64(`req_units`) + toFloat64(`res_units`)'],
    [
      ['total_units', 'req_units', 'res_units'],
      'coalesce(toFloat64(`total_units`), toFloat64(`req_units`) + toFloat64(`res_units`))',
    ],
  ])('take tokens from what there is of %j: 18.16 cannot coalesce what is null in every row', (names, sql) => {
    const columns = new Map(['id', 'created_at', ...names].map((name) => [name, name === 'id' ? 'String' : 'UInt32']));
    expect(selectOfTable(columns, [], 'calls', { from: null, to: null })).toContain(`, ${sql} AS tg_n,`);
  });

  it.each([
    ['no row where there is always one', []],
    ['two of them', ['0\t0\t0\t0', '0\t0\t0\t0']],
    ['a complaint', ['Code: 241, e.displayText() = DB::Exception: Memory limit exceeded']],
    ['a number that is none', ['0\t0\tx\t0']],
    ['a row that ends early', ['0\t0\t']],
  ])('are not nothing where an answer of sums is %s', async (_, lines) => {
    const server: ClickHouse = {
      async *lines(sql) {
        yield* sql.includes('FROM system.columns') ? usual : lines;
      },
      close: async () => {},
    };
    await expect(openTableRows(asked, server)).rejects.toMatchObject({ name: 'UserError', exit: 'unreachable' });
  });

  it('say what the server said, where it breaks off in the middle of them', async () => {
    const rows = ['1000\t5\t1\t0\tana', 'Code: 241, e.displayText() = DB::Exception: Memory limit exceeded'];
    await expect(read({ texts: [['ana']], rows, counted: 2 })).rejects.toThrow('broke its answer off: Code: 241');
  });

  it('quotes what comes from outside so that nothing in it ends the quotes', () => {
    expect(quoteLiteral(`it's \\' "b" \`c\` \0`)).toBe(`'it\\'s \\\\\\' "b" \`c\` \\0'`);
    expect(quoteColumn('a`b\\')).toBe('`a\\`b\\\\`');
  });
});
