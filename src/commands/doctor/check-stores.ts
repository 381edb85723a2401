/** Where calls and prices are read from: the store of `logs pull`, price files, ClickHouse. Reads only, keeps nothing, and no exit code. */

import { resolve } from 'node:path';
import { UserError } from '../../errors.ts';
import { checkTable } from '../../logs/clickhouse.ts';
import { requireDatabase } from '../../logs/duckdb.ts';
import { readStore } from '../../logs/store.ts';
import { usualStore } from '../../logs/usual-store.ts';
import type { CheckView } from '../../render/doctor.ts';
import type { Desired } from '../../resources/types.ts';
import { defaultBaseUrl, type OpenBackend } from '../../run/open-backend.ts';
import { findPriceReading } from '../../run/price-settings.ts';
import { tryPrices } from '../../run/read-prices.ts';
import type { Session } from '../../run/session.ts';
import { askClickHouse } from '../rows-source.ts';

const blank = { group: 'stores', needed: false, scopes: [], request: null, advice: null } as const;

/**
 * @param desired null: no policy files, or none that can be read
 * @param open null: the control plane cannot be asked
 */
export async function checkStores(
  desired: Desired | null,
  open: Pick<OpenBackend, 'backend' | 'priceAddress'> | null,
  session: Session,
): Promise<CheckView[]> {
  const [logs, prices, clickhouse] = await Promise.all([
    checkLogs(session),
    checkPrices(desired, open, session),
    checkClickHouse(session),
  ]);
  return [...logs, ...prices, ...clickhouse];
}

async function checkLogs({ cwd }: Session): Promise<CheckView[]> {
  const base = { ...blank, id: 'stores.logs', title: 'store of calls' };
  const kept = await readStore(resolve(cwd, usualStore));
  if (kept.length === 0) {
    const advice = `Where \`backtest\` and \`logs spend\` are wanted: \`tollgate logs pull\` fetches days of calls into ${usualStore}.`;
    return [{ ...base, state: 'note', detail: `none in ${usualStore}`, advice }];
  }
  const days = kept.flatMap(({ manifest }) => Object.keys(manifest.days)).sort();
  const [first = '', last = first] = [days[0], days.at(-1)];
  const span = days.length === 0 ? 'no day yet' : first === last ? first : `${first} to ${last}`;
  const detail = `${kept.length} ${kept.length === 1 ? 'workspace' : 'workspaces'} in ${usualStore}, ${span}`;
  return orProblem(base, async () => {
    await requireDatabase();
    return detail;
  });
}

async function checkPrices(
  desired: Desired | null,
  open: Pick<OpenBackend, 'backend' | 'priceAddress'> | null,
  session: Session,
): Promise<CheckView[]> {
  const base = { ...blank, id: 'stores.prices', title: 'prices of models' };
  // As a plan: a control plane of one's own gives no leave to ask the service for anything.
  const isForeign =
    open?.priceAddress === undefined &&
    desired?.pricing?.source === undefined &&
    (open === null || new URL(open.backend.baseUrl).host !== new URL(defaultBaseUrl).host);
  if (isForeign) {
    const detail =
      open === null
        ? 'the control plane cannot be asked, and the files name no `pricing.source`'
        : `with a control plane other than ${new URL(defaultBaseUrl).host}, \`pricing.source\` says where they are`;
    const advice =
      'Write `pricing: {source: …}` into the organisation file: a folder of this repository, or an address.';
    return [{ ...base, state: 'note', detail, advice }];
  }
  return orProblem(base, async () => {
    const reading = await findPriceReading({ offline: false }, desired, open?.priceAddress, session);
    return session.waiting(`asking ${reading.shown}`, tryPrices(reading, session));
  });
}

/** Nothing to say where nobody names one. */
async function checkClickHouse(session: Session): Promise<CheckView[]> {
  if ((session.env.TOLLGATE_CLICKHOUSE_URL ?? '').trim() === '') return [];
  const base = { ...blank, id: 'stores.clickhouse', title: 'ClickHouse' };
  return orProblem(base, () =>
    askClickHouse({ rowsFrom: 'clickhouse' }, session, async (table, server) => {
      const columns = await session.waiting('asking ClickHouse', checkTable(table, server));
      return `${table} can be read: ${columns} columns`;
    }),
  );
}

async function orProblem(base: Omit<CheckView, 'state' | 'detail'>, find: () => Promise<string>): Promise<CheckView[]> {
  try {
    return [{ ...base, state: 'works', detail: await find() }];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [{ ...base, state: 'broken', detail: error.message, advice: error.hint ?? null }];
  }
}
