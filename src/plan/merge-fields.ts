import { isSame } from '../resources/canonical.ts';
import {
  alertOf,
  budgetOf,
  type FieldsDraft,
  isAlert,
  isApart,
  isBudget,
  isPartOfLimit,
  isRate,
  isSet,
  isSlotted,
  policyBudget,
} from '../resources/fields.ts';
import type { KindSpec } from '../resources/kind.ts';
import type { Budget, Fields, FieldValue } from '../resources/types.ts';

export interface MergedFields {
  /** Managed fields as they are live. A field the service does not show is left out. */
  readonly before: Fields;
  /** Managed fields as they are to be. */
  readonly after: Fields;
  /** Recorded fields that absence stops managing without touching live. */
  readonly released: readonly string[];
}

/**
 * The table of absent, none and value, field by field:
 *
 * | in the files | in the record | here |
 * |---|---|---|
 * | a value or `none` | – | compared with live |
 * | absent | a value | cleared, or released where clearing would be an act of its own |
 * | absent | absent | not compared |
 */
export function mergeFields(spec: KindSpec, declared: Fields, recorded: Fields, live: Fields): MergedFields {
  const before: FieldsDraft = {};
  const after: FieldsDraft = {};
  const released: string[] = [];

  const set = (field: string, wanted: FieldValue): void => {
    const now = liveValue(live, field);
    if (now === undefined) {
      // The service does not show this field. It moves only when Git moved; what was recorded stands for live, and what was
      // never recorded has never been written. Of what cannot be seen, nothing can be known to need clearing.
      const known = recorded[field];
      if (isSame(known, wanted) || (known === undefined && wanted === null)) return;
      if (known !== undefined) before[field] = known;
    } else {
      before[field] = now;
    }
    after[field] = wanted;
  };

  for (const [field, value] of Object.entries(declared)) {
    if (field === 'rates') setAll(live, isRate, set);
    else if (field === 'budgets') setAll(live, (name) => isBudget(name) && isSlotted(name), set);
    else set(field, value);
  }
  for (const [field, value] of Object.entries(recorded)) {
    if (field in declared || field in after) continue;
    // `none`, once recorded, has nothing left to take away.
    if (value === null || (field === 'recipients' && !isSet(value))) continue;
    if (spec.isReleased(field)) released.push(field);
    else set(field, field === 'recipients' ? [] : null);
  }
  if (!spec.policy && spec.singleRate) displaceOtherRates(declared, live, set);
  dropAlertsOfClearedBudgets(before, after);
  return { before, after, released };
}

/** Absent limits are "no such limit"; other absent fields are "not said". */
function liveValue(live: Fields, field: string): FieldValue | undefined {
  const value = live[field];
  return value === undefined && isPartOfLimit(field) ? null : value;
}

function setAll(
  live: Fields,
  belongs: (field: string) => boolean,
  set: (field: string, value: FieldValue) => void,
): void {
  for (const field of Object.keys(live)) if (belongs(field)) set(field, null);
}

/**
 * Where a level holds one rate only, a declared one takes the place of whatever is there. One that holds several all the same keeps
 * those that no file can name (`rate[images/minute#unknown]`): they are nobody's.
 */
function displaceOtherRates(declared: Fields, live: Fields, set: (field: string, value: FieldValue) => void): void {
  if (!Object.keys(declared).some(isRate)) return;
  const rates = Object.keys(live).filter(isRate);
  for (const field of rates) if (!(field in declared) && (rates.length === 1 || !isApart(field))) set(field, null);
}

/** An alert goes with its budget; saying so twice would only be noise. */
function dropAlertsOfClearedBudgets(before: FieldsDraft, after: FieldsDraft): void {
  for (const field of Object.keys(after)) {
    if (!isAlert(field) || after[budgetOf(field)] !== null) continue;
    delete before[field];
    delete after[field];
  }
}

/**
 * A live alert that nobody declared and that the new amount would overtake: the service refuses it
 * (docs/service-notes.md#limit-object), and dropping it in silence would be worse. Returns the alert's amount and unit, for the
 * message.
 */
export function overtakenAlert(after: Fields, live: Fields): { alert: number; budget: Budget } | null {
  for (const field of Object.keys(after)) {
    const alertName = field === 'amount' ? 'alert' : isBudget(field) ? alertOf(field) : null;
    // What does not move is not written, so the service is not asked to take the two together.
    if (alertName === null || alertName in after || isSame(after[field], live[field])) continue;
    const [budget, now] = isBudget(field) ? [after[field], live[field]] : [policyBudget(after), policyBudget(after)];
    const alert = live[alertName];
    if (!budget || typeof alert !== 'number') continue;
    if (now?.unit === budget.unit && alert >= budget.amount) return { alert, budget };
  }
  return null;
}
