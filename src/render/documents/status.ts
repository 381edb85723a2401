/** What `status` prints. */

import { z } from 'zod';
import { type DocumentOf, instant, kind, peopleOr, version, whole, workspace } from './parts.ts';
import { told } from './told.ts';
import { undeclared } from './undeclared.ts';

const gap = z.object({ kind, workspace, why: z.string() });
const nobody = z.object({
  kind,
  workspace,
  id: z.string(),
  name: z.string(),
  rule: z.string(),
  message: z.string(),
});
const counted = z.object({ count: whole });
const trend = z.object({
  name: z.string(),
  workspace: z.string().nullable(),
  cost: whole.nullable().describe('US cents, to the nearest'),
  cost_before: whole.nullable().describe('US cents in the window before; null: unknown'),
  change_percent: whole.nullable().describe('null: nothing before, or unknown'),
  requests: whole,
  errors: whole.nullable().describe('null: not said'),
  error_percent: whole.nullable(),
  failing: z.boolean().describe('more than 5 % failed'),
});
const trends = z.array(trend);

const limit = z.object({
  kind,
  workspace,
  id: z.string(),
  name: z.string(),
  declared: z.boolean().nullable().describe('null: there are no files to ask'),
  unit: z.string().describe('`cents`, `tokens` or `requests`; else one that this version does not know'),
  limit: z.number().describe('in `unit`; whole, unless somebody set a part of a cent'),
  alert: z.number().nullable().describe('in `unit`; null: none'),
  alert_told: told.nullable().describe('null: no alert'),
  reset: z.string().nullable().describe('`never`, `weekly`, `monthly` or `every N days`; null: unknown'),
  per: z.array(z.string()).describe('of a policy: whom a counter is kept for'),
  state: z.enum(['exhausted', 'alert', 'ok', 'unknown']),
  used: whole.nullable().describe('of the fullest counter, in `unit`; null: see `unknown_because`'),
  percent: whole.nullable().describe('of the fullest counter; null: unknown'),
  counters: whole,
  exhausted_counters: whole,
  fullest_counter: z.string().nullable().describe('null: the only one, or nobody is to be named'),
  used_in_all: whole.nullable().describe('over all counters, in `unit`'),
  source: z
    .enum(['reported', 'estimated'])
    .nullable()
    .describe('`estimated`: from analytics; null: the use is unknown'),
  as_of: instant.nullable(),
  unknown_because: z.string().nullable().describe('why a number is unknown; null: none is'),
  unknown_counters: whole.nullable().describe('null: of all'),
  next_reset: instant.nullable().describe('null: never, or unknown: see `next_reset_known`'),
  next_reset_known: z.boolean(),
  pace_per_day: whole.nullable().describe('in `unit`'),
  pace_basis: z.enum(['last-7-days', 'window']).nullable(),
  run_out: z
    .object({
      when: z.enum(['now', 'this-window', 'later-window', 'never']),
      at: instant.nullable().describe('null for `now` and `never`'),
    })
    .nullable()
    .describe('null: see `no_forecast_because`'),
  no_forecast_because: z.string().nullable(),
  forecast: z.string().nullable().describe('for people'),
  until: z
    .object({
      date: z.string().describe('the first day of it, UTC'),
      later: z.string().describe('what holds from then on, for people'),
      owed: z.boolean().describe('the day has come, and nothing has applied it'),
    })
    .exactOptional()
    .describe('what the files say of a day on which it is another one; absent: nothing, or it is done'),
});

