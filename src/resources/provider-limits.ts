import { type AttachmentKindSpec, canonicalDate } from './kind.ts';
import { buildRates } from './limits.ts';
import { buildSingleBudget, readSingleLimits } from './single-limits.ts';
import type { Fields } from './types.ts';
import type { WireProvider } from './wire.ts';

/**
 * Budget, rate and expiry of a provider (once: virtual key) in a workspace; `PUT /providers/{slug}`
 * (docs/service-notes.md#provider-rows).
 */
export const providerLimits: AttachmentKindSpec = {
  kind: 'provider-limits',
  section: 'providers',
  label: 'provider',
  plural: 'providers',
  list: async (port, workspaceId) => (workspaceId === null ? [] : port.listProviders(workspaceId)),
  nameOf: ({ slug }) => String(slug),
  read: (port, { name, workspaceId }) => port.readProvider(name, workspaceId ?? ''),
  target: ({ name, workspaceId }) => ({ kind: 'provider-limits', slug: name, workspaceId: workspaceId ?? '' }),
  per: 'virtual_key',
  policy: false,
  singleRate: true,

  readFields(wire, _scope, hints): Fields {
    const row = wire as WireProvider;
    return {
      ...readSingleLimits(row.usage_limits, row.rate_limits, hints),
      expires: row.expires_at ? canonicalDate(row.expires_at) : null,
    };
  },

  isReleased: (field) => field === 'expires' || field === 'rates',

  buildLimits(wire, move) {
    const row = wire as WireProvider;
    const { changed } = move;
    const budget = buildSingleBudget(row.usage_limits, move, row.usage_limits?.next_usage_reset_at ?? null);
    const rates = buildRates(row.rate_limits, move, true);
    return {
      ...(budget === undefined ? {} : { usage_limits: budget }),
      ...(rates === undefined ? {} : { rate_limits: rates }),
      ...(changed.expires === undefined ? {} : { expires_at: changed.expires }),
    };
  },
};
