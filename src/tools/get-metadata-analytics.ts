import { z } from 'zod';
import { groupingOfMetadata } from '../consumption/analytics.ts';
import type { LimitStatus } from '../consumption/limit-status.ts';
import type { AnswerBlock } from '../render/answer.ts';
import { moneyOrNull } from '../render/money.ts';
import { describeCalls, gatewayNote, readCalls, windowOfCalls } from './analytics-input.ts';
import { amountSchema, type CounterData, countersOfLimit, percentCell } from './limit-rows.ts';
import { explainZero, nothingOdd } from './no-calls.ts';
import { wholePage } from './pages.ts';
import { readKnownLimits } from './read-workspace-limits.ts';
import {
  groupOutput,
  groupShape,
  moneyCell,
  readSpend,
  shareOfCost,
  spendRowShape,
  totalCost,
} from './spend-groups.ts';
import { defineTool } from './tool.ts';
import { untrustedSchema } from './values.ts';

const input = () =>
  z.strictObject({ metadata_key: z.string().min(1).max(200).describe('such as team'), ...groupShape() });

const output = () =>
  groupOutput({
    ...spendRowShape(),
    limits: z.array(
      z.object({ id: z.string(), percent: z.number(), used: amountSchema, untrusted: untrustedSchema('name') }),
    ),
  });

export const getMetadataAnalyticsTool = defineTool<
  z.infer<ReturnType<typeof input>>,
  z.infer<ReturnType<typeof output>>
>({
  name: 'get_metadata_analytics',
  twin: 'usage metadata',
  toolset: 'usage',
  effect: 'read',
  purpose:
    'Tells requests and cost for each value of a metadata key, such as team, and how far each has used up the policies that count by it.',
  hints:
    'Calls without the key are in no row. For users see get_user_analytics_summary. In pages: `limit`, `cursor`. Needs analytics.view; limits need policies.list.',
  input,
  output,
  list: 'rows',
  async run({ metadata_key: key, ...given }, context) {
    const asked = await readCalls(given, context);
    const { calls, workspace, notes } = asked;
    const [spend, known] = await Promise.all([
      readSpend(context, groupingOfMetadata(key), calls),
      readKnownLimits(workspace.slug, context),
    ]);
    const counting = known.judged.limits.filter(
      ({ facts: { kind, per } }) => kind === 'usage-policy' && per.length === 1 && per[0] === `metadata.${key}`,
    );
    const none = spend.rows.length === 0 ? await explainZero(asked, context) : nothingOdd;
    const whole = totalCost(spend.rows);
    const cost = moneyOrNull(whole);
    const count = `${spend.rows.length} ${spend.rows.length === 1 ? 'value' : 'values'}`;
    return {
      answer: `${count} of this key ${cost === null ? 'of unknown cost' : `spent ${cost.usd}`} ${describeCalls(calls)}; ${counting.length} ${counting.length === 1 ? 'policy counts' : 'policies count'} by it.${none.sentence}`,
      workspace: workspace.slug,
      window: windowOfCalls(calls),
      total: cost,
      rows: spend.rows.map((row) => ({
        untrusted: { name: row.name },
        requests: row.requests,
        cost: moneyOrNull(row.cost),
        cost_share_percent: shareOfCost(row.cost, whole),
        limits: limitsOfValue(key, row.name, counting),
      })),
      page: wholePage,
      notes: [...notes, ...none.notes, ...spend.notes, gatewayNote],
    };
  },
  show: ({ answer, rows }): AnswerBlock[] => [
    {
      columns: [
        { head: 'value' },
        { head: 'requests', align: 'right' },
        { head: 'cost', align: 'right' },
        { head: 'share', align: 'right' },
        { head: 'of its limit', align: 'right' },
        { head: 'policy' },
      ],
      rows: rows.map(({ untrusted, requests, cost, cost_share_percent: share, limits: [fullest] }) => [
        untrusted.name,
        requests,
        moneyCell(cost),
        share === null ? null : { text: `${share} %`, value: share },
        percentCell(fullest?.percent ?? null),
        fullest?.untrusted.name ?? '',
      ]),
    },
    { text: answer },
  ],
});

/** The fullest first. */
function limitsOfValue(key: string, value: string, counting: readonly LimitStatus[]) {
  const wanted = `metadata.${key}:${value}`;
  return counting
    .flatMap(({ facts }) => {
      const { usage } = facts;
      const counter = usage.known ? usage.counters.find(({ valueKey }) => valueKey === wanted) : undefined;
      if (counter === undefined || !usage.known) return [];
      const shown: CounterData[] = countersOfLimit({ ...facts, usage: { ...usage, counters: [counter] } }, {});
      return shown.map(({ used, percent }) => ({ id: facts.id, percent, used, untrusted: { name: facts.name } }));
    })
    .sort((a, b) => b.percent - a.percent || (a.id < b.id ? -1 : 1));
}
