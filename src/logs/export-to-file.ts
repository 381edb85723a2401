/** Logs of a window into one file: each row once, however many jobs it takes, and gone on with after an interruption. */

import { ServiceError, UserError } from '../errors.ts';
import type { LogQuestion } from '../live/log-port.ts';
import { type GrowingFile, hashFile, isFile, openGrowingFile, readTextIfAny, replaceFile } from '../replace-file.ts';
import { aimWindow, windowOfQuestion } from './aim-window.ts';
import { findEqualExport, finishExport, type JobNeeds, mostExportRows } from './export-job.ts';
import { parseObject } from './log-row.ts';
import { beginManifest, digestLogQuestion, type Manifest, parseManifest, renderManifest } from './manifest.ts';

export interface FileNeeds extends JobNeeds {
  readonly path: string;
  readonly workspace: string;
  /** Shows what is waited for. */
  readonly waiting: <T>(what: string, work: Promise<T>) => Promise<T>;
}

/** Fetched again for a file that breaks off, or holds less than was said. */
const fetches = 3;

/** Rows so near to the end of a window may be in the next one as well. */
const seamMilliseconds = 2_000;

export function manifestPathOf(path: string): string {
  return `${path}.manifest.json`;
}

/** Where the rows are until all of them are there. */
export function partPathOf(path: string): string {
  return `${path}.part`;
}

/** @returns what was done so far: `complete`, or with a job under way. @throws UserError, ServiceError, CancelledError */
export async function exportToFile(
  question: LogQuestion,
  from: number,
  to: number,
  needs: FileNeeds,
): Promise<Manifest> {
  const begun = await findBegun(question, needs);
  if (begun?.complete === true) return begun;
  const fresh = beginManifest(question, needs.workspace, isoTime(from), isoTime(to));
  const partPath = partPathOf(needs.path);
  const kept = begun === null ? null : await openGrowingFile(partPath, begun.bytes);
  const file = kept ?? (await openGrowingFile(partPath, 0));
  if (file === null) throw new Error('a new file cannot be too short');
  try {
    return await fill(file, kept === null || begun === null ? fresh : begun, question, to, needs);
  } finally {
    await file.close();
  }
}

/** What an earlier run left of the same question. @throws UserError for a file of something else */
async function findBegun(question: LogQuestion, { path }: FileNeeds): Promise<Manifest | null> {
  const text = await readTextIfAny(manifestPathOf(path));
  const manifest = text === null ? null : parseManifest(text);
  if (manifest === null) {
    if (text === null && !(await isFile(path))) return null;
    throw new UserError(`${path} is there already, and is not an export that can be gone on with`, {
      hint: 'Name another file.',
    });
  }
  if (manifest.question !== digestLogQuestion(question)) {
    const what = manifest.complete ? 'holds another export' : 'is an export of another question that was interrupted';
    throw new UserError(`${path} ${what}: of ${manifest.workspace}, from ${manifest.from} to ${manifest.to}`, {
      hint: manifest.complete ? 'Name another file.' : 'Ask with that window to go on with it, or name another file.',
    });
  }
  if (!manifest.complete) return manifest;
  const isWhole = (await isFile(path)) && (await hashFile(path)) === manifest.sha256;
  return isWhole ? manifest : null;
}

