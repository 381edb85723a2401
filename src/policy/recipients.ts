/** Mail recipients and expiry dates. */

import { compareText } from '../diagnostics.ts';
import { parseInstant } from '../instant.ts';
import { example, explainPlaceholder, isNoneWord, type Sentence, say, writeValue } from './advice.ts';
import { key, oneOrList, orNone, type Shape, textForm } from './forms.ts';
import type { FieldNode, SourceRange } from './nodes.ts';
import { patterns } from './patterns.ts';
import { quote } from './quote.ts';
import { expectScalar, isNone, readItems, refuseValue } from './reader.ts';
import type { Report } from './report.ts';

export interface Recipient {
  /** Lower-cased, as the service compares them. */
  readonly address: string;
  readonly at: SourceRange;
}

const writeAddress = 'write an address, such as team@example.com, or a list of them';
const address = { ...textForm(patterns.email.source, writeAddress, ['team@example.com']).schema, maxLength: 254 };

/** Null: `none`. */
const recipients = orNone<Shape<readonly Recipient[] | null>>(
  { schema: oneOrList(address), read: readRecipients },
  writeAddress,
);
export const recipientsKey = key(
  recipients,
  'Who gets mail, beside the recipients that the service always adds. `none`: nobody else.',
);

function readRecipients(field: FieldNode, report: Report): readonly Recipient[] | null {
  if (isNone(field.node)) return null;
  const seen = new Map<string, SourceRange>();
  const expected = 'a list of addresses, or `none`';
  for (const item of readItems(field, expected, report, { lone: true })) {
    const node = expectScalar(item, say`an address such as ${example('team@example.com')}`, report);
    if (node === undefined) continue;
    const address = node.text.toLowerCase();
    if (!patterns.email.test(address) || address.length > 254) {
      refuseValue(
        item,
        'invalid-recipient',
        say`is not an address: write one such as ${example('team@example.com')}`,
        report,
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

/** Union, sorted; undefined where no level declares any. */
export function joinRecipients(
  ...levels: readonly (readonly Recipient[] | undefined)[]
): readonly string[] | undefined {
  const declared = levels.filter((level) => level !== undefined);
  if (declared.length === 0) return undefined;
  return [...new Set(declared.flat().map((recipient) => recipient.address))].sort(compareText);
}

/** ISO date-time in UTC with milliseconds; null for a day that does not exist, such as 30 February. */
function parseTime(text: string): string | null {
  const at = parseInstant(text);
  return at === null ? null : new Date(at).toISOString();
}

/** The moment that a day, or a time without its zone, stands for: in UTC, a day from its first minute. The year comes first. */
function guessTime(text: string): string | null {
  const parts =
    /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]+(\d{1,2}:\d{2}(?::\d{2})?(?:\.\d{1,3})?) ?([Zz]|UTC|[+-]\d{2}:?\d{2})?)?$/i.exec(
      text,
    );
  if (parts === null) return null;
  const [, year = '', month = '', day = '', time = '00:00:00', zone = 'Z'] = parts;
  const offset = /^[+-]/.test(zone) ? zone.replace(/(\d{2}):?(\d{2})$/, '$1:$2') : 'Z';
  const written = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}T${time.padStart(time.length + (time.indexOf(':') === 1 ? 1 : 0), '0')}${offset}`;
  return patterns.dateTime.test(written) && parseTime(written) !== null ? written : null;
}

const writeTime = 'write a date with its time and zone, such as 2027-01-31T00:00:00Z';

/** ISO date-time in UTC with milliseconds; null for `none`. */
export const expires: Shape<string | null> = {
  ...orNone(textForm(patterns.dateTime.source, writeTime, ['2027-01-31T00:00:00Z'])),
  read: readExpires,
};

function readExpires(field: FieldNode, report: Report): string | null | undefined {
  if (isNone(field.node)) return null;
  const expected = say`a date-time with its zone, such as ${['2027-01-31T00:00:00Z', 'none'].map(example)}`;
  const node = expectScalar(field, expected, report);
  if (node === undefined) return undefined;
  const { text } = node;
  const time = patterns.dateTime.test(text) ? parseTime(text) : null;
  if (time !== null) return time;
  const refuse = (said: Sentence) => refuseValue(field, 'invalid-date', said, report);
  const meant = guessTime(text);
  if (isNoneWord(text)) return refuse(say`is not a date: write ${writeValue('none')} for never`);
  if (meant !== null) return refuse(say`is not a date with its time and zone: write ${writeValue(meant)}`);
  const isShaped = patterns.date.test(text) || patterns.dateTime.test(text);
  const left = explainPlaceholder(text);
  return refuse(say`${left ?? (isShaped ? 'is not a moment of the calendar' : 'does not fit')}: write ${expected}`);
}
