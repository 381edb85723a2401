/** `/logs`: one log, custom logs, and exports from draft to download. */

import type { Context, Hono } from 'hono';
import { buildRowFilter, indexFeedback } from '../analytics/filters.ts';
import { type Body, has, isObject, parseObjects, takeObject, takeTextList } from '../body.ts';
import { invalidRequest, refuseField, refuseMember } from '../errors.ts';
import type { RouteContext } from '../service.ts';
import { type LogExportRow, type RequestLogRow, sortNewestFirst } from '../store.ts';
import { exportFields, readCustomLog, renderExportLine, renderLog } from './log-details.ts';

/** Rows of one export at most, and by default. */
const exportMaximum = 50_000;

export function registerLogs(app: Hono, context: RouteContext): void {
  registerExports(app, context);

  app.post('/logs', async (c) => {
    context.requireScope(c, 'logs.write');
    const logs = parseObjects(await c.req.text())?.map(readCustomLog) ?? [undefined];
    const known = logs.filter((log) => log !== undefined);
    if (known.length < logs.length) throw refuseMember('request', invalidRequest);
    const caller = context.caller(c);
    for (const log of known) {
      context.store.state.requestLogs.push({
        ...log,
        id: context.newId(),
        trace_id: log.trace_id ?? context.newId(),
        created_at: context.timestamp(),
        workspace_id: caller.workspaceId ?? '',
        api_key_id: caller.id,
      });
    }
    return c.json({ status: 'success' });
  });

  app.get('/logs/:id', (c) => {
    if (context.quirks.gatewayRoutesElsewhere) return c.json({ message: 'Method Not Allowed' }, 405);
    context.requireScope(c, 'logs.view');
    const id = c.req.param('id');
    const own = context.caller(c).workspaceId;
    const row = context.store.find('requestLogs', id);
    if (row === undefined || (own !== undefined && row.workspace_id !== own)) throw context.notFound('Log not found');
    return c.json(renderLog(row, context.organisation(), context.store.find('workspaces', row.workspace_id)));
  });
}

function registerExports(app: Hono, context: RouteContext): void {
  app.get('/logs/exports/field-restrictions', (c) => {
    requireReads(c, context);
    return c.json({ allowed_fields: exportFields, restricted_fields: [], object: 'field-restrictions' });
  });

  app.get('/logs/exports', (c) => {
    requireReads(c, context);
    const workspace = context.optionalWorkspaceFor(c, c.req.query('workspace_id'));
    const rows = context.store.list('logExports', workspace?.id).filter((row) => isVisible(c, context, row));
    return context.sendList(c, sortNewestFirst(rows), (row) => renderExport(row, context));
  });

  app.post('/logs/exports', async (c) => {
    context.requireScope(c, 'logs.export');
    const body = await context.readBody(c);
    const workspace = context.workspaceFor(
      c,
      body.workspace_id ?? (isObject(body.filters) ? body.filters.workspace_slug : undefined),
    );
    const filters = takeObject(body, 'filters');
    const requested_data = readRequestedData(body);
    const now = context.timestamp();
    const row: LogExportRow = {
      id: context.newId(),
      workspace_id: workspace.id,
      status: 'draft',
      description: typeof body.description === 'string' ? body.description : '',
      filters,
      requested_data,
      created_by: context.caller(c).id,
      created_at: now,
      last_updated_at: now,
    };
    const total = selectExport(row, context).length;
    context.store.state.logExports.push(row);
    return c.json({ id: row.id, total, object: 'export' });
  });

  app.get('/logs/exports/:id', (c) => {
    requireReads(c, context);
    const row = findExport(c, context, c.req.param('id'));
    // The work is done the moment somebody asks: polling sees it finish, and no timer runs in tests.
    const { exports: conduct } = context.quirks;
    const isOver = conduct !== 'slow' || Date.parse(context.timestamp()) - Date.parse(row.last_updated_at) >= 60_000;
    if (row.status === 'in_progress' && isOver) setStatus(row, conduct === 'fail' ? 'failed' : 'success', context);
    return c.json(renderExport(row, context));
  });

  app.put('/logs/exports/:id', async (c) => {
    context.requireScope(c, 'logs.export');
    const row = findExport(c, context, c.req.param('id'));
    const body = await context.readBody(c);
    if (row.status !== 'draft') throw context.invalid('Only a draft export can be updated');
    const filters = takeObject(body, 'filters');
    const requested_data = has(body, 'requested_data') ? readRequestedData(body) : row.requested_data;
    const total = selectExport({ ...row, filters }, context).length;
    Object.assign(row, { filters, requested_data, last_updated_at: context.timestamp() });
    return c.json({ id: row.id, total, object: 'export' });
  });

  app.post('/logs/exports/:id/start', (c) => {
    context.requireScope(c, 'logs.export');
    const row = findExport(c, context, c.req.param('id'));
    if (row.status !== 'draft' && row.status !== 'stopped')
      throw context.invalid('The export has already been started');
    setStatus(row, 'in_progress', context);
    return c.json({ message: 'Logs export started', object: 'export' });
  });

  app.post('/logs/exports/:id/cancel', (c) => {
    context.requireScope(c, 'logs.export');
    const row = findExport(c, context, c.req.param('id'));
    if (row.status !== 'in_progress' && row.status !== 'draft') {
      throw context.invalid('The export is not in progress');
    }
    setStatus(row, 'stopped', context);
    return c.json({ message: 'Logs export cancelled', object: 'export' });
  });

  app.get('/logs/exports/:id/download', (c) => {
    context.requireScope(c, 'logs.export', 'logs.view');
    const row = findExport(c, context, c.req.param('id'));
    if (row.status !== 'success') throw context.invalid('The export is not ready for download');
    const url = new URL(c.req.url);
    return c.json({ signed_url: `${url.origin}${exportDownloadPath}/${row.id}?signature=${signExport(row)}` });
  });
}

