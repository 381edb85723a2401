/** Generated calls as `logs pull` would keep them. */

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { dayMilliseconds, dayOf } from '../../src/consumption/windows.ts';
import { openDatabase } from '../../src/logs/duckdb.ts';
import { keepDays } from '../../src/logs/keep-days.ts';
import { folderOfWorkspace } from '../../src/logs/store.ts';
import { openFolder, writeStoreManifest } from '../../src/logs/store-files.ts';

const begin = Date.UTC(2026, 9, 1);

/** @param paths as `writeCalls` returns them: packed, one workspace each */
export async function writeCallStore(store: string, paths: readonly string[]): Promise<void> {
  const files = new Map<string, string[]>();
  for (const path of paths) {
    const [line = ''] = gunzipSync(readFileSync(path)).toString().split('\n', 1);
    const { workspace_slug: slug } = JSON.parse(line) as { readonly workspace_slug: string };
    files.set(slug, [...(files.get(slug) ?? []), path]);
  }
  const days = Array.from({ length: 31 }, (_, index) => dayOf(begin + index * dayMilliseconds));
  const database = await openDatabase({ signal: new AbortController().signal });
  await openFolder(store);
  for (const [slug, own] of files) {
    const folder = folderOfWorkspace(store, slug);
    await openFolder(folder);
    const window = { manifest: { fields: [], windows: [] }, days, askedAt: begin + 40 * dayMilliseconds, settles: 0 };
    const kept = await keepDays({ files: own, isPacked: true, workspace: slug, ...window }, folder, database);
    const named = { workspace: slug, workspace_id: slug, base_url: 'https://example.com' };
    await writeStoreManifest(folder, { format: 1, ...named, days: kept.days });
  }
  await database.close();
}
