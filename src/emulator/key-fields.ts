/** What callers may set on an API key (control-plane-api.md 4.2 and 4.4). */

import {
  type Body,
  has,
  invalid,
  isObject,
  mergeNested,
  readBoolean,
  readChoice,
  readDate,
  readNullableText,
  readNumber,
  readText,
  readTextList,
} from './body.ts';
import type { RouteContext } from './context.ts';
import { keyRateUnits, writeRateLimits, writeUsageLimit } from './limits.ts';
import { scheduleRotation } from './rotation.ts';
import type { ApiKeyRow, ApiKeyType, RotationPolicyRow, UsageLimitRow } from './store.ts';
import { isLimitSpent } from './verdicts.ts';

export function readNewKey(type: ApiKeyType, workspaceId: string | null, body: Body, context: RouteContext): ApiKeyRow {
  const created = context.timestamp();
  const blank: ApiKeyRow = {
    id: context.newId(),
    secret: context.newSecret(),
    previous_secret: null,
    previous_secret_expires_at: null,
    name: readText(body, 'name', { max: 100 }),
    description: null,
    type,
    workspace_id: workspaceId,
    user_id: type === 'workspace-user' ? readText(body, 'user_id') : null,
    status: 'active',
    creation_mode: 'api',
    scopes: [],
    usage_limits: null,
    rate_limits: [],
    alert_emails: null,
    expires_at: null,
    metadata: null,
    config_id: null,
    allow_config_override: null,
    rotation_policy: null,
    last_reset_at: null,
    expiry_enforced: 0,
    created_at: created,
    last_updated_at: created,
  };
  return applyKeyFields(blank, body, context);
}

/** A copy of the key with everything that `body` names; what it does not name stays (1.3). */
export function applyKeyFields(row: ApiKeyRow, body: Body, context: RouteContext): ApiKeyRow {
  const { quirks } = context;
  const write = { quirks, now: context.now() };
  const next: ApiKeyRow = { ...row };
  if (has(body, 'name')) next.name = readText(body, 'name', { max: 100 });
  if (has(body, 'description')) next.description = readNullableText(body, 'description', 200);
  if (has(body, 'scopes')) next.scopes = readTextList(body, 'scopes');
  if (has(body, 'usage_limits')) {
    next.usage_limits = writeUsageLimit(row.usage_limits, body.usage_limits, write);
    next.status = wakeStatus(row, next.usage_limits);
  }
  if (has(body, 'rate_limits')) {
    const sent = body.rate_limits;
    next.rate_limits = writeRateLimits(row.rate_limits, sent, { quirks, units: keyRateUnits, least: 0 }) ?? [];
  }
  if (has(body, 'alert_emails')) next.alert_emails = body.alert_emails === null ? null : readEmails(body);
  if (has(body, 'expires_at')) {
    next.expires_at = body.expires_at === null ? null : readExpiry(body, context);
    if (row.status === 'expired') next.status = 'active';
  }
  if (has(body, 'defaults')) applyDefaults(next, body.defaults, context);
  if (has(body, 'rotation_policy')) {
    const before = row.rotation_policy;
    const sent = quirks.mergingPuts ? mergeNested(before, body.rotation_policy) : body.rotation_policy;
    next.rotation_policy = sent === null ? null : scheduleRotation(readRotation(sent), before, context.now());
  }
  return next;
}

/** Clearing a budget, or raising it above what is spent, wakes an exhausted owner (4.2). */
export function wakeStatus<Status extends string>(
  row: { readonly status: Status; readonly usage_limits: UsageLimitRow | null },
  next: UsageLimitRow | null,
): Status | 'active' {
  if (row.status !== 'exhausted') return row.status;
  const isRaised = next === null || (next.credit_limit ?? 0) > (row.usage_limits?.credit_limit ?? 0);
  return isRaised && (next === null || !isLimitSpent(next)) ? 'active' : row.status;
}

function readEmails(body: Body): string[] {
  const emails = readTextList(body, 'alert_emails');
  const wrong = emails.find((email) => !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email));
  if (wrong !== undefined) {
    throw invalid('alert_emails', `Validation failed: alert_emails: "${wrong}" must be a valid email`);
  }
  return emails;
}

function readExpiry(body: Body, context: RouteContext): string {
  const text = readDate(body, 'expires_at');
  const maximum = context.organisation().max_key_ttl_days;
  if (maximum !== undefined && new Date(text).getTime() > context.now().getTime() + maximum * 86_400_000) {
    throw invalid('expires_at', `expires_at must not be more than ${maximum} days away`);
  }
  return text;
}

/** The one nested object whose parts are updated one by one (1.3). */
function applyDefaults(next: ApiKeyRow, sent: unknown, context: RouteContext): void {
  if (sent === null) {
    next.metadata = null;
    next.config_id = null;
    return;
  }
  if (!isObject(sent)) throw invalid('defaults', 'Validation failed: defaults: must be an object');
  if (has(sent, 'metadata')) {
    const metadata = sent.metadata;
    if (metadata !== null && !isObject(metadata)) {
      throw invalid('defaults', 'Validation failed: defaults.metadata: must be an object');
    }
    next.metadata = metadata;
  }
  if (has(sent, 'config_id')) {
    const wanted = sent.config_id === null ? null : readText(sent, 'config_id');
    const config = wanted === null ? undefined : context.store.findConfig(wanted);
    if (wanted !== null && config === undefined) throw context.fail(404, 'AB02', `Config ${wanted} not found`);
    // Written as slug or UUID, read back as UUID.
    next.config_id = config?.id ?? null;
  }
  if (has(sent, 'allow_config_override')) {
    next.allow_config_override = readBoolean(sent, 'allow_config_override') ? 1 : 0;
  }
}

function readRotation(sent: unknown): RotationPolicyRow {
  if (!isObject(sent)) throw invalid('rotation_policy', 'Validation failed: rotation_policy: must be an object');
  const policy: RotationPolicyRow = {};
  if (has(sent, 'rotation_period') && sent.rotation_period !== null) {
    policy.rotation_period = readChoice(sent, 'rotation_period', ['weekly', 'monthly']);
  }
  if (has(sent, 'rotation_period_days') && sent.rotation_period_days !== null) {
    policy.rotation_period_days = readNumber(sent, 'rotation_period_days', { min: 1, integer: true });
    if (policy.rotation_period_days > 365) {
      throw invalid('rotation_policy', 'Validation failed: rotation_period_days: must be between 1 and 365');
    }
  }
  if (has(sent, 'next_rotation_at') && sent.next_rotation_at !== null) {
    policy.next_rotation_at = readDate(sent, 'next_rotation_at');
  }
  const isEmpty = Object.keys(policy).length === 0;
  const isDouble = policy.rotation_period !== undefined && policy.rotation_period_days !== undefined;
  if (isEmpty || isDouble) {
    throw invalid('rotation_policy', 'rotation_policy requires either a rotation period or next_rotation_at');
  }
  policy.key_transition_period_ms = has(sent, 'key_transition_period_ms')
    ? readNumber(sent, 'key_transition_period_ms', { min: 1_800_000, integer: true })
    : 1_800_000;
  policy.status = 'active';
  return policy;
}
