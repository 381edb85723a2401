/**
 * The sample organisation as data: what is live, and how it differs from what Git declared at the last apply (`was`). seed.ts makes rows
 * of it, record.ts the record.
 *
 * Files (`policies/`), record and live state differ just enough that the first plan shows each thing once:
 *
 * | workspace | what | plan | why |
 * |---|---|---|---|
 * | marketing | policy `monthly-spend` | update, edited | live and record $400, files $500 |
 * | marketing | key `campaign-writer` | update, drifted | somebody took campaigns@example.com off the recipients by hand |
 * | marketing | policy `old-trial` | delete, edited | live and in the record, no longer in the files |
 * | research | policy `fortnight-quota` | replace, edited | live and record per metadata.team, files per metadata._user |
 * | research | policy `free-tier-calls` | create, edited | only in the files |
 * | sales | policy `pilot-cap` → `onboarding-cap` | update (rename), edited | live and record have the old name, all else is equal |
 * | support | policy `slack-tools` | create, edited | only in the files |
 * | support | policy `daily-ceiling` | adopted, no change to live | made by hand with the declared name, equal, not in the record |
 * | marketing | policy `summer-campaign` | unmanaged | made by hand |
 * | research | a second budget, $1,500 monthly | unmanaged | added to the workspace by hand |
 * | support | policy `weekend-brake` | unmanaged | made by hand |
 *
 * Everything else that the files declare is live and recorded as declared. Workspaces `sandbox` (with a policy of its own)
 * and `legacy` (archived) have no file.
 *
 * Dates are relative to the moment that the sample is asked for: `ago 6` days, the midnight of `day -12` from now, the start of this `month`,
 * of this week from `sunday` on. So who is near or over a limit is the same on every day.
 */

import type { SampleStream } from '../request-logs.ts';
import type {
  ApiKeyRow,
  AuditRow,
  ProviderRow,
  RatePolicyRow,
  UsageLimitRow,
  UsagePolicyRow,
  WorkspaceRow,
} from '../store.ts';
import { keyId, sampleId, userId, workspaceId } from './ids.ts';

/** Secrets of the keys that tools sign in with. They look like what they are. */
export const sampleSecrets = {
  /** An organisation-service key with every scope. */
  admin: 'sample-organisation-admin-key',
  /** The workspace-service key campaign-writer of marketing. */
  workspace: 'sample-key-marketing-campaign-writer',
} as const;

/** Columns of a row that are not blank; `was`: what the record has otherwise, null where it has nothing of it. */
type Draft<Row> = Partial<Row> & { readonly was?: Was | null };

interface Was {
  readonly recipients?: string[];
  readonly usage_limits?: readonly UsageLimitRow[];
  readonly description?: null;
}

/** `batch-embedder` counts ten-day windows from this day on (policies/workspaces/platform.yaml). */
export const tenDayStart = '2026-12-01T00:00:00.000Z';

type Reset = { readonly periodic_reset?: 'monthly'; readonly periodic_reset_days?: number };

function cost(credit_limit: number, alert_threshold: number, reset: Reset = { periodic_reset: 'monthly' }) {
  return { type: 'cost', credit_limit, alert_threshold, ...reset } as const;
}

function tokens(credit_limit: number, alert_threshold: number) {
  return { type: 'tokens', credit_limit, alert_threshold, periodic_reset: 'weekly' } as const;
}

const requests = (value: number, unit: string) => ({ type: 'requests', unit, value }) as const;
const tokensPer = (value: number, unit: string) => ({ type: 'tokens', unit, value }) as const;

type WorkspaceDraft = Draft<Omit<WorkspaceRow, 'users'>> & {
  readonly slug: string;
  readonly members: readonly string[];
};

