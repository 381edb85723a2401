/** What `plan` and `apply` print. */

import { z } from 'zod';
import { guardNames } from '../../guard-names.ts';
import { impactSchema } from '../../impact/document.ts';
import { outcomeStatuses } from '../../plan/applied-record.ts';
import { finding } from './finding.ts';
import {
  action,
  type DocumentOf,
  dated,
  diagnostic,
  direction,
  error,
  fields,
  fieldValue,
  kind,
  note,
  ok,
  source,
  unreadable,
  version,
  whole,
  workspace,
} from './parts.ts';
import { priceEffect } from './prices.ts';
import { judgedRate } from './rates.ts';
import { told } from './told.ts';
import { undeclared } from './undeclared.ts';

const fingerprint = z.string().describe('64 hex digits: equal for equal changes');
const changeId = z.string().describe('`KIND/WORKSPACE or -/NAME`, unique within the plan');
const guard = z.enum(guardNames);
const number = z.union([whole, z.literal('unbounded')]);

const change = z.object({
  id: changeId,
  kind,
  workspace,
  name: z.string().describe('of the policy, key, provider or integration; `limits` of a workspace'),
  live_id: z.string().nullable().describe('null: it does not exist yet'),
  action,
  cause: z
    .enum(['edited', 'drifted', 'both', 'adopted', 'unknown'])
    .describe('who moved: the files, live, both; `unknown`: there is no record'),
  reason: z.enum([
    'new',
    'changed',
    'renamed',
    'immutable-field',
    'no-longer-declared',
    'declared-none',
    'deleted-by-hand',
    'replacement-cut-short',
  ]),
  direction,
  summary: z.string().describe('one line for people'),
  before: fields.nullable().describe('as it is live; null: it does not exist yet'),
  after: fields.nullable().describe('as it is to be; null: it goes'),
  field_changes: z.array(
    z.object({
      field: z.string(),
      before: fieldValue,
      after: fieldValue,
      direction,
      immutable: z.literal(true).exactOptional().describe('the service never changes it in place'),
    }),
  ),
  alert_told: told.nullable().describe('null: no alert, or nobody has looked'),
  source: source.nullable().describe('null: no longer in the files'),
  depends_on: z.array(z.string()).describe('ids of changes that come before'),
  notes: z.array(z.string()),
  ...dated,
  fingerprint,
});

const violation = z.object({
  guard,
  count: number.describe('what has to be allowed, at least; of `spend-up` percent'),
  details: z.array(z.string()),
  severity: z.enum(['error', 'warning']),
  allow: z.string().nullable().describe('the word that lifts it for this plan; null: none does'),
  lifted: z.boolean(),
  lift: z.object({ guard, number, digest: z.string() }).exactOptional().describe('the word that lifted it'),
});

const bound = whole.nullable();
const move = {
  before_cents: bound.describe('null: unbounded, or not known'),
  after_cents: bound.describe('null: unbounded, or not known'),
  delta_cents: bound.describe('null unless both are known'),
};

const spend = z
  .object({
    limits: z
      .array(
        z.object({
          change: changeId,
          unit: z.enum(['cost', 'tokens', 'requests']),
          before_cents: bound.describe('null: no limit; of tokens and requests also: no price is known'),
          after_cents: bound.describe('null: no limit; of tokens and requests also: no price is known'),
          delta_cents: bound.describe('null unless both are known'),
        }),
      )
      .describe('one counter of each budget that moves'),
    workspaces: z.array(z.object({ workspace: z.string(), ...move })).describe('what a workspace can spend at most'),
    organisation: z
      .object({
        before_cents: whole.describe('over the bounded workspaces'),
        after_cents: whole.describe('over the bounded workspaces'),
        delta_cents: bound.describe('null: other workspaces are bounded than before'),
      })
      .nullable()
      .describe('null: no limit of cost changes'),
  })
  .describe('the money of `impact` in whole US cents per 30 days, to the nearest; null: not looked at');

