import { type AttachmentKindSpec, isBudgetField, type LimitsMove } from './kind.ts';
import { alertFromWire, budgetFromWire, budgetToWire, rateFieldsFromWire, resetFromWire } from './limits.ts';
import { buildRates } from './single-limits.ts';
import type { Budget, Fields, FieldValue, Unit } from './types.ts';
import type { WireBudget, WireWorkspace } from './wire.ts';

/**
 * A workspace's own budgets and rates; `PUT /admin/workspaces/{id}` (API reference 5).
 *
 * The service keeps a list of budgets without a handle to tell them apart, and people add to it by hand. A managed budget is
 * known by its unit and reset (`budget[cost/monthly]`); what is left of the list is sent back as it was read.
 */
export const workspaceLimits: AttachmentKindSpec = {
  kind: 'workspace-limits',
  section: 'limits',
  label: '',
  policy: false,
  singleRate: false,

  readFields(wire, _scope, hints): Fields {
    const row = wire as unknown as WireWorkspace;
    const fields: Record<string, FieldValue> = { ...rateFieldsFromWire(row.rate_limits, hints) };
    for (const [slot, budget] of assignSlots(row.usage_limits, hints)) {
      fields[`budget[${slot}]`] = budgetFromWire(budget);
      fields[`alert[${slot}]`] = alertFromWire(budget);
    }
    return fields;
  },

  isReleased: (field) => field === 'budgets' || field === 'rates',

  buildLimits(wire, move) {
    const row = wire as unknown as WireWorkspace;
    const budgets = Object.keys(move.changed).some(isBudgetField) ? buildBudgets(row.usage_limits, move) : undefined;
    const rates = buildRates(row.rate_limits, move, false);
    return {
      ...(budgets === undefined ? {} : { usage_limits: budgets }),
      ...(rates === undefined ? {} : { rate_limits: rates }),
    };
  },
};

/** `cost/monthly`, `tokens/every 14 days`. */
export function budgetSlot(budget: Pick<Budget, 'unit' | 'reset'>): string {
  return `${budget.unit}/${budget.reset}`;
}

/** The slot inside `budget[…]` or `alert[…]`, or null for another field. */
export function budgetSlotOf(field: string): string | null {
  return /^(?:budget|alert)\[(.+)\]$/.exec(field)?.[1] ?? null;
}

/**
 * Live budgets by slot. Of several with one unit and reset the managed one is that of a hinted amount, else the first; the
 * others get slots of their own (`cost/monthly#2`) that no file can name, so they stay unmanaged.
 */
function assignSlots(
  budgets: readonly WireBudget[] | null | undefined,
  hints: readonly Fields[],
): Map<string, WireBudget> {
  const groups = new Map<string, WireBudget[]>();
  for (const budget of budgets ?? []) {
    const parsed = budgetFromWire(budget);
    if (parsed === null) continue;
    const slot = budgetSlot(parsed);
    groups.set(slot, [...(groups.get(slot) ?? []), budget]);
  }
  const slots = new Map<string, WireBudget>();
  for (const [slot, group] of groups) {
    const amounts = hints.map((hint) => (hint[`budget[${slot}]`] as Budget | null | undefined)?.amount);
    const hinted = amounts.map((amount) => group.find((budget) => budgetFromWire(budget)?.amount === amount));
    const managed = hinted.find((budget) => budget !== undefined) ?? group[0];
    const others = group.filter((budget) => budget !== managed);
    if (managed !== undefined) slots.set(slot, managed);
    for (const [index, budget] of others.entries()) slots.set(`${slot}#${index + 2}`, budget);
  }
  return slots;
}

/**
 * What a read shows once `wanted` is written: of several budgets with one unit and reset, or rates of one name, the next one
 * moves up into the slot of the one that was cleared.
 *
 * @param shown all fields before the write, read with the managed ones as hints
 */
export function expectAfterClearing(wanted: Fields, shown: Fields): Fields {
  const expected: Record<string, FieldValue> = { ...wanted };
  for (const [field, value] of Object.entries(wanted)) {
    if (value === null && /^rate\[[^#]+\]$/.test(field)) {
      const next = Object.entries(shown).find(
        ([name]) => name.startsWith(field.replace(']', '#')) && !(name in wanted),
      );
      if (next !== undefined && !next[0].endsWith('#unknown]')) expected[field] = next[1];
    }
    const slot = value === null && field.startsWith('budget[') ? budgetSlotOf(field) : null;
    if (slot === null || slot.includes('#')) continue;
    const others = Object.keys(shown).filter((name) => name.startsWith(`budget[${slot}#`) && !(name in wanted));
    for (const [index, other] of others.entries()) {
      expected[index === 0 ? field : `budget[${slot}#${index + 1}]`] = shown[other] ?? null;
    }
  }
  return expected;
}

function buildBudgets(
  live: readonly WireBudget[] | null | undefined,
  { before, after, changed, starting }: LimitsMove,
): readonly WireBudget[] | null {
  const slots = assignSlots(live, [before]);
  const list: WireBudget[] = [];
  for (const slot of new Set([...slots.keys(), ...Object.keys(after).flatMap((field) => budgetSlotOf(field) ?? [])])) {
    const budget = slots.get(slot);
    const moves = `budget[${slot}]` in changed || `alert[${slot}]` in changed;
    const wanted = after[`budget[${slot}]`] as Budget | null | undefined;
    if (!moves || wanted === undefined) {
      // Not ours, or not moving: back as it was read.
      if (budget !== undefined) list.push(budget);
    } else if (wanted !== null) {
      const alert = after[`alert[${slot}]`] as number | null | undefined;
      const windowEnd = budget?.next_usage_reset_at ?? null;
      list.push(budgetToWire(budget ?? null, wanted, alert, { starting, windowEnd }));
    }
  }
  // A limit of zero makes room for a budget of its unit and reset.
  const taken = new Set(list.flatMap((budget) => slotOf(budget) ?? []));
  const unread = (live ?? []).filter(
    (budget) => budgetFromWire(budget) === null && holdsAnything(budget) && !taken.has(slotOf(budget) ?? ''),
  );
  const whole = [...list, ...unread];
  return whole.length === 0 ? null : whole;
}

function slotOf(budget: WireBudget): string | null {
  return typeof budget.credit_limit === 'number'
    ? budgetSlot({ unit: (budget.type ?? 'cost') as Unit, reset: resetFromWire(budget) })
    : null;
}

/** An entry without a limit goes back as well; one that holds nothing but the server's flags is none. */
function holdsAnything(budget: WireBudget): boolean {
  return typeof budget.credit_limit === 'number';
}
