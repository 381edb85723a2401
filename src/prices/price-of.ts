/**
 * Is a model priced, and at what? First hit wins:
 *
 * | | kind |
 * |---|---|
 * | the integration has a price of its own | `priced` |
 * | listed, a price for tokens | `priced` |
 * | listed, a price for other units or per request only | `priced_by_unit` |
 * | not listed, but with a context suffix (`-lte-128k`) | `priced`, at the lower tier |
 * | listed, a price for tokens by region or mode only | `priced`, one per region and mode |
 * | listed at zero | `zero_by_design` for `…:free`, else `unpriced` |
 * | not listed, the file's default has a price for tokens | `fallback` |
 * | not listed | `unpriced` |
 * | no file, or an entry that cannot be read | `unknown` |
 *
 * Then times the integration's multiplier.
 */

import { type Exact, multiply, zero } from '../exact.ts';
import { nearestName } from '../nearest-name.ts';
import { parseModelName } from './model-name.ts';
import type {
  IntegrationPrices,
  ModelPrice,
  Multiplier,
  PriceBook,
  PriceEntry,
  PriceFile,
  TokenPrice,
  UnreadableEntry,
} from './types.ts';

type Found = Omit<ModelPrice, 'model' | 'provenance'>;

const nothing: Found = { kind: 'unknown', tokens: [], why: null, notes: [], suggestion: null };

/** @param model `@openai/gpt-4o`, or `@openai-prod/gpt-4o` with the slug of an integration in the book */
export function priceOf(book: PriceBook, model: string): ModelPrice {
  const name = parseModelName(model);
  if (name === null) return { ...nothing, model, why: 'it is not written `@provider/model`', provenance: null };
  const integration = book.integrations.get(name.provider);
  if (integration !== undefined) {
    const own = integration.models.get(name.model);
    if (own === null) return unknown(model, `the price that integration ${integration.slug} sets cannot be read`);
    if (own !== undefined) {
      const found = adjust(priceByIntegration(own), integration);
      return { ...found, model, provenance: integration.provenance };
    }
    if (integration.vendor === null) return unknown(model, `integration ${integration.slug} does not say its provider`);
  }
  const vendor = integration?.vendor ?? name.provider;
  const read = book.providers.get(vendor);
  if (read === undefined) return unknown(model, `no prices of ${vendor} were read`);
  if (read.status === 'unread') return unknown(model, read.why);
  const { provenance } = read;
  if (read.status === 'missing') return unknown(model, `there is no price file for ${vendor} (${provenance.from})`);
  return { ...adjust(priceByFile(read.file, name.model), integration), model, provenance };
}

/** Null: unknown. False: its requests cost nothing, on purpose or not. */
export function isPriced({ kind }: ModelPrice): boolean | null {
  switch (kind) {
    case 'priced':
    case 'priced_by_unit':
    case 'fallback':
      return true;
    case 'zero_by_design':
    case 'unpriced':
      return false;
    case 'unknown':
      return null;
  }
}

function unknown(model: string, why: string): ModelPrice {
  return { ...nothing, model, why, provenance: null };
}

function priceByIntegration(own: TokenPrice): Found {
  const notes = ['a price of the integration, instead of the price file’s'];
  return isPositive(own)
    ? { ...nothing, kind: 'priced', tokens: [own], notes }
    : { ...nothing, kind: 'zero_by_design', tokens: [own], notes, why: 'the integration sets its price to zero' };
}

function priceByFile(file: PriceFile, model: string): Found {
  const entry = file.models.get(model);
  if (entry !== undefined) return 'problem' in entry ? unreadable(entry) : priceByEntry(entry, model);
  const tier = findLowerTier(file, model);
  if (tier !== null) return tier;
  const { fallback } = file;
  const suggestion = suggest(file, model);
  if (fallback !== null && 'problem' in fallback) return { ...unreadable(fallback), suggestion };
  if (fallback !== null && isPositive(fallback.tokens)) {
    const why = 'not in the price file, whose default has a price for every other name';
    return { ...nothing, kind: 'fallback', tokens: [always(fallback.tokens)], why, suggestion };
  }
  const units = fallback === null ? [] : positiveUnits(fallback);
  const notes = units.length === 0 ? [] : [`the provider’s default still charges for ${listed(units)}`];
  return { ...nothing, kind: 'unpriced', why: 'not in the price file', notes, suggestion };
}

function unreadable({ problem }: UnreadableEntry): Found {
  return { ...nothing, why: `its entry in the price file cannot be read: ${problem}` };
}

