/** The sample organisation as a state for the store: organisation.ts says what is in it and why. Pure. */

import { countPolicyUsage, countUsage, reachesLimit, withUsage } from '../accounting.ts';
import {
  blankIntegration,
  blankKey,
  blankProvider,
  blankRatePolicy,
  blankUsagePolicy,
  blankWorkspace,
} from '../blank-rows.ts';
import { generateRequests } from '../request-logs.ts';
import type {
  ApiKeyRow,
  AuditRow,
  EntityRow,
  FeedbackRow,
  GatewayConfigRow,
  IntegrationRow,
  OwnerRow,
  ProviderRow,
  RatePolicyRow,
  RequestLogRow,
  StoreState,
  UsageLimitRow,
  UsagePolicyRow,
  WorkspaceRow,
  WorkspaceUserRow,
} from '../store.ts';
import { resolveDate, resolveDates } from './dates.ts';
import { keyId, providerId, sampleId, sampleOrganisationId, userId, workspaceId } from './ids.ts';
import * as sample from './organisation.ts';

/**
 * @param now the organisation's present: windows run around it, and thirty days of requests end at it
 */
export function sampleSeed(now: Date): StoreState {
  const organisation = { id: sampleOrganisationId, name: 'Example Organisation' };
  const requestLogs = buildRequestLogs(now);
  const providers = buildProviders(now).map((row) =>
    chargeOwner(row, now, requestLogs, (log) => log.virtual_key === row.slug && log.workspace_id === row.workspace_id),
  );
  return {
    organisation,
    workspaces: buildWorkspaces(now),
    apiKeys: buildApiKeys(now).map((row) => chargeOwner(row, now, requestLogs, (log) => log.api_key_id === row.id)),
    providers,
    integrations: buildIntegrations(now),
    configs: buildConfigs(now),
    usagePolicies: buildUsagePolicies(now).map((row) => ({
      ...row,
      entities: countEntities(row, { organisation, providers, requestLogs }),
    })),
    ratePolicies: buildRatePolicies(now),
    requestLogs,
    logExports: [],
    feedback: buildFeedback(requestLogs),
    invites: [],
    auditLogs: buildAuditLogs(now),
  };
}

function buildWorkspaces(now: Date): WorkspaceRow[] {
  return Object.entries(sample.sampleWorkspaces).map(([area, { members, was: _was, ...draft }], index) => {
    const created = resolveDate(`ago ${320 - index}`, now);
    const row = resolveDates({ ...blankWorkspace(created), last_updated_at: 'ago 40', ...draft }, now);
    return {
      ...row,
      id: workspaceId(area),
      name: area,
      usage_limits: row.usage_limits?.map((limit) => withWindow(limit, now, created)) ?? null,
      security_settings: { membersViewLogs: true, managersUpdateWs: true, membersViewAnalytics: true },
      settings: { debug_log: 1, user_api_key_ttl: 0, user_api_key_count: -1 },
      users: members.map((name) => buildMember(name, now)),
      created_by: userId('platform-admin'),
      creation_source: draft.creation_source ?? 'ui',
    };
  });
}

function buildMember(name: string, now: Date): WorkspaceUserRow {
  const isAdmin = name === 'platform-admin';
  const [first = name, ...rest] = name.split('-');
  const joined = resolveDate('ago 300', now);
  return {
    id: userId(name),
    first_name: first,
    last_name: rest.join(' '),
    email: `${name}@example.com`,
    org_role: isAdmin ? 'owner' : 'member',
    role: isAdmin ? 'admin' : 'member',
    status: 'active',
    created_at: joined,
    last_updated_at: joined,
  };
}

function buildApiKeys(now: Date): ApiKeyRow[] {
  const keys = sample.apiKeys.map(([area, name, { was: _was, ...draft }], index): ApiKeyRow => {
    const id = draft.id ?? keyId(area, name);
    const blank = { ...blankKey(`ago ${199 - index}`), last_updated_at: 'ago 30', scopes: sample.callScopes };
    const own = { id, secret: `sample-key-${area}-${name}-${id.slice(0, 4)}`, name };
    const row = { ...blank, ...own, type: 'workspace-service' as const, workspace_id: workspaceId(area), ...draft };
    return resolveDates(row, now);
  });
  const admin = {
    ...blankKey('ago 200'),
    last_updated_at: 'ago 30',
    id: sampleId('key organisation/tollgate-ci'),
    type: 'organisation-service' as const,
    workspace_id: null,
    ...sample.adminKey,
  };
  return [resolveDates(admin, now), ...keys];
}

