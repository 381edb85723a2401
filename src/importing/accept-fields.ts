/** Which fields of a change drifted, and an entry's fields with live values over them. Pure. */

import type { Change } from '../plan/types.ts';
import type { PrintedEntry } from '../policy/print-values.ts';
import { isSame } from '../resources/canonical.ts';
import {
  alertOf,
  budgetOf,
  type FieldsDraft,
  isAlert,
  isApart,
  isApi,
  isBudget,
  isPartOfBudget,
  isPartOfRate,
  isRate,
  isSlotted,
} from '../resources/fields.ts';
import { isPolicyKind } from '../resources/registry.ts';
import type { Condition, Desired, DesiredEntry, Fields, Match } from '../resources/types.ts';

/**
 * Of a change whose cause is `drifted`, all; of one that is `both`, those that live moved away from the record. A field that
 * was edited in Git as well is among them: accepting takes the live value.
 */
export function driftedFields({ cause, fieldChanges }: Change, recorded: Fields): readonly string[] {
  return fieldChanges
    .filter(({ field, before }) => {
      if (field === 'starting') return false;
      return cause === 'drifted' || (field in recorded && !isSame(recorded[field] ?? null, before ?? null));
    })
    .map(({ field }) => field);
}

export interface AcceptedFields {
  readonly change: Change;
  /** Those that drifted. */
  readonly fields: readonly string[];
  /** What the entry itself writes. */
  readonly base: Fields;
  /** What applies to it, with that of `"*"` beneath. */
  readonly effective: Fields;
  /** All that is live. */
  readonly live: Fields;
  /** Names of keys by id, for conditions: people write names. */
  readonly names: ReadonlyMap<string, string>;
}

export function acceptFields({ change, fields, base, effective, live, names }: AcceptedFields): Fields {
  const before = change.before ?? {};
  const next: FieldsDraft = { ...base };
  const isSlot = (field: string): boolean => isSlotted(field) || field === 'budgets';
  for (const field of fields) {
    const value = before[field];
    if (isPartOfRate(field) || isSlot(field) || field === 'recipients') continue;
    if (field === 'match') next.match = nameKeys(before.match, names);
    else if (value === undefined && isApi(field)) delete next[field];
    else next[field] = value ?? null;
  }
  // A budget and its alert are written together: an alert of `"*"`, or a percentage, would follow the new amount.
  if (fields.some((field) => ['budget', 'alert', 'amount'].includes(field))) {
    const budget = before.budget === undefined ? live.budget : before.budget;
    if (!('amount' in next) && budget !== undefined) next.budget = budget;
    if (next.budget === null) delete next.alert;
    else if ('alert' in effective || 'alert' in base) next.alert = before.alert ?? live.alert ?? null;
  }
  if (fields.some(isSlot)) acceptSlots(next, fields, before, live);
  if (fields.some(isPartOfRate)) acceptRates(next, fields, before, live);
  return next;
}

/** A workspace's list of budgets: one that moved to another period or unit is found among those that nobody declares. */
function acceptSlots(next: FieldsDraft, fields: readonly string[], before: Fields, live: Fields): void {
  let isMoved = false;
  for (const field of fields.filter(isBudget).filter(isSlotted)) {
    const value = before[field] ?? null;
    if (value === null) {
      isMoved = true;
      delete next[field];
      delete next[alertOf(field)];
    } else {
      delete next.budgets;
      next[field] = value;
    }
  }
  for (const field of fields.filter(isAlert).filter(isSlotted)) {
    if (budgetOf(field) in next) next[field] = before[field] ?? null;
  }
  if (isMoved) {
    for (const [field, value] of Object.entries(live)) {
      if (isSlotted(field) && !isApart(field) && value !== null) next[field] ??= value;
    }
  }
  if (!Object.keys(next).some(isPartOfBudget)) next.budgets = null;
}

function acceptRates(next: FieldsDraft, fields: readonly string[], before: Fields, live: Fields): void {
  for (const field of fields.filter((name) => isRate(name) && !isApart(name))) {
    const value = before[field] ?? null;
    if (value === null) delete next[field];
    else {
      delete next.rates;
      next[field] = value;
    }
  }
  const hasRate = (all: Fields): boolean => Object.keys(all).some((name) => isRate(name) && all[name] !== null);
  // `none` would take away a rate that nobody declared.
  if (!hasRate(next) && !hasRate(live)) next.rates = null;
}

function nameKeys(match: Match | undefined, names: ReadonlyMap<string, string>): Match {
  if (match === undefined || match === 'all') return 'all';
  const name = (value: string): string => names.get(value) ?? value;
  return match.map((condition): Condition => {
    const { key, any, except } = condition;
    if (key !== 'api_key') return condition;
    return { key, any: any === '*' ? any : any.map(name), except: except.map(name) };
  });
}

/** The written start belongs to the reset that it stands in. */
export function keepsStarting(entry: DesiredEntry, fields: readonly string[]): boolean {
  return (
    entry.starting === undefined || !fields.some((field) => field === 'reset' || isBudget(field) || field === 'budgets')
  );
}

export function toPrinted(entry: DesiredEntry): PrintedEntry {
  const { kind, name, liveName, id, fields, protect, starting } = entry;
  return {
    kind,
    name,
    fields,
    protect,
    ...(liveName === undefined || isPolicyKind(kind) ? {} : { liveName }),
    ...(id === undefined ? {} : { id }),
    ...(starting === undefined ? {} : { starting }),
  };
}

/** What an entry of its own no longer has from the one that it stands over; the owner of the file goes on being its owner. */
export function inheritedWords(
  { workspaces }: Pick<Desired, 'workspaces'>,
  { workspace, owner, silence, protect }: DesiredEntry,
): Pick<PrintedEntry, 'owner' | 'silence' | 'protect'> {
  const file = workspaces.find(({ ref }) => ref === workspace);
  return {
    ...(owner === undefined || owner === file?.owner ? {} : { owner }),
    ...(silence === undefined ? {} : { silence }),
    protect,
  };
}

/** A key that `"*"` reaches, by its own name; where others share it, by its id. */
export function keyEntry({ key, liveId }: Change): PrintedEntry {
  const base = { kind: key.kind, fields: {} };
  const isShared = liveId !== null && key.name.endsWith(`#${liveId}`);
  if (!isShared) return { ...base, name: key.name };
  const name = key.name.slice(0, -liveId.length - 1);
  return { ...base, name: `${name === '' ? 'unnamed' : name}-${liveId.slice(0, 8)}`, id: liveId };
}
