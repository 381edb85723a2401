import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { formatAge } from '../../src/prices/age.ts';
import { cachePathOf, parseCacheEntry, renderCacheEntry } from '../../src/prices/cache-entry.ts';
import { findCacheFolder, readPriceText } from '../../src/prices/files.ts';
import { parsePriceSource } from '../../src/prices/source.ts';
import { makeFolder } from '../record/git-fixture.ts';
import { entry } from './kit.ts';

const source = 'https://prices.example.com';
const fetchedAt = '2026-11-20T12:00:00.000Z';
const now = new Date('2026-11-20T13:00:00.000Z');
const kept = { source, provider: 'openai', fetchedAt, body: { m: entry(1, 1) } };
const text = renderCacheEntry(kept);

describe('a kept copy', () => {
  it('is read as it was written', () => {
    expect(parseCacheEntry(text, source, 'openai', now)).toEqual(kept);
    const missing = { ...kept, body: null };
    expect(parseCacheEntry(renderCacheEntry(missing), source, 'openai', now)).toEqual(missing);
  });

  it('of another source, another provider, or from the future is none', () => {
    expect(parseCacheEntry(text, 'https://mirror.example.com', 'openai', now)).toBeNull();
    expect(parseCacheEntry(text, source, 'anthropic', now)).toBeNull();
    expect(parseCacheEntry(text, source, 'openai', new Date('2026-11-20T11:59:59.999Z'))).toBeNull();
    expect(cachePathOf(source, 'openai')).not.toBe(cachePathOf('https://mirror.example.com', 'openai'));
  });

  it('is noticed wherever it was damaged', () => {
    for (let at = 0; at < text.length - 1; at++) {
      const changed = `${text.slice(0, at)}${text[at] === '7' ? '8' : '7'}${text.slice(at + 1)}`;
      expect(parseCacheEntry(changed, source, 'openai', now), `byte ${at}`).toBeNull();
      // The newline at the end is all that may be missing.
      expect(parseCacheEntry(text.slice(0, at), source, 'openai', now), `cut at ${at}`).toBeNull();
    }
  });
});

describe('where copies live', () => {
  it.each<[string, Record<string, string | undefined>, string, string | null]>([
    ['XDG', { XDG_CACHE_HOME: '/xdg', HOME: '/home/me' }, 'linux', '/xdg/tollgate/prices'],
    ['XDG on macOS too', { XDG_CACHE_HOME: '/xdg', HOME: '/home/me' }, 'darwin', '/xdg/tollgate/prices'],
    [
      'a relative XDG is ignored',
      { XDG_CACHE_HOME: 'xdg', HOME: '/home/me' },
      'linux',
      '/home/me/.cache/tollgate/prices',
    ],
    ['an empty one too', { XDG_CACHE_HOME: '', HOME: '/home/me' }, 'linux', '/home/me/.cache/tollgate/prices'],
    ['macOS', { HOME: '/Users/me' }, 'darwin', '/Users/me/Library/Caches/tollgate/prices'],
    ['Windows', { LOCALAPPDATA: '/local', HOME: '/home/me' }, 'win32', '/local/tollgate/prices'],
    ['no home', {}, 'linux', null],
    ['no home on Windows', { HOME: '/home/me' }, 'win32', null],
  ])('%s', (_name, env, platform, expected) => {
    expect(findCacheFolder(env, 'prices', platform)).toBe(expected);
  });
});

describe('a file on disk', () => {
  it('is read with the time of its last change, or says why not', async () => {
    const folder = makeFolder();
    const file = join(folder, 'openai.json');
    writeFileSync(file, '{}');
    utimesSync(file, now, now);
    mkdirSync(join(folder, 'directory'));
    expect(await readPriceText(file, 2)).toEqual({ status: 'read', text: '{}', changed: now });
    expect(await readPriceText(file, 1)).toMatchObject({ status: 'failed', why: expect.stringContaining('2 bytes') });
    expect(await readPriceText(join(folder, 'none.json'), 2)).toEqual({ status: 'missing' });
    expect(await readPriceText(join(folder, 'directory'), 2)).toMatchObject({ status: 'failed' });
  });
});

describe('a source', () => {
  it.each([
    ['https://configs.portkey.ai/pricing/', { kind: 'address', address: 'https://configs.portkey.ai/pricing' }],
    ['http://127.0.0.1:8080/x', { kind: 'address', address: 'http://127.0.0.1:8080/x' }],
    ['http://localhost:1', { kind: 'address', address: 'http://localhost:1' }],
    ['prices', { kind: 'folder', folder: 'prices' }],
    ['/srv/prices', { kind: 'folder', folder: '/srv/prices' }],
    ['C:\\prices', { kind: 'folder', folder: 'C:\\prices' }],
  ])('%s', (written, expected) => {
    expect(parsePriceSource(written)).toEqual(expected);
  });

  it.each([
    ['http://prices.example.com'],
    ['https://me:secret@prices.example.com'],
    ['https://prices.example.com/?token=secret'],
    ['ftp://prices.example.com'],
    ['https://'],
    [' '],
  ])('%s is refused, without repeating what may be secret', (written) => {
    expect(() => parsePriceSource(written)).toThrow(UserError);
    expect(() => parsePriceSource(written)).not.toThrow(/secret/);
  });
});

it.each([
  [-5, 'under a minute'],
  [59_999, 'under a minute'],
  [60_000, '1 min'],
  [3_599_999, '59 min'],
  [3_600_000, '1 h'],
  [48 * 3_600_000 - 1, '47 h'],
  [48 * 3_600_000, '2 days'],
])('%d ms is %s', (milliseconds, expected) => {
  expect(formatAge(milliseconds)).toBe(expected);
});
