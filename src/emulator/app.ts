/** The service without a listener: every route behind authentication, faults, audit and counting. */

import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import { buildAuditRow, isAudited } from './audit.ts';
import { basePath, cutBase } from './base-path.ts';
import type { RouteContext } from './context.ts';
import { buildErrorBody, EmulatorError, type ErrorShape } from './errors.ts';
import type { RequestCounter } from './request-counter.ts';
import { formatTimestamp } from './resets.ts';
import { registerAnalyticsRoutes } from './routes/analytics.ts';
import { registerApiKeysRoutes } from './routes/api-keys.ts';
import { registerAuditLogsRoutes } from './routes/audit-logs.ts';
import { registerConfigsRoutes } from './routes/configs.ts';
import { registerFeedbackRoutes } from './routes/feedback.ts';
import { registerGatewayRoutes } from './routes/gateway.ts';
import { registerIntegrationsRoutes } from './routes/integrations.ts';
import { registerExportDownload, registerLogsRoutes } from './routes/logs.ts';
import { registerModelsRoutes } from './routes/models.ts';
import { registerPoliciesRoutes } from './routes/policies.ts';
import { registerModelPrices, registerPriceFiles } from './routes/price-files.ts';
import { registerProvidersRoutes } from './routes/providers.ts';
import { registerUsersRoutes } from './routes/users.ts';
import { registerVirtualKeysRoutes } from './routes/virtual-keys.ts';
import { registerWorkspaceMembersRoutes } from './routes/workspace-members.ts';
import { registerWorkspacesRoutes } from './routes/workspaces.ts';
import { authenticate, createRouteContext, readAnnotation, readCaller, type ServiceParts } from './service.ts';

type RegisterRoutes = (app: Hono, context: RouteContext) => void;

const routes: readonly RegisterRoutes[] = [
  registerPoliciesRoutes,
  registerApiKeysRoutes,
  registerWorkspacesRoutes,
  registerWorkspaceMembersRoutes,
  registerUsersRoutes,
  registerProvidersRoutes,
  registerVirtualKeysRoutes,
  registerIntegrationsRoutes,
  registerAnalyticsRoutes,
  registerLogsRoutes,
  registerFeedbackRoutes,
  registerConfigsRoutes,
  registerModelsRoutes,
  registerAuditLogsRoutes,
];

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

  for (const path of [`${basePath}/*`, '/v2/*']) {
    root.use(path, dateAnswers(parts), countRequests(parts), parts.injectFaults, keepWrites(parts));
  }
  // Of gateways, and public: neither asks for a key of the admin API.
  registerGatewayRoutes(root, context, parts.acceptKeys);
  registerModelPrices(app as Hono);
  app.use('*', auditWrites(parts));
  app.use('*', async (c, next) => {
    authenticate(c, parts);
    await next();
  });
  for (const register of routes) register(app as Hono, context);

  // Beside the base path: signed links carry no key (10.2).
  registerExportDownload(root, context);
  // Of another host of the service, and public (12).
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

function sendError(c: Context, parts: AppParts, error: EmulatorError): Response {
  const shape = parts.quirks.errorShape ?? pickShape(c, error);
  return new Response(JSON.stringify(buildErrorBody(error, shape)), {
    status: error.status,
    headers: { 'content-type': 'application/json' },
  });
}

/** The shape seen for the route (1.6). */
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
      body: parseBody(text),
      status: c.res.status,
    });
  };
}

function parseBody(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Every write of a known caller, refused ones too (13). */
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
