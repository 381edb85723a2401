/** The rules that hold for every route, as the context that route modules are given. */

import type { Context } from 'hono';
import { type AcceptedKey, findCaller, hasScope } from './auth.ts';
import { isObject } from './body.ts';
import type { AuditAnnotation, Caller, RouteContext } from './context.ts';
import { EmulatorError } from './errors.ts';
import type { FaultSwitch } from './faults.ts';
import { takePage } from './paging.ts';
import type { Quirks } from './quirks.ts';
import { buildHex, buildSecret, buildUuid, type Random } from './random.ts';
import { formatTimestamp } from './resets.ts';
import type { StaleReadTracker } from './stale-reads.ts';
import type { Store } from './store.ts';

export interface ServiceParts {
  readonly store: Store;
  readonly quirks: Quirks;
  readonly faults: FaultSwitch;
  readonly acceptKeys: readonly AcceptedKey[];
  readonly now: () => Date;
  readonly random: Random;
  readonly stale: StaleReadTracker;
}

const callerSlot = 'caller';
const auditSlot = 'audit';

/** Finds the caller of a request, or refuses it: 401 AB05. */
export function authenticate(c: Context, parts: ServiceParts): Caller {
  const caller = findCaller(c.req.header('x-portkey-api-key'), parts.acceptKeys, parts.store, parts.now());
  if (caller === undefined) throw new EmulatorError(401, 'AB05', 'Unauthorised Request');
  c.set(callerSlot, caller);
  return caller;
}

export function readCaller(c: Context): Caller | undefined {
  return c.get(callerSlot) as Caller | undefined;
}

export function readAnnotation(c: Context): AuditAnnotation {
  return (c.get(auditSlot) as AuditAnnotation | undefined) ?? {};
}

export function createRouteContext(parts: ServiceParts): RouteContext {
  const { store, quirks, faults, random, stale } = parts;

  const caller = (c: Context): Caller => {
    const found = readCaller(c);
    if (found === undefined) throw new EmulatorError(401, 'AB05', 'Unauthorised Request');
    return found;
  };

  const annotateAudit = (c: Context, annotation: AuditAnnotation): void => {
    c.set(auditSlot, { ...readAnnotation(c), ...annotation });
  };

  const optionalWorkspaceFor: RouteContext['optionalWorkspaceFor'] = (c, requested) => {
    const own = caller(c);
    const wanted = own.kind === 'organisation-service' ? requested : (own.workspaceId ?? '');
    if (wanted === undefined || wanted === null) return undefined;
    const row = typeof wanted === 'string' ? store.findWorkspace(wanted) : undefined;
    // A workspace of another organisation and one that never was look the same (1.6).
    if (row === undefined || row.status !== 'active') {
      throw new EmulatorError(403, 'AB03', 'You do not have access to this workspace');
    }
    annotateAudit(c, { workspace_id: row.id });
    return row;
  };

  const page: RouteContext['page'] = (c, rows, options) => {
    const { page_size, current_page, pageSize, currentPage } = c.req.query();
    const asked =
      options?.list === 'people' ? { pageSize, currentPage } : { pageSize: page_size, currentPage: current_page };
    return takePage(rows, asked, quirks, options);
  };

  return {
    store,
    quirks,
    faults,
    now: parts.now,
    timestamp: () => formatTimestamp(parts.now()),
    newId: () => buildUuid(random),
    newSuffix: (length) => buildHex(random, length),
    newSecret: () => buildSecret(random),
    fail: (status, code, message, details) => new EmulatorError(status, code, message, details),
    invalid: (message, details) => new EmulatorError(400, 'AB01', message, details),
    notFound: (message = 'Resource not found') =>
      quirks.goneAs403 ? new EmulatorError(403, 'AB03', 'Action not allowed') : new EmulatorError(404, 'AB08', message),
    caller,
    organisation: () => store.state.organisation,
    requireScope(c, ...anyOf) {
      const granted = anyOf.filter((scope) => scope !== quirks.missingScope);
      if (hasScope(caller(c), granted)) return;
      throw quirks.missingScopeAs401
        ? new EmulatorError(401, 'AB05', 'Unauthorised Request')
        : new EmulatorError(403, 'AB03', 'You do not have the required scope for this action');
    },
    requireAdmin(c) {
      if (caller(c).kind === 'organisation-service') return;
      throw new EmulatorError(403, 'AB03', 'This action needs an organisation admin key');
    },
    workspaceFor(c, requested) {
      const row = optionalWorkspaceFor(c, requested === '' ? undefined : requested);
      if (row !== undefined) return row;
      throw new EmulatorError(400, 'AB01', 'Validation failed: workspace_id: is required', {
        param: 'workspace_id',
        location: c.req.method === 'POST' ? 'body' : 'query',
      });
    },
    optionalWorkspaceFor: (c, requested) => optionalWorkspaceFor(c, requested === '' ? undefined : requested),
    async readBody(c) {
      const text = await c.req.text();
      if (text.trim() === '') return {};
      let body: unknown;
      try {
        body = JSON.parse(text);
      } catch {
        body = undefined;
      }
      if (isObject(body)) return body;
      throw new EmulatorError(400, 'AB01', 'Invalid request. Please check and try again.');
    },
    page,
    sendList(c, rows, render, options) {
      const { total, rows: shown } = page(c, rows, options);
      return c.json({ object: 'list', total, data: shown.map(render) });
    },
    sendUpdated: (c) => c.json({}),
    sendDeleted: (c) => (quirks.deleteAnswers204 ? c.body(null, 204) : c.json({})),
    beforeChange: (row) => stale.beforeChange(row),
    afterCreate: (row) => stale.afterCreate(row),
    view: (row) => stale.view(row),
    annotateAudit,
  };
}
