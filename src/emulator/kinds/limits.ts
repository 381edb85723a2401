/** The budget and rate objects that keys, workspaces, providers and integrations share. */

import { type Body, isObject, mergeNested, readOrNull, takeChoice, takeDate, takeNumber } from '../body.ts';
import { refuseField, refuseMember } from '../errors.ts';
import { computeNextReset, normalizeResetDate, resetUsageLimit } from '../resets.ts';
import type { RouteContext } from '../service.ts';
import type { Limits, OwnerRow, RateLimitRow, UsageLimitRow } from '../store.ts';
import { findNextSync, isLimitSpent } from '../verdicts.ts';
import { type Field, type FieldTable, type Write, writeFields } from './fields.ts';

/** When a counter starts anew: of budgets as of policies. */
export const resetFields = {
  periodic_reset: {
    // The empty text is what the service itself may have shown for "none", so a caller may send it back.
    read: (body: Body, name: string) =>
      body[name] === null || body[name] === '' ? null : takeChoice(body, name, ['weekly', 'monthly']),
  },
  periodic_reset_days: {
    read: (body: Body, name: string) =>
      readOrNull(body, name, () => takeNumber(body, name, { min: 1, max: 365, integer: true })),
  },
  next_usage_reset_at: {
    read: (body: Body, name: string) => readOrNull(body, name, () => normalizeResetDate(takeDate(body, name))),
  },
} as const;

const ofServer: Field<UsageLimitRow> = {};

/** What callers may set on a budget, and what only the server does: dropped, as clients send back what they read. */
const budgetFields: FieldTable<UsageLimitRow> = {
  type: { read: (body, name) => takeChoice(body, name, ['cost', 'tokens']) },
  credit_limit: {
    required: true,
    read: (body, name, { next }) => takeNumber(body, name, { min: leastLimit(next.type ?? 'cost'), integer: true }),
  },
  alert_threshold: {
    read: (body, name) => readOrNull(body, name, () => takeNumber(body, name, { min: 1, integer: true })),
  },
  ...resetFields,
  ...Object.fromEntries(
    (
      [
        'id',
        'current_usage',
        'status',
        'last_reset_at',
        'is_threshold_alerts_sent',
        'is_exhausted_alerts_sent',
        'is_expired_alerts_sent',
        'verdict_due_at',
      ] as const satisfies readonly (keyof UsageLimitRow)[]
    ).map((name) => [name, ofServer]),
  ),
};

type Ruled = Pick<UsageLimitRow, 'alert_threshold' | 'credit_limit' | 'periodic_reset' | 'periodic_reset_days'>;

/** Both kinds of reset at once are the documented refusal. */
export function refuseBothResets({ periodic_reset: reset, periodic_reset_days: days }: Ruled): void {
  if (typeof reset === 'string' && typeof days === 'number') {
    throw refuseMember('periodic_reset', 'Cannot set both periodic_reset and periodic_reset_days');
  }
}

export function refuseHighThreshold({ alert_threshold: threshold, credit_limit: limit = 0 }: Ruled): void {
  if (typeof threshold === 'number' && threshold >= limit) {
    throw refuseMember('alert_threshold', 'alert_threshold must be less than credit_limit');
  }
}

/** The least that may be bought of a type. */
export function leastLimit(type: string): number {
  return type === 'tokens' ? 100 : 1;
}

/** What it does not know it keeps as sent, as a service to come would: whoever leaves it out has lost it. */
function readBudget(value: unknown, context: RouteContext, takesHighThreshold = false): UsageLimitRow {
  if (!isObject(value)) throw refuseField('usage_limits', 'must be an object');
  const unknown = Object.entries(value).filter(([member]) => !Object.hasOwn(budgetFields, member));
  const { next } = writeFields<UsageLimitRow>(budgetFields, Object.fromEntries(unknown), value, {
    context,
    isNew: true,
  });
  if (!takesHighThreshold) refuseHighThreshold(next);
  refuseBothResets(next);
  return next;
}

/** The written budget over the old one's counter and flags; a raise re-arms and wakes. */
function settleBudget(before: UsageLimitRow | null, written: UsageLimitRow, context: RouteContext): UsageLimitRow {
  const { quirks } = context;
  const limit: UsageLimitRow = { ...written };
  const hasReset = typeof limit.periodic_reset === 'string' || typeof limit.periodic_reset_days === 'number';
  const old = quirks.changedResetKeepsDate ? before?.next_usage_reset_at : undefined;
  limit.next_usage_reset_at = hasReset
    ? (written.next_usage_reset_at ?? old ?? computeNextReset(limit, context.now(), 'sunday'))
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
  if (isSpent && limit.status !== 'exhausted' && !quirks.lowerDoesNotExhaust) {
    limit.verdict_due_at = findNextSync(context.now());
  }
  return limit;
}

/** `usage_limits` as keys and providers have it: one object or null. */
function writeBudget(before: UsageLimitRow | null, sent: unknown, context: RouteContext): UsageLimitRow | null {
  if (sent === null) return null;
  const merged = context.quirks.mergingPuts ? mergeNested(before, sent) : sent;
  return settleBudget(before, readBudget(merged, context), context);
}

interface ListRules {
  /** Shares of integrations take one entry. */
  readonly maxItems?: number;
  /** Thresholds at or above the limit are taken. Default false. */
  readonly takesHighThreshold?: boolean;
}

