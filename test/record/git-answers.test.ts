/** What is made of git's words, and what git is given: few real processes, the rest of values. */

import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeFailure } from '../../src/checkout/git-child.ts';
import {
  createAnswerParser,
  listFiles,
  type ReadObjects,
  readAll,
  readListings,
} from '../../src/checkout/git-objects.ts';
import { requireRepository } from '../../src/checkout/repository.ts';
import type { Git } from '../../src/checkout/run-git.ts';
import { createGitRefStore } from '../../src/record/git-ref.ts';
import { upgradeDocument, upgradeEntries } from '../../src/record/parse-record.ts';
import { bareEnvironment, git, makeFolder, settingInEnvironment } from './git-fixture.ts';
import { sampleRecord } from './sample-record.ts';

const failed = (stderr: string, stdout = '', code: number | null = 1) => ({
  code,
  stdout: Buffer.from(stdout),
  stderr,
});

describe('a failing command in words', () => {
  it.each([
    ['fatal: unable to access https://ci:hunter2@host/x.git', 'fatal: unable to access https://***@host/x.git'],
    ['fatal: https://ghs_token@host/x and ssh://me@host/y', 'fatal: https://***@host/x and ssh://***@host/y'],
    ['hint: try this\nTo https://host\nfatal: no', 'fatal: no'],
    ['', 'git ended with 1'],
  ])('%j', (stderr, words) => {
    expect(describeFailure(failed(stderr))).toBe(words);
  });

  it('holds what a push was told, on one line, and not too much of it', () => {
    expect(describeFailure(failed('error: failed', '!\ta:b\t[rejected]\n=\tx'))).toBe(
      'error: failed; ! a:b [rejected]',
    );
    expect(describeFailure(failed('x'.repeat(999)))).toHaveLength(300);
  });

  it('holds no half of an address, behind which a password might have ended', () => {
    // What git advises is left out, and takes room all the same.
    const long = `hint: ${'x '.repeat(4900)}\nfatal: https://ci:${'p'.repeat(300)}@host`;
    expect(describeFailure(failed(long))).not.toContain('ppp');
  });
});

const id = (digit: string): string => digit.repeat(40);

/** A repository of values: what lies under each name. */
function reading(objects: Readonly<Record<string, Buffer | string>>): ReadObjects {
  return async (names) =>
    names.map((name) => {
      const found = objects[name];
      if (found === undefined) return null;
      if (typeof found === 'string') return { oid: name, type: 'blob', bytes: Buffer.from(found) };
      return { oid: name, type: 'tree', bytes: found };
    });
}

function tree(...entries: readonly (readonly [mode: string, name: string, oid: string])[]): Buffer {
  return Buffer.concat(
    entries.flatMap(([mode, name, oid]) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(oid, 'hex')]),
  );
}

describe('a listing of a tree', () => {
  it('tells ordinary files from links, submodules and folders that are not here', async () => {
    const read = reading({
      [id('1')]: tree(
        ['100644', 'a.yaml', id('a')],
        ['120000', 'link.yaml', id('b')],
        ['160000', 'module', id('c')],
        ['40000', 'sub', id('2')],
        ['40000', 'torn', id('3')],
      ),
      [id('2')]: tree(['100755', 'b.yaml', id('d')]),
    });
    const files = listFiles(id('1'), await readListings(read, [id('1')]));
    expect(files.map(({ path, type }) => [path, type])).toEqual([
      ['a.yaml', 'file'],
      ['link.yaml', 'link'],
      ['module', 'repository'],
      ['sub/b.yaml', 'file'],
      ['torn', 'folder'],
    ]);
  });

  it('of folders that name one folder many times over ends', async () => {
    const levels = ['1', '2', '3', '4', '5', '6', '7'];
    const wide = levels.map((digit, index) => {
      const inner = levels[index + 1];
      const names = Array.from({ length: 10 }, (_, at) => `f${at}`);
      const mode = inner === undefined ? '100644' : '40000';
      return [id(digit), tree(...names.map((name) => [mode, name, id(inner ?? 'a')] as const))] as const;
    });
    const listings = await readListings(reading(Object.fromEntries(wide)), [id('1')]);
    expect(() => listFiles(id('1'), listings)).toThrow('holds more than 200000 paths');
  });

  it('has contents in the order asked for, or none where one is missing', async () => {
    const read = reading({ [id('a')]: 'abc', [id('b')]: '' });
    const texts = (await readAll(read, [id('b'), id('a')]))?.map(({ bytes }) => bytes.toString());
    expect(texts).toEqual(['', 'abc']);
    expect(await readAll(read, [id('a'), id('c')])).toBeNull();
  });
});

