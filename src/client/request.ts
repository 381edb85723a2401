import { setMaxListeners } from 'node:events';
import { Agent, type Dispatcher, EnvHttpProxyAgent, request as send } from 'undici';
import { CancelledError, UserError } from '../errors.ts';
import { checkBaseUrl, isLoopback } from './base-url.ts';
import {
  type ApiRequest,
  type Attempt,
  buildBrokenAnswer,
  buildRefusal,
  type CleanText,
  createBlanker,
  createCleaner,
  renderPath,
} from './failure.ts';

export interface ConnectionOptions {
  /** Including the path prefix, see `checkBaseUrl`. */
  readonly baseUrl: string;
  /** Null: none is sent, for what is public. */
  readonly apiKey: string | null;
  /** Sent as `user-agent`; default `tollgate`. */
  readonly userAgent?: string | undefined;
  /**
   * Once fired, calls end with CancelledError, but for a write that is under way: it is let come to its answer, so that its
   * outcome is known.
   */
  readonly signal?: AbortSignal | undefined;
  /** Values of HTTPS_PROXY and NO_PROXY. Loopback hosts are never reached through a proxy. */
  readonly proxies?: { readonly httpsProxy?: string | undefined; readonly noProxy?: string | undefined } | undefined;
  /** Milliseconds: to connect (10 s), to the first byte of the answer (25 s), between two parts of a body (15 s), in all (30 s). */
  readonly timeouts?: Partial<Timeouts> | undefined;
  /** Open connections at most; default 4. */
  readonly connections?: number | undefined;
  /** What carries the requests, closed with the connection; default: sockets of its own. */
  readonly dispatcher?: Dispatcher | undefined;
  /** Largest answer in bytes; default 64 MiB, since a server may send a whole list at once. */
  readonly maxBodyBytes?: number | undefined;
}

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
  /** Milliseconds since the epoch by the server's clock, from the latest answer that it took; null when it never told. */
  serverNow(): number | null;
  /** For messages made elsewhere: no key, no control characters. */
  readonly clean: CleanText;
  close(): Promise<void>;
}

export function openConnection(options: ConnectionOptions): Connection {
  const baseUrl = checkBaseUrl(options.baseUrl);
  const apiKey = options.apiKey === null ? '' : checkApiKey(options.apiKey);
  const clean = createCleaner(apiKey);
  // A real key is far longer; a few letters would be found in the middle of words.
  const blankAnswer = apiKey.length < 8 ? (text: string) => text : createBlanker(apiKey);
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  const dispatcher = options.dispatcher ?? createDispatcher(baseUrl, options, timeouts);
  const { signal } = options;
  let serverTime: number | null = null;
  // One listener a request under way, and always taken off again: more than ten are no leak.
  if (signal !== undefined) setMaxListeners(0, signal);
  const headers = {
    ...(apiKey === '' ? {} : { 'x-portkey-api-key': apiKey }),
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
        { text, contentType, location: headerText(answer, 'location') },
        clean,
      );
      const transient = status === 429 || (status >= 500 && status !== 501);
      return { ok: false, error, transient, retryAfter: headerText(answer, 'retry-after') };
    }
    // Of what it took only: a refusal may come from a proxy on the way.
    const date = Date.parse(headerText(answer, 'date') ?? '');
    if (!Number.isNaN(date)) serverTime = date;
    if (request.method === 'PUT' || request.method === 'DELETE') {
      // `{}`, 204 or nothing (API reference 1.4): the status line is the whole answer, also when what follows is cut off.
      await body.text().catch(() => undefined);
      return { ok: true, body: undefined, status };
    }
    // Somebody may have pasted the key into a name or a description: what is read here is printed, saved and recorded.
    const text = blankAnswer(await body.text());
    try {
      return { ok: true, body: JSON.parse(text), status };
    } catch {
      // Without the parser's error as cause: it quotes the body, where the key may be echoed.
      const kind = headerText(answer, 'content-type') ?? 'no content type';
      const problem = `answered ${status} with something that is not JSON (${kind}, ${text.length} characters)`;
      const error = buildBrokenAnswer(request, problem, { status, maybeApplied: true }, clean);
      return { ok: false, error, transient: false, retryAfter: undefined };
    }
  }

  function buildConnectionFailure(request: ApiRequest, error: unknown, timedOut: boolean, status?: number): Attempt {
    const code = readCode(error);
    const why = timedOut ? `no answer within ${timeouts.total / 1000} s` : describeCode(code, error);
    const reached =
      status === undefined ? `cannot reach ${baseUrl}: ${why}` : `${baseUrl} broke off its answer: ${why}`;
    const failure = buildBrokenAnswer(
      request,
      reached,
      { maybeApplied: timedOut || !isBeforeSending(code, error) },
      clean,
      new Error(clean(String(error))),
    );
    return { ok: false, error: failure, transient: !isPermanent(code), retryAfter: undefined };
  }

  return { baseUrl, attempt, serverNow: () => serverTime, clean, close: () => dispatcher.destroy() };
}