/** `usage_limits` as workspaces and integrations have it: a list or null. Each entry continues the counter of its type. */
function writeBudgets(
  before: UsageLimitRow[] | null,
  sent: unknown,
  context: RouteContext,
  rules: ListRules,
): UsageLimitRow[] | null {
  const entries = readList(before, sent, 'usage_limits', context, rules);
  if (!Array.isArray(entries)) return entries === 'keep' ? before : null;
  const left = [...(before ?? [])];
  return entries.map((entry) => {
    const written = readBudget(entry, context, rules.takesHighThreshold);
    const at = left.findIndex((old) => (old.type ?? 'cost') === (written.type ?? 'cost'));
    const [old = null] = at < 0 ? [] : left.splice(at, 1);
    const limit = settleBudget(old, written, context);
    limit.id ??= context.newId();
    limit.status ??= 'active';
    return limit;
  });
}

interface RateRules extends ListRules {
  readonly units: readonly string[];
  readonly least: 0 | 1;
}

export const keyRates: RateRules = { units: ['rps', 'rpm', 'rph', 'rpd', 'rpw'], least: 0 };
export const sharedRates: RateRules = { units: ['rpm', 'rph', 'rpd'], least: 1 };
export const policyRateUnits = ['rpm', 'rph', 'rpd', 'rpw'];

/** `rate_limits`: a list everywhere, though one document types it as an object. */
function writeRates(
  before: RateLimitRow[] | null,
  sent: unknown,
  context: RouteContext,
  rules: RateRules,
): RateLimitRow[] | null {
  const entries = readList(before, isObject(sent) ? [sent] : sent, 'rate_limits', context, rules);
  if (!Array.isArray(entries)) return entries === 'keep' ? before : null;
  return entries.map((entry) => {
    if (!isObject(entry)) throw refuseField('rate_limits');
    return {
      ...entry,
      type: takeChoice(entry, 'type', ['requests', 'tokens']),
      unit: takeChoice(entry, 'unit', rules.units),
      value: takeNumber(entry, 'value', { min: rules.least, integer: true }),
    };
  });
}

/** The entries sent; `clear` for null; `keep` for an empty list, which is not proven to clear anything. */
function readList(
  before: readonly unknown[] | null,
  sent: unknown,
  name: string,
  { quirks }: RouteContext,
  { maxItems }: ListRules,
): unknown[] | 'clear' | 'keep' {
  if (sent === null) return 'clear';
  if (!Array.isArray(sent)) throw refuseField(name, 'must be an array');
  if (sent.length === 0) return quirks.emptyListClears ? 'clear' : 'keep';
  if (maxItems !== undefined && sent.length > maxItems) {
    throw refuseField(name, `must have at most ${maxItems} entry`);
  }
  const merged = quirks.mergingPuts ? mergeNested(before, sent) : sent;
  return Array.isArray(merged) ? merged : sent;
}

/** A budget as answered: with the quirk, "no reset" is the empty text. */
export function showBudget(limit: UsageLimitRow, { quirks }: RouteContext): UsageLimitRow {
  const { verdict_due_at: _hidden, ...shown } = limit;
  const isReset = typeof limit.periodic_reset === 'string' || limit.credit_limit === undefined;
  return quirks.emptyPeriodicReset && !isReset ? { ...shown, periodic_reset: '' } : shown;
}

/** The limits of workspaces, and of shares of integrations: null clears. */
export function limitListFields(rules: ListRules = {}) {
  return {
    usage_limits: {
      read: (body, name, { before, context }) => writeBudgets(before.usage_limits, body[name], context, rules),
      show: (row, { context }) => row.usage_limits?.map((limit) => showBudget(limit, context)) ?? null,
    },
    rate_limits: {
      read: (body, name, { before, context }) =>
        writeRates(before.rate_limits, body[name], context, { ...sharedRates, ...rules }),
    },
  } satisfies FieldTable<Limits>;
}

/** The limits of keys and providers, and what wakes their owner. */
export function ownerFields(rates: RateRules, readExpiry: (body: Body, name: string, context: RouteContext) => string) {
  return {
    usage_limits: {
      read: (body, name, { before, next, context }) => {
        const budget = writeBudget(before.usage_limits, body[name], context);
        next.status = wakeStatus(before, budget);
        return budget;
      },
      show: ({ usage_limits: limit }, { context }) => (limit === null ? null : showBudget(limit, context)),
    },
    rate_limits: {
      read: (body, name, { before, context }) => writeRates(before.rate_limits, body[name], context, rates) ?? [],
    },
    expires_at: {
      read: (body, name, { before, next, context }) => {
        const date = readOrNull(body, name, () => readExpiry(body, name, context));
        if (before.status === 'expired') next.status = 'active';
        return date;
      },
    },
    reset_usage: {
      read: (body, name, write) => (body[name] === true ? resetOwner(write) : undefined),
      show: () => null,
    },
    last_reset_at: {},
  } satisfies FieldTable<OwnerRow>;
}

/** Clearing a budget, or raising it above what is spent, wakes an exhausted owner. */
function wakeStatus(row: OwnerRow, next: UsageLimitRow | null): OwnerRow['status'] {
  if (row.status !== 'exhausted') return row.status;
  const isRaised = next === null || (next.credit_limit ?? 0) > (row.usage_limits?.credit_limit ?? 0);
  return isRaised && (next === null || !isLimitSpent(next)) ? 'active' : row.status;
}

function resetOwner({ next, isNew, context }: Write<OwnerRow>): undefined {
  if (isNew) return;
  next.usage_limits &&= { ...next.usage_limits };
  if (next.usage_limits !== null) resetUsageLimit(next.usage_limits, context.timestamp());
  next.last_reset_at = context.timestamp();
  if (next.status === 'exhausted') next.status = 'active';
}
