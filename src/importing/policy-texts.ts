/** What a policy file says apart from its entries, as edits need to know it. Pure. */

import type { PolicyFile } from '../policy/compile.ts';
import type { PrintedEntry } from '../policy/print-values.ts';
import type { Plain } from '../policy/yaml-plain.ts';
import { readValue } from '../policy/yaml-splice.ts';
import { listFew } from '../render/list-few.ts';
import type { Desired } from '../resources/types.ts';

export function orgFileOf(files: readonly PolicyFile[], desired: Pick<Desired, 'orgFile'>): PolicyFile | undefined {
  return files.find(({ path }) => path === desired.orgFile.file);
}

/**
 * Recipients that every key below a file gets: those of the organisation and of the file itself, lower-cased.
 *
 * @param file null: a workspace without a file
 */
export function inheritedRecipients(
  files: readonly PolicyFile[],
  desired: Pick<Desired, 'orgFile'>,
  file: string | null,
): readonly string[] {
  const texts = [orgFileOf(files, desired)?.text, files.find(({ path }) => path === file)?.text];
  const lists = texts.map((text) =>
    addressesOf(text === undefined ? undefined : readValue(text, ['alerts', 'recipients'])),
  );
  return [...new Set(lists.flat().map((address) => address.toLowerCase()))];
}

/** As written; a lone address is a list of one, and `none` an empty one. */
export function addressesOf(written: Plain | undefined): readonly string[] {
  if (typeof written === 'string') return written === 'none' ? [] : [written];
  return Array.isArray(written) ? written.filter((item): item is string => typeof item === 'string') : [];
}

/** Names out of a file, for people: however long they are, and however many. */
export function someNames(names: readonly string[], most: number): string {
  return listFew(
    names.map((name) => JSON.stringify(name.slice(0, 80))),
    most,
  );
}

/** A live key as an entry below inherited recipients; null where they would be added to it. */
export function addRecipients(entry: PrintedEntry, inherited: readonly string[]): PrintedEntry | null {
  if (entry.kind !== 'key-limits' || inherited.length === 0) return entry;
  const live = entry.fields.recipients ?? [];
  if (live.length > 0 && inherited.some((address) => !live.includes(address))) return null;
  return { ...entry, fields: { ...entry.fields, recipients: live } };
}
