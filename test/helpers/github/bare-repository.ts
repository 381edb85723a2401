/** A bare Git repository on disk: what GitHub reads from it, and the merges it makes in it. */

import { execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  formatTree,
  type GitObject,
  parseTree,
  readLoose,
  readRefs,
  type TreeRow,
  writeLoose,
  writeRef,
} from './loose-objects.ts';

export interface Person {
  readonly name: string;
  readonly email: string;
  readonly date: string;
}

export interface Commit {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Person;
  readonly committer: Person;
  readonly message: string;
  /** Null: not signed. */
  readonly signature: string | null;
  /** What a signature is over. */
  readonly payload: string;
}

export interface FileChange {
  readonly status: 'added' | 'removed' | 'modified' | 'renamed';
  readonly path: string;
  readonly previousPath: string | null;
  readonly blob: string;
  readonly additions: number;
  readonly deletions: number;
  readonly patch: string | null;
}

export interface NewCommit {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
  readonly author: Person;
  readonly committer: Person;
  /** Default: it is not signed. */
  sign?(payload: string): string;
}

export interface BareRepository {
  readonly folder: string;
  /** Every ref with what it points at. */
  refs(): ReadonlyMap<string, { readonly sha: string; readonly type: string }>;
  /** A commit by its id, a branch, a tag or a whole ref; null when there is none. */
  resolve(name: string): string | null;
  commit(sha: string): Commit;
  /** Reachable from `head` and not from `base`, oldest first. */
  between(base: string, head: string): readonly string[];
  mergeBase(one: string, other: string): string | null;
  isAncestor(ancestor: string, sha: string): boolean;
  /** Every commit that a tip leads to, itself too. */
  history(tip: string): ReadonlySet<string>;
  changes(base: string, head: string): readonly FileChange[];
  /** The tree of both; null when they conflict. */
  mergeTree(one: string, other: string): string | null;
  writeCommit(commit: NewCommit): string;
  /** The tree of a commit with files replaced; null takes one away. */
  writeTree(base: string | null, files: Readonly<Record<string, string | null>>): string;
  /** @throws when the ref is not at `before` */
  setRef(ref: string, sha: string, before?: string): void;
  deleteRef(ref: string): void;
  /** Commits that no ref leads to are gone from then on. */
  prune(): void;
  /** Objects of another repository on disk. */
  fetch(folder: string, sha: string): void;
}

export const noCommit = '0'.repeat(40);

/** What Git answers about commits never changes, so it is asked once. */
function remember<Value>(make: (key: string) => Value): (key: string) => Value {
  const known = new Map<string, Value>();
  return (key) => {
    if (known.has(key)) return known.get(key) as Value;
    const value = make(key);
    known.set(key, value);
    return value;
  };
}

