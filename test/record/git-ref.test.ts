import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CancelledError } from '../../src/errors.ts';
import { createGitRefStore, type GitRefStoreOptions } from '../../src/record/git-ref.ts';
import { bareEnvironment, clone, git, makeFolder, makeRemote } from './git-fixture.ts';
import { sampleRecord } from './sample-record.ts';

const ref = 'refs/tollgate/production';

function openStore(directory: string, options: Partial<GitRefStoreOptions> = {}) {
  return createGitRefStore({ directory, ref, env: bareEnvironment(makeFolder()), ...options });
}

/** What must not change in the user's clone. */
function fingerprint(folder: string): unknown {
  const config = readFileSync(join(folder, '.git', 'config'), 'utf8');
  return {
    config,
    status: git(folder, 'status', '--porcelain'),
    refs: git(folder, 'for-each-ref'),
    head: git(folder, 'rev-parse', 'HEAD'),
    shallow: git(folder, 'rev-parse', '--is-shallow-repository'),
    objects: git(folder, 'count-objects', '-v'),
    fetchHead: existsSync(join(folder, '.git', 'FETCH_HEAD')),
  };
}

describe('a record on a Git ref', () => {
  test('is null before the first, then comes back as it was written, claim and all', async () => {
    const { remote } = makeRemote();
    const folder = clone(remote);
    const before = fingerprint(folder);
    const store = openStore(folder);
    expect(await store.read()).toBeNull();

    const first = await store.write(sampleRecord(), null, 'claim 3 changes');
    expect(await store.read()).toEqual({ record: sampleRecord(), token: first, seal: 'none' });

    const { claim: _, ...settled } = sampleRecord('local:host:1:b');
    const second = await store.write(settled, first, 'apply 3 changes\nsecond line');
    expect(await store.read()).toEqual({ record: settled, token: second, seal: 'none' });
    expect(git(remote, 'log', '--format=%H %an %s', ref)).toBe(
      `${second} tollgate apply 3 changes second line\n${first} tollgate claim 3 changes`,
    );
    expect(git(remote, 'ls-tree', '-r', '--name-only', first).split('\n')).toEqual([
      'claim.json',
      'organisation.json',
      'outcomes.json',
      'policies/empty.yml',
      'policies/org.yaml',
      '"policies/workspaces/mar\\"ket ing.yaml"',
      'record.json',
      'workspaces/ws-market-4f2a1c.json',
    ]);
    expect(fingerprint(folder)).toEqual(before);
  });

  test('trust-A3: a branch that is called like the record is not a record, neither the first nor a later one', async () => {
    const { remote } = makeRemote();
    const folder = clone(remote);
    const planted = await openStore(folder, { ref: 'refs/tollgate/planted' }).write(sampleRecord(), null, 'planted');
    for (const place of ['heads', 'tags', 'remotes']) git(remote, 'update-ref', `refs/${place}/${ref}`, planted);
    const store = openStore(folder);
    expect([await store.read(), await store.readToken(), await store.readAt?.(planted)]).toEqual([null, null, null]);
    const first = await store.write(sampleRecord(), null, 'apply 1 change');
    expect((await store.read())?.token).toBe(first);
  });

  test('works from a shallow clone of one branch, and leaves it as shallow as it was', async () => {
    const { remote } = makeRemote();
    const token = await openStore(clone(remote)).write(sampleRecord(), null, 'first');
    const folder = clone(remote, '--depth=1', '--single-branch');
    const before = fingerprint(folder);
    const store = openStore(folder);
    expect(await store.read()).toEqual({ record: sampleRecord(), token, seal: 'none' });
    const next = await store.write(sampleRecord('b'), token, 'second');
    expect((await store.read())?.token).toBe(next);
    expect(git(remote, 'rev-list', '--count', ref)).toBe('2');
    expect(fingerprint(folder)).toEqual(before);
  });

  test('goes to exactly one of two who read the same record', async () => {
    const { remote } = makeRemote();
    const stores = [openStore(clone(remote)), openStore(clone(remote))];
    for (const expected of [null, 'read'] as const) {
      const token = expected === null ? null : ((await stores[0]?.read())?.token ?? null);
      const results = await Promise.allSettled(
        stores.map((store, index) => store.write(sampleRecord(`${expected}-${index}`), token, 'race')),
      );
      const lost = results.filter((result) => result.status === 'rejected');
      expect(lost).toHaveLength(1);
      expect(lost[0]?.reason).toMatchObject({ name: 'UserError', exit: 'stale' });
    }
  });

  test('is stale against a token that is old, made up, or null although there is one', async () => {
    const { remote } = makeRemote();
    const store = openStore(clone(remote));
    const old = await store.write(sampleRecord('a'), null, 'a');
    await expect(store.write(sampleRecord('b'), null, 'b')).rejects.toMatchObject({ exit: 'stale' });
    const tip = await store.write(sampleRecord('c'), old, 'c');
    await expect(store.write(sampleRecord('d'), old, 'd')).rejects.toMatchObject({ exit: 'stale' });
    await expect(store.write(sampleRecord('e'), 'f'.repeat(40), 'e')).rejects.toMatchObject({ exit: 'stale' });
    git(remote, 'update-ref', '-d', ref);
    await expect(store.write(sampleRecord('f'), tip, 'f')).rejects.toMatchObject({ exit: 'stale' });
  });

  test('lives on the ref of the repository itself when that has no remote', async () => {
    const folder = makeFolder();
    git(folder, 'init', '--quiet');
    const store = openStore(folder);
    expect(await store.read()).toBeNull();
    const token = await store.write(sampleRecord(), null, 'first');
    expect(git(folder, 'rev-parse', ref)).toBe(token);
    expect((await store.read())?.record).toEqual(sampleRecord());
    await expect(store.write(sampleRecord('b'), null, 'b')).rejects.toMatchObject({ exit: 'stale' });
  });

  test('may live on an orphan branch beside files of others', async () => {
    const { remote } = makeRemote();
    const store = openStore(clone(remote), { ref: 'refs/heads/tollgate-record' });
    const token = await store.write(sampleRecord(), null, 'first');
    expect(await store.read()).toEqual({ record: sampleRecord(), token, seal: 'none' });
  });

  test('takes the only remote when none is called origin, and asks when there are several', async () => {
    const { remote } = makeRemote();
    const folder = clone(remote, '--origin=upstream');
    expect(await openStore(folder).read()).toBeNull();
    git(folder, 'remote', 'add', 'other', remote);
    await expect(openStore(folder).read()).rejects.toMatchObject({
      exit: 'invalid',
      hint: expect.stringContaining('upstream, other'),
    });
    expect(await openStore(folder, { remote: 'other' }).read()).toBeNull();
  });

  test('uses credentials and rewrites that are set in the clone only', async () => {
    const { remote } = makeRemote();
    const folder = clone(remote);
    git(folder, 'remote', 'set-url', 'origin', 'https://git.invalid/team/policies.git');
    git(folder, 'config', `url.file://${remote}.insteadOf`, 'https://git.invalid/team/policies.git');
    expect(await openStore(folder).read()).toBeNull();
  });
});

