/** A kind of row as a table: what each field accepts, whether it can change, and how it reads back. */

import type { Context } from 'hono';
import { type Body, has } from '../body.ts';
import { refuseField } from '../errors.ts';
import type { Flag } from '../quirks.ts';
import type { RouteContext } from '../service.ts';

/** Answers about one row hold more, or other things, than the rows of a list. */
export type AnswerForm = 'get' | 'list';

export interface View {
  readonly c: Context;
  readonly context: RouteContext;
  readonly form: AnswerForm;
}

export interface Write<Row> {
  readonly before: Row;
  /** A copy of it, in which the fields before this one stand as written. */
  readonly next: Row;
  readonly body: Body;
  readonly isNew: boolean;
  readonly context: RouteContext;
}

export interface Field<Row, Value = unknown> {
  /** What a caller sends, as it is kept; undefined keeps what is there. Without it the field cannot be set. */
  readonly read?: (body: Body, name: string, write: Write<Row>) => Value | undefined;
  /** Creation does not do without. */
  readonly required?: true;
  /** Set at creation alone: later ignored, or refused with the quirk `refuseImmutable`. */
  readonly immutable?: true;
  /** How it reads back; undefined: not at all. Default: as it is kept. */
  readonly show?: (row: Row, view: View) => unknown;
  /** The answers that show it. Default: all. */
  readonly only?: AnswerForm;
  /** The quirk with which no answer shows it, or no list. */
  readonly hiddenBy?: Flag;
  readonly hiddenInListsBy?: Flag;
}

/** In the order in which they are read and shown. Names that are not a column of the row are what callers see alone. */
export type FieldTable<Row> = { readonly [Name in keyof Row]?: Field<Row, Row[Name]> } & {
  readonly [name: string]: Field<Row>;
};

/** What is set and never shown. */
export const hidden = (): undefined => undefined;

/** Everything that the body names, over a copy of the row; what it does not name stays. */
export function writeFields<Row extends object>(
  fields: FieldTable<Row>,
  before: Row,
  body: Body,
  { context, isNew }: Pick<Write<Row>, 'context' | 'isNew'>,
): Write<Row> {
  const write: Write<Row> = { before, next: { ...before }, body, isNew, context };
  for (const [name, { read, required, immutable }] of Object.entries<Field<Row>>(fields)) {
    const isSent = has(body, name);
    if (!isNew && immutable && isSent && context.quirks.refuseImmutable) throw refuseField(name, 'cannot be updated');
    if (read === undefined || (immutable && !isNew) || !(isSent || (required && isNew))) continue;
    const value = read(body, name, write);
    if (value !== undefined) Object.assign(write.next, { [name]: value });
  }
  return write;
}

export function showFields<Row extends object>(fields: FieldTable<Row>, row: Row, view: View): Record<string, unknown> {
  const { quirks } = view.context;
  const shown: Record<string, unknown> = {};
  for (const [name, field] of Object.entries<Field<Row>>(fields)) {
    const { show, only = view.form, hiddenBy, hiddenInListsBy } = field;
    const isHidden = hiddenBy !== undefined && quirks[hiddenBy];
    const isUnlisted = view.form === 'list' && hiddenInListsBy !== undefined && quirks[hiddenInListsBy];
    if (only !== view.form || isHidden || isUnlisted) continue;
    shown[name] = show === undefined ? Reflect.get(row, name) : show(row, view);
  }
  return shown;
}
