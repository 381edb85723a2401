import { z } from 'zod';
import type { LogExport } from '../live/log-port.ts';
import { logExportStates } from '../live/log-port.ts';
import { workspaceNamed } from './names.ts';
import { pageInput, pageSchema, wholePage } from './pages.ts';
import { defineTool, type ToolContext } from './tool.ts';
import { untrustedSchema } from './values.ts';

const input = () => z.strictObject({ workspace_slug: z.string().min(1).max(200), ...pageInput });

const output = () =>
  z.object({
    answer: z.string(),
    workspace: z.string(),
    exports: z.array(
      z.object({
        id: z.string(),
        state: z.enum(logExportStates).nullable(),
        rows: z.number().nullable(),
        created_at: z.string().nullable(),
        created_by: z.string().nullable(),
        from: z.string().nullable(),
        to: z.string().nullable(),
        untrusted: untrustedSchema('who', 'filters'),
      }),
    ),
    page: pageSchema,
    notes: z.array(z.string()),
  });

export const listLogExportsTool = defineTool<z.infer<ReturnType<typeof input>>, z.infer<ReturnType<typeof output>>>({
  name: 'list_log_exports',
  twin: 'logs exports',
  toolset: 'logs',
  effect: 'read',
  purpose: 'Lists the log exports of a workspace, newest first: state, rows, who made each, and its window.',
  hints:
    'Makes none: for rows use list_logs, for a file export_logs. Links to files are never shown. Needs logs.export; a user key sees its own alone. In pages: `limit`, `cursor`.',
  input,
  output,
  list: 'exports',
  async run({ workspace_slug: wanted }, context) {
    const workspace = workspaceNamed(wanted, await context.workspaces());
    const rows = await context.reads.backend.logs.listExports(workspace.id);
    const { names, note } = await readKeyNames(workspace.id, rows, context);
    const exports = [...rows].sort(compareByAge).map((row) => describeExport(row, names));
    const counts = logExportStates.flatMap((state) => {
      const count = exports.filter((one) => one.state === state).length;
      return count === 0 ? [] : [`${count} ${state}`];
    });
    const said = counts.length === 0 ? '' : `: ${counts.join(', ')}`;
    const silent = exports.some((one) => one.rows === null);
    return {
      answer: `${exports.length} log ${exports.length === 1 ? 'export' : 'exports'} in ${workspace.slug}${said}.`,
      workspace: workspace.slug,
      exports,
      page: wholePage,
      notes: [...(silent ? ['The service does not say how many rows some of them hold.'] : []), ...note],
    };
  },
  show: ({ answer, exports }) => [
    {
      columns: [
        { head: 'created' },
        { head: 'state' },
        { head: 'rows', align: 'right' },
        { head: 'from' },
        { head: 'to' },
        { head: 'by' },
        { head: 'id' },
      ],
      rows: exports.map(({ created_at: created, state, rows, from, to, created_by: by, untrusted, id }) => [
        created,
        state,
        rows,
        from,
        to,
        untrusted.who ?? by,
        id,
      ]),
    },
    { text: answer },
  ],
});

function compareByAge(a: LogExport, b: LogExport): number {
  const [first, second] = [a.createdAt ?? '', b.createdAt ?? ''];
  if (first !== second) return first < second ? 1 : -1;
  return a.id < b.id ? -1 : 1;
}

function describeExport(row: LogExport, names: ReadonlyMap<string, string>) {
  const { time_of_generation_min: from, time_of_generation_max: to, ...filters } = row.filters;
  return {
    id: row.id,
    state: row.state,
    rows: row.rows,
    created_at: row.createdAt,
    created_by: row.createdBy,
    from: typeof from === 'string' ? from : null,
    to: typeof to === 'string' ? to : null,
    untrusted: {
      who: names.get(row.createdBy ?? '') ?? null,
      filters: Object.keys(filters).length === 0 ? null : JSON.stringify(filters),
    },
  };
}

/** An export says by which key it was made, by its id. */
async function readKeyNames(
  workspaceId: string,
  rows: readonly LogExport[],
  { reads }: ToolContext,
): Promise<{ readonly names: ReadonlyMap<string, string>; readonly note: readonly string[] }> {
  if (!rows.some(({ createdBy }) => createdBy !== null)) return { names: new Map(), note: [] };
  const [own, common] = await Promise.all([reads.ask('listKeys', workspaceId), reads.ask('listKeys', null)]);
  const keys = [own, common].flatMap((answer) => ('value' in answer ? answer.value : []));
  const unknown = 'unknown' in own ? [`Names of keys were not read: ${own.unknown}.`] : [];
  return { names: new Map(keys.flatMap(({ id, name }) => (name ? [[id, name]] : []))), note: unknown };
}