describe('a remote that cannot be asked', () => {
  test('has vanished: unreachable, never read as "there is none"', async () => {
    const { remote } = makeRemote();
    const store = openStore(clone(remote));
    const token = await store.write(sampleRecord(), null, 'first');
    renameSync(remote, `${remote}.gone`);
    await expect(store.read()).rejects.toMatchObject({ name: 'UserError', exit: 'unreachable' });
    await expect(store.write(sampleRecord('b'), token, 'b')).rejects.toMatchObject({ exit: 'unreachable' });
    await expect(store.write(sampleRecord('b'), null, 'b')).rejects.toMatchObject({ exit: 'unreachable' });
  });

  test('refuses by a hook: unreachable, with what the hook said, and the ref where it was', async () => {
    const { remote } = makeRemote();
    const store = openStore(clone(remote));
    const token = await store.write(sampleRecord(), null, 'first');
    const hook = join(remote, 'hooks', 'pre-receive');
    writeFileSync(hook, '#!/bin/sh\necho "refs are frozen today" >&2\nexit 1\n');
    chmodSync(hook, 0o755);
    const error = await store.write(sampleRecord('b'), token, 'b').catch((caught: unknown) => caught);
    expect(error).toMatchObject({ exit: 'unreachable' });
    expect(String(error)).toContain('refs are frozen today');
    expect((await store.read())?.token).toBe(token);
  });

  test('hangs: unreachable once the time is up, on reading and on pushing', async () => {
    const { remote } = makeRemote();
    const folder = clone(remote);
    git(folder, 'remote', 'set-url', 'origin', 'ssh://nobody@git.invalid/x.git');
    const hang = join(makeFolder(), 'hang');
    writeFileSync(hang, '#!/bin/sh\nsleep 600\n');
    chmodSync(hang, 0o755);
    git(folder, 'config', 'core.sshCommand', hang);
    const started = Date.now();
    await expect(openStore(folder, { timeout: 300 }).read()).rejects.toMatchObject({ exit: 'unreachable' });

    const other = clone(remote);
    const hook = join(remote, 'hooks', 'pre-receive');
    writeFileSync(hook, '#!/bin/sh\nsleep 600\n');
    chmodSync(hook, 0o755);
    await expect(openStore(other, { timeout: 2_000 }).write(sampleRecord(), null, 'x')).rejects.toMatchObject({
      exit: 'unreachable',
    });
    expect(Date.now() - started).toBeLessThan(20_000);
  });

  test('is not read once the run is cancelled, but outcomes are still written', async () => {
    const { remote } = makeRemote();
    const store = openStore(clone(remote), { signal: AbortSignal.abort() });
    await expect(store.read()).rejects.toBeInstanceOf(CancelledError);
    expect(await store.write(sampleRecord(), null, 'outcomes')).toBe(git(remote, 'rev-parse', ref));
  });

  test('has a password in its URL, which no message repeats', async () => {
    const { remote } = makeRemote();
    const folder = clone(remote);
    git(folder, 'remote', 'set-url', 'origin', 'https://ci:hunter2secret@localhost:1/x.git');
    const error = await openStore(folder)
      .read()
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ exit: 'unreachable' });
    expect(JSON.stringify([String(error), error])).not.toContain('hunter2secret');
  });

  test('is no repository: a message and what to do', async () => {
    await expect(openStore(makeFolder()).read()).rejects.toMatchObject({
      exit: 'invalid',
      hint: expect.stringContaining('--record-file'),
    });
  });

  test.each(['production', 'refs/x', 'refs/../../x', 'refs/tollgate/a b', 'refs/tollgate/-x', 'refs/tollgate/x.lock'])(
    '%s is not a ref for a record',
    (bad) => {
      expect(() => openStore('.', { ref: bad })).toThrow('cannot hold the record');
    },
  );
});