function buildProviders(now: Date): ProviderRow[] {
  return sample.sampleProviders.map(([area, slug, { was: _was, ...draft }], index): ProviderRow => {
    const { integration_id = slug } = draft;
    const blank = { ...blankProvider(`ago ${260 - index}`), last_updated_at: 'ago 45' };
    const own = {
      id: providerId(area, slug),
      slug,
      name: slug,
      // A grant makes a provider with the integration's slug by itself.
      note: integration_id === slug ? 'Created automatically on integration access grant' : null,
      workspace_id: workspaceId(area),
      integration_id,
      ai_provider_name: sample.sampleIntegrations[integration_id]?.vendor ?? integration_id,
      masked_api_key: 'sa*****key',
    };
    return resolveDates({ ...blank, ...own, ...draft }, now);
  });
}

function buildIntegrations(now: Date): IntegrationRow[] {
  const isMain = (slug: string): boolean => slug === sample.sampleShare.integration;
  return Object.entries(sample.sampleIntegrations).map(([slug, { vendor, models, description = null }], index) => {
    const created = resolveDate(`ago ${300 - index}`, now);
    const areas = sample.sampleProviders
      .filter(([, own, row]) => (row.integration_id ?? own) === slug)
      .map(([area]) => area);
    return {
      ...blankIntegration(created),
      last_updated_at: resolveDate('ago 60', now),
      id: sampleId(`integration ${slug}`),
      slug,
      name: slug,
      ai_provider_id: vendor,
      description,
      masked_key: 'sa*****key',
      allow_all_models: description === null,
      global_workspace_access: isMain(slug)
        ? { enabled: true, usage_limits: [sample.sampleShare.everywhere], rate_limits: null }
        : null,
      workspaces: areas.map((area) => {
        const isLimited = isMain(slug) && area === sample.sampleShare.area;
        return {
          workspace_id: workspaceId(area),
          enabled: true,
          usage_limits: isLimited ? [withWindow(sample.sampleShare.budget, now, created)] : null,
          rate_limits: isLimited ? [sample.sampleShare.rate] : null,
        };
      }),
      models: models.map((model) => {
        const isCustom = model === sample.customModel.slug;
        return {
          slug: model,
          name: model,
          enabled: true,
          is_custom: isCustom,
          is_finetune: isCustom,
          base_model_slug: isCustom ? sample.customModel.base_model_slug : null,
          configurations: null,
          pricing_config: null,
        };
      }),
    };
  });
}

function buildConfigs(now: Date): GatewayConfigRow[] {
  return sample.sampleConfigs.map(([area, name, slug, config], index) => {
    const created_at = resolveDate(`ago ${150 - index}`, now);
    const updated_by = userId('platform-admin');
    const version_id = sampleId(`config version ${slug}`);
    return {
      id: sampleId(index === 3 ? `config ${area}/${name} 2` : `config ${area}/${name}`),
      slug,
      name,
      workspace_id: workspaceId(area),
      is_default: 0,
      status: 'active',
      owner_id: updated_by,
      updated_by,
      versions: [{ version_id, config: JSON.stringify(config), created_at, updated_by }],
      created_at,
      last_updated_at: created_at,
    };
  });
}

function placePolicy(area: string, name: string, per: readonly string[]) {
  return {
    id: sampleId(`policy ${area}/${name}`),
    name,
    workspace_id: workspaceId(area),
    last_updated_at: 'ago 50',
    conditions: sample.everything,
    group_by: per.map((key) => ({ key })),
  };
}

function buildUsagePolicies(now: Date): UsagePolicyRow[] {
  return sample.sampleUsagePolicies.map(([area, name, { per, was: _was, ...draft }], index) => {
    const isMonthly = draft.periodic_reset === 'monthly';
    const window = isMonthly ? { next_usage_reset_at: 'next month', last_reset_at: 'month' } : {};
    const blank = { ...blankUsagePolicy(`ago ${120 - index}`), ...placePolicy(area, name, per), ...window };
    return resolveDates({ ...blank, ...draft }, now);
  });
}

function buildRatePolicies(now: Date): RatePolicyRow[] {
  return sample.sampleRatePolicies.map(([area, name, { per, was: _was, ...draft }], index) =>
    resolveDates({ ...blankRatePolicy(`ago ${110 - index}`), ...placePolicy(area, name, per), ...draft }, now),
  );
}

