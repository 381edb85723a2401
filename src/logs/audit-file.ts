/** All calls of a window in one file, sorted, with a manifest that says where each came from and what is missing. */

import { dayMilliseconds, dayOf } from '../consumption/windows.ts';
import { UserError } from '../errors.ts';
import { type Exact, fraction } from '../exact.ts';
import { hashFile, isFile, replaceFile } from '../replace-file.ts';
import { type Database, openDatabase, quoteName, quoteText } from './duckdb.ts';
import { manifestPathOf } from './export-to-file.ts';
import { quoteFiles } from './find-files.ts';
import { jsonColumns } from './normal-rows.ts';
import { unitsPerCent } from './row-batch.ts';
import { beginOfDay, type KeptDay, readStore } from './store.ts';
import { inFolder, isIntact, moveInto, removeFile, sizeOf } from './store-files.ts';

export interface AuditAsked {
  readonly store: string;
  readonly workspaces: readonly string[];
  /** Whole days, `YYYY-MM-DD`; the last one is in it. */
  readonly first: string;
  readonly last: string;
  /** Ends in .jsonl, .jsonl.gz or .parquet. */
  readonly file: string;
  readonly withBodies: boolean;
}

export interface AuditFile {
  readonly file: string;
  readonly manifest: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
  /** US cents, of the calls whose cost is known. */
  readonly cost: Exact;
  readonly costUnknown: number;
  readonly workspaces: readonly AuditedWorkspace[];
}

export interface AuditedWorkspace {
  readonly workspace: string;
  readonly rows: number;
  /** Days of the window that the store does not hold. */
  readonly missing: readonly string[];
  /** Days that may still have grown after they were asked for. */
  readonly open: readonly string[];
}

interface AuditDay {
  readonly workspace: string;
  readonly folder: string;
  readonly day: string;
  readonly kept: KeptDay;
}

/** @throws UserError for a file that is there, a store that holds none of it, or a day whose file is not as its manifest says */
export async function writeAudit(asked: AuditAsked, signal: AbortSignal): Promise<AuditFile> {
  const { file, first, last } = asked;
  const form = /\.(?:jsonl(?:\.gz)?|parquet)$/.exec(file)?.[0];
  if (form === undefined) {
    throw new UserError(`${JSON.stringify(file)} has no form that an audit is written in`, {
      hint: 'Name a file that ends in .jsonl, .jsonl.gz or .parquet.',
    });
  }
  for (const one of [file, manifestPathOf(file)]) {
    if (await isFile(one)) throw new UserError(`${one} is there already`, { hint: 'Name another file with --out.' });
  }
  const wanted = daysBetween(first, last);
  const stores = (await readStore(asked.store)).filter(
    ({ manifest }) => asked.workspaces.length === 0 || asked.workspaces.includes(manifest.workspace),
  );
  const days = stores.flatMap(({ folder, manifest }): AuditDay[] =>
    wanted.flatMap((day) => {
      const kept = manifest.days[day];
      return kept === undefined ? [] : [{ workspace: manifest.workspace, folder, day, kept }];
    }),
  );
  if (days.length === 0) {
    throw new UserError(`${asked.store} holds no day from ${first} to ${last}`, {
      hint: '`tollgate logs pull` fetches days; `--store` names another folder.',
    });
  }
  for (const { folder, kept, day, workspace } of days) {
    if (await isIntact(folder, kept)) continue;
    throw new UserError(`the file of ${day} of ${workspace} is not what its manifest says`, {
      hint: '`tollgate logs pull` asks for that day again.',
    });
  }
  const held = stores.map(({ manifest: { workspace, days: all } }) => ({
    workspace,
    rows: days.filter((each) => each.workspace === workspace).reduce((sum, each) => sum + each.kept.rows, 0),
    missing: wanted.filter((day) => all[day] === undefined),
    open: wanted.filter((day) => all[day]?.is_final === false),
  }));
  // What was asked for and never pulled is missing, not left out.
  const absent = [...new Set(asked.workspaces)]
    .filter((workspace) => !stores.some(({ manifest }) => manifest.workspace === workspace))
    .map((workspace) => ({ workspace, rows: 0, missing: wanted, open: [] }));
  const workspaces = [...held, ...absent].sort((a, b) => (a.workspace < b.workspace ? -1 : 1));
  const database = await openDatabase({ signal });
  try {
    const places = days.flatMap(({ folder, kept: { file: name } }) => (name === null ? [] : [inFolder(folder, name)]));
    const counts = await writeRows(places, asked, database);
    const sha256 = await hashFile(file);
    const made = {
      file,
      manifest: manifestPathOf(file),
      sha256,
      bytes: (await sizeOf(file)) ?? 0,
      workspaces,
      ...counts,
    };
    await replaceFile(made.manifest, renderAuditManifest(asked, made, days));
    return made;
  } finally {
    await database.close();
  }
}