const plan = z.object({
  version,
  ok,
  environment: z.string(),
  organisation: z.string().describe('its id'),
  base_url: z.string(),
  mode: z.enum(['sync', 'upsert-only']),
  has_record: z.boolean().describe('false: nothing is deleted'),
  digest: z.string().describe('64 hex digits: what `apply --approve` and words go by'),
  counts: z.object({
    create: whole,
    update: whole,
    replace: whole,
    delete: whole,
    withheld: whole,
    gone: whole.describe('declared, and no longer there'),
    left: whole.describe('moved by hand and left as it is'),
    unchanged: whole,
    unmanaged: whole,
    unreadable: whole,
    adopts: whole,
    record: whole.describe('other changes of the record'),
    toDo: whole.describe('0: there is nothing to apply'),
  }),
  changes: z.array(change).describe('in the order of execution, by workspace'),
  withheld: z.array(change).describe('held back by `--mode`, `--only` or `--workspace`: owed, and not executed'),
  left: z.array(change).describe('moved by hand and left as it is; `direction` is that of the move'),
  record_lines: z
    .array(
      z.object({
        action: z.enum(['adopt', 'forget', 'protect', 'unprotect', 'settings', 'record']),
        key: z.object({ kind, workspace, name: z.string() }).nullable().describe('null: of settings'),
        detail: z.string(),
        liveId: z.string().exactOptional(),
        why: z.enum(['forget', 'gone', 'default', 'until']).exactOptional(),
      }),
    )
    .describe('what changes the record and nothing live'),
  unmanaged: z
    .array(
      z.object({
        kind,
        workspace,
        id: z.string(),
        name: z.string().nullable(),
        fields: z.array(z.string()).exactOptional().describe('of a limit that is declared in part: those that are not'),
      }),
    )
    .describe('live and in no file'),
  undeclared,
  not_read: z
    .array(z.object({ workspace, kinds: z.array(kind) }))
    .describe('nobody has looked for unmanaged ones here'),
  unreadable: z.array(z.object({ workspaceId: z.string().nullable(), ...unreadable })),
  notes: z.array(note),
  findings: z.array(finding),
  violations: z.array(violation).describe('what guards object to'),
  guards_not_judged: z.array(guard),
  asked: z
    .array(
      z.object({
        by: z.array(z.string()).describe('`@login`, `@org/team`: one of them is enough'),
        because: z.array(z.string()),
        has_approved: z.boolean().nullable().describe('null: of no pull request that is known'),
      }),
    )
    .exactOptional()
    .describe('whom `review.approvals` asks for; missing: no rule matches'),
  impact: impactSchema.nullable().describe('null: not looked at; amounts are exact text'),
  spend: spend.nullable(),
  replayed: z
    .record(z.string(), z.string())
    .exactOptional()
    .describe('with `--logs`: what changed limits would have refused, by id of the change'),
  rates: z
    .record(z.string(), z.array(judgedRate))
    .exactOptional()
    .describe(
      'changed rates beside the calls of the last days, by id of the change; missing: no rate changes, or nobody has looked',
    ),
  prices: z
    .record(z.string(), priceEffect)
    .exactOptional()
    .describe(
      'when budgets in dollars run out by changed prices, by id of the change; missing: no price changes, or nobody has looked',
    ),
  diagnostics: z.array(diagnostic),
});

const outcome = z.object({
  id: changeId,
  kind,
  workspace,
  name: z.string(),
  action,
  status: z.enum(outcomeStatuses),
  detail: z.string().nullable().describe('why; null: it was applied'),
  live_id: z.string().nullable(),
  fingerprint,
});

export const planSchema = plan.describe('What the files change.');
export const applySchema = plan
  .extend({
    error: error.exactOptional().describe('why nothing was applied'),
    outcomes: z.array(outcome).describe('empty: nothing was attempted'),
    recorded: z.boolean(),
    record_problem: z.string().nullable().describe('why the outcomes could not be recorded'),
  })
  .describe('The plan that was applied, and what became of each change.');

export type PlanDocument = DocumentOf<typeof planSchema>;
/** What a plan says by itself: the command adds how it ends. */
export type BarePlanDocument = Omit<PlanDocument, 'ok' | 'diagnostics'>;
export type PlannedSpend = DocumentOf<typeof spend>;
export type ChangeDocument = DocumentOf<typeof change>;
export type OutcomeDocument = DocumentOf<typeof outcome>;
export type ApplyDocument = DocumentOf<typeof applySchema>;
