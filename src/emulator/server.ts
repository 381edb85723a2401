/** The stand-in behind a listener on the loopback interface, and the failures that need a socket. */

import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import type { Context, Hono, MiddlewareHandler } from 'hono';
import { createApp } from './app.ts';
import { type AcceptedKey, normalizeAcceptedKeys } from './auth.ts';
import { basePath, cutBase } from './base-path.ts';
import { createSettlers } from './due.ts';
import { type BreakingFault, createFaultSwitch, type FaultMoment, type FaultRule, type FaultSwitch } from './faults.ts';
import { openStateDirectory, readSeedFile } from './persistence.ts';
import { buildDefaultQuirks, type Quirks } from './quirks.ts';
import { buildUuid, createRandom, hashText, type Random } from './random.ts';
import { createRequestCounter, type RequestCounter } from './request-counter.ts';
import { changeByHand, type RivalDeed } from './rival.ts';
import { createStaleReadTracker } from './stale-reads.ts';
import { lockStateDirectory } from './state-lock.ts';
import { createStore, type Store, type StoreState } from './store.ts';

export interface EmulatorOptions {
  /** Keys that are let in besides those in the store; a text is one admin key. Default: none. */
  readonly acceptKeys?: string | readonly AcceptedKey[];
  /** What the service holds at the start, and again after `reset`. Default: an organisation without anything. */
  readonly state?: Partial<StoreState>;
  /** Default: none. */
  readonly quirks?: Partial<Quirks>;
  /** Default: none. */
  readonly faults?: readonly FaultRule[];
  /** Default: the system's clock. */
  readonly now?: () => Date;
  /** Where ids, keys and the chance of faults begin: the same seed, the same run. Default 1. */
  readonly randomSeed?: number;
  /**
   * Called right before and right after every request that is let take effect, refused ones too, and before its answer is
   * sent or lost. For tests: it may look at the state, and change it as somebody else would.
   */
  readonly onRequest?: OnRequest;
}

export type OnRequest = (moment: 'before' | 'after', request: ObservedRequest, store: Store) => void;

export interface ObservedRequest {
  /** Counted from 1, over the emulator's life. */
  readonly number: number;
  readonly method: string;
  /** Below `/v1`, without the query. */
  readonly path: string;
  /** Undefined before. */
  readonly status: number | undefined;
}

export interface ListenOptions extends EmulatorOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** Address to listen at. Default 127.0.0.1: nobody else reaches it. */
  readonly host?: string;
  /** A directory that keeps the state over restarts; what it holds goes before `state` and `seedFile`. */
  readonly stateDirectory?: string;
  /** A JSON file with the state at the start; goes before `state`. */
  readonly seedFile?: string;
}

export interface EmulatorControls {
  readonly store: Store;
  readonly requests: RequestCounter;
  readonly quirks: Quirks;
  readonly faults: FaultSwitch;
  /** Back to the start: state, ids, counts, quirks and faults. */
  reset(): void;
  /** Changes the named switches. */
  setQuirks(quirks: Partial<Quirks>): void;
  /** Replaces all fault rules. */
  setFaults(rules: readonly FaultRule[]): void;
}

export interface DetachedEmulator extends EmulatorControls {
  /** Answers `app.request('/v1/…')`. Faults that break the connection answer 599 here: there is none to break. */
  readonly app: Hono;
}

export interface Emulator extends DetachedEmulator {
  /** With the prefix, as this machine reaches it: `http://127.0.0.1:<port>/v1`. */
  readonly url: string;
  readonly port: number;
  /** Ends open connections, hanging ones too, and frees the port. */
  close(): Promise<void>;
}

/**
 * Quirks that a fault rule turned on for the request under way. One for all emulators: Node 20 asks every storage that was ever
 * used about every promise.
 */
const ownQuirks = new AsyncLocalStorage<Partial<Quirks>>();

const defaultSeed = 1;
const loopback = '127.0.0.1';

interface Extras {
  readonly store: Store;
  readonly afterWrite: (store: Store) => Promise<void>;
  /** Settles when the emulator closes, to let hanging requests go. */
  readonly closing: Promise<void>;
}

function clockOf({ now = () => new Date() }: EmulatorOptions): () => Date {
  return now;
}