async function writeRows(places: readonly string[], { file, withBodies }: AuditAsked, database: Database) {
  const part = `${file}.part`;
  const bodies = withBodies ? ['request', 'response'] : [];
  const columns = [...jsonColumns.keys(), ...bodies].map(quoteName);
  const rows = places.length === 0 ? null : `read_parquet(${quoteFiles(places)})`;
  const from =
    rows === null ? `(SELECT ${[...columns, 't', 'u'].map((name) => `NULL AS ${name}`).join(', ')}) WHERE false` : rows;
  const form = file.endsWith('.parquet')
    ? 'FORMAT parquet, COMPRESSION zstd'
    : `FORMAT json, COMPRESSION ${file.endsWith('.gz') ? 'gzip' : 'uncompressed'}`;
  const selected = columns.map((name) =>
    /"(?:metadata|request|response)"/.test(name) ? `${name}::JSON AS ${name}` : name,
  );
  try {
    await database.inOrder(() =>
      database.run(`COPY (SELECT ${selected.join(', ')} FROM ${from} ORDER BY t, id) TO ${quoteText(part)} (${form})`),
    );
  } catch (error) {
    // Half of a file is no audit, and takes the room that is missing.
    await removeFile(part);
    throw error;
  }
  const [[count, units, unknown] = []] = await database.rows(
    `SELECT count(*), COALESCE(sum(u), 0)::VARCHAR, count(*) - count(u) FROM ${from}`,
  );
  await moveInto(part, file);
  return {
    rows: Number(count),
    cost: fraction(BigInt(String(units)), BigInt(unitsPerCent)),
    costUnknown: Number(unknown),
  };
}

function renderAuditManifest(asked: AuditAsked, made: AuditFile, days: readonly AuditDay[]): Buffer {
  const { rows, bytes, sha256, cost, costUnknown, workspaces } = made;
  const manifest = {
    format: 1,
    first_day: asked.first,
    last_day: asked.last,
    rows,
    bytes,
    sha256,
    cost_units: ((cost.n * BigInt(unitsPerCent)) / cost.d).toString(),
    units_per_cent: unitsPerCent,
    rows_without_cost: costUnknown,
    with_bodies: asked.withBodies,
    workspaces: workspaces.map(({ workspace, rows: count, missing, open }) => ({
      workspace,
      rows: count,
      missing_days: missing,
      open_days: open,
    })),
    days: days.map(({ workspace, day, kept }) => ({
      workspace,
      day,
      rows: kept.rows,
      sha256: kept.sha256,
      asked_at: kept.asked_at,
      duplicates: kept.duplicates,
      malformed: kept.malformed,
      exports: kept.exports,
    })),
  };
  return Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
}

function daysBetween(first: string, last: string): string[] {
  const days: string[] = [];
  for (let at = beginOfDay(first); at <= beginOfDay(last); at += dayMilliseconds) days.push(dayOf(at));
  return days;
}
