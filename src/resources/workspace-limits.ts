import {
  alertField,
  budgetField,
  type FieldsDraft,
  isApart,
  isBeside,
  isBudget,
  isPartOfBudget,
  isRate,
  isUnknownRate,
  numberSlot,
  slotFor,
  slotOf,
  slotsIn,
} from './fields.ts';
import type { AttachmentKindSpec, LimitsMove } from './kind.ts';
import {
  alertFromWire,
  budgetFromWire,
  budgetToWire,
  buildRates,
  rateFieldsFromWire,
  resetFromWire,
} from './limits.ts';
import type { Fields, Unit } from './types.ts';
import type { WireBudget, WireWorkspace } from './wire.ts';

/**
 * A workspace's own budgets and rates; `PUT /admin/workspaces/{id}` (docs/service-notes.md#workspace-rows).
 *
 * The service keeps a list of budgets without a handle to tell them apart, and people add to it by hand. A managed budget is
 * known by its unit and reset (`budget[cost/monthly]`); what is left of the list is sent back as it was read.
 */
export const workspaceLimits: AttachmentKindSpec = {
  kind: 'workspace-limits',
  section: 'limits',
  label: 'workspace',
  plural: 'workspaces',
  nameOf: () => 'limits',
  read: (port, { id }) => port.readWorkspace(id),
  target: ({ id }) => ({ kind: 'workspace-limits', workspaceId: id }),
  per: 'workspace_id',
  policy: false,
  singleRate: false,

  readFields(wire, _scope, hints): Fields {
    const row = wire as WireWorkspace;
    const fields = rateFieldsFromWire(row.rate_limits, hints);
    for (const [slot, budget] of assignSlots(row.usage_limits, hints)) {
      fields[budgetField(slot)] = budgetFromWire(budget);
      fields[alertField(slot)] = alertFromWire(budget);
    }
    return fields;
  },

  isReleased: (field) => field === 'budgets' || field === 'rates',

  buildLimits(wire, move) {
    const row = wire as WireWorkspace;
    const budgets = Object.keys(move.changed).some(isPartOfBudget) ? buildBudgets(row.usage_limits, move) : undefined;
    const rates = buildRates(row.rate_limits, move, false);
    return {
      ...(budgets === undefined ? {} : { usage_limits: budgets }),
      ...(rates === undefined ? {} : { rate_limits: rates }),
    };
  },
};

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
    const slot = slotFor(parsed);
    groups.set(slot, [...(groups.get(slot) ?? []), budget]);
  }
  const slots = new Map<string, WireBudget>();
  for (const [slot, group] of groups) {
    const amounts = hints.map((hint) => hint[budgetField(slot)]?.amount);
    const hinted = amounts.map((amount) => group.find((budget) => budgetFromWire(budget)?.amount === amount));
    const managed = hinted.find((budget) => budget !== undefined) ?? group[0];
    const others = group.filter((budget) => budget !== managed);
    if (managed !== undefined) slots.set(slot, managed);
    for (const [index, budget] of others.entries()) slots.set(numberSlot(slot, index + 2), budget);
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
  const expected: FieldsDraft = { ...wanted };
  const others = Object.keys(shown).filter((field) => isApart(field) && !(field in wanted));
  for (const field of Object.keys(wanted)) {
    if (wanted[field] !== null || isApart(field)) continue;
    if (isRate(field)) {
      const next = others.filter(isRate).find((other) => isBeside(other, field));
      if (next !== undefined && !isUnknownRate(next)) expected[field] = shown[next] ?? null;
    }
    const slot = isBudget(field) ? slotOf(field) : null;
    if (slot === null) continue;
    for (const [index, other] of others
      .filter(isBudget)
      .filter((one) => isBeside(one, budgetField(slot)))
      .entries()) {
      expected[budgetField(numberSlot(slot, index + 1))] = shown[other] ?? null;
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
  for (const slot of new Set([...slots.keys(), ...slotsIn(Object.keys(after))])) {
    if (slot === null) continue;
    const budget = slots.get(slot);
    const moves = budgetField(slot) in changed || alertField(slot) in changed;
    const wanted = after[budgetField(slot)];
    if (!moves || wanted === undefined) {
      // Not ours, or not moving: back as it was read.
      if (budget !== undefined) list.push(budget);
    } else if (wanted !== null) {
      const alert = after[alertField(slot)];
      const windowEnd = budget?.next_usage_reset_at ?? null;
      list.push(budgetToWire(budget ?? null, wanted, alert, { starting, windowEnd }));
    }
  }
  // A limit of zero makes room for a budget of its unit and reset.
  const taken = new Set(list.flatMap((budget) => slotOfWire(budget) ?? []));
  const unread = (live ?? []).filter(
    (budget) => budgetFromWire(budget) === null && holdsAnything(budget) && !taken.has(slotOfWire(budget) ?? ''),
  );
  const whole = [...list, ...unread];
  return whole.length === 0 ? null : whole;
}

function slotOfWire(budget: WireBudget): string | null {
  return typeof budget.credit_limit === 'number'
    ? slotFor({ unit: (budget.type ?? 'cost') as Unit, reset: resetFromWire(budget) })
    : null;
}

/** An entry without a limit goes back as well; one that holds nothing but the server's flags is none. */
function holdsAnything(budget: WireBudget): boolean {
  return typeof budget.credit_limit === 'number';
}
