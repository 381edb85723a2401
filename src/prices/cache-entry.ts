/** What is kept of a price file on this machine: the file, where it came from and when. Never believed without its checksum. */

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { parseBoundedJson } from '../bounded-json.ts';

export interface CacheEntry {
  /** Address of the folder of files. */
  readonly source: string;
  readonly provider: string;
  /** ISO, UTC. */
  readonly fetchedAt: string;
  /** Parsed JSON; null: the source has no file for this provider. */
  readonly body: unknown;
}

const format = 1;

const shape = z.strictObject({
  format: z.literal(format),
  source: z.string(),
  provider: z.string(),
  fetched_at: z.iso.datetime(),
  sha256: z.string(),
  body: z.string(),
});

/** Two sources are two folders: a mirror's prices never stand in for the service's. */
export function cachePathOf(source: string, provider: string): string {
  return `${digest(source).slice(0, 16)}/${provider}.json`;
}

export function renderCacheEntry({ source, provider, fetchedAt, body }: CacheEntry): string {
  const text = JSON.stringify(body);
  const facts = { format, source, provider, fetched_at: fetchedAt };
  return `${JSON.stringify({ ...facts, sha256: checksum(source, provider, fetchedAt, text), body: text })}\n`;
}

/** @returns null for anything but what was written for this source and provider, whole, and in the past */
export function parseCacheEntry(text: string, source: string, provider: string, now: Date): CacheEntry | null {
  const parsed = shape.safeParse(parseJson(text));
  if (!parsed.success) return null;
  const { fetched_at: fetchedAt, sha256, body } = parsed.data;
  const fits = parsed.data.source === source && parsed.data.provider === provider;
  // A clock that was wrong would else keep a file fresh for years.
  if (!fits || Date.parse(fetchedAt) > now.getTime()) return null;
  if (sha256 !== checksum(source, provider, fetchedAt, body)) return null;
  return { source, provider, fetchedAt, body: parseJson(body) ?? null };
}

function checksum(...parts: readonly string[]): string {
  return digest(JSON.stringify(parts));
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function parseJson(text: string): unknown {
  try {
    return parseBoundedJson(text);
  } catch {
    return undefined;
  }
}
