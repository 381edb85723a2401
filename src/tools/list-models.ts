import { z } from 'zod';
import { ServiceError } from '../errors.ts';
import { priceData, priceShape, readPriceBook } from './model-price.ts';
import { type WorkspaceHandle, workspaceNamed } from './names.ts';
import { pageInput, pageSchema, wholePage } from './pages.ts';
import { moneyCell } from './spend-groups.ts';
import { defineTool, type ToolContext } from './tool.ts';

const input = () =>
  z.strictObject({
    workspace: z.string().min(1).max(200).describe('slug, id or name'),
    provider: z.string().max(200).optional().describe('slug'),
    only: z.enum(['priced', 'unpriced', 'unknown']).optional(),
    ...pageInput,
  });

const rowSchema = () =>
  z.object({
    model: z.string(),
    provider: z.string(),
    vendor: z.string().nullable(),
    integration: z.string().nullable(),
    ...priceShape(),
  });
type ModelRow = z.infer<ReturnType<typeof rowSchema>>;

const output = () =>
  z.object({ answer: z.string(), models: z.array(rowSchema()), page: pageSchema, notes: z.array(z.string()) });

const pageSize = 100;
const mostPages = 50;

export const listModelsTool = defineTool<z.infer<ReturnType<typeof input>>, z.infer<ReturnType<typeof output>>>({
  name: 'list_models',
  twin: 'models',
  toolset: 'usage',
  effect: 'read',
  purpose:
    'Lists the models that a workspace can call with their effective price, and marks those without one: they count nothing against budgets in dollars.',
  hints:
    'Prices are those of the integration (its own, times its multiplier), else of the price files. Spend is in get_model_analytics_summary. GET /models needs a workspace key on some services: then the models that integrations list stand for it. In pages: `limit`, `cursor`.',
  input,
  output,
  list: 'models',
  async run({ workspace: wanted, provider, only }, context) {
    const workspace = workspaceNamed(wanted, await context.workspaces());
    const providers = await context.reads.backend.listProviders(workspace.id);
    const listed = await readModels(workspace, context);
    const wide = providers.map(({ slug, integration_id: integration, provider: own, ai_provider_name: name }) => {
      const vendor = own ?? name;
      return { slug, integration: integration ?? null, vendor: typeof vendor === 'string' ? vendor : null };
    });
    const { book, notes } = await readPriceBook(
      {
        vendors: wide.flatMap(({ vendor }) => vendor ?? []),
        integrations: [...new Set(wide.flatMap(({ integration }) => integration ?? []))].sort(),
      },
      context,
    );
    const names = 'ids' in listed ? listed.ids : await readFromIntegrations(wide, context);
    const rows = names.flatMap((id): ModelRow[] => {
      const slash = id.indexOf('/');
      const route = wide.find(({ slug }) => `@${slug}` === id.slice(0, slash));
      if (route === undefined || (provider !== undefined && route.slug !== provider)) return [];
      const model = id.slice(slash + 1);
      const { integration, vendor } = route;
      const by = integration !== null && book.integrations.has(integration) ? integration : vendor;
      return [{ model, provider: route.slug, vendor, integration, ...priceData(book, `@${by ?? 'unknown'}/${model}`) }];
    });
    const isOnly = (row: ModelRow): boolean => {
      if (only === undefined) return true;
      return row.counts_against_money === (only === 'unknown' ? null : only === 'priced');
    };
    const models = rows.filter(isOnly).sort((a, b) => (a.provider + a.model < b.provider + b.model ? -1 : 1));
    const free = models.filter(({ counts_against_money: counts }) => counts === false).length;
    return {
      answer: `${models.length} ${models.length === 1 ? 'model' : 'models'} in ${workspace.slug}; ${free} have no price and count nothing against budgets in dollars.`,
      models,
      page: wholePage,
      notes: [
        ...('unknown' in listed
          ? [`${listed.unknown}: these are the models that integrations list by name; others may be allowed.`]
          : []),
        ...notes,
      ],
    };
  },
  show: ({ answer, models }) => [
    {
      columns: [
        { head: 'model' },
        { head: 'provider' },
        { head: 'price' },
        { head: '$/1M in', align: 'right' },
        { head: '$/1M out', align: 'right' },
        { head: 'source' },
        { head: 'why' },
      ],
      rows: models.map((row) => [
        row.model,
        row.provider,
        row.priced,
        moneyCell(row.input_per_million),
        moneyCell(row.output_per_million),
        row.source,
        row.why ?? '',
      ]),
    },
    { text: answer },
  ],
});

/** As the gateway lists them, paged by an offset. */
async function readModels(
  { id }: WorkspaceHandle,
  { open }: ToolContext,
): Promise<{ readonly ids: readonly string[] } | { readonly unknown: string }> {
  const ids = new Set<string>();
  try {
    for (let page = 0; page < mostPages; page += 1) {
      const query = { workspace_id: id, limit: pageSize, offset: page * pageSize };
      const { body } = await open.probe({ path: '/models', query });
      const rows: unknown = body.data;
      if (!Array.isArray(rows)) return { unknown: 'GET /models: the answer holds no list' };
      const before = ids.size;
      for (const row of rows as readonly { readonly id?: unknown }[]) if (typeof row?.id === 'string') ids.add(row.id);
      if (rows.length < pageSize || ids.size === before) break;
    }
    return { ids: [...ids] };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return { unknown: `GET /models answered ${error.status ?? 'nothing'}` };
  }
}

/** Those that are listed by name; an integration may allow all others as well. */
async function readFromIntegrations(
  providers: readonly { readonly slug: string; readonly integration: string | null }[],
  { reads }: ToolContext,
): Promise<readonly string[]> {
  const read = providers.map(async ({ slug, integration }) => {
    if (integration === null) return [];
    const prices = await reads.ask('readIntegrationPrices', integration);
    if ('unknown' in prices) return [];
    return prices.value.models.flatMap(({ slug: model, enabled }) => (enabled === false ? [] : [`@${slug}/${model}`]));
  });
  return (await Promise.all(read)).flat();
}
