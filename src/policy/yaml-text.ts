/** Values → YAML text as policy files write it. */

import { Document, isMap, isScalar, Scalar, stringify, visit } from 'yaml';
import { hasUnseen, replaceUnseen } from '../printable.ts';
import type { Json } from '../resources/types.ts';

/** A value as written, keys in the order in which they are printed. */
export type PrintedValue = Json | ReadonlyMap<string, PrintedValue> | readonly PrintedValue[];

export interface YamlStyle {
  /** Stands above the document. */
  readonly comment?: string;
  /** Sections at the top whose entries have a blank line between them; then each section has one before it. */
  readonly apart?: readonly string[];
  /** Columns of one level; default 2. */
  readonly indent?: number;
  /** On one line, in braces and brackets; default: block style. */
  readonly flow?: boolean;
  /** Quotes of a lone text; default: none where none are needed. */
  readonly quotes?: 'single' | 'double';
}

/** Block style unless asked otherwise, since a comma inside braces would split `$2,000`. Ends with a newline. */
export function renderYaml(value: PrintedValue, style: YamlStyle = {}): string {
  const document = new Document(value, { version: '1.2', aliasDuplicateObjects: false });
  if (style.comment !== undefined) document.commentBefore = style.comment;
  if (style.apart !== undefined) spaceOut(document, style.apart);
  const { indent = 2 } = style;
  const quotes = style.quotes === 'single' ? Scalar.QUOTE_SINGLE : Scalar.QUOTE_DOUBLE;
  visit(document, {
    Scalar: (key, node) => {
      // On one line a comment would take the rest of it along.
      if (style.flow === true) node.comment = null;
      if (typeof node.value !== 'string') return;
      if (style.quotes !== undefined) node.type = quotes;
      // The printer marks the depth of a block that starts with a space for steps of two columns only.
      if (indent !== 2 && /^\n*[ \t]/.test(node.value) && node.value.includes('\n')) node.type = Scalar.QUOTE_DOUBLE;
      // Blank lines at its end would be one with those that follow in the file.
      if (/\n\n$|^\n$/.test(node.value)) node.type = Scalar.QUOTE_DOUBLE;
      // `<<` would be a merge key; carriage returns would be lost in a block, and what nobody sees is written out.
      if ((key === 'key' && node.value === '<<') || hasUnseen(node.value)) node.type = Scalar.QUOTE_DOUBLE;
    },
    Collection: (_, node) => {
      if (style.flow === true) node.flow = true;
    },
  });
  // What YAML 1.1 tools would read as something else (`off`, dates) is quoted too.
  const text = stringify(document, {
    lineWidth: 0,
    compat: 'yaml-1.1',
    indent,
    ...(style.flow === true || indent !== 2 ? { doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER } : {}),
  });
  // They are inside double quotes alone, where this is how YAML writes them, or in a comment.
  return replaceUnseen(text, (point) => {
    const hex = point.toString(16);
    return point > 0xffff ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`;
  });
}

function spaceOut({ contents }: Document, sections: readonly string[]): void {
  if (!isMap(contents)) return;
  for (const { key, value } of contents.items) {
    if (!isScalar(key) || !isMap(value)) continue;
    key.spaceBefore = true;
    if (!sections.includes(String(key.value))) continue;
    for (const { key: name } of value.items.slice(1)) if (isScalar(name)) name.spaceBefore = true;
  }
}

/** A text with a comment behind it. */
export function commented(text: string, comment: string): PrintedValue {
  const scalar = new Scalar(text);
  scalar.comment = ` ${comment}`;
  return scalar as unknown as PrintedValue;
}

/** A text that differs from a keyword, `none`, by its quotes. */
export function quoted(text: string): PrintedValue {
  const scalar = new Scalar(text);
  scalar.type = Scalar.QUOTE_DOUBLE;
  return scalar as unknown as PrintedValue;
}
