/** Rows of files in one order: the same out of every form, and nothing lost in silence. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { openDatabase } from '../../src/logs/duckdb.ts';
import { beginManifest, renderManifest } from '../../src/logs/manifest.ts';
import { openRows, type RowsNeeds } from '../../src/logs/open-rows.ts';
import { plainDims, type RowSource, type SourceFacts } from '../../src/logs/row-batch.ts';
import { writeCalls } from '../helpers/call-rows.ts';
import { makeFolder } from '../record/git-fixture.ts';

const signal = new AbortController().signal;
const dims = ['user', 'model', 'workspace', 'metadata.team'];

interface Read {
  readonly facts: SourceFacts;
  /** One row a line: time, cost, tokens, flags, texts. */
  readonly rows: readonly string[];
}

async function read(
  from: string | readonly string[],
  folder: string,
  more: Partial<RowsNeeds> & { dims?: string[] } = {},
): Promise<Read> {
  const { dims: wanted = dims, ...needs } = more;
  const asked = { from: typeof from === 'string' ? [from] : from, dims: wanted, workspaces: [] };
  const source = await openRows(asked, { folder, signal, ...needs });
  try {
    return { facts: source.facts, rows: await list(source, wanted) };
  } finally {
    await source.close();
  }
}

async function list(source: RowSource, wanted: readonly string[]): Promise<string[]> {
  const rows: string[] = [];
  for await (const batch of source.batches({ dims: wanted, from: null, to: null })) {
    for (let row = 0; row < batch.count; row += 1) {
      const texts = wanted.map((dim) => source.dictionary[dim]?.[batch.dims[dim]?.[row] ?? -1] ?? '-');
      const { time, cost, tokens, flags } = batch;
      rows.push([time[row], cost[row], tokens[row], flags[row], ...texts].join(' '));
    }
  }
  return rows;
}

function write(folder: string, name: string, lines: readonly (string | object)[]): string {
  const text = lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
  writeFileSync(join(folder, name), name.endsWith('.gz') ? gzipSync(text) : text);
  return name;
}

const call = (id: string, more: object = {}): object => ({
  id,
  created_at: '2026-10-01T10:00:00.000Z',
  cost: 1.5,
  cost_currency: 'USD',
  total_units: 10,
  response_status_code: 200,
  cache_status: 'MISS',
  metadata: { _user: 'ana' },
  ...more,
});

