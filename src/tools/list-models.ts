import { z } from 'zod';
import { type Exact, exactOf, multiply } from '../exact.ts';
import { priceOf } from '../prices/price-of.ts';
import type { IntegrationPrices, ModelPrice, PriceBook, Route, TokenPrice } from '../prices/types.ts';
import { moneyOrNull } from '../render/money.ts';
import { moneySchema } from '../render/money-schema.ts';
import { findPriceReading } from '../run/price-settings.ts';
import { readPrices } from '../run/read-prices.ts';
import { readRoutes } from '../run/read-routes.ts';
import { findNamed, workspaceNamed } from './names.ts';
import { pageInput, pageSchema, wholePage } from './pages.ts';
import { defineTool, type ToolContext } from './tool.ts';
import { isoOf, numberOfExact } from './values.ts';

const states = ['priced', 'zero', 'unpriced', 'by_integration', 'unknown'] as const;

const sides = () => z.object({ input: moneySchema.nullable(), output: moneySchema.nullable() });

const input = () =>
  z.strictObject({
    workspace_slug: z.string().min(1).max(200),
    provider: z.string().min(1).max(200).optional().describe('slug of one provider'),
    ...pageInput,
  });

const output = () =>
  z.object({
    answer: z.string(),
    workspace: z.string(),
    models: z.array(
      z.object({
        model: z.string(),
        provider: z.string(),
        vendor: z.string().nullable(),
        integration: z.string().nullable(),
        state: z.enum(states),
        list_price: sides().nullable(),
        override: sides().nullable(),
        multiplier: z.object({ input: z.number(), output: z.number() }).nullable(),
        effective_price: sides().nullable(),
        source: z.string().nullable(),
        as_of: z.string().nullable(),
        why: z.string().nullable(),
      }),
    ),
    page: pageSchema,
    notes: z.array(z.string()),
  });

type Row = z.infer<ReturnType<typeof output>>['models'][number];

export const listModelsTool = defineTool<z.infer<ReturnType<typeof input>>, z.infer<ReturnType<typeof output>>>({
  name: 'list_models',
  twin: 'models',
  toolset: 'usage',
  effect: 'read',
  purpose:
    'Lists the models that a workspace can call, with their prices per million tokens: list, override, multiplier, effective.',
  hints:
    'Calls of an unpriced model count nothing against a budget in dollars. For what was spent by model use get_model_analytics_summary. Needs PORTKEY_WORKSPACE_KEY where the service refuses admin keys; else it goes by the integrations. In pages: `limit`, `cursor`.',
  input,
  output,
  list: 'models',
  async run({ workspace_slug: wanted, provider }, context) {
    const workspace = workspaceNamed(wanted, await context.workspaces());
    const needs = { live: { read: new Set<string>(), objects: [] }, workspaceIds: [workspace.id], slugs: [] };
    const read = await readRoutes(context.reads, { ...needs, asOf: isoOf(context.now()) });
    // What refuses the providers leaves nothing to tell.
    await context.reads.backend.listProviders(workspace.id);
    const routes = read.routes.get(workspace.id) ?? [];
    const asked =
      provider === undefined
        ? routes
        : [findNamed('provider', provider, routes, ({ slug }) => ({ sure: [slug], name: null }))];
    const { models, notes } = await listCallable(workspace.id, asked, context);
    const vendors = [
      ...new Set(
        asked.flatMap(({ vendor, integration }) => read.integrations.get(integration ?? '')?.vendor ?? vendor ?? []),
      ),
    ];
    const reading = await findPriceReading(
      { offline: false },
      await context.desired(),
      context.open.priceAddress,
      context.session,
    );
    const prices = await readPrices(vendors.sort(), reading, context.session);
    const book = { providers: prices.providers, integrations: read.integrations };
    const rows = models
      .map(({ route, model }) => describeModel(route, model, book, read.unread))
      .sort((a, b) => compareKeys(`${a.provider}/${a.model}`, `${b.provider}/${b.model}`));
    const counts = states.flatMap((state) => {
      const count = rows.filter((row) => row.state === state).length;
      return count === 0 ? [] : [`${count} ${state.replace('_', ' ')}`];
    });
    return {
      answer: `${rows.length} ${rows.length === 1 ? 'model' : 'models'} can be called in ${workspace.slug}${counts.length === 0 ? '' : `: ${counts.join(', ')}`}.`,
      workspace: workspace.slug,
      models: rows,
      page: wholePage,
      notes: [...notes, ...prices.notes],
    };
  },
  show: ({ answer, models }) => [
    {
      title: 'per million tokens',
      columns: [
        { head: 'model' },
        { head: 'provider' },
        { head: 'state' },
        { head: 'input', align: 'right' },
        { head: 'output', align: 'right' },
        { head: 'multiplier', align: 'right' },
        { head: 'in effect: input', align: 'right' },
        { head: 'output', align: 'right' },
        { head: 'why' },
      ],
      rows: models.map(
        ({ model, provider, state, list_price: list, override, multiplier, effective_price: effective, why }) => {
          const base = override ?? list;
          return [
            model,
            provider,
            state,
            base?.input?.usd ?? null,
            base?.output?.usd ?? null,
            multiplier === null
              ? null
              : multiplier.input === multiplier.output
                ? multiplier.input
                : `${multiplier.input}/${multiplier.output}`,
            effective?.input?.usd ?? null,
            effective?.output?.usd ?? null,
            why ?? '',
          ];
        },
      ),
    },
    { text: answer },
  ],
});