function buildRequestLogs(now: Date): RequestLogRow[] {
  const first = now.getTime() - sample.sampleDays * 86_400_000;
  const toDate = (text: string): Date => {
    if (text === 'now') return now;
    const time = Date.parse(resolveDate(text, now));
    return new Date(text === 'month' ? Math.max(time, Math.floor(first / 1000) * 1000) : time);
  };
  const streams = sample.sampleTraffic.map(([area, key, route, size, requests, from, more = {}, to = 'now']) => {
    const [virtual_key, ai_org, ai_model] = route;
    const caller = { workspace_id: workspaceId(area), api_key_id: keyId(area, key), virtual_key, ai_org, ai_model };
    return { ...caller, requests, from: toDate(from), to: toDate(to), ...size, ...more };
  });
  return generateRequests(streams, 2231);
}

/** In order of their making, as the store keeps rows. */
function buildAuditLogs(now: Date): AuditRow[] {
  return [...sample.sampleAudits].reverse().map(({ daysAgo, area, user, body, ...draft }) => ({
    ...draft,
    timestamp: resolveDate(`ago ${daysAgo}`, now),
    request_id: sampleId(`request ${draft.uri} ${daysAgo}`),
    request_body: JSON.stringify(body),
    query_params: '{}',
    request_headers: JSON.stringify({ 'content-type': 'application/json' }),
    user_id: userId(user),
    user_type: 'user',
    organisation_id: sampleOrganisationId,
    workspace_id: workspaceId(area),
    response_status_code: 200,
    client_ip: '192.0.2.17',
    country: 'DE',
  }));
}

/** Thumbs on every fortieth answer of the support desk. */
function buildFeedback(requestLogs: readonly RequestLogRow[]): FeedbackRow[] {
  const support = workspaceId('support');
  const answers = requestLogs.filter((row) => row.workspace_id === support && row.is_success);
  return answers
    .filter((_, index) => index % 40 === 0)
    .map(({ trace_id, workspace_id, created_at }, index) => ({
      id: sampleId(`feedback ${trace_id}`),
      trace_id,
      workspace_id,
      value: index % 4 === 3 ? -5 : 5,
      weight: index % 2 === 0 ? 1 : 0.5,
      metadata: {},
      created_at,
    }));
}

function countEntities(
  policy: UsagePolicyRow,
  state: Pick<StoreState, 'organisation' | 'providers' | 'requestLogs'>,
): Record<string, EntityRow> {
  const usage = countPolicyUsage(policy, state, policy.last_reset_at ?? policy.created_at);
  return Object.fromEntries(
    [...usage].map(([valueKey, current_usage]) => {
      const isExhausted = reachesLimit(current_usage, policy.credit_limit, policy.type);
      const entity: EntityRow = {
        id: sampleId(`entity ${policy.id} ${valueKey}`),
        current_usage,
        status: isExhausted ? 'exhausted' : 'active',
        is_threshold_alerts_sent: reachesLimit(current_usage, policy.alert_threshold, policy.type),
        is_exhausted_alerts_sent: isExhausted,
      };
      return [valueKey, entity];
    }),
  );
}

/** The end and the start of the running window; keys and their like start weeks on Sunday. */
function withWindow(limit: UsageLimitRow, now: Date, createdAt: string): UsageLimitRow {
  if (limit.periodic_reset) {
    const start = limit.periodic_reset === 'monthly' ? 'month' : 'sunday';
    return {
      ...limit,
      next_usage_reset_at: resolveDate(`next ${start}`, now),
      last_reset_at: resolveDate(start, now),
    };
  }
  if (typeof limit.periodic_reset_days !== 'number') return limit;
  const start = Date.parse(sample.tenDayStart);
  const length = limit.periodic_reset_days * 86_400_000;
  const passed = Math.floor((now.getTime() - start) / length) + 1;
  const next = start + Math.max(0, passed) * length;
  const last = next - length;
  return {
    ...limit,
    next_usage_reset_at: new Date(next).toISOString(),
    last_reset_at: passed > 0 && last > Date.parse(createdAt) ? new Date(last).toISOString() : null,
  };
}

/** The owner with the counter of its budget, and what follows from it. */
function chargeOwner<Row extends OwnerRow>(
  row: Row,
  now: Date,
  requestLogs: readonly RequestLogRow[],
  selects: (log: RequestLogRow) => boolean,
): Row {
  if (row.usage_limits?.credit_limit === undefined) return row;
  const running = withWindow(row.usage_limits, now, row.created_at);
  const last_reset_at = running.last_reset_at ?? null;
  const usage = countUsage(requestLogs, running.type ?? 'cost', last_reset_at ?? row.created_at, selects);
  const usage_limits = withUsage(running, usage);
  return { ...row, usage_limits, last_reset_at, status: usage_limits.status ?? 'active' };
}
