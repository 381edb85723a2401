/** A file behind a signed link, line by line: without our key, as the link says all. */

import { Agent, type Dispatcher, request as send } from 'undici';
import { CancelledError, ServiceError } from '../errors.ts';
import { createProxyAgent, type Proxies } from '../proxies.ts';
import { isLoopback } from './base-url.ts';

export interface SignedOptions {
  readonly signal: AbortSignal;
  readonly proxies: Proxies;
  readonly userAgent: string;
}

/** Of one row of a log, bodies with it. */
const longestLine = 16 * 1024 * 1024;

/** The link is never repeated: who has it has the file. @throws ServiceError, CancelledError */
export async function* readSignedLines(
  url: string,
  { signal, proxies, userAgent }: SignedOptions,
): AsyncGenerator<string> {
  const { protocol, hostname } = URL.canParse(url) ? new URL(url) : { protocol: '', hostname: '' };
  const isLocal = isLoopback(hostname);
  if (protocol !== 'https:' && !(protocol === 'http:' && isLocal)) throw brokenFile('the link is not one of https');
  const common: Agent.Options = {
    connections: 1,
    connect: { timeout: 10_000 },
    headersTimeout: 25_000,
    bodyTimeout: 30_000,
  };
  const dispatcher: Dispatcher = (isLocal ? null : createProxyAgent(common, proxies)) ?? new Agent(common);
  try {
    const { statusCode, body } = await send(url, { dispatcher, signal, headers: { 'user-agent': userAgent } });
    if (statusCode !== 200) throw brokenFile(`the file answered ${statusCode}`, statusCode);
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of body) {
      const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > longestLine) throw brokenFile('a line of it has no end');
      yield* lines;
    }
    if (rest !== '') yield rest;
  } catch (error) {
    if (signal.aborted) throw new CancelledError('cancelled');
    // What the connection says may quote the link.
    throw error instanceof ServiceError ? error : brokenFile('the connection broke');
  } finally {
    await dispatcher.close();
  }
}

function brokenFile(problem: string, status?: number): ServiceError {
  return new ServiceError(`the exported file: ${problem}`, {
    ...(status === undefined ? {} : { status }),
    method: 'GET',
    path: '(signed link)',
    detail: problem,
    maybeApplied: false,
  });
}
