/**
 * Exports of days that are missing, into a store. It may end anywhere: a manifest names a day once its file is whole, and what was
 * begun is gone on with or cleared away by the next run.
 */

import { dayMilliseconds, dayOf, startOfDay } from '../consumption/windows.ts';
import { ServiceError, UserError } from '../errors.ts';
import { readTextIfAny } from '../replace-file.ts';
import { windowOfQuestion } from './aim-window.ts';
import { type Database, openDatabase, quoteText } from './duckdb.ts';
import type { JobNeeds } from './export-job.ts';
import { exportToFile } from './export-to-file.ts';
import { keepDays } from './keep-days.ts';
import { bodyFields, exportColumns } from './log-row.ts';
import { beginOfDay, folderOfWorkspace, parseStoreManifest, type StoreManifest, storeManifestPath } from './store.ts';
import {
  inFolder,
  isIntact,
  keepFromGit,
  listNames,
  openFolder,
  removeExport,
  removeFile,
  writeStoreManifest,
} from './store-files.ts';

export interface PullAsked {
  /** Folder of the store. */
  readonly store: string;
  readonly workspaces: readonly { readonly id: string; readonly slug: string }[];
  /** How many days, today among them. */
  readonly days: number;
  /** Days that are kept; older ones are deleted. Null: all. */
  readonly keep: number | null;
  readonly withBodies: boolean;
}

export interface PullNeeds extends JobNeeds {
  readonly baseUrl: string;
  readonly signal: AbortSignal;
  readonly waiting: <T>(what: string, work: Promise<T>) => Promise<T>;
}

export interface PulledWorkspace {
  readonly workspace: string;
  /** Days that were asked for now. */
  readonly asked: readonly string[];
  /** Exports that were made or gone on with. */
  readonly exports: number;
  /** Of the store: all of its days. */
  readonly days: number;
  readonly oldest: string | null;
  readonly newest: string | null;
  readonly rows: number;
  readonly bytes: number;
  /** Deleted since they are older than is kept. */
  readonly removed: number;
  /** Days whose files were not as their manifest says; asked for again. */
  readonly damaged: readonly string[];
  /** Newest day that may still grow. */
  readonly open: readonly string[];
  readonly malformed: number;
  readonly outside: number;
  /** A job goes on at the service: the next pull finds it. */
  readonly isPending: boolean;
}

/** Calls are logged a moment after they end. */
const settles = 3_600_000;

export interface Pulled {
  readonly workspaces: readonly PulledWorkspace[];
  /** Workspaces that the service gave nothing of, and why. */
  readonly failed: readonly { readonly workspace: string; readonly why: string }[];
}

/**
 * One after the other; where the service refuses one, or its days here cannot be read, the others are pulled all the same.
 *
 * @throws UserError while another run pulls into this store; CancelledError; the last error where none can be pulled
 */
export async function pullLogs(asked: PullAsked, needs: PullNeeds): Promise<Pulled> {
  await openFolder(asked.store);
  const database = await openDatabase({ signal: needs.signal });
  try {
    await hold(asked.store, database);
    await keepFromGit(asked.store);
    const workspaces: PulledWorkspace[] = [];
    const failed: { workspace: string; why: string }[] = [];
    for (const workspace of asked.workspaces) {
      try {
        workspaces.push(await pullWorkspace(workspace, asked, needs, database));
      } catch (error) {
        const isOwn = error instanceof ServiceError || error instanceof UserError;
        const isLast = failed.length + 1 === asked.workspaces.length;
        if (!isOwn || isLast) throw error;
        failed.push({ workspace: workspace.slug, why: error.message });
      }
    }
    return { workspaces, failed };
  } finally {
    await database.close();
  }
}

/** By a lock that the system gives free when a process ends, however it does. */
async function hold(store: string, database: Database): Promise<void> {
  try {
    await database.run(`ATTACH ${quoteText(inFolder(store, 'held.duckdb'))} AS held`);
  } catch (cause) {
    throw new UserError(`${store} cannot be held: another \`logs pull\` is at work there, or it cannot be written`, {
      hint: 'Wait until that one has ended, or name another folder with --store.',
      cause,
    });
  }
}

interface Range {
  readonly days: readonly string[];
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
}

async function pullWorkspace(
  { id, slug }: { readonly id: string; readonly slug: string },
  asked: PullAsked,
  needs: PullNeeds,
  database: Database,
): Promise<PulledWorkspace> {
  const folder = folderOfWorkspace(asked.store, slug);
  await openFolder(folder);
  const now = needs.serviceNow() ?? needs.clock.now();
  const today = startOfDay(now);
  let manifest = await readManifest(folder, { id, slug }, needs.baseUrl);
  const damaged = await findDamaged(folder, manifest);
  const isKept = (day: string): boolean =>
    asked.keep === null || beginOfDay(day) > today - asked.keep * dayMilliseconds;
  const stale = Object.keys(manifest.days).filter((day) => !isKept(day));
  manifest = without(manifest, [...damaged, ...stale]);
  const wanted = Array.from({ length: asked.days }, (_, index) => dayOf(today - index * dayMilliseconds)).reverse();
  const missing = wanted.filter((day) => isKept(day) && !isWhole(manifest.days[day], asked.withBodies));
  const names = await listNames(folder);
  const ranges = rangesOf(missing, names, now);
  await clear(folder, names, ranges, manifest);
  await writeStoreManifest(folder, manifest);
  let [exports, malformed, outside, isPending] = [0, 0, 0, false];
  const fields = asked.withBodies ? [...exportColumns, ...bodyFields] : [...exportColumns];
  for (const range of ranges) {
    const file = inFolder(folder, nameOfRange(range));
    const question = windowOfQuestion({ workspaceId: id, filters: {}, fields }, range.from, range.to);
    const made = await exportToFile(question, range.from, range.to, { ...needs, path: file, workspace: slug });
    exports += made.windows.length;
    if (!made.complete) {
      isPending = true;
      continue;
    }
    const kept = await keepDays(
      { files: [file], isPacked: false, manifest: made, days: range.days, workspace: slug, askedAt: now, settles },
      folder,
      database,
    );
    manifest = { ...manifest, days: { ...manifest.days, ...kept.days } };
    await writeStoreManifest(folder, manifest);
    await removeExport(file);
    malformed += Object.values(kept.days).reduce((sum, day) => sum + day.malformed, 0);
    outside += kept.outside;
  }
  await clear(folder, await listNames(folder), isPending ? ranges : [], manifest);
  const days = Object.entries(manifest.days).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    workspace: slug,
    asked: missing,
    exports,
    days: days.length,
    oldest: days[0]?.[0] ?? null,
    newest: days.at(-1)?.[0] ?? null,
    rows: days.reduce((sum, [, day]) => sum + day.rows, 0),
    bytes: days.reduce((sum, [, day]) => sum + day.bytes, 0),
    removed: stale.length,
    damaged,
    open: days.filter(([, day]) => !day.is_final).map(([day]) => day),
    malformed,
    outside,
    isPending,
  };
}

