import { integrationLimits } from './integration-limits.ts';
import { integrationPrices } from './integration-prices.ts';
import { keyLimits } from './key-limits.ts';
import type { AttachmentKindSpec, KindSpec, PolicyKindSpec } from './kind.ts';
import { providerLimits } from './provider-limits.ts';
import { ratePolicy } from './rate-policy.ts';
import { type Kind, kinds, type PolicyKind } from './types.ts';
import { usagePolicy } from './usage-policy.ts';
import { workspaceLimits } from './workspace-limits.ts';

/**
 * Every kind, once. The order is that of plans and records.
 *
 *     organisation ── integrations ──┐
 *          │                         ▼
 *          └── workspaces ── limits, policies, keys, providers
 *
 * Nothing that tollgate writes depends on another thing that it writes, so there is one level: what has to come first is
 * decided by direction (plan/order.ts), not by kind.
 */
export const registry: { readonly [K in Kind]: K extends PolicyKind ? PolicyKindSpec : AttachmentKindSpec } = {
  'usage-policy': usagePolicy,
  'rate-policy': ratePolicy,
  'workspace-limits': workspaceLimits,
  'key-limits': keyLimits,
  'provider-limits': providerLimits,
  'integration-limits': integrationLimits,
  'integration-prices': integrationPrices,
};

export function specOf(kind: Kind): KindSpec {
  return registry[kind];
}

export function isPolicyKind(kind: Kind): kind is PolicyKind {
  return kind === 'usage-policy' || kind === 'rate-policy';
}

export function kindOrder(kind: Kind): number {
  return kinds.indexOf(kind);
}
