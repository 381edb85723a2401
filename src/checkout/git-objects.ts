/** Objects of a repository, out of what `git cat-file --batch` answers about them; and trees, walked by their objects. */

import { UserError } from '../errors.ts';

export interface GitObject {
  readonly oid: string;
  readonly type: 'blob' | 'tree' | 'commit' | 'tag';
  readonly bytes: Buffer;
}

/**
 * Objects in the order of the names asked for, null for what is not there. A name is whatever git resolves: an id, `HEAD^{commit}`,
 * `COMMIT:FOLDER`; one that may move is resolved anew each time.
 *
 * @throws UserError where git cannot read: what cannot be known is not taken for missing
 */
export type ReadObjects = (names: readonly string[]) => Promise<readonly (GitObject | null)[]>;

/** Takes what git answers to some names, piece by piece. */
export interface AnswerParser {
  readonly objects: readonly (GitObject | null)[];
  /** True once every name is answered. */
  take(chunk: Buffer): boolean;
}

/** Header line, bytes, newline; or a line that says why there is none. */
export function createAnswerParser(count: number): AnswerParser {
  const objects: (GitObject | null)[] = [];
  let pieces: Buffer[] = [];
  let held = 0;
  /** Bytes without which there is nothing new to be seen. */
  let needed = 1;
  return {
    objects,
    take(chunk) {
      pieces.push(chunk);
      held += chunk.length;
      if (held < needed) return false;
      const bytes = pieces.length === 1 ? chunk : Buffer.concat(pieces);
      let at = 0;
      needed = 1;
      while (objects.length < count) {
        const end = bytes.indexOf(10, at);
        if (end < 0) break;
        const header = /^([0-9a-f]{40,64}) (blob|tree|commit|tag) (\d+)$/.exec(bytes.toString('latin1', at, end));
        const [, oid = '', type, size] = header ?? [];
        if (header === null) {
          objects.push(null);
          at = end + 1;
          continue;
        }
        const after = end + 2 + Number(size);
        if (after > bytes.length) {
          needed = after - at;
          break;
        }
        objects.push({ oid, type: type as GitObject['type'], bytes: bytes.subarray(end + 1, after - 1) });
        at = after;
      }
      pieces = at === bytes.length ? [] : [bytes.subarray(at)];
      held = bytes.length - at;
      return objects.length === count;
    },
  };
}

/** The ids of objects that have to be there; null where one is missing. */
export async function readAll(read: ReadObjects, names: readonly string[]): Promise<readonly GitObject[] | null> {
  const objects = (await read(names)).filter((object) => object !== null);
  return objects.length === names.length ? objects : null;
}

/** Of a commit by any name; null: it is none, or not here. */
export async function readCommitId(read: ReadObjects, name: string): Promise<string | null> {
  const [commit] = await read([`${name}^{commit}`]);
  return commit?.oid ?? null;
}

interface TreeEntry {
  readonly mode: string;
  readonly name: string;
  readonly oid: string;
}

/** Trees and all that are below them, by their ids. */
export type Listings = ReadonlyMap<string, readonly TreeEntry[]>;

export async function readListings(read: ReadObjects, trees: readonly string[]): Promise<Listings> {
  const listings = new Map<string, readonly TreeEntry[]>();
  for (let open = [...new Set(trees)]; open.length > 0; ) {
    for (const [index, object] of (await read(open)).entries()) {
      const oid = open[index] ?? '';
      if (object?.type === 'tree') listings.set(oid, parseTree(object.bytes, oid.length / 2));
    }
    const inner = open.flatMap((oid) => (listings.get(oid) ?? []).filter(isFolder).map((entry) => entry.oid));
    open = [...new Set(inner)].filter((oid) => !listings.has(oid));
  }
  return listings;
}

/** How a folder of a commit is named, `''` for its top. */
export function nameFolder(commit: string, folder: string): string {
  return folder === '' ? `${commit}^{tree}` : `${commit}:${folder}`;
}

/** The id of an ordinary file: no link, no folder; null where there is none. */
export async function findFile(read: ReadObjects, commit: string, path: string): Promise<string | null> {
  const end = path.lastIndexOf('/');
  const [tree] = await read([nameFolder(commit, path.slice(0, Math.max(end, 0)))]);
  if (tree?.type !== 'tree') return null;
  const entry = parseTree(tree.bytes, tree.oid.length / 2).find(({ name }) => name === path.slice(end + 1));
  return entry !== undefined && typeOf(entry) === 'file' ? entry.oid : null;
}

export interface FileEntry {
  readonly path: string;
  readonly name: string;
  readonly oid: string;
  /** `folder`: one that is not here. */
  readonly type: 'file' | 'link' | 'repository' | 'folder';
}

/** A tree can name one folder many times over: a few objects make more paths than any disk holds. */
const mostEntries = 200_000;

/**
 * What is in a tree, in the order of git.
 *
 * @param isPassedOver names that are not looked at, nor what is below them
 * @throws UserError of more than anybody has
 */
export function listFiles(
  root: string,
  listings: Listings,
  isPassedOver: (name: string) => boolean = () => false,
): readonly FileEntry[] {
  const files: FileEntry[] = [];
  let seen = 0;
  const walk = (oid: string, folder: string): void => {
    const entries = listings.get(oid);
    if (entries === undefined) return void files.push({ path: folder, name: '', oid, type: 'folder' });
    for (const entry of entries) {
      seen += 1;
      if (seen > mostEntries) throw new UserError(`the tree ${root} holds more than ${mostEntries} paths`);
      if (isPassedOver(entry.name)) continue;
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (isFolder(entry)) walk(entry.oid, path);
      else files.push({ path, name: entry.name, oid: entry.oid, type: typeOf(entry) });
    }
  };
  walk(root, '');
  return files;
}

const isFolder = (entry: TreeEntry): boolean => typeOf(entry) === 'folder';

function typeOf({ mode }: TreeEntry): FileEntry['type'] {
  if (mode.startsWith('100')) return 'file';
  if (mode === '40000') return 'folder';
  return mode === '120000' ? 'link' : 'repository';
}

/** A tree object: mode, space, name, NUL, the bytes of the id; again and again. */
function parseTree(bytes: Buffer, idBytes: number): TreeEntry[] {
  const entries: TreeEntry[] = [];
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

/** From the text of a commit. */
export function parentsOf({ bytes }: GitObject): readonly string[] {
  const text = bytes.toString('latin1');
  const header = text.slice(0, text.indexOf('\n\n'));
  return [...header.matchAll(/^parent ([0-9a-f]+)$/gm)].flatMap(([, oid]) => oid ?? []);
}