/** A second budget of research was added by hand. */
export const sampleWorkspaces: Readonly<Record<string, WorkspaceDraft>> = {
  marketing: { slug: 'ws-market-4f2a1c', members: ['campaign-manager', 'writer-1'] },
  sales: { slug: 'ws-sales-91be02', members: ['account-manager-1', 'account-manager-2'] },
  research: {
    slug: 'ws-research-07c3d8',
    members: ['analyst-1', 'analyst-2', 'analyst-3'],
    usage_limits: [tokens(200_000_000, 150_000_000), { type: 'cost', credit_limit: 1_500, periodic_reset: 'monthly' }],
    was: { usage_limits: [tokens(200_000_000, 150_000_000)] },
    last_updated_at: 'ago 6',
    last_reset_at: 'sunday',
  },
  platform: { slug: 'ws-platform-5d10aa', members: ['platform-admin', 'contractor-ana'] },
  support: {
    slug: 'ws-support-c8812e',
    members: ['agent-1', 'agent-2'],
    rate_limits: [requests(1_000, 'rpm'), tokensPer(5_000_000, 'rph')],
  },
  sandbox: { slug: 'ws-sandbox-2b7e90', members: ['platform-admin'], is_default: 1, creation_source: 'default' },
  legacy: { slug: 'ws-legacy-e04d61', members: [], status: 'archived' },
};

/** Whose it is, its name, and what is not blank. */
const of = <Row>(area: string, name: string, row: Row) => [area, name, row] as const;

type Owned<Row> = readonly (readonly [area: string, name: string, row: Draft<Row>])[];

/** What keys may do unless they say otherwise. */
export const callScopes = ['completions.write', 'logs.view', 'virtual_keys.list', 'virtual_keys.read'];

/** A key that was made for a member on joining; never adopted, never deleted by tools. */
function automatic(user: string): Draft<ApiKeyRow> {
  return { type: 'workspace-user', creation_mode: 'auto', user_id: userId(user) };
}

const finance = 'ai-finance@example.com';
const onCall = [finance, 'platform-oncall@example.com'];

export const apiKeys: Owned<ApiKeyRow> = [
  of('marketing', 'campaign-writer', {
    secret: sampleSecrets.workspace,
    scopes: [...callScopes, 'analytics.view', 'logs.export', 'logs.list', 'logs.write', 'configs.list'],
    usage_limits: cost(80, 64),
    alert_emails: [finance, 'marketing-lead@example.com'],
    // Taken off by hand.
    was: { recipients: [finance, 'campaigns@example.com', 'marketing-lead@example.com'] },
    last_updated_at: 'ago 2',
  }),
  of('marketing', 'newsletter-bot', {}),
  of('marketing', 'brand-studio', {}),
  of('marketing', 'seo-audit', {}),
  of('marketing', 'default_user_key', automatic('writer-1')),
  of('sales', 'crm-assistant', { alert_emails: [] }),
  of('sales', 'proposal-writer', {}),
  of('sales', 'forecast', {}),
  of('sales', 'deal-desk', {}),
  of('sales', 'default_user_key', automatic('account-manager-1')),
  // A second key of the same name: names are not unique.
  of('sales', 'default_user_key', { ...automatic('account-manager-2'), id: keyId('sales', 'default_user_key 2') }),
  of('research', 'notebooks', {}),
  of('research', 'grant-pipeline', {}),
  of('research', 'team-runs', {}),
  of('platform', 'checkout-service', {
    usage_limits: cost(300, 240),
    rate_limits: [requests(5, 'rps'), requests(200, 'rpm'), tokensPer(40_000_000, 'rpw')],
    alert_emails: [...onCall, 'payments-oncall@example.com'],
    config_id: sampleId('config platform/checkout-fallback'),
    allow_config_override: 0,
  }),
  of('platform', 'ci-runner', {
    usage_limits: tokens(5_000_000, 4_000_000),
    rate_limits: [requests(2_000, 'rph'), tokensPer(500_000, 'rpd')],
  }),
  of('platform', 'contractor-ana', {
    type: 'workspace-user',
    user_id: userId('contractor-ana'),
    usage_limits: cost(150, 120, {}),
    alert_emails: onCall,
    expires_at: '2031-01-31T00:00:00.000Z',
    expiry_enforced: 1,
    created_at: 'ago 25',
  }),
  of('platform', 'batch-embedder', {
    usage_limits: cost(900, 765, { periodic_reset_days: 10 }),
    alert_emails: onCall,
    created_at: 'ago 20',
  }),
  // Flags alone are not a limit.
  of('platform', 'load-test', {
    status: 'expired',
    expires_at: 'day -12',
    usage_limits: { is_expired_alerts_sent: true },
  }),
  of('support', 'helpdesk-bot', {}),
  of('support', 'triage', {}),
  of('sandbox', 'playground', {}),
];

