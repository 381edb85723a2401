import { lookup } from 'node:dns';
import { setMaxListeners } from 'node:events';
import type { LookupFunction } from 'node:net';
import { Agent, type Dispatcher, request as send } from 'undici';
import { createValueBlanker } from '../blank-secrets.ts';
import { parseBoundedJson } from '../bounded-json.ts';
import { CancelledError, UserError } from '../errors.ts';
import { createProxyAgent, describeProxy, type Proxies } from '../proxies.ts';
import { checkBaseUrl, isLoopback } from './base-url.ts';
import { describeFault, faultCodeOf, isBeforeSending, isPermanentFault, refusedAddress } from './connection-faults.ts';
import {
  type ApiRequest,
  type Attempt,
  buildBrokenAnswer,
  buildRefusal,
  type CleanText,
  createCleaner,
  renderPath,
} from './failure.ts';

export interface ConnectionOptions {
  /** Including the path prefix, see `checkBaseUrl`. */
  readonly baseUrl: string;
  /** Null: none is sent, for what is public. */
  readonly apiKey: string | null;
  /** Of another service than the control plane. Default: `x-portkey-api-key`, from PORTKEY_API_KEY. */
  readonly keyPlace?: KeyPlace | undefined;
  /** Further secrets of this run, blanked in answers and messages as the key is. */
  readonly secrets?: readonly string[] | undefined;
  /** Whether a connection to an address may be made, judged once its name is resolved; default: to any. */
  readonly mayConnect?: ((address: string) => boolean) | undefined;
  /** What the other side says (bodies, redirects, certificates) stays out of messages: it is a stranger's. Default false. */
  readonly isStranger?: boolean | undefined;
  /** Sent as `user-agent`; default `tollgate`. */
  readonly userAgent?: string | undefined;
  /**
   * Once fired, calls end with CancelledError, but for a write that is under way: it is let come to its answer, so that its
   * outcome is known.
   */
  readonly signal?: AbortSignal | undefined;
  /** Loopback hosts are never reached through a proxy. */
  readonly proxies?: Proxies | undefined;
  /** Milliseconds: to connect (10 s), to the first byte of the answer (25 s), between two parts of a body (15 s), in all (30 s). */
  readonly timeouts?: Partial<Timeouts> | undefined;
  /** Open connections at most; default 4. */
  readonly connections?: number | undefined;
  /** What carries the requests, closed with the connection; default: sockets of its own. */
  readonly dispatcher?: Dispatcher | undefined;
  /** Largest answer in bytes; default 64 MiB, since a server may send a whole list at once. */
  readonly maxBodyBytes?: number | undefined;
}

/** The header that a key is sent in, and the variable that it comes from, for messages. */
export interface KeyPlace {
  readonly header: string;
  readonly variable: string;
  /** What the variable is to hold. */
  readonly holds: string;
}

const ownKeyPlace: KeyPlace = {
  header: 'x-portkey-api-key',
  variable: 'PORTKEY_API_KEY',
  holds: 'an organisation admin key',
};

export interface Timeouts {
  readonly connect: number;
  readonly headers: number;
  readonly body: number;
  readonly total: number;
}

const defaultTimeouts: Timeouts = { connect: 10_000, headers: 25_000, body: 15_000, total: 30_000 };

export interface Connection {
  readonly baseUrl: string;
  /** One try. Rejects with CancelledError only; every other failure is a value. */
  attempt(request: ApiRequest): Promise<Attempt>;
  /** Milliseconds since the epoch by the server's clock, from the latest answer that it took; null while there is none. */
  serverNow(): number | null;
  /** For messages made elsewhere: no key, no control characters. */
  readonly clean: CleanText;
  close(): Promise<void>;
}