describe('what git answers about objects', () => {
  const answer = `${id('a')} blob 4\na\nb\n\nHEAD:no file 7 missing\n${id('b')} blob 0\n\n${id('c')} commit 1\nx\n`;

  it.each([1, 2, 7, 1000])('is understood in pieces of %i bytes', (size) => {
    const parser = createAnswerParser(4);
    const bytes = Buffer.from(answer);
    const whole: boolean[] = [];
    for (let at = 0; at < bytes.length; at += size) whole.push(parser.take(bytes.subarray(at, at + size)));
    expect(whole.indexOf(true)).toBe(whole.length - 1);
    expect(parser.objects.map((object) => object && [object.oid, object.type, object.bytes.toString()])).toEqual([
      [id('a'), 'blob', 'a\nb\n'],
      null,
      [id('b'), 'blob', ''],
      [id('c'), 'commit', 'x'],
    ]);
  });

  it('is asked of one process, and of another once that has ended', async () => {
    const { clone, env } = start();
    writeFileSync(join(clone, 'a.yaml'), 'a\n');
    git(clone, 'add', '.');
    git(clone, 'commit', '--quiet', '-m', 'first');
    const { git: ask } = await requireRepository({ directory: clone, env });
    const read = async (name: string): Promise<string | null> =>
      (await ask.readObjects([name]))[0]?.bytes.toString('utf8') ?? null;
    expect(await Promise.all([read('HEAD:a.yaml'), read('HEAD:b.yaml'), read('HEAD:a\n.yaml')])).toEqual([
      'a\n',
      null,
      null,
    ]);
    // A name is resolved anew each time.
    writeFileSync(join(clone, 'b.yaml'), 'b\n');
    git(clone, 'add', '.');
    git(clone, 'commit', '--quiet', '-m', 'second');
    expect(await read('HEAD:b.yaml')).toBe('b\n');
    await ask.rest();
    expect(await read('HEAD:a.yaml')).toBe('a\n');
  });
});

it('a git that ends without an answer is an error, and nothing is taken for missing', async () => {
  const { clone, env } = start();
  const ending = makeFolder();
  const script = `#!/bin/sh\ncase "$*" in *cat-file*) echo 'fatal: torn' >&2; exit 128;; esac\nPATH='${env.PATH}' exec git "$@"\n`;
  writeFileSync(join(ending, 'git'), script, { mode: 0o755 });
  const repository = await requireRepository({ directory: clone, env: { ...env, PATH: `${ending}:${env.PATH}` } });
  const asked = repository.git.readObjects(['HEAD']);
  await expect(asked).rejects.toThrow('Git cannot read what is in the repository: fatal: torn');
});

describe('the format of a record', () => {
  it.each<readonly [unknown, RegExp]>([
    [4, /version 4; this tollgate reads up to 3/],
    [0, /corrupt.*version is 0/],
    [1.5, /corrupt.*version is 1.5/],
    ['2', /corrupt.*version is "2"/],
    [undefined, /corrupt.*version is missing/],
  ])('%j is refused', (version, why) => {
    expect(() => upgradeDocument({ version }, 'record.json')).toThrow(why);
  });

  it('1 says of nothing that is owed from which commit it is', () => {
    const [workspace] = sampleRecord().workspaces;
    const [entry] = workspace?.entries ?? [];
    if (workspace === undefined || entry === undefined) throw new Error('no entry');
    const entries = [{ ...entry, owed: true as const }, entry];
    const old = upgradeEntries({ ...sampleRecord(), wasFormatOne: true, workspaces: [{ ...workspace, entries }] });
    expect(old.workspaces[0]?.entries.map(({ commit }) => commit)).toEqual([null, undefined]);
    const now = upgradeEntries({ ...sampleRecord(), workspaces: [{ ...workspace, entries }] });
    expect(now.workspaces[0]?.entries.map(({ commit }) => commit)).toEqual([undefined, undefined]);
  });
});

