import { type FieldsDraft, fieldWordOf } from './fields.ts';
import type { AttachmentKindSpec, LimitsMove, WireRow } from './kind.ts';
import {
  asOwnPrice,
  canonicalPrice,
  decimalOf,
  factorField,
  factorNames,
  innerName,
  isAlwaysSaid,
  isFactor,
  isOwnPrice,
  type OwnPrice,
  priceField,
  tokenKindNames,
  tokenKinds,
} from './price-fields.ts';
import type { Fields, Json } from './types.ts';
import type { WireIntegrationModel, WireIntegrationPrices } from './wire.ts';

/**
 * What an integration of the organisation charges: its multipliers (`PUT /integrations/{slug}`) and the prices of its models (`PUT
 * /integrations/{slug}/models`). They are what every budget in dollars counts in (docs/service-notes.md#integration-prices).
 */
export const integrationPrices: AttachmentKindSpec = {
  kind: 'integration-prices',
  section: 'integrations',
  label: 'prices of integration',
  plural: 'prices of integrations',
  nameOf: ({ id }) => slugOf(id),
  read: async (port, { id }) => asRow(await port.readIntegrationPrices(slugOf(id))),
  target: ({ id }) => ({ kind: 'integration-prices', slug: slugOf(id) }),
  per: 'integration',
  policy: false,
  singleRate: false,

  readFields(wire, _scope, hints): Fields {
    const { adjustments, models } = wire as unknown as WireIntegrationPrices;
    const fields: FieldsDraft = {};
    for (const [field, value] of factorsOf(adjustments)) fields[field] = value;
    for (const model of models) {
      const config = model.pricing_config;
      if (config !== undefined && config !== null) fields[priceField(model.slug)] = readPrice(config);
    }
    const offered = new Set(models.map(({ slug }) => slug));
    for (const field of hints.flatMap((hint) => Object.keys(hint))) {
      // A model that is not offered has no price, and can be given none.
      const isThere = isFactor(field) || (isOwnPrice(field) && offered.has(innerName(field)));
      if (isThere && fields[field] === undefined) fields[field] = null;
    }
    return fields;
  },

  isReleased: () => false,

  buildLimits(wire, move) {
    const row = wire as unknown as WireIntegrationPrices;
    const changed = Object.keys(move.changed);
    return {
      ...(changed.some(isFactor) ? { pricing_adjustments: buildAdjustments(row.adjustments, move) } : {}),
      ...(changed.some(isOwnPrice) ? { models: buildModels(row.models, move) } : {}),
    };
  },
};

/** Its live price has kinds of token that the files have no word for. */
export function hasOtherKinds({ pricing_config: config }: WireIntegrationModel): boolean {
  const known: readonly string[] = Object.values(tokenKinds);
  return Object.keys(membersOf(membersOf(config).pay_as_you_go)).some((kind) => !known.includes(kind));
}

/** The live id of the prices of an integration; its slug cannot change. */
export function pricesId(slug: string): string {
  return `${slug}/prices`;
}

export function asRow(prices: WireIntegrationPrices): WireRow {
  return prices as unknown as WireRow;
}

function slugOf(id: string): string {
  return id.slice(0, id.lastIndexOf('/'));
}

type Members = Readonly<Record<string, unknown>>;

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function membersOf(value: unknown): Members {
  return isMembers(value) ? value : {};
}

/** By the words of the files; what they have no word for keeps the service's. */
const wireOfFactor: Readonly<Record<string, string>> = { default: 'default', ...tokenKinds };

function nameOfFactor(wire: string): string {
  return factorNames.find((name) => wireOfFactor[name] === wire) ?? wire;
}

function factorsOf(adjustments: unknown): [string, Json][] {
  if (adjustments === undefined || adjustments === null) return [];
  const multiplier = isMembers(adjustments) ? adjustments.multiplier : 'unreadable';
  if (multiplier === undefined || multiplier === null) return [];
  if (!isMembers(multiplier)) return factorNames.map((name) => [factorField(name), { unreadable: true }]);
  return Object.entries(multiplier).flatMap(([wire, value]): [string, Json][] => {
    if (value === null || value === undefined) return [];
    return [[factorField(nameOfFactor(wire)), decimalOf(value) ?? { unreadable: true }]];
  });
}