const group = z.object({
  group: z.string().nullable().describe('null: of no group'),
  owner: z.string().nullable(),
  workspaces: z.array(z.string()).describe('slugs'),
  ceiling_cents: whole.nullable().describe('null: none'),
  reset: z.string().describe('`weekly`, `monthly` …: the window of the ceiling'),
  from: instant,
  next_reset: instant,
  spent_cents: whole.nullable().describe('since `from`; null: see `unknown_because`'),
  spent_at_least_cents: whole.describe('what is known of it'),
  percent: whole.nullable().describe('null: no ceiling, or unknown'),
  unknown_because: z.string().nullable(),
  pace_cents_per_day: whole.nullable().describe('null: see `pace_unknown_because`'),
  pace_unknown_because: z.string().nullable(),
  run_out: z
    .object({
      when: z.enum(['now', 'this-window', 'later-window', 'never']),
      at: instant.nullable().describe('null for `now` and `never`'),
    })
    .nullable()
    .describe('null: no ceiling, or unknown'),
  committed_per_30_days: z.object({
    cents: whole.describe('sum over workspaces that are bounded'),
    bounded: whole.describe('workspaces'),
    at_most_cents: whole.describe('sum over those that may be bounded by less than what was read'),
    partly: whole.describe('workspaces that this is of'),
    unbounded: whole.describe('workspaces'),
    unknown: whole.describe('workspaces of which too little was read to tell'),
  }),
});

export const statusSchema = z
  .object({
    version,
    ok: z.boolean().describe('false: with `--detailed-exitcode`, something is over or not known, see `check`'),
    as_of: instant,
    people: z.enum(['names', 'counts']).describe('whether anybody is named'),
    usage_unknown: z.string().nullable().describe("what contradicts the service's own verdict; null: nothing"),
    over_percent: whole.nullable().describe('of `--over`; null: all are shown'),
    check: z
      .object({
        percent: whole,
        over: whole,
        unknown: whole,
        unread: whole.describe('lists and rows that were not read'),
        verdict: z.enum(['over', 'unknown', 'under']),
      })
      .nullable()
      .describe('null: without `--detailed-exitcode`'),
    hidden: z.object({ below: whole, unknown: whole }).describe('left out by `--over`'),
    limits: z.array(limit).describe('used up first, then by percent'),
    groups: z.array(group).exactOptional().describe('of `groups:` in org.yaml; absent: there are none'),
    keys: z
      .array(
        z.object({
          workspace,
          keys: whole,
          exhausted: whole,
          nearly: whole,
          unknown: whole,
          fullest: whole.nullable().describe('percent'),
        }),
      )
      .nullable()
      .describe('where nobody is to be named; null: keys are among `limits`'),
    expiring: peopleOr(z.array(z.object({ kind, workspace, id: z.string(), name: z.string(), expires_at: instant }))),
    limits_nobody: z
      .object({
        limits: z.union([z.array(nobody), counted]),
        unknown: z.union([z.array(nobody), counted]),
        not_asked: whole,
      })
      .nullable()
      .describe('live limits that may limit nobody; null: not looked at'),
    undeclared,
    key_limits: z.string().nullable().describe('why limits of keys may not count; null: no doubt'),
    gaps: z.array(gap).describe('what could not be read'),
    pace_gaps: z.array(z.string()),
    trends: z
      .object({
        days: whole,
        from: instant,
        to: instant,
        by: z.object({ workspace: trends, model: trends, provider: trends, user: z.union([trends, counted]) }),
        unusual_days: z.array(
          z.object({
            date: z.iso.date(),
            workspace: z.string(),
            cost: whole.describe('US cents'),
            median: whole.describe('US cents: of all days of the window'),
          }),
        ),
        gaps: z.array(
          z.object({
            by: z.enum(['workspace', 'model', 'provider', 'user', 'day']),
            workspace: z.string(),
            why: z.string(),
          }),
        ),
      })
      .nullable()
      .describe('null: not asked for'),
  })
  .describe('What is used of every budget, and spend over a window.');

export type StatusGroupDocument = DocumentOf<typeof group>;
export type StatusDocument = DocumentOf<typeof statusSchema>;
export type TrendDocument = DocumentOf<typeof trend>;
export type StatusLimitDocument = DocumentOf<typeof limit>;
