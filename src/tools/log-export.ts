/** Rows of calls by an export of logs, the only list of calls that the service has: made, begun, waited for, read. */

import { createHash } from 'node:crypto';
import type { Calls } from '../consumption/analytics.ts';
import { ServiceError } from '../errors.ts';
import { canonicalJson } from '../stable-json.ts';
import { ToolRefusal } from './refusal.ts';
import type { ToolContext } from './tool.ts';

const exportedFields = [
  'id',
  'trace_id',
  'created_at',
  'ai_org',
  'ai_model',
  'total_units',
  'cost',
  'response_time',
  'response_status_code',
  'is_success',
  'metadata',
] as const;

/** Rows of one export at most. */
export const mostExported = 50_000;

export type ExportedRow = Readonly<Record<string, unknown>>;

export type LogRows =
  | { readonly state: 'pending'; readonly exportId: string }
  | {
      readonly state: 'read';
      readonly exportId: string;
      readonly rows: readonly ExportedRow[];
      /** By the service's own count; null: not said. */
      readonly total: number | null;
      /** Lines that are no rows: the file ended early. */
      readonly broken: number;
    };

/** An export cannot be deleted, so that an equal one that is younger is used again. */
const reusedFor = 15 * 60_000;
const patience = 20_000;

/** @param question what is asked, without times that move by themselves: equal ones share an export */
export async function readLogRows(
  { calls, workspaceId, question }: { readonly calls: Calls; readonly workspaceId: string; readonly question: unknown },
  context: ToolContext,
): Promise<LogRows> {
  const mark = `tollgate ${createHash('sha256')
    .update(canonicalJson([workspaceId, question]))
    .digest('hex')
    .slice(0, 16)}`;
  const known = await findExport(mark, workspaceId, context);
  const { id, total } = known ?? (await createExport(mark, calls, workspaceId, context));
  const ended = await waitFor(id, context);
  if (ended === 'pending') return { state: 'pending', exportId: id };
  const { body } = await context.open.probe({
    path: `/logs/exports/${encodeURIComponent(id)}/download`,
    scope: 'logs.export',
  });
  const link = body.signed_url ?? body.url;
  if (typeof link !== 'string') throw new ToolRefusal('server', 'the service gave no link to the exported file');
  const rows: ExportedRow[] = [];
  let broken = 0;
  for await (const line of context.open.readLines(link)) {
    if (line.trim() === '') continue;
    const row = parseLine(line);
    if (row === null) broken += 1;
    else rows.push(row);
  }
  return { state: 'read', exportId: id, rows, total, broken };
}

interface FoundExport {
  readonly id: string;
  readonly total: number | null;
}

async function findExport(mark: string, workspaceId: string, { open, now }: ToolContext): Promise<FoundExport | null> {
  const { body } = await open.probe({
    path: '/logs/exports',
    query: { workspace_id: workspaceId, page_size: 100, current_page: 0 },
    scope: 'logs.list',
  });
  const rows = Array.isArray(body.data) ? (body.data as readonly ExportedRow[]) : [];
  const found = rows.find(({ description, status, created_at: at }) => {
    const age = now() - Date.parse(String(at));
    return (
      description === mark && ['in_progress', 'success'].includes(String(status)) && age >= -60_000 && age < reusedFor
    );
  });
  return typeof found?.id === 'string'
    ? { id: found.id, total: typeof found.total === 'number' ? found.total : null }
    : null;
}

async function createExport(
  mark: string,
  { workspace, from, to, filter }: Calls,
  workspaceId: string,
  { open }: ToolContext,
): Promise<FoundExport> {
  const { metadata, ...filters } = filter ?? {};
  const body = {
    workspace_id: workspaceId,
    description: mark,
    filters: {
      workspace_slug: workspace,
      time_of_generation_min: new Date(from).toISOString(),
      time_of_generation_max: new Date(to).toISOString(),
      ...filters,
      // An object here, where queries have it as text.
      ...(typeof metadata === 'string' ? { metadata: JSON.parse(metadata) as unknown } : {}),
      page_size: mostExported,
      current_page: 0,
    },
    requested_data: exportedFields,
  };
  const made = await begin('/logs/exports', body, open);
  if (typeof made.id !== 'string') throw new ToolRefusal('server', 'the service made an export without an id');
  await begin(`/logs/exports/${encodeURIComponent(made.id)}/start`, {}, open);
  return { id: made.id, total: typeof made.total === 'number' ? made.total : null };
}

async function begin(path: string, body: Readonly<Record<string, unknown>>, { begin: post }: ToolContext['open']) {
  try {
    return await post(path, body, 'logs.export');
  } catch (error) {
    if (!(error instanceof ServiceError) || error.status !== 403) throw error;
    throw new ToolRefusal('forbidden', 'the service refuses to export logs', {
      hint: 'Exports need the scope logs.export and the Enterprise plan; get_request_analytics and get_cost_analytics tell of calls without them.',
      details: { status: 403, service_code: error.code ?? null, cause: 'plan_or_scope' },
    });
  }
}

async function waitFor(id: string, { open, session }: ToolContext): Promise<'ready' | 'pending'> {
  for (let waited = 0, pause = 500; ; waited += pause, pause = Math.min(4_000, pause * 2)) {
    const { body } = await open.probe({ path: `/logs/exports/${encodeURIComponent(id)}`, scope: 'logs.list' });
    if (body.status === 'success') return 'ready';
    if (body.status === 'failed' || body.status === 'failure' || body.status === 'stopped') {
      throw new ToolRefusal('server', `the export ${id} ${body.status === 'stopped' ? 'was stopped' : 'failed'}`, {
        hint: 'Ask again for another one; get_request_analytics tells of calls without an export.',
        details: { export_id: id },
      });
    }
    if (waited + pause > patience) return 'pending';
    await session.clock.sleep(pause);
  }
}

function parseLine(line: string): ExportedRow | null {
  try {
    const row: unknown = JSON.parse(line);
    return typeof row === 'object' && row !== null && !Array.isArray(row) ? (row as ExportedRow) : null;
  } catch {
    return null;
  }
}
