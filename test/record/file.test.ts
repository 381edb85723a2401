import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { readProcessSpace } from '../../src/process-space.ts';
import { createFileStore } from '../../src/record/file.ts';
import { createMemoryStore } from '../../src/record/memory.ts';
import type { RecordStore } from '../../src/record/store.ts';
import { root } from '../helpers/bundle.ts';
import { makeFolder } from './git-fixture.ts';
import { sampleRecord } from './sample-record.ts';

describe.each<[string, () => RecordStore]>([
  ['file', () => createFileStore({ path: join(makeFolder(), 'state', 'record.json') })],
  ['memory', () => createMemoryStore()],
])('a record in a %s', (_, open) => {
  test('is null, then what was written, then what replaced it', async () => {
    const store = open();
    expect(await store.read()).toBeNull();
    expect(await store.readToken()).toBeNull();
    const first = await store.write(sampleRecord('a'), null, 'a');
    expect(await store.readToken()).toBe(first);
    expect(await store.read()).toEqual({ record: sampleRecord('a'), token: first, seal: 'own' });
    const second = await store.write(sampleRecord('b'), first, 'b');
    expect(await store.read()).toEqual({ record: sampleRecord('b'), token: second, seal: 'own' });
  });

  test('goes to exactly one of many who expect the same', async () => {
    const store = open();
    for (const token of [null, 'read']) {
      const expected = token === null ? null : ((await store.read())?.token ?? null);
      const writes = Array.from({ length: 8 }, (_unused, index) =>
        store.write(sampleRecord(`${token}-${index}`), expected, 'race'),
      );
      const lost = (await Promise.allSettled(writes)).filter((result) => result.status === 'rejected');
      expect(lost).toHaveLength(7);
      for (const { reason } of lost) expect(reason).toMatchObject({ name: 'UserError', exit: 'stale' });
    }
  });

  test('is no part of what was handed in or out', async () => {
    const store = open();
    const record = sampleRecord();
    await store.write(record, null, 'a');
    record.workspaces.length = 0;
    const read = await store.read();
    read?.record.workspaces.pop();
    expect((await store.read())?.record).toEqual(sampleRecord());
  });
});