/** @param variable that names the base URL, for messages */
export function openConnection(options: ConnectionOptions, variable?: string): Connection {
  const baseUrl = checkBaseUrl(options.baseUrl, variable);
  const keyPlace = options.keyPlace ?? ownKeyPlace;
  const apiKey = options.apiKey === null ? '' : checkApiKey(options.apiKey, keyPlace);
  const secrets = [apiKey, ...(options.secrets ?? [])];
  const clean = createCleaner(...secrets);
  const blankAnswer = createValueBlanker(...secrets);
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  const dispatcher = options.dispatcher ?? createDispatcher(baseUrl, options, timeouts);
  const isStraight = options.dispatcher !== undefined || isLoopback(new URL(baseUrl).hostname);
  const through = isStraight ? '' : describeProxy(baseUrl, options.proxies ?? {});
  const { signal, isStranger = false } = options;
  let serverTime: number | null = null;
  // One listener a request under way, and always taken off again: more than ten are not a leak.
  if (signal !== undefined) setMaxListeners(0, signal);
  const headers = {
    ...(apiKey === '' ? {} : { [keyPlace.header]: apiKey }),
    accept: 'application/json',
    'user-agent': options.userAgent ?? 'tollgate',
  };

  async function attempt(request: ApiRequest): Promise<Attempt> {
    if (signal?.aborted) throw new CancelledError('cancelled');
    // One controller for both ends of the wait: AbortSignal.any on a signal that lives as long as the run would collect listeners.
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    const timer = setTimeout(abort, timeouts.total);
    if (request.method === 'GET') signal?.addEventListener('abort', abort, { once: true });
    let status: number | undefined;
    try {
      const answer = await send(`${baseUrl}${renderPath(request)}`, {
        dispatcher,
        method: request.method,
        headers: request.body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
        body: request.body === undefined ? null : JSON.stringify(request.body),
        signal: controller.signal,
      });
      status = answer.statusCode;
      return await readAnswer(request, answer);
    } catch (error) {
      if (request.method === 'GET' && signal?.aborted) throw new CancelledError('cancelled');
      return buildConnectionFailure(request, error, controller.signal.aborted, status);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }

  async function readAnswer(request: ApiRequest, answer: Dispatcher.ResponseData): Promise<Attempt> {
    const { statusCode: status, body } = answer;
    if (status < 200 || status >= 300) {
      // A refusal whose body is cut off is still that refusal.
      const text = await body.text().catch(() => '');
      const contentType = headerText(answer, 'content-type') ?? '';
      const error = buildRefusal(
        request,
        status,
        isStranger
          ? { text: '', contentType: '', location: undefined }
          : { text, contentType, location: headerText(answer, 'location') },
        clean,
        isStranger ? null : baseUrl,
      );
      const transient = status === 429 || (status >= 500 && status !== 501);
      return { ok: false, error, transient, retryAfter: headerText(answer, 'retry-after') };
    }
    // Of what it took only: a refusal may come from a proxy on the way.
    const date = Date.parse(headerText(answer, 'date') ?? '');
    if (!Number.isNaN(date)) serverTime = date;
    if ((request.method === 'PUT' && request.isAnswerWanted !== true) || request.method === 'DELETE') {
      // `{}`, 204 or nothing (docs/service-notes.md#envelopes): the status line is the whole answer, also when what follows is cut off.
      await body.text().catch(() => undefined);
      return { ok: true, body: undefined, status };
    }
    // Somebody may have pasted the key into a name or a description: what is read here is printed, saved and recorded.
    // On values: a text could spell it in escapes that only the parser undoes.
    const text = await body.text();
    try {
      const nextPage = headerText(answer, 'x-next-page') || undefined;
      return { ok: true, body: blankAnswer(parseBoundedJson(text)), status, ...(nextPage && { nextPage }) };
    } catch {
      // Without the parser's error as cause: it quotes the body, where the key may be echoed.
      const kind = headerText(answer, 'content-type') ?? 'no content type';
      const seen = isStranger ? '' : ` (${kind}, ${text.length} characters)`;
      const problem = `answered ${status} with something that is not JSON${seen}`;
      const error = buildBrokenAnswer(request, problem, { status, maybeApplied: true }, clean);
      return { ok: false, error, transient: false, retryAfter: undefined };
    }
  }

  function buildConnectionFailure(request: ApiRequest, error: unknown, timedOut: boolean, status?: number): Attempt {
    const code = faultCodeOf(error);
    const why = timedOut
      ? `no answer within ${timeouts.total / 1000} s`
      : describeFault(code, isStranger ? new Error('no connection') : error);
    const reached =
      status === undefined ? `cannot reach ${baseUrl}: ${why}${through}` : `${baseUrl} broke off its answer: ${why}`;
    const failure = buildBrokenAnswer(
      request,
      reached,
      { maybeApplied: timedOut || !isBeforeSending(code, error) },
      clean,
      new Error(clean(String(error))),
    );
    return { ok: false, error: failure, transient: !isPermanentFault(code), retryAfter: undefined };
  }

  return { baseUrl, attempt, serverNow: () => serverTime, clean, close: () => dispatcher.destroy() };
}

/** Secrets pasted into CI settings often end in a newline; anything else that no header may hold is refused unsaid. */
function checkApiKey(text: string, { variable, holds }: KeyPlace): string {
  const key = text.trim();
  if (key === '') throw new UserError('the API key is empty', { hint: `Set ${variable} to ${holds}.` });
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new UserError('the API key holds spaces or characters that cannot be sent in a header', {
      hint: `Copy ${variable} again; a key is one word of plain ASCII.`,
    });
  }
  return key;
}

function createDispatcher(baseUrl: string, options: ConnectionOptions, timeouts: Timeouts): Dispatcher {
  const common = {
    connections: options.connections ?? 4,
    pipelining: 1,
    headersTimeout: timeouts.headers,
    bodyTimeout: timeouts.body,
    connect: {
      timeout: timeouts.connect,
      ...(options.mayConnect === undefined ? {} : { lookup: createGuardedLookup(options.mayConnect) }),
    },
    maxResponseSize: options.maxBodyBytes ?? 64 * 1024 * 1024,
  };
  const proxied = isLoopback(new URL(baseUrl).hostname) ? null : createProxyAgent(common, options.proxies ?? {});
  return proxied ?? new Agent(common);
}

/** At the moment of connecting: a name that is resolved twice may be two addresses. */
function createGuardedLookup(mayConnect: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) =>
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error !== null || first === undefined) return callback(error, '', 0);
      if (!addresses.every(({ address }) => mayConnect(address))) {
        return callback(Object.assign(new Error(refusedAddress), { code: refusedAddress }), '', 0);
      }
      if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
}

/** Of several of that name the first. */
export function headerText(answer: Dispatcher.ResponseData, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
