/** The sample organisation as a state for the store: sample-organisation.ts says what is in it and why. Pure. */

import { countPolicyUsage, countUsage, isReached, withUsage } from './accounting.ts';
import { buildSampleDates, type SampleDates } from './sample-dates.ts';
import { buildAuditLogs, buildFeedback } from './sample-history.ts';
import { sampleId, sampleOrganisationId } from './sample-ids.ts';
import { buildApiKeys, buildConfigs, buildWorkspaces } from './sample-organisation.ts';
import { buildRatePolicies, buildUsagePolicies } from './sample-policies.ts';
import { buildIntegrations, buildProviders } from './sample-providers.ts';
import { buildRequestLogs } from './sample-traffic.ts';
import type {
  ApiKeyRow,
  EntityRow,
  ProviderRow,
  RequestLogRow,
  StoreState,
  UsageLimitRow,
  UsagePolicyRow,
} from './store.ts';

/**
 * @param now the organisation's present: windows run around it, and thirty days of requests end at it
 */
export function sampleSeed(now: Date): StoreState {
  const dates = buildSampleDates(now);
  const organisation = { id: sampleOrganisationId, name: 'Example Organisation' };
  const requestLogs = buildRequestLogs(dates);
  const providers = buildProviders(dates).map((row) => chargeProvider(row, requestLogs, dates));
  const counted = { organisation, providers, requestLogs };
  return {
    organisation,
    workspaces: buildWorkspaces(dates).map((row) => ({
      ...row,
      usage_limits: row.usage_limits?.map((limit) => withWindow(limit, dates, row.created_at)) ?? null,
    })),
    apiKeys: buildApiKeys(dates).map((row) => chargeKey(row, requestLogs, dates)),
    providers,
    integrations: buildIntegrations(dates).map((row) => ({
      ...row,
      workspaces: row.workspaces.map((share) => ({
        ...share,
        usage_limits: share.usage_limits?.map((limit) => withWindow(limit, dates, row.created_at)) ?? null,
      })),
    })),
    configs: buildConfigs(dates),
    usagePolicies: buildUsagePolicies(dates).map((row) => ({ ...row, entities: countEntities(row, counted) })),
    ratePolicies: buildRatePolicies(dates),
    requestLogs,
    logExports: [],
    feedback: buildFeedback(requestLogs),
    invites: [],
    auditLogs: buildAuditLogs(dates),
  };
}

function countEntities(
  policy: UsagePolicyRow,
  state: Pick<StoreState, 'organisation' | 'providers' | 'requestLogs'>,
): Record<string, EntityRow> {
  const usage = countPolicyUsage(policy, state, policy.last_reset_at ?? policy.created_at);
  return Object.fromEntries(
    [...usage].map(([valueKey, current]) => {
      const exhausted = isReached(current, policy.credit_limit, policy.type);
      const entity: EntityRow = {
        id: sampleId(`entity ${policy.id} ${valueKey}`),
        current_usage: current,
        status: exhausted ? 'exhausted' : 'active',
        is_threshold_alerts_sent: isReached(current, policy.alert_threshold, policy.type),
        is_exhausted_alerts_sent: exhausted,
      };
      return [valueKey, entity];
    }),
  );
}

/** `batch-embedder` counts ten-day windows from this day on (policies/workspaces/platform.yaml). */
const tenDayStart = Date.parse('2026-12-01T00:00:00.000Z');
const day = 86_400_000;

/** The end and the start of the running window; keys and their like start weeks on Sunday. */
function withWindow(limit: UsageLimitRow, dates: SampleDates, createdAt: string): UsageLimitRow {
  if (limit.credit_limit === undefined) return limit;
  if (limit.periodic_reset === 'monthly') {
    return { ...limit, next_usage_reset_at: dates.monthEnd, last_reset_at: dates.monthStart };
  }
  if (limit.periodic_reset === 'weekly') {
    return { ...limit, next_usage_reset_at: dates.nextSunday, last_reset_at: dates.sunday };
  }
  if (typeof limit.periodic_reset_days === 'number') {
    const length = limit.periodic_reset_days * day;
    const passed = Math.floor((dates.now.getTime() - tenDayStart) / length) + 1;
    const next = tenDayStart + Math.max(0, passed) * length;
    const last = next - length;
    return {
      ...limit,
      next_usage_reset_at: new Date(next).toISOString(),
      last_reset_at: passed > 0 && last > Date.parse(createdAt) ? new Date(last).toISOString() : null,
    };
  }
  return limit;
}

function chargeKey(row: ApiKeyRow, requestLogs: readonly RequestLogRow[], dates: SampleDates): ApiKeyRow {
  if (row.usage_limits?.credit_limit === undefined) return row;
  const { limit, lastReset } = charge(row.usage_limits, row.created_at, dates, requestLogs, (request) => {
    return request.api_key_id === row.id;
  });
  return { ...row, usage_limits: limit, last_reset_at: lastReset, status: limit.status ?? 'active' };
}

function chargeProvider(row: ProviderRow, requestLogs: readonly RequestLogRow[], dates: SampleDates): ProviderRow {
  if (row.usage_limits === null) return row;
  const { limit, lastReset } = charge(row.usage_limits, row.created_at, dates, requestLogs, (request) => {
    return request.virtual_key === row.slug && request.workspace_id === row.workspace_id;
  });
  return { ...row, usage_limits: limit, last_reset_at: lastReset, status: limit.status ?? 'active' };
}

function charge(
  limit: UsageLimitRow,
  createdAt: string,
  dates: SampleDates,
  requestLogs: readonly RequestLogRow[],
  selects: (request: RequestLogRow) => boolean,
): { limit: UsageLimitRow; lastReset: string | null } {
  const running = withWindow(limit, dates, createdAt);
  const lastReset = running.last_reset_at ?? null;
  const usage = countUsage(requestLogs, limit.type ?? 'cost', lastReset ?? createdAt, selects);
  return { limit: withUsage(running, usage), lastReset };
}
