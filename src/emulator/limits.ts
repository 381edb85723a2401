/** The budget and rate objects that keys, workspaces, providers and integrations share (control-plane-api.md 1.11). */

import { type Body, has, invalid, isObject, mergeNested, readChoice, readDate, readNumber } from './body.ts';
import type { Quirks } from './quirks.ts';
import { computeNextReset, normalizeResetDate } from './resets.ts';
import type { RateLimitRow, UsageLimitRow } from './store.ts';
import { findNextSync, isLimitSpent } from './verdicts.ts';

export const keyRateUnits: readonly string[] = ['rps', 'rpm', 'rph', 'rpd', 'rpw'];
export const sharedRateUnits: readonly string[] = ['rpm', 'rph', 'rpd'];

export interface ResetFields {
  readonly periodic_reset?: 'weekly' | 'monthly' | null;
  readonly periodic_reset_days?: number | null;
  readonly next_usage_reset_at?: string | null;
}

/** The reset members that `body` names; both kinds at once is the documented refusal (2.8). */
export function readResetFields(body: Body): ResetFields {
  const fields: { -readonly [Name in keyof ResetFields]: ResetFields[Name] } = {};
  if (has(body, 'periodic_reset')) {
    // The empty text is what the service itself may have shown for "none" (1.8), so a caller may send it back.
    const value = body.periodic_reset;
    fields.periodic_reset =
      value === null || value === '' ? null : readChoice(body, 'periodic_reset', ['weekly', 'monthly']);
  }
  if (has(body, 'periodic_reset_days')) {
    fields.periodic_reset_days =
      body.periodic_reset_days === null ? null : readNumber(body, 'periodic_reset_days', { min: 1, integer: true });
    if (fields.periodic_reset_days !== null && fields.periodic_reset_days > 365) {
      throw invalid('periodic_reset_days', 'Validation failed: periodic_reset_days: must be between 1 and 365');
    }
  }
  if (has(body, 'next_usage_reset_at')) {
    fields.next_usage_reset_at =
      body.next_usage_reset_at === null ? null : normalizeResetDate(readDate(body, 'next_usage_reset_at'));
  }
  refuseBothResets(fields);
  return fields;
}

export function refuseBothResets(fields: ResetFields): void {
  if (typeof fields.periodic_reset === 'string' && typeof fields.periodic_reset_days === 'number') {
    throw invalid('periodic_reset', 'Cannot set both periodic_reset and periodic_reset_days');
  }
}

export function refuseHighThreshold(threshold: number | null | undefined, limit: number): void {
  if (typeof threshold === 'number' && threshold >= limit) {
    throw invalid('alert_threshold', 'alert_threshold must be less than credit_limit');
  }
}

/** The least that may be bought of a type (14.9). */
export function leastLimit(type: string): number {
  return type === 'tokens' ? 100 : 1;
}

/** What this service knows of a budget. */
const budgetMembers: Readonly<Record<keyof UsageLimitRow, true>> = {
  id: true,
  type: true,
  credit_limit: true,
  alert_threshold: true,
  periodic_reset: true,
  periodic_reset_days: true,
  next_usage_reset_at: true,
  current_usage: true,
  status: true,
  last_reset_at: true,
  is_threshold_alerts_sent: true,
  is_exhausted_alerts_sent: true,
  is_expired_alerts_sent: true,
  verdict_due_at: true,
};

/**
 * The members that a caller may set; those of the server are dropped, as clients send back what they read. What it does not know it
 * keeps as sent, as a service to come would: whoever leaves it out has lost it.
 */
function readUsageLimit(value: unknown, name: string, takesHighThreshold = false): UsageLimitRow {
  if (!isObject(value)) throw invalid(name, `Validation failed: ${name}: must be an object`);
  const limit: UsageLimitRow = Object.fromEntries(
    Object.entries(value).filter(([member]) => !Object.hasOwn(budgetMembers, member)),
  );
  if (has(value, 'type')) limit.type = readChoice(value, 'type', ['cost', 'tokens']);
  const least = leastLimit(limit.type ?? 'cost');
  limit.credit_limit = readNumber(value, 'credit_limit', { min: least, integer: true });
  if (has(value, 'alert_threshold')) {
    limit.alert_threshold =
      value.alert_threshold === null ? null : readNumber(value, 'alert_threshold', { min: 1, integer: true });
  }
  if (!takesHighThreshold) refuseHighThreshold(limit.alert_threshold, limit.credit_limit);
  return Object.assign(limit, readResetFields(value));
}

export interface WrittenLimit {
  readonly before: UsageLimitRow | null;
  readonly written: UsageLimitRow;
  readonly now: Date;
  readonly quirks: Quirks;
}

