import { z } from 'zod';
import { workspaceNamed } from './names.ts';
import { pageInput, pageSchema, wholePage } from './pages.ts';
import { ToolRefusal } from './refusal.ts';
import { defineTool } from './tool.ts';
import { untrustedSchema } from './values.ts';

const input = () =>
  z.strictObject({ workspace: z.string().min(1).max(200).describe('slug, id or name'), ...pageInput });

/** Open: another may come any day. */
const states = ['draft', 'in_progress', 'success', 'failed', 'stopped'] as const;

const rowSchema = () =>
  z.object({
    id: z.string(),
    state: z.enum([...states, 'unknown']),
    created_at: z.string().nullable(),
    last_updated_at: z.string().nullable(),
    created_by: z.string().nullable(),
    rows: z.number().nullable(),
    untrusted: untrustedSchema('description'),
  });

const output = () =>
  z.object({ answer: z.string(), exports: z.array(rowSchema()), page: pageSchema, notes: z.array(z.string()) });

const pageSize = 100;
const mostPages = 50;

export const listLogExportsTool = defineTool<z.infer<ReturnType<typeof input>>, z.infer<ReturnType<typeof output>>>({
  name: 'list_log_exports',
  twin: 'logs exports',
  toolset: 'logs',
  effect: 'read',
  purpose:
    'Lists the log exports of a workspace with their state (draft, in_progress, success, failed, stopped), the newest first.',
  hints:
    'It begins no export. One call is told by get_log_details, counts by get_request_analytics. Needs logs.list; exports are part of the Enterprise plan. In pages: `limit`, `cursor`.',
  input,
  output,
  list: 'exports',
  async run({ workspace: wanted }, { workspaces, open }) {
    const workspace = workspaceNamed(wanted, await workspaces());
    const found = new Map<string, z.infer<ReturnType<typeof rowSchema>>>();
    for (let page = 0; page < mostPages; page += 1) {
      const query = { workspace_id: workspace.id, page_size: pageSize, current_page: page };
      const { body } = await open.probe({ path: '/logs/exports', query, scope: 'logs.list' });
      const rows: unknown = body.data;
      if (!Array.isArray(rows)) throw new ToolRefusal('server', 'GET /logs/exports: the answer holds no list');
      const before = found.size;
      for (const row of rows as readonly Readonly<Record<string, unknown>>[]) {
        if (typeof row?.id === 'string') found.set(row.id, toRow(row.id, row));
      }
      if (rows.length < pageSize || found.size === before) break;
    }
    const exports = [...found.values()].sort((a, b) =>
      (b.created_at ?? '') < (a.created_at ?? '')
        ? -1
        : (b.created_at ?? '') > (a.created_at ?? '')
          ? 1
          : a.id < b.id
            ? -1
            : 1,
    );
    const running = exports.filter(({ state }) => state === 'in_progress').length;
    return {
      answer: `${exports.length} ${exports.length === 1 ? 'export' : 'exports'} of logs in ${workspace.slug}, ${running} under way.`,
      exports,
      page: wholePage,
      notes: [],
    };
  },
  show: ({ answer, exports }) => [
    {
      columns: [{ head: 'export' }, { head: 'state' }, { head: 'created' }, { head: 'by' }, { head: 'description' }],
      rows: exports.map((row) => [row.id, row.state, row.created_at, row.created_by, row.untrusted.description ?? '']),
    },
    { text: answer },
  ],
});

function toRow(id: string, row: Readonly<Record<string, unknown>>) {
  const text = (name: string): string | null => (typeof row[name] === 'string' ? row[name] : null);
  return {
    id,
    // Its guide writes `failure` where its description writes `failed`.
    state: row.status === 'failure' ? 'failed' : (states.find((one) => one === row.status) ?? 'unknown'),
    created_at: text('created_at'),
    last_updated_at: text('last_updated_at'),
    created_by: text('created_by'),
    rows: typeof row.total === 'number' ? row.total : null,
    untrusted: { description: text('description') },
  } as const;
}
