/** The entry `prices:` of an integration, as it is written. */

import { toFields } from '../resources/fields.ts';
import { withoutAbsent } from '../without-absent.ts';
import { pricesKeys } from './entry-keys.ts';
import type { WrittenLimits } from './limits-entry.ts';
import type { FieldNode } from './nodes.ts';
import { identityOf } from './policy-entry.ts';
import { isAbsent, isNone, readMap } from './reader.ts';
import type { Report } from './report.ts';
import { readValues } from './shapes.ts';

/** @param field `prices`, under the slug of the integration */
export function readPricesEntry(slug: string, field: FieldNode, report: Report): WrittenLimits | undefined {
  if (isAbsent(field.node)) return undefined;
  if (isNone(field.node)) {
    const said = '`prices: none` does not say of what: write `multiplier: none`, and `none` behind each model';
    report('prices-none', field.at, said);
    return undefined;
  }
  const written = readMap(field, pricesKeys, 'prices of an integration', report);
  if (written === undefined) return undefined;
  const { multiplier = [], models = [], ...said } = readValues(pricesKeys, written, report);
  const all = [...multiplier, ...models];
  return withoutAbsent({
    kind: 'integration-prices' as const,
    name: slug,
    at: field.at,
    ...identityOf({ ...field, key: slug }, written, said, { protect: false }),
    words: toFields(all.map(({ field: name, value }) => [name, value])),
    places: Object.fromEntries(all.map(({ field: name, at }) => [name, at])),
    api: [],
  });
}
