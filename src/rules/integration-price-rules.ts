/** Rules about prices of integrations that read like a slip of the pen, or like another unit than the one they are written in. */

import { compare, divide, type Exact, exactOf, fraction, multiply, toDecimal } from '../exact.ts';
import { toFields } from '../resources/fields.ts';
import {
  asOwnPrice,
  describePriceField,
  exactOfDecimal,
  factorField,
  factorNames,
  formatFactor,
  formatOwnPrice,
  formatPerMillion,
  innerName,
  isFactor,
  isFree,
  isOwnPrice,
  type OwnPrice,
  perMillionTokens,
  type TokenKind,
  tokenKindNames,
  tokenKindWords,
} from '../resources/price-fields.ts';
import { describePriceMove } from '../resources/price-moves.ts';
import { ratiosOf } from '../resources/price-ratios.ts';
import type { DesiredEntry, Fields, FieldValue } from '../resources/types.ts';
import type { WireIntegrationPrices } from '../resources/wire.ts';
import { at, type FileFacts, type FileRule, type LiveFacts, type LiveRule } from './types.ts';

const [tenth, ten, thousand] = [fraction(1n, 10n), exactOf(10), exactOf(1_000)];

/** No model is known that costs so little a million tokens, and none that costs so much a token. */
const leastPerMillion = fraction(1n, 1_000n);

interface DeclaredPrice {
  readonly entry: DesiredEntry;
  readonly field: string;
  readonly value: FieldValue;
}

function pricesIn({ desired }: FileFacts): readonly DeclaredPrice[] {
  return desired.entries
    .filter(({ kind, absent }) => kind === 'integration-prices' && absent !== true)
    .flatMap((entry) => Object.entries(entry.fields).map(([field, value]) => ({ entry, field, value })));
}

function isFarFromOne(factor: Exact): boolean {
  return compare(factor, ten) >= 0 || compare(factor, tenth) <= 0;
}

/** As many times as much, or the other way round. */
function isApartBy(times: Exact, a: Exact, b: Exact): boolean {
  if (a.n === 0n || b.n === 0n) return false;
  const ratio = divide(a, b);
  return compare(ratio, times) >= 0 || compare(ratio, divide(exactOf(1), times)) <= 0;
}

const multiplierFarFromOne: FileRule = {
  name: 'multiplier-far-from-one',
  id: 'P9',
  severity: 'warning',
  where: 'file',
  finds: 'a multiplier of an integration of 10 or more, or of 0.1 or less',
  why: 'A multiplier is a factor on the prices of the catalogue: a contract with 15 % off is `0.85`. With `85` every budget in dollars ends 85 times sooner, with `0.085` it buys 12 times as much.',
  fix: 'Write the factor that the contract says; if it is meant, silence this with a reason.',
  check: (facts, found) => {
    for (const { entry, field, value } of pricesIn(facts)) {
      if (!isFactor(field) || typeof value !== 'string') continue;
      const factor = exactOfDecimal(value);
      if (!isFarFromOne(factor)) continue;
      const hundredth = toDecimal(multiply(factor, fraction(1n, 100n)), 17);
      const percent =
        compare(factor, ten) >= 0 && compare(factor, exactOf(200)) <= 0
          ? `; ${value} % of the catalogue’s price is \`${hundredth}\``
          : '';
      found(
        at(entry, field),
        `${describePriceField(field)} ${formatFactor(value)}: ${describeFactor(factor)}: is that the factor?${percent}`,
      );
    }
  },
};

function describeFactor(factor: Exact): string {
  return compare(factor, exactOf(1)) > 0
    ? `a budget in dollars is used up ${toDecimal(factor, 1)} times as fast as by the catalogue`
    : `a budget in dollars buys ${toDecimal(divide(exactOf(1), factor), 1)} times what it buys by the catalogue`;
}

const priceFree: FileRule = {
  name: 'price-free',
  id: 'P10',
  severity: 'warning',
  where: 'file',
  finds: 'a model whose price on an integration is $0 for every kind of token',
  why: 'A multiplier of 0 is refused, as calls would cost nothing and no budget in dollars would ever end them. A price of $0 does the same for one model, which may be meant.',
  fix: 'Write the price; if its calls are free, limit them by tokens or requests, and silence this with a reason.',
  check: (facts, found) => {
    for (const { entry, field, value } of pricesIn(facts)) {
      const price = isOwnPrice(field) ? asOwnPrice(value) : null;
      if (price === null || !isFree(price)) continue;
      found(at(entry, field), `${innerName(field)} is free: no budget in dollars ends its calls`);
    }
  },
};

/** What is not live is none: a live object tells all of its factors. */
const noFactors = toFields(factorNames.map((name) => [factorField(name), null]));

