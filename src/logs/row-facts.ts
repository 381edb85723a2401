/** What rows say and do not say, counted; and each of them once. */

import { type Database, quoteText } from './duckdb.ts';
import type { RowsFile } from './find-files.ts';
import type { GatheredRows } from './gather-rows.ts';
import { findMalformed } from './malformed-lines.ts';
import { costFaults, normalNames } from './normal-rows.ts';
import { type RowsAsked, type RowsFileFacts, type RowsWindow, rowFlags, type SourceFacts } from './row-batch.ts';

export interface RepeatedRows {
  readonly duplicates: number;
  readonly contradictions: number;
  readonly otherWorkspaces: number;
}

/**
 * Makes `calls` of `gathered`: each id once, the earliest row of it, and of those the dearest. Digests are compared first: few ids
 * are there twice, and texts of all of them take more memory than everything else.
 */
export async function leaveOutRepeated(
  files: readonly RowsFile[],
  { dims, window, workspaces }: Omit<RowsAsked, 'from'>,
  database: Database,
): Promise<RepeatedRows> {
  const inWindow = ['t IS NOT NULL', ...rowBounds(window ?? { from: null, to: null })];
  const place = `d${dims.indexOf('workspace')}`;
  const isMeant = `(${place} IS NULL OR ${place} IN (${workspaces.map(quoteText).join(', ')}))`;
  const isConfined = workspaces.length > 0 && files.some(({ form }) => form !== 'kept');
  const isRow = (isConfined ? [...inWindow, isMeant] : inWindow).join(' AND ');
  const [[others] = [0]] = isConfined
    ? await database.rows(`SELECT count(*) FROM gathered WHERE ${inWindow.join(' AND ')} AND NOT ${isMeant}`)
    : [];
  const otherWorkspaces = Number(others);
  const names = normalNames(dims);
  if (files.every(({ form }) => form === 'kept')) {
    await database.run(`CREATE TEMP VIEW calls AS SELECT ${names} FROM gathered WHERE ${isRow}`);
    return { duplicates: 0, contradictions: 0, otherWorkspaces };
  }
  await database.run(
    `CREATE TEMP TABLE again AS SELECT h FROM (SELECT hash(id) AS h FROM gathered WHERE ${isRow}) GROUP BY h HAVING count(*) > 1`,
  );
  const [[again] = [0n]] = await database.rows('SELECT count(*) FROM again');
  if (again === 0n) {
    await database.run(`CREATE TEMP VIEW calls AS SELECT ${names} FROM gathered WHERE ${isRow}`);
    return { duplicates: 0, contradictions: 0, otherWorkspaces };
  }
  const order = orderOfRepeated(dims, 'DESC NULLS LAST');
  await database.run(
    `CREATE TEMP TABLE ranked AS SELECT ${names}, row_number() OVER (PARTITION BY id ORDER BY ${order}) AS place, hash(${saidColumns(dims).join(', ')}) AS said FROM gathered WHERE ${isRow} AND hash(id) IN (SELECT h FROM again)`,
  );
  await database.run(
    `CREATE TEMP VIEW calls AS SELECT ${names} FROM gathered WHERE ${isRow} AND hash(id) NOT IN (SELECT h FROM again) UNION ALL SELECT ${names} FROM ranked WHERE place = 1`,
  );
  const [[duplicates, contradictions] = [0, 0]] = await database.rows(
    'SELECT count(*), count(*) FILTER (other.said <> first.said) FROM ranked AS other JOIN ranked AS first ON first.id = other.id AND first.place = 1 WHERE other.place > 1',
  );
  return { duplicates: Number(duplicates), contradictions: Number(contradictions), otherWorkspaces };
}

/** What rows of one id contradict each other in. */
export function saidColumns(dims: readonly string[]): readonly string[] {
  return ['t', 'u', 'tok', 'fl', ...dims.map((_, at) => `d${at}`)];
}

/** Of the rows of an id the first one counts; down to the last column, so that the order of the lines decides nothing. */
export function orderOfRepeated(dims: readonly string[], greatestFirst: string): string {
  const said = saidColumns(dims).map((name) => (name === 'u' || name === 'tok' ? `${name} ${greatestFirst}` : name));
  return [...said, 'fault', 'cur'].join(', ');
}

export function rowBounds({ from, to }: RowsWindow): readonly string[] {
  return [
    ...(from === null ? [] : [`t >= ${BigInt(Math.ceil(from))}`]),
    ...(to === null ? [] : [`t < ${BigInt(Math.ceil(to))}`]),
  ];
}

