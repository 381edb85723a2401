/** `/analytics`: graphs, summaries and groups over the request rows. */

import type { Context, Hono } from 'hono';
import { refuseField } from '../errors.ts';
import type { RouteContext } from '../service.ts';
import type { RequestLogRow } from '../store.ts';
import { buildRowFilter, type FeedbackByTrace, indexFeedback, readTime } from './filters.ts';
import { buildCacheSummary, buildSplitTokens, graphs } from './graphs.ts';
import {
  type AnalyticsGroup,
  groupByField,
  groupByMetadata,
  groupByModel,
  groupByUser,
  groupColumns,
  pathGroupings,
} from './groups.ts';

/** The official SDK (portkey-ai 3.1.0) spells these paths in its own way. */
const sdkSpellings: Readonly<Record<string, string>> = {
  'users-requests': 'users/requests',
  'errors-rate': 'errors/rate',
  'errors-stack': 'errors/stacks',
  'errors-status-code': 'errors/status-codes',
  'requests-rescued': 'requests/rescued',
  'cache-hit-rate': 'cache/hit-rate',
  'cache-latency': 'cache/latency',
  'feedbacks/score': 'feedbacks/scores',
};

interface Selection {
  readonly rows: readonly RequestLogRow[];
  readonly from: string;
  readonly to: string;
  readonly feedback: FeedbackByTrace;
}

export function registerAnalytics(app: Hono, context: RouteContext): void {
  for (const [path, build] of Object.entries(graphs)) {
    const answer = (c: Context): Response => {
      const isSplit = path === 'tokens' && context.quirks.tokensSplit;
      const { summary, data_points } = (isSplit ? buildSplitTokens : build)(selectRows(c, context));
      const graph = { object: 'analytics-graph', data_points, summary };
      return c.json(context.quirks.analyticsAsText ? writeNumbers(graph) : graph);
    };
    app.get(`/analytics/graphs/${path}`, answer);
    for (const [spelling, meant] of Object.entries(sdkSpellings)) {
      if (meant === path) app.get(`/analytics/graphs/${spelling}`, answer);
    }
  }
  app.get('/analytics/summary/cache', (c) => {
    const { rows } = selectRows(c, context);
    return c.json({ object: 'analytics-summary', summary: buildCacheSummary(rows) });
  });

  const sendGroups = (c: Context, rows: readonly AnalyticsGroup[]): Response =>
    context.sendList(c, rows, (row) => (context.quirks.analyticsAsText ? (writeNumbers(row) as AnalyticsGroup) : row));
  for (const base of ['/analytics/groups', '/logs/groups']) {
    app.get(`${base}/users`, (c) => sendGroups(c, groupByUser(selectRows(c, context).rows)));
    app.get(`${base}/ai-models`, (c) => sendGroups(c, groupByModel(selectRows(c, context).rows)));
    app.get(`${base}/metadata/:key`, (c) => {
      const { rows, feedback } = selectRows(c, context);
      return sendGroups(c, groupByMetadata(rows, c.req.param('key'), feedback));
    });
    app.get(`${base}/:groupBy`, (c) => {
      // `workspaces` is the SDK's spelling.
      const name = c.req.param('groupBy') === 'workspaces' ? 'workspace' : c.req.param('groupBy');
      const read = Object.hasOwn(pathGroupings, name) ? pathGroupings[name] : undefined;
      if (read === undefined) {
        throw refuseField('groupBy', `must be one of ${Object.keys(pathGroupings).join(', ')}`, 'params');
      }
      // Grouping by workspace is about all of them, where the key sees all of them.
      const { rows } = selectRows(c, context, name === 'workspace');
      const slugOf = (id: string): string => context.store.find('workspaces', id)?.slug ?? id;
      return sendGroups(
        c,
        groupByField(rows, name, (row) => read(row, slugOf), readColumns(c)),
      );
    });
  }
}

/** Every number as text, at any depth. */
function writeNumbers(value: unknown): object {
  return JSON.parse(JSON.stringify(value, (_name, item: unknown) => (typeof item === 'number' ? String(item) : item)));
}

function readColumns(c: Context): string[] {
  const columns = (c.req.query('columns') ?? '').split(',').filter((column) => column !== '');
  const unknown = columns.find((column) => !Object.hasOwn(groupColumns, column));
  if (unknown !== undefined) throw refuseField('columns', `Invalid value "${unknown}"`, 'query');
  return columns;
}

function selectRows(c: Context, context: RouteContext, allWorkspaces = false): Selection {
  context.requireScope(c, 'analytics.view');
  const query = c.req.query();
  const from = readTime(query, 'time_of_generation_min', 'query');
  const to = readTime(query, 'time_of_generation_max', 'query');
  if (from === undefined || to === undefined || from > to) {
    const end = from === undefined ? 'min' : 'max';
    throw refuseField(`time_of_generation_${end}`, undefined, 'query');
  }
  const workspaceId = findWorkspaceId(c, context, query.workspace_slug, allWorkspaces);
  const feedback = indexFeedback(context.store.state.feedback);
  const wanted = buildRowFilter(query, 'query', feedback);
  const rows = context.store.list('requestLogs', workspaceId).filter(wanted);
  return { rows, from, to, feedback };
}

/**
 * A workspace key sees its own, whatever was asked for. With an admin key absence has meant the default workspace.
 * Archived workspaces can be read.
 */
function findWorkspaceId(
  c: Context,
  context: RouteContext,
  asked: string | undefined,
  allWorkspaces: boolean,
): string | undefined {
  const own = context.caller(c).workspaceId;
  if (own !== undefined) return own;
  if (asked !== undefined && asked !== '') {
    const found = context.store.find('workspaces', asked);
    if (found === undefined) throw context.fail(403, 'AB03', 'You do not have access to this workspace');
    return found.id;
  }
  if (allWorkspaces) return undefined;
  // No default workspace: nothing is selected, rather than everything.
  return context.store.state.workspaces.find((row) => row.is_default === 1)?.id ?? '';
}
