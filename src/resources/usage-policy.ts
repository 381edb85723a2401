import type { PolicyKindSpec, WireRow } from './kind.ts';
import type { KindPort } from './kind-port.ts';
import { amountFromWire, amountToWire, daysOfReset, isLimit, resetFromWire, resetToWire } from './limits.ts';
import { perToWire } from './match.ts';
import { buildCommonBody, isPolicyFieldReleased, readCommonFields } from './policy-fields.ts';
import type { Fields, Reset, Unit } from './types.ts';
import type { WireUsagePolicy } from './wire.ts';

/** A budget over matching requests, counted per group; `/policies/usage-limits` (docs/service-notes.md#policies). */
export const usagePolicy: PolicyKindSpec = {
  kind: 'usage-policy',
  section: 'policies',
  label: 'budget policy',
  plural: 'budget policies',
  list: async (port, workspaceId) => (workspaceId === null ? [] : port.listUsagePolicies(workspaceId)),
  nameOf: ({ name }) => (typeof name === 'string' ? name : null),
  lacksMembers: lacksReset,
  readWhole: async (port, row) => ({ ...row, ...(await readWithReset(port, row.id)) }),
  read: (port, { id }) => readWithReset(port, id),
  policy: true,
  immutable: ['unit', 'per'],

  readFields(wire, scope, hints): Fields {
    const row = wire as WireUsagePolicy;
    const unit = (row.type ?? 'cost') as Unit;
    // Days that are null say nothing while the other member is missing: lists of backends 1.15 to 1.17
    // (docs/service-notes.md#backend-versions).
    const knowsReset = row.periodic_reset !== undefined || typeof row.periodic_reset_days === 'number';
    const fields = readCommonFields(row, scope, hints, 'llm');
    fields.unit = unit;
    fields.amount = isLimit(row.credit_limit) ? amountFromWire(row.credit_limit, unit) : null;
    fields.alert = isLimit(row.alert_threshold) ? amountFromWire(row.alert_threshold, unit) : null;
    if (knowsReset) fields.reset = resetFromWire(row);
    return fields;
  },

  isReleased: isPolicyFieldReleased,

  buildCreate({ unit = 'cost', amount, alert, reset = 'never', per = [], ...fields }, workspaceId, nextReset) {
    return {
      workspace_id: workspaceId,
      ...buildCommonBody(fields, 'llm'),
      group_by: perToWire(per),
      type: unit,
      credit_limit: amountToWire(amount ?? null, unit),
      ...(typeof alert === 'number' ? { alert_threshold: amountToWire(alert, unit) } : {}),
      ...presentMembers(resetToWire(reset)),
      ...(nextReset === null ? {} : { next_usage_reset_at: nextReset }),
    };
  },

  buildUpdate(changed, { unit = 'cost' }) {
    const { amount, alert, reset } = changed;
    return {
      ...buildCommonBody(changed, 'llm'),
      ...(amount === undefined ? {} : { credit_limit: amountToWire(amount, unit) }),
      ...(alert === undefined ? {} : { alert_threshold: amountToWire(alert, unit) }),
      ...(reset === undefined ? {} : resetToWire(reset)),
    };
  },
};

/**
 * Lists lack `periodic_reset` before 1.18, and the days too before 1.15 (docs/service-notes.md#backend-versions). From 1.15 on days
 * that are null say nothing about the other member.
 */
export function lacksReset(row: WireRow): boolean {
  return row.periodic_reset === undefined && typeof row.periodic_reset_days !== 'number';
}

/** Read by id, a policy that still shows no reset has none; only lists leave the members out. */
export async function readWithReset(port: KindPort, id: string): Promise<WireUsagePolicy> {
  const row = await port.readUsagePolicy(id);
  return { ...row, periodic_reset: row.periodic_reset ?? null };
}

/** A create leaves out what is null: a policy that never resets has neither member. */
function presentMembers(members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
}

/**
 * The end of the running window, to be carried over by a replacement of the same reset. Only `every N days` needs it: the
 * service computes the calendar windows itself.
 */
export function carriedReset(row: WireUsagePolicy, reset: Reset): string | null {
  if (daysOfReset(reset) === null || resetFromWire(row) !== reset) return null;
  return row.next_usage_reset_at ?? null;
}
