import { isSame } from '../resources/canonical.ts';
import { isPartOfLimit } from '../resources/fields.ts';
import type { Fields } from '../resources/types.ts';
import type { RecordedEntry } from './applied-record.ts';
import type { ResolvedEntry } from './resolution.ts';
import { isSameUntil } from './until.ts';

/**
 * Git, record and live say the same of a resource, and live has no limit of it that nobody manages. By far the most resources
 * of a plan are at rest; there is nothing to merge, to tell or to remember of them. False says only that one has to look closer.
 *
 * @param live canonical fields of the live object
 */
export function isAtRest(resolved: ResolvedEntry, recorded: RecordedEntry | null, live: Fields): boolean {
  if (recorded === null || recorded.owed === true || recorded.leftovers !== undefined) return false;
  const { entry, fields } = resolved;
  if (recorded.name !== resolved.name || recorded.protect !== entry.protect) return false;
  if (recorded.starting !== entry.starting || (recorded.viaStar === true) !== resolved.viaStar) return false;
  if (!isSameUntil(entry, recorded)) return false;
  const past = recorded.fields;
  let count = 0;
  for (const field in fields) {
    const wanted = fields[field];
    // These stand for many fields.
    if (field === 'rates' || field === 'budgets') return false;
    if (!isSame(wanted, live[field]) || !isSame(wanted, past[field])) return false;
    count += 1;
  }
  for (const _ in past) count -= 1;
  if (count !== 0) return false;
  for (const field in live) {
    if (live[field] !== null && fields[field] === undefined && isPartOfLimit(field)) return false;
  }
  return true;
}