describe('rows of files', () => {
  it('come in order of time and id, with exact units, whatever the order of lines and files and the number of threads', async () => {
    const folder = makeFolder();
    const paths = writeCalls(join(folder, 'packed'), 4_000);
    const one = await read('packed/*.jsonl.gz', folder);
    expect(one.facts).toMatchObject({
      rows: 4_000,
      duplicates: 0,
      malformed: { count: 0 },
      tokensMissing: 0,
      cacheUnknown: 0,
    });
    expect(one.facts.files).toHaveLength(40);
    const lines = paths.flatMap((path) => gunzipSync(readFileSync(path)).toString().trimEnd().split('\n'));
    const cost = lines.reduce(
      (total, line) => total + BigInt(Math.round((JSON.parse(line) as { cost: number }).cost * 1e10)),
      0n,
    );
    expect(one.rows.reduce((total, row) => total + BigInt(row.split(' ')[1] ?? ''), 0n)).toBe(cost);
    const sorted = lines
      .map((line) => JSON.parse(line) as { id: string; created_at: string; total_units: number; ai_model: string })
      .sort((a, b) => (a.created_at + a.id < b.created_at + b.id ? -1 : 1));
    expect(one.rows.map((row) => row.split(' ')[0])).toEqual(sorted.map((row) => String(Date.parse(row.created_at))));
    expect(one.rows.map((row) => row.split(' ')[5])).toEqual(sorted.map((row) => row.ai_model));
    // Backwards, in three files, of which one is packed, by one thread.
    const backwards = [...lines].reverse();
    write(folder, 'z.jsonl', backwards.slice(0, 1_000));
    write(folder, 'y.jsonl.gz', backwards.slice(1_000, 2_500));
    write(folder, 'a.jsonl', backwards.slice(2_500));
    expect((await read(['z.jsonl', 'a.jsonl', 'y.jsonl.gz'], folder, { threads: 1 })).rows).toEqual(one.rows);
  });

  it('reads both forms of time, and a place beside it', async () => {
    const folder = makeFolder();
    const forms = [
      '2026-10-01T10:00:00.007Z',
      '2026-10-01 10:00:00.006',
      '2026-10-01T12:00:00.005+02:00',
      '2026-10-01 10:00:00',
      '2026-10-01T10:00:00.0041239Z',
    ];
    write(
      folder,
      'times.jsonl',
      forms.map((created_at, index) => call(`i${index}`, { created_at })),
    );
    const { rows } = await read('times.jsonl', folder);
    expect(rows.map((row) => Number(row.split(' ')[0]) - Date.UTC(2026, 9, 1, 10))).toEqual([0, 4, 5, 6, 7]);
  });

  it('finds metadata in an object, in lists, in pairs and in a text, by names of any kind', async () => {
    const folder = makeFolder();
    const names = ['_user', "it's", 'a"b', 'a/b', '$x', '*', 'a~1b', 'key'];
    write(folder, 'm.jsonl', [
      ...names.map((name, index) => call(`o${index}`, { metadata: { [name]: 'ana' } })),
      ...names.map((name, index) => call(`l${index}`, { metadata: { key: ['x', name], value: ['no', 'ana'] } })),
      ...names.map((name, index) => call(`p${index}`, { metadata: [{ key: name, value: 'ana' }] })),
      ...names.map((name, index) => call(`t${index}`, { metadata: JSON.stringify({ [name]: 'ana' }) })),
      ...[null, [], 5, 'x', { _user: '' }, { _user: null }, [1], { key: 'x', value: 'y' }].map((metadata, index) =>
        call(`n${index}`, { metadata }),
      ),
    ]);
    const { rows, facts } = await read('m.jsonl', folder, { dims: names.map((name) => `metadata.${name}`) });
    expect(rows).toHaveLength(40);
    for (const [at, name] of names.entries()) {
      const found = rows.filter((row) => row.split(' ')[4 + at] === 'ana').length;
      expect([name, found]).toEqual([name, 4]);
    }
    expect(facts.missing['metadata._user']).toBe(36);
  });

  it('takes money only where it is whole units, and counts the rest apart', async () => {
    const folder = makeFolder();
    const costs: [unknown, string][] = [
      [0.0375, '375000000'],
      ['1.5', '15000000000'],
      [1e-10, '1'],
      [0, '0'],
      [112589.9906842624, 'NaN'],
      [112589.9906842623, '1125899906842623'],
      [1e-11, 'NaN'],
      [0.12345678901, 'NaN'],
      [-1, 'NaN'],
      ['abc', 'NaN'],
      [null, 'NaN'],
      [{ a: 1 }, 'NaN'],
      [0.1 + 0.2, 'NaN'],
    ];
    write(folder, 'c.jsonl', [
      ...costs.map(([cost], index) => call(`c${String(index).padStart(2, '0')}`, { cost })),
      call('d0', { cost_currency: 'EUR' }),
      call('d1', { cost_currency: 'usd', cost: 2 }),
      call('d2', { cost_currency: null, cost: 2 }),
    ]);
    const { rows, facts } = await read('c.jsonl', folder);
    expect(rows.map((row) => row.split(' ')[1])).toEqual([
      ...costs.map(([, units]) => units),
      'NaN',
      '20000000000',
      '20000000000',
    ]);
    expect(facts.cost).toEqual({ missing: 3, otherCurrency: { EUR: 1 }, tooFine: 3, outOfRange: 2 });
  });

  it('any decimal of ten places comes out as it went in', async () => {
    const folder = makeFolder();
    const units = Array.from(
      { length: 2_000 },
      (_, index) => (BigInt(index) * 562_949_953_421_311n * 7_919n) % 2n ** 50n,
    );
    const texts = units.map((each) => `${each / 10n ** 10n}.${String(each % 10n ** 10n).padStart(10, '0')}`);
    write(
      folder,
      'd.jsonl',
      texts.map((text, index) =>
        JSON.stringify(call(`c${String(index).padStart(4, '0')}`)).replace('"cost":1.5', `"cost":${text}`),
      ),
    );
    const { rows } = await read('d.jsonl', folder);
    expect(rows.map((row) => row.split(' ')[1])).toEqual(units.map(String));
  });

  it('says what failed, what a cache answered and what was refused', async () => {
    const folder = makeFolder();
    write(folder, 'f.jsonl', [
      call('a'),
      call('b', { is_success: 0 }),
      call('c', { is_success: true, response_status_code: 500 }),
      call('d', { response_status_code: 500 }),
      call('e', { cache_status: 'HIT' }),
      call('f', { cache_status: null }),
      call('g', { response_status_code: '429', cost: 0 }),
      call('h', { response_status_code: 412, cost: null }),
      call('i', { response_status_code: 429 }),
    ]);
    const { rows, facts } = await read('f.jsonl', folder);
    expect(rows.map((row) => Number(row.split(' ')[3]))).toEqual([0, 1, 0, 1, 2, 4, 9, 9, 1]);
    expect(facts.cacheUnknown).toBe(1);
  });

  it('counts each id once: the earliest row, and says where others contradict it', async () => {
    const folder = makeFolder();
    write(folder, 'a.jsonl', [call('x'), call('y'), call('y', { cost: 9 }), call('z')]);
    write(folder, 'b.jsonl', [call('x'), call('z', { created_at: '2026-10-01T09:00:00.000Z' })]);
    const { rows, facts } = await read(['a.jsonl', 'b.jsonl'], folder);
    expect(facts).toMatchObject({ rows: 3, duplicates: 3, contradictions: 2 });
    expect(rows.map((row) => row.split(' ').slice(0, 2).join(' '))).toEqual([
      `${Date.UTC(2026, 9, 1, 9)} 15000000000`,
      `${Date.UTC(2026, 9, 1, 10)} 15000000000`,
      `${Date.UTC(2026, 9, 1, 10)} 90000000000`,
    ]);
  });

  it.each(['bad.jsonl', 'bad.jsonl.gz'])('names file and line of what is not a row: %s', async (name) => {
    const folder = makeFolder();
    write(folder, 'good.jsonl', [call('g')]);
    write(folder, name, [
      call('a'),
      '',
      'no JSON',
      call('b'),
      '   ',
      '[1,2]',
      call('', {}),
      call('c', { created_at: 17 }),
      call('d', { created_at: 'infinity' }),
      '{}',
      call('e', { created_at: null }),
      call('f').toString(),
    ]);
    const { rows, facts } = await read([name, 'good.jsonl'], folder);
    expect(rows).toHaveLength(3);
    expect(facts.malformed).toEqual({
      count: 8,
      first: [
        { file: name, line: 3, why: 'not a JSON object' },
        { file: name, line: 6, why: 'not a JSON object' },
        { file: name, line: 7, why: 'without an id' },
        { file: name, line: 8, why: 'without a time that can be read: 17' },
        { file: name, line: 9, why: 'without a time that can be read: "infinity"' },
        { file: name, line: 10, why: 'without an id' },
        { file: name, line: 11, why: 'without a time (created_at)' },
        { file: name, line: 12, why: 'not a JSON object' },
      ],
    });
    expect(facts.files.map(({ name: each, rows: count, malformed }) => [each, count, malformed])).toEqual([
      [name, 2, 8],
      ['good.jsonl', 1, 0],
    ]);
  });

  it('a line that breaks off takes no other one with it, and words of other writers are read alike beside it', async () => {
    const folder = makeFolder();
    const odd = JSON.stringify(call('c')).replace('"cost":1.5', '"cost":NaN').replace(/}$/, ',}');
    write(folder, 'clean.jsonl', [call('a'), call('b'), odd]);
    write(folder, 'broken.jsonl', [call('a'), '{"id":', call('b'), odd, '{"id":"x", "created_at":']);
    const { rows } = await read('clean.jsonl', folder);
    expect(rows).toHaveLength(3);
    const broken = await read('broken.jsonl', folder);
    expect(broken.rows).toEqual(rows);
    expect(broken.facts.malformed.first.map(({ line }) => line)).toEqual([2, 5]);
  });

  it('says that a packed file breaks off, wherever it does, and refuses one that is damaged', async () => {
    const folder = makeFolder();
    const [path = ''] = writeCalls(join(folder, 'p'), 30_000);
    const whole = readFileSync(path);
    const { rows: all } = await read('p/part-0000.jsonl.gz', folder);
    for (const part of [0.3, 0.71, 0.999]) {
      writeFileSync(join(folder, 'cut.jsonl.gz'), whole.subarray(0, Math.floor(whole.length * part)));
      const { facts } = await read('cut.jsonl.gz', folder);
      expect(facts.rows).toBeLessThan(all.length);
      expect(facts.malformed.first.at(-1)?.why).toContain('breaks off');
      expect(facts.malformed.count).toBe(facts.malformed.first.length);
    }
    const damaged = Buffer.from(whole);
    damaged[Math.floor(whole.length / 2)] = (damaged[Math.floor(whole.length / 2)] ?? 0) ^ 0x10;
    writeFileSync(join(folder, 'damaged.jsonl.gz'), damaged);
    await expect(read('damaged.jsonl.gz', folder)).rejects.toThrow(/damaged|none of the/);
    for (const [last, many] of [
      [8, whole],
      [5, whole],
      [5, gzipSync(JSON.stringify(call('a')))],
    ] as const) {
      const off = Buffer.from(many);
      off[off.length - last] = (off[off.length - last] ?? 0) ^ 1;
      writeFileSync(join(folder, 'sum.jsonl.gz'), off);
      await expect(read('sum.jsonl.gz', folder), `${last} of ${many.length}`).rejects.toThrow('is damaged');
    }
    // The end alone tells, where everything before it can be unpacked.
    const end = Buffer.from(whole);
    end[end.length - 8] = (end[end.length - 8] ?? 0) ^ 1;
    writeFileSync(join(folder, 'end.jsonl.gz'), Buffer.concat([end.subarray(0, -4), Buffer.from([1, 0, 0, 0])]));
    await expect(read('end.jsonl.gz', folder)).rejects.toThrow('is damaged');
  });

  it('takes a mark of UTF-8 at the beginning of a file for no part of its first row', async () => {
    const folder = makeFolder();
    const text = `\ufeff${JSON.stringify(call('a'))}\n${JSON.stringify(call('b'))}\n`;
    writeFileSync(join(folder, 'plain.jsonl'), text);
    writeFileSync(join(folder, 'packed.jsonl.gz'), gzipSync(text));
    for (const name of ['plain.jsonl', 'packed.jsonl.gz']) {
      const { rows, facts } = await read(name, folder);
      expect([rows.length, facts.malformed], name).toEqual([2, { count: 0, first: [] }]);
    }
  });

  it('reads what the database refuses: objects over several lines, lines beyond any measure, bytes that are no text', async () => {
    const folder = makeFolder();
    write(folder, 'pretty.jsonl', [JSON.stringify(call('a'), null, 2), call('b')]);
    write(folder, 'long.jsonl', [call('c', { trace_id: 'x'.repeat(17 * 1024 * 1024) }), call('d')]);
    writeFileSync(
      join(folder, 'bytes.jsonl'),
      Buffer.concat([
        Buffer.from('{"id":"'),
        Buffer.from([0xff, 0xfe, 0]),
        Buffer.from(`"}\n\0\0\n${JSON.stringify(call('e'))}\n`),
      ]),
    );
    writeFileSync(join(folder, 'nothing.jsonl.gz'), '');
    const { facts } = await read(['pretty.jsonl', 'long.jsonl', 'bytes.jsonl', 'nothing.jsonl.gz'], folder);
    expect(facts.rows).toBeGreaterThanOrEqual(3);
    const ofPretty = facts.files.find(({ name }) => name === 'pretty.jsonl');
    expect(ofPretty).toMatchObject({ rows: 1, malformed: JSON.stringify(call('a'), null, 2).split('\n').length });
    expect(facts.malformed.first).toContainEqual({ file: 'bytes.jsonl', line: 1, why: expect.any(String) });
  });

  it.each([
    "it's.jsonl",
    'a*.jsonl',
    'q?.jsonl',
    '[1].jsonl',
    '{x}.jsonl',
    'a"b.jsonl',
    'back\\slash.jsonl',
    "'); DROP TABLE x; --.jsonl",
  ])('a file called %s means itself', async (name) => {
    const folder = makeFolder();
    write(folder, 'ab.jsonl', [call('other')]);
    write(folder, name, [call('mine')]);
    const { facts } = await read(name, folder);
    expect(facts.files).toMatchObject([{ name, rows: 1 }]);
  });

  it('a name that means nothing is refused, and so is a file that holds no rows at all', async () => {
    const folder = makeFolder();
    await expect(read('not-there.jsonl', folder)).rejects.toThrow('is not there');
    await expect(read('*.jsonl', folder)).rejects.toThrow(UserError);
    write(folder, 'notes.jsonl', ['hello', 'world']);
    await expect(read('notes.jsonl', folder)).rejects.toThrow(
      'none of the 2 lines is a row of a log: line 1 of notes.jsonl',
    );
  });

  it('reads the same of CSV and of Parquet, whatever else their columns are called', async () => {
    const folder = makeFolder();
    const lines = [
      call('a', { metadata: { _user: 'ana, "the first"' } }),
      call('b', { created_at: '2026-10-01 10:00:00.500', cost: 0.0375, response_status_code: 500, cache_status: null }),
      call('c', { cost: 1e-11, ai_model: 'gpt' }),
      call('d', { created_at: 'never' }),
    ];
    write(folder, 'rows.jsonl', lines);
    const { rows } = await read('rows.jsonl', folder);
    const names = [
      'id',
      'created_at',
      'cost',
      'cost_currency',
      'total_units',
      'response_status_code',
      'cache_status',
      'metadata',
      'ai_model',
    ];
    const others = [
      't',
      'u',
      'c',
      'ms',
      'cur',
      'fault',
      'tok',
      'n',
      'fl',
      'raw0',
      'd0',
      'file',
      'success',
      'status',
      'cache',
      'a"b; --',
    ];
    const quote = (value: unknown): string =>
      value === undefined || value === null
        ? ''
        : `"${(typeof value === 'object' ? JSON.stringify(value) : String(value)).replaceAll('"', '""')}"`;
    const table = lines.map((line) =>
      [...names.map((name) => quote((line as Record<string, unknown>)[name])), ...others.map(() => '7')].join(','),
    );
    writeFileSync(join(folder, 'rows.csv'), `${[...names, ...others].map(quote).join(',')}\n${table.join('\n')}\n`);
    const fromTable = await read('rows.csv', folder);
    expect(fromTable.rows).toEqual(rows);
    expect(fromTable.facts.malformed.count).toBe(1);
    const database = await openDatabase({ signal });
    const types =
      'id, created_at::TIMESTAMP AS created_at, cost::DECIMAL(18,11) AS cost, metadata, 7 AS u, 7 AS c, 7 AS ms, 7 AS d0';
    const rest =
      'cost_currency, total_units::INTEGER AS total_units, response_status_code::SMALLINT AS response_status_code, cache_status, ai_model';
    await database.run(
      `COPY (SELECT ${types}, ${rest} FROM read_csv('${join(folder, 'rows.csv')}', all_varchar = true) WHERE id <> 'd') TO '${join(folder, 'rows.parquet')}'`,
    );
    await database.close();
    expect((await read('rows.parquet', folder)).rows).toEqual(rows);
  });

  it('counts lines of a table that are not as its first one', async () => {
    const folder = makeFolder();
    writeFileSync(
      join(folder, 't.csv'),
      'id,created_at,cost\na,2026-10-01 10:00:00.000,1\nb,2026-10-01 10:00:00.000\nc,2026-10-01 10:00:00.000,1,2,3\nd,2026-10-01 10:00:00.000,2\n',
    );
    const { rows, facts } = await read('t.csv', folder, { dims: [] });
    expect(rows).toHaveLength(2);
    expect(facts.malformed).toEqual({
      count: 2,
      first: [3, 4].map((line) => ({ file: 't.csv', line, why: expect.stringContaining('columns') })),
    });
  });

  it('notices a file, and rows, of another workspace than is asked about; a manifest speaks for rows that name none', async () => {
    const folder = makeFolder();
    const asked = (name: string, workspaces: readonly string[]) =>
      openRows({ from: [name], dims: ['user', 'workspace'], workspaces }, { folder, signal });
    write(folder, 'mixed.jsonl', [
      call('a', { workspace_slug: 'ws-a' }),
      call('b', { workspace_slug: 'ws-b' }),
      call('c'),
    ]);
    const mixed = await asked('mixed.jsonl', ['ws-a']);
    expect(mixed.facts).toMatchObject({ rows: 2, otherWorkspaces: 1, missing: { workspace: 1 } });
    expect(mixed.facts.files[0]?.workspaces).toEqual(['ws-a']);
    await mixed.close();
    const all = await asked('mixed.jsonl', []);
    expect(all.facts.files[0]?.workspaces).toEqual(['ws-a', 'ws-b']);
    await all.close();
    write(folder, 'export.jsonl', [call('d')]);
    const question = { workspaceId: 'x', filters: {}, fields: ['id'] };
    const manifest = beginManifest(question, 'ws-c', '2026-10-01T00:00:00.000Z', '2026-10-02T00:00:00.000Z');
    writeFileSync(join(folder, 'export.jsonl.manifest.json'), renderManifest({ ...manifest, complete: true, rows: 1 }));
    const exported = await asked('export.jsonl', ['ws-c']);
    expect(exported.dictionary.workspace).toEqual(['ws-c']);
    expect(exported.facts.windows).toEqual([
      { workspace: 'ws-c', from: Date.UTC(2026, 9, 1), to: Date.UTC(2026, 9, 2) },
    ]);
    await exported.close();
    await expect(asked('export.jsonl', ['ws-a'])).rejects.toThrow('holds calls of the workspace "ws-c"');
  });

  it('tells rows apart by every dimension that there is', async () => {
    const folder = makeFolder();
    write(folder, 'all.jsonl', [
      call('a', {
        ...{
          ai_model: 'gpt',
          ai_org: 'openai',
          virtual_key: 'vk',
          workspace_slug: 'ws',
          api_key_id: 'key',
          config: 'pc',
        },
        ...{ prompt_slug: 'pp', request_url: 'https://api.openai.com/v1/chat/completions?key=secret' },
      }),
    ]);
    const { rows } = await read('all.jsonl', folder, { dims: [...plainDims] });
    expect(rows[0]?.split(' ').slice(4)).toEqual([
      'ana',
      'gpt',
      'openai',
      'vk',
      'ws',
      'key',
      'pc',
      'pp',
      '/v1/chat/completions',
      '200',
      'USD',
    ]);
  });
});
