/**
 * The routes that the vendor's open-source gateway (2.x) calls of its control plane, answered from the same state as all others. Not part of
 * the admin API: callers are gateways, let in by an admin key in `Authorization`, as it is or after `Bearer`.
 */

import type { Context, Hono } from 'hono';
import { type AcceptedKey, findCaller } from '../../auth.ts';
import { isObject } from '../../body.ts';
import { EmulatorError } from '../../errors.ts';
import type { RouteContext } from '../../service.ts';
import type { WorkspaceRow } from '../../store.ts';
import {
  buildConfigDetails,
  buildKeyDetails,
  buildOrganisationDetails,
  buildProviderDetails,
  buildWorkspaceDetails,
} from './details.ts';
import { readMetric } from './metrics.ts';
import { applyReport } from './reports.ts';
import { createSyncMemory } from './sync.ts';

/** How long a gateway may keep what it was told of a key, with the quirk that has it ask again. */
const shortLifeMs = 5000;

export function registerGateway(root: Hono, context: RouteContext, acceptKeys: readonly AcceptedKey[]): void {
  const { store } = context;
  const syncs = createSyncMemory();
  const callerOf = (secret: string | undefined) => findCaller(secret, acceptKeys, store, context.now());

  const requireGateway = (c: Context): void => {
    const secret = c.req.header('authorization')?.replace(/^Bearer /, '');
    if (callerOf(secret)?.kind !== 'organisation-service') throw refuse();
    const asked = c.req.param('organisation') ?? c.req.query('organisation_id');
    if (asked !== undefined && asked !== context.organisation().id) throw context.notFound('Organisation not found');
  };

  /** The workspace of the caller whose request the gateway is serving. */
  const findWorkspace = (c: Context): WorkspaceRow => {
    const caller = callerOf(c.req.header('x-portkey-api-key'));
    const workspace = store.find('workspaces', caller?.workspaceId ?? c.req.query('workspace_id') ?? '');
    if (workspace === undefined) throw context.notFound('Workspace not found');
    return workspace;
  };

  root.get('/v2/api-keys/self/details', (c) => {
    requireGateway(c);
    const key = store.findApiKeyBySecret(c.req.header('x-portkey-api-key') ?? '');
    // What lets an admin in calls no model.
    if (key === undefined || callerOf(c.req.header('x-portkey-api-key')) === undefined) throw refuse();
    const workspace = store.find('workspaces', key.workspace_id ?? '');
    if (workspace?.status !== 'active') throw context.fail(403, 'AB03', 'The key belongs to no active workspace');
    const details = buildKeyDetails(key, context);
    const soon = new Date(context.now().getTime() + shortLifeMs).toISOString();
    const expires = context.quirks.gatewaysForgetKeys ? earlier(key.expires_at, soon) : key.expires_at;
    return c.json({
      data: {
        api_key_details: { ...details, expires_at: expires },
        organisation_details: buildOrganisationDetails(context),
        workspace_details: buildWorkspaceDetails(workspace, context),
      },
    });
  });

  root.get('/v2/virtual-keys/:slug', (c) => {
    requireGateway(c);
    const row = store.find('providers', c.req.param('slug'), findWorkspace(c).id);
    if (row === undefined) throw context.notFound('Provider not found');
    return c.json({ data: buildProviderDetails(row, context) });
  });

  root.get('/v2/configs/:slug', (c) => {
    requireGateway(c);
    const row = store.find('configs', c.req.param('slug'));
    if (row?.status !== 'active' || row.workspace_id !== findWorkspace(c).id) {
      throw context.notFound('Config not found');
    }
    return c.json({ data: buildConfigDetails(row) });
  });

  root.post('/v1/organisation/:organisation/resync', async (c) => {
    requireGateway(c);
    const body = await context.readBody(c);
    applyReport(body, { store, newId: context.newId, timestamp: context.timestamp });
    return c.json({ success: true, data: {} });
  });

  root.get('/v1/organisation/:organisation/sync/:since', (c) => {
    requireGateway(c);
    return c.json({ success: true, data: syncs.answer(c.req.query('identifier') ?? '', context) });
  });

  // Whole requests and answers are not kept: the metrics of the same request have all that the other routes show.
  root.post('/v1/logs/enterprise/logs', async (c) => {
    requireGateway(c);
    await context.readBody(c);
    return c.json({ success: true, data: {} });
  });

  for (const path of ['/v1/dp/metrics', '/v1/analytics/enterprise/analytics']) {
    root.post(path, async (c) => {
      requireGateway(c);
      const { data } = await context.readBody(c);
      for (const row of Array.isArray(data) ? data.filter(isObject) : []) {
        const log = readMetric(row, store, context.timestamp());
        // Reports are sent again after a failure, whole.
        if (log !== undefined && store.find('requestLogs', log.id) === undefined) store.state.requestLogs.push(log);
      }
      return c.json({ success: true, data: {} });
    });
  }
}

function refuse(): EmulatorError {
  return new EmulatorError(401, 'AB05', 'Unauthorised Request');
}

function earlier(date: string | null, other: string): string {
  return date !== null && date < other ? date : other;
}
