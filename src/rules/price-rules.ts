/** Rules about money that is not counted, or counted otherwise than one would think: from price files. */

import { compare, exactOf } from '../exact.ts';
import { formatExact } from '../impact/money.ts';
import { formatAge } from '../prices/age.ts';
import { costOf, ratesOfAll } from '../prices/estimate.ts';
import { parseModelName } from '../prices/model-name.ts';
import type { PriceIndex } from '../prices/price-index.ts';
import { isPriced, withoutDate } from '../prices/price-of.ts';
import { isWayTo, pricesAt, routesOf } from '../prices/prices-at.ts';
import type { ModelPrice, PriceFile } from '../prices/types.ts';
import { formatAmount, formatReset } from '../resources/amounts.ts';
import type { Desired, DesiredEntry, Match } from '../resources/types.ts';
import { quoteUnlessSecret } from '../secret-shape.ts';
import { type DeclaredBudget, labelOfEntry, scopeText } from './limits.ts';
import { at, atSetting, type PriceRule } from './types.ts';

/** What a policy's conditions say of models. */
interface NamedModels {
  /** `@openai/gpt-4o`. */
  readonly models: readonly string[];
  /** Of `@openai/*`, and of a condition on the vendor. */
  readonly vendors: readonly string[];
}

const none: NamedModels = { models: [], vendors: [] };

function namedModels(match: Match | undefined): NamedModels {
  if (match === undefined || match === 'all') return none;
  const valuesOf = (wanted: string): readonly string[] =>
    match.flatMap(({ key, any }) => (key === wanted && any !== '*' ? any : []));
  const models = valuesOf('model');
  const wide = models.flatMap((value) => /^@([^/]+)\/\*$/.exec(value)?.[1] ?? []);
  return {
    models: models.filter((value) => parseModelName(value) !== null),
    vendors: [...wide, ...valuesOf('provider')],
  };
}

function modelsOf({ fields }: DesiredEntry): NamedModels {
  return namedModels(fields.match);
}

/** Whether its dollars or tokens depend on what models cost. */
export function namesModels(match: Match): boolean {
  const { models, vendors } = namedModels(match);
  return models.length + vendors.length > 0;
}

/** The vendors whose price files the rules look into: those that policies name. */
export function vendorsToPrice({ entries }: Pick<Desired, 'entries'>): string[] {
  const vendors = entries.flatMap((entry) => {
    if (entry.absent === true) return [];
    const { models, vendors: wide } = modelsOf(entry);
    return [...models.flatMap((model) => parseModelName(model)?.provider ?? []), ...wide];
  });
  // A vendor becomes a part of a path.
  return [...new Set(vendors)].filter((vendor) => parseModelName(`@${vendor}/x`) !== null).sort();
}

/** Every price that calls of the entry's workspace may have. */
function pricesOf(facts: Priced, entry: DesiredEntry, model: string): readonly ModelPrice[] {
  return pricesAt(facts.prices.index, model, placeOf(facts, entry), entry.fields.match ?? 'all');
}

type Priced = Parameters<PriceRule['check']>[0];

function placeOf(facts: Priced, { workspace }: DesiredEntry): string | null {
  return workspace === null ? null : (facts.index.findWorkspace(workspace)?.id ?? null);
}

function isCostBudget({ kind, fields }: DesiredEntry): boolean {
  return kind === 'usage-policy' && fields.unit === 'cost';
}

/** `"@openai/a"`, `"@openai/a" and "@openai/b"`, `5 models ("@openai/a", "@openai/b", "@openai/c" …)` */
function listModels(models: readonly string[]): string {
  const quoted = models.map(quoteUnlessSecret);
  if (quoted.length <= 2) return quoted.join(' and ');
  return `${quoted.length} models (${quoted.slice(0, 3).join(', ')}${quoted.length > 3 ? ' …' : ''})`;
}

