/** What `backtest` prints. */

import { z } from 'zod';
import { moneySchema } from '../money-schema.ts';
import { type DocumentOf, done, instant, isoDay, version, whole } from './parts.ts';

/** Null where none of the calls says what it cost. */
const money = z.object({
  cents: moneySchema.shape.cents.nullable().describe('null: none of the calls says what it cost'),
  exact_cents: moneySchema.shape.exact_cents.nullable(),
  usd: moneySchema.shape.usd.nullable(),
});
const stopped = z.object({
  calls: whole,
  ...money.shape,
  failed_anyway: whole.describe('of the calls: those that failed for another reason'),
  people: whole.nullable().describe('different `metadata._user`; null: rows do not say it'),
});
const checked = {
  checked_calls: whole.describe('that a limit was consulted for: the refused are some of these'),
  checked: money.describe('what those calls cost'),
};
const effect = z.object({
  kind: z.string(),
  limit: z.string().describe('as a person reads it'),
  unit: z.enum(['cents', 'tokens', 'requests']),
  amount: whole,
  reset: z.string().nullable().describe('of a budget; null: it is a rate'),
  window: z.string().nullable().describe('of a rate; null: it is a budget'),
  per: z.array(z.string()),
  ...checked,
  refused: stopped,
  counters: whole,
  blocked_counters: whole,
  first: z.object({ who: z.string(), at: instant }).nullable(),
  alert: z.object({ counters: whole, first: instant.nullable() }).nullable(),
  gateway_lag: z.object({ calls: whole, ...money.shape }).describe('of the refused: what a gateway may let through'),
  days: z.array(z.object({ day: isoDay, calls: whole, ...money.shape })),
  blocked: z
    .array(
      z.object({
        who: z.string(),
        since: instant,
        days: whole,
        calls: whole,
        ...money.shape,
        alert_at: instant.nullable(),
      }),
    )
    .describe('at most 20, who loses most first; empty when names are withheld'),
  smallest: z
    .object({ stops_nobody: whole, refuses_one_percent: whole })
    .nullable()
    .describe('amounts in the unit, if it were the only limit'),
  curve: z.array(z.object({ amount: whole, refused_share: z.number().describe('of the checked calls, 0 to 1') })),
  doubts: z.array(z.string()),
});

const together = stopped.extend(checked);

export const backtestSchema = z
  .object({
    version,
    ok: done,
    people: z.enum(['names', 'counts']),
    rows: z.object({
      count: whole,
      files: whole,
      oldest: instant.nullable(),
      newest: instant.nullable(),
      ...money.shape,
      in_scope: whole,
      failed: whole,
      refused: whole.describe('by the gateway, then'),
      cache_hits: whole,
      cache_unknown: whole,
      cost_unknown: whole,
      tokens_unknown: whole,
      duplicates: whole,
      malformed: whole,
      notes: z.array(z.string()).describe('what rows and files do not say'),
      silent: z.record(z.string(), whole).describe('rows that say nothing, by what limits go by'),
    }),
    sides: z.object({ before: z.string(), after: z.string() }).nullable().describe('null: one set of limits alone'),
    refused: z.object({ before: together.nullable(), after: together.nullable() }).describe('by all limits together'),
    limits: z.array(
      z.object({
        workspace: z.string().nullable(),
        name: z.string(),
        before: effect.nullable(),
        after: effect.nullable(),
      }),
    ),
    not_replayed: z.array(
      z.object({ workspace: z.string().nullable(), name: z.string(), limit: z.string(), why: z.string() }),
    ),
  })
  .describe('What limits would have done to calls that were made.');

export type BacktestDocument = DocumentOf<typeof backtestSchema>;
export type EffectDocument = DocumentOf<typeof effect>;
export type MoneyDocument = DocumentOf<typeof money>;
export type StoppedDocument = DocumentOf<typeof stopped>;
