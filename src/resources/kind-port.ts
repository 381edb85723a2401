/** What kinds read their objects through: the part of the control plane's port that holds limits. */

import type {
  WireGlobalAccess,
  WireIntegrationPrices,
  WireIntegrationWorkspace,
  WireKey,
  WireProvider,
  WireRatePolicy,
  WireUsagePolicy,
  WireWorkspace,
} from './wire.ts';

/** Which object `setLimits` changes, addressed the way its endpoint wants it. */
export type LimitsTarget =
  | { readonly kind: 'workspace-limits'; readonly workspaceId: string }
  | { readonly kind: 'key-limits'; readonly keyId: string }
  | { readonly kind: 'provider-limits'; readonly slug: string; readonly workspaceId: string }
  | { readonly kind: 'integration-limits'; readonly slug: string; readonly workspaceSlug: string }
  /** What the integration gives to workspaces created later. */
  | { readonly kind: 'integration-limits'; readonly slug: string; readonly workspaceSlug: null }
  | { readonly kind: 'integration-prices'; readonly slug: string };

/** Ids are UUIDs unless a parameter is called slug; see Backend. */
export interface KindPort {
  readWorkspace(workspaceId: string): Promise<WireWorkspace>;

  /** Active policies of one workspace. */
  listUsagePolicies(workspaceId: string): Promise<readonly WireUsagePolicy[]>;
  listRatePolicies(workspaceId: string): Promise<readonly WireRatePolicy[]>;
  readUsagePolicy(id: string): Promise<WireUsagePolicy>;
  readRatePolicy(id: string): Promise<WireRatePolicy>;

  /** Keys of one workspace; with null the keys that belong to the organisation itself. */
  listKeys(workspaceId: string | null): Promise<readonly WireKey[]>;
  readKey(id: string): Promise<WireKey>;

  listProviders(workspaceId: string): Promise<readonly WireProvider[]>;
  readProvider(slug: string, workspaceId: string): Promise<WireProvider>;

  listIntegrationWorkspaces(slug: string): Promise<readonly WireIntegrationWorkspace[]>;
  /** Null when the service shows no such settings. */
  readGlobalAccess(slug: string): Promise<WireGlobalAccess | null>;

  /** What an integration charges instead of the price files; nothing else of it, and no secret. */
  readIntegrationPrices(slug: string): Promise<WireIntegrationPrices>;
}