const unpricedModel: PriceRule = {
  name: 'unpriced-model',
  id: 'P1',
  severity: 'warning',
  where: 'price',
  finds: 'a budget in dollars for models without a price',
  why: 'The service multiplies tokens by a price. Where there is none, a call costs nothing: it does not count against the budget and is never refused by it. Budgets in tokens count such calls. Where the plan changes such a budget, prices that integrations of the workspace set themselves count; elsewhere they are not looked at, and the sentence says so.',
  fix: 'Correct the name of the model, set a price on the integration, or use a budget of tokens.',
  check: (facts, found) => {
    const { index } = facts.prices;
    for (const entry of facts.desired.entries) {
      const [budget] = isCostBudget(entry) ? facts.limits.budgetsOf(entry) : [];
      if (budget === undefined) continue;
      const { models, vendors } = modelsOf(entry);
      const unpriced = models.flatMap((model) => {
        const [price, ...others] = pricesOf(facts, entry, model);
        return price !== undefined && [price, ...others].every(({ kind }) => kind === 'unpriced') ? [price] : [];
      });
      const place = placeOf(facts, entry);
      const bare = vendors.filter((vendor) => pricesNothing(index, vendor, place));
      const amount = formatAmount(budget.amount, 'cost');
      const doubt = routesOf(index.book, place) === null ? ', unless an integration sets a price' : '';
      const isWhole = unpriced.length + bare.length === models.length + vendors.length;
      const whole = `${isWhole ? `, so that ${amount} is never used up` : ''}${doubt}`;
      if (unpriced.length > 0) {
        const [first] = unpriced;
        const meant = unpriced.length === 1 && first !== undefined ? meantText(first) : '';
        found(
          at(entry, 'match'),
          `${listModels(unpriced.map(({ model }) => model))} ${unpriced.length === 1 ? 'has' : 'have'} no price${meant}: calls cost nothing here${whole}`,
        );
      }
      for (const vendor of bare)
        found(at(entry, 'match'), `no model of ${vendor} has a price: calls cost nothing here${whole}`);
    }
  },
};

/** Said where one name is meant by another. */
function meantText({ suggestion, model }: ModelPrice): string {
  return suggestion === null ? '' : ` (did you mean "@${parseModelName(model)?.provider}/${suggestion}"?)`;
}

/** A file that lists no price at all, such as that of a vendor who runs the models of others. */
function pricesNothing(index: PriceIndex, vendor: string, place: string | null): boolean {
  const { book } = index;
  const known = book.providers.get(vendor);
  if (known?.status !== 'read') return false;
  const ways = (routesOf(book, place) ?? []).filter((route) => isWayTo(book, route, vendor));
  const isPricedOnTheWay = ways.some(({ integration }) => {
    const own = integration === null ? undefined : book.integrations.get(integration)?.models;
    return integration !== null && (own === undefined || own.size > 0);
  });
  if (isPricedOnTheWay) return false;
  const { models } = known.file;
  if (hasFallback(known.file)) return false;
  return ![...models.keys()].some((name) => isPriced(index.priceOf(`@${vendor}/${name}`)) !== false);
}

function hasFallback({ fallback }: PriceFile): boolean {
  // One that cannot be read may hold a price.
  if (fallback === null || 'problem' in fallback) return fallback !== null;
  const prices = [fallback.tokens.input, fallback.tokens.output, fallback.perRequest, ...fallback.units.values()];
  return prices.some((price) => price !== null && price.n > 0n);
}

const freeModel: PriceRule = {
  name: 'free-model',
  id: 'P3',
  severity: 'info',
  where: 'price',
  finds: 'a budget in dollars for models that cost nothing on purpose',
  why: 'Models such as `…:free` have a price, and it is zero. Their calls count nothing against the budget, as if they had none.',
  fix: 'Nothing, if it is meant; else use a budget of tokens, or a rate.',
  check: (facts, found) => {
    for (const entry of facts.desired.entries) {
      if (!isCostBudget(entry)) continue;
      const isFree = ({ kind }: ModelPrice): boolean => kind === 'zero_by_design';
      const free = modelsOf(entry).models.filter((model) => pricesOf(facts, entry, model).every(isFree));
      if (free.length > 0)
        found(at(entry, 'match'), `${listModels(free)} cost${free.length === 1 ? 's' : ''} nothing by design`);
    }
  },
};

