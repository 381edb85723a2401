import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AppliedRecord } from '../../src/plan/applied-record.ts';
import { listApplies } from '../../src/record/applies.ts';
import { createFileStore } from '../../src/record/file.ts';
import { createGitRefStore } from '../../src/record/git-ref.ts';
import { createMemoryStore } from '../../src/record/memory.ts';
import type { RecordStore, RecordVersion } from '../../src/record/store.ts';
import { bareEnvironment, clone, git, makeFolder, makeRemote } from './git-fixture.ts';
import { sampleRecord } from './sample-record.ts';

const ref = 'refs/tollgate/production';

function openStore(directory: string): RecordStore {
  return createGitRefStore({ directory, ref, env: bareEnvironment(makeFolder()) });
}

function ended(run: string): AppliedRecord {
  const { claim: _, ...record } = sampleRecord(run);
  return record;
}

/** A claim over the record of an earlier run. */
function claimed(run: string, earlier: string): AppliedRecord {
  const { claim } = sampleRecord(run);
  return claim === undefined ? ended(earlier) : { ...ended(earlier), claim };
}

async function writeAll(store: RecordStore, records: readonly AppliedRecord[]): Promise<string[]> {
  const tokens: string[] = [];
  for (const record of records) tokens.unshift(await store.write(record, tokens[0] ?? null, record.run));
  return tokens;
}

describe('the history of a record on a Git ref', () => {
  it('lists versions, newest first, as many as asked for, and reads any of them', async () => {
    const { remote } = makeRemote();
    const folder = clone(remote, '--depth=1', '--single-branch');
    const before = [
      git(folder, 'for-each-ref'),
      git(folder, 'count-objects', '-v'),
      git(folder, 'status', '--porcelain'),
    ];
    const store = openStore(folder);
    expect(await store.history(5)).toEqual({ versions: [], isComplete: true, keepsPast: true });
    expect(await store.readAt('0'.repeat(40))).toBeNull();

    const records = [claimed('a', 'a'), ended('a'), claimed('b', 'a'), ended('b')];
    const tokens = await writeAll(store, records);
    const two = await store.history(2);
    expect(two.versions.map(({ token, problem }) => [token, problem])).toEqual(
      tokens.slice(0, 2).map((token) => [token, null]),
    );
    expect(two).toMatchObject({ isComplete: false, keepsPast: true });
    expect(two.versions[0]?.summary).toMatchObject({ run: 'b', appliedBy: 'ada', outcomes: [{ status: 'applied' }] });
    expect(two.versions[0]?.summary).not.toHaveProperty('workspaces');
    expect(two.versions[1]?.summary?.claim?.run).toBe('b');
    for (const limit of [5, 9, Number.POSITIVE_INFINITY]) {
      const all = await store.history(limit);
      expect(all.versions.map(({ token }) => token)).toEqual(tokens);
      expect(all.isComplete).toBe(true);
    }
    for (const [index, token] of tokens.entries()) {
      expect(await store.readAt(token)).toEqual({ token, record: records[records.length - 1 - index], seal: 'none' });
    }
    expect([
      git(folder, 'for-each-ref'),
      git(folder, 'count-objects', '-v'),
      git(folder, 'status', '--porcelain'),
    ]).toEqual(before);
  });

  it('reads no commit that is not part of the record', async () => {
    const { remote, commits } = makeRemote();
    const store = openStore(clone(remote));
    await writeAll(store, [ended('a')]);
    expect(await store.readAt(commits[0] ?? '')).toBeNull();
    expect(await store.readAt('main')).toBeNull();
    expect(await store.readAt('--help')).toBeNull();
  });

  it('shows the others when one version cannot be read, and passes over commits without a record', async () => {
    const { remote } = makeRemote();
    const folder = clone(remote);
    const store = openStore(folder);
    git(folder, 'push', '--quiet', 'origin', `HEAD:${ref}`);
    const first = git(folder, 'rev-parse', 'HEAD');
    const token = await store.write(ended('a'), first, 'a');
    git(folder, 'fetch', '--quiet', 'origin', ref);
    git(folder, 'checkout', '--quiet', 'FETCH_HEAD');
    writeFileSync(join(folder, 'record.json'), '{"version": 99}');
    git(folder, 'commit', '--quiet', '--all', '-m', 'from the future');
    git(folder, 'push', '--quiet', 'origin', `HEAD:${ref}`);
    const { versions, isComplete } = await store.history(9);
    expect(versions.map(({ summary }) => summary?.run ?? null)).toEqual([null, 'a']);
    expect(versions[0]?.problem).toContain('has version 99');
    expect(versions[1]?.token).toBe(token);
    expect(isComplete).toBe(true);
  });

  it('is an error when the remote cannot be asked', async () => {
    const { remote } = makeRemote();
    const folder = clone(remote);
    git(folder, 'remote', 'set-url', 'origin', join(makeFolder(), 'nowhere'));
    await expect(openStore(folder).history(3)).rejects.toMatchObject({ exit: 'unreachable' });
  });
});