export function openBareRepository(folder: string): BareRepository {
  const runRaw = (args: readonly string[], options: { env?: Record<string, string>; input?: string } = {}): Buffer =>
    execFileSync('git', args, {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', HOME: folder, GIT_CONFIG_NOSYSTEM: '1', ...options.env },
      input: options.input ?? '',
      stdio: ['pipe', 'pipe', 'pipe'],
      maxBuffer: 256 * 1024 * 1024,
    });
  const run = (...args: Parameters<typeof runRaw>): string => runRaw(...args).toString();
  const tryRun = (args: readonly string[]): string | null => {
    try {
      return run(args).trim();
    } catch (error) {
      // 1 is an answer, 128 an unknown name; anything else is a fault of the test.
      if ([1, 128].includes((error as { status?: number }).status ?? 0)) return null;
      throw error;
    }
  };
  /** Null: there is none. */
  const readObject = (sha: string): GitObject | null => {
    const loose = readLoose(folder, sha);
    if (loose !== null) return loose;
    const answer = runRaw(['cat-file', '--batch'], { input: `${sha}\n` });
    const end = answer.indexOf('\n');
    const [, type = '', size] = answer.subarray(0, end).toString().split(' ');
    return size === undefined ? null : { type, body: answer.subarray(end + 1, end + 1 + Number(size)) };
  };
  /** The commit that an id stands for; null when it stands for something else, or nothing. */
  const peel = (sha: string): string | null => {
    const object = readObject(sha);
    if (object?.type !== 'tag') return object?.type === 'commit' ? sha : null;
    return peel(/^object ([0-9a-f]{40})$/m.exec(object.body.toString())?.[1] ?? '');
  };
  // As GitHub does: who knows a commit's id is given it, also when no branch leads to it any more.
  appendFileSync(join(folder, 'config'), '[uploadpack]\n\tallowAnySHA1InWant = true\n');
  const present = new Set<string>();
  const hasCommit = (sha: string): boolean => {
    if (!present.has(sha) && peel(sha) !== null) present.add(sha);
    return present.has(sha);
  };
  const loaded = new Map<string, Commit>();
  const commit = (sha: string): Commit => {
    const known = loaded.get(sha);
    if (known !== undefined) return known;
    const object = readObject(sha);
    if (object?.type !== 'commit') throw new Error(`there is no commit ${sha}`);
    const made = parseCommit(sha, object.body.toString());
    loaded.set(sha, made);
    present.add(sha);
    return made;
  };
  const history = remember((tip) => {
    const seen = new Set<string>();
    const open = [tip];
    for (let sha = open.pop(); sha !== undefined; sha = open.pop()) {
      if (seen.has(sha)) continue;
      seen.add(sha);
      open.push(...commit(sha).parents);
    }
    return seen;
  });
  const between = remember((pair) => {
    const [base = '', head = ''] = pair.split(' ');
    const past = history(base);
    const line: string[] = [];
    // Git says in which order the sides of a merge come.
    for (let sha: string | undefined = head; sha !== undefined && !past.has(sha); [sha] = commit(sha).parents) {
      if (commit(sha).parents.length > 1)
        return splitLines(run(['rev-list', '--reverse', '--topo-order', head, `^${base}`]));
      line.unshift(sha);
    }
    return line;
  });
  const mergeBases = remember((pair): readonly string[] => {
    const [one = '', other = ''] = pair.split(' ');
    if (!hasCommit(one) || !hasCommit(other)) return [];
    const common = [...history(one)].filter((sha) => history(other).has(sha));
    return common.filter((sha) => !common.some((later) => later !== sha && history(later).has(sha)));
  });
  const mergeBase = remember((pair) => {
    const [base = null, ...others] = mergeBases(pair);
    // Of several, Git chooses one.
    return others.length > 0 ? tryRun(['merge-base', ...pair.split(' ')]) : base;
  });
  const changes = remember((pair) => {
    const flags = ['--no-color', '--no-ext-diff', '-M', '--full-index', '--no-abbrev'];
    return parseChanges(run(['diff', '--raw', '--numstat', '--patch', '-z', ...flags, ...pair.split(' ')]));
  });
  /** Of a tree, or of a commit's. */
  const rowsOf = (sha: string): readonly TreeRow[] => {
    const object = readObject(sha);
    return object?.type === 'commit' ? rowsOf(commit(sha).tree) : parseTree(object?.body ?? Buffer.alloc(0));
  };
  const mergeTree = remember((pair) => {
    const [one = '', other = ''] = pair.split(' ');
    const [base, ...others] = mergeBases(pair);
    const whole =
      base === undefined || others.length > 0 ? undefined : mergeWhole(rowsOf(base), rowsOf(one), rowsOf(other));
    return whole ?? tryRun(['merge-tree', '--write-tree', '--no-messages', one, other]);
  });
  /** Where no file is changed on both sides, and a file stays a file; undefined elsewhere, which is for Git to say. */
  const mergeWhole = (
    base: readonly TreeRow[],
    one: readonly TreeRow[],
    other: readonly TreeRow[],
  ): string | undefined => {
    const merged: TreeRow[] = [];
    for (const name of new Set([...one, ...other].map((row) => row.name))) {
      const [was, ours, theirs] = [base, one, other].map((rows) => rows.find((row) => row.name === name));
      const same = (a?: TreeRow, b?: TreeRow): boolean => a?.sha === b?.sha && a?.mode === b?.mode;
      if (same(ours, theirs) || same(was, theirs)) {
        if (ours !== undefined) merged.push(ours);
      } else if (same(was, ours)) {
        if (theirs !== undefined) merged.push(theirs);
      } else {
        if (![was, ours, theirs].every((row) => row?.mode === '40000')) return undefined;
        const [from, left, right] = [was, ours, theirs].map((row) => rowsOf(row?.sha ?? ''));
        const sha = mergeWhole(from ?? [], left ?? [], right ?? []);
        if (sha === undefined) return undefined;
        // Git keeps no empty folder.
        if (rowsOf(sha).length > 0) merged.push({ mode: '40000', name, sha });
      }
    }
    return writeLoose(folder, 'tree', formatTree(merged));
  };
  const typeOf = (sha: string): string => (present.has(sha) ? 'commit' : (readObject(sha)?.type ?? ''));
  return {
    folder,
    refs() {
      const rows = [...readRefs(folder)].map(([name, sha]) => [name, { sha, type: typeOf(sha) }] as const);
      return new Map(rows);
    },
    resolve(name) {
      if (/^[0-9a-f]{40}$/.test(name)) return hasCommit(name) ? name : null;
      // What is not a whole id may be a branch, a tag, a whole ref or the beginning of an id.
      const refs = this.refs();
      for (const ref of [`refs/heads/${name}`, `refs/tags/${name}`, name, `refs/${name}`]) {
        const found = refs.get(ref);
        if (found !== undefined) return found.type === 'commit' ? found.sha : peel(found.sha);
      }
      return /^[0-9a-f]{4,39}$/.test(name) ? tryRun(['rev-parse', '--verify', '--quiet', `${name}^{commit}`]) : null;
    },
    commit,
    between: (base, head) => between(`${base} ${head}`),
    mergeBase: (one, other) => mergeBase(`${one} ${other}`),
    history,
    isAncestor: (ancestor, sha) => hasCommit(ancestor) && hasCommit(sha) && history(sha).has(ancestor),
    changes: (base, head) => changes(`${base} ${head}`),
    mergeTree: (one, other) => mergeTree(`${one} ${other}`),
    writeCommit(made) {
      const headers = [
        `tree ${made.tree}`,
        ...made.parents.map((parent) => `parent ${parent}`),
        `author ${formatPerson(made.author)}`,
        `committer ${formatPerson(made.committer)}`,
      ];
      const write = (lines: readonly string[]): string => `${lines.join('\n')}\n\n${made.message}`;
      const signature = made.sign?.(write(headers));
      // Further lines of a header begin with a space.
      if (signature !== undefined) headers.push(`gpgsig ${signature.replaceAll('\n', '\n ')}`);
      return writeLoose(folder, 'commit', Buffer.from(write(headers)));
    },
    writeTree(base, files) {
      type Edits = readonly (readonly [path: string, text: string | null])[];
      const editTree = (rows: readonly TreeRow[], edits: Edits): string => {
        const kept = new Map(rows.map((row) => [row.name, row]));
        for (const name of new Set(edits.map(([path]) => path.split('/', 1)[0] ?? ''))) {
          const own = edits.find(([path]) => path === name);
          if (own !== undefined) kept.delete(name);
          if (typeof own?.[1] === 'string') {
            kept.set(name, { mode: '100644', name, sha: writeLoose(folder, 'blob', Buffer.from(own[1])) });
          }
          const below: Edits = edits.flatMap(([path, text]) =>
            path.startsWith(`${name}/`) ? [[path.slice(name.length + 1), text] as const] : [],
          );
          if (below.length === 0) continue;
          const there = kept.get(name);
          const sha = editTree(there?.mode === '40000' ? rowsOf(there.sha) : [], below);
          if (rowsOf(sha).length === 0) kept.delete(name);
          else kept.set(name, { mode: '40000', name, sha });
        }
        return writeLoose(folder, 'tree', formatTree([...kept.values()]));
      };
      return editTree(base === null ? [] : rowsOf(base), Object.entries(files));
    },
    setRef(ref, sha, before) {
      const now = readRefs(folder).get(ref) ?? noCommit;
      if (before !== undefined && before !== now) throw new Error(`${ref} is at ${now}, not at ${before}`);
      writeRef(folder, ref, sha);
    },
    deleteRef: (ref) => void run(['update-ref', '-d', ref]),
    prune() {
      run(['reflog', 'expire', '--expire=now', '--all']);
      run(['prune', '--expire=now']);
      present.clear();
    },
    fetch: (from, sha) => void run(['-c', 'uploadpack.allowAnySHA1InWant=true', 'fetch', '--quiet', from, sha]),
  };
}

