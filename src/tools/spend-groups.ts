/** What calls of a workspace came to by a member of theirs: what the tools of users, models, providers and metadata share. */

import { z } from 'zod';
import { type Calls, type Grouping, type GroupRow, groupsOf, readGroups } from '../consumption/analytics.ts';
import { brokenAnswer } from '../consumption/graphs.ts';
import { compareSpend, type SpendRow } from '../consumption/trends.ts';
import { divide, type Exact, fraction, multiply, total, zero } from '../exact.ts';
import type { AnswerBlock } from '../render/answer.ts';
import { moneyOrNull } from '../render/money.ts';
import { type Money, moneySchema } from '../render/money-schema.ts';
import { analyticsShape, windowSchema } from './analytics-input.ts';
import { pageInput, pageSchema } from './pages.ts';
import type { ToolContext } from './tool.ts';
import { untrustedSchema } from './values.ts';

export function groupShape() {
  return { ...analyticsShape(), ...pageInput };
}

const count = z.number().nullable();

/** Members of each row; `name` is what others wrote. */
export function spendRowShape() {
  return {
    untrusted: untrustedSchema('name'),
    requests: count,
    cost: moneySchema.nullable(),
    cost_share_percent: count,
  };
}

/** Models and providers have more columns. */
export function tradeRowShape() {
  return {
    ...spendRowShape(),
    tokens: count,
    errors: count,
    per_million_tokens: moneySchema.nullable(),
    before: z.object({ cost: moneySchema.nullable(), per_million_tokens: moneySchema.nullable() }).nullable(),
    cost_change_percent: count,
  };
}

export function groupOutput<Row extends z.ZodRawShape>(row: Row) {
  return z.object({
    answer: z.string(),
    workspace: z.string(),
    window: windowSchema,
    total: moneySchema.nullable(),
    rows: z.array(z.object(row)),
    page: pageSchema,
    notes: z.array(z.string()),
  });
}

export interface ReadSpend {
  readonly rows: readonly GroupRow[];
  readonly notes: readonly string[];
}

/** All pages, the dearest first. @throws ServiceError where the first is refused */
export async function readSpend({ reads }: ToolContext, grouping: Grouping, calls: Calls): Promise<ReadSpend> {
  // The first page by itself: its refusal is the answer, with all that it says.
  await reads.backend.readAnalytics(...groupsOf(grouping, calls, 0));
  const groups = await readGroups(reads, grouping, calls, { shows: [] });
  if ('unknown' in groups) throw brokenAnswer(`/analytics${grouping.path}`, groups.unknown);
  const { rows, cut } = groups.value;
  const sorted = [...rows].sort(
    (a, b) => compareExact(b.cost, a.cost) || (b.requests ?? 0) - (a.requests ?? 0) || (a.name < b.name ? -1 : 1),
  );
  return { rows: sorted, notes: cut === null ? [] : [`${cut}.`] };
}

function compareExact(a: Exact | null, b: Exact | null): number {
  const [left, right] = [a ?? zero, b ?? zero];
  const difference = left.n * right.d - right.n * left.d;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Null where a row's cost is unknown: a part of it is not the whole. */
export function totalCost(rows: readonly Pick<GroupRow, 'cost'>[]): Exact | null {
  const costs = rows.map(({ cost }) => cost);
  return costs.every((cost): cost is Exact => cost !== null) ? total(costs) : null;
}

export function shareOfCost(cost: Exact | null, whole: Exact | null): number | null {
  if (cost === null || whole === null || whole.n <= 0n) return null;
  const { n, d } = multiply(divide(cost, whole), fraction(1_000n, 1n));
  return Math.round(Number(n) / Number(d)) / 10;
}

/** Dollars per million tokens. */
export function perMillion({ cost, tokens }: Pick<GroupRow, 'cost' | 'tokens'>): Money | null {
  if (cost === null || tokens === null || tokens.n === 0n) return null;
  return moneyOrNull(multiply(divide(cost, tokens), fraction(1_000_000n, 1n)));
}

/** The window of the same length that ends where this one begins. */
export function windowBefore(calls: Calls): Calls {
  return { ...calls, from: calls.from - (calls.to - calls.from), to: calls.from - 1 };
}

/** Signed whole percent by name, as the trends of `status` tell it. */
export function changesOfCost(
  now: readonly GroupRow[],
  before: readonly GroupRow[] | null,
): ReadonlyMap<string, number | null> {
  const toRow = ({ name, cost, requests, errors }: GroupRow): SpendRow => ({
    name,
    workspace: null,
    cost: cost ?? zero,
    requests: requests ?? 0,
    errors,
  });
  const trends = compareSpend('model', now.map(toRow), before === null ? null : before.map(toRow));
  return new Map(trends.map(({ name, changePercent }) => [name, changePercent]));
}

export function showSpend(
  what: string,
  {
    answer,
    rows,
  }: { readonly answer: string; readonly rows: readonly z.infer<z.ZodObject<ReturnType<typeof spendRowShape>>>[] },
): AnswerBlock[] {
  return [
    {
      columns: [
        { head: what },
        { head: 'requests', align: 'right' },
        { head: 'cost', align: 'right' },
        { head: 'share', align: 'right' },
      ],
      rows: rows.map(({ untrusted, requests, cost, cost_share_percent: share }) => [
        untrusted.name,
        requests,
        moneyCell(cost),
        share === null ? null : { text: `${share} %`, value: share },
      ]),
    },
    { text: answer },
  ];
}

export function showTrade(
  what: string,
  {
    answer,
    rows,
  }: { readonly answer: string; readonly rows: readonly z.infer<z.ZodObject<ReturnType<typeof tradeRowShape>>>[] },
): AnswerBlock[] {
  const right = { align: 'right' } as const;
  return [
    {
      columns: [
        { head: what },
        { head: 'requests', ...right },
        { head: 'cost', ...right },
        { head: 'change', ...right },
        { head: 'tokens', ...right },
        { head: '$/1M tokens', ...right },
        { head: 'before', ...right },
        { head: 'errors', ...right },
      ],
      rows: rows.map((row) => [
        row.untrusted.name,
        row.requests,
        moneyCell(row.cost),
        changeCell(row.cost_change_percent),
        row.tokens,
        moneyCell(row.per_million_tokens),
        moneyCell(row.before?.per_million_tokens ?? null),
        row.errors,
      ]),
    },
    { text: answer },
  ];
}

export function moneyCell(money: Money | null) {
  return money === null ? null : { text: money.usd, value: money.exact_cents };
}

function changeCell(percent: number | null) {
  return percent === null ? null : { text: `${percent > 0 ? '+' : ''}${percent} %`, value: percent };
}
