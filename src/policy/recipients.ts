/** Mail recipients and expiry dates. */

import { compareText } from '../diagnostics.ts';
import type { FieldNode, Place } from './nodes.ts';
import { quote } from './quote.ts';
import type { Report } from './reader.ts';
import { expectScalar, isNone, readItems, readMap, readShaped, shown } from './reader.ts';
import { patterns } from './schema.ts';

export interface Recipient {
  /** Lower-cased, as the service compares them. */
  readonly address: string;
  readonly at: Place;
}

/** Null: `none`. */
export function readRecipients(field: FieldNode, report: Report): readonly Recipient[] | null {
  if (isNone(field.node)) return null;
  const seen = new Map<string, Place>();
  const expected = 'a list of addresses, or `none`';
  for (const item of readItems(field, expected, report, { lone: true })) {
    const node = expectScalar(item, 'an address such as `team@example.com`', report);
    if (node === undefined) continue;
    const address = node.text.toLowerCase();
    if (!patterns.email.test(address) || address.length > 254) {
      report(
        'invalid-recipient',
        node.at,
        `\`${shown(field)}\`: ${quote(node.text)} is no address: write one such as \`team@example.com\``,
      );
      continue;
    }
    const first = seen.get(address);
    if (first === undefined) seen.set(address, node.at);
    else
      report(
        'duplicate-recipient',
        node.at,
        `${quote(node.text)} stands here twice, first on line ${first.source.line}: keep one`,
      );
  }
  return [...seen].map(([address, at]) => ({ address, at }));
}

/** `alerts: {recipients: […]}` of a file. */
export function readAlerts(field: FieldNode | undefined, report: Report): readonly Recipient[] | undefined {
  const recipients =
    field === undefined ? undefined : readMap(field, ['recipients'], '`alerts`', report)?.get('recipients');
  return recipients === undefined ? undefined : (readRecipients(recipients, report) ?? []);
}

/** Union, sorted; undefined where no level declares any. */
export function joinRecipients(
  ...levels: readonly (readonly Recipient[] | undefined)[]
): readonly string[] | undefined {
  const declared = levels.filter((level) => level !== undefined);
  if (declared.length === 0) return undefined;
  return [...new Set(declared.flat().map((recipient) => recipient.address))].sort(compareText);
}

/** ISO date-time in UTC with milliseconds; null for `none`. */
export function readExpires(field: FieldNode, report: Report): string | null | undefined {
  if (isNone(field.node)) return null;
  const expected = 'a date-time with its zone, `2027-01-31T00:00:00Z`, or `none`';
  const node = expectScalar(field, expected, report);
  if (node === undefined) return undefined;
  if (patterns.date.test(node.text)) {
    report(
      'invalid-date',
      node.at,
      `\`${shown(field)}\`: ${quote(node.text)} has no time of day: write \`${node.text}T00:00:00Z\``,
    );
    return undefined;
  }
  const text = readShaped(field, patterns.dateTime, 'invalid-date', expected, report);
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  // A day that does not exist, such as 30 February, is moved into the next month.
  const day = text.slice(0, 10);
  const real = new Date(`${day}T00:00:00Z`);
  if (!Number.isNaN(time) && !Number.isNaN(real.getTime()) && real.toISOString().startsWith(day)) {
    return new Date(time).toISOString();
  }
  report(
    'invalid-date',
    node.at,
    `\`${shown(field)}\`: ${quote(text)} is no moment of the calendar: write ${expected}`,
  );
  return undefined;
}
