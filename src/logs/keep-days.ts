/** The lines of an export as days of a store. */

import { dayMilliseconds, dayOf } from '../consumption/windows.ts';
import { hashFile } from '../replace-file.ts';
import { type Database, quoteName, quoteText } from './duckdb.ts';
import { quoteFiles } from './find-files.ts';
import { readLinesOf } from './gather-rows.ts';
import { bodyFields } from './log-row.ts';
import type { Manifest } from './manifest.ts';
import { jsonColumns, keptNames, selectNormal } from './normal-rows.ts';
import { beginOfDay, type KeptDay } from './store.ts';
import { inFolder, moveInto, removeFile, sizeOf } from './store-files.ts';

export interface DaysAsked {
  /** Of the export, whose lines they are. */
  readonly files: readonly string[];
  readonly isPacked: boolean;
  readonly manifest: Pick<Manifest, 'fields' | 'windows'>;
  readonly days: readonly string[];
  readonly workspace: string;
  /** Milliseconds since the epoch: when it was asked for. */
  readonly askedAt: number;
  /** How long after its end a day is taken to be complete, in milliseconds. */
  readonly settles: number;
}

export interface KeptDays {
  readonly days: Readonly<Record<string, KeptDay>>;
  /** Rows of another day than was asked for: they are left out. */
  readonly outside: number;
}

/** Each day becomes a file of the folder, sorted; nothing names it yet. */
export async function keepDays(asked: DaysAsked, folder: string, database: Database): Promise<KeptDays> {
  const { manifest, days, askedAt } = asked;
  const gathered = inFolder(database.folder, 'pulled.parquet');
  // Sorted, so that a day is a few pieces of it that lie together.
  await database.run(
    `COPY (SELECT * FROM (${selectRows(asked)}) ORDER BY t) TO ${quoteText(gathered)} (FORMAT parquet, COMPRESSION snappy)`,
  );
  const rows = `read_parquet(${quoteFiles([gathered])})`;
  const [[malformed] = [0]] = await database.rows(`SELECT count(*) FILTER (t IS NULL) FROM ${rows}`);
  const [first = '', last = ''] = [days[0], days.at(-1)];
  const begin = beginOfDay(first);
  const end = beginOfDay(last) + dayMilliseconds;
  const [[outside] = [0]] = await database.rows(`SELECT count(*) FROM ${rows} WHERE t < ${begin} OR t > ${end}`);
  const counted = await database.rows(
    `SELECT t // ${dayMilliseconds}, count(*), count(DISTINCT id) FROM ${rows} WHERE t IS NOT NULL GROUP BY 1`,
  );
  const counts = new Map(
    counted.map(([day, all, once]) => [Number(day) * dayMilliseconds, [Number(all), Number(once)]]),
  );
  const kept: Record<string, KeptDay> = {};
  // By one thread: the same rows are the same bytes.
  await database.inOrder(async () => {
    for (const day of days) {
      const start = beginOfDay(day);
      const [all = 0, once = 0] = counts.get(start) ?? [];
      const made = await keepDay(day, { rows, folder, all, once }, database);
      kept[day] = {
        ...made,
        malformed: day === last ? Number(malformed) : 0,
        asked_at: new Date(askedAt).toISOString(),
        is_final: askedAt >= start + dayMilliseconds + asked.settles,
        fields: [...manifest.fields],
        exports: manifest.windows
          .filter(({ from, to }) => dayOf(Date.parse(from)) <= day && dayOf(Date.parse(to)) >= day)
          .map(({ export_id, from, to, rows: count }) => ({ export_id, from, to, rows: count })),
      };
    }
  });
  await removeFile(gathered);
  return { days: kept, outside: Number(outside) };
}

async function keepDay(
  day: string,
  from: { readonly rows: string; readonly folder: string; readonly all: number; readonly once: number },
  database: Database,
): Promise<Pick<KeptDay, 'file' | 'rows' | 'bytes' | 'sha256' | 'duplicates'>> {
  const { rows, folder, all, once: count } = from;
  if (count === 0) return { file: null, rows: 0, bytes: 0, sha256: null, duplicates: 0 };
  const start = beginOfDay(day);
  const where = `t >= ${start} AND t < ${start + dayMilliseconds}`;
  // Down to the last column, so that the order of the lines decides nothing.
  const order = ['t', 'u DESC NULLS LAST', 'tok DESC NULLS LAST', 'fl', ...storeColumns.slice(1)].join(', ');
  const once = all === count ? '' : `QUALIFY row_number() OVER (PARTITION BY id ORDER BY ${order}) = 1`;
  const made = inFolder(folder, `${day}.tmp`);
  await database.run(
    `COPY (SELECT ${storeColumns.join(', ')} FROM ${rows} WHERE ${where} ${once} ORDER BY t, id) TO ${quoteText(made)} (FORMAT parquet, COMPRESSION zstd)`,
  );
  const sha256 = await hashFile(made);
  const file = `${day}-${sha256.slice(0, 8)}.parquet`;
  await moveInto(made, inFolder(folder, file));
  return {
    file,
    rows: count,
    bytes: (await sizeOf(inFolder(folder, file))) ?? 0,
    sha256,
    duplicates: all - count,
  };
}

const plainColumns = [
  ...[...jsonColumns.keys()].filter((name) => name !== 'id' && name !== 'workspace_slug'),
  ...bodyFields,
];

/** In a file of a store, in this order. */
const storeColumns = ['id', ...keptNames, '"user"', ...plainColumns.map(quoteName), 'workspace_slug'];

function selectRows({ files, isPacked, workspace }: DaysAsked): string {
  const columns = new Map([...jsonColumns, ...bodyFields.map((name) => [name, 'JSON'] as const)]);
  const normal = selectNormal(columns, ['user'], '0', `FROM ${readLinesOf(files, isPacked, columns)}`, {
    also: plainColumns,
  });
  return `SELECT *, d0 AS "user", ${quoteText(workspace)} AS workspace_slug FROM (${normal})`;
}