export function createEmulator(options: EmulatorOptions = {}): DetachedEmulator {
  return build(options, {
    store: createStore(options.state, createSettlers(clockOf(options))),
    afterWrite: async () => {},
    closing: new Promise(() => {}),
  });
}

function build(options: EmulatorOptions, extras: Extras): DetachedEmulator {
  const { store } = extras;
  const seed = options.randomSeed ?? defaultSeed;
  const quirks: Quirks = { ...buildDefaultQuirks(), ...options.quirks };
  const quirksInForce = new Proxy(quirks, {
    get: (all, name: keyof Quirks) => ownQuirks.getStore()?.[name] ?? all[name],
  });
  const now = clockOf(options);
  const stale = createStaleReadTracker(quirksInForce, now);
  const faults = createFaultSwitch(options.faults, seed);
  const requests = createRequestCounter();
  let random: Random = createRandom(seed);
  let requestIds: Random = createRandom(seed + 1);
  const app = createApp({
    store,
    quirks: quirksInForce,
    requests,
    stale,
    now,
    acceptKeys: normalizeAcceptedKeys(options.acceptKeys ?? []),
    random: () => random(),
    newRequestId: () => buildUuid(requestIds),
    injectFaults: buildFaultMiddleware({
      faults,
      closing: extras.closing,
      runWith: (own, work) => ownQuirks.run(own, work),
      letRivalIn: (path, deed) => changeByHand(store.state, path, deed),
      observe: buildObserver(options.onRequest, store),
    }),
    afterWrite: () => extras.afterWrite(store),
  });
  return {
    app,
    store,
    requests,
    quirks,
    faults,
    reset() {
      store.reset();
      requests.clear();
      random = createRandom(seed);
      requestIds = createRandom(seed + 1);
      Object.assign(quirks, buildDefaultQuirks(), options.quirks);
      faults.set(options.faults ?? []);
      stale.forget();
    },
    setQuirks(changed) {
      Object.assign(quirks, changed);
      if (changed.staleReads === null) stale.forget();
    },
    setFaults(rules) {
      faults.set(rules);
      if (quirks.staleReads === null) stale.forget();
    },
  };
}

export async function startEmulator(options: ListenOptions = {}): Promise<Emulator> {
  const seeded = options.seedFile === undefined ? options.state : await readSeedFile(options.seedFile);
  const store = createStore(seeded, createSettlers(clockOf(options)));
  const { stateDirectory } = options;
  const unlock = stateDirectory === undefined ? async () => {} : await lockStateDirectory(stateDirectory);
  try {
    return await serveStore(options, store, unlock);
  } catch (error) {
    await unlock();
    throw error;
  }
}

async function serveStore(options: ListenOptions, store: Store, unlock: () => Promise<void>): Promise<Emulator> {
  const directory = options.stateDirectory === undefined ? undefined : openStateDirectory(options.stateDirectory);
  const kept = await directory?.read();
  if (kept === undefined) await directory?.write(store.state);
  else store.loadState(kept);
  // From where an earlier run began, its ids and keys would be given out once more.
  const randomSeed = (options.randomSeed ?? defaultSeed) + (kept === undefined ? 0 : hashText(JSON.stringify(kept)));

  let letGo: () => void = () => {};
  const closing = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const emulator = build(
    { ...options, randomSeed },
    {
      store,
      afterWrite: async () => directory?.write(store.state),
      closing,
    },
  );
  const host = options.host ?? loopback;
  const server = await new Promise<ReturnType<typeof serve>>((resolve, reject) => {
    const listening = serve({ fetch: emulator.app.fetch, hostname: host, port: options.port ?? 0 }, () => {
      listening.off('error', reject);
      resolve(listening);
    });
    listening.once('error', reject);
  });
  const { port } = server.address() as AddressInfo;
  return {
    ...emulator,
    url: `http://${nearName(host)}:${port}${basePath}`,
    port,
    async close() {
      letGo();
      await new Promise<void>((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        if ('closeAllConnections' in server) server.closeAllConnections();
      });
      await unlock();
    },
  };
}

/** Every address is this one as well, and one of IPv6 stands in brackets. */
function nearName(host: string): string {
  if (host === '0.0.0.0' || host === '::') return loopback;
  return host.includes(':') ? `[${host}]` : host;
}

interface NodeBindings {
  readonly incoming?: IncomingMessage;
  readonly outgoing?: ServerResponse;
}

