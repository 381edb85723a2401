/** Policy files as a tree of Git holds them, many trees by few processes: one for each depth of folders. */

import { compareText } from '../diagnostics.ts';
import type { Git } from './run-git.ts';

/** What a directory holds in one version. */
export interface PolicyTree {
  /** Sorted; paths from the directory. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** Paths of policy files that have no text of their own: links, files that are too large or not UTF-8. */
  readonly unreadable: readonly string[];
}

/** Bytes of one file, as when it is read from the disk. */
const mostBytes = 1024 * 1024;
const mostDepth = 20;

interface Entry {
  readonly mode: string;
  readonly name: string;
  readonly oid: string;
}

export async function readPolicyTrees(git: Git, trees: readonly string[]): Promise<ReadonlyMap<string, PolicyTree>> {
  const listings = new Map<string, readonly Entry[] | null>();
  let open = [...new Set(trees)];
  for (let depth = 0; open.length > 0 && depth < mostDepth; depth += 1) {
    const objects = await readRaw(git, open);
    for (const oid of open) {
      const bytes = objects.get(oid);
      listings.set(oid, bytes === undefined ? null : parseTree(bytes, oid.length / 2));
    }
    const inner = open.flatMap((oid) => (listings.get(oid) ?? []).filter(isFolder).map((entry) => entry.oid));
    open = [...new Set(inner)].filter((oid) => !listings.has(oid));
  }
  const blobs = new Set<string>();
  for (const entries of listings.values()) {
    for (const entry of entries ?? []) if (isPolicyFile(entry) && isRegular(entry)) blobs.add(entry.oid);
  }
  const texts = await readTexts(git, [...blobs]);
  return new Map(trees.map((oid) => [oid, collect(oid, listings, texts)]));
}

function collect(
  root: string,
  listings: ReadonlyMap<string, readonly Entry[] | null>,
  texts: ReadonlyMap<string, string | null>,
): PolicyTree {
  const files: { path: string; text: string }[] = [];
  const unreadable: string[] = [];
  const walk = (oid: string, prefix: string): void => {
    const entries = listings.get(oid);
    if (entries === undefined || entries === null) return void unreadable.push(prefix === '' ? '.' : prefix);
    for (const entry of entries) {
      const path = `${prefix}${entry.name}`;
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
      if (isFolder(entry)) walk(entry.oid, `${path}/`);
      else if (isPolicyFile(entry)) {
        const text = isRegular(entry) ? (texts.get(entry.oid) ?? null) : null;
        if (text === null) unreadable.push(path);
        else files.push({ path, text });
      } else if (isLink(entry)) unreadable.push(path);
    }
  };
  walk(root, '');
  return { files: files.sort((a, b) => compareText(a.path, b.path)), unreadable: unreadable.sort(compareText) };
}

const isFolder = ({ mode }: Entry): boolean => mode === '40000';
const isRegular = ({ mode }: Entry): boolean => mode.startsWith('100');
/** A link may lead to a folder of policy files; a file that is none is passed over as ever. */
const isLink = ({ mode, name }: Entry): boolean => mode === '120000' && !name.includes('.');
const isPolicyFile = ({ name }: Entry): boolean => /\.ya?ml$/i.test(name);

function decode(bytes: Buffer): string | null {
  if (bytes.length > mostBytes) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** A tree object: mode, space, name, NUL, the bytes of the id; again and again. */
function parseTree(bytes: Buffer, idBytes: number): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(32, at);
    const end = bytes.indexOf(0, space);
    if (space < 0 || end < 0) break;
    const mode = bytes.toString('latin1', at, space);
    const name = bytes.toString('utf8', space + 1, end);
    entries.push({ mode, name, oid: bytes.toString('hex', end + 1, end + 1 + idBytes) });
    at = end + 1 + idBytes;
  }
  return entries;
}

/** Of objects that are there, by the name they were asked for; null: no text, or too large. */
export async function readTexts(git: Git, names: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
  return new Map([...(await readRaw(git, names))].map(([name, bytes]) => [name, decode(bytes)]));
}

/** Objects that are there, by the name they were asked for. `git cat-file --batch`: header line, bytes, newline. */
async function readRaw(git: Git, oids: readonly string[]): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  if (oids.length === 0) return found;
  const { stdout } = await git(['cat-file', '--batch'], `${oids.join('\n')}\n`);
  let at = 0;
  for (const name of oids) {
    const end = stdout.indexOf(10, at);
    if (end < 0) break;
    const [, size] = / (?:blob|tree|commit|tag) (\d+)$/.exec(stdout.toString('latin1', at, end)) ?? [];
    at = end + 1;
    if (size === undefined) continue;
    found.set(name, stdout.subarray(at, at + Number(size)));
    at += Number(size) + 1;
  }
  return found;
}
