/** A bare Git repository on disk: what GitHub reads from it, and the merges it makes in it. */

import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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
  const peel = (name: string): string | null => tryRun(['rev-parse', '--verify', '--quiet', `${name}^{commit}`]);
  // As GitHub does: who knows a commit's id is given it, also when no branch leads to it any more.
  appendFileSync(join(folder, 'config'), '[uploadpack]\n\tallowAnySHA1InWant = true\n');
  const present = new Set<string>();
  const hasCommit = (sha: string): boolean => {
    if (!present.has(sha) && peel(sha) !== null) present.add(sha);
    return present.has(sha);
  };
  const loaded = new Map<string, Commit>();
  const commit = (sha: string): Commit => {
    if (!loaded.has(sha)) load([sha]);
    const found = loaded.get(sha);
    if (found === undefined) throw new Error(`there is no commit ${sha}`);
    return found;
  };
  /** A process a commit would make long branches slow. */
  const load = (shas: readonly string[]): void => {
    const missing = shas.filter((sha) => !loaded.has(sha));
    if (missing.length === 0) return;
    let rest = runRaw(['cat-file', '--batch'], { input: `${missing.join('\n')}\n` });
    for (const sha of missing) {
      const end = rest.indexOf('\n');
      const [, type, size] = rest.subarray(0, end).toString().split(' ');
      if (type !== 'commit') return;
      const after = end + 1 + Number(size);
      loaded.set(sha, parseCommit(sha, rest.subarray(end + 1, after).toString()));
      present.add(sha);
      rest = rest.subarray(after + 1);
    }
  };
  const between = remember((range) => {
    const shas = splitLines(run(['rev-list', '--reverse', '--topo-order', range]));
    load(shas);
    return shas;
  });
  const history = remember((tip) => new Set(splitLines(run(['rev-list', tip]))));
  const mergeBase = remember((pair) => tryRun(['merge-base', ...pair.split(' ')]));
  const changes = remember((pair) => {
    const flags = ['--no-color', '--no-ext-diff', '-M', '--full-index'];
    const raw = run(['diff', '--raw', '-z', ...flags, '--no-abbrev', ...pair.split(' ')]);
    const counts = run(['diff', '--numstat', ...flags, ...pair.split(' ')]);
    return parseChanges(raw, counts, run(['diff', ...flags, ...pair.split(' ')]));
  });
  const mergeTree = remember((pair) => tryRun(['merge-tree', '--write-tree', '--no-messages', ...pair.split(' ')]));
  return {
    folder,
    refs() {
      const lines = splitLines(run(['for-each-ref', '--format=%(objectname) %(objecttype) %(refname)']));
      return new Map(
        lines.map((line) => {
          const [sha = '', type = '', ...name] = line.split(' ');
          return [name.join(' '), { sha, type }] as const;
        }),
      );
    },
    resolve(name) {
      if (/^[0-9a-f]{40}$/.test(name)) return hasCommit(name) ? name : null;
      // What is not a whole id may be a branch, a tag, a whole ref or the beginning of an id.
      const refs = this.refs();
      for (const ref of [`refs/heads/${name}`, `refs/tags/${name}`, name, `refs/${name}`]) {
        const found = refs.get(ref);
        if (found !== undefined) return found.type === 'commit' ? found.sha : peel(found.sha);
      }
      return /^[0-9a-f]{4,39}$/.test(name) ? peel(name) : null;
    },
    commit,
    between: (base, head) => between(`${base}..${head}`),
    mergeBase: (one, other) => mergeBase(`${one} ${other}`),
    history,
    isAncestor: (ancestor, sha) => mergeBase(`${ancestor} ${sha}`) === ancestor,
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
      return run(['hash-object', '-t', 'commit', '-w', '--stdin'], { input: write(headers) }).trim();
    },
    writeTree(base, files) {
      const scratch = mkdtempSync(join(tmpdir(), 'tollgate-index-'));
      const env = { GIT_INDEX_FILE: join(scratch, 'index') };
      try {
        run(base === null ? ['read-tree', '--empty'] : ['read-tree', base], { env });
        const lines = Object.entries(files).map(([path, text]) => {
          if (text === null) return `0 ${noCommit}\t${path}\0`;
          return `100644 ${run(['hash-object', '-w', '--stdin'], { input: text }).trim()}\t${path}\0`;
        });
        run(['update-index', '-z', '--index-info'], { env, input: lines.join('') });
        return run(['write-tree'], { env }).trim();
      } finally {
        rmSync(scratch, { recursive: true, force: true });
      }
    },
    setRef: (ref, sha, before) => void run(['update-ref', ref, sha, ...(before === undefined ? [] : [before])]),
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

/** Three outputs of one comparison, in one order. */
function parseChanges(raw: string, counts: string, patches: string): readonly FileChange[] {
  const fields = raw.split('\0').filter((field) => field !== '');
  const stats = splitLines(counts);
  const hunks = patches.split(/^(?=diff --git )/m).filter((part) => part !== '');
  const found: FileChange[] = [];
  while (fields.length > 0) {
    const [, , before = '', after = '', letter = 'M'] = (fields.shift() ?? '').split(' ');
    const status = statuses[letter[0] as keyof typeof statuses] ?? 'modified';
    const first = fields.shift() ?? '';
    const path = status === 'renamed' ? (fields.shift() ?? '') : first;
    const [additions = '0', deletions = '0'] = (stats[found.length] ?? '').split('\t');
    const hunk = hunks[found.length] ?? '';
    const start = hunk.search(/^@@ /m);
    found.push({
      status,
      path,
      previousPath: status === 'renamed' ? first : null,
      blob: status === 'removed' ? before : after,
      // "-" for what is not text.
      additions: Number(additions) || 0,
      deletions: Number(deletions) || 0,
      patch: start < 0 ? null : hunk.slice(start).replace(/\n$/, ''),
    });
  }
  return found;
}
