/** Where the rows of calls come from: files, or the control plane's own ClickHouse, as `--source clickhouse` names it. */

import { UserError } from '../errors.ts';
import type { ClickHouse } from '../logs/clickhouse-answers.ts';
import type { RowSource, RowsAsked } from '../logs/row-batch.ts';
import type { Session } from '../run/session.ts';
import { rowsNeedsOf } from './logs-rows.ts';

export interface SourceOptions {
  /** Default: files. */
  readonly rowsFrom?: 'files' | 'clickhouse' | undefined;
  /** With `clickhouse`: the table of single calls. */
  readonly table?: string | undefined;
}

/** @throws UserError for flags of the other source */
export function isOfClickHouse({ rowsFrom, table }: SourceOptions, named: readonly string[], flag: string): boolean {
  if (rowsFrom !== 'clickhouse') {
    if (table === undefined) return false;
    throw new UserError(`--table ${JSON.stringify(table)} without --source clickhouse: files have no tables`, {
      hint: 'Write `--source clickhouse` beside it, or leave it out.',
    });
  }
  if (named.length === 0) return true;
  throw new UserError(`--source clickhouse beside ${flag} ${JSON.stringify(named[0])}: rows come from one of them`, {
    hint: 'Leave one of the two out.',
  });
}

/**
 * Opened, asked, closed again whatever comes of it.
 *
 * @throws as `openClickHouse`, and what `ask` throws
 */
export async function askClickHouse<T>(
  options: SourceOptions,
  session: Session,
  ask: (table: string, server: ClickHouse) => Promise<T>,
): Promise<T> {
  const { server, table } = await openClickHouse(options, session);
  try {
    return await ask(table, server);
  } finally {
    await server.close();
  }
}

/** @throws UserError where address or table are not said */
async function openClickHouse(
  options: SourceOptions,
  session: Session,
): Promise<{ readonly server: ClickHouse; readonly table: string }> {
  const { env } = session;
  const said = (name: string): string | undefined => env[name]?.trim() || undefined;
  const url = said('TOLLGATE_CLICKHOUSE_URL');
  if (url === undefined) {
    throw new UserError('--source clickhouse, and TOLLGATE_CLICKHOUSE_URL is not set', {
      hint: 'Set it to the address of its HTTP port, such as https://clickhouse.example.com:8443.',
    });
  }
  const table = options.table ?? said('TOLLGATE_CLICKHOUSE_TABLE');
  if (table === undefined) {
    throw new UserError('--source clickhouse, and no table is named', {
      hint: 'Write `--table DATABASE.TABLE`, or set TOLLGATE_CLICKHOUSE_TABLE: the table that holds a row for each call.',
    });
  }
  // Files are read without a library for HTTP.
  const [{ connectClickHouse }, { proxiesOf }] = await Promise.all([
    import('../client/clickhouse-http.ts'),
    import('../proxies.ts'),
  ]);
  const server = connectClickHouse({
    url,
    user: said('TOLLGATE_CLICKHOUSE_USER'),
    password: env.TOLLGATE_CLICKHOUSE_PASSWORD || undefined,
    proxies: proxiesOf(env),
    userAgent: `tollgate/${session.version}`,
    signal: session.signal,
  });
  return { server, table };
}

/** Opens rows of logs: reading them is another room's. */
export type OpenRows = (asked: RowsAsked) => Promise<RowSource>;

/** @throws UserError where they cannot be read */
export function openRowsOf(session: Session, options: SourceOptions = {}): OpenRows {
  return async (asked) => {
    if (isOfClickHouse(options, asked.from, '--logs')) {
      const { openTableRows } = await import('../logs/clickhouse.ts');
      const { server, table } = await openClickHouse(options, session);
      const opening = openTableRows({ ...asked, table }, server).catch(async (error: unknown) => {
        await server.close();
        throw error;
      });
      return session.waiting('asking ClickHouse', opening);
    }
    const { openRows } = await import('../logs/open-rows.ts');
    return session.waiting('reading logs', openRows(asked, rowsNeedsOf(session)));
  };
}