function splitLines(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}

function formatPerson({ name, email, date }: Person): string {
  return `${name} <${email}> ${Math.floor(Date.parse(date) / 1000)} +0000`;
}

function parseCommit(sha: string, text: string): Commit {
  const end = text.indexOf('\n\n');
  const signed = /^gpgsig (.*(?:\n .*)*)\n?/m.exec(text.slice(0, end + 1));
  const headers = text.slice(0, end).split('\n');
  const values = (name: string): string[] =>
    headers.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  return {
    sha,
    tree: values('tree')[0] ?? '',
    parents: values('parent'),
    author: parsePerson(values('author')[0] ?? ''),
    committer: parsePerson(values('committer')[0] ?? ''),
    message: text.slice(end + 2).replace(/\n+$/, ''),
    signature: signed?.[1]?.replaceAll('\n ', '\n') ?? null,
    payload: signed === null ? text : text.replace(signed[0], ''),
  };
}

function parsePerson(text: string): Person {
  const [, name = '', email = '', seconds = '0'] = /^(.*) <(.*)> (\d+) [+-]\d{4}$/.exec(text) ?? [];
  return { name, email, date: new Date(Number(seconds) * 1000).toISOString().replace('.000Z', 'Z') };
}

const statuses = { A: 'added', D: 'removed', R: 'renamed' } as const;

