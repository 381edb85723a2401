/** The service without a listener: every route behind authentication, faults, audit and counting. */

import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import { registerAnalytics } from './analytics/routes.ts';
import { buildAuditRow, isAudited } from './audit.ts';
import { basePath, cutBase, gatewayPath, healthPath } from './base-path.ts';
import { parseJson } from './body.ts';
import { buildErrorBody, EmulatorError, type ErrorShape, invalidRequest } from './errors.ts';
import { registerApiKeys } from './kinds/api-keys.ts';
import { registerConfigs } from './kinds/configs.ts';
import { registerEntities } from './kinds/entities.ts';
import { registerIntegrationModels } from './kinds/integration-models.ts';
import { integrations } from './kinds/integrations.ts';
import { registerKind } from './kinds/kind.ts';
import { ratePolicies, usagePolicies } from './kinds/policies.ts';
import { providers } from './kinds/providers.ts';
import { registerShares } from './kinds/shares.ts';
import { workspaces } from './kinds/workspaces.ts';
import { registerFeedback } from './other-clients/feedback.ts';
import { registerGateway } from './other-clients/gateway/routes.ts';
import { registerExportDownload, registerLogReads, registerLogs } from './other-clients/logs.ts';
import { registerModels } from './other-clients/models.ts';
import { registerUsers } from './other-clients/users.ts';
import { registerVirtualKeys } from './other-clients/virtual-keys.ts';
import { registerWorkspaceMembers } from './other-clients/workspace-members.ts';
import type { RequestCounter } from './request-counter.ts';
import { formatTimestamp } from './resets.ts';
import { registerAuditLogs } from './routes/audit-logs.ts';
import { registerModelPrices, registerPriceFiles } from './routes/price-files.ts';
import {
  authenticate,
  createRouteContext,
  type RouteContext,
  readAnnotation,
  readCaller,
  type ServiceParts,
} from './service.ts';

export interface AppParts extends ServiceParts {
  readonly requests: RequestCounter;
  /** Makes the chosen faults happen around the request; it needs the socket, so the listener brings it. */
  readonly injectFaults: MiddlewareHandler;
  /** Called after every write, before its answer is sent. */
  readonly afterWrite: () => Promise<void>;
  /** Ids of audit records, apart from those of objects: reads and refusals must not shift the latter. */
  readonly newRequestId: () => string;
}

export function createApp(parts: AppParts): Hono {
  const context = createRouteContext(parts);
  // A closing slash names the same route.
  const root = new Hono({ strict: false });
  const app = root.basePath(basePath);

  for (const path of [`${basePath}/*`, '/v2/*', `${gatewayPath}/*`, '/exports/*']) {
    root.use(path, dateAnswers(parts), countRequests(parts), parts.injectFaults, keepWrites(parts));
  }
  // Of the stand-in alone, for whoever started it: no request of the service, so it needs no key, is not counted and never fails.
  root.get(healthPath, (c) => c.json({ status: 'ok' }));
  // Of gateways, and public: neither asks for a key of the admin API.
  registerGateway(root, context, parts.acceptKeys);
  registerModelPrices(app as Hono);
  app.use('*', auditWrites(parts));
  const gateway = root.basePath(gatewayPath);
  for (const each of [app, gateway]) {
    each.use('*', async (c, next) => {
      authenticate(c, parts);
      await next();
    });
  }
  for (const path of ['/models', '/models/*', '/logs/:id{(?!exports).+}']) {
    app.use(path, async (c, next) => {
      if (parts.quirks.gatewayApart) throw new EmulatorError(404, 'AB08', `No route for ${c.req.method} ${c.req.path}`);
      await next();
    });
  }
  registerRoutes(app as Hono, context);
  for (const each of [app, gateway]) {
    registerLogReads(each as Hono, context);
    registerModels(each as Hono, context);
  }

  // Beside the base path: signed links carry no key.
  registerExportDownload(root, context);
  // Of another host of the service, and public.
  registerPriceFiles(root);
  registerModelPrices(root);

  root.notFound((c) =>
    sendError(c, parts, new EmulatorError(404, 'AB08', `No route for ${c.req.method} ${c.req.path}`)),
  );
  root.onError((error, c) => {
    if (error instanceof EmulatorError) return sendError(c, parts, error);
    return sendError(c, parts, new EmulatorError(500, 'AB04', `Internal error: ${error.message}`));
  });
  return root;
}

function registerRoutes(app: Hono, context: RouteContext): void {
  // Of an older version of the service.
  for (const path of ['/workspaces/*', '/admin/integrations/*']) {
    app.all(path, () => {
      throw context.invalid(invalidRequest);
    });
  }
  registerEntities(app, context);
  registerKind(app, context, usagePolicies);
  registerKind(app, context, ratePolicies);
  registerApiKeys(app, context);
  registerKind(app, context, workspaces);
  registerKind(app, context, providers);
  registerShares(app, context);
  registerIntegrationModels(app, context);
  registerKind(app, context, integrations);
  registerConfigs(app, context);
  registerAnalytics(app, context);
  registerAuditLogs(app, context);
  registerWorkspaceMembers(app, context);
  registerUsers(app, context);
  registerVirtualKeys(app, context);
  registerLogs(app, context);
  registerFeedback(app, context);
}

function sendError(c: Context, parts: AppParts, error: EmulatorError): Response {
  const shape = parts.quirks.errorShape ?? pickShape(c, error);
  return new Response(JSON.stringify(buildErrorBody(error, shape)), {
    status: error.status,
    headers: { 'content-type': 'application/json' },
  });
}

/** The shape seen for the route. */
function pickShape(c: Context, error: EmulatorError): ErrorShape {
  const isWrapped = error.status === 401 || c.req.path.startsWith(`${basePath}/virtual-keys`);
  return isWrapped ? 'success-data' : 'flat';
}

/** By the stand-in's own clock, as everything else that it dates; else the listener puts in that of the machine. */
function dateAnswers({ now }: AppParts): MiddlewareHandler {
  return async (c, next) => {
    await next();
    c.res.headers.set('date', now().toUTCString());
  };
}

/** Refused writes as well: the audit log has grown. */
function keepWrites({ afterWrite }: AppParts): MiddlewareHandler {
  return async (c, next) => {
    await next();
    if (c.req.method !== 'GET') await afterWrite();
  };
}

function countRequests(parts: AppParts): MiddlewareHandler {
  return async (c, next) => {
    const text = c.req.method === 'GET' ? '' : await c.req.text();
    await next();
    const route = cutBase(routePath(c));
    parts.requests.add({
      method: c.req.method,
      path: cutBase(c.req.path),
      route: route === '/*' ? '*' : route,
      query: c.req.query(),
      body: text === '' ? undefined : (parseJson(text) ?? text),
      status: c.res.status,
    });
  };
}

/** Every write of a known caller, refused ones too. */
function auditWrites(parts: AppParts): MiddlewareHandler {
  return async (c, next) => {
    await next();
    const { method } = c.req;
    const caller = readCaller(c);
    if (!isAudited(method) || caller === undefined) return;
    const { state } = parts.store;
    state.auditLogs.push(
      buildAuditRow({
        method,
        uri: c.req.path,
        body: await c.req.text(),
        query: c.req.query(),
        headers: c.req.header(),
        status: c.res.status,
        caller,
        organisationId: state.organisation.id,
        requestId: parts.newRequestId(),
        timestamp: formatTimestamp(parts.now()),
        annotation: readAnnotation(c),
      }),
    );
  };
}