const verbs = ['create', 'read', 'update', 'delete', 'list'];
const keyFamilies = ['organisation_service_api_keys', 'workspace_service_api_keys', 'workspace_user_api_keys'];
const ruled = ['workspaces', 'policies', 'virtual_keys', 'providers', 'configs', 'organisation_integrations'];

export const adminKey = {
  name: 'tollgate-ci',
  secret: sampleSecrets.admin,
  description: 'Reads and writes limits from CI',
  scopes: [
    ...[...ruled, 'workspace_integrations', ...keyFamilies].flatMap((of) => verbs.map((verb) => `${of}.${verb}`)),
    ...keyFamilies.map((of) => `${of}.rotate`),
    ...['analytics.view', 'logs.export', 'logs.list', 'logs.view', 'logs.write', 'audit_logs.list'],
  ],
};

/** Area, name, slug and content; two are of one name, as names are not unique. */
export const sampleConfigs: readonly (readonly [area: string, name: string, slug: string, config: object])[] = [
  ['platform', 'checkout-fallback', 'pc-checko-4b8d21', { retry: { attempts: 3, on_status_codes: [429, 503] } }],
  ['marketing', 'cached-copy', 'pc-cached-9f02c6', { cache: { mode: 'simple', max_age: 3600 } }],
  ['support', 'helpdesk-default', 'pc-helpde-17a3e5', { strategy: { mode: 'single' } }],
  ['support', 'helpdesk-default', 'pc-helpde-c0d944', { strategy: { mode: 'fallback' } }],
];

type PolicyDraft<Row> = Draft<Row> & { readonly per: readonly string[] };
type Policies<Row> = readonly (readonly [area: string, name: string, row: PolicyDraft<Row>])[];

export const everything = [{ key: 'api_key', value: '*' }];

const perKey = ['api_key'];
const perWorkspace = ['workspace_id'];
const keyCeiling = { description: 'No single key may spend more than this', per: perKey };

export const sampleUsagePolicies: Policies<UsagePolicyRow> = [
  of('marketing', 'key-ceiling', { ...cost(100, 80), ...keyCeiling, was: { description: null } }),
  of('marketing', 'monthly-spend', {
    ...cost(400, 320),
    description: 'Agreed with finance for FY27',
    per: perWorkspace,
  }),
  of('marketing', 'old-trial', { ...cost(50, 40), per: perKey }),
  of('marketing', 'summer-campaign', {
    ...cost(120, 100),
    conditions: [{ key: 'metadata.campaign', value: '*' }],
    per: ['metadata.campaign'],
    was: null,
  }),
  of('sales', 'key-ceiling', { ...cost(250, 200), ...keyCeiling }),
  of('sales', 'pilot-cap', {
    ...cost(1_000, 800),
    description: 'New department, first two quarters',
    conditions: [{ key: 'virtual_key', value: ['openai-sales', 'anthropic-sales'] }],
    per: perWorkspace,
  }),
  of('research', 'fortnight-quota', {
    type: 'tokens',
    credit_limit: 2_000_000,
    alert_threshold: 1_600_000,
    periodic_reset_days: 14,
    // In the ninth day of its window.
    next_usage_reset_at: 'day 5',
    last_reset_at: 'day -9',
    conditions: [{ key: 'metadata.team', value: ['nlp', 'vision'] }],
    per: ['metadata.team'],
  }),
  of('research', 'frontier-models', {
    ...cost(50, 40),
    conditions: [{ key: 'model', value: ['@openai/gpt-5', '@anthropic/*'] }],
    per: ['metadata._user', 'model'],
  }),
  of('research', 'grant-2231', {
    type: 'cost',
    credit_limit: 3_000,
    alert_threshold: 2_700,
    conditions: [{ key: 'metadata.project', value: 'grant-2231' }],
    per: ['metadata.project'],
    created_at: 'ago 28',
  }),
  of('support', 'key-ceiling', { ...cost(250, 200), ...keyCeiling }),
  of('sandbox', 'playground-cap', {
    type: 'cost',
    credit_limit: 25,
    periodic_reset: 'monthly',
    per: perWorkspace,
    was: null,
  }),
];