export async function readFacts(
  files: readonly RowsFile[],
  { dims, window }: Pick<RowsAsked, 'dims' | 'window'>,
  { copies, rejected, duplicates, contradictions, otherWorkspaces }: GatheredRows & RepeatedRows,
  database: Database,
): Promise<Omit<SourceFacts, 'gaps' | 'knowsDays'>> {
  const byFile = await countByFile(files, database);
  for (const [at, lines] of rejected) {
    const { rows: read, malformed } = byFile.get(at) ?? { rows: 0, malformed: 0 };
    byFile.set(at, { rows: read, malformed: malformed + lines.length });
  }
  const missing = dims.map((_, at) => `count(*) - count(d${at})`);
  const faults = Object.values(costFaults).map((fault) => `count(*) FILTER (fault = ${fault})`);
  const sums = [
    'count(*)',
    'min(t)',
    'max(t)',
    'count(*) - count(tok)',
    `count(*) FILTER (fl & ${rowFlags.cacheUnknown} <> 0)`,
  ];
  const [all = []] = await database.rows(`SELECT ${[...sums, ...faults, ...missing].join(', ')} FROM calls`);
  const [rows = 0, oldest = null, newest = null, noTokens = 0, noCache = 0, noCost = 0, , tooFine = 0, outOfRange = 0] =
    all;
  const currencies = await database.rows(
    `SELECT upper(cur), count(*) FROM calls WHERE fault = ${costFaults.otherCurrency} GROUP BY 1 ORDER BY 1`,
  );
  const found = await findMalformed(files, byFile, { copies, rejected }, database);
  const workspaces = await readWorkspaces(files, dims, database);
  return {
    asked: window ?? { from: null, to: null },
    files: files.map((file, at): RowsFileFacts => {
      const counts = byFile.get(at) ?? { rows: 0, malformed: 0 };
      return {
        name: file.name,
        bytes: file.bytes,
        rows: counts.rows,
        malformed: counts.malformed + (found.brokenOff.has(at) ? 1 : 0),
        workspaces: workspaces.get(at) ?? null,
        sha256: file.manifest?.sha256 ?? null,
      };
    }),
    rows: Number(rows),
    oldest: oldest === null ? null : Number(oldest),
    newest: newest === null ? null : Number(newest),
    duplicates,
    contradictions,
    otherWorkspaces,
    malformed: { count: found.count, first: found.first },
    cost: {
      missing: Number(noCost),
      otherCurrency: Object.fromEntries(currencies.map(([name, count]) => [String(name), Number(count)])),
      tooFine: Number(tooFine),
      outOfRange: Number(outOfRange),
    },
    tokensMissing: Number(noTokens),
    cacheUnknown: Number(noCache),
    missing: Object.fromEntries(dims.map((dim, at) => [dim, Number(all[sums.length + faults.length + at] ?? 0)])),
    windows: files
      .flatMap(({ manifest }) => (manifest === null ? [] : [manifest]))
      .map(({ workspace, from, to }) => ({ workspace, from: Date.parse(from), to: Date.parse(to) }))
      .sort((a, b) => (a.workspace === b.workspace ? a.from - b.from : a.workspace < b.workspace ? -1 : 1)),
  };
}

/** What a store says of its files is not counted again. */
async function countByFile(files: readonly RowsFile[], database: Database) {
  const known = files.map(({ form, manifest }, at) => [at, form === 'kept' ? (manifest?.rows ?? 0) : null] as const);
  const counts = new Map(known.map(([at, rows]) => [at, { rows: rows ?? 0, malformed: 0 }]));
  if (known.every(([, rows]) => rows !== null)) return counts;
  const found = await database.rows('SELECT file, count(t), count(*) - count(t) FROM gathered GROUP BY file');
  for (const [file, rows, malformed] of found) {
    counts.set(Number(file), { rows: Number(rows), malformed: Number(malformed) });
  }
  return counts;
}

/** As rows name them, where they were opened with it, else as manifests do. */
async function readWorkspaces(
  files: readonly RowsFile[],
  dims: readonly string[],
  database: Database,
): Promise<ReadonlyMap<number, readonly string[]>> {
  const named = new Map<number, string[]>();
  const at = dims.indexOf('workspace');
  if (at >= 0 && files.some(({ form }) => form !== 'kept')) {
    const rows = await database.rows(`SELECT DISTINCT file, d${at} FROM calls WHERE d${at} IS NOT NULL ORDER BY 1, 2`);
    for (const [file, slug] of rows) named.set(Number(file), [...(named.get(Number(file)) ?? []), String(slug)]);
  }
  for (const [index, { manifest }] of files.entries()) {
    if (manifest !== null && !named.has(index)) named.set(index, [manifest.workspace]);
  }
  return named;
}
