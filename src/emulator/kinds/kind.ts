/** Create, read, update and delete of any kind: what differs between kinds is in their tables. */

import type { Context, Hono } from 'hono';
import type { Body } from '../body.ts';
import type { PageRules } from '../paging.ts';
import type { RouteContext } from '../service.ts';
import { type Rows, removeRow, sortNewestFirst, type Tables } from '../store.ts';
import { type FieldTable, showFields, type View, type Write, writeFields } from './fields.ts';

export type Verb = 'read' | 'update' | 'delete';

type KindTable = 'apiKeys' | 'configs' | 'integrations' | 'providers' | 'ratePolicies' | 'usagePolicies' | 'workspaces';

/** Hooks refuse by throwing, in the order in which they stand here. */
export interface EmulatedKind<Name extends KindTable> {
  /** Of the list, and of one row. */
  readonly path: string;
  readonly item: string;
  readonly table: Name;
  /** What a refusal calls a row that is not there. */
  readonly noun: string;
  readonly fields: FieldTable<Rows[Name]>;
  /** Rows that a list is made of, and which of them it holds; refuses who may not list. */
  readonly select: (
    c: Context,
    context: RouteContext,
  ) => { readonly rows: readonly Rows[Name][]; readonly isWanted?: (row: Rows[Name]) => boolean };
  readonly pages?: PageRules;
  /** The row that the path names, for somebody who may do this with it. */
  readonly find: (c: Context, context: RouteContext, verb: Verb) => Rows[Name] | Promise<Rows[Name]>;
  /** Whether a get shows a row that is found. Default: yes. */
  readonly isShown?: (row: Rows[Name], c: Context, context: RouteContext) => boolean;
  /** Refuses who may not create. */
  readonly openCreate?: (c: Context, context: RouteContext) => void;
  /** A row with nothing set but where it belongs. Without it there is no generic create. */
  readonly build?: (c: Context, context: RouteContext, body: Body) => Rows[Name];
  /** Rules that bind several fields, and what follows from a change. */
  readonly settle?: (write: Write<Rows[Name]>, c: Context) => void;
  /** What a second row of one name is refused with, with the quirk `nameConflict409`. */
  readonly twin?: string;
  /** What creation brings along, once nothing can go wrong any more. */
  readonly afterCreate?: (row: Rows[Name], body: Body, c: Context, context: RouteContext) => void;
  readonly showCreated?: (row: Rows[Name], c: Context, context: RouteContext) => object;
  readonly showUpdated?: (row: Rows[Name], c: Context, context: RouteContext) => object;
  /** What get answers, given the fields that it shows. Default: these. */
  readonly frameOne?: (row: Rows[Name], shown: Record<string, unknown>, view: View) => object;
  /** What the list answers in place of the usual frame; undefined: that. */
  readonly frameList?: (rows: readonly object[], context: RouteContext) => object | undefined;
  readonly beforeDelete?: (row: Rows[Name], c: Context, context: RouteContext) => void | Promise<void>;
  /** Deleted rows stay, archived. Default: they are gone. */
  readonly archives?: true;
}

export function registerKind<Name extends KindTable>(app: Hono, context: RouteContext, kind: EmulatedKind<Name>): void {
  const { path, item, fields } = kind;

  app.get(path, (c) => {
    const { rows, isWanted = () => true } = kind.select(c, context);
    const shown = sortNewestFirst(rows)
      .map((row) => context.view(row))
      .filter((row) => row !== undefined)
      .filter(isWanted);
    const render = (row: Rows[Name]): object => showFields(fields, row, { c, context, form: 'list' });
    const framed = kind.frameList?.(context.page(c, shown).rows.map(render), context);
    return framed === undefined ? context.sendList(c, shown, render, kind.pages) : c.json(framed);
  });

  const { build } = kind;
  if (build !== undefined) {
    app.post(path, async (c) => {
      kind.openCreate?.(c, context);
      const body = await context.readBody(c);
      const row = createRow(kind, build(c, context, body), body, c, context);
      return c.json(kind.showCreated?.(row, c, context) ?? { id: row.id });
    });
  }

  app.get(item, async (c) => {
    const row = context.view(await kind.find(c, context, 'read'));
    if (row === undefined || kind.isShown?.(row, c, context) === false)
      throw context.notFound(`${kind.noun} not found`);
    const view: View = { c, context, form: 'get' };
    const shown = showFields(fields, row, view);
    return c.json(kind.frameOne?.(row, shown, view) ?? shown);
  });

  app.put(item, async (c) => {
    const row = await kind.find(c, context, 'update');
    const body = await context.readBody(c);
    const write = writeFields(fields, row, body, { context, isNew: false });
    kind.settle?.(write, c);
    refuseTwin(kind, write.next, context);
    context.beforeChange(row);
    Object.assign(row, write.next, { last_updated_at: context.timestamp() });
    return c.json(kind.showUpdated?.(row, c, context) ?? {});
  });

  app.delete(item, async (c) => {
    const row = await kind.find(c, context, 'delete');
    await kind.beforeDelete?.(row, c, context);
    if (kind.archives) {
      context.beforeChange(row);
      Object.assign(row, { status: 'archived', last_updated_at: context.timestamp() });
    } else removeRow(tableOf(kind, context), row);
    return context.sendDeleted(c);
  });
}

/** The row as the body has it, kept. */
export function createRow<Name extends KindTable>(
  kind: EmulatedKind<Name>,
  blank: Rows[Name],
  body: Body,
  c: Context,
  context: RouteContext,
): Rows[Name] {
  const write = writeFields(kind.fields, blank, body, { context, isNew: true });
  kind.settle?.(write, c);
  const row = write.next;
  refuseTwin(kind, row, context);
  kind.afterCreate?.(row, body, c, context);
  tableOf(kind, context).push(row);
  context.afterCreate(row);
  return row;
}

function tableOf<Name extends KindTable>({ table }: EmulatedKind<Name>, { store }: RouteContext): Rows[Name][] {
  const tables: Tables = store.state;
  return tables[table];
}

/** The quirk `nameConflict409`; without it names may repeat, and a repeated POST makes a second row. */
function refuseTwin<Name extends KindTable>(kind: EmulatedKind<Name>, next: Rows[Name], context: RouteContext): void {
  if (kind.twin === undefined || !context.quirks.nameConflict409 || next.name === null) return;
  const home = 'workspace_id' in next ? next.workspace_id : null;
  const isTaken = tableOf(kind, context).some(
    (row) =>
      row.id !== next.id &&
      row.status !== 'archived' &&
      row.name === next.name &&
      ('workspace_id' in row ? row.workspace_id : null) === home,
  );
  if (isTaken) throw context.fail(409, 'AB07', kind.twin);
}
