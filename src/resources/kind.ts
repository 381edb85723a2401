/** What every kind has to say about itself; one object a kind, one file an object, one row in registry.ts. */

import { type FieldsDraft, isApi, memberOf } from './fields.ts';
import type { KindPort, LimitsTarget } from './kind-port.ts';
import type { AttachmentKind, Fields, Json, Kind, PolicyKind } from './types.ts';

/** Where a live row was found; some values on the wire mean "this workspace" or "this organisation". */
export interface LiveScope {
  /** Null for what belongs to the organisation. */
  readonly workspaceId: string | null;
  readonly workspaceSlug: string | null;
  readonly organisationId: string;
}

export type WireRow = Readonly<Record<string, unknown>>;
export type ListedRow = WireRow & { readonly id: string };

/** Where one object is, in all the words that routes ask for. */
export interface Address {
  readonly id: string;
  /** Of a provider its slug, which cannot change (docs/service-notes.md#provider-rows). */
  readonly name: string;
  readonly workspaceId: string | null;
  readonly workspaceSlug: string | null;
}

interface KindBasics<K extends Kind> {
  readonly kind: K;
  /** Section of a policy file in which entries of this kind stand. */
  readonly section: 'policies' | 'limits' | 'keys' | 'providers' | 'integrations';
  /** What people call one, and several. */
  readonly label: string;
  readonly plural: string;
  /**
   * Active ones of a workspace, or of the organisation (null). Missing: they stand in no list of their own, and live/read-live.ts
   * finds them in the rows of others.
   */
  readonly list?: (port: KindPort, workspaceId: string | null) => Promise<readonly ListedRow[]>;
  nameOf(row: ListedRow): string | null;
  /** Lists of older backends leave members out: whether this row lacks some, and how it is read with them. */
  readonly lacksMembers?: (row: ListedRow) => boolean;
  readonly readWhole?: (port: KindPort, row: ListedRow) => Promise<ListedRow>;
  /** One, read anew; null where it is known to be gone. */
  read(port: KindPort, address: Address): Promise<WireRow | null>;
  /**
   * Canonical fields of a live row. A field that the row does not carry is left out ("the service did not say").
   *
   * @param hints what record and files say of this object, the better witness first: they name the `api:` members to read,
   *   and tell which of two look-alike budgets in a workspace's list is the managed one
   */
  readFields(row: WireRow, scope: LiveScope, hints: readonly Fields[]): Fields;
  /** True when absence after presence stops managing the field instead of clearing it. */
  isReleased(field: string): boolean;
}

/** Policies are objects of their own: created, updated in place, replaced, deleted. */
export interface PolicyKindSpec extends KindBasics<PolicyKind> {
  readonly policy: true;
  /** Fields that the service never changes in place. */
  readonly immutable: readonly string[];
  /** Body of the create; `nextReset` is an ISO date carried over from the policy it replaces, or the written start. */
  buildCreate(fields: Fields, workspaceId: string, nextReset: string | null): WireRow;
  /** Body of the update: only the members that differ (docs/service-notes.md#resent-reset). */
  buildUpdate(changed: Fields, after: Fields): WireRow;
}

/** Attachment points exist anyway; only their limits are set, each limit written whole. */
export interface AttachmentKindSpec extends KindBasics<AttachmentKind> {
  readonly policy: false;
  /** The level holds at most one rate, so that a declared one takes the place of any other. */
  readonly singleRate: boolean;
  /** What a counter is kept for. */
  readonly per: string;
  target(address: Address): LimitsTarget;
  /** Body of the update; `row` is the object as read just before. */
  buildLimits(row: WireRow, move: LimitsMove): WireRow;
}

/** How the managed fields of an attachment point move. */
export interface LimitsMove {
  /** All managed fields as they are. */
  readonly before: Fields;
  /** All managed fields as they are to be; null clears. */
  readonly after: Fields;
  /** Those of `after` that differ from `before`. */
  readonly changed: Fields;
  /** Written start of the window (ISO date), when it is to be sent. */
  readonly starting: string | null;
}

export type KindSpec = PolicyKindSpec | AttachmentKindSpec;

/** Canonical values of the `api:` members that the hints name and the row carries. */
export function readApiFields(row: WireRow, hints: readonly Fields[]): FieldsDraft {
  const fields: FieldsDraft = {};
  for (const hint of hints) {
    for (const field in hint) {
      if (!isApi(field)) continue;
      const member = memberOf(field);
      if (Object.hasOwn(row, member)) fields[field] = row[member] as Json;
    }
  }
  return fields;
}

export function apiBody(fields: Fields): WireRow {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([field, value]) => (isApi(field) ? [[memberOf(field), value]] : [])),
  );
}

/** ISO date-time in UTC with milliseconds, as the service writes it; text that is not a date stays as it is. */
export function canonicalDate(text: string): string {
  const time = Date.parse(text);
  return Number.isNaN(time) ? text : new Date(time).toISOString();
}
