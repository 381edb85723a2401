/** One question to a ClickHouse over HTTP: its answer line by line, as it arrives. */

import { Agent, type Dispatcher, request as send } from 'undici';
import { CancelledError, UserError } from '../errors.ts';
import { createProxyAgent, describeProxy, type Proxies } from '../proxies.ts';
import { checkBaseUrl, isLoopback } from './base-url.ts';
import { describeFault, faultCodeOf } from './connection-faults.ts';
import { linesOf } from './download.ts';
import { createCleaner } from './failure.ts';

export interface ClickHouseOptions {
  /** As somebody wrote it; https, or http on this machine. */
  readonly url: string;
  /** Default: the server's own. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly proxies: Proxies;
  readonly userAgent: string;
  readonly signal: AbortSignal;
}

export interface ClickHouseConnection {
  /**
   * @param more.isWhole the answer begins once it is whole. Default: it comes as it is made
   * @throws UserError that tells nothing of user and password, CancelledError
   */
  lines(sql: string, more?: { readonly isWhole?: boolean | undefined }): AsyncIterable<string>;
  close(): Promise<void>;
}

/** Milliseconds: a large sort says nothing for a while. */
const patience = { headersTimeout: 600_000, bodyTimeout: 600_000 } as const;

/** Bytes of a refusal that are read. */
const mostSaid = 16 * 1024;

/** @throws UserError for an address that is not one, or would send the password in the clear */
export function connectClickHouse(options: ClickHouseOptions): ClickHouseConnection {
  const { user = '', password = '', proxies, signal, userAgent } = options;
  const url = new URL(
    `${checkBaseUrl(options.url, 'TOLLGATE_CLICKHOUSE_URL', 'https://clickhouse.example.com:8443')}/`,
  );
  const clean = createCleaner(password);
  let own: Dispatcher | undefined;
  const fail = (problem: string, hint: string): UserError =>
    new UserError(`ClickHouse at ${url.host}: ${clean(problem)}`, { hint, exit: 'unreachable' });

  const lines: ClickHouseConnection['lines'] = async function* (sql, { isWhole = false } = {}) {
    const place = new URL(url);
    if (isWhole) place.search = 'wait_end_of_query=1';
    own ??= (isLoopback(url.hostname) ? null : createProxyAgent(patience, proxies)) ?? new Agent(patience);
    try {
      const answer = await send(place, {
        dispatcher: own,
        method: 'POST',
        headers: {
          'user-agent': userAgent,
          'content-type': 'text/plain; charset=utf-8',
          ...(user === '' ? {} : { 'x-clickhouse-user': user }),
          ...(password === '' ? {} : { 'x-clickhouse-key': password }),
        },
        body: `${sql} FORMAT TabSeparated`,
        signal,
      });
      if (answer.statusCode !== 200) {
        const said = await readSome(answer.body);
        const hint =
          answer.statusCode === 401 || answer.statusCode === 403 || /Code: (?:192|193|194|516)\b/.test(said)
            ? 'TOLLGATE_CLICKHOUSE_USER and TOLLGATE_CLICKHOUSE_PASSWORD say who asks.'
            : 'It needs a user who may read the table and system.columns; its own limits of memory and time hold.';
        throw fail(`answered ${answer.statusCode}${said === '' ? '' : `: ${said}`}`, hint);
      }
      yield* linesOf(answer.body, () =>
        fail('an answer with a line that is too long', 'Name the table of single calls.'),
      );
    } catch (error) {
      if (signal.aborted) throw new CancelledError('cancelled', { cause: error });
      if (error instanceof UserError) throw error;
      const way = isLoopback(url.hostname) ? '' : describeProxy(url.href, proxies);
      throw fail(
        `no answer, or one that breaks off: ${describeFault(faultCodeOf(error), error)}${way}`,
        'Look at TOLLGATE_CLICKHOUSE_URL: the HTTP port, which is 8123, or 8443 with https.',
      );
    }
  };

  return { lines, close: async () => own?.destroy() };
}

async function readSome(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    parts.push(part);
    size += part.length;
    if (size >= mostSaid) break;
  }
  return Buffer.concat(parts).subarray(0, mostSaid).toString('utf8').trim();
}
