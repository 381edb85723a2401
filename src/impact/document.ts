/**
 * The impact block of a plan, as it is attached to the plan, printed as JSON and saved in plan files: one shape, described
 * once. Amounts are exact text in US cents, tokens or requests; rounding is left to whoever prints them.
 */

import { z } from 'zod';

const exact = z
  .string()
  .regex(/^-?\d+(\/\d+)?$/)
  .describe('exact: digits, or a fraction in lowest terms such as `300000/7`');
const unit = z.enum(['cost', 'tokens', 'requests']).describe('`cost`: US cents');
const day = z.string().describe('such as `2026-12-15`, UTC');
const instant = z.string().describe('ISO date-time, UTC');

const budget = z.object({
  amount: exact,
  reset: z.string().describe('`never`, `weekly`, `monthly` or `every N days`'),
  per_30_days: exact
    .nullable()
    .describe(
      'US cents; of tokens what they cost at most by the prices of the models that the budget names; null: no price is known, or requests',
    ),
  next_reset: z.string().nullable().describe('ISO date-time; null: never; `unknown`: the service does not show it'),
});

const counter = z.object({
  name: z
    .string()
    .nullable()
    .describe('key, user or value key; null: the limit has one counter, or names are withheld'),
  used: exact,
  percent_before: z.number().nullable().describe('of the limit as it is; null: there is none'),
  percent_after: z
    .number()
    .nullable()
    .describe('of the limit as it will be; null: there is none, or it starts at zero'),
});

const people = z.object({
  count: z.number().describe('of counters'),
  largest: z.array(counter).describe('at most 20, the largest first; empty when names are withheld'),
});

const unknown = z.object({
  status: z.literal('unknown').describe('nothing is known'),
  reason: z.string().describe('why nothing is known; never to be read as zero'),
});

const use = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('known').describe('as read'),
    as_of: instant.describe('when it was read'),
    source: z.enum(['service', 'analytics']).describe('the counters themselves, or an estimate from analytics'),
    counters: z.number().describe('how many counters hold something'),
    total: exact.describe('over all counters'),
    largest: counter.nullable().describe('the fullest counter; null: no counter holds anything'),
    blocked: people.describe('stopped by the change at once'),
    freed: people.describe('let in again by this limit; another that is used up goes on blocking'),
    held: people
      .exactOptional()
      .describe('let in by this limit, and refused by another one all the same; absent: none of whom that is known'),
    held_by: z
      .array(
        z.object({
          limit: z.string().describe('its name'),
          amount: exact,
          reset: z.string().describe('`never`, `weekly`, `monthly` or `every N days`'),
          next_reset: z
            .string()
            .nullable()
            .describe('ISO date-time; null: never; `unknown`: the service does not show it'),
        }),
      )
      .exactOptional()
      .describe('the limits that refuse those; absent: none'),
    in_doubt: z
      .object({ count: z.number().describe('of counters'), reason: z.string().describe('of the first of them') })
      .nullable()
      .describe('counters whose use is unknown: in none of the numbers; null: none'),
    may_stay_blocked: z.boolean().describe('the backend is older than 1.20: a raise does not wake what is exhausted'),
  }),
  unknown,
]);

const runOut = z.object({
  when: z
    .enum(['now', 'this-window', 'later-window', 'never'])
    .describe('`later-window`: the running window ends before, a whole one does not last; `never`: at this pace'),
  at: z.string().nullable().describe('ISO date-time; null for `now` and `never`'),
  who: z.string().nullable().describe('the counter that runs out first, where there are several'),
  counters: z.number().describe('how many run out in the running window'),
});

const forecast = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('known').describe('as read'),
    since: instant.describe('start of the seven days whose pace is assumed to go on'),
    as_of: instant.describe('end of them'),
    before: runOut.nullable().describe('null: there is no limit'),
    after: runOut.nullable().describe('null: there will be none'),
  }),
  unknown,
]);

const limit = z.object({
  unit,
  before: budget.nullable().describe('null: no limit'),
  after: budget.nullable().describe('null: no limit'),
  delta_per_30_days: exact.nullable().describe('US cents, of one counter; null where a side has no limit or no price'),
  shared_by: z.array(z.string()).describe('what a counter is kept for: `workspace_id`, `api_key`, `metadata.team` …'),
  counter: z.enum(['kept', 'new', 'starts-at-zero', 'gone']).describe('what becomes of the counters'),
  use: use.describe('what the counters hold now'),
  forecast: forecast.describe('when the limit is used up, if the last seven days go on'),
  forgiven: exact
    .nullable()
    .describe('use that no longer counts because the counter starts again; null: none, or unknown'),
  binds: z
    .object({
      limit: z
        .string()
        .describe('`this`, or the limit over the same traffic that is used up before it; `unknown`: not known which'),
      amount: exact,
      reset: z.string().describe('`never`, `weekly`, `monthly` or `every N days`'),
      reason: z.string().optional().describe('why it is unknown'),
    })
    .nullable()
    .describe(
      'after the change: by amount where the periods are the same, else by what is used and the pace; null: no limit, or the others were not read',
    ),
  unjudged: z
    .array(
      z.object({
        guard: z.enum(['blocks-now', 'counter-reset']).describe('that this change could trip'),
        reason: z.string().describe('why it cannot be judged'),
      }),
    )
    .describe('guards that cannot be judged for this budget'),
  mail: z
    .object({
      to: z.array(z.string()).describe('who gets mail at threshold and exhaustion; empty: nobody'),
      at_once: z.boolean().nullable().describe('the threshold is passed already; null: unknown'),
    })
    .describe('who is told'),
});

