import { isApi } from './fields.ts';
import { type AttachmentKindSpec, apiBody, canonicalDate, type ListedRow, readApiFields } from './kind.ts';
import { buildRates } from './limits.ts';
import { sortedSet } from './match.ts';
import { buildSingleBudget, readSingleLimits } from './single-limits.ts';
import type { Fields } from './types.ts';
import type { WireKey } from './wire.ts';

/** Budget, rates, alert recipients and expiry of an API key; `PUT /api-keys/{id}` (docs/service-notes.md#limit-object). */
export const keyLimits: AttachmentKindSpec = {
  kind: 'key-limits',
  section: 'keys',
  label: 'key',
  plural: 'keys',
  list: (port, workspaceId) => port.listKeys(workspaceId),
  nameOf: ({ name }) => (typeof name === 'string' ? name : null),
  lacksMembers: lacksWindow,
  readWhole: (port, { id }) => port.readKey(id),
  read: (port, { id }) => port.readKey(id),
  target: ({ id }) => ({ kind: 'key-limits', keyId: id }),
  per: 'api_key',
  policy: false,
  singleRate: false,

  readFields(wire, _scope, hints): Fields {
    const row = wire as WireKey;
    return {
      ...readSingleLimits(row.usage_limits, row.rate_limits, hints),
      // null and [] are one thing (recorded answers); addresses compare lower-cased, as a set.
      recipients: sortedSet((row.alert_emails ?? []).map((address) => address.toLowerCase())),
      expires: row.expires_at ? canonicalDate(row.expires_at) : null,
      ...(row.description === undefined ? {} : { description: row.description === '' ? null : row.description }),
      ...readApiFields(wire, hints),
    };
  },

  isReleased: (field) => field === 'expires' || field === 'budgets' || field === 'rates' || isApi(field),

  buildLimits(wire, move) {
    const row = wire as WireKey;
    const { changed } = move;
    const windowEnd = row.usage_limits?.next_usage_reset_at ?? row.next_usage_reset_at ?? null;
    const budget = buildSingleBudget(row.usage_limits, move, windowEnd);
    const rates = buildRates(row.rate_limits, move, false);
    const { recipients } = changed;
    return {
      ...(budget === undefined ? {} : { usage_limits: budget }),
      ...(rates === undefined ? {} : { rate_limits: rates }),
      ...(recipients === undefined ? {} : { alert_emails: recipients.length === 0 ? null : recipients }),
      ...(changed.expires === undefined ? {} : { expires_at: changed.expires }),
      ...(changed.description === undefined ? {} : { description: changed.description }),
      ...apiBody(changed),
    };
  },
};

/** A key's list row does not show when a window of N days ends; its get does (docs/service-notes.md#key-rows). */
function lacksWindow(row: ListedRow): boolean {
  const { usage_limits: budget, next_usage_reset_at: next } = row as WireKey;
  return (
    typeof budget?.periodic_reset_days === 'number' && budget.next_usage_reset_at === undefined && next === undefined
  );
}