/**
 * Beside `/v1`, on the same server: the signed link is fetched without the key, as from a bucket.
 * server.ts mounts it outside the routes that ask for one.
 */
const exportDownloadPath = '/exports';

export function registerExportDownload(app: Hono, context: RouteContext): void {
  app.get(`${exportDownloadPath}/:id`, (c) => {
    const row = context.store.find('logExports', c.req.param('id'));
    if (row === undefined || c.req.query('signature') !== signExport(row)) return c.text('AccessDenied', 403);
    const lines = selectExport(row, context).map((log) => `${renderExportLine(log, row.requested_data)}\n`);
    const text = lines.join('');
    const sent = context.quirks.exports === 'partial' ? text.slice(0, Math.ceil(text.length / 2)) : text;
    return c.body(sent, 200, { 'content-type': 'application/x-ndjson' });
  });
}

/** Not a secret: it only has to look like a signed link and to fail when it is made up. */
function signExport(row: LogExportRow): string {
  return [...`${row.id}${row.last_updated_at}`]
    .reduce((hash, char) => Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0, 0x811c9dc5)
    .toString(16)
    .padStart(8, '0');
}

function requireReads(c: Context, context: RouteContext): void {
  context.requireScope(c, 'logs.export', 'logs.list', 'logs.view');
}

function readRequestedData(body: Body): string[] {
  const fields = takeTextList(body, 'requested_data');
  const unknown = fields.find((field) => !exportFields.includes(field));
  if (fields.length === 0 || unknown !== undefined) {
    throw refuseField('requested_data', `Invalid value "${unknown ?? ''}"`);
  }
  return fields;
}

/** Newest first; refuses filters that cannot be read. */
function selectExport(row: LogExportRow, context: RouteContext): RequestLogRow[] {
  const wanted = buildRowFilter(row.filters, 'body', indexFeedback(context.store.state.feedback));
  const rows = sortNewestFirst(context.store.list('requestLogs', row.workspace_id).filter(wanted));
  const size = Math.min(readCount(row.filters.page_size) || exportMaximum, exportMaximum);
  const first = readCount(row.filters.current_page) * size;
  return rows.slice(first, first + size);
}

function readCount(value: unknown): number {
  const count = Number(value ?? 0);
  return Number.isInteger(count) && count > 0 ? count : 0;
}

/** A user key sees only its own exports. */
function isVisible(c: Context, context: RouteContext, row: LogExportRow): boolean {
  const caller = context.caller(c);
  if (caller.workspaceId !== undefined && row.workspace_id !== caller.workspaceId) return false;
  return caller.kind !== 'workspace-user' || row.created_by === caller.id;
}

function findExport(c: Context, context: RouteContext, id: string): LogExportRow {
  const row = context.store.find('logExports', id);
  if (row === undefined || !isVisible(c, context, row)) throw context.notFound('Export not found');
  context.annotateAudit(c, { workspace_id: row.workspace_id });
  return row;
}

function setStatus(row: LogExportRow, status: LogExportRow['status'], context: RouteContext): void {
  row.status = status;
  row.last_updated_at = context.timestamp();
}

function renderExport(row: LogExportRow, context: RouteContext): object {
  return { organisation_id: context.organisation().id, ...row, object: 'export' };
}
