/**
 * Fields of the prices of an integration: `multiplier[<kind of token>]`, a factor on every price of the catalogue, and
 * `price[<model>]`, which takes the place of the catalogue's entry outright (docs/service-notes.md#integration-prices). Numbers are
 * decimal text, as people write them: no price passes through a binary fraction.
 */

import { compare, type Exact, exactOf, fraction, toDecimal } from '../exact.ts';
import type { Fields, FieldValue, Json } from './types.ts';

/** Kinds of token by the words of the files, with the service's. */
export const tokenKinds = {
  input: 'request_token',
  output: 'response_token',
  cache_read: 'cache_read_input_token',
  cache_write: 'cache_write_input_token',
} as const;
export type TokenKind = keyof typeof tokenKinds;
export const tokenKindNames = Object.keys(tokenKinds) as readonly TokenKind[];

/** `default`: every kind of token that has no factor of its own. */
export const factorNames = ['default', ...tokenKindNames] as const;
export type FactorName = (typeof factorNames)[number];

/** `0.85`, `2.5`: no sign, no exponent, no zeros at its end. */
export type Decimal = string;

/**
 * US dollars per million tokens. A kind of token that is not there costs nothing. `unreadable`: live, in a form that is not known,
 * which equals no price that can be written.
 */
export type OwnPrice = Readonly<Partial<Record<TokenKind, Decimal>>> & { readonly unreadable?: true };

export function factorField(name: string): string {
  return `multiplier[${name}]`;
}

export function priceField(model: string): string {
  return `price[${model}]`;
}

export function isFactor(field: string): boolean {
  return field.startsWith('multiplier[');
}

export function isOwnPrice(field: string): boolean {
  return field.startsWith('price[');
}

export function isPartOfPrices(field: string): boolean {
  return isFactor(field) || isOwnPrice(field);
}

/** Of `price[gpt-4o]` the model, of `multiplier[input]` the kind of token. */
export function innerName(field: string): string {
  return field.slice(field.indexOf('[') + 1, -1);
}

/** No more digits than a number on the wire holds without loss. */
export const mostDigits = 15;

/** Of a number as the service writes it. Null: it is none, or no price. */
export function decimalOf(value: unknown): Decimal | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? toDecimal(exactOf(value), 20) : null;
}

export function exactOfDecimal(text: Decimal): Exact {
  const [whole = '0', decimals = ''] = text.split('.');
  return fraction(BigInt(whole + decimals), 10n ** BigInt(decimals.length));
}

export function asOwnPrice(value: FieldValue | undefined): OwnPrice | null {
  return value === undefined || value === null ? null : (value as OwnPrice);
}

/** The price without kinds that cost nothing, which need no line. */
export function canonicalPrice(price: OwnPrice): { readonly [kind: string]: Json } {
  const kinds = tokenKindNames.filter((kind) => isAlwaysSaid(kind) || (price[kind] ?? '0') !== '0');
  return Object.fromEntries(kinds.map((kind) => [kind, price[kind] ?? '0']));
}

/** What a price has to say: what is left out there would be free. */
export function isAlwaysSaid(kind: TokenKind): boolean {
  return kind === 'input' || kind === 'output';
}

/**
 * What one price or factor is times the other, by kind of token; null: not known, since the catalogue's price stands on one side.
 * `free`: it costs nothing from then on.
 */
export type Ratio = Exact | 'same' | 'free' | null;

/** @param before,after all managed fields of the object */
export function ratiosOf(field: string, before: Fields, after: Fields): readonly Ratio[] {
  if (isFactor(field)) return [ratioOf(factorIn(before, field), factorIn(after, field))];
  const [from, to] = [asOwnPrice(before[field]), asOwnPrice(after[field])];
  if (from === null || to === null || from.unreadable === true || to.unreadable === true) return [null];
  return tokenKindNames.map((kind) => ratioOf(from[kind] ?? '0', to[kind] ?? '0'));
}

/** None is one; of a kind of token, the default. Null: it cannot be known. */
function factorIn(fields: Fields, field: string): Decimal | null {
  const own = fields[field];
  if (typeof own === 'string') return own;
  if (own !== undefined && own !== null) return null;
  if (innerName(field) === 'default') return '1';
  const all = fields[factorField('default')];
  return typeof all === 'string' ? all : null;
}

function ratioOf(from: Decimal | null, to: Decimal | null): Ratio {
  if (from === null || to === null) return null;
  const [before, after] = [exactOfDecimal(from), exactOfDecimal(to)];
  if (compare(before, after) === 0) return 'same';
  if (after.n === 0n) return 'free';
  // From nothing to something every budget buys less.
  return before.n === 0n ? { n: 2n, d: 1n } : fraction(after.n * before.d, after.d * before.n);
}

/** `$2.50 per 1M tokens`. */
export function formatTokenPrice(price: Decimal): string {
  const [whole = '0', decimals = ''] = price.split('.');
  const cents = decimals === '' ? '' : `.${decimals.padEnd(2, '0')}`;
  return `$${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${cents} per 1M tokens`;
}

const kindWords: Readonly<Record<TokenKind, string>> = {
  input: 'input',
  output: 'output',
  cache_read: 'cache reads',
  cache_write: 'cache writes',
};

/** `$2.50 in, $10 out per 1M tokens`. */
export function formatOwnPrice(value: FieldValue | undefined): string {
  const price = asOwnPrice(value);
  if (price === null) return 'the catalogue’s price';
  if (price.unreadable === true) return 'a price that cannot be read';
  const said = tokenKindNames.flatMap((kind) => {
    const one = price[kind];
    return one === undefined ? [] : [`${kindWords[kind]} ${formatTokenPrice(one).replace(' per 1M tokens', '')}`];
  });
  return `${said.join(', ')} per 1M tokens`;
}

/** `×0.85`. */
export function formatFactor(value: FieldValue | undefined): string {
  return value === undefined || value === null
    ? 'none'
    : typeof value === 'string'
      ? `×${value}`
      : 'one that cannot be read';
}

/** `price of gpt-4o`, `multiplier`, `multiplier of output`. */
export function describePriceField(field: string): string {
  const name = innerName(field);
  if (isOwnPrice(field)) return `price of ${name}`;
  return name === 'default' ? 'multiplier' : `multiplier of ${kindWords[name as TokenKind] ?? name}`;
}
