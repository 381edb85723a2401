/** Objects and refs of a bare repository as files, without a process: what a push of a few commits leaves, and what we write. */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deflateSync, inflateSync } from 'node:zlib';

export interface GitObject {
  readonly type: string;
  readonly body: Buffer;
}

export interface TreeRow {
  readonly mode: string;
  readonly name: string;
  readonly sha: string;
}

const pathOf = (folder: string, sha: string): string => join(folder, 'objects', sha.slice(0, 2), sha.slice(2));

/** Null: it is packed, or not there. */
export function readLoose(folder: string, sha: string): GitObject | null {
  const path = pathOf(folder, sha);
  if (!existsSync(path)) return null;
  const bytes = inflateSync(readFileSync(path));
  const end = bytes.indexOf(0);
  return { type: bytes.toString('latin1', 0, bytes.indexOf(32)), body: bytes.subarray(end + 1) };
}

/** Returns its id. */
export function writeLoose(folder: string, type: string, body: Buffer): string {
  const bytes = Buffer.concat([Buffer.from(`${type} ${body.length}\0`), body]);
  const sha = createHash('sha1').update(bytes).digest('hex');
  const path = pathOf(folder, sha);
  if (!existsSync(path)) writeWhole(path, deflateSync(bytes, { level: 1 }));
  return sha;
}

export function parseTree(body: Buffer): readonly TreeRow[] {
  const rows: TreeRow[] = [];
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(32, at);
    const end = body.indexOf(0, space);
    const sha = body.toString('hex', end + 1, end + 21);
    rows.push({ mode: body.toString('latin1', at, space), name: body.toString('utf8', space + 1, end), sha });
    at = end + 21;
  }
  return rows;
}

export function formatTree(rows: readonly TreeRow[]): Buffer {
  // Folders sort as if their names ended in a slash.
  const key = ({ mode, name }: TreeRow): Buffer => Buffer.from(mode === '40000' ? `${name}/` : name);
  const sorted = [...rows].sort((a, b) => Buffer.compare(key(a), key(b)));
  return Buffer.concat(
    sorted.flatMap(({ mode, name, sha }) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(sha, 'hex')]),
  );
}

/** Every ref by its name, in the order of the names. */
export function readRefs(folder: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const packed = join(folder, 'packed-refs');
  if (existsSync(packed)) {
    for (const [, sha = '', name = ''] of readFileSync(packed, 'utf8').matchAll(/^([0-9a-f]{40}) (.+)$/gm)) {
      found.set(name, sha);
    }
  }
  const walk = (place: string): void => {
    for (const entry of readdirSync(join(folder, place), { withFileTypes: true })) {
      const name = `${place}/${entry.name}`;
      if (entry.isDirectory()) walk(name);
      else if (!name.endsWith('.lock')) found.set(name, readFileSync(join(folder, name), 'utf8').trim());
    }
  };
  walk('refs');
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function writeRef(folder: string, ref: string, sha: string): void {
  writeWhole(join(folder, ref), `${sha}\n`);
}

function writeWhole(path: string, content: Buffer | string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.lock`, content);
  renameSync(`${path}.lock`, path);
}
