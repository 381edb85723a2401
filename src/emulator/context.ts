/** What a route module is given: the state of the service, and the rules that hold for every route. */

import type { Context } from 'hono';
import type { EmulatorError, ErrorCode, ErrorDetails } from './errors.ts';
import type { FaultSwitch } from './faults.ts';
import type { Quirks } from './quirks.ts';
import type { ApiKeyType, OrganisationRow, Store, WorkspaceRow } from './store.ts';

/** Whose key a request carries (control-plane-api.md 1.2). */
export interface Caller {
  /** UUID of the key; the audit log's `user_id`. */
  readonly id: string;
  readonly kind: ApiKeyType;
  /** UUID of the key's only workspace; undefined for an admin key. */
  readonly workspaceId: string | undefined;
  /** Undefined: every scope. */
  readonly scopes: readonly string[] | undefined;
}

export interface AuditAnnotation {
  /** UUID of the workspace that was written in. */
  readonly workspace_id?: string;
  readonly resource_type?: string;
  readonly action?: string;
}

export interface RouteContext {
  readonly store: Store;
  /** The live switches: read them on every request, they change at run time. */
  readonly quirks: Quirks;
  readonly faults: FaultSwitch;

  now(): Date;
  /** `now()` as the service writes it: whole seconds, `.000Z`. */
  timestamp(): string;
  /** A UUID; the same sequence for the same seed. */
  newId(): string;
  /** `length` lower-case hexadecimal digits for a slug; the same sequence for the same seed. */
  newSuffix(length: number): string;
  /** A whole API key; the same sequence for the same seed. */
  newSecret(): string;

  /** Builds the refusal; `throw context.fail(404, 'AB08', '…')`. */
  fail(status: number, code: ErrorCode, message: string, details?: ErrorDetails): EmulatorError;
  /** 400 AB01. */
  invalid(message: string, details?: ErrorDetails): EmulatorError;
  /** 404 AB08, or what the quirk `goneAs403` turns it into. */
  notFound(message?: string): EmulatorError;

  caller(c: Context): Caller;
  organisation(): OrganisationRow;
  /** Refuses a key that has none of the scopes. */
  requireScope(c: Context, ...anyOf: string[]): void;
  /** Refuses workspace keys: 403 AB03. */
  requireAdmin(c: Context): void;
  /**
   * The workspace a call is about. With a workspace key its own, whatever was asked for: a differing `workspace_id` is
   * ignored in silence (1.2), which a careful client must notice. With an admin key the one asked for, by UUID or slug:
   * nothing asked is 400 AB01, unknown is 403 AB03.
   */
  workspaceFor(c: Context, requested: unknown): WorkspaceRow;
  /** As `workspaceFor`, but an admin key may leave it open: undefined, all workspaces. */
  optionalWorkspaceFor(c: Context, requested: unknown): WorkspaceRow | undefined;
  /** The JSON object in the body; anything else is 400 AB01. An absent body is `{}`. */
  readBody(c: Context): Promise<Record<string, unknown>>;

  /** The rows of the page asked for by `page_size` and `current_page`, and the total (1.5). */
  page<Row>(
    c: Context,
    rows: readonly Row[],
    options?: PageOptions,
  ): { readonly total: number | undefined; readonly rows: Row[] };
  /** `{ object: "list", total, data }` with the page asked for (1.4). */
  sendList<Row>(c: Context, rows: readonly Row[], render: (row: Row) => unknown, options?: PageOptions): Response;
  /** What a PUT answers: `{}` (1.4). */
  sendUpdated(c: Context): Response;
  /** What a DELETE answers: `{}`, or 204 with the quirk `deleteAnswers204`. */
  sendDeleted(c: Context): Response;

  /** Call before changing a row in place, for the quirk `staleReads` (1.8). */
  beforeChange(row: object): void;
  /** Call after adding a row, for the same. */
  afterCreate(row: object): void;
  /** What a read shows in place of this row; undefined: it cannot be seen yet. */
  view<Row extends object>(row: Row): Row | undefined;

  /** Every write is audited anyway (13); this refines what the record says. */
  annotateAudit(c: Context, annotation: AuditAnnotation): void;
}

export interface PageOptions {
  /** Rows when no paging is asked for. Default: all of them, as in every recording. */
  readonly defaultSize?: number;
  /** Default 100. */
  readonly maxSize?: number;
  /** `policies`: a quirk may switch their paging off. `people`: asked for by `pageSize` and `currentPage`. */
  readonly list?: 'policies' | 'people';
}
