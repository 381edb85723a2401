/** What was read of the control plane: plain data. */

import type { WireRow } from '../resources/kind.ts';
import type { Budget, Kind } from '../resources/types.ts';

/** A live object of one kind, as read in this run. */
export interface LiveObject {
  readonly kind: Kind;
  /**
   * The service's id: a UUID; for `limits` the workspace's, for a share of an integration `<integration slug>/<workspace
   * UUID>`, for what it gives to new workspaces `<integration slug>/*`.
   */
  readonly id: string;
  /** Name of a policy or key, slug of a provider or integration, `limits`; null on policies made without one. */
  readonly name: string | null;
  readonly workspaceId: string | null;
  /** The row as the service sent it. */
  readonly row: WireRow;
}

export interface LiveWorkspace {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  /** Its own budgets as its row shows them; no request of their own. */
  readonly budgets?: readonly Budget[];
  /** Keys of the metadata that it sets on its calls. */
  readonly metadata?: readonly string[];
}

/**
 * A live row that makes no sense and was set aside. What it binds is not known: in its scope nothing is created or deleted,
 * and nothing is taken for gone.
 */
export interface UnreadableObject {
  /** `workspace-limits`: a workspace, and with it everything that it holds. */
  readonly kind: Kind;
  readonly workspaceId: string | null;
  readonly id: string | null;
  readonly name: string | null;
  /** What is wrong with it: a member, or that what it belongs to cannot be known. */
  readonly why: string;
}

/** What was read of the control plane. Only workspaces and kinds in use are read. */
export interface Live {
  readonly organisationId: string;
  readonly baseUrl: string;
  /** All active workspaces, also those without a file. */
  readonly workspaces: readonly LiveWorkspace[];
  readonly objects: readonly LiveObject[];
  /** Rows that could not be read; default: none. */
  readonly unreadable?: readonly UnreadableObject[] | undefined;
  /** Slugs of integrations that exist, when any is in use. */
  readonly integrations: readonly string[];
  /**
   * `<workspace id>/<kind>` pairs of which every row was read, shares of integrations if those of all were; others are
   * "unmanaged: not read", and nothing is concluded from what is not among `objects`.
   */
  readonly read: ReadonlySet<string>;
  /** Those that were asked for and are not known whole: refused, or with rows that make no sense. Default: none. */
  readonly unseen?: ReadonlySet<string> | undefined;
}