const committed = z.object({
  kind: z.enum(['bounded', 'unbounded', 'unknown']).describe('`unbounded` is a value; `unknown`: not all was read'),
  cents: exact.nullable().describe('US cents per 30 days; null unless bounded'),
  by: z.string().nullable().describe('the limit that says so'),
  times: z
    .object({ count: z.number().describe('of active keys'), each: exact.describe('US cents per 30 days') })
    .exactOptional()
    .describe('of a budget that each key has for itself: their product is the amount'),
});

const dayOfSpend = z.object({
  date: day,
  before: committed.describe('by the last apply'),
  after: committed.describe('by the plan'),
  is_due: z
    .literal(true)
    .exactOptional()
    .describe('it is today, by the clock that the plan is made for: a return is due; absent: the day is to come'),
});

const removed = z.object({
  id: z.string().describe('of the change'),
  unit: z.enum(['tokens', 'requests']).describe('of the limit that goes'),
  of: z.enum(['budget', 'rate']).describe('what goes'),
  holds: z
    .union([
      z.literal('unknown'),
      z.object({
        limit: z.string().describe('its name'),
        amount: exact,
        period: z.string().describe('the reset of a budget, the window of a rate'),
        per: z.array(z.string()).describe('what a counter is kept for'),
      }),
    ])
    .nullable()
    .describe(
      'the closest limit of that sort that goes on holding for the same calls; null: none; `unknown`: not read',
    ),
});

const sum = z.object({
  cents: exact.describe('US cents per 30 days, over the bounded workspaces'),
  bounded: z.number().describe('workspaces'),
  at_most: exact.describe('US cents per 30 days, over the partly read workspaces; they may be bounded more closely'),
  partly: z.number().describe('workspaces bounded by what was read, of which not everything was'),
  unbounded: z.number().describe('workspaces'),
  unknown: z.number().describe('workspaces of which too little was read'),
});

const group = z.object({
  group: z.string().describe('its name'),
  ceiling: exact.describe('US cents per 30 days'),
  in_force: z.boolean().describe('of the last apply; else only the files say it, which counts at once'),
  written: exact
    .nullable()
    .exactOptional()
    .describe('what the files say instead, in force once they are applied; null: no ceiling; absent: the same'),
  workspaces: z.array(z.string()).describe('slugs of those that are in it after the plan'),
  before: sum.describe('committed spend of the group as it is, and as it is composed'),
  after: sum.describe('once the plan is carried out'),
  rise: exact.nullable().describe('US cents per 30 days, negative where it falls; null: without bound'),
  verdict: z.enum(['within', 'above', 'unknown']).describe('of the spend after the plan, against the ceiling'),
  unjudged: z.string().nullable().describe('why `ceiling` cannot be judged; null: it can'),
  from: day.exactOptional().describe('the day of an `until` that this is about; absent: now'),
});

export const impactSchema = z
  .object({
    as_of: instant.describe('when reading began'),
    people: z.enum(['names', 'counts']).describe('whether counters are named'),
    doubt: z.string().nullable().describe('why no use of a cost budget can be believed; null: it can'),
    changes: z
      .array(z.object({ id: z.string().describe('of the change'), limits: z.array(limit).describe('one a budget') }))
      .describe('of the plan, those that move a budget'),
    workspaces: z
      .array(
        z.object({
          workspace: z.string().describe('slug'),
          before: committed.describe('as it is'),
          after: committed.describe('once the plan is carried out'),
          delta: exact.nullable().describe('US cents per 30 days; null unless both are bounded'),
          unjudged: z
            .string()
            .nullable()
            .describe('why `spend-up` cannot be judged where the plan could trip it; null: it can, or the plan cannot'),
          on: dayOfSpend
            .exactOptional()
            .describe(
              'the day of an `until` on which it rises most, by which `spend-up` judges; absent: it rises most now, or there is none',
            ),
          days: z
            .array(dayOfSpend)
            .exactOptional()
            .describe('each day of an `until`, by all of which `review.approvals` judges; absent: there is none'),
          recorded: committed
            .exactOptional()
            .describe(
              'by the last apply, where the plan moves on from what somebody moved by hand; absent: as `before`',
            ),
        }),
      )
      .describe('committed spend of the workspaces whose cost limits change'),
    removed: z
      .array(removed)
      .exactOptional()
      .describe('limits of tokens, requests and rates that go, and what still holds; absent: none go'),
    organisation: z
      .object({
        before: sum.describe('as it is'),
        after: sum.describe('once the plan is carried out'),
        delta: exact.nullable().describe('US cents per 30 days; null where other workspaces are bounded than before'),
      })
      .nullable()
      .describe('committed spend of all workspaces; null: no cost limit changes'),
    groups: z.array(group).exactOptional().describe('groups with a ceiling that the plan concerns; absent: none'),
  })
  .describe('What the plan does to people and money, as of a moment; outside fingerprints and digest.');

export type Impact = z.infer<typeof impactSchema>;
export type LimitImpact = z.infer<typeof limit>;
export type BudgetImpact = z.infer<typeof budget>;
export type CounterImpact = z.infer<typeof counter>;
export type HolderImpact = NonNullable<Extract<UseImpact, { status: 'known' }>['held_by']>[number];
export type PeopleImpact = z.infer<typeof people>;
export type UseImpact = z.infer<typeof use>;
export type RunOutImpact = z.infer<typeof runOut>;
export type ForecastImpact = z.infer<typeof forecast>;
export type RemovedImpact = z.infer<typeof removed>;
export type GroupImpact = z.infer<typeof group>;
export type CommittedImpact = z.infer<typeof committed>;
export type CommittedSumImpact = z.infer<typeof sum>;
