/** What a budget buys: prices read, and figures made of them. */

import { resolve } from 'node:path';
import type { Diagnostic } from '../diagnostics.ts';
import { ServiceError, UserError } from '../errors.ts';
import { exactOf, fraction } from '../exact.ts';
import { didYouMean } from '../nearest-name.ts';
import { adviseAmount } from '../policy/advice.ts';
import { hasPolicyFiles } from '../policy/files.ts';
import type { LevelGrammar } from '../policy/levels.ts';
import { costOf, type Range, ratesOf, ratesOfAll, tokensOf } from '../prices/estimate.ts';
import { parseIntegrationPrices } from '../prices/integration-prices.ts';
import { type ModelName, parseModelName } from '../prices/model-name.ts';
import { priceOf } from '../prices/price-of.ts';
import type { IntegrationPrices, PriceBook } from '../prices/types.ts';
import type { EstimateView } from '../render/estimate.ts';
import { type Amount, isProblem, parseAmount } from '../resources/amounts.ts';
import type { Desired } from '../resources/types.ts';
import { explainEatenAmount } from '../shell-words.ts';
import { loadPolicies, loadPoliciesIfAny } from './load-policies.ts';
import { type OpenBackend, openBackend } from './open-backend.ts';
import { findPriceReading, type PriceFlags, type PriceReading } from './price-settings.ts';
import { readPrices } from './read-prices.ts';
import { type CommonOptions, nowOf, type Session } from './session.ts';

export interface EstimateOptions
  extends PriceFlags,
    Pick<CommonOptions, 'dir' | 'format' | 'backend' | 'state' | 'quiet'> {
  /** `@provider/model`, at least one. */
  readonly model: readonly string[];
  /** `$500` or `2M tokens`. */
  readonly budget: string;
  /** Parts of input and output, `3:1`; undefined: that is assumed. */
  readonly mix?: string | undefined;
  /** Slugs of integrations whose own prices count. */
  readonly integration: readonly string[];
}

export interface Estimated {
  readonly view: EstimateView;
  readonly pricesFrom: PriceReading['kind'];
}

/** What is wrong with the files that say how prices are read. */
export interface NoEstimate {
  readonly diagnostics: readonly Diagnostic[];
}

/** Only for the prices of integrations, three requests at most for each. */
const concurrency = 4;

/** The directory that is looked into unasked; any other must be there. */
const usualDirectory = 'policies';

/**
 * Dollars of a token budget or tokens of a dollar budget. Without integrations no key is needed.
 *
 * @param opened a control plane that is there already; default: a new one, where one is needed
 * @throws UserError, ServiceError, CancelledError
 */
export async function readEstimate(
  options: EstimateOptions,
  session: Session,
  opened?: OpenBackend,
): Promise<Estimated | NoEstimate> {
  const models = [...new Set(options.model)].map(readModel);
  const budget = readBudget(options.budget);
  const mix = readMix(options.mix);
  if (options.offline && options.integration.length > 0) {
    throw new UserError('--offline and --integration exclude each other', {
      hint: 'The prices of an integration are read from the control plane on every run.',
    });
  }
  const stray = options.integration.find((slug) => !models.some(({ name }) => name.provider === slug));
  if (stray !== undefined) {
    throw new UserError(`--integration ${JSON.stringify(stray)}: no model is written \`@${stray}/…\``, {
      hint: 'With --integration, models are named by the slug of the integration.',
    });
  }
  const settings = await readSettings(options, session);
  if (settings !== null && 'diagnostics' in settings) return settings;
  const open = opened ?? (await openFor(options, session));
  try {
    const reading = await findPriceReading(options, settings, open?.priceAddress, session);
    const integrations = await readIntegrations(options.integration, open, session);
    const { providers, notes } = await readPrices(listVendors(models, integrations), reading, session);
    const book: PriceBook = { providers, integrations };
    const prices = models.map(({ text }) => priceOf(book, text));
    const share = fraction(BigInt(mix.input), BigInt(mix.input + mix.output));
    const amount = exactOf(budget.amount);
    const rangeOf = (rates: ReturnType<typeof ratesOf>): Range =>
      budget.unit === 'cost' ? tokensOf(amount, rates) : costOf(amount, rates);
    const ok = [...providers.values()].every(({ status }) => status !== 'unread');
    const view: EstimateView = {
      ok,
      budget,
      mix,
      inputShare: share,
      models: prices.map((price) => ({ price, range: rangeOf(ratesOf(price, share)) })),
      all: prices.length === 1 ? null : rangeOf(ratesOfAll(prices, share)),
      notes,
      now: nowOf(session),
    };
    return { view, pricesFrom: reading.kind };
  } finally {
    if (opened === undefined) await open?.close();
  }
}

