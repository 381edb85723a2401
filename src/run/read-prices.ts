import path from 'node:path';
import { parseBoundedJson } from '../bounded-json.ts';
import { largestPriceFile, openPriceFiles, type PriceFiles } from '../client/price-files.ts';
import { isPublicAddress } from '../client/public-address.ts';
import { systemTiming } from '../client/timing.ts';
import { dropTrailing } from '../drop-trailing.ts';
import { CancelledError, UserError } from '../errors.ts';
import { listNamesIn, writeFileAtomic } from '../policy/named-files.ts';
import { formatAge } from '../prices/age.ts';
import { type CacheEntry, cachePathOf, parseCacheEntry, renderCacheEntry } from '../prices/cache-entry.ts';
import { readPriceText } from '../prices/files.ts';
import { parsePriceFile } from '../prices/parse-prices.ts';
import type { Provenance, ProviderPrices } from '../prices/types.ts';
import { proxiesOf } from '../proxies.ts';
import type { PriceReading } from './price-settings.ts';
import { nowOf, type Session } from './session.ts';

export interface ReadPrices {
  readonly providers: ReadonlyMap<string, ProviderPrices>;
  /** What was old, damaged or could not be kept, for people. */
  readonly notes: readonly string[];
}

type Note = (text: string) => void;
type AddressReading = PriceReading & { readonly kind: 'address' };

export interface Patience {
  /** Requests sent for one file at most; default 3. */
  readonly tries?: number | undefined;
  /** Milliseconds for one request in all; default 30 s. */
  readonly total?: number | undefined;
  /** Milliseconds for all prices of a run; default 30 s. */
  readonly altogether?: number;
}

/**
 * The price files of these providers: from the folder, or from this user's copies while they are fresh, else from the address.
 * What cannot be read is a value; nothing rejects but a cancelled run.
 */
export async function readPrices(
  providers: readonly string[],
  reading: PriceReading,
  session: Session,
  { tries, total, altogether = 30_000 }: Patience = {},
): Promise<ReadPrices> {
  const notes = new Set(reading.notes);
  const note: Note = (text) => void notes.add(text);
  if (reading.kind === 'folder') {
    const read = providers.map(async (name) => [name, await readFromFolder(name, reading, note, session)] as const);
    return { providers: new Map(await Promise.all(read)), notes: [...notes] };
  }
  const files = openFiles(reading, session, { tries, total, altogether });
  try {
    const read = providers.map(
      async (name) => [name, await readOne(name, reading, files.read, note, session)] as const,
    );
    return { providers: new Map(await session.waiting('reading prices', Promise.all(read))), notes: [...notes] };
  } finally {
    await files.close();
  }
}

/**
 * Whether the place answers, by the file of one provider that every source has. Copies are neither used nor made.
 *
 * @throws UserError where it does not
 */
export async function tryPrices(reading: PriceReading, session: Session): Promise<string> {
  if (reading.kind === 'folder') {
    const names = ((await listNamesIn(reading.folder)) ?? []).filter((name) => name.endsWith('.json'));
    if (names.length > 0) return `${names.length} ${names.length === 1 ? 'file' : 'files'} in ${reading.shown}`;
    throw new UserError(`${reading.shown} holds no price files`, { hint: 'Put openai.json and the like into it.' });
  }
  if (reading.offline) return `copies alone: ${reading.notes.join('; ')}`;
  const files = openFiles(reading, session, { tries: 2, total: 5_000, altogether: 6_000 });
  try {
    const answer = await files.read('openai');
    if (answer.status === 'read') return `${reading.shown} answers`;
    if (answer.status === 'missing') return `${reading.shown} answers, and has no openai.json`;
    throw new UserError(`${reading.shown}: ${answer.why}`, {
      hint: 'Plans go on without prices, and say so. HTTPS_PROXY and NO_PROXY are the way to it, `pricing.source` another place.',
    });
  } finally {
    await files.close();
  }
}

function openFiles(
  reading: AddressReading,
  session: Session,
  { tries, total, altogether }: Patience & { readonly altogether: number },
): PriceFiles {
  const { env, version, clock } = session;
  // One for all of them: hundreds of files on a host that hangs would each wait their own time.
  const deadline = AbortSignal.timeout(altogether);
  const signal = AbortSignal.any([session.signal, deadline]);
  const files = openPriceFiles({
    baseUrl: reading.address,
    userAgent: `tollgate/${version}`,
    signal,
    mayConnect: reading.publicOnly ? isPublicAddress : undefined,
    proxies: proxiesOf(env),
    tries,
    timeouts: total === undefined ? undefined : { connect: total, headers: total, body: total, total },
    timing: { ...systemTiming, now: () => clock.now(), sleep: (milliseconds) => clock.sleep(milliseconds) },
  });
  return {
    ...files,
    async read(provider) {
      try {
        return await files.read(provider);
      } catch (error) {
        if (!(error instanceof CancelledError) || session.signal.aborted) throw error;
        return { status: 'failed', why: `all prices of a run are given ${altogether / 1000} s together` };
      }
    },
  };
}

