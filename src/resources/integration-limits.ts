import { UnreadableRowsError } from '../errors.ts';
import type { Address, AttachmentKindSpec, WireRow } from './kind.ts';
import type { KindPort } from './kind-port.ts';
import { buildRates } from './limits.ts';
import { buildSingleBudget, readSingleLimits } from './single-limits.ts';
import type { Fields } from './types.ts';
import type { WireIntegrationWorkspace } from './wire.ts';

/**
 * A workspace's share of an organisation's integration, or what the integration gives to workspaces created later; at most
 * one budget and one rate. `PUT /integrations/{slug}/workspaces` (docs/service-notes.md#shares).
 */
export const integrationLimits: AttachmentKindSpec = {
  kind: 'integration-limits',
  section: 'integrations',
  label: 'integration',
  plural: 'shares of integrations',
  nameOf: ({ id }) => slugOf(id),
  read: readShare,
  target: ({ id, workspaceSlug }) => ({ kind: 'integration-limits', slug: slugOf(id), workspaceSlug }),
  per: 'integration',
  policy: false,
  singleRate: true,

  readFields(wire, _scope, hints): Fields {
    const row = wire as WireIntegrationWorkspace;
    return readSingleLimits(row.usage_limits?.[0], row.rate_limits, hints);
  },

  isReleased: (field) => field === 'rates',

  buildLimits(wire, move) {
    const row = wire as WireIntegrationWorkspace;
    const live = row.usage_limits?.[0];
    const budget = buildSingleBudget(live, move, live?.next_usage_reset_at ?? null);
    const rates = buildRates(row.rate_limits, move, true);
    return {
      // Access is as it was read: tollgate never grants it, and never lets the service make a provider on the side.
      enabled: row.enabled ?? false,
      create_default_provider: false,
      ...(budget === undefined ? {} : { usage_limits: budget === null ? null : [budget] }),
      ...(rates === undefined ? {} : { rate_limits: rates }),
    };
  },
};

/** Ids of shares are `<slug>/<workspace id or *>`. */
function slugOf(id: string): string {
  return id.slice(0, id.lastIndexOf('/'));
}

async function readShare(port: KindPort, { id, workspaceId, workspaceSlug }: Address): Promise<WireRow | null> {
  if (workspaceId === null) return port.readGlobalAccess(slugOf(id));
  const isIt = (row: WireIntegrationWorkspace): boolean => row.id === workspaceSlug || row.id === workspaceId;
  try {
    return (await port.listIntegrationWorkspaces(slugOf(id))).find(isIt) ?? null;
  } catch (error) {
    if (!(error instanceof UnreadableRowsError)) throw error;
    const found = (error.readable as readonly WireIntegrationWorkspace[]).find(isIt);
    // Among the rows that make no sense it is not known to be gone.
    if (found === undefined) throw error;
    return found;
  }
}
