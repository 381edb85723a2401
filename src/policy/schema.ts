/**
 * What a user may write: strict zod schemas, from which the JSON Schemas for editors are generated (json-schema.ts). They
 * hold the shape; bounds that depend on the level or on neighbours are checked while reading, with better words.
 */

import { z } from 'zod';
import { amountPatterns } from '../resources/amounts.ts';
import { ruleNames } from '../rule-names.ts';
import { conditionText, schemaText as say } from './schema-text.ts';

/** Shapes of single values. Each pattern has its own message, since zod would print the pattern. */
export const patterns = {
  budget: new RegExp(`${amountPatterns.cost}|${amountPatterns.count}`),
  alert: new RegExp(`${amountPatterns.percent}|${amountPatterns.cost}|${amountPatterns.count}`),
  rate: new RegExp(amountPatterns.rate),
  reset: new RegExp(amountPatterns.reset),
  every: /^\d{1,4} days?$/,
  percent: new RegExp(amountPatterns.percent),
  date: /^\d{4}-\d{2}-\d{2}$/,
  dateTime: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/,
  email: /^[^\s@,;<>"]+@[^\s@,;<>".]+(?:\.[^\s@,;<>".]+)+$/,
  uuid: /^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$/,
  slug: /^[A-Za-z0-9][A-Za-z0-9_-]{0,254}$/,
  environment: /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/,
  version: /^\d+\.\d+(?:\.\d+)?$/,
  age: /^[1-9]\d{0,4}[hd]$/,
  // No part starts or ends with a dot. Without looking around, which validators written in Go cannot.
  ref: /^refs(?:\/[A-Za-z0-9_-](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?)+$/,
  /** What Git keeps for itself, at the end of any part. */
  lockedRef: /\.lock(?:\/|$)/,
  domain: /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i,
  groupKey:
    /^(?:workspace_id|api_key|virtual_key|provider|model|config|prompt|endpoint_type|mcp_server|mcp_tool|metadata\.[\s\S]+)$/,
  conditionKey:
    /^(?:api_key|virtual_key|provider|model|config|prompt|endpoint_type|mcp_server|mcp_tool|metadata\.[\s\S]+)$/,
  forget: /^(?:\*|(?:policies|limits|keys|providers|integrations)(?:\/[\s\S]+)?)$/,
} as const;

const written = (pattern: RegExp, message: string, ...examples: string[]) =>
  z.string().regex(pattern, message).meta({ examples, errorMessage: message });
/**
 * Or `none`, last and with the same message: of alternatives that all fail, editors tell the first one's, and "must be none"
 * would take a limit away.
 */
const orNone = <T extends z.ZodType>(form: T, message: string) =>
  z.union([form, z.literal('none').meta({ errorMessage: message })]);
const text = (max: number) => z.string().min(1).max(max);
const oneOrList = <T extends z.ZodType>(item: T) => z.union([item, z.array(item).min(1)]);

const budget = written(patterns.budget, say.writeBudget, '$500', '$1,250.50', '2M tokens').describe(say.budget);
const reset = z
  .union([
    written(
      patterns.reset,
      'write monthly, weekly, never, or days such as every 14 days',
      'monthly',
      'weekly',
      'never',
      'every 14 days',
    ),
    z.strictObject({
      every: written(patterns.every, 'write a number of days, such as 10 days', '10 days').describe(say.every),
      starting: written(patterns.date, 'write a day in quotes, such as "2026-12-01"', '2026-12-01')
        .optional()
        .describe(say.starting),
    }),
  ])
  .describe(say.reset);
const alert = orNone(written(patterns.alert, say.writeAlert, '80%', '$400'), say.writeAlert).describe(say.alert);
const rate = written(patterns.rate, say.writeRate, '100 requests/minute', '200k tokens/day');
const recipients = orNone(
  oneOrList(written(patterns.email, say.writeAddress, 'team@example.com')),
  say.writeAddress,
).describe(say.recipients);
const alerts = z.strictObject({ recipients: recipients.optional() }).describe(say.alerts);
const protect = z.boolean().describe(say.protect);
const owner = text(255).describe(say.owner);
const silence = z.partialRecord(z.enum(ruleNames), text(255)).describe(say.silence);
const api = z.record(z.string(), z.json()).describe(say.api);
const name = text(255).describe(say.name);
const id = text(255).describe(say.id);

const values = oneOrList(z.string().min(1));
const condition = z.union([
  values,
  z.strictObject({ any: values.optional().describe(say.any), except: values.optional().describe(say.except) }),
]);
const match = z
  .union([
    z.literal('all'),
    z.record(z.string().regex(patterns.conditionKey, 'unknown condition'), condition).meta(describeConditions()),
  ])
  .describe(say.match);

/** By their names, for editors: of a pattern of names they offer the word `property`, and say nothing of what it stands for. */
function describeConditions(): Record<string, unknown> {
  const { $schema: _, ...shape } = z.toJSONSchema(condition, { target: 'draft-7', io: 'input' });
  const { metadata, ...conditions } = conditionText;
  return {
    propertyNames: undefined,
    properties: Object.fromEntries(
      Object.entries(conditions).map(([name, description]) => [name, { ...shape, description }]),
    ),
    patternProperties: { '^metadata\\.[\\s\\S]+$': { ...shape, description: metadata } },
    additionalProperties: false,
  };
}

export const policyShape = z
  .strictObject({
    description: z.string().min(1).max(500).optional().describe(say.description),
    budget: budget.optional(),
    reset: reset.optional(),
    alert: alert.optional(),
    rate: rate.optional().describe(say.rate),
    match: match.optional(),
    per: oneOrList(
      written(patterns.groupKey, 'unknown grouping', 'workspace_id', 'api_key', 'metadata._user'),
    ).describe(say.per),
    target: z.enum(['llm', 'mcp_tools']).optional().describe(say.target),
    name: name.optional(),
    id: id.optional(),
    previously: text(255).optional().describe(say.previously),
    owner: owner.optional(),
    silence: silence.optional(),
    protect: protect.optional(),
    api: api.optional(),
  })
  .meta({ dependencies: { budget: ['reset'], reset: ['budget'], alert: ['budget'] } });

const limitsDependencies = { dependencies: { reset: ['budget'], alert: ['budget'] } };
const clearableBudget = orNone(budget, say.writeBudget).optional().describe(say.budget);
const clearableRate = orNone(rate, say.writeRate).optional().describe(say.rate);
const rates = orNone(z.array(rate).min(1), 'write a list of rates, such as [100 requests/minute]')
  .optional()
  .describe(say.rates);

export const limitsShape = z
  .strictObject({
    budget: clearableBudget,
    reset: reset.optional(),
    alert: alert.optional(),
    budgets: orNone(
      z.array(z.strictObject({ budget, reset, alert: alert.optional() })).min(1),
      'write a list of budgets, each with its reset',
    )
      .optional()
      .describe(say.budgets),
    rate: clearableRate,
    rates,
    owner: owner.optional(),
    silence: silence.optional(),
    protect: protect.optional(),
  })
  .meta(limitsDependencies);

export const keyShape = z
  .strictObject({
    description: z.string().min(1).max(200).optional().describe(say.description),
    budget: clearableBudget,
    reset: reset.optional(),
    alert: alert.optional(),
    rate: clearableRate,
    rates,
    recipients: recipients.optional(),
    expires: orNone(written(patterns.dateTime, say.writeTime, '2027-01-31T00:00:00Z'), say.writeTime)
      .optional()
      .describe(say.expires),
    name: name.optional(),
    id: id.optional(),
    owner: owner.optional(),
    silence: silence.optional(),
    protect: protect.optional(),
    api: api.optional(),
  })
  .meta(limitsDependencies);

export const integrationShape = z
  .strictObject({
    budget: clearableBudget,
    reset: reset.optional(),
    alert: alert.optional(),
    rate: clearableRate,
    owner: owner.optional(),
    silence: silence.optional(),
    protect: protect.optional(),
  })
  .meta(limitsDependencies);

export const providerShape = integrationShape.extend({ expires: keyShape.shape.expires }).meta(limitsDependencies);

const entries = <T extends z.ZodType>(shape: T) => z.record(z.string().min(1), orNone(shape, say.writeEntry));
const forget = z
  .array(written(patterns.forget, 'unknown section', 'policies/old', 'keys/ci/rate', 'limits', '*'))
  .describe(say.forget);

/** Keys of the author's own, at the top of a file: a place for what is shared by alias. */
const ownKeys = { '^x-': {} };

export const workspaceShape = z
  .strictObject({
    version: z.literal(1).describe(say.version),
    kind: z.literal('workspace').describe(say.kind),
    workspace: z.string().regex(patterns.slug, 'write a slug or a UUID').describe(say.workspace),
    description: text(500).optional().describe(say.note),
    owner: owner.optional(),
    silence: silence.optional(),
    protect: protect.optional(),
    skip_defaults: z.array(z.string().min(1)).optional().describe(say.skipDefaults),
    alerts: alerts.optional(),
    forget: forget.optional(),
    policies: entries(policyShape).optional().describe(say.policies),
    limits: orNone(limitsShape, say.writeEntry).optional().describe(say.limits),
    keys: entries(keyShape).optional().describe(say.keys),
    providers: entries(providerShape).optional().describe(say.providers),
    integrations: entries(integrationShape).optional().describe(say.integrations),
  })
  .meta({ title: 'tollgate workspace file', description: say.workspaceFile, patternProperties: ownKeys });

const counted = z.union([
  z.enum(['on', 'off']),
  z.strictObject({
    count: z.int().min(0).max(1_000_000).optional().describe(say.guardCount),
    percent: z.int().min(0).max(100).optional().describe(say.guardPercent),
  }),
]);
const guard = z.enum(['on', 'warn', 'off']);

export const guardsShape = z.strictObject({
  deletes: counted.optional().describe(say.deletes),
  updates: counted.optional().describe(say.updates),
  empties_scope: guard.optional().describe(say.emptiesScope),
  rewind: guard.optional().describe(say.rewind),
  blocks_now: guard.optional().describe(say.blocksNow),
  spend_up: z
    .union([
      guard,
      z
        .string()
        .regex(/^\d{1,4} ?%$/, 'write a percentage')
        .meta({ examples: ['25%'] }),
    ])
    .optional()
    .describe(say.spendUp),
  counter_reset: guard.optional().describe(say.counterReset),
  impact_unknown: guard.optional().describe(say.impactUnknown),
});

export const reviewShape = z.strictObject({
  require: z
    .array(z.enum(['alert', 'owner', 'description']))
    .optional()
    .describe(say.require),
  max_monthly_budget: orNone(written(new RegExp(amountPatterns.cost), say.writeDollars, '$5,000'), say.writeDollars)
    .optional()
    .describe(say.maxMonthlyBudget),
  recipient_domains: z
    .array(written(patterns.domain, 'write a domain', 'example.com'))
    .optional()
    .describe(say.recipientDomains),
  unmanaged: z.enum(['report', 'fail']).optional().describe(say.unmanaged),
  show_people: z.enum(['names', 'counts']).optional().describe(say.showPeople),
  drift: z.enum(['safe', 'revert', 'leave']).optional().describe(say.drift),
  require_reviewed_plan: z.boolean().optional().describe(say.requireReviewedPlan),
  alone: z.boolean().optional().describe(say.alone),
  guards: guardsShape.optional().describe(say.guards),
  rules: z
    .partialRecord(z.enum(ruleNames), z.enum(['off', 'info', 'warning', 'error']))
    .optional()
    .describe(say.rules),
});

const version = written(patterns.version, 'write a version in quotes', '2.18');

export const gatewayShape = z.strictObject({
  deployment: z.enum(['saas', 'hybrid', 'air-gapped']).optional().describe(say.deployment),
  version: version.optional().describe(say.gatewayVersion),
  backend: version.optional().describe(say.backend),
  usage_unit: z.enum(['cents', 'dollars']).optional().describe(say.usageUnit),
});

export const pricingShape = z.strictObject({
  source: text(2000).optional().describe(say.pricingSource),
  max_age: written(patterns.age, 'write hours or days', '24h', '30d').optional().describe(say.maxAge),
});

export const recordShape = z.strictObject({
  ref: written(patterns.ref, 'write a full ref', 'refs/heads/tollgate-record')
    .refine((ref) => !patterns.lockedRef.test(ref), 'write a full ref')
    .meta({
      examples: ['refs/heads/tollgate-record'],
      errorMessage: 'write a full ref, such as refs/heads/tollgate-record',
      not: { pattern: patterns.lockedRef.source },
    })
    .optional()
    .describe(say.recordRef),
});

export const newWorkspacesShape = z.strictObject({
  new_workspaces: orNone(integrationShape, say.writeEntry).describe(say.newWorkspaces),
});

export const defaultsShape = z.strictObject({
  policies: entries(policyShape).optional().describe(say.defaultPolicies),
  keys: z
    .strictObject({ '*': orNone(keyShape, say.writeEntry).optional() })
    .optional()
    .describe(say.defaultKeys),
});

export const orgShape = z
  .strictObject({
    version: z.literal(1).describe(say.version),
    kind: z.literal('org').describe(say.kind),
    environment: z.string().regex(patterns.environment, 'write a short name').describe(say.environment),
    organisation: z.string().regex(patterns.uuid, 'write a UUID').describe(say.organisation),
    extends: z
      .string()
      .regex(/\.ya?ml$/i, 'name a YAML file')
      .meta({ examples: ['../shared/defaults.yaml'] })
      .optional()
      .describe(say.extends),
    description: text(500).optional().describe(say.note),
    gateway: gatewayShape.optional().describe(say.gateway),
    pricing: pricingShape.optional().describe(say.pricing),
    record: recordShape.optional().describe(say.record),
    alerts: alerts.optional(),
    review: reviewShape.optional().describe(say.review),
    forget: forget.optional(),
    defaults: defaultsShape.optional().describe(say.defaults),
    keys: entries(keyShape).optional().describe(say.orgKeys),
    integrations: z.record(z.string().min(1), newWorkspacesShape).optional().describe(say.orgIntegrations),
  })
  .meta({ title: 'tollgate organisation file', description: say.orgFile, patternProperties: ownKeys });

/** Sections that several directories may share; what says which record judges is no default. */
export const extendedShape = z
  .strictObject({
    version: z.literal(1).describe(say.version),
    kind: z.literal('defaults').describe(say.kind),
    description: text(500).optional().describe(say.note),
    gateway: gatewayShape.optional().describe(say.gateway),
    review: reviewShape.optional().describe(say.review),
    defaults: defaultsShape.optional().describe(say.defaults),
  })
  .meta({ title: 'tollgate shared defaults', description: say.defaultsFile, patternProperties: ownKeys });
