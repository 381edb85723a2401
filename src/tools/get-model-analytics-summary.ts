import { z } from 'zod';
import { type Calls, type Grouping, type GroupRow, groupings } from '../consumption/analytics.ts';
import { exactMember, tryGraph } from '../consumption/graphs.ts';
import { ServiceError } from '../errors.ts';
import type { AskedCalls } from './analytics-input.ts';
import { groupOutput, groupShape, type ReadSpend, readSpend, showTrade, tradeRowShape } from './spend-groups.ts';
import { defineTool, type ToolContext } from './tool.ts';
import { answerTrade, type TradeData } from './trade-groups.ts';

const input = () => z.strictObject(groupShape());
const output = () => groupOutput(tradeRowShape());

/** Models whose cost is asked for one by one; the service tells more only where it groups by model itself. */
const mostSingle = 25;

const olderGrouping: Grouping = { path: '/groups/ai-models', names: ['ai_model'] };

export const getModelAnalyticsSummaryTool = defineTool<z.infer<ReturnType<typeof input>>, TradeData>({
  name: 'get_model_analytics_summary',
  twin: 'usage models',
  toolset: 'usage',
  effect: 'read',
  purpose:
    'Tells requests, cost, tokens, errors and dollars per million tokens of each model of a workspace over a window, and against the window before.',
  hints:
    'An older service tells requests alone: then cost is one query for each of the first 25 models. For prices use list_models, for providers get_provider_analytics_summary. In pages: `limit`, `cursor`. Needs analytics.view.',
  input,
  output,
  list: 'rows',
  run: (given, context) => {
    const grouping = groupings.model;
    return answerTrade(
      { what: 'model', grouping, read: (calls, asked) => readModels(calls, asked, context) },
      given,
      context,
    );
  },
  show: (data) => showTrade('model', data),
});

async function readModels(calls: Calls, asked: AskedCalls, context: ToolContext): Promise<ReadSpend> {
  try {
    return await readSpend(context, groupings.model, calls);
  } catch (error) {
    // A service that does not know the route says so; one that refuses the key refuses the other route as well.
    if (!(error instanceof ServiceError) || ![400, 404, 405].includes(error.status ?? 0)) throw error;
  }
  const older = await readSpend(context, olderGrouping, calls);
  const vendors = await readVendors(asked.workspace.id, context);
  const rows = await Promise.all(
    older.rows.map((row, index) => (index < mostSingle ? withCost(row, calls, vendors, context) : row)),
  );
  const isCut = older.rows.length > mostSingle;
  const why =
    vendors.length === 0
      ? 'Cost of models is unknown: no provider tells its vendor.'
      : 'Cost of models is one query each.';
  return {
    rows,
    notes: [...older.notes, why, ...(isCut ? [`Of models beyond the first ${mostSingle} the cost is unknown.`] : [])],
  };
}

async function readVendors(workspaceId: string, { reads }: ToolContext): Promise<readonly string[]> {
  const providers = await reads.ask('listProviders', workspaceId);
  if ('unknown' in providers) return [];
  const names = providers.value.map((row) => row.provider ?? row.ai_provider_name);
  return [...new Set(names.filter((name): name is string => typeof name === 'string'))].sort();
}

/** The service does not name the vendor of a model: any of those that the workspace has. */
async function withCost(
  row: GroupRow,
  calls: Calls,
  vendors: readonly string[],
  { reads }: ToolContext,
): Promise<GroupRow> {
  if (vendors.length === 0 || row.name.includes(',')) return row;
  const models = vendors.map((vendor) => `${vendor}__${row.name}`).join(',');
  const graph = await tryGraph(reads, '/graphs/cost', { ...calls, filter: { ...calls.filter, ai_org_model: models } });
  return typeof graph === 'string' ? row : { ...row, cost: exactMember(graph.summary, 'total') };
}