async function fill(
  file: GrowingFile,
  start: Manifest,
  question: LogQuestion,
  end: number,
  needs: FileNeeds,
): Promise<Manifest> {
  let manifest = start;
  const keep = async (next: Manifest): Promise<void> => {
    manifest = next;
    await replaceFile(manifestPathOf(needs.path), renderManifest(next));
  };
  let beyond: number | null = null;
  for (;;) {
    const from = Date.parse(manifest.windows.at(-1)?.to ?? manifest.from);
    const aimed = manifest.under_way ?? (await aim(question, from, end, needs, beyond));
    await keep({ ...manifest, under_way: aimed });
    const job = { id: aimed.export_id, rows: aimed.rows };
    const what = `export ${manifest.windows.length + 1}, to ${aimed.to}; ${manifest.rows} rows so far`;
    const { state } = await needs.waiting(what, finishOrForget(job, needs, manifest, keep));
    if (state === 'pending') return manifest;
    const read = await needs.waiting(what, fetchRows(file, manifest, aimed, needs));
    if (read === null || read.lines < (aimed.rows ?? 0)) {
      await keep({ ...manifest, under_way: null });
      throw new UserError(
        read === null
          ? `the file of the log export ${job.id} cannot be read to its end`
          : `the file of the log export ${job.id} holds ${read.lines} rows where ${aimed.rows} were announced`,
        { exit: 'unreachable', hint: 'The same command goes on where this one ended, with another export.' },
      );
    }
    if (read.lines >= mostExportRows) {
      // It may have been cut.
      await file.cutTo(manifest.bytes);
      await keep({ ...manifest, under_way: null });
      beyond = Date.parse(aimed.to);
      continue;
    }
    beyond = null;
    await file.save();
    const part = {
      from: aimed.from,
      to: aimed.to,
      export_id: job.id,
      rows: read.rows,
      bytes: file.bytes - manifest.bytes,
    };
    const windows = [...manifest.windows, part];
    const next = { ...manifest, windows, rows: manifest.rows + read.rows, bytes: file.bytes, seam: read.seam };
    await keep({ ...next, under_way: null });
    if (Date.parse(aimed.to) < end) continue;
    const sha256 = await file.finish(needs.path);
    await keep({ ...manifest, complete: true, sha256, seam: [] });
    return manifest;
  }
}

async function aim(question: LogQuestion, from: number, end: number, needs: JobNeeds, beyond: number | null) {
  const whole = beyond === null ? await findEqualExport(windowOfQuestion(question, from, end), needs) : null;
  if (whole !== null && whole.state !== 'draft') {
    return { from: isoTime(from), to: isoTime(end), export_id: whole.id, rows: whole.rows };
  }
  const { id, rows, to } = await aimWindow(question, from, end, needs, beyond);
  return { from: isoTime(from), to: isoTime(to), export_id: id, rows };
}

/** A job that came to nothing is not waited for again. */
async function finishOrForget(
  job: { readonly id: string; readonly rows: number | null },
  needs: JobNeeds,
  manifest: Manifest,
  keep: (next: Manifest) => Promise<void>,
) {
  try {
    return await finishExport(job, needs);
  } catch (error) {
    if (error instanceof UserError) await keep({ ...manifest, under_way: null });
    throw error;
  }
}

interface FetchedRows {
  /** Of the service's file. */
  readonly lines: number;
  /** Written. */
  readonly rows: number;
  readonly seam: string[];
}

/** Null: it broke off, or its lines make no sense, each time. */
async function fetchRows(
  file: GrowingFile,
  manifest: Manifest,
  aimed: NonNullable<Manifest['under_way']>,
  needs: JobNeeds,
): Promise<FetchedRows | null> {
  let last: FetchedRows | null = null;
  for (let fetched = 1; fetched <= fetches; fetched += 1) {
    await file.cutTo(manifest.bytes);
    try {
      last = await fetchOnce(file, new Set(manifest.seam), aimed, needs);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      last = null;
    }
    if (last !== null && last.lines >= (aimed.rows ?? 0)) return last;
  }
  return last;
}

async function fetchOnce(
  file: GrowingFile,
  seam: ReadonlySet<string>,
  aimed: NonNullable<Manifest['under_way']>,
  { logs }: JobNeeds,
): Promise<FetchedRows | null> {
  const ends = Date.parse(aimed.to) - seamMilliseconds;
  const atEnd: string[] = [];
  let lines = 0;
  let rows = 0;
  for await (const line of logs.readExportLines(aimed.export_id)) {
    const row = parseObject(line);
    if (row === null) return null;
    lines += 1;
    const { id, created_at: at } = row;
    if (typeof id === 'string') {
      if (seam.has(id)) continue;
      // Of a row without a time it is not known: it is remembered.
      if (!(Date.parse(String(at)) < ends)) atEnd.push(id);
    }
    await file.append(`${line.trim()}\n`);
    rows += 1;
  }
  return { lines, rows, seam: atEnd };
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}
