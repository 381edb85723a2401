import type { KindPort, LimitsTarget } from '../resources/kind-port.ts';
import type { PolicyKind } from '../resources/types.ts';
import type { WireWorkspace } from '../resources/wire.ts';
import type { LogPort, OfferedModel } from './log-port.ts';

/** A record of the audit log (docs/service-notes.md#audit-log); only what names the author of a change. */
export interface AuditRecord {
  /** ISO date-time, UTC. */
  readonly when: string;
  readonly who: string | null;
  readonly method: string;
  /** Path of the request. */
  readonly uri: string;
  /** HTTP status of the answer; null when not said. */
  readonly status: number | null;
}

/** One counter of a budget policy (docs/service-notes.md#policies). */
export interface WireCounter {
  /** Null: it shows none. */
  readonly valueKey: string | null;
  /** As the service counts: cents, tokens or requests; null: it shows none, or nothing that is a number. */
  readonly usage: number | null;
  readonly status: 'active' | 'exhausted' | null;
}

/** A config of the gateway in a list (docs/service-notes.md#configs), which does not show what it says. */
export interface ConfigRow {
  readonly id: string;
  readonly slug: string;
  /** Not unique. */
  readonly name: string;
  readonly status: string | null;
}

/** A person of the organisation (docs/service-notes.md#people). */
export interface Member {
  readonly id: string;
  /** Lower-cased; null: it shows none. */
  readonly email: string | null;
  /** Open: `owner`, `admin`, `member`; null: it shows none. */
  readonly role: string | null;
}

/** Filters of the analytics API (docs/service-notes.md#analytics): comma lists, dates in ISO. */
export type AnalyticsQuery = Readonly<Record<string, string | number | undefined>>;

/** A request body in the service's own words; built by the kinds (resources/<kind>.ts), passed on unchanged. */
export type WireBody = Readonly<Record<string, unknown>>;

/**
 * The control plane as plans and applies see it. Ids are UUIDs unless a parameter is called slug.
 *
 * Every method rejects with ServiceError when the service refuses or cannot be reached, and with CancelledError once the
 * run's signal has fired. Lists are complete: paged to their end, each row once, newest first or not at all ordered.
 * Reads are retried by the implementation; so are `updatePolicy`, `deletePolicy` and `setLimits`, which are idempotent.
 * `createPolicy` is sent again only when the earlier request certainly had no effect; otherwise it rejects with
 * `maybeApplied: true` and the caller settles the doubt by reading.
 */
export interface Backend extends KindPort {
  /** Base URL including `/v1`, for the record and for messages. */
  readonly baseUrl: string;

  /**
   * Milliseconds since the epoch by the service's own clock, from its latest answer (the header `Date`); null while there is none. To be compared with nothing but what was read from the same service.
   */
  serviceNow(): number | null;

  /**
   * From now on `mayWrite` is asked right before every writing request leaves, each repetition too. It rejects with
   * ClaimLostError: then that request does not leave, and the call rejects with the same; or, where an earlier try of the same
   * call went out, with what became of that.
   */
  gateWrites(mayWrite: () => Promise<void>): void;

  /** Active workspaces of the organisation, with their own limits. */
  listWorkspaces(): Promise<readonly WireWorkspace[]>;

  /** People of the organisation. Often refused: it needs a scope of its own. */
  listMembers(): Promise<readonly Member[]>;

  /** Slugs of all integrations, for messages about unknown names. */
  listIntegrationSlugs(): Promise<readonly string[]>;

  /** Active configs of one workspace. */
  listConfigs(workspaceId: string): Promise<readonly ConfigRow[]>;
  /** `config` is what its JSON holds, or the text where that is no JSON. Nothing about it is checked: anybody may write one. */
  readConfig(slug: string): Promise<{ readonly slug: string; readonly config: unknown }>;

  /** Writes recorded by the control plane between two ISO date-times. Often refused: it needs a scope of its own. */
  listAuditRecords(from: string, to: string, organisationId: string): Promise<readonly AuditRecord[]>;

  /** What the counters of a usage policy hold now. */
  readCounters(policyId: string): Promise<readonly WireCounter[]>;
  /** `path` below `/analytics`, such as `/graphs/cost`; costs are in cents. The answer as it came. */
  readAnalytics(path: string, query: AnalyticsQuery): Promise<Readonly<Record<string, unknown>>>;

  /** Models that the workspace can call. Often refused to an admin key. */
  listModels(workspaceId: string): Promise<readonly OfferedModel[]>;

  readonly logs: LogPort;

  createPolicy(kind: PolicyKind, body: WireBody): Promise<{ readonly id: string }>;
  updatePolicy(kind: PolicyKind, id: string, body: WireBody): Promise<void>;
  /** Archives. Resolves also when the policy was already gone by the service's word (404); a 403 rejects, the caller asks the list. */
  deletePolicy(kind: PolicyKind, id: string): Promise<void>;
  setLimits(target: LimitsTarget, body: WireBody): Promise<void>;
  /** What one counter of a usage policy holds counts no longer; no apply does that. False: the policy shows no such counter. */
  resetCounter(policyId: string, valueKey: string): Promise<boolean>;
}