const priceJumps: LiveRule = {
  name: 'price-jumps',
  id: 'P11',
  severity: 'warning',
  where: 'live',
  finds:
    'a price or multiplier of an integration that becomes more than 10 times what it is live, or less than a tenth',
  why: 'Contracts move prices by percents. What moves so far is more often a shifted decimal point or another unit, and every budget in dollars is used up as much sooner or later.',
  fix: 'Compare with the contract; if it is meant, silence this with a reason.',
  check: (facts, found) => {
    for (const { entry, fields, live } of livePrices(facts)) {
      for (const field of Object.keys(fields)) {
        const isFar = ratiosOf(field, { ...noFactors, ...live }, { ...noFactors, ...live, ...fields }).some(
          (ratio) =>
            ratio !== null &&
            typeof ratio !== 'string' &&
            (compare(ratio, ten) > 0 || compare(ratio, tenth) < 0) &&
            // That is about the unit, or about the factor itself.
            !(isOwnPrice(field) && isApartBy(thousand, ratio, exactOf(1))),
        );
        const value = fields[field];
        if (!isFar || (isFactor(field) && typeof value === 'string' && isFarFromOne(exactOfDecimal(value)))) continue;
        found(
          at(entry, field),
          `${describePriceField(field)}: ${describePriceMove(field, live[field], value)}: more than 10 times apart`,
        );
      }
    }
  },
};

const priceUnit: LiveRule = {
  name: 'price-unit',
  id: 'P12',
  severity: 'error',
  where: 'live',
  finds:
    'prices of an integration in doubt of their unit: live below $0.001 per 1M tokens, or declared 1,000 times apart from what is live or in the catalogue',
  why: 'Prices are read and written as dollars per million tokens (`pricing_config`), by the vendor’s documentation and the source of its gateway. The official description of the API says "per token". Where live prices fit that reading alone, or the declared ones are three digits away, one of the two is off by a million: every budget in dollars would end at once, or never.',
  fix: 'Look at what one call of the model was charged before this is applied; if the unit is right, silence this with a reason.',
  check: (facts, found) => {
    for (const { entry, fields, live, row } of livePrices(facts)) {
      const declared = Object.entries(fields).flatMap(([field, value]) => {
        const price = isOwnPrice(field) ? asOwnPrice(value) : null;
        return price === null ? [] : [{ field, price }];
      });
      if (declared.length === 0) continue;
      const tiny = Object.entries(live).find(([field, value]) => isOwnPrice(field) && isTiny(asOwnPrice(value)));
      if (tiny !== undefined) {
        const [field, value] = tiny;
        found(
          at(entry, field, 'price'),
          `the live price of ${innerName(field)} (${formatOwnPrice(value)}) reads like one per token, and the service’s documents disagree: as a price per token it is a million times that; as one per 1M tokens its calls cost next to nothing`,
        );
      }
      for (const { field, price } of declared) {
        const apart =
          findApart(price, pricePerKind(asOwnPrice(live[field])), 'live') ??
          findApart(price, catalogueOf(facts, row, innerName(field)), 'in the catalogue');
        if (apart === null) continue;
        found(
          at(entry, field),
          `${innerName(field)}: ${apart}: is one of them per token? tollgate writes dollars per 1M tokens`,
        );
      }
    }
  },
};

interface LivePrices {
  readonly entry: DesiredEntry;
  /** As declared. */
  readonly fields: Fields;
  /** All of the live object. */
  readonly live: Fields;
  readonly row: WireIntegrationPrices;
}

function livePrices({ resolved, index }: LiveFacts): readonly LivePrices[] {
  return resolved.flatMap(({ entry, fields, live }) =>
    live === null || live.kind !== 'integration-prices'
      ? []
      : [{ entry, fields, live: index.fieldsOf(live), row: live.row as unknown as WireIntegrationPrices }],
  );
}

function isTiny(price: OwnPrice | null): boolean {
  const kinds = [...pricePerKind(price).values()];
  return kinds.some((one) => one.n > 0n && compare(one, leastPerMillion) < 0);
}

type PerKind = ReadonlyMap<TokenKind, Exact>;

function pricePerKind(price: OwnPrice | null): PerKind {
  if (price === null || price.unreadable === true) return new Map();
  return new Map(
    tokenKindNames.flatMap((kind) => {
      const one = price[kind];
      return one === undefined ? [] : [[kind, exactOfDecimal(one)] as const];
    }),
  );
}

/** Where a policy names the vendor, so that its price file was read. */
function catalogueOf({ prices }: LiveFacts, { vendor }: WireIntegrationPrices, model: string): PerKind {
  if (prices === null || vendor === null) return new Map();
  const [one, ...others] = prices.index.files.priceOf(`@${vendor}/${model}`).tokens;
  if (one === undefined || others.length > 0) return new Map();
  return new Map(
    (['input', 'output'] as const).flatMap((kind) => {
      const cents = one[kind];
      return cents === null ? [] : [[kind, multiply(cents, exactOf(10_000))] as const];
    }),
  );
}

/** `input is $2.50 per 1M tokens, and $0.0000025 live`. */
function findApart(price: OwnPrice, other: PerKind, where: string): string | null {
  for (const [kind, declared] of pricePerKind(price)) {
    const known = other.get(kind);
    if (known === undefined || !isApartBy(thousand, declared, known)) continue;
    const [ours, theirs] = [declared, known].map((one) => formatPerMillion(toDecimal(one, 20)));
    return `${tokenKindWords[kind]} is ${ours}${perMillionTokens}, and ${theirs} ${where}`;
  }
  return null;
}

export const integrationPriceFileRules: readonly FileRule[] = [multiplierFarFromOne, priceFree];
export const integrationPriceRules: readonly LiveRule[] = [priceUnit, priceJumps];
