/** Models and providers: what they cost, how that moved against the window before, and what a million tokens came to. */

import type { z } from 'zod';
import { type Calls, type Grouping, type GroupRow, readGroups } from '../consumption/analytics.ts';
import { moneyOrNull } from '../render/money.ts';
import {
  type AnalyticsInput,
  type AskedCalls,
  describeCalls,
  gatewayNote,
  readCalls,
  windowOfCalls,
} from './analytics-input.ts';
import { explainZero, nothingOdd } from './no-calls.ts';
import { wholePage } from './pages.ts';
import {
  changesOfCost,
  type groupOutput,
  perMillion,
  type ReadSpend,
  shareOfCost,
  totalCost,
  type tradeRowShape,
  windowBefore,
} from './spend-groups.ts';
import type { ToolContext } from './tool.ts';
import { numberOfExact } from './values.ts';

export type TradeData = z.infer<ReturnType<typeof groupOutput<ReturnType<typeof tradeRowShape>>>>;

export interface TradeQuestion {
  /** `model`; more than one with an s. */
  readonly what: string;
  readonly grouping: Grouping;
  readonly read: (calls: Calls, asked: AskedCalls) => Promise<ReadSpend>;
}

export async function answerTrade(
  { what, grouping, read }: TradeQuestion,
  given: AnalyticsInput,
  context: ToolContext,
): Promise<TradeData> {
  const asked = await readCalls(given, context);
  const { calls, workspace } = asked;
  const [spend, before] = await Promise.all([
    read(calls, asked),
    readGroups(context.reads, grouping, windowBefore(calls), { shows: ['cost'] }),
  ]);
  const past = 'value' in before && before.value.cut === null ? before.value.rows : null;
  const pastOf = new Map((past ?? []).map((row) => [row.name, row]));
  const changes = changesOfCost(spend.rows, past);
  const none = spend.rows.length === 0 ? await explainZero(asked, context) : nothingOdd;
  const whole = totalCost(spend.rows);
  const cost = moneyOrNull(whole);
  const toRow = (row: GroupRow): TradeData['rows'][number] => {
    const earlier = pastOf.get(row.name);
    return {
      untrusted: { name: row.name },
      requests: row.requests,
      cost: moneyOrNull(row.cost),
      cost_share_percent: shareOfCost(row.cost, whole),
      tokens: row.tokens === null ? null : numberOfExact(row.tokens),
      errors: row.errors,
      per_million_tokens: perMillion(row),
      before:
        earlier === undefined ? null : { cost: moneyOrNull(earlier.cost), per_million_tokens: perMillion(earlier) },
      cost_change_percent: row.cost === null ? null : (changes.get(row.name) ?? null),
    };
  };
  const count = `${spend.rows.length} ${spend.rows.length === 1 ? what : `${what}s`}`;
  return {
    answer: `${count} ${cost === null ? 'of unknown cost in all' : `came to ${cost.usd}`} ${describeCalls(calls)}.${none.sentence}`,
    workspace: workspace.slug,
    window: windowOfCalls(calls),
    total: cost,
    rows: spend.rows.map(toRow),
    page: wholePage,
    notes: [
      ...asked.notes,
      ...none.notes,
      ...spend.notes,
      ...(past === null ? [`The window before is unknown${'unknown' in before ? `: ${before.unknown}` : ''}.`] : []),
      gatewayNote,
    ],
  };
}