const burstGuard: PolicyDraft<RatePolicyRow> = { unit: 'rpm', value: 600, per: perWorkspace };

/** Two of support were made by hand. */
export const sampleRatePolicies: Policies<RatePolicyRow> = [
  of('sales', 'burst-guard', burstGuard),
  of('research', 'burst-guard', burstGuard),
  of('platform', 'burst-guard', burstGuard),
  of('support', 'user-minute', {
    unit: 'rpm',
    value: 30,
    conditions: [{ key: 'metadata._user', value: '*' }],
    per: ['metadata._user'],
  }),
  of('support', 'costly-models-hourly', {
    type: 'tokens',
    unit: 'rph',
    value: 300_000,
    conditions: [{ key: 'model', value: ['@openai/gpt-4o', '@anthropic/claude-opus-4-5'] }],
    per: perWorkspace,
  }),
  of('support', 'daily-ceiling', { unit: 'rpd', value: 20_000, per: perWorkspace, was: null }),
  of('support', 'weekly-embeddings', {
    type: 'tokens',
    unit: 'rpw',
    value: 50_000_000,
    conditions: [{ key: 'endpoint_type', value: 'embed' }],
    per: perKey,
  }),
  of('support', 'openai-but-4o', {
    unit: 'rpm',
    value: 300,
    conditions: [{ key: 'model', value: '@openai/*', excludes: '@openai/gpt-4o' }],
    per: ['model'],
  }),
  of('support', 'weekend-brake', {
    unit: 'rph',
    value: 400,
    conditions: [{ key: 'metadata.shift', value: 'weekend' }],
    per: perWorkspace,
    was: null,
  }),
];

interface IntegrationDraft {
  readonly vendor: string;
  readonly models: readonly string[];
  /** One with a description offers the models alone that it lists. */
  readonly description?: string;
}

export const sampleIntegrations: Readonly<Record<string, IntegrationDraft>> = {
  'openai-prod': { vendor: 'openai', models: ['gpt-4o', 'gpt-4o-mini', 'gpt-5', 'text-embedding-3-small'] },
  'anthropic-prod': { vendor: 'anthropic', models: ['claude-opus-4-5', 'claude-sonnet-4-5'] },
  'azure-eu': {
    vendor: 'azure-openai',
    models: ['gpt-4o', 'tickets-finetune'],
    description: 'Trials that must stay in the EU',
  },
};

export const customModel = { slug: 'tickets-finetune', base_model_slug: 'gpt-4o' };

/** The integration whose use is limited, of every future workspace and of one that has it. */
export const sampleShare = {
  integration: 'openai-prod',
  everywhere: cost(1_000, 900),
  area: 'support',
  budget: cost(2_000, 1_600),
  rate: requests(500, 'rpm'),
};

/** By slug; one with the slug of its integration was made by the grant itself. */
export const sampleProviders: Owned<ProviderRow> = [
  of('marketing', 'openai-prod', {}),
  of('marketing', 'anthropic-prod', {}),
  of('sales', 'openai-sales', {
    integration_id: 'openai-prod',
    usage_limits: cost(700, 630),
    rate_limits: [requests(200, 'rpm')],
  }),
  of('sales', 'anthropic-sales', { integration_id: 'anthropic-prod', usage_limits: cost(300, 270) }),
  of('research', 'openai-prod', {}),
  of('research', 'anthropic-prod', {}),
  of('platform', 'openai-prod', {}),
  of('platform', 'anthropic-prod', {}),
  of('support', 'openai-prod', {}),
  of('support', 'anthropic-prod', {}),
  of('sandbox', 'openai-prod', {}),
  of('sandbox', 'azure-eu', {}),
];

type Size = Pick<SampleStream, 'input' | 'output'>;

/** Sizes of a request, named for what it is used for; agents carry their whole history along. */
const small: Size = { input: [1_000, 3_000], output: [200, 800] };
const long: Size = { input: [60_000, 100_000], output: [4_000, 8_000] };
const agent: Size = { input: [120_000, 180_000], output: [15_000, 25_000] };
const report: Size = { input: [250_000, 350_000], output: [60_000, 100_000] };
const archive: Size = { input: [700_000, 900_000], output: [70_000, 90_000] };

