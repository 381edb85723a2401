/** `prices:` of an integration: what its calls are charged, by factor and by model. */

import { compareText } from '../diagnostics.ts';
import {
  asOwnPrice,
  canonicalPrice,
  type Decimal,
  type FactorName,
  factorField,
  factorNames,
  formatTokenPrice,
  innerName,
  isOwnPrice,
  mostDigits,
  type OwnPrice,
  priceField,
  type TokenKind,
  tokenKindNames,
} from '../resources/price-fields.ts';
import type { FieldValue } from '../resources/types.ts';
import { example, type Sentence, say, writeValue } from './advice.ts';
import { type Form, type Key, type Keys, key, mapForm, onPage, orNone, orSay, type Shape, textForm } from './forms.ts';
import type { FieldNode, SourceRange } from './nodes.ts';
import { mapOf, type PrintedEntry } from './print-values.ts';
import { quote } from './quote.ts';
import { expectScalar, isAbsent, isNone, readEntries, readMap, refuseValue } from './reader.ts';
import type { Report } from './report.ts';
import type { PrintedValue } from './yaml-text.ts';

/** Fields of the entry, each with its place. */
export type WrittenPrices = readonly { readonly field: string; readonly value: FieldValue; readonly at: SourceRange }[];

const pricesPage = 'prices.md#prices-of-an-integration-in-git';

/** At most fifteen digits, which a number on the wire holds without loss. */
const pricePattern = /^\$(?:\d{1,3}(?:,\d{3}){1,2}|\d{1,9})(?:\.\d{1,6})? per 1M tokens$/;
const aPrice = say`dollars per million tokens, such as ${example('$2.50 per 1M tokens')}`;

const priceShape: Shape<Decimal> = {
  ...textForm(pricePattern.source, 'write dollars per million tokens, such as $2.50 per 1M tokens', [
    '$2.50 per 1M tokens',
  ]),
  expected: aPrice,
  read: (field, report) => {
    const node = expectScalar(field, aPrice, report);
    if (node === undefined) return undefined;
    if (pricePattern.test(node.text)) return trimZeros(node.text.replace(/^\$| per 1M tokens$|,/g, ''));
    return refuseValue(field, 'invalid-price', advisePrice(node.text), report);
  },
};

/** A price per thousand, or with other words for a million, says what is meant; a bare number does not. */
function advisePrice(text: string): Sentence {
  const [, amount = '', unit = ''] =
    /^\$ ?(\d{1,9}(?:\.\d{1,9})?) ?(?:\/|per) ?(?:1 ?(?=[kKmMt]))?(1,?000|k|K|M|m|million|thousand)(?: ?tokens?)?$/.exec(
      text,
    ) ?? [];
  const isThousand = /^(?:k|thousand|1,?000)$/i.test(unit);
  const isMillion = /^(?:m|million)$/i.test(unit);
  if (amount === '' || (!isThousand && !isMillion)) return say`is not a price: write ${aPrice}`;
  const [whole = '', decimals = ''] = amount.split('.');
  const moved = isThousand ? `${whole}${decimals.padEnd(3, '0').slice(0, 3)}.${decimals.slice(3)}` : amount;
  return say`is not a price: did you mean ${writeValue(formatTokenPrice(trimZeros(moved)))}?`;
}

function trimZeros(decimal: string): Decimal {
  const short = decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal;
  return short.replace(/^0+(?=\d)/, '');
}

const factorMessage = 'write a factor above 0 on the prices of the catalogue, such as 0.85';
const aFactor = say`a factor above 0 on the prices of the catalogue, such as ${example('0.85')}`;

const factorShape: Shape<Decimal> = {
  schema: { type: ['number'], exclusiveMinimum: 0, maximum: 1000, errorMessage: factorMessage },
  expected: aFactor,
  read: (field, report) => {
    const node = expectScalar(field, aFactor, report);
    if (node === undefined) return undefined;
    const { value, text } = node;
    // The text, as it stands: a binary fraction would say another number.
    if (typeof value === 'number' && value > 0 && value <= 1000 && /^\d+(?:\.\d+)?$/.test(text)) {
      const decimal = trimZeros(text);
      if (decimal.replace('.', '').length <= mostDigits) return decimal;
      return refuseValue(field, 'invalid-multiplier', `has more than ${mostDigits} digits: round it`, report);
    }
    if (value === 0) {
      const said = 'would make every call free, so that no budget in dollars ever ends: write the factor';
      return refuseValue(field, 'invalid-multiplier', said, report);
    }
    const percent = /^(\d{1,3}) ?%$/.exec(text)?.[1];
    const meant =
      percent === undefined
        ? null
        : trimZeros(`${percent.padStart(3, '0').slice(0, -2)}.${percent.padStart(2, '0').slice(-2)}`);
    const hint = meant === null || meant === '0' ? say`write ${aFactor}` : say`did you mean ${writeValue(meant)}?`;
    return refuseValue(field, 'invalid-multiplier', say`is not a factor: ${hint}`, report);
  },
};

const kindSentences: Readonly<Record<TokenKind, string>> = {
  input: 'Tokens of the request.',
  output: 'Tokens of the answer.',
  cache_read: 'Tokens of the request that come from a cache of the provider. Left out, they cost nothing.',
  cache_write: 'Tokens of the request that go into a cache of the provider. Left out, they cost nothing.',
};