async function readManifest(
  folder: string,
  { id, slug }: { readonly id: string; readonly slug: string },
  baseUrl: string,
): Promise<StoreManifest> {
  const text = await readTextIfAny(storeManifestPath(folder));
  if (text === null) return { format: 1, workspace: slug, workspace_id: id, base_url: baseUrl, days: {} };
  const manifest = parseStoreManifest(text);
  if (manifest === null) {
    throw new UserError(`${storeManifestPath(folder)} is not a manifest of this version of tollgate`, {
      hint: 'Name another folder with --store, or delete the folder of that file: its days are asked for again.',
    });
  }
  if (manifest.workspace_id !== id || manifest.workspace !== slug || manifest.base_url !== baseUrl) {
    throw new UserError(
      `${folder} holds calls of the workspace ${manifest.workspace} (${manifest.workspace_id}) of ${manifest.base_url}, not of ${slug} (${id}) of ${baseUrl}`,
      { hint: 'Name another folder with --store.' },
    );
  }
  return manifest;
}

/** Days whose files are not what was written. */
async function findDamaged(folder: string, { days }: StoreManifest): Promise<string[]> {
  const damaged: string[] = [];
  for (const [day, kept] of Object.entries(days)) if (!(await isIntact(folder, kept))) damaged.push(day);
  return damaged;
}

function without(manifest: StoreManifest, left: readonly string[]): StoreManifest {
  return {
    ...manifest,
    days: Object.fromEntries(Object.entries(manifest.days).filter(([day]) => !left.includes(day))),
  };
}

function isWhole(day: StoreManifest['days'][string] | undefined, withBodies: boolean): boolean {
  if (day === undefined || !day.is_final) return false;
  return !withBodies || bodyFields.every((field) => day.fields.includes(field));
}

/** Days that follow each other are asked for together, but for one that is not over, and for what an earlier run began. */
function rangesOf(missing: readonly string[], names: readonly string[], now: number): readonly Range[] {
  const begun = names.flatMap((name) => {
    const [, first, last] = /^pull-(\d{4}-\d\d-\d\d)-(\d{4}-\d\d-\d\d)\.jsonl(?:\.manifest\.json)?$/.exec(name) ?? [];
    if (first === undefined || last === undefined) return [];
    const days = missing.filter((day) => first <= day && day <= last);
    const isAll = days.length === (beginOfDay(last) - beginOfDay(first)) / dayMilliseconds + 1;
    return isAll ? [{ first, last }] : [];
  });
  const ranges: Range[] = [];
  let run: string[] = [];
  const end = (): void => {
    const [first, last] = [run[0], run.at(-1)];
    run = [];
    if (first === undefined || last === undefined) return;
    const days = missing.filter((day) => first <= day && day <= last);
    ranges.push({ days, from: beginOfDay(first), to: Math.min(beginOfDay(last) + dayMilliseconds, now) });
  };
  for (const [index, day] of missing.entries()) {
    const isOpen = beginOfDay(day) + dayMilliseconds > now;
    const isNext = index > 0 && beginOfDay(missing[index - 1] ?? '') + dayMilliseconds === beginOfDay(day);
    const isSeam = begun.some(({ first }) => first === day);
    if (isOpen || !isNext || isSeam) end();
    run.push(day);
    if (begun.some(({ last }) => last === day)) end();
  }
  end();
  return ranges.filter(({ from, to }) => from < to);
}

/** One of today ends now, and is begun anew by each run. */
function nameOfRange({ days, to }: Range): string {
  const [first = '', last = ''] = [days[0], days.at(-1)];
  return to < beginOfDay(last) + dayMilliseconds ? `pull-${first}-until-${to}.jsonl` : `pull-${first}-${last}.jsonl`;
}

/** What belongs to no range that is under way, and to no day of the manifest. */
async function clear(
  folder: string,
  names: readonly string[],
  ranges: readonly Range[],
  manifest: StoreManifest,
): Promise<void> {
  const known = new Set(Object.values(manifest.days).flatMap(({ file }) => (file === null ? [] : [file])));
  const begun = ranges.map(nameOfRange);
  for (const name of names) {
    const isOurs = /^(?:pull-.*\.jsonl.*|\d{4}-\d\d-\d\d(?:-[0-9a-f]{8})?\.(?:parquet|tmp))$/.test(name);
    if (!isOurs || known.has(name) || begun.some((one) => name.startsWith(one))) continue;
    await removeFile(inFolder(folder, name));
  }
}