describe('a stored record that is not sound', () => {
  /** Replaces a file of the stored tree, by plumbing in the remote. */
  async function storeWith(path: string, text: string | null, mode = '100644') {
    const { remote } = makeRemote();
    const store = openStore(clone(remote));
    await store.write(sampleRecord(), null, 'first');
    const work = clone(remote);
    git(work, 'fetch', '--quiet', 'origin', ref);
    git(work, 'read-tree', 'FETCH_HEAD');
    if (text === null) {
      git(work, 'update-index', '--force-remove', path);
    } else {
      const file = join(makeFolder(), 'blob');
      writeFileSync(file, text);
      git(work, 'update-index', '--add', '--cacheinfo', `${mode},${git(work, 'hash-object', '-w', file)},${path}`);
    }
    const commit = git(work, 'commit-tree', git(work, 'write-tree'), '-m', 'by hand');
    git(work, 'push', '--quiet', '--force', 'origin', `${commit}:${ref}`);
    return { store, commit, read: await store.read().catch((error: unknown) => error) };
  }

  test.each([
    ['record.json', '{"version": 1', 'record.json'],
    ['record.json', null, 'record.json'],
    ['record.json', '[]', 'record.json'],
    ['outcomes.json', '[{"kind": "usage-policy"}]', 'outcomes.json'],
    ['workspaces/ws-market-4f2a1c.json', '{}', 'workspaces/ws-market-4f2a1c.json'],
    ['workspaces/ws-market-4f2a1c.json', null, 'workspaces/ws-market-4f2a1c.json'],
    ['workspaces/ws-other.json', '{}', 'workspaces/ws-other.json'],
    ['claim.json', 'null', 'claim.json'],
    ['policies/a\\b.yaml', 'x', 'not allowed'],
  ])('%s as %j is invalid, and the message says which file', async (path, text, named) => {
    const { read: error } = await storeWith(path, text);
    expect(error).toMatchObject({ name: 'UserError', exit: 'invalid' });
    expect(String(error)).toContain(named);
  });

  test('of a later version asks for a newer tollgate', async () => {
    const { read: error } = await storeWith('record.json', '{"version": 99}');
    expect(error).toMatchObject({ exit: 'invalid', hint: expect.stringContaining('newer tollgate') });
  });

  test('has a token all the same, and can be replaced', async () => {
    const { store, commit } = await storeWith('record.json', 'nonsense');
    expect(await store.readToken()).toBe(commit);
    await store.write(sampleRecord(), commit, 'rebuilt');
    expect((await store.read())?.record).toEqual(sampleRecord());
  });

  test('with files that are no part of it is read without them', async () => {
    expect((await storeWith('README.md', 'hello')).read).toMatchObject({ record: sampleRecord() });
  });
});