interface WrittenModel {
  readonly text: string;
  readonly name: ModelName;
}

function readModel(text: string): WrittenModel {
  const name = parseModelName(text);
  if (name !== null) return { text, name };
  const bare = /^[\w.-]+\/[^*]+$/.test(text);
  throw new UserError(`--model ${JSON.stringify(text)} names no single model`, {
    hint: bare ? `Write --model @${text}.` : 'Write it as in requests: --model @openai/gpt-4o.',
  });
}

/** What has a price. */
const spending: LevelGrammar = {
  what: 'an estimate',
  units: ['cost', 'tokens'],
  windows: [],
  wholeUnits: false,
  form: 'alone',
};

function readBudget(text: string): Amount {
  const amount = parseAmount(text);
  if (isProblem(amount)) {
    const { said } = adviseAmount(text, amount, spending);
    const hint = explainEatenAmount(text);
    throw new UserError(`--budget ${JSON.stringify(text)} ${said.text}`, hint === null ? {} : { hint });
  }
  if (amount.unit === 'requests') {
    throw new UserError(`--budget ${JSON.stringify(text)} counts requests, which have no price`, {
      hint: 'Write a budget such as `$500` or `2M tokens`.',
    });
  }
  if (amount.amount === 0) throw new UserError(`--budget ${JSON.stringify(text)} is nothing`);
  return amount;
}

function readMix(text: string | undefined): EstimateView['mix'] {
  if (text === undefined) return { input: 3, output: 1, isAssumed: true };
  const [, input, output] = /^(\d{1,6}):(\d{1,6})$/.exec(text) ?? [];
  const mix = { input: Number(input), output: Number(output), isAssumed: false };
  if (mix.input + mix.output > 0) return mix;
  throw new UserError(`--mix ${JSON.stringify(text)} is not a mix of input and output tokens`, {
    hint: 'Write whole parts, such as 3:1 for three tokens of input to one of output.',
  });
}

/** Null where there are no policy files: an estimate needs none. */
async function readSettings(options: EstimateOptions, session: Session): Promise<Desired | NoEstimate | null> {
  const has = await hasPolicyFiles(resolve(session.cwd, options.dir));
  if (options.dir === usualDirectory && has !== true) return null;
  // A directory that is named and not there is a slip; one without files is like none.
  const loaded = await (has === false ? loadPoliciesIfAny : loadPolicies)(options, session);
  return loaded === null ? null : (loaded.desired ?? { diagnostics: loaded.diagnostics });
}

async function openFor(options: EstimateOptions, session: Session): Promise<OpenBackend | null> {
  if (options.backend === 'portkey' && options.integration.length === 0) return null;
  return openBackend({ ...options, concurrency }, session);
}

async function readIntegrations(
  slugs: readonly string[],
  open: OpenBackend | null,
  session: Session,
): Promise<ReadonlyMap<string, IntegrationPrices>> {
  if (open === null) return new Map();
  const { backend } = open;
  const asOf = nowOf(session).toISOString();
  const read = [...new Set(slugs)].map(async (slug) => {
    const provenance = { kind: 'integration', from: slug, asOf, cached: false } as const;
    try {
      return [slug, parseIntegrationPrices(await backend.readIntegrationPrices(slug), provenance)] as const;
    } catch (error) {
      if (!(error instanceof ServiceError && error.status === 404)) throw error;
      const known = await backend.listIntegrationSlugs();
      throw new UserError(`there is no integration ${JSON.stringify(slug)}${didYouMean(slug, known)}`, {
        cause: error,
      });
    }
  });
  return new Map(await session.waiting('reading integrations', Promise.all(read)));
}

/** Providers whose files are needed: not those of models that an integration prices itself. */
function listVendors(
  models: readonly WrittenModel[],
  integrations: ReadonlyMap<string, IntegrationPrices>,
): readonly string[] {
  const vendors = models.flatMap(({ name }) => {
    const integration = integrations.get(name.provider);
    if (integration === undefined) return [name.provider];
    return integration.models.has(name.model) || integration.vendor === null ? [] : [integration.vendor];
  });
  // A vendor that the service names becomes a part of a path.
  return [...new Set(vendors)].filter((vendor) => parseModelName(`@${vendor}/x`) !== null);
}