function priceByEntry(entry: PriceEntry, model: string): Found {
  const units = positiveUnits(entry);
  const regional = (entry.custom ?? []).filter(isPositive);
  if (isPositive(entry.tokens)) {
    return { ...nothing, kind: 'priced', tokens: [always(entry.tokens)], notes: describeRest(entry, units, regional) };
  }
  if (units.length > 0) {
    const why = `plain tokens cost nothing; it charges for ${listed(units)}`;
    return { ...nothing, kind: 'priced_by_unit', why };
  }
  if (regional.length > 0) {
    const notes = [`priced for ${listed(regional.map(({ where }) => where ?? 'all'))} only`];
    return { ...nothing, kind: 'priced', tokens: regional, notes };
  }
  if (entry.custom === null) return unreadable({ problem: 'its prices by region are in an unknown form' });
  const { input, output } = entry.tokens;
  if (input === null && output === null) {
    const why = entry.hasFinetune ? 'it has a price for fine-tuning only, not for calls' : 'listed without any price';
    return { ...nothing, kind: 'unpriced', why };
  }
  return model.endsWith(':free')
    ? { ...nothing, kind: 'zero_by_design', tokens: [always({ input: zero, output: zero })], why: 'free by its name' }
    : { ...nothing, kind: 'unpriced', why: 'listed at zero' };
}

/** What an estimate from tokens leaves out. */
function describeRest(entry: PriceEntry, units: readonly string[], regional: readonly TokenPrice[]): readonly string[] {
  const { input, output } = entry.tokens;
  const missing = input === null ? 'input' : output === null ? 'output' : null;
  return [
    ...(missing === null ? [] : [`no price listed for ${missing} tokens`]),
    ...(units.length === 0 ? [] : [`also charges for ${listed(units)}`]),
    ...(entry.hasBatch ? ['batch has prices of its own'] : []),
    ...(regional.length > 1 ? [`other prices for some of ${listed(regional.map(({ where }) => where ?? 'all'))}`] : []),
    ...(entry.custom === null ? ['prices by region that cannot be read'] : []),
  ];
}

/** `gemini-2.5-pro` is listed as `…-lte-128k` and `…-gt-128k` alone: most requests are below. */
function findLowerTier(file: PriceFile, model: string): Found | null {
  const tiers = [...file.models].flatMap(([name, entry]) => {
    const size = name.startsWith(`${model}-lte-`) ? /^(\d{1,6})k$/.exec(name.slice(model.length + 5))?.[1] : undefined;
    return size === undefined ? [] : [{ name, entry, size: Number(size) }];
  });
  const [lowest] = tiers.sort((a, b) => a.size - b.size);
  if (lowest === undefined) return null;
  const found = 'problem' in lowest.entry ? unreadable(lowest.entry) : priceByEntry(lowest.entry, lowest.name);
  return { ...found, notes: [`the price of ${lowest.name}; longer contexts cost more`, ...found.notes] };
}

/** A dated name for one without a date, and the reverse; else one that is spelt almost alike. */
function suggest(file: PriceFile, model: string): string | null {
  const names = [...file.models.keys()];
  const bare = withoutDate(model);
  const twin = file.models.has(bare) ? bare : names.find((name) => withoutDate(name) === bare);
  return twin ?? nearestName(model, names) ?? null;
}

/** `gpt-4o-2024-08-06` → `gpt-4o`: what answers are named, and what callers ask for. */
export function withoutDate(model: string): string {
  return model.replace(/[-@]\d{4}-?\d{2}-?\d{2}$/, '');
}

function adjust(found: Found, integration: IntegrationPrices | undefined): Found {
  if (integration === undefined || found.tokens.length === 0) return found;
  const { multiplier, slug } = integration;
  if (multiplier === null) return { ...nothing, why: `the multiplier of integration ${slug} cannot be read` };
  const tokens = found.tokens.map((price) => scale(price, multiplier));
  if (tokens.every((price, index) => isSame(price, found.tokens[index]))) return found;
  const notes = [...found.notes, `times the multiplier of integration ${slug}`];
  if (tokens.some(isPositive)) return { ...found, tokens, notes };
  return { ...found, kind: 'zero_by_design', tokens, notes, why: 'the integration’s multiplier is zero' };
}

function scale({ input, output, where }: TokenPrice, multiplier: Multiplier): TokenPrice {
  const times = (side: Exact | null, factor: Exact): Exact | null => (side === null ? null : multiply(side, factor));
  return { input: times(input, multiplier.input), output: times(output, multiplier.output), where };
}

function isSame(a: TokenPrice, b: TokenPrice | undefined): boolean {
  const same = (x: Exact | null, y: Exact | null): boolean => x?.n === y?.n && x?.d === y?.d;
  return b !== undefined && same(a.input, b.input) && same(a.output, b.output);
}

function always(tokens: PriceEntry['tokens']): TokenPrice {
  return { ...tokens, where: null };
}

function isPositive({ input, output }: PriceEntry['tokens']): boolean {
  return (input?.n ?? 0n) > 0n || (output?.n ?? 0n) > 0n;
}

function positiveUnits({ units, perRequest }: PriceEntry): readonly string[] {
  const positive = [...units].filter(([, price]) => price.n > 0n).map(([name]) => name);
  return perRequest !== null && perRequest.n > 0n ? ['each request', ...positive] : positive;
}

/** A few by name: some models have fifty. */
function listed(names: readonly string[]): string {
  // Whoever writes the file picks these names.
  const shown = names
    .slice(0, 4)
    .map((name) => (name.length > 60 ? `${name.slice(0, 59)}…` : name))
    .join(', ');
  return names.length > 4 ? `${shown} and ${names.length - 4} more` : shown;
}