/** Secrets pasted into CI settings often end in a newline; anything else that no header may hold is refused unsaid. */
function checkApiKey(text: string): string {
  const key = text.trim();
  if (key === '')
    throw new UserError('the API key is empty', { hint: 'Set PORTKEY_API_KEY to an organisation admin key.' });
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new UserError('the API key holds spaces or characters that cannot be sent in a header', {
      hint: 'Copy PORTKEY_API_KEY again; a key is one word of plain ASCII.',
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
    connect: { timeout: timeouts.connect },
    maxResponseSize: options.maxBodyBytes ?? 64 * 1024 * 1024,
  };
  const { httpsProxy, noProxy } = options.proxies ?? {};
  if (httpsProxy === undefined || httpsProxy === '' || isLoopback(new URL(baseUrl).hostname)) return new Agent(common);
  try {
    // Empty rather than absent: undici would fall back to the environment, which only the entry file reads.
    return new EnvHttpProxyAgent({ ...common, httpProxy: '', httpsProxy, noProxy: noProxy ?? '' });
  } catch {
    // Proxy URLs hold passwords: not repeated, and neither is the error that quotes it.
    throw new UserError('HTTPS_PROXY is not a URL that can be used as a proxy', {
      hint: 'Write it as http://host:port.',
    });
  }
}

function headerText(answer: Dispatcher.ResponseData, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Several addresses tried: node gives one AggregateError; a proxy's failure is a cause. */
function readCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: readonly unknown[] };
  if (typeof code === 'string') return code;
  return readCode(cause ?? errors?.[0]);
}

const connectCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
]);

const certificateCodes = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

const permanentCodes = new Set([...certificateCodes, 'UND_ERR_RES_EXCEEDED_MAX_SIZE', 'UND_ERR_INVALID_ARG']);

/** True when no byte of the request can have left: name lookup, connecting, or the certificate failed. */
function isBeforeSending(code: string | undefined, error: unknown): boolean {
  if (code === undefined) return false;
  const { syscall } = error as { syscall?: unknown };
  return (
    connectCodes.has(code) || certificateCodes.has(code) || code === 'UND_ERR_INVALID_ARG' || syscall === 'connect'
  );
}

function isPermanent(code: string | undefined): boolean {
  return code !== undefined && permanentCodes.has(code);
}

function describeCode(code: string | undefined, error: unknown): string {
  switch (code) {
    case 'ENOTFOUND':
      return 'there is no host of that name';
    case 'EAI_AGAIN':
      return 'the name lookup failed';
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'ECONNRESET':
    case 'UND_ERR_SOCKET':
      return 'the connection was cut';
    case 'UND_ERR_CONNECT_TIMEOUT':
      return 'no connection in time';
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return 'no answer in time';
    case 'UND_ERR_RES_EXCEEDED_MAX_SIZE':
      return 'the answer is too large';
    case 'UND_ERR_ABORTED':
      return 'the proxy refused the connection';
    default: {
      const text = error instanceof Error ? error.message : String(error);
      const advice = certificateCodes.has(code ?? '') ? '; a CA of your own goes into NODE_EXTRA_CA_CERTS' : '';
      return `${code === undefined ? '' : `${code}: `}${text}${advice}`;
    }
  }
}
