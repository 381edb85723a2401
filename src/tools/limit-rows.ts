/** Limits and what is used of them, as every answer about them says it. */

import { z } from 'zod';
import type { Counter } from '../consumption/counters.ts';
import { percentOf, sortCounters } from '../consumption/counters.ts';
import type { LimitStatus, LiveLimit } from '../consumption/limit-status.ts';
import { type Exact, exactOf } from '../exact.ts';
import type { AnswerCell } from '../render/answer.ts';
import { moneyOf } from '../render/money.ts';
import { wholeNumber } from '../render/money-schema.ts';
import { formatReset } from '../resources/amounts.ts';
import type { Unit } from '../resources/types.ts';
import { isoOf, numberOfExact, untrustedSchema } from './values.ts';

/** Money, or a count of the limit's unit. */
export const amountSchema = z
  .object({
    cents: wholeNumber.optional(),
    exact_cents: z.string().optional(),
    usd: z.string().optional(),
    tokens: z.number().optional(),
    requests: z.number().optional(),
  })
  .meta({ id: 'amount' });
export type AmountData = z.infer<typeof amountSchema>;

function amountOf(value: Exact, unit: Unit): AmountData {
  return unit === 'cost' ? moneyOf(value) : { [unit]: numberOfExact(value) };
}

function amountOrNull(value: Exact | null, unit: Unit): AmountData | null {
  return value === null ? null : amountOf(value, unit);
}

/** Members that say how far a limit is used up. */
export function limitUseShape() {
  return {
    limit: amountSchema,
    used: amountSchema.nullable(),
    remaining: amountSchema.nullable(),
    percent: z.number().nullable(),
    state: z.enum(['exhausted', 'alert', 'ok', 'unknown']),
    reset: z.string().nullable(),
    next_reset: z.string().nullable(),
    pace_per_day: amountSchema.nullable(),
    runs_out: z.string().nullable(),
  };
}

const useSchema = () => z.object(limitUseShape());
export type LimitUseData = z.infer<ReturnType<typeof useSchema>>;

/** Of the fullest counter. */
export function limitUseOf(status: LimitStatus): LimitUseData {
  const { facts, used, percent, state, nextReset, pace } = status;
  const { unit, amount, reset } = facts;
  return {
    limit: amountOf(exactOf(amount), unit),
    used: amountOrNull(used, unit),
    remaining: amountOrNull(used === null ? null : leftOf(exactOf(amount), used), unit),
    percent,
    state,
    reset: reset === null ? null : formatReset(reset),
    next_reset: typeof nextReset === 'number' ? isoOf(nextReset) : null,
    pace_per_day: amountOrNull(pace?.perDay ?? null, unit),
    runs_out: describeRunOut(status),
  };
}

/** Never below nothing. */
function leftOf(limit: Exact, used: Exact): Exact {
  const n = limit.n * used.d - used.n * limit.d;
  return n <= 0n ? { n: 0n, d: 1n } : { n, d: limit.d * used.d };
}

/** `now`, `never`, a time; null: unknown. */
function describeRunOut({ runOut }: LimitStatus): string | null {
  if (runOut === null) return null;
  return 'at' in runOut ? isoOf(runOut.at) : runOut.when;
}

export const counterSchema = () =>
  z.object({
    untrusted: untrustedSchema('counter'),
    used: amountSchema,
    percent: z.number(),
    state: z.enum(['exhausted', 'active']),
  });
export type CounterData = z.infer<ReturnType<typeof counterSchema>>;

/** The fullest first. */
export function countersOfLimit(
  { usage, unit, amount, per }: LiveLimit,
  names: Readonly<Record<string, string>>,
): CounterData[] {
  if (!usage.known) return [];
  const limit = exactOf(amount);
  return sortCounters(usage.counters).map((counter: Counter) => {
    const percent = percentOf(counter.used, limit);
    return {
      untrusted: { counter: describeCounter(counter.valueKey, per, names) },
      used: amountOf(counter.used, unit),
      percent,
      state: counter.verdict === 'exhausted' || percent >= 100 ? 'exhausted' : 'active',
    };
  });
}

/** `user ana`, `key app`, `the whole workspace`; what counts by several things is shown as the service names it. */
export function describeCounter(
  valueKey: string | null,
  per: readonly string[],
  names: Readonly<Record<string, string>>,
): string {
  const [key = '', ...others] = per;
  if (valueKey === null) return 'all of it';
  if (others.length > 0 || !valueKey.startsWith(`${key}:`)) return valueKey;
  const value = valueKey.slice(key.length + 1);
  if (key === 'workspace_id' || key === 'organisation_id') return 'the whole workspace';
  if (key === 'api_key') return `key ${names[value] ?? value}`;
  if (key === 'metadata._user') return `user ${value}`;
  return `${key.replace(/^metadata\./, '')} ${value}`;
}

export function amountText(amount: AmountData | null): AnswerCell {
  if (amount === null) return null;
  if (amount.usd !== undefined) return { text: amount.usd, value: amount.exact_cents ?? null };
  const [unit, count] = Object.entries(amount).find(([, value]) => typeof value === 'number') ?? ['', 0];
  return { text: `${Number(count).toLocaleString('en-US')} ${unit}`, value: Number(count) };
}

export function percentCell(percent: number | null): AnswerCell {
  return percent === null ? null : { text: `${percent} %`, value: percent };
}

export const kindWords = {
  'usage-policy': 'policy',
  'rate-policy': 'rate policy',
  'workspace-limits': 'workspace',
  'key-limits': 'key',
  'provider-limits': 'provider',
  'integration-limits': 'integration',
  'integration-prices': 'prices of an integration',
} as const;