const unknownModel: PriceRule = {
  name: 'unknown-model',
  id: 'M10',
  severity: 'warning',
  where: 'price',
  finds: "a model in a condition that its vendor's price file does not list, while it lists one spelt almost alike",
  why: 'Conditions are compared with the name that callers ask for, letter by letter. A name that nobody asks for matches no call, so the policy limits nobody.',
  fix: 'Correct the name; if it is right, silence this with a reason.',
  check: (facts, found) => {
    for (const entry of facts.desired.entries) {
      for (const model of modelsOf(entry).models) {
        const prices = pricesOf(facts, entry, model);
        // An integration that has a price for it knows the name.
        const price = prices.find(({ suggestion }) => suggestion === null) ?? prices[0];
        // In a budget of dollars, a model without a price is another rule's.
        if (price === undefined || price.suggestion === null || (isCostBudget(entry) && price.kind === 'unpriced'))
          continue;
        found(at(entry, 'match'), `${quoteUnlessSecret(model)} is not listed${meantText(price)}`);
      }
    }
  },
};

const datedModel: PriceRule = {
  name: 'dated-model',
  id: 'M11',
  severity: 'warning',
  where: 'price',
  finds: 'a model with the date of a version in a condition, without the name that callers usually ask for',
  why: 'Vendors answer `gpt-4o` with the name of a version, `gpt-4o-2024-08-06`, and that is what logs show. Conditions are compared with the name that the caller asked for: whoever asks for `gpt-4o` is outside.',
  fix: 'Add the name without the date to the condition, unless that version alone is meant.',
  check: ({ desired, prices }, found) => {
    const { book } = prices.index;
    for (const entry of desired.entries) {
      const { models, vendors } = modelsOf(entry);
      for (const model of models) {
        const name = parseModelName(model);
        if (name === null || vendors.includes(name.provider)) continue;
        const usual = withoutDate(name.model);
        const known = book.providers.get(name.provider);
        if (usual === name.model || known?.status !== 'read' || !known.file.models.has(usual)) continue;
        const asked = `@${name.provider}/${usual}`;
        if (models.includes(asked)) continue;
        found(
          at(entry, 'match'),
          `calls that ask for ${quoteUnlessSecret(asked)} are outside: only ${quoteUnlessSecret(model)} is matched`,
        );
      }
    }
  },
};

const budgetOutpriced: PriceRule = {
  name: 'budget-outpriced',
  id: 'O8',
  severity: 'info',
  where: 'price',
  finds:
    'a budget of tokens and one of dollars over the same calls, counters and period, of which one is always used up first by the prices of the models they name',
  why: 'Where even the dearest reading of the tokens costs less than the dollars beside them, the dollars are never used up; where the cheapest costs more, the tokens are not. Caches, batches and longer contexts have prices of their own and are left out.',
  fix: 'Nothing, if one is a safety net; else change the amount, or take one out.',
  check: (facts, found) => {
    for (const entries of facts.byWorkspace.values()) {
      const byScope = new Map<string, DeclaredBudget[]>();
      for (const terms of entries.flatMap(facts.limits.budgetsOf)) {
        const scope = `${scopeText(terms)} ${terms.reset}`;
        byScope.set(scope, [...(byScope.get(scope) ?? []), terms]);
      }
      for (const alike of byScope.values()) {
        const cost = alike.find(({ unit }) => unit === 'cost');
        const tokens = alike.find(({ unit }) => unit === 'tokens');
        if (cost === undefined || tokens === undefined) continue;
        const { models, vendors } = namedModels(cost.match);
        // Without names nothing is known of their prices; of a whole vendor neither.
        if (vendors.length > 0) continue;
        const range = costOf(
          exactOf(tokens.amount),
          ratesOfAll(
            models.flatMap((model) => pricesOf(facts, cost.entry, model)),
            half,
          ),
        );
        const dollars = exactOf(cost.amount);
        const said = `${formatAmount(tokens.amount, 'tokens')} ${formatReset(tokens.reset)}`;
        if (range.highest.bound === 'exact' && compare(range.highest.value, dollars) < 0) {
          found(
            at(cost.entry, 'amount'),
            `${formatAmount(cost.amount, 'cost')} is never used up: ${labelOfEntry(tokens.entry)} ends at ${said}, which cost ${formatExact(range.highest.value, 'cost')} at most`,
          );
        } else if (range.lowest.bound === 'exact' && compare(range.lowest.value, dollars) > 0) {
          found(
            at(tokens.entry, 'amount'),
            `${said} are never used up: they cost ${formatExact(range.lowest.value, 'cost')} at least, and ${labelOfEntry(cost.entry)} ends at ${formatAmount(cost.amount, 'cost')}`,
          );
        }
      }
    }
  },
};