const factorKeys = onPage(
  pricesPage,
  Object.fromEntries(
    factorNames.map((name): [FactorName, Key] => [
      name,
      key(
        orNone(factorShape),
        name === 'default'
          ? 'Every kind of token that has no factor of its own.'
          : kindSentences[name].replace(/ Left.*/, ''),
      ),
    ]),
  ),
) satisfies Keys;

const priceKeys = onPage(pricesPage, {
  input: key(priceShape, kindSentences.input, { isRequired: true }),
  output: key(priceShape, kindSentences.output, { isRequired: true }),
  cache_read: key(priceShape, kindSentences.cache_read),
  cache_write: key(priceShape, kindSentences.cache_write),
} satisfies Keys);

const factorMap = orSay(mapForm(factorKeys), factorMessage);
const multiplier: Shape<WrittenPrices> = {
  ...orNone({
    schema: { anyOf: [factorShape.schema, factorMap.schema], errorMessage: factorMessage },
    below: mapForm(factorKeys).below,
  } as Form),
  read: readMultiplier,
};

/** One factor for all, `none` for no factor at all, or one a kind of token. */
function readMultiplier(field: FieldNode, report: Report): WrittenPrices | undefined {
  const { node, at } = field;
  if (isNone(node)) return factorNames.map((name) => ({ field: factorField(name), value: null, at }));
  if (node.type !== 'map') {
    const value = factorShape.read(field, report);
    return value === undefined ? undefined : [{ field: factorField('default'), value, at }];
  }
  if (isAbsent(node)) return [];
  const written = readMap(field, factorKeys, 'a multiplier', report);
  return [...(written ?? [])].flatMap(([name, inner]) => {
    const value = isNone(inner.node) ? null : factorShape.read(inner, report);
    return value === undefined ? [] : [{ field: factorField(name), value, at: inner.at }];
  });
}

const priceForm = orSay(
  mapForm(priceKeys),
  'write `input` and `output` below it, indented, or none for the price of the catalogue',
);
const models: Shape<WrittenPrices> = {
  schema: {
    type: 'object',
    errorMessage: 'write models below it, indented, each by its name: no list',
    propertyNames: { type: 'string', minLength: 1, maxLength: 255 },
    additionalProperties: orNone(priceForm).schema,
  },
  below: ({ node }) => (node.type === 'map' ? mapForm(priceKeys) : null),
  read: (field, report) =>
    readEntries(field, priceKeys, report).flatMap((entry) => {
      const value = isNone(entry.node) ? null : readPrice(entry, report);
      return value === undefined ? [] : [{ field: priceField(entry.key), value, at: entry.at }];
    }),
};

/** What is left out is free, so that what every call has is asked for. */
function readPrice(field: FieldNode, report: Report): FieldValue | undefined {
  const written = readMap(field, priceKeys, 'the price of a model', report);
  if (written === undefined) return undefined;
  const price: { -readonly [K in keyof OwnPrice]: OwnPrice[K] } = {};
  let isWhole = true;
  for (const kind of tokenKindNames) {
    const inner = written.get(kind);
    const value = inner === undefined ? undefined : priceShape.read(inner, report);
    if (inner === undefined && 'isRequired' in priceKeys[kind]) {
      const said = say`the price of ${quote(field.key)} needs \`${kind}:\`: write ${aPrice}; what is left out costs nothing`;
      report('missing-price', field.at, said);
    }
    if (value !== undefined) price[kind] = value;
    else if (inner !== undefined || 'isRequired' in priceKeys[kind]) isWhole = false;
  }
  return isWhole ? canonicalPrice(price) : undefined;
}

function printMultiplier({ fields }: PrintedEntry): PrintedValue | undefined {
  const factors = factorNames.flatMap((name): [FactorName, PrintedValue][] => {
    const value = fields[factorField(name)];
    return value === undefined ? [] : [[name, value === null ? 'none' : Number(value)]];
  });
  if (factors.length === factorNames.length && factors.every(([, value]) => value === 'none')) return 'none';
  const [first] = factors;
  return factors.length === 1 && first?.[0] === 'default' && first[1] !== 'none' ? first[1] : mapOf(factors);
}

function printModels({ fields }: PrintedEntry): PrintedValue | undefined {
  const named = Object.keys(fields).filter(isOwnPrice).sort(compareText);
  return mapOf(named.map((field) => [innerName(field), printPrice(asOwnPrice(fields[field]))]));
}

function printPrice(price: OwnPrice | null): PrintedValue | undefined {
  if (price === null) return 'none';
  const kinds = tokenKindNames.map((kind): [string, PrintedValue | undefined] => {
    const one = price[kind];
    return [kind, one === undefined ? undefined : formatTokenPrice(one)];
  });
  return mapOf(kinds);
}

const isForgettable = true;

/** Of an entry, beside what all entries have. */
export const ownPriceKeys = {
  multiplier: key(
    multiplier,
    'A factor on every price of the catalogue: `0.85`, or one for each kind of token. `none`: no factor. It changes what every budget in dollars buys.',
    {
      isForgettable,
      print: printMultiplier,
      hover: { example: 'multiplier: 0.85', page: pricesPage },
    },
  ),
  models: key(
    models,
    'Prices of single models, which take the place of the catalogue’s outright. `none`: the price of the catalogue.',
    {
      isForgettable,
      print: printModels,
      hover: {
        example:
          'models:\n  gpt-4o:\n    input: $2.50 per 1M tokens\n    output: $10 per 1M tokens\n    cache_read: $1.25 per 1M tokens',
        page: pricesPage,
      },
    },
  ),
} satisfies Keys;
