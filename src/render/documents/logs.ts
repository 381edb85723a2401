/** What commands over calls that were made print: `logs pull`, `logs spend`, `logs top`, `logs audit`, `recommend`. */

import { z } from 'zod';
import { moneySchema } from '../money-schema.ts';
import { type DocumentOf, done, instant, isoDay, ok, version, whole } from './parts.ts';

const group = z.object({
  requests: whole,
  failed: whole,
  tokens: whole.nullable().describe('of the calls that say so; null: none does'),
  cost: moneySchema.nullable().describe('of the calls whose cost is known; null: of none it is'),
  dollars: z.string().nullable().describe('the same in exact US dollars, as in CSV'),
  cost_unknown: whole.describe('calls whose cost is not known'),
});
const notes = z.array(z.string()).describe('what rows and files do not say');

export const spendSchema = z
  .object({
    version,
    ok: done,
    by: z.array(z.string()),
    window: z.object({ oldest: instant.nullable(), newest: instant.nullable() }).describe('null: there are no rows'),
    groups: z.array(
      group.extend({ names: z.array(z.string().nullable()).describe('one for each of `by`; null: rows say nothing') }),
    ),
    total: group,
    notes,
  })
  .describe('What calls came to.');

export const topSchema = z
  .object({
    version,
    ok: done,
    order: z.enum(['cost', 'tokens', 'time']),
    calls: z.array(
      z.object({
        id: z.string(),
        at: instant,
        cost: moneySchema.nullable().describe('null: not known'),
        tokens: whole.nullable(),
        workspace: z.string().nullable(),
        user: z.string().nullable(),
        model: z.string().nullable(),
        status: z.string().nullable(),
      }),
    ),
    of: whole.describe('calls in all'),
    notes,
  })
  .describe('Single calls, the first in their order.');

export const pullSchema = z
  .object({
    version,
    ok: ok.describe('all that was asked for is there'),
    store: z.string(),
    workspaces: z.array(
      z.object({
        workspace: z.string(),
        asked: z.array(isoDay).describe('days that were asked for now'),
        exports: whole,
        days: whole.describe('in the store'),
        oldest: isoDay.nullable(),
        newest: isoDay.nullable(),
        rows: whole,
        bytes: whole,
        removed: whole.describe('days older than is kept'),
        damaged: z.array(isoDay),
        open: z.array(isoDay).describe('may still grow'),
        malformed: whole.describe('lines that are not rows'),
        outside: whole.describe('rows of other days'),
        pending: z.boolean().describe('an export goes on: the next pull finds it'),
      }),
    ),
    failed: z.array(z.object({ workspace: z.string(), why: z.string() })),
  })
  .describe('What was fetched into a store.');

export const auditSchema = z
  .object({
    version,
    ok: ok.describe('false: days are missing'),
    file: z.string(),
    rows: whole,
    bytes: whole,
    sha256: z.string(),
    cost: moneySchema.describe('of the calls whose cost is known'),
    cost_unknown: whole,
    workspaces: z.array(
      z.object({
        workspace: z.string(),
        rows: whole,
        missing: z.array(isoDay).describe('days that the store does not hold'),
        open: z.array(isoDay).describe('days that may have grown since'),
      }),
    ),
  })
  .describe('All calls of a period in one file.');

export const recommendSchema = z
  .object({
    version,
    ok: done,
    rows: z.object({ count: whole, oldest: instant.nullable(), newest: instant.nullable() }),
    per: z.array(z.string()),
    unit: z.enum(['cents', 'tokens', 'requests']).describe('of amounts'),
    reset: z.string().nullable().describe('`never`, `weekly`, `monthly` or `every N days`; null: a rate'),
    window: z.string().nullable().describe('of a rate; null: a budget'),
    limits: z.array(
      z.object({
        workspace: z.string(),
        state: z.enum(['no limit', 'too wide', 'fits', 'stops calls']),
        stops_nobody: whole.describe('in `unit`'),
        refuses_one_percent: whole.describe('in `unit`'),
        is_least_budget: z.boolean().describe('less would do, and no budget may be less'),
        calls: whole,
        counters: whole,
        spent_cents: whole.nullable().describe('null: none of its calls says what it cost'),
        current: z
          .object({ name: z.string(), amount: whole.describe('in `unit`'), refused: whole.describe('calls') })
          .nullable()
          .describe('in the files; null: none of this reset and grouping'),
        other_limits: whole,
        yaml: z.string().nullable(),
      }),
    ),
    doubts: z.array(z.string()).describe('what may be otherwise than the figures say'),
    notes,
  })
  .describe('The smallest budgets that calls fit into.');

export type SpendDocument = DocumentOf<typeof spendSchema>;
export type SpendGroupDocument = DocumentOf<typeof group>;
export type TopDocument = DocumentOf<typeof topSchema>;
export type PullDocument = DocumentOf<typeof pullSchema>;
export type AuditDocument = DocumentOf<typeof auditSchema>;
export type RecommendDocument = DocumentOf<typeof recommendSchema>;
