/**
 * Calls kept on this machine: a folder for each workspace, in it a Parquet file for each day (UTC), and a manifest that says what
 * was asked for and what came. What no manifest names is not part of it.
 *
 *     STORE/ws-marketing/manifest.json
 *     STORE/ws-marketing/2026-10-01-3f9a0c1d.parquet
 */

import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { parseDay } from '../instant.ts';
import { escapeInvisible } from '../printable.ts';
import { readTextIfAny } from '../replace-file.ts';
import { parseObject } from './log-row.ts';

const count = z.number().int().nonnegative();

const keptDaySchema = z.object({
  /** Name of its file, in the same folder; null: there were no calls. */
  file: z
    .string()
    .regex(/^[\w-]+\.parquet$/)
    .nullable(),
  rows: count,
  bytes: count,
  sha256: z.string().nullable(),
  /** Rows of the exports that are left out: an id that was there before. */
  duplicates: count,
  /** Lines of the exports that are not rows. */
  malformed: count,
  /** When it was asked for: what is logged later is not in it. */
  asked_at: z.string(),
  /** The day had been over for long enough. What is not is asked for again. */
  is_final: z.boolean(),
  /** Columns that were asked for. */
  fields: z.array(z.string()),
  exports: z.array(z.object({ export_id: z.string(), from: z.string(), to: z.string(), rows: count })),
});

const storeManifestSchema = z.object({
  format: z.literal(1),
  workspace: z.string(),
  workspace_id: z.string(),
  /** Of the control plane. */
  base_url: z.string(),
  /** By `YYYY-MM-DD`. */
  days: z.record(
    z.string().refine((day) => parseDay(day) !== null),
    keptDaySchema,
  ),
});

export type KeptDay = z.infer<typeof keptDaySchema>;
export type StoreManifest = z.infer<typeof storeManifestSchema>;

export interface KeptWorkspace {
  readonly folder: string;
  readonly manifest: StoreManifest;
}

export function storeManifestPath(folder: string): string {
  return path.join(folder, 'manifest.json');
}

/** A slug is a folder's name as it is, where it looks like one. */
export function folderOfWorkspace(store: string, slug: string): string {
  const isPlain = /^[a-z0-9][\w.-]{0,200}$/.test(slug);
  return path.join(store, isPlain ? slug : `%${encodeURIComponent(slug).slice(0, 200)}`);
}

/** Null: it is not one of ours. */
export function parseStoreManifest(text: string): StoreManifest | null {
  const parsed = storeManifestSchema.safeParse(parseObject(text));
  return parsed.success ? parsed.data : null;
}

export function renderStoreManifest({ days, ...rest }: StoreManifest): Buffer {
  const sorted = Object.fromEntries(Object.entries(days).sort(([a], [b]) => (a < b ? -1 : 1)));
  return Buffer.from(`${JSON.stringify({ ...rest, days: sorted }, null, 1)}\n`);
}

/** Of a file of a day, and of what `logs pull` has not named yet. */
const dayFile = /^\d{4}-\d\d-\d\d-[0-9a-f]{8}\.parquet$/;

/**
 * By slug; empty: it holds nothing, or is not a store.
 *
 * @throws UserError for days of calls without a manifest that can be read: sums without them would be too small
 */
export async function readStore(store: string): Promise<KeptWorkspace[]> {
  const entries = await readdir(store, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => path.join(store, name));
  const read = await Promise.all(
    folders.map(async (folder) => {
      const text = await readTextIfAny(storeManifestPath(folder)).catch(() => null);
      const manifest = text === null ? null : parseStoreManifest(text);
      if (manifest !== null) return [{ folder, manifest }];
      if (!(await readdir(folder).catch(() => [])).some((name) => dayFile.test(name))) return [];
      const what = text === null ? 'is not there, or cannot be read' : 'is not one of this version of tollgate';
      throw new UserError(`${escapeInvisible(storeManifestPath(folder))} ${what}, and days of calls lie beside it`, {
        hint: 'Delete that folder, and `tollgate logs pull` asks for its days again.',
      });
    }),
  );
  return read.flat().sort((a, b) => (a.manifest.workspace < b.manifest.workspace ? -1 : 1));
}

export function beginOfDay(day: string): number {
  return Date.parse(`${day}T00:00:00.000Z`);
}
