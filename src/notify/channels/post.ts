/** One POST to somebody else's address: no redirect, a short answer, and not for ever. */

import { Agent, type Dispatcher, request as send } from 'undici';
import { isLoopback } from '../../client/base-url.ts';
import { describeFault, faultCodeOf, isBeforeSending, isPermanentFault } from '../../client/connection-faults.ts';
import { type Attempt, type CleanText, parseErrorBody } from '../../client/failure.ts';
import { headerText } from '../../client/request.ts';
import { CancelledError, ServiceError } from '../../errors.ts';
import { createProxyAgent, describeProxy, type Proxies } from '../../proxies.ts';
import { type ChannelTimeouts, channelTimeouts } from './delivery.ts';

export interface PosterOptions {
  readonly proxies?: Proxies | undefined;
  readonly timeouts?: Partial<ChannelTimeouts> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly userAgent?: string | undefined;
  readonly authorities?: string | undefined;
}

export interface Poster {
  /** Rejects with CancelledError only; messages name the host and nothing more of the address. */
  post(
    url: URL,
    post: { readonly headers: Record<string, string>; readonly body: string },
    clean: CleanText,
  ): Promise<Attempt>;
  /** Asks the root of the host for nothing: name, way, and certificate are in order where it answers, whatever it answers. */
  reach(url: URL, clean: CleanText): Promise<Attempt>;
  close(): Promise<void>;
}

/** Bytes of an answer: what a webhook says is one line. */
const largestAnswer = 64 * 1024;

/** Characters of it that are repeated. */
const saidLength = 120;

export function openPoster(options: PosterOptions): Poster {
  const timeouts = { ...channelTimeouts, ...options.timeouts };
  const { proxies = {}, signal, userAgent = 'tollgate', authorities } = options;
  const common = {
    connections: 2,
    pipelining: 1,
    headersTimeout: timeouts.silence,
    bodyTimeout: timeouts.silence,
    connect: { timeout: timeouts.connect, ...(authorities === undefined ? {} : { ca: authorities }) },
    maxResponseSize: largestAnswer,
  };
  const agents = new Map<boolean, Dispatcher>();
  const dispatcherFor = ({ hostname }: URL): Dispatcher => {
    const isHere = isLoopback(hostname);
    const agent = agents.get(isHere) ?? (isHere ? null : createProxyAgent(common, proxies)) ?? new Agent(common);
    agents.set(isHere, agent);
    return agent;
  };

  async function ask(
    url: URL,
    init: { method: 'POST' | 'HEAD'; headers: Record<string, string>; body: string | null },
    clean: CleanText,
  ): Promise<Attempt> {
    if (signal?.aborted) throw new CancelledError('cancelled');
    const { method } = init;
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    const timer = setTimeout(abort, timeouts.total);
    signal?.addEventListener('abort', abort, { once: true });
    const fail = (message: string, status: number | undefined, maybeApplied: boolean): ServiceError =>
      new ServiceError(message, { status, method, path: '', detail: message, maybeApplied });
    let status: number | undefined;
    try {
      const answer = await send(url, {
        dispatcher: dispatcherFor(url),
        ...init,
        headers: { ...init.headers, 'user-agent': userAgent },
        signal: controller.signal,
      });
      status = answer.statusCode;
      // What was taken is taken, whatever is said beside it; a refusal whose text is cut off is still one.
      const text = await answer.body.text().catch(() => '');
      if (method === 'HEAD' || (status >= 200 && status < 300)) return { ok: true, body: undefined, status };
      const transient = status === 408 || status === 429 || (status >= 500 && status !== 501);
      const said =
        status >= 300 && status < 400
          ? ': it leads elsewhere, which is not followed'
          : quoteAnswer(text, headerText(answer, 'content-type'), clean);
      const error = fail(`${url.host} answered ${status}${said}`, status, status >= 500 && status !== 501);
      return { ok: false, error, transient, retryAfter: headerText(answer, 'retry-after') };
    } catch (error) {
      if (signal?.aborted) throw new CancelledError('cancelled');
      const code = faultCodeOf(error);
      const timedOut = controller.signal.aborted;
      const why = timedOut ? `no answer within ${timeouts.total / 1000} s` : describeFault(code, error);
      const through = isLoopback(url.hostname) ? '' : describeProxy(url.href, proxies);
      // Without the error as cause: it may quote the address, which lets anybody in.
      const failure = fail(
        clean(`cannot reach ${url.host}: ${why}${through}`),
        status,
        method === 'POST' && (timedOut || !isBeforeSending(code, error)),
      );
      return { ok: false, error: failure, transient: !isPermanentFault(code), retryAfter: undefined };
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }

  return {
    post: (url, { headers, body }, clean) => ask(url, { method: 'POST', headers, body }, clean),
    reach: (url, clean) => ask(new URL('/', url), { method: 'HEAD', headers: {}, body: null }, clean),
    close: async () => {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()));
    },
  };
}

function quoteAnswer(text: string, contentType: string | undefined, clean: CleanText): string {
  const { message } = parseErrorBody(text, contentType ?? '');
  if (message === undefined || message.trim() === '') return '';
  const said = clean(message);
  return `: ${said.length > saidLength ? `${said.slice(0, saidLength - 1)}…` : said}`;
}
