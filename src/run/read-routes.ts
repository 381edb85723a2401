/** By which integrations workspaces call, and what those charge. Reads only advise: a refusal is a value. */

import type { Reads } from '../consumption/ask.ts';
import type { Live } from '../live/live.ts';
import { parseIntegrationPrices } from '../prices/integration-prices.ts';
import type { IntegrationPrices, PriceBook, Route } from '../prices/types.ts';
import type { WireProvider } from '../resources/wire.ts';

/** Integrations whose own prices are read, two requests each. */
const mostIntegrations = 10;

export interface RouteNeeds {
  /** Rows that were read already. */
  readonly live: Pick<Live, 'read' | 'objects'>;
  /** Whose providers are looked at, with the integrations behind them. */
  readonly workspaceIds: readonly string[];
  /** Further integrations. */
  readonly slugs: readonly string[];
  /** ISO date-time. */
  readonly asOf: string;
}

export type ReadRoutes = Required<Pick<PriceBook, 'integrations' | 'routes' | 'unread'>>;

/** @throws CancelledError */
export async function readRoutes({ ask }: Reads, needs: RouteNeeds): Promise<ReadRoutes> {
  const { live, workspaceIds, slugs, asOf } = needs;
  const rowsOf = async (id: string): Promise<readonly WireProvider[] | null> => {
    if (live.read.has(`${id}/provider-limits`)) {
      const own = live.objects.filter(({ kind, workspaceId }) => kind === 'provider-limits' && workspaceId === id);
      return own.map(({ row }) => row as WireProvider);
    }
    const answer = await ask('listProviders', id);
    return 'value' in answer ? answer.value : null;
  };
  const read = workspaceIds.map(async (id): Promise<[string, readonly Route[]][]> => {
    const rows = await rowsOf(id);
    return rows === null ? [] : [[id, rows.map(toRoute)]];
  });
  const routes = new Map((await Promise.all(read)).flat());
  const behind = [...routes.values()].flat().flatMap(({ integration }) => integration ?? []);
  const wanted = [...new Set([...slugs, ...behind.sort()])];
  const unread = new Map(
    wanted.slice(mostIntegrations).map((slug) => [slug, `of more than ${mostIntegrations} they are not`]),
  );
  const prices = wanted.slice(0, mostIntegrations).map(async (slug): Promise<[string, IntegrationPrices][]> => {
    const answer = await ask('readIntegrationPrices', slug);
    if ('unknown' in answer && behind.includes(slug)) unread.set(slug, answer.unknown);
    const provenance = { kind: 'integration', from: slug, asOf, cached: false } as const;
    return 'value' in answer ? [[slug, parseIntegrationPrices(answer.value, provenance)]] : [];
  });
  return { routes, integrations: new Map((await Promise.all(prices)).flat()), unread };
}

function toRoute(row: WireProvider): Route {
  const vendor = [row.ai_provider_name, row.provider].find((name) => typeof name === 'string');
  return {
    slug: row.slug,
    vendor: typeof vendor === 'string' ? vendor : null,
    integration: row.integration_id ?? null,
  };
}
