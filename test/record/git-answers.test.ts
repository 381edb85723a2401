/** What is made of git's words, and what git is given: few real processes, the rest of values. */

import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseTreeListing, readGitObjects } from '../../src/checkout/git-objects.ts';
import { requireRepository } from '../../src/checkout/repository.ts';
import { describeFailure, type Git } from '../../src/checkout/run-git.ts';
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

describe('a listing of a tree', () => {
  it('holds ordinary files alone: no links, no submodules', () => {
    const lines = [
      '100644 blob aa\ta.yaml',
      '120000 blob bb\tlink.yaml',
      '160000 commit cc\tmodule',
      '100755 blob dd\tsub/b.yaml',
      '',
    ];
    expect(parseTreeListing(Buffer.from(lines.join('\0')))).toEqual([
      { oid: 'aa', path: 'a.yaml' },
      { oid: 'dd', path: 'sub/b.yaml' },
    ]);
  });

  it('has contents in the order asked for, or none where one is missing', async () => {
    const answering =
      (stdout: string, code = 0): Git =>
      async () => ({ code, stdout: Buffer.from(stdout), stderr: '' });
    const whole = 'aa blob 3\nabc\nbb blob 0\n\n';
    expect(await readGitObjects(answering(whole), ['aa', 'bb'])).toEqual([
      { oid: 'aa', text: 'abc' },
      { oid: 'bb', text: '' },
    ]);
    expect(await readGitObjects(answering('aa blob 3\nabc\nbb missing\n'), ['aa', 'bb'])).toBeNull();
    expect(await readGitObjects(answering(whole), ['aa', 'bb', 'cc'])).toBeNull();
    expect(await readGitObjects(answering(whole, 128), ['aa', 'bb'])).toBeNull();
  });
});

describe('the format of a record', () => {
  it.each<readonly [unknown, RegExp]>([
    [3, /version 3; this tollgate reads up to 2/],
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
