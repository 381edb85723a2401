/**
 * Fields of the prices of an integration: `multiplier[<kind of token>]`, a factor on every price of the catalogue, and
 * `price[<model>]`, which takes the place of the catalogue's entry outright (docs/service-notes.md#integration-prices). Numbers are
 * decimal text, as people write them: no price passes through a binary fraction.
 */

import { type Exact, exactOf, fraction, toDecimal } from '../exact.ts';
import type { FieldValue, Json } from './types.ts';

/** Kinds of token by the words of the files, with the service's. */
export const tokenKinds = {
  input: 'request_token',
  output: 'response_token',
  cache_read: 'cache_read_input_token',
  cache_write: 'cache_write_input_token',
} as const;
export type TokenKind = keyof typeof tokenKinds;
export const tokenKindNames = Object.keys(tokenKinds) as readonly TokenKind[];

export const tokenKindWords: Readonly<Record<TokenKind, string>> = {
  input: 'input',
  output: 'output',
  cache_read: 'cache reads',
  cache_write: 'cache writes',
};

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

/** Of a number as the service writes it, however small: next to nothing is not nothing. Null: it is none, or no price. */
export function decimalOf(value: unknown): Decimal | null {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) return null;
  const [mantissa = '', exponent = '0'] = String(value).split('e');
  const places = (mantissa.split('.')[1] ?? '').length - Number(exponent);
  return toDecimal(exactOf(value), Math.max(1, places));
}

/** Nobody counts thirty zeros: `1e-30`. */
function shortened(decimal: Decimal): string {
  return decimal.length > 24 ? String(Number(decimal)) : decimal;
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

/** Its calls cost nothing, whatever kind of token they are of. */
export function isFree(price: OwnPrice): boolean {
  return price.unreadable !== true && tokenKindNames.every((kind) => (price[kind] ?? '0') === '0');
}

export const perMillionTokens = ' per 1M tokens';

/** `$2.50 per 1M tokens`. */
export function formatTokenPrice(price: Decimal): string {
  const [whole = '0', decimals = ''] = shortened(price).split('.');
  const cents = decimals === '' ? '' : `.${decimals.padEnd(2, '0')}`;
  return `$${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${cents}${perMillionTokens}`;
}

/** `$2.50`; `free`, which no budget in dollars ends. */
export function formatPerMillion(price: Decimal): string {
  return price === '0' ? 'free' : formatTokenPrice(price).replace(perMillionTokens, '');
}

/** `input $2.50, output $10 per 1M tokens`. */
export function formatOwnPrice(value: FieldValue | undefined): string {
  const price = asOwnPrice(value);
  if (price === null) return 'the catalogue’s price';
  if (price.unreadable === true) return 'a price that cannot be read';
  const said = tokenKindNames.flatMap((kind) => {
    const one = price[kind];
    return one === undefined ? [] : [`${tokenKindWords[kind]} ${formatPerMillion(one)}`];
  });
  return `${said.join(', ')}${perMillionTokens}`;
}

/** `×0.85`. */
export function formatFactor(value: FieldValue | undefined): string {
  return value === undefined || value === null
    ? 'none'
    : typeof value === 'string'
      ? `×${shortened(value)}`
      : 'one that cannot be read';
}

/** `price of gpt-4o`, `multiplier`, `multiplier of output`. */
export function describePriceField(field: string): string {
  const name = innerName(field);
  if (isOwnPrice(field)) return `price of ${name}`;
  return name === 'default' ? 'multiplier' : `multiplier of ${tokenKindWords[name as TokenKind] ?? name}`;
}
