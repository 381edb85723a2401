/** What route modules are given: the state of the service, and the rules that hold for every route. */

import type { Context } from 'hono';
import { type AcceptedKey, type Caller, findCaller, hasScope } from './auth.ts';
import { isObject, parseJson } from './body.ts';
import { EmulatorError, type ErrorCode, type ErrorDetails, invalidRequest, refuseField } from './errors.ts';
import { type PageRules, takePage } from './paging.ts';
import type { Quirks } from './quirks.ts';
import { buildHex, buildSecret, buildUuid, type Random } from './random.ts';
import { formatTimestamp } from './resets.ts';
import type { StaleReadTracker } from './stale-reads.ts';
import type { Store, WorkspaceRow } from './store.ts';

export interface ServiceParts {
  readonly store: Store;
  /** The live switches: read them on every request, they change at run time. */
  readonly quirks: Quirks;
  readonly acceptKeys: readonly AcceptedKey[];
  readonly now: () => Date;
  readonly random: Random;
  readonly stale: StaleReadTracker;
}

export interface AuditAnnotation {
  /** UUID of the workspace that was written in. */
  readonly workspace_id?: string;
}

const callerSlot = 'caller';
const auditSlot = 'audit';

/** Finds the caller of a request, or refuses it: 401 AB05. */
export function authenticate(c: Context, parts: ServiceParts): Caller {
  const caller = findCaller(c.req.header('x-portkey-api-key'), parts.acceptKeys, parts.store, parts.now());
  if (caller === undefined) throw refuseCaller();
  c.set(callerSlot, caller);
  return caller;
}

function refuseCaller(): EmulatorError {
  return new EmulatorError(401, 'AB05', 'Unauthorised Request');
}

export function readCaller(c: Context): Caller | undefined {
  return c.get(callerSlot) as Caller | undefined;
}

export function readAnnotation(c: Context): AuditAnnotation {
  return (c.get(auditSlot) as AuditAnnotation | undefined) ?? {};
}

export type RouteContext = ReturnType<typeof createRouteContext>;

export function createRouteContext(parts: ServiceParts) {
  const { store, quirks, random, stale, now } = parts;

  const caller = (c: Context): Caller => {
    const found = readCaller(c);
    if (found === undefined) throw refuseCaller();
    return found;
  };

  /** Every write is audited anyway; this refines what the record says. */
  const annotateAudit = (c: Context, annotation: AuditAnnotation): void => {
    c.set(auditSlot, { ...readAnnotation(c), ...annotation });
  };

  /** An active workspace by UUID or slug. One of another organisation and one that never was look the same. */
  const requireWorkspace = (idOrSlug: unknown): WorkspaceRow => {
    const row = typeof idOrSlug === 'string' ? store.find('workspaces', idOrSlug) : undefined;
    if (row?.status !== 'active') throw new EmulatorError(403, 'AB03', 'You do not have access to this workspace');
    return row;
  };

  /** As `workspaceFor`, but an admin key may leave it open: undefined, all workspaces. */
  const optionalWorkspaceFor = (c: Context, requested: unknown): WorkspaceRow | undefined => {
    const own = caller(c);
    const isOpen = requested === undefined || requested === null || requested === '';
    if (isOpen && own.kind === 'organisation-service') return undefined;
    const wanted = own.kind === 'organisation-service' ? requested : own.workspaceId;
    const row = requireWorkspace(wanted);
    annotateAudit(c, { workspace_id: row.id });
    return row;
  };

  /** The rows of the page asked for by `page_size` and `current_page` (or as people are paged), and the total. */
  const page = <Row>(c: Context, rows: readonly Row[], rules?: PageRules) => {
    const { page_size, current_page, pageSize, currentPage } = c.req.query();
    const asked =
      rules?.list === 'people' ? { pageSize, currentPage } : { pageSize: page_size, currentPage: current_page };
    return takePage(rows, asked, quirks, rules);
  };

  return {
    store,
    quirks,
    now,
    /** `now()` as the service writes it: whole seconds, `.000Z`. */
    timestamp: () => formatTimestamp(now()),
    /** A UUID; the same sequence for the same seed, as the two that follow. */
    newId: () => buildUuid(random),
    /** `length` lower-case hexadecimal digits for a slug. */
    newSuffix: (length: number) => buildHex(random, length),
    /** A whole API key. */
    newSecret: () => buildSecret(random),
    /** Builds the refusal; `throw context.fail(404, 'AB08', '…')`. */
    fail: (status: number, code: ErrorCode, message: string, details?: ErrorDetails) =>
      new EmulatorError(status, code, message, details),
    /** 400 AB01. */
    invalid: (message: string, details?: ErrorDetails) => new EmulatorError(400, 'AB01', message, details),
    /** 404 AB08, or what the quirk `goneAs403` turns it into. */
    notFound: (message = 'Resource not found') =>
      quirks.goneAs403 ? new EmulatorError(403, 'AB03', 'Action not allowed') : new EmulatorError(404, 'AB08', message),
    caller,
    organisation: () => store.state.organisation,
    /** Refuses a key that has none of the scopes. */
    requireScope(c: Context, ...anyOf: string[]): void {
      const granted = anyOf.filter((scope) => scope !== quirks.missingScope);
      if (hasScope(caller(c), granted)) return;
      throw quirks.missingScopeAs401
        ? refuseCaller()
        : new EmulatorError(403, 'AB03', 'You do not have the required scope for this action');
    },
    /** Refuses workspace keys: 403 AB03. */
    requireAdmin(c: Context): void {
      if (caller(c).kind === 'organisation-service') return;
      throw new EmulatorError(403, 'AB03', 'This action needs an organisation admin key');
    },
    requireWorkspace,
    /**
     * The workspace a call is about. With a workspace key its own, whatever was asked for: a differing `workspace_id` is
     * ignored in silence, which a careful client must notice. With an admin key the one asked for, by UUID or slug:
     * nothing asked is 400 AB01, unknown is 403 AB03.
     */
    workspaceFor(c: Context, requested: unknown): WorkspaceRow {
      const row = optionalWorkspaceFor(c, requested);
      if (row !== undefined) return row;
      throw refuseField('workspace_id', 'is required', c.req.method === 'POST' ? 'body' : 'query');
    },
    optionalWorkspaceFor,
    /** The JSON object in the body; anything else is 400 AB01. An absent body is `{}`. */
    async readBody(c: Context): Promise<Record<string, unknown>> {
      const text = await c.req.text();
      if (text.trim() === '') return {};
      const body = parseJson(text);
      if (isObject(body)) return body;
      throw new EmulatorError(400, 'AB01', invalidRequest);
    },
    page,
    /** `{ object: "list", total, data }` with the page asked for. */
    sendList<Row>(c: Context, rows: readonly Row[], render: (row: Row) => unknown, rules?: PageRules): Response {
      const { total, rows: shown } = page(c, rows, rules);
      return c.json({ object: 'list', total, data: shown.map(render) });
    },
    /** What a PUT answers. */
    sendUpdated: (c: Context): Response => c.json({}),
    /** What a DELETE answers: `{}`, or 204 with the quirk `deleteAnswers204`. */
    sendDeleted: (c: Context): Response => (quirks.deleteAnswers204 ? c.body(null, 204) : c.json({})),
    /** Call before changing a row in place, for the quirk `staleReads`; after adding one; and to see what a read shows of it. */
    beforeChange: stale.beforeChange,
    afterCreate: stale.afterCreate,
    view: stale.view,
    annotateAudit,
  };
}
