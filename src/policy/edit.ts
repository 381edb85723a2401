/** Text → text edits of policy files that keep comments, order and quoting. */

import { isProblem, parseAmount, parsePercent } from '../resources/amounts.ts';
import { specOf } from '../resources/registry.ts';
import type { Kind } from '../resources/types.ts';
import { printEntry } from './print.ts';
import type { PrintedEntry } from './print-values.ts';
import { quote } from './quote.ts';
import { isPlainMap, type Plain } from './yaml-plain.ts';
import { type EditedText, isRefused, readValue, setValue } from './yaml-splice.ts';
import { type PrintedValue, renderYaml } from './yaml-text.ts';

/** Where an entry stands in its file. */
export interface EntryPlace {
  readonly kind: Kind;
  readonly name: string;
  /** In the organisation file; default: in a workspace's. */
  readonly inOrganisation?: boolean;
}

/** The keys that lead to an entry: `policies`, `monthly-spend`. */
export function pathOfEntry({ kind, name, inOrganisation = false }: EntryPlace): readonly string[] {
  const { section } = specOf(kind);
  if (kind === 'workspace-limits') return [section];
  const path = [section, name];
  if (kind === 'integration-prices') return [...path, 'prices'];
  return inOrganisation && kind === 'integration-limits' ? [...path, 'new_workspaces'] : path;
}

/** Adds an entry at the end of its section, and the section at the end of the file where there is none. */
export function addEntry(text: string, entry: PrintedEntry, inOrganisation = false): EditedText {
  const path = pathOfEntry({ ...entry, inOrganisation });
  const there = readValue(text, path);
  if (there !== undefined && !(isPlainMap(there) && there.map.length === 0)) {
    return { refusal: `${quote(path.join('/'))} stands in the file already` };
  }
  const value = printEntry(entry);
  return value === undefined
    ? { refusal: `${quote(entry.name)} has nothing to be written` }
    : setValue(text, path, value);
}

/** Takes an entry out, with the comments inside it; a section that has no other goes too. */
export function removeEntry(text: string, place: EntryPlace): EditedText {
  return setValue(text, pathOfEntry(place), undefined);
}

/** Sets or replaces one written field (`budget`, `reset`, `alert` …); undefined takes it away. */
export function setField(text: string, place: EntryPlace, field: string, value: PrintedValue | undefined): EditedText {
  return setValue(text, [...pathOfEntry(place), field], value);
}

/**
 * Rewrites the written fields that differ between two states of an entry, so that the file says `after`. A field that means
 * the same in both keeps its text, however it is spelled.
 */
export function rewriteEntry(
  text: string,
  before: PrintedEntry,
  after: PrintedEntry,
  inOrganisation = false,
): EditedText {
  const place = { ...before, inOrganisation };
  const path = pathOfEntry(place);
  const written = readValue(text, path);
  if (written === undefined) return { refusal: `${quote(path.join('/'))} does not stand in the file` };
  // `none` for the whole entry.
  if (!isPlainMap(written)) {
    const value = printEntry(after);
    return value === undefined ? removeEntry(text, place) : setValue(text, path, value);
  }
  const from = printFields(before, written);
  const to = printFields(after, written);
  let edited: EditedText = { text };
  // What goes is taken out last, so that the entry is never empty on the way.
  const fields = [...new Set([...to.keys(), ...from.keys()])];
  for (const field of fields) {
    const value = to.get(field);
    const isEqual = textOf(from.get(field)) === textOf(value);
    const isSameBudget = textOf(from.get('budget')) === textOf(to.get('budget'));
    const keeps =
      field !== 'alert' || (Array.isArray(value) && isSameBudget)
        ? isEqual
        : isAlertOf(written, value, to.get('budget'));
    if (keeps || isRefused(edited)) continue;
    edited = setField(edited.text, place, field, value);
  }
  return edited;
}

/** The fields of an entry in the form in which the file has them: one or a list of budgets and rates. */
function printFields(entry: PrintedEntry, written: Plain): ReadonlyMap<string, PrintedValue> {
  const fields = new Map(printEntry(entry) ?? []);
  const has = (field: string): boolean => isPlainMap(written) && written.map.some(([name]) => name === field);
  const rate = fields.get('rate');
  if (has('rates') && rate !== undefined) {
    fields.delete('rate');
    fields.set('rates', rate === 'none' ? 'none' : [rate]);
  }
  const budget = fields.get('budget');
  if (has('budgets') && budget !== undefined) {
    const parts = ['budget', 'reset', 'alert'].flatMap((field) => {
      const value = fields.get(field);
      fields.delete(field);
      return value === undefined ? [] : [[field, value] as const];
    });
    fields.set('budgets', budget === 'none' ? 'none' : [new Map(parts)]);
  }
  return fields;
}

/** A percentage means another amount when the budget moves, so the text is judged by what it comes to. */
function isAlertOf(written: Plain, wished: PrintedValue | undefined, budget: PrintedValue | undefined): boolean {
  const found = isPlainMap(written) ? written.map.find(([name]) => name === 'alert')?.[1] : undefined;
  if (found === undefined || wished === undefined) return found === wished;
  if (found === wished) return true;
  const [a, b] = [amountOf(found), amountOf(wished)];
  // Only amounts of one form can be compared here; the budget may have moved under a percentage.
  return budget !== undefined && a !== null && a === b;
}

function amountOf(value: unknown): string | null {
  if (typeof value !== 'string' || parsePercent(value) !== null) return null;
  const amount = parseAmount(value);
  return isProblem(amount) ? null : `${amount.unit} ${amount.amount}`;
}

function textOf(value: PrintedValue | undefined): string {
  return value === undefined ? '' : renderYaml(value);
}