/** Lowest and highest do not depend on the mix. */
const half = { n: 1n, d: 2n };

const customPrices: PriceRule = {
  name: 'custom-prices',
  id: 'P6',
  severity: 'info',
  where: 'price',
  finds: 'a changed limit of an integration that multiplies prices, or sets some of its own',
  why: 'Budgets are counted in what the integration says that calls cost. With a multiplier other than 1 their dollars are internal money, and not what the vendor sends a bill for.',
  fix: 'Nothing, if it is meant; `estimate` with `--integration` shows what models cost by these prices.',
  check: ({ resolved, prices }, found) => {
    const { book } = prices.index;
    for (const { entry, name } of resolved) {
      const own = entry.kind === 'integration-limits' ? book.integrations.get(name) : undefined;
      if (own === undefined) continue;
      const { multiplier, models } = own;
      const isScaled = multiplier === null || [multiplier.input, multiplier.output].some(({ n, d }) => n !== d);
      const said = [
        ...(isScaled ? ['multiplies prices'] : []),
        ...(models.size === 0 ? [] : [`sets its own for ${models.size} model${models.size === 1 ? '' : 's'}`]),
      ];
      if (said.length > 0) found(at(entry, 'budget'), `integration "${name}" ${said.join(' and ')}`);
    }
  },
};

const pricesStale: PriceRule = {
  name: 'prices-stale',
  id: 'P5',
  severity: 'warning',
  where: 'price',
  finds: 'price data older than it may be: 24 hours, 30 days of a folder, or `pricing.max_age`',
  why: 'A model that got its price since then looks as if it had none, and estimates are off by what has changed.',
  fix: 'Let this machine reach the address under `pricing.source`, or bring the folder up to date.',
  check: ({ desired, now, prices }, found) => {
    const { book } = prices.index;
    for (const [vendor, known] of book.providers) {
      if (known.status !== 'read') continue;
      const age = now - Date.parse(known.provenance.asOf);
      if (age > prices.maxAge)
        found(
          atSetting(desired, 'pricing.source'),
          `the prices of ${vendor} are ${formatAge(age)} old (${known.provenance.from})`,
        );
    }
  },
};

const pricesUnknown: PriceRule = {
  name: 'prices-unknown',
  id: 'P5',
  severity: 'info',
  where: 'price',
  finds: 'vendors and integrations whose prices a policy depends on, and that could not be read',
  why: 'Without them nothing can be said about models without a price. They are unknown then, which is neither priced nor free.',
  fix: 'Name a folder or an address under `pricing.source` that has them.',
  check: ({ desired, prices }, found) => {
    const { book } = prices.index;
    for (const [vendor, known] of book.providers) {
      if (known.status === 'unread') found(atSetting(desired, 'pricing.source'), known.why);
      if (known.status === 'missing')
        found(atSetting(desired, 'pricing.source'), `there is no price file for ${vendor} (${known.provenance.from})`);
    }
    for (const [slug, why] of book.unread ?? [])
      found(atSetting(desired, 'pricing.source'), `the prices of integration "${slug}" were not read (${why})`);
  },
};

export const priceRules: readonly PriceRule[] = [
  unpricedModel,
  freeModel,
  unknownModel,
  datedModel,
  budgetOutpriced,
  customPrices,
  pricesStale,
  pricesUnknown,
];
