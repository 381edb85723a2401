/**
 * Lists of thresholds, of which the control plane holds one: what becomes of a list when that one, or the budget, moved by hand. Pure.
 *
 * | live | the list |
 * |---|---|
 * | holds the highest below the budget | stays |
 * | holds another amount, above the others of the list | this one item moves |
 * | holds nothing, or an amount below another of the list | cannot say it: it is edited by hand |
 */

import type { PrintedEntry } from '../policy/print-values.ts';
import { isPlainMap, type Plain } from '../policy/yaml-plain.ts';
import { type AlertThreshold, entryPlace, type PlaceAlerts } from '../resources/alert-settings.ts';
import { formatAmount } from '../resources/amounts.ts';
import { alertOf, isBudget, policyBudget, slotFor } from '../resources/fields.ts';
import type { Budget, Desired, Fields, Kind, ResourceKey } from '../resources/types.ts';

/** What stands on an entry beside its fields: who is told, and lists of thresholds. */
export function alertWords({ alerting }: Desired, entry: ResourceKey): Pick<PrintedEntry, 'alerts' | 'thresholds'> {
  const { thresholds, ...alerts } = alerting?.places[entryPlace(entry)] ?? {};
  return {
    ...(Object.keys(alerts).length === 0 ? {} : { alerts }),
    ...(thresholds === undefined ? {} : { thresholds }),
  };
}

type Thresholds = NonNullable<PlaceAlerts['thresholds']>;

/** One budget of an entry, under the name that its list has. */
interface NamedBudget {
  readonly slot: string;
  readonly budget: Budget;
  /** Undefined: nothing is said of it. */
  readonly alert: number | null | undefined;
}

function budgetsOf(kind: Kind, fields: Fields): readonly NamedBudget[] {
  if (kind === 'usage-policy') {
    const budget = policyBudget(fields);
    return budget === null ? [] : [{ slot: '', budget, alert: fields.alert }];
  }
  return Object.keys(fields)
    .filter(isBudget)
    .flatMap((name) => {
      const budget = fields[name];
      if (budget === undefined || budget === null) return [];
      return [{ slot: kind === 'workspace-limits' ? slotFor(budget) : '', budget, alert: fields[alertOf(name)] }];
    });
}

/** Whether an `alert` is a list in the text of the entry itself. */
export function hasOwnList(written: Plain | undefined): boolean {
  if (!isPlainMap(written)) return false;
  const memberOf = (map: Plain | undefined, name: string): Plain | undefined =>
    isPlainMap(map) ? map.map.find(([key]) => key === name)?.[1] : undefined;
  const budgets = memberOf(written, 'budgets');
  return (
    Array.isArray(memberOf(written, 'alert')) ||
    (Array.isArray(budgets) && budgets.some((one) => Array.isArray(memberOf(one, 'alert'))))
  );
}

export interface MovedLists {
  readonly kind: Kind;
  /** Of the entry as it is in force. */
  readonly thresholds: Thresholds;
  readonly before: Fields;
  /** With live values over those that drifted. */
  readonly after: Fields;
  /** The entry's own text has the lists; else they lie beneath it, and are needed only where it gets an alert. */
  readonly isOwn: boolean;
}

/** The lists beside the fields after the edit, by slot; or why there are none that say it. */
export function moveLists({
  kind,
  thresholds,
  before,
  after,
  isOwn,
}: MovedLists): { readonly thresholds: Thresholds } | { readonly why: string } {
  const [old, now] = [budgetsOf(kind, before), budgetsOf(kind, after)];
  const next: Record<string, readonly AlertThreshold[]> = {};
  for (const [slot, list] of Object.entries(thresholds)) {
    const unit = old.find((one) => one.slot === slot)?.budget.unit;
    const found = now.find((one) => one.slot === slot);
    if (found === undefined || (unit !== undefined && found.budget.unit !== unit)) {
      if (now.length === 0 || !isOwn) continue;
      return { why: `its list of thresholds belongs to a budget that is not live any more: ${byHand}` };
    }
    if (!isOwn && found.alert === undefined) continue;
    const moved = moveList(list, found);
    if (typeof moved === 'string') return { why: moved };
    next[slot] = moved;
  }
  return { thresholds: next };
}

const byHand = 'change `alert:` by hand, then accept the rest';

function moveList(list: readonly AlertThreshold[], { budget, alert }: NamedBudget): readonly AlertThreshold[] | string {
  const amounts = list.flatMap(({ at }) => (at === 'budget' ? [] : [at]));
  const held = amounts.at(-1);
  if (held === undefined) return list;
  if (alert === null) return `live has no alert of it, which its list of thresholds cannot say: ${byHand}`;
  const top = alert ?? held;
  const say = (amount: number): string => formatAmount(amount, budget.unit);
  const odd = amounts.slice(0, -1).find((one) => one >= top);
  if (odd !== undefined) {
    return `live alerts at ${say(top)}, which is not above ${say(odd)} of its list of thresholds: ${byHand}`;
  }
  if (top >= budget.amount) {
    return `its list of thresholds has ${say(top)}, which is not below the live budget of ${say(budget.amount)}: ${byHand}`;
  }
  return list.map((one) => (one.at === held ? { ...one, at: top } : one));
}
