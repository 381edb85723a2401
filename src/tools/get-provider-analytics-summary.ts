import { z } from 'zod';
import { groupings } from '../consumption/analytics.ts';
import { groupOutput, groupShape, readSpend, showTrade, tradeRowShape } from './spend-groups.ts';
import { defineTool } from './tool.ts';
import { answerTrade, type TradeData } from './trade-groups.ts';

const input = () => z.strictObject(groupShape());
const output = () => groupOutput(tradeRowShape());

export const getProviderAnalyticsSummaryTool = defineTool<z.infer<ReturnType<typeof input>>, TradeData>({
  name: 'get_provider_analytics_summary',
  twin: 'usage providers',
  toolset: 'usage',
  effect: 'read',
  purpose:
    'Tells requests, cost, tokens, errors and dollars per million tokens of each provider of a workspace over a window, and against the window before.',
  hints:
    'For models use get_model_analytics_summary; limits of providers are in get_virtual_keys. In pages: `limit`, `cursor`. Needs analytics.view.',
  input,
  output,
  list: 'rows',
  run: (given, context) => {
    const grouping = groupings.provider;
    return answerTrade(
      { what: 'provider', grouping, read: (calls) => readSpend(context, grouping, calls) },
      given,
      context,
    );
  },
  show: (data) => showTrade('provider', data),
});