/** Rows of `--raw`, counts of `--numstat` and patches, in one order. */
function parseChanges(text: string): readonly FileChange[] {
  const [listed = '', ...patches] = text.split(/\0\0(?=diff --git )/);
  const fields = listed.split('\0');
  const hunks = patches.join('').split(/^(?=diff --git )/m);
  const rows: Omit<FileChange, 'additions' | 'deletions' | 'patch'>[] = [];
  while (fields[0]?.startsWith(':')) {
    const [, , before = '', after = '', letter = 'M'] = (fields.shift() ?? '').split(' ');
    const status = statuses[letter[0] as keyof typeof statuses] ?? 'modified';
    const first = fields.shift() ?? '';
    const isRenamed = status === 'renamed';
    const path = isRenamed ? (fields.shift() ?? '') : first;
    rows.push({ status, path, previousPath: isRenamed ? first : null, blob: status === 'removed' ? before : after });
  }
  const counts = fields.filter((field) => /^(\d+|-)\t(\d+|-)\t/.test(field));
  return rows.map((row, index) => {
    const [additions = '0', deletions = '0'] = (counts[index] ?? '').split('\t');
    const hunk = hunks[index] ?? '';
    const start = hunk.search(/^@@ /m);
    return {
      ...row,
      // "-" for what is not text.
      additions: Number(additions) || 0,
      deletions: Number(deletions) || 0,
      patch: start < 0 ? null : hunk.slice(start).replace(/\n$/, ''),
    };
  });
}