/** Provider slug, vendor and model in one word. */
type Route = readonly [provider: string, vendor: string, model: string];
const gpt4o: Route = ['openai-prod', 'openai', 'gpt-4o'];
const mini: Route = ['openai-prod', 'openai', 'gpt-4o-mini'];
const gpt5: Route = ['openai-prod', 'openai', 'gpt-5'];
const opus: Route = ['anthropic-prod', 'anthropic', 'claude-opus-4-5'];
const embedding: Route = ['openai-prod', 'openai', 'text-embedding-3-small'];
const salesGpt: Route = ['openai-sales', 'openai', 'gpt-5'];
const salesOpus: Route = ['anthropic-sales', 'anthropic', 'claude-opus-4-5'];
const unpriced: Route = ['azure-eu', 'azure-openai', 'tickets-finetune'];

type More = Pick<SampleStream, 'metadata' | 'config' | 'errorEvery' | 'cacheEvery' | 'endpoint'>;

const user = (name: string, more: Record<string, string> = {}): More => ({ metadata: { _user: name, ...more } });

/** How many days of requests there are. */
export const sampleDays = 30;
const window = `ago ${sampleDays}`;
/** From the start of the window of `fortnight-quota`. */
const fortnight = 'day -9';

/**
 * Streams of requests. Each lies inside one running window: this month, this week, the window of a policy. So what the counters have
 * reached, and who is near or over a limit, is the same whatever day it is. Those of last month (from `window` to `month`) feed
 * analytics and no counter.
 *
 * | who | limit | stands at |
 * |---|---|---|
 * | marketing, workspace | monthly-spend $400 | about 90 % |
 * | marketing, newsletter-bot | key-ceiling $100, old-trial $50 | over both |
 * | marketing, brand-studio | key-ceiling $100 | about 95 % |
 * | marketing, campaign-writer | its own $80 | about 80 % |
 * | sales, proposal-writer and crm-assistant | key-ceiling $250 | over; nearly there |
 * | sales, workspace | pilot-cap $1,000 | about 85 %, over its alert |
 * | research, team vision and team nlp | fortnight-quota 2M tokens | over; about 90 % |
 * | research, analyst-2 and analyst-1 on Opus | frontier-models $50 | over; about 90 % |
 * | research, grant-2231 | $3,000 | about 92 %, over its alert |
 * | platform, ci-runner | its own 5M tokens a week | over: the key is exhausted |
 * | platform, contractor-ana | its own $150 | over its alert of $120 |
 * | platform, checkout-service | its own $300 | about 95 % |
 */
