/** What a record holds of settings: only what the files said. Members that this version does not know are kept. */

import { z } from 'zod';
import { type AlertSettings, alsoTold } from '../resources/alert-settings.ts';
import { type KindWord, wordsOfKinds } from '../resources/approval-rules.ts';
import type { ApprovalRule, ReviewSettings } from '../resources/review-settings.ts';
import { requirableFields, switchNames } from '../resources/review-settings.ts';
import { type Desired, kinds } from '../resources/types.ts';
import { type GroupReset, isGroupReset, type WorkspaceGroups } from '../resources/workspace-groups.ts';
import { ruleNames } from '../rule-names.ts';

const guardSwitch = z.enum(['on', 'warn', 'off']);
const threshold = z.object({ count: z.number().exactOptional(), percent: z.number().exactOptional() });
const counted = z.union([z.enum(['on', 'off']), threshold.extend({ plan: threshold.exactOptional() })]);

const guardsSchema = z.looseObject({
  ...(Object.fromEntries(switchNames.map((name) => [name, guardSwitch.exactOptional()])) as Record<
    (typeof switchNames)[number],
    z.ZodExactOptional<typeof guardSwitch>
  >),
  deletes: counted.exactOptional(),
  updates: counted.exactOptional(),
  spend_up: z.union([guardSwitch, z.object({ percent: z.number() })]).exactOptional(),
});

/** What this version does not know of a rule it could not ask for, so that the record is refused. */
const approvalRule: z.ZodType<ApprovalRule> = z.strictObject({
  above: z.number().exactOptional(),
  kind: z.enum([...(Object.keys(wordsOfKinds) as KindWord[]), ...kinds]).exactOptional(),
  by: z.array(z.string()).exactOptional(),
  owner: z.literal(true).exactOptional(),
});

const reviewSchema: z.ZodType<ReviewSettings> = z.looseObject({
  require: z.array(z.enum(requirableFields)).exactOptional(),
  max_monthly_budget: z.number().nullable().exactOptional(),
  recipient_domains: z.array(z.string()).exactOptional(),
  unmanaged: z.enum(['report', 'fail']).exactOptional(),
  undeclared: z
    .looseObject({ above: z.number().nullable().exactOptional(), except: z.array(z.string()).exactOptional() })
    .exactOptional(),
  show_people: z.enum(['names', 'counts']).exactOptional(),
  drift: z.enum(['safe', 'revert', 'leave']).exactOptional(),
  require_reviewed_plan: z.boolean().exactOptional(),
  alone: z.boolean().exactOptional(),
  approvals: z.array(approvalRule).exactOptional(),
  guards: guardsSchema.exactOptional(),
  // A rule of a later version is not known here, and a record that names it can be read all the same.
  rules: z.partialRecord(z.enum(ruleNames), z.enum(['error', 'warning', 'info', 'off'])).exactOptional(),
});

const gatewaySchema: z.ZodType<Desired['gateway']> = z.looseObject({
  deployment: z.enum(['saas', 'hybrid', 'air-gapped']).exactOptional(),
  version: z.string().exactOptional(),
  backend: z.string().exactOptional(),
  usageUnit: z.enum(['cents', 'dollars']).exactOptional(),
});

const pricingSchema: z.ZodType<NonNullable<Desired['pricing']>> = z.looseObject({
  source: z.string().exactOptional(),
  maxAgeHours: z.number().exactOptional(),
});

const texts = z.array(z.string());
const recordedChannel = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('mail'),
    host: z.string(),
    port: z.number().exactOptional(),
    security: z.enum(['tls', 'starttls', 'none']).exactOptional(),
    from: z.string(),
    user_env: z.string().exactOptional(),
    password_env: z.string().exactOptional(),
  }),
  z.looseObject({ type: z.enum(['slack', 'teams']), host: z.string(), url_env: z.string() }),
  z.looseObject({ type: z.literal('webhook'), url: z.string(), secret_env: z.string() }),
  z.looseObject({ type: z.literal('github'), issue: z.number(), token_env: z.string() }),
]);
const recordedThresholds = z.array(
  z.looseObject({ at: z.union([z.number(), z.literal('budget')]), recipients: texts.exactOptional() }),
);
const alertsSchema: z.ZodType<AlertSettings> = z.looseObject({
  channels: z.record(z.string(), recordedChannel),
  places: z.record(
    z.string(),
    z.looseObject({
      recipients: texts.nullable().exactOptional(),
      channels: texts.nullable().exactOptional(),
      forecast: z.number().nullable().exactOptional(),
      also: z.array(z.enum(alsoTold)).exactOptional(),
      thresholds: z.record(z.string(), recordedThresholds).exactOptional(),
    }),
  ),
});

const groupsSchema: z.ZodType<WorkspaceGroups> = z.record(
  z.string(),
  z.looseObject({
    owner: z.string().exactOptional(),
    workspaces: texts,
    ceiling: z.number().exactOptional(),
    reset: z.custom<GroupReset>((value) => typeof value === 'string' && isGroupReset(value)).exactOptional(),
    alert: recordedThresholds.exactOptional(),
  }),
);

export const recordedSettingsSchema = z.object({
  /** `review:`: judges plans. */
  review: reviewSchema,
  /** `gateway:`: how rows are understood. */
  gateway: gatewaySchema,
  /** `pricing:`: where prices come from. */
  pricing: pricingSchema,
  /** `silence:` by what it stands on (plan/silences.ts), then by rule: the reason. Missing: none. */
  silences: z.record(z.string(), z.record(z.string(), z.string())).exactOptional(),
  /**
   * `owner:` by what it stands on (plan/owners.ts), where `review.approvals` asks owners: the person or team that it names.
   * Missing: nobody is asked.
   */
  owners: z.record(z.string(), z.string()).exactOptional(),
  /** `channels:`, `alerts:` and lists of thresholds: who is told, and how. Missing: nobody is told by tollgate. */
  alerts: alertsSchema.exactOptional(),
  /** `groups:`: whose ceilings judge. Missing: there are none. */
  groups: groupsSchema.exactOptional(),
});

export type RecordedSettings = z.infer<typeof recordedSettingsSchema>;