async function readOne(
  provider: string,
  reading: AddressReading,
  readFile: PriceFiles['read'],
  note: Note,
  session: Session,
): Promise<ProviderPrices> {
  const now = nowOf(session);
  const kept = await readKept(provider, reading, note, now);
  const age = kept === null ? Number.POSITIVE_INFINITY : now.getTime() - Date.parse(kept.entry.fetchedAt);
  if (kept !== null && age < reading.maxAge) return kept.prices;
  if (reading.offline) {
    if (kept === null) return { status: 'unread', why: `offline, and there is no copy of the prices of ${provider}` };
    note(`offline: the prices of ${provider} are ${formatAge(age)} old, more than ${formatAge(reading.maxAge)}`);
    return kept.prices;
  }
  const answer = await readFile(provider);
  const fetchedAt = now.toISOString();
  const where = { kind: 'address', from: `${reading.shown}/${provider}.json`, asOf: fetchedAt, cached: false } as const;
  const prices: ProviderPrices =
    answer.status === 'failed'
      ? { status: 'unread', why: `the prices of ${provider} cannot be read from ${reading.shown}: ${answer.why}` }
      : understand(provider, answer.status === 'missing' ? null : answer.body, where);
  if (prices.status === 'unread') {
    if (kept === null) return prices;
    note(`${prices.why}; used instead: a copy that is ${formatAge(age)} old`);
    return kept.prices;
  }
  const body = answer.status === 'read' ? answer.body : null;
  await keep({ source: reading.shown, provider, fetchedAt, body }, reading.cacheFolder, note);
  return prices;
}

/** @param body null: there is no such file */
function understand(provider: string, body: unknown, provenance: Provenance): ProviderPrices {
  if (body === null) return { status: 'missing', provenance };
  const file = parsePriceFile(body);
  if ('problem' in file) {
    return { status: 'unread', why: `the prices of ${provider} in ${provenance.from} make no sense: ${file.problem}` };
  }
  return { status: 'read', file, provenance };
}

async function readKept(
  provider: string,
  { cacheFolder, shown }: AddressReading,
  note: Note,
  now: Date,
): Promise<{ entry: CacheEntry; prices: ProviderPrices } | null> {
  if (cacheFolder === null) return null;
  const file = path.join(cacheFolder, cachePathOf(shown, provider));
  // As text inside JSON a file grows by its quotes.
  const found = await readPriceText(file, 3 * largestPriceFile);
  if (found.status === 'missing') return null;
  const entry = found.status === 'read' ? parseCacheEntry(found.text, shown, provider, now) : null;
  if (entry !== null) {
    const where = { kind: 'address', from: `${shown}/${provider}.json`, asOf: entry.fetchedAt, cached: true } as const;
    const prices = understand(provider, entry.body, where);
    if (prices.status !== 'unread') return { entry, prices };
  }
  const why = found.status === 'failed' ? found.why : 'it is damaged, or dated in the future';
  note(`the copy of the prices of ${provider} in ${file} was passed over: ${why}`);
  return null;
}

/** A copy that cannot be kept costs a request next time, and nothing else. */
async function keep(entry: CacheEntry, cacheFolder: string | null, note: Note): Promise<void> {
  if (cacheFolder === null) return;
  try {
    await writeFileAtomic(path.join(cacheFolder, cachePathOf(entry.source, entry.provider)), renderCacheEntry(entry));
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    note(`no copy of prices can be kept in ${cacheFolder}${typeof code === 'string' ? ` (${code})` : ''}`);
  }
}

async function readFromFolder(
  provider: string,
  { folder, shown, within, maxAge }: PriceReading & { readonly kind: 'folder' },
  note: Note,
  session: Session,
): Promise<ProviderPrices> {
  const from = `${dropTrailing(shown, '/\\')}/${provider}.json`;
  const now = nowOf(session);
  const found = await readPriceText(path.join(folder, `${provider}.json`), largestPriceFile, within ?? undefined);
  const where = { kind: 'folder', from, cached: false } as const;
  if (found.status === 'missing') return { status: 'missing', provenance: { ...where, asOf: now.toISOString() } };
  if (found.status === 'failed') return { status: 'unread', why: `${from}: ${found.why}` };
  const provenance: Provenance = { ...where, asOf: found.changed.toISOString() };
  const age = now.getTime() - found.changed.getTime();
  if (age > maxAge) note(`${from} was last changed ${formatAge(age)} ago, more than ${formatAge(maxAge)}`);
  let body: unknown;
  try {
    body = parseBoundedJson(found.text);
  } catch {
    return { status: 'unread', why: `${from} is not JSON` };
  }
  return understand(provider, body ?? [], provenance);
}