/** A clone of an empty remote. */
function start(): { remote: string; clone: string; env: Record<string, string>; home: string } {
  const [remote, clone, home] = [makeFolder(), makeFolder(), makeFolder()];
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', remote]);
  execFileSync('git', ['init', '--quiet', '--initial-branch=main', clone]);
  git(clone, 'remote', 'add', 'origin', remote);
  return { remote, clone, env: bareEnvironment(home), home };
}

describe('the scratch repository', () => {
  const settingsOf = async (clone: string, env: Record<string, string>, key: string): Promise<string[]> => {
    const repository = await requireRepository({ directory: clone, env });
    return repository.withScratch(async (scratch) => {
      const { stdout } = await scratch(['config', '--get-all', key]);
      return stdout.toString('utf8').split('\n').filter(Boolean);
    });
  };

  it('sees each setting once: those of the clone are handed on, those of the user git reads itself', async () => {
    const { clone, env, home } = start();
    writeFileSync(join(home, '.gitconfig'), '[http]\n\textraHeader = X-User: 1\n');
    git(clone, 'config', 'http.extraheader', 'X-Clone: 1');
    expect((await settingsOf(clone, env, 'http.extraheader')).sort()).toEqual(['X-Clone: 1', 'X-User: 1']);
  });

  it('sees what the environment sets beside them', async () => {
    const { clone, env } = start();
    git(clone, 'config', 'http.extraheader', 'X-Clone: 1');
    const more = { ...env, ...settingInEnvironment('http.extraheader', 'X-Run: 1') };
    expect((await settingsOf(clone, more, 'http.extraheader')).sort()).toEqual(['X-Clone: 1', 'X-Run: 1']);
  });

  it('is gone afterwards, also after an error', async () => {
    const { clone, env } = start();
    const repository = await requireRepository({ directory: clone, env });
    const folders: string[] = [];
    const look = async (scratch: Git): Promise<void> => {
      folders.push((await scratch(['rev-parse', '--absolute-git-dir'])).stdout.toString('utf8').trim());
    };
    await repository.withScratch(look);
    const failing = repository.withScratch(async (scratch) => {
      await look(scratch);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(folders.map((folder) => [folder === '', existsSync(folder)])).toEqual([
      [false, false],
      [false, false],
    ]);
  });
});

describe('the ref of a record', () => {
  const ref = 'refs/tollgate/production';

  it('is that ref and no other that ends like it', async () => {
    const { remote, clone, env } = start();
    const elsewhere = createGitRefStore({ directory: clone, env, ref: `refs/heads/${ref}` });
    await elsewhere.write(sampleRecord(), null, 'elsewhere');
    expect(git(remote, 'for-each-ref', '--format=%(refname)')).toBe(`refs/heads/${ref}`);
    const store = createGitRefStore({ directory: clone, env, ref });
    expect(await store.readToken()).toBeNull();
  });

  it('that was pushed is written, though the answer was lost', async () => {
    const { remote, clone, env } = start();
    const lossy = join(makeFolder(), 'receive-pack');
    writeFileSync(lossy, '#!/bin/sh\ngit-receive-pack "$@"\nexit 1\n', { mode: 0o755 });
    git(clone, 'config', 'remote.origin.receivepack', lossy);
    const store = createGitRefStore({ directory: clone, env, ref });
    const token = await store.write(sampleRecord('a'), null, 'a').catch((error: Error) => error.message);
    expect([git(remote, 'rev-parse', ref), token]).toEqual([token, token]);
  });
});