describe('a record file', () => {
  function open(patience = 100) {
    const folder = makeFolder();
    const path = join(folder, 'record.json');
    return { folder, path, lock: `${path}.lock`, store: createFileStore({ path, patience }) };
  }

  test('is one stable document, and leaves nothing else behind', async () => {
    const { folder, path, store } = open();
    await store.write(sampleRecord(), null, 'a');
    expect(readdirSync(folder)).toEqual(['record.json']);
    const text = readFileSync(path, 'utf8');
    expect(Object.keys(JSON.parse(text))).toEqual(Object.keys(JSON.parse(text)).sort());
    expect(text.endsWith('}\n')).toBe(true);
  });

  test.each([
    ['{"version": 1', 'is not JSON'],
    ['{"version": 1}', 'record.json'],
    ['{}', 'version is missing'],
    ['{"version": 99}', 'version 99'],
  ])('that holds %s is invalid', async (text, said) => {
    const { path, store } = open();
    writeFileSync(path, text);
    await expect(store.read()).rejects.toMatchObject({
      name: 'UserError',
      exit: 'invalid',
      message: expect.stringContaining(said),
    });
  });

  test('that is corrupt has a token all the same, and can be replaced', async () => {
    const { path, store } = open();
    writeFileSync(path, 'nonsense');
    await store.write(sampleRecord(), await store.readToken(), 'rebuilt');
    expect((await store.read())?.record).toEqual(sampleRecord());
  });

  test('that is a folder is invalid on reading and on writing', async () => {
    const { path, store } = open();
    mkdirSync(path);
    await expect(store.read()).rejects.toMatchObject({ exit: 'invalid' });
    await expect(store.write(sampleRecord(), null, 'a')).rejects.toMatchObject({ exit: 'invalid' });
  });

  test('is stale while somebody alive holds the lock, and says who', async () => {
    const { lock, store } = open();
    const holder = JSON.stringify({ pid: process.pid, host: hostname() });
    writeFileSync(lock, holder);
    await expect(store.write(sampleRecord(), null, 'a')).rejects.toMatchObject({
      exit: 'stale',
      message: expect.stringContaining(`process ${process.pid} on ${hostname()}`),
    });
    expect(readFileSync(lock, 'utf8')).toBe(holder);
  });

  const gone = () => spawnSync(process.execPath, ['-e', '0']).pid;
  test.each([
    ['on another host', () => ({ pid: gone(), host: 'elsewhere', space: readProcessSpace() })],
    ['in another container of the same name', () => ({ pid: gone(), host: hostname(), space: '0123456789abcdef' })],
    ['from before process spaces were written down', () => ({ pid: gone(), host: hostname() })],
    ['somewhere that shows no process space', () => ({ pid: gone(), host: hostname(), space: null })],
  ])('trust-E1: is stale while the lock is held %s, though no such process is here', async (_, holder) => {
    const { lock, store } = open();
    const content = JSON.stringify(holder());
    writeFileSync(lock, content);
    await expect(store.write(sampleRecord(), null, 'a')).rejects.toMatchObject({ exit: 'stale' });
    expect(readFileSync(lock, 'utf8')).toBe(content);
  });

  test('mistakes-C5: a lock of a process whose id this one has by now is nobody’s', async () => {
    const { folder, lock, store } = open();
    const holder = { pid: process.pid, host: hostname(), space: readProcessSpace(), start: '1' };
    writeFileSync(lock, JSON.stringify(holder));
    await store.write(sampleRecord(), null, 'a');
    expect(readdirSync(folder)).toEqual(['record.json']);
  });

  test.each([
    ['empty', ''],
    ['cut off', '{"pid": 1, "ho'],
    ['of a holder without a name', '{}'],
    ['no object', '7'],
  ])('trust-E7: a lock that is %s is nobody’s, and is in nobody’s way', async (_, content) => {
    const { folder, lock, store } = open();
    writeFileSync(lock, content);
    await store.write(sampleRecord(), null, 'a');
    expect(readdirSync(folder)).toEqual(['record.json']);
  });

  test('trust-E7: who dies of a full disk while locking leaves no lock behind', async () => {
    const { path, lock, store } = open();
    // A limit on the size of files: the first written byte, that of the lock, is refused, or ends the process.
    const script = join(makeFolder(), 'write.mjs');
    buildSync({
      stdin: {
        contents: `import { createFileStore } from './src/record/file.ts'; await createFileStore({ path: process.argv[2] }).write({}, null, 'a');`,
        resolveDir: root,
      },
      outfile: script,
      bundle: true,
      platform: 'node',
      format: 'esm',
    });
    const ran = spawnSync('bash', ['-c', `ulimit -f 0; exec "${process.execPath}" "${script}" "${path}"`]);
    expect(ran.signal ?? String(ran.stderr)).toMatch(/SIGXFSZ|cannot be written \(EFBIG\)/);
    expect(existsSync(lock)).toBe(false);
    await store.write(sampleRecord(), null, 'a');
    expect((await store.read())?.record).toEqual(sampleRecord());
  });

  test('trust-E7: a lock is never there without its holder', async () => {
    const { folder, lock, store } = open(5_000);
    const seen: string[] = [];
    const watcher = watch(folder, (_event, name) => {
      if (name === 'record.json.lock' && existsSync(lock)) seen.push(readFileSync(lock, 'utf8'));
    });
    for (let count = 0; count < 20; count++) await store.write(sampleRecord(`${count}`), await store.readToken(), 'a');
    watcher.close();
    expect(seen.filter((text) => !text.includes(`"pid":${process.pid}`))).toEqual([]);
  });

  test('takes over the lock of a process that is dead', async () => {
    const { folder, lock, store } = open();
    writeFileSync(lock, JSON.stringify({ pid: gone(), host: hostname(), space: readProcessSpace() }));
    await store.write(sampleRecord(), null, 'a');
    expect(readdirSync(folder)).toEqual(['record.json']);
  });
});