/** The written budget over the old one's counter and flags; a raise re-arms and wakes (4.2). */
function settleUsageLimit({ before, written, now, quirks }: WrittenLimit): UsageLimitRow {
  const limit: UsageLimitRow = { ...written };
  const hasReset = typeof limit.periodic_reset === 'string' || typeof limit.periodic_reset_days === 'number';
  const old = quirks.changedResetKeepsDate ? before?.next_usage_reset_at : undefined;
  limit.next_usage_reset_at = hasReset
    ? (written.next_usage_reset_at ?? old ?? computeNextReset(limit, now, 'sunday'))
    : (written.next_usage_reset_at ?? null);
  const isSameCounter = before !== null && (before.type ?? 'cost') === (limit.type ?? 'cost');
  limit.current_usage = isSameCounter ? (before.current_usage ?? 0) : 0;
  if (before?.id !== undefined) limit.id = before.id;
  if (!isSameCounter) return limit;
  if (before.last_reset_at !== undefined) limit.last_reset_at = before.last_reset_at;
  const isRaised = (limit.credit_limit ?? 0) > (before.credit_limit ?? 0);
  const isThresholdEased = (limit.alert_threshold ?? Infinity) > (before.alert_threshold ?? Infinity);
  if (before.is_exhausted_alerts_sent !== undefined) {
    limit.is_exhausted_alerts_sent = isRaised ? false : before.is_exhausted_alerts_sent;
  }
  if (before.is_threshold_alerts_sent !== undefined) {
    limit.is_threshold_alerts_sent = isRaised || isThresholdEased ? false : before.is_threshold_alerts_sent;
  }
  const isSpent = isLimitSpent(limit);
  if (before.status !== undefined) limit.status = isRaised && !isSpent ? 'active' : before.status;
  if (isSpent && limit.status !== 'exhausted' && !quirks.lowerDoesNotExhaust) limit.verdict_due_at = findNextSync(now);
  return limit;
}

export interface LimitWrite {
  readonly quirks: Quirks;
  readonly now: Date;
}

/** `usage_limits` as keys and providers have it: one object or null. */
export function writeUsageLimit(before: UsageLimitRow | null, sent: unknown, write: LimitWrite): UsageLimitRow | null {
  if (sent === null) return null;
  const merged = write.quirks.mergingPuts ? mergeNested(before, sent) : sent;
  return settleUsageLimit({ before, written: readUsageLimit(merged, 'usage_limits'), ...write });
}

export interface LimitListWrite extends LimitWrite {
  readonly newId: () => string;
  /** Integrations take one entry (7.2). */
  readonly maxItems?: number;
  /** Thresholds at or above the limit are taken. Default false. */
  readonly takesHighThreshold?: boolean;
}

/** `usage_limits` as workspaces and integrations have it: a list or null. Each entry continues the counter of its type. */
export function writeUsageLimits(
  before: readonly UsageLimitRow[] | null,
  sent: unknown,
  write: LimitListWrite,
): UsageLimitRow[] | null {
  const entries = readList(before, sent, 'usage_limits', write);
  if (!Array.isArray(entries)) return entries === 'keep' ? (before as UsageLimitRow[] | null) : null;
  const left = [...(before ?? [])];
  const settled = entries.map((entry) => {
    const written = readUsageLimit(entry, 'usage_limits', write.takesHighThreshold);
    const at = left.findIndex((old) => (old.type ?? 'cost') === (written.type ?? 'cost'));
    const [old = null] = at < 0 ? [] : left.splice(at, 1);
    const limit = settleUsageLimit({ before: old, written, ...write });
    limit.id ??= write.newId();
    limit.status ??= 'active';
    return limit;
  });
  return settled;
}

/** `rate_limits`: a list everywhere, though one document types it as an object (16, question 17). */
export function writeRateLimits(
  before: readonly RateLimitRow[] | null,
  sent: unknown,
  write: Omit<LimitListWrite, 'newId' | 'now'> & { readonly units: readonly string[]; readonly least: 0 | 1 },
): RateLimitRow[] | null {
  const entries = readList(before, isObject(sent) ? [sent] : sent, 'rate_limits', write);
  if (!Array.isArray(entries)) return entries === 'keep' ? (before as RateLimitRow[] | null) : null;
  return entries.map((entry) => {
    if (!isObject(entry)) throw invalid('rate_limits', 'Validation failed: rate_limits: Invalid value');
    return {
      ...entry,
      type: readChoice(entry, 'type', ['requests', 'tokens']),
      unit: readChoice(entry, 'unit', write.units),
      value: readNumber(entry, 'value', { min: write.least, integer: true }),
    };
  });
}

/** The entries sent; `clear` for null; `keep` for an empty list, which is not proven to clear anything (1.3). */
function readList(
  before: readonly unknown[] | null,
  sent: unknown,
  name: string,
  write: { readonly quirks: Quirks; readonly maxItems?: number },
): unknown[] | 'clear' | 'keep' {
  if (sent === null) return 'clear';
  if (!Array.isArray(sent)) throw invalid(name, `Validation failed: ${name}: must be an array`);
  if (sent.length === 0) return write.quirks.emptyListClears ? 'clear' : 'keep';
  if (write.maxItems !== undefined && sent.length > write.maxItems) {
    throw invalid(name, `Validation failed: ${name}: must have at most ${write.maxItems} entry`);
  }
  return write.quirks.mergingPuts ? (mergeNested(before, sent) as unknown[]) : sent;
}

/** A budget as answered: with the quirk, "no reset" is the empty text (1.8). */
export function renderUsageLimit(limit: UsageLimitRow, quirks: Quirks): UsageLimitRow {
  const { verdict_due_at: _hidden, ...shown } = limit;
  const isReset = typeof limit.periodic_reset === 'string' || limit.credit_limit === undefined;
  return quirks.emptyPeriodicReset && !isReset ? { ...shown, periodic_reset: '' } : shown;
}