interface Callable {
  readonly route: Route;
  readonly model: string;
}

/** As the gateway lists them; else all that the integrations behind the providers name. */
async function listCallable(
  workspaceId: string,
  routes: readonly Route[],
  { reads }: ToolContext,
): Promise<{ readonly models: readonly Callable[]; readonly notes: readonly string[] }> {
  const offered = await reads.ask('listModels', workspaceId);
  const routeOf = new Map(routes.map((route) => [route.slug, route]));
  if ('value' in offered) {
    const models = offered.value.flatMap(({ provider, model }) => {
      const route = routeOf.get(provider);
      return route === undefined ? [] : [{ route, model }];
    });
    return { models, notes: [] };
  }
  const notes = [
    `${offered.unknown}: models go by the integrations, also those that are switched off there. PORTKEY_WORKSPACE_KEY, a key of the workspace, lists what can be called; a self-hosted gateway is asked at PORTKEY_GATEWAY_URL.`,
  ];
  const models: Callable[] = [];
  for (const route of routes) {
    const answer = route.integration === null ? null : await reads.ask('readIntegrationPrices', route.integration);
    if (answer === null) notes.push(`Models of ${route.slug} are not known: its row names no integration.`);
    else if ('unknown' in answer) notes.push(`Models of ${route.slug} are not known: ${answer.unknown}.`);
    else models.push(...answer.value.models.map(({ slug }) => ({ route, model: slug })));
  }
  return { models, notes };
}

function describeModel(
  { slug, vendor: named, integration }: Route,
  model: string,
  book: PriceBook,
  unread: ReadonlyMap<string, string>,
): Row {
  const own = book.integrations.get(integration ?? '');
  const vendor = own?.vendor ?? named;
  const list = vendor === null ? null : priceOf({ ...book, integrations: new Map() }, `@${vendor}/${model}`);
  const why = unread.get(integration ?? '');
  const effective = own === undefined ? list : priceOf(book, `@${own.slug}/${model}`);
  const isUnread = integration !== null && own === undefined;
  const kept = isUnread ? null : effective;
  return {
    model,
    provider: slug,
    vendor,
    integration,
    state: stateOf(kept, own, model),
    list_price: sidesOf(list?.tokens),
    override: sidesOf(overrideOf(own, model)),
    multiplier: multiplierOf(own),
    effective_price: sidesOf(kept?.tokens),
    source: kept?.provenance?.from ?? null,
    as_of: kept?.provenance?.asOf ?? null,
    why: isUnread
      ? `the prices of integration ${integration} were not read${why === undefined ? '' : `: ${why}`}`
      : (effective?.why ?? null),
  };
}

function overrideOf(own: IntegrationPrices | undefined, model: string): readonly TokenPrice[] | undefined {
  const price = own?.models.get(model);
  return price === undefined || price === null ? undefined : [price];
}

function multiplierOf(own: IntegrationPrices | undefined): Row['multiplier'] {
  const factor = own?.multiplier ?? null;
  return factor === null ? null : { input: numberOfExact(factor.input), output: numberOfExact(factor.output) };
}

function stateOf(price: ModelPrice | null, own: IntegrationPrices | undefined, model: string): Row['state'] {
  switch (price?.kind) {
    case undefined:
    case 'unknown':
      return 'unknown';
    case 'unpriced':
      return 'unpriced';
    case 'zero_by_design':
      return 'zero';
    default:
      return own?.models.has(model) === true ? 'by_integration' : 'priced';
  }
}

/** Per million tokens; several by region or mode are not one price. */
function sidesOf(tokens: readonly TokenPrice[] | undefined): Row['list_price'] {
  const [price] = tokens ?? [];
  if (price === undefined || tokens?.length !== 1) return null;
  const perMillion = (side: Exact | null) => moneyOrNull(side === null ? null : multiply(side, exactOf(1_000_000)));
  return { input: perMillion(price.input), output: perMillion(price.output) };
}

function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