export const sampleTraffic: readonly (readonly [
  area: string,
  key: string,
  route: Route,
  size: Size,
  requests: number,
  from: string,
  more?: More,
  to?: string,
])[] = [
  ['marketing', 'campaign-writer', gpt4o, agent, 115, 'month', { ...user('writer-1'), errorEvery: 30 }],
  ['marketing', 'newsletter-bot', opus, agent, 85, 'month', { metadata: { campaign: 'autumn' }, errorEvery: 41 }],
  ['marketing', 'brand-studio', opus, agent, 76, 'month', user('campaign-manager')],
  ['marketing', 'seo-audit', gpt4o, long, 170, 'month', { config: 'pc-cached-9f02c6', cacheEvery: 6 }],
  ['marketing', 'seo-audit', gpt4o, agent, 90, 'month'],
  ['marketing', 'newsletter-bot', opus, agent, 40, window, { metadata: { campaign: 'summer' } }, 'month'],
  ['marketing', 'campaign-writer', gpt4o, agent, 60, window, user('writer-1'), 'month'],

  ['sales', 'crm-assistant', salesGpt, report, 207, 'month', user('account-manager-1')],
  ['sales', 'proposal-writer', salesGpt, report, 222, 'month', user('account-manager-2')],
  ['sales', 'forecast', salesGpt, report, 100, 'month', { errorEvery: 25 }],
  ['sales', 'deal-desk', salesOpus, agent, 186, 'month', user('account-manager-1')],
  ['sales', 'crm-assistant', salesGpt, report, 60, window, user('account-manager-1'), 'month'],

  [
    'research',
    'grant-pipeline',
    opus,
    archive,
    460,
    'ago 28',
    {
      metadata: { project: 'grant-2231' },
    },
  ],
  ['research', 'team-runs', gpt4o, long, 14, fortnight, user('analyst-1', { team: 'nlp' })],
  ['research', 'team-runs', gpt4o, long, 7, fortnight, user('analyst-3', { team: 'nlp' })],
  ['research', 'team-runs', gpt4o, long, 25, fortnight, user('analyst-2', { team: 'vision' })],
  ['research', 'team-runs', gpt4o, long, 30, window, user('analyst-1', { team: 'nlp' }), fortnight],
  ['research', 'notebooks', opus, agent, 37, 'month', user('analyst-1')],
  ['research', 'notebooks', opus, agent, 43, 'month', user('analyst-2')],
  ['research', 'notebooks', gpt5, agent, 45, 'month', user('analyst-1')],
  ['research', 'notebooks', gpt5, agent, 66, 'month', user('analyst-3')],
  ['research', 'notebooks', mini, small, 90, 'month', user('student-1', { plan: 'free' })],
  ['research', 'notebooks', mini, small, 40, 'month', user('student-2', { plan: 'free' })],

  [
    'platform',
    'checkout-service',
    gpt5,
    report,
    278,
    'month',
    {
      config: 'pc-checko-4b8d21',
      cacheEvery: 12,
      errorEvery: 35,
    },
  ],
  ['platform', 'ci-runner', mini, long, 61, 'sunday', { metadata: { pipeline: 'nightly' } }],
  ['platform', 'ci-runner', mini, long, 40, window, { metadata: { pipeline: 'nightly' } }, 'month'],
  ['platform', 'contractor-ana', opus, agent, 100, 'ago 25', user('contractor-ana')],
  ['platform', 'batch-embedder', embedding, archive, 90, 'day -8', { endpoint: 'embed' }],

  ['support', 'helpdesk-bot', opus, agent, 152, 'month', { ...user('agent-1'), config: 'pc-helpde-17a3e5' }],
  ['support', 'helpdesk-bot', gpt4o, small, 160, 'month', { ...user('agent-2'), cacheEvery: 4 }],
  ['support', 'triage', mini, small, 240, 'month', { metadata: { shift: 'weekday' }, errorEvery: 20 }],
  ['support', 'triage', mini, small, 80, window, { metadata: { shift: 'weekend' } }, 'month'],

  ['sandbox', 'playground', gpt4o, small, 60, 'month', user('platform-admin')],
  // A model without a price: it costs nothing and never uses up a cost budget.
  ['sandbox', 'playground', unpriced, small, 30, 'month'],
];

/** What people changed by hand, newest first. */
export const sampleAudits: readonly (Pick<AuditRow, 'method' | 'uri' | 'resource_type' | 'action'> & {
  readonly daysAgo: number;
  readonly area: string;
  readonly user: string;
  readonly body: object;
})[] = [
  {
    // The drift of the first plan: who took the recipient off, and when.
    daysAgo: 2,
    method: 'PUT',
    uri: `/v1/api-keys/${keyId('marketing', 'campaign-writer')}`,
    area: 'marketing',
    user: 'campaign-manager',
    resource_type: 'api_key',
    action: 'update',
    body: { alert_emails: ['ai-finance@example.com', 'marketing-lead@example.com'] },
  },
  {
    daysAgo: 6,
    method: 'PUT',
    uri: `/v1/admin/workspaces/${workspaceId('research')}`,
    area: 'research',
    user: 'platform-admin',
    resource_type: 'workspace',
    action: 'update',
    body: { usage_limits: [{ type: 'cost', credit_limit: 1_500, periodic_reset: 'monthly' }] },
  },
  {
    daysAgo: 9,
    method: 'POST',
    uri: '/v1/policies/usage-limits',
    area: 'marketing',
    user: 'campaign-manager',
    resource_type: 'usage_limits_policy',
    action: 'create',
    body: { name: 'summer-campaign' },
  },
  {
    daysAgo: 11,
    method: 'POST',
    uri: '/v1/policies/rate-limits',
    area: 'support',
    user: 'agent-1',
    resource_type: 'rate_limits_policy',
    action: 'create',
    body: { name: 'weekend-brake' },
  },
];