describe.each<[string, () => RecordStore]>([
  ['a file', () => createFileStore({ path: join(makeFolder(), 'record.json') })],
  ['memory', () => createMemoryStore()],
])('a record in %s', (_, open) => {
  it('has the latest version alone, and says so', async () => {
    const store = open();
    expect(await store.history(5)).toEqual({ versions: [], isComplete: true, keepsPast: false });
    const [token = '', old = ''] = await writeAll(store, [ended('a'), ended('b')]);
    const history = await store.history(5);
    expect(history.versions).toMatchObject([{ token, summary: { run: 'b' }, problem: null }]);
    expect(history.keepsPast).toBe(false);
    expect(await store.readAt(token)).toEqual({ token, record: ended('b'), seal: 'own' });
    expect(await store.readAt(old)).toBeNull();
  });
});

describe('applies', () => {
  const version = (record: AppliedRecord, token: string): RecordVersion => ({ token, summary: record, problem: null });
  const list = (...records: readonly AppliedRecord[]) =>
    listApplies(records.map((record, index) => version(record, `${index}`)));

  it('are a claim and the outcomes that ended it', () => {
    const applies = list(ended('b'), claimed('b', 'a'), ended('a'), claimed('a', 'a'));
    expect(applies.map(({ run, state, tokens }) => [run, state, tokens])).toEqual([
      ['b', 'ended', ['0', '1']],
      ['a', 'ended', ['2', '3']],
    ]);
    expect(applies[0]?.counts).toEqual([['applied', 1]]);
  });

  it('show claims that never ended, and those that another run took over', () => {
    const applies = list(claimed('c', 'a'), claimed('b', 'a'), ended('a'));
    expect(applies.map(({ run, state, isLatest }) => [run, state, isLatest])).toEqual([
      ['c', 'claim', true],
      ['b', 'claim', false],
      ['a', 'ended', false],
    ]);
    expect(list(ended('c'), claimed('c', 'a'), claimed('b', 'a')).map(({ run, state }) => [run, state])).toEqual([
      ['c', 'ended'],
      ['b', 'claim'],
    ]);
  });

  it('are one with their renewals, whether they ended or are under way', () => {
    const renewed = (renewedAt: string): AppliedRecord => {
      const record = claimed('b', 'a');
      return { ...record, ...(record.claim === undefined ? {} : { claim: { ...record.claim, renewedAt } }) };
    };
    const [late, early] = [renewed('2026-08-01T10:40:00.000Z'), renewed('2026-08-01T10:20:00.000Z')];
    const past = [late, early, claimed('b', 'a'), ended('a')];
    expect(list(ended('b'), ...past).map(({ state, tokens }) => [state, tokens.length])).toEqual([
      ['ended', 4],
      ['ended', 1],
    ]);
    const [underWay] = list(...past);
    // The sample's lease ends at 11:00 whatever its last renewal says.
    expect(underWay).toMatchObject({ state: 'claim', leaseUntil: '2026-08-01T11:00:00.000Z' });
    expect(underWay?.tokens).toHaveLength(3);
  });

  it('of one run by name are two when it wrote twice', () => {
    expect(list(ended('a'), claimed('a', 'a'), claimed('a', 'a')).map(({ state }) => state)).toEqual([
      'ended',
      'claim',
    ]);
    expect(listApplies([{ token: 'x', summary: null, problem: 'corrupt' }])).toMatchObject([
      { state: 'unreadable', problem: 'corrupt', run: null },
    ]);
  });
});