interface FaultParts {
  readonly faults: FaultSwitch;
  readonly closing: Promise<void>;
  readonly runWith: (quirks: Partial<Quirks>, work: () => Promise<void>) => Promise<void>;
  readonly letRivalIn: (path: string, deed: RivalDeed) => void;
  readonly observe: (c: Context, path: string, work: () => Promise<void>) => Promise<void>;
}

function buildFaultMiddleware(parts: FaultParts): MiddlewareHandler {
  return async (c, next) => {
    const path = cutBase(c.req.path);
    const { latency, fault, quirks, rivals = [] } = parts.faults.choose(c.req.method, path);
    if (latency > 0) await new Promise((resolve) => setTimeout(resolve, latency));
    const letRivalsIn = (moment: FaultMoment): void => {
      for (const { when = 'before', does = 'raise' } of rivals) if (when === moment) parts.letRivalIn(path, does);
    };
    const serve = async (): Promise<void> => {
      await parts.observe(c, path, quirks === undefined ? next : () => parts.runWith(quirks, next));
    };
    letRivalsIn('before');
    const takesEffect = fault === undefined || hasEffect(fault);
    if (takesEffect) await serve();
    letRivalsIn('after');
    if (fault !== undefined) c.res = await strike(c, fault, parts.closing);
  };
}

function hasEffect(fault: BreakingFault): boolean {
  if ('when' in fault) return fault.when === 'after';
  return fault.kind !== 'status' && fault.kind !== 'hang';
}

function buildObserver(onRequest: OnRequest | undefined, store: Store): FaultParts['observe'] {
  let number = 0;
  return async (c, path, work) => {
    number += 1;
    const request = { number, method: c.req.method, path };
    onRequest?.('before', { ...request, status: undefined }, store);
    await work();
    onRequest?.('after', { ...request, status: c.res.status }, store);
  };
}

async function strike(c: Context, fault: BreakingFault, closing: Promise<void>): Promise<Response> {
  // Without a listener there is no environment.
  const { incoming, outgoing } = (c.env ?? {}) as NodeBindings;
  switch (fault.kind) {
    case 'status':
      return buildStatusResponse(fault);
    case 'malformed':
      return new Response('upstream says: not { json', { headers: { 'content-type': 'application/json' } });
    case 'truncated': {
      const text = await c.res.text();
      const { status } = c.res;
      return new Response(text.slice(0, Math.ceil(text.length / 2)), {
        status,
        headers: { 'content-type': 'application/json' },
      });
    }
    case 'reset':
      incoming?.socket.resetAndDestroy();
      return buildNoAnswer();
    case 'cut': {
      const text = await c.res.text();
      outgoing?.writeHead(c.res.status, {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(text)),
      });
      await new Promise<void>((resolve) => {
        if (outgoing === undefined) resolve();
        else outgoing.write(text.slice(0, Math.ceil(text.length / 2)) || ' ', () => resolve());
      });
      incoming?.socket.destroy();
      return buildNoAnswer();
    }
    case 'hang':
      await Promise.race([
        closing,
        new Promise<void>((resolve) => {
          if (incoming === undefined) resolve();
          else incoming.socket.once('close', () => resolve());
        }),
      ]);
      incoming?.socket.destroy();
      return buildNoAnswer();
  }
}

/** What the adapter is told to send over a connection that is gone already. */
function buildNoAnswer(): Response {
  return new Response(null, { status: 599, headers: { 'x-hono-already-sent': 'true' } });
}

function buildStatusResponse(fault: Extract<BreakingFault, { kind: 'status' }>): Response {
  const { status, retryAfter, body = 'json' } = fault;
  const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
  switch (body) {
    case 'empty':
      return new Response(null, { status, headers });
    case 'html':
      return new Response(
        `<html><head><title>${status}</title></head><body><center><h1>${status}</h1></center></body></html>`,
        { status, headers: { ...headers, 'content-type': 'text/html' } },
      );
    case 'json': {
      const code = { 401: 'AB05', 403: 'AB03', 404: 'AB08', 409: 'AB07', 429: 'AB06' }[status] ?? 'AB04';
      const text = JSON.stringify({ errorCode: code, message: `Injected fault: status ${status}` });
      return new Response(text, { status, headers: { ...headers, 'content-type': 'application/json' } });
    }
  }
}
