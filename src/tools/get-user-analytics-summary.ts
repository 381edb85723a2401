import { z } from 'zod';
import { groupings } from '../consumption/analytics.ts';
import { moneyOrNull } from '../render/money.ts';
import { describeCalls, gatewayNote, readCalls, windowOfCalls } from './analytics-input.ts';
import { explainZero, nothingOdd } from './no-calls.ts';
import { wholePage } from './pages.ts';
import {
  groupOutput,
  groupShape,
  readSpend,
  shareOfCost,
  showSpend,
  spendRowShape,
  totalCost,
} from './spend-groups.ts';
import { defineTool } from './tool.ts';

const input = () => z.strictObject(groupShape());
const output = () => groupOutput(spendRowShape());

export const getUserAnalyticsSummaryTool = defineTool<
  z.infer<ReturnType<typeof input>>,
  z.infer<ReturnType<typeof output>>
>({
  name: 'get_user_analytics_summary',
  twin: 'usage users',
  toolset: 'usage',
  effect: 'read',
  purpose:
    'Tells requests and cost of each user (`_user` of the metadata) of a workspace over a window, the dearest first.',
  hints:
    'Calls without `_user` are in no row. For other groups use get_metadata_analytics or get_model_analytics_summary. All pages of the service are read; the answer is in pages: `limit`, `cursor`. Needs analytics.view.',
  input,
  output,
  list: 'rows',
  async run(given, context) {
    const asked = await readCalls(given, context);
    const { calls, workspace, notes } = asked;
    const spend = await readSpend(context, groupings.user, calls);
    const none = spend.rows.length === 0 ? await explainZero(asked, context) : nothingOdd;
    const whole = totalCost(spend.rows);
    const cost = moneyOrNull(whole);
    const users = `${spend.rows.length} ${spend.rows.length === 1 ? 'user' : 'users'}`;
    return {
      answer: `${users} ${cost === null ? 'of unknown cost' : `spent ${cost.usd}`} ${describeCalls(calls)}.${none.sentence}`,
      workspace: workspace.slug,
      window: windowOfCalls(calls),
      total: cost,
      rows: spend.rows.map((row) => ({
        untrusted: { name: row.name },
        requests: row.requests,
        cost: moneyOrNull(row.cost),
        cost_share_percent: shareOfCost(row.cost, whole),
      })),
      page: wholePage,
      notes: [...notes, ...none.notes, ...spend.notes, gatewayNote],
    };
  },
  show: (data) => showSpend('user', data),
});
