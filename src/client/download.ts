/** What stands behind a signed link, line by line, as it arrives: without our key, and without holding it whole. */

import { Agent, type Dispatcher, request as send } from 'undici';
import { CancelledError, ServiceError } from '../errors.ts';
import { createProxyAgent, type Proxies } from '../proxies.ts';
import { isLoopback } from './base-url.ts';
import type { CleanText } from './failure.ts';

/** @throws ServiceError that tells nothing of the link but its host; CancelledError */
export type Download = (link: string) => AsyncIterable<string>;

export interface DownloadOptions {
  /** Of the control plane: only one on this machine may name a link without https. */
  readonly baseUrl: string;
  readonly proxies: Proxies;
  readonly clean: CleanText;
  readonly signal?: AbortSignal | undefined;
  readonly dispatcher?: Dispatcher | undefined;
  readonly userAgent: string;
}

/** Characters of one line at most: what holds more is not a line of a log. */
const longestLine = 32 * 1024 * 1024;

/** Milliseconds: to the first byte, and between two parts. */
const patience = { headersTimeout: 60_000, bodyTimeout: 60_000 } as const;

export function createDownloads(options: DownloadOptions): { readonly download: Download; close(): Promise<void> } {
  const { baseUrl, proxies, signal, userAgent, clean } = options;
  let own: Dispatcher | undefined;
  const dispatcherFor = ({ hostname }: URL): Dispatcher => {
    own ??= (isLoopback(hostname) ? null : createProxyAgent(patience, proxies)) ?? new Agent(patience);
    return own;
  };

  async function* download(link: string): AsyncIterable<string> {
    const url = checkLink(link, baseUrl);
    const fail = (problem: string, status?: number): ServiceError =>
      new ServiceError(`the file of the export, at ${url.host}: ${clean(problem)}`, {
        status,
        method: 'GET',
        path: '/logs/exports/…/download',
        detail: clean(problem),
        maybeApplied: false,
      });
    try {
      const answer = await send(url, {
        dispatcher: options.dispatcher ?? dispatcherFor(url),
        method: 'GET',
        headers: { 'user-agent': userAgent, accept: '*/*' },
        signal: signal ?? null,
      });
      if (answer.statusCode !== 200) {
        await answer.body.dump();
        // Where it leads was not checked, and may be anywhere.
        const why = isRedirect(answer.statusCode)
          ? 'it leads elsewhere, which is not followed'
          : 'the link may have expired';
        throw fail(`answered ${answer.statusCode}: ${why}`, answer.statusCode);
      }
      yield* linesOf(answer.body, () => fail('a line that is too long to be one of a log', 200));
    } catch (error) {
      if (signal?.aborted === true) throw new CancelledError('cancelled', { cause: error });
      if (error instanceof ServiceError) throw error;
      const { code } = error as { readonly code?: unknown };
      // Without the error as cause: it may quote the link, whose signature lets anybody in.
      throw fail(`no answer, or one that breaks off${typeof code === 'string' ? ` (${code})` : ''}`);
    }
  }

  return { download, close: async () => own?.destroy() };
}

/** The service names the link: it may not send us elsewhere without encryption, nor onto this machine. */
function checkLink(link: string, baseUrl: string): URL {
  const refuse = (problem: string): ServiceError =>
    new ServiceError(`the link to the export's file ${problem}`, {
      status: 200,
      method: 'GET',
      path: '/logs/exports/…/download',
      detail: problem,
      maybeApplied: false,
    });
  if (!URL.canParse(link)) throw refuse('is no address');
  const url = new URL(link);
  const isHere = isLoopback(url.hostname);
  if (isHere && !isLoopback(new URL(baseUrl).hostname)) throw refuse('leads onto this machine');
  if (url.protocol !== 'https:' && !(isHere && url.protocol === 'http:')) throw refuse('is not https');
  return url;
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

export async function* linesOf(body: AsyncIterable<Uint8Array>, tooLong: () => Error): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    if (rest.length > longestLine) throw tooLong();
    for (const part of parts) if (part.trim() !== '') yield part;
  }
  rest += decoder.decode();
  if (rest.trim() !== '') yield rest;
}
