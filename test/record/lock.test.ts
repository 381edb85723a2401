/** The lock of a record file while others come and go: nobody's but its holder's. */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { isProcessAlive, readProcessSpace } from '../../src/process-space.ts';
import { createFileStore } from '../../src/record/file.ts';
import { makeFolder } from './git-fixture.ts';
import { sampleRecord } from './sample-record.ts';

afterEach(() => vi.restoreAllMocks());

const codeError = (code: string) => Object.assign(new Error(code), { code });
const holder = (pid: number, more: object = {}) =>
  JSON.stringify({ pid, host: hostname(), space: readProcessSpace(), ...more });

function open() {
  const folder = makeFolder();
  const path = join(folder, 'record.json');
  return { folder, path, lock: `${path}.lock`, store: createFileStore({ path, patience: 100 }) };
}

test('is left where somebody took the holder for dead and has it now', async () => {
  const { lock, store } = open();
  const other = holder(process.pid, { id: 'other' });
  let isWritten = false;
  const writing = store.write(sampleRecord(), null, 'a').finally(() => {
    isWritten = true;
  });
  while (!isWritten && !existsSync(lock)) await new Promise((resolve) => setImmediate(resolve));
  writeFileSync(lock, other);
  await writing;
  expect(readFileSync(lock, 'utf8')).toBe(other);
});

test('of a dead holder that somebody alive has taken meanwhile goes back to its place', async () => {
  const { folder, lock, store } = open();
  writeFileSync(lock, holder(99_999_999));
  const fresh = holder(process.pid, { id: 'fresh' });
  // The question whether the holder is alive comes between reading the lock and breaking it.
  vi.spyOn(process, 'kill').mockImplementation((pid) => {
    if (pid === process.pid) return true;
    writeFileSync(lock, fresh);
    throw codeError('ESRCH');
  });
  await expect(store.write(sampleRecord(), null, 'a')).rejects.toMatchObject({ exit: 'stale' });
  expect(readFileSync(lock, 'utf8')).toBe(fresh);
  expect(readdirSync(folder)).toEqual(['record.json.lock']);
});

describe('a holder', () => {
  test.each([
    ['is not there any more', 'ESRCH', false],
    ['is somebody else’s process', 'EPERM', true],
    ['cannot be asked for', 'EINVAL', true],
  ])('that %s: alive is %s', (_, code, isAlive) => {
    vi.spyOn(process, 'kill').mockImplementation(() => {
      throw codeError(code);
    });
    expect(isProcessAlive(4242)).toBe(isAlive);
  });

  test.each([
    ['here', {}, false],
    ['on another host', { host: 'elsewhere' }, true],
    ['in another space of processes', { space: 'other' }, true],
  ])('that is dead %s: the lock stays is %s', async (_, more, stays) => {
    const { lock, store } = open();
    writeFileSync(lock, holder(99_999_999, more));
    vi.spyOn(process, 'kill').mockImplementation(() => {
      throw codeError('ESRCH');
    });
    const written = await store.write(sampleRecord(), null, 'a').then(
      () => true,
      () => false,
    );
    expect([written, existsSync(lock)]).toEqual([!stays, stays]);
  });
});

test('a record that another apply has written is not overwritten', async () => {
  const { path, store } = open();
  const token = await store.write(sampleRecord('a'), null, 'a');
  writeFileSync(path, readFileSync(path, 'utf8').replace('ada', 'bob'));
  await expect(store.write(sampleRecord('b'), token, 'b')).rejects.toMatchObject({ exit: 'stale' });
  await expect(store.write(sampleRecord('b'), null, 'b')).rejects.toMatchObject({ exit: 'stale' });
});
