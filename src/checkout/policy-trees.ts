/** Policy files as a tree of Git holds them. */

import { compareText } from '../diagnostics.ts';
import { type FileEntry, listFiles, type ReadObjects, readListings } from './git-objects.ts';

/** What a directory holds in one version. */
export interface PolicyTree {
  /** Sorted; paths from the directory. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** Paths of policy files that have no text of their own: links, files that are too large or not UTF-8. */
  readonly unreadable: readonly string[];
}

/** Bytes of one file, as when it is read from the disk. */
const mostBytes = 1024 * 1024;

export const isPolicyFile = (path: string): boolean => /\.ya?ml$/i.test(path);
/** Names of files and folders that are read neither from disk nor from a commit. */
export const isPassedOver = (name: string): boolean => name.startsWith('.') || name === 'node_modules';

export async function readPolicyTrees(
  read: ReadObjects,
  trees: readonly string[],
): Promise<ReadonlyMap<string, PolicyTree>> {
  const listings = await readListings(read, trees);
  const files = new Map([...new Set(trees)].map((oid) => [oid, listFiles(oid, listings, isPassedOver)]));
  const blobs = [...files.values()].flatMap((entries) => entries.filter(isText).map(({ oid }) => oid));
  const texts = await readTexts(read, [...new Set(blobs)]);
  return new Map([...files].map(([oid, entries]) => [oid, collect(entries, texts)]));
}

function collect(entries: readonly FileEntry[], texts: ReadonlyMap<string, string | null>): PolicyTree {
  const files: { path: string; text: string }[] = [];
  const unreadable: string[] = [];
  for (const entry of entries) {
    const text = isText(entry) ? (texts.get(entry.oid) ?? null) : null;
    if (text !== null) files.push({ path: entry.path, text });
    else if (entry.type === 'folder') unreadable.push(entry.path === '' ? '.' : `${entry.path}/`);
    else if (isPolicyFile(entry.path) || isLinkToFolder(entry)) unreadable.push(entry.path);
  }
  return { files: files.sort((a, b) => compareText(a.path, b.path)), unreadable: unreadable.sort(compareText) };
}

const isText = ({ type, path }: FileEntry): boolean => type === 'file' && isPolicyFile(path);
/** A link may lead to a folder of policy files; a file that is none is passed over as ever. */
const isLinkToFolder = ({ type, name }: FileEntry): boolean => type === 'link' && !name.includes('.');

function decode(bytes: Buffer): string | null {
  if (bytes.length > mostBytes) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Of objects that are there, by the name they were asked for; null: no text, or too large. */
export async function readTexts(
  read: ReadObjects,
  names: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  const objects = await read(names);
  return new Map(
    names.flatMap((name, index) => {
      const object = objects[index] ?? null;
      return object === null ? [] : [[name, decode(object.bytes)] as const];
    }),
  );
}
