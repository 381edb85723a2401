/** What models cost once a plan is carried out, where it changes prices of integrations. Pure. */

import type { LiveIndex } from '../live/live-index.ts';
import { parseIntegrationPrices } from '../prices/integration-prices.ts';
import { PriceIndex } from '../prices/price-index.ts';
import { toFields } from '../resources/fields.ts';
import { integrationPrices } from '../resources/integration-prices.ts';
import type { WireIntegrationPrices } from '../resources/wire.ts';
import type { Change } from './types.ts';

/** By what is sent: an integration that was not looked at stays so. */
export function withChangedPrices(prices: PriceIndex, changes: readonly Change[], index: LiveIndex): PriceIndex {
  const changed = changes.flatMap((change) => {
    const known = prices.book.integrations.get(change.key.name);
    const object = index.at(change.key.kind, null).byId(change.liveId ?? '');
    if (change.key.kind !== integrationPrices.kind || known === undefined || object === undefined) return [];
    const row = wireAfter(change, object.row as unknown as WireIntegrationPrices);
    return [[change.key.name, parseIntegrationPrices(row, known.provenance)] as const];
  });
  if (changed.length === 0) return prices;
  return new PriceIndex({ ...prices.book, integrations: new Map([...prices.book.integrations, ...changed]) });
}

function wireAfter(change: Change, row: WireIntegrationPrices): WireIntegrationPrices {
  const before = change.before ?? {};
  const after = change.after ?? toFields(Object.keys(before).map((field) => [field, null]));
  const changed = toFields(change.fieldChanges.map(({ field }) => [field, after[field] ?? null]));
  const sent = integrationPrices.buildLimits(row as never, { before, after, changed, starting: null });
  const models = (sent.models ?? []) as WireIntegrationPrices['models'];
  return {
    ...row,
    adjustments: 'pricing_adjustments' in sent ? sent.pricing_adjustments : row.adjustments,
    models: row.models.map((model) => ({ ...model, ...models.find(({ slug }) => slug === model.slug) })),
  };
}
