/** Prices of models that an integration does not offer: the service would make a model of each, which is not tollgate's to do. */

import type { Diagnostic } from '../diagnostics.ts';
import type { LiveObject } from '../live/live.ts';
import { didYouMean } from '../nearest-name.ts';
import { pickFields } from '../resources/fields.ts';
import { innerName, isOwnPrice } from '../resources/price-fields.ts';
import type { DesiredEntry, Fields } from '../resources/types.ts';
import type { WireIntegrationPrices } from '../resources/wire.ts';
import type { PlanNote } from './types.ts';

export interface OfferedPrices {
  /** Of models that are not there what is recorded: it stays owed, and moves nothing. */
  readonly fields: Fields;
  readonly problems: readonly Diagnostic[];
  readonly notes: readonly PlanNote[];
}

/** @param recorded what was declared of it at the last apply: a model that was there then is gone, and no mistake */
export function offeredPrices(entry: DesiredEntry, live: LiveObject, recorded: Fields): OfferedPrices {
  const { fields, name, source, fieldSources } = entry;
  if (entry.kind !== 'integration-prices') return { fields, problems: [], notes: [] };
  const offered = offeredModels(live);
  const missing = Object.keys(fields).filter((field) => isOwnPrice(field) && !offered.includes(innerName(field)));
  const said = (field: string): string => `model "${innerName(field)}" of integration "${name}"`;
  return {
    fields: {
      ...pickFields(fields, (field) => !missing.includes(field)),
      ...pickFields(recorded, (field) => missing.includes(field)),
    },
    problems: missing
      .filter((field) => recorded[field] === undefined)
      .map((field) => ({
        code: 'unknown-model',
        severity: 'error' as const,
        message: `no ${said(field)}${didYouMean(innerName(field), offered)}; tollgate sets prices and never makes a model`,
        source: fieldSources[field] ?? source,
      })),
    notes: missing
      .filter((field) => recorded[field] !== undefined)
      .map((field) => ({
        code: 'gone',
        severity: 'warning' as const,
        workspace: null,
        message: `${said(field)} is recorded but no longer offered; nothing is planned for its price`,
        source: fieldSources[field] ?? source,
      })),
  };
}

/** What is recorded of a live object, but for prices that went with their models: there is nothing left to clear. */
export function withoutGonePrices(past: Fields, live: LiveObject, declared: Fields): Fields {
  if (live.kind !== 'integration-prices') return past;
  const offered = offeredModels(live);
  return pickFields(past, (field) => !isOwnPrice(field) || field in declared || offered.includes(innerName(field)));
}

function offeredModels({ row }: LiveObject): readonly string[] {
  return (row as unknown as WireIntegrationPrices).models.map(({ slug }) => slug);
}