function readPrice(config: unknown): Json {
  const tokens = isMembers(config) && config.type === 'static' ? config.pay_as_you_go : undefined;
  if (!isMembers(tokens)) return { unreadable: true };
  const price: Record<string, string> = {};
  for (const kind of tokenKindNames) {
    const part = tokens[tokenKinds[kind]];
    if (part === undefined || part === null) continue;
    const read = decimalOf(membersOf(part).price);
    if (read === null) return { unreadable: true };
    price[kind] = read;
  }
  return canonicalPrice(price);
}

/** The service replaces it whole: factors that no file names are sent back as they were read. Null takes all away. */
function buildAdjustments(live: unknown, { after }: LimitsMove): WireRow | null {
  const others = membersOf(live);
  const multiplier: Record<string, unknown> = { ...membersOf(others.multiplier) };
  for (const [field, value] of Object.entries(after)) {
    // What cannot be read and is left as it is stays as it is.
    if (!isFactor(field) || (typeof value === 'object' && value !== null)) continue;
    const name = innerName(field);
    multiplier[wireOfFactor[name] ?? name] = typeof value === 'string' ? Number(value) : null;
  }
  const isEmpty = Object.values(multiplier).every((value) => value === null || value === undefined);
  const rest = Object.keys(others).filter((member) => member !== 'multiplier' && others[member] !== null);
  return isEmpty && rest.length === 0 ? null : { ...others, multiplier };
}

/** Models that are not named are left alone; of one that is, everything is said as it was read, but for its price. */
function buildModels(live: readonly WireIntegrationModel[], { after, changed }: LimitsMove): readonly WireRow[] {
  return Object.keys(changed)
    .filter((field) => fieldWordOf(field) === 'price')
    .flatMap((field) => {
      const model = live.find(({ slug }) => slug === innerName(field));
      if (model === undefined) return [];
      const price = asOwnPrice(after[field]);
      return [
        { ...keptMembers(model), pricing_config: price === null ? null : buildPrice(model.pricing_config, price) },
      ];
    });
}

/** Of its configuration the address alone: whatever else stands there may be a secret. */
function keptMembers(model: WireIntegrationModel): WireRow {
  const { slug, enabled, is_custom, is_finetune, base_model_slug, configurations } = model;
  const host = membersOf(configurations).custom_host;
  return {
    slug,
    ...(enabled === undefined || enabled === null ? {} : { enabled: isOn(enabled) }),
    ...(is_custom === undefined || is_custom === null ? {} : { is_custom: isOn(is_custom) }),
    ...(is_finetune === undefined || is_finetune === null ? {} : { is_finetune: isOn(is_finetune) }),
    ...(typeof base_model_slug === 'string' ? { base_model_slug } : {}),
    ...(typeof host === 'string' ? { configurations: { custom_host: host } } : {}),
  };
}

/** `1`, `true`, `"true"`. */
function isOn(flag: unknown): boolean {
  return flag === true || flag === 1 || flag === 'true' || flag === '1';
}

function buildPrice(live: unknown, price: OwnPrice): WireRow {
  const config = membersOf(live);
  const isKnown = config.type === 'static' && isMembers(config.pay_as_you_go);
  const tokens: Record<string, unknown> = isKnown ? { ...membersOf(config.pay_as_you_go) } : {};
  for (const kind of tokenKindNames) {
    const wire = tokenKinds[kind];
    // What was there is named, at nothing, for a service that lays the new over the old.
    if (price[kind] === undefined && !isAlwaysSaid(kind) && !(wire in tokens)) continue;
    tokens[wire] = { ...membersOf(tokens[wire]), price: Number(price[kind] ?? '0') };
  }
  return { ...(isKnown ? config : {}), type: 'static', pay_as_you_go: tokens };
}
