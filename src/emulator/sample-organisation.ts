/**
 * The sample organisation: workspaces, keys, providers, integrations and configs. Its policies are in sample-policies.ts,
 * its traffic in sample-traffic.ts, what Git declared at the last apply in sample-record.ts; seed.ts puts them together.
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
 * Who is near or over a limit is the same on every day: traffic is spread over the running windows (sample-traffic.ts).
 */

import type { SampleDates } from './sample-dates.ts';
import { sampleId } from './sample-ids.ts';
import type { ApiKeyRow, ConfigRow, WorkspaceRow, WorkspaceUserRow } from './store.ts';

export const sampleAreas = ['marketing', 'sales', 'research', 'platform', 'support', 'sandbox', 'legacy'] as const;
export type SampleArea = (typeof sampleAreas)[number];

/** Secrets of the keys that tools sign in with. They look like what they are. */
export const sampleSecrets = {
  /** An organisation-service key with every scope. */
  admin: 'sample-organisation-admin-key',
  /** The workspace-service key campaign-writer of marketing. */
  workspace: 'sample-key-marketing-campaign-writer',
} as const;

const slugs: Readonly<Record<SampleArea, string>> = {
  marketing: 'ws-market-4f2a1c',
  sales: 'ws-sales-91be02',
  research: 'ws-research-07c3d8',
  platform: 'ws-platform-5d10aa',
  support: 'ws-support-c8812e',
  sandbox: 'ws-sandbox-2b7e90',
  legacy: 'ws-legacy-e04d61',
};
export function workspaceId(area: SampleArea): string {
  return sampleId(`workspace ${area}`);
}

export function workspaceSlug(area: SampleArea): string {
  return slugs[area];
}

export function keyId(area: SampleArea, name: string): string {
  return sampleId(`key ${area}/${name}`);
}

export function userId(name: string): string {
  return sampleId(`user ${name}`);
}

const members: Readonly<Record<SampleArea, readonly string[]>> = {
  marketing: ['campaign-manager', 'writer-1'],
  sales: ['account-manager-1', 'account-manager-2'],
  research: ['analyst-1', 'analyst-2', 'analyst-3'],
  platform: ['platform-admin', 'contractor-ana'],
  support: ['agent-1', 'agent-2'],
  sandbox: ['platform-admin'],
  legacy: [],
};

export function buildWorkspaces(dates: SampleDates): WorkspaceRow[] {
  return sampleAreas.map((area, index) => ({
    id: workspaceId(area),
    slug: slugs[area],
    name: area,
    icon: null,
    description: null,
    status: area === 'legacy' ? 'archived' : 'active',
    is_default: area === 'sandbox' ? 1 : 0,
    defaults: null,
    usage_limits:
      area === 'research'
        ? [
            { type: 'tokens', credit_limit: 200_000_000, alert_threshold: 150_000_000, periodic_reset: 'weekly' },
            { type: 'cost', credit_limit: 1_500, periodic_reset: 'monthly' },
          ]
        : null,
    rate_limits:
      area === 'support'
        ? [
            { type: 'requests', unit: 'rpm', value: 1_000 },
            { type: 'tokens', unit: 'rph', value: 5_000_000 },
          ]
        : null,
    security_settings: { membersViewLogs: true, managersUpdateWs: true, membersViewAnalytics: true },
    settings: { debug_log: 1, user_api_key_ttl: 0, user_api_key_count: -1 },
    users: members[area].map((name) => buildMember(name, dates)),
    created_at: dates.ago(320 - index),
    last_updated_at: dates.ago(area === 'research' ? 6 : 40),
    last_reset_at: area === 'research' ? dates.sunday : null,
    created_by: userId('platform-admin'),
    creation_source: area === 'sandbox' ? 'default' : 'ui',
    scim_source_id: null,
  }));
}

function buildMember(name: string, dates: SampleDates): WorkspaceUserRow {
  const isAdmin = name === 'platform-admin';
  const [first = name, ...rest] = name.split('-');
  return {
    id: userId(name),
    first_name: first,
    last_name: rest.join(' '),
    email: `${name}@example.com`,
    org_role: isAdmin ? 'owner' : 'member',
    role: isAdmin ? 'admin' : 'member',
    status: 'active',
    created_at: dates.ago(300),
    last_updated_at: dates.ago(300),
  };
}

type KeyDraft = Partial<ApiKeyRow> & Pick<ApiKeyRow, 'name'>;

const callScopes = ['completions.write', 'logs.view', 'virtual_keys.list', 'virtual_keys.read'];

export function buildApiKeys(dates: SampleDates): ApiKeyRow[] {
  const onCall = ['ai-finance@example.com', 'platform-oncall@example.com'];
  const drafts: readonly (readonly [SampleArea, readonly KeyDraft[]])[] = [
    [
      'marketing',
      [
        {
          name: 'campaign-writer',
          secret: sampleSecrets.workspace,
          scopes: [...callScopes, 'analytics.view', 'logs.export', 'logs.list', 'logs.write', 'configs.list'],
          usage_limits: { type: 'cost', credit_limit: 80, alert_threshold: 64, periodic_reset: 'monthly' },
          // campaigns@example.com was taken off by hand.
          alert_emails: ['ai-finance@example.com', 'marketing-lead@example.com'],
          last_updated_at: dates.ago(2),
        },
        { name: 'newsletter-bot' },
        { name: 'brand-studio' },
        { name: 'seo-audit' },
        { name: 'default_user_key', ...automatic('writer-1') },
      ],
    ],
    [
      'sales',
      [
        { name: 'crm-assistant', alert_emails: [] },
        { name: 'proposal-writer' },
        { name: 'forecast' },
        { name: 'deal-desk' },
        { name: 'default_user_key', ...automatic('account-manager-1') },
        // A second key of the same name: names are not unique.
        { id: keyId('sales', 'default_user_key 2'), name: 'default_user_key', ...automatic('account-manager-2') },
      ],
    ],
    ['research', [{ name: 'notebooks' }, { name: 'grant-pipeline' }, { name: 'team-runs' }]],
    [
      'platform',
      [
        {
          name: 'checkout-service',
          usage_limits: { type: 'cost', credit_limit: 300, alert_threshold: 240, periodic_reset: 'monthly' },
          rate_limits: [
            { type: 'requests', unit: 'rps', value: 5 },
            { type: 'requests', unit: 'rpm', value: 200 },
            { type: 'tokens', unit: 'rpw', value: 40_000_000 },
          ],
          alert_emails: [...onCall, 'payments-oncall@example.com'],
          config_id: sampleId('config platform/checkout-fallback'),
          allow_config_override: 0,
        },
        {
          name: 'ci-runner',
          usage_limits: {
            type: 'tokens',
            credit_limit: 5_000_000,
            alert_threshold: 4_000_000,
            periodic_reset: 'weekly',
          },
          rate_limits: [
            { type: 'requests', unit: 'rph', value: 2_000 },
            { type: 'tokens', unit: 'rpd', value: 500_000 },
          ],
          alert_emails: null,
        },
        {
          name: 'contractor-ana',
          type: 'workspace-user',
          user_id: userId('contractor-ana'),
          usage_limits: { type: 'cost', credit_limit: 150, alert_threshold: 120 },
          alert_emails: onCall,
          expires_at: '2031-01-31T00:00:00.000Z',
          expiry_enforced: 1,
          created_at: dates.ago(25),
        },
        {
          name: 'batch-embedder',
          usage_limits: { type: 'cost', credit_limit: 900, alert_threshold: 765, periodic_reset_days: 10 },
          alert_emails: onCall,
          created_at: dates.ago(20),
        },
        {
          name: 'load-test',
          status: 'expired',
          expires_at: dates.midnight(-12),
          // Flags alone are no limit.
          usage_limits: { is_expired_alerts_sent: true },
        },
      ],
    ],
    ['support', [{ name: 'helpdesk-bot' }, { name: 'triage' }]],
    ['sandbox', [{ name: 'playground' }]],
  ];
  const keys = drafts.flatMap(([area, list]) => list.map((draft) => buildKey(area, draft, dates)));
  return [buildAdminKey(dates), ...keys].map((key, index) => ({
    ...key,
    created_at: draftedDate(key.created_at) ?? dates.ago(200 - index),
  }));
}

/** A key that was made for a member on joining; never adopted, never deleted by tools. */
function automatic(user: string): Partial<ApiKeyRow> {
  return { type: 'workspace-user', creation_mode: 'auto', user_id: userId(user) };
}

function draftedDate(date: string): string | undefined {
  return date === '' ? undefined : date;
}

function buildKey(area: SampleArea, draft: KeyDraft, dates: SampleDates): ApiKeyRow {
  return {
    id: keyId(area, draft.name),
    secret: `sample-key-${area}-${draft.name}-${(draft.id ?? keyId(area, draft.name)).slice(0, 4)}`,
    previous_secret: null,
    previous_secret_expires_at: null,
    description: null,
    type: 'workspace-service',
    workspace_id: workspaceId(area),
    user_id: null,
    status: 'active',
    creation_mode: 'api',
    scopes: callScopes,
    usage_limits: null,
    rate_limits: [],
    alert_emails: null,
    expires_at: null,
    metadata: null,
    config_id: null,
    allow_config_override: null,
    rotation_policy: null,
    last_reset_at: null,
    expiry_enforced: 0,
    created_at: '',
    last_updated_at: dates.ago(30),
    ...draft,
  };
}

function buildAdminKey(dates: SampleDates): ApiKeyRow {
  return {
    ...buildKey('sandbox', { name: 'tollgate-ci' }, dates),
    id: sampleId('key organisation/tollgate-ci'),
    secret: sampleSecrets.admin,
    description: 'Reads and writes limits from CI',
    type: 'organisation-service',
    workspace_id: null,
    scopes: adminScopes,
  };
}

const adminScopes = [
  ...['workspaces', 'policies', 'virtual_keys', 'providers', 'configs', 'organisation_integrations'].flatMap(allVerbs),
  ...['workspace_integrations', 'organisation_service_api_keys', 'workspace_service_api_keys'].flatMap(allVerbs),
  ...['workspace_user_api_keys'].flatMap(allVerbs),
  ...['organisation_service_api_keys.rotate', 'workspace_service_api_keys.rotate', 'workspace_user_api_keys.rotate'],
  ...['analytics.view', 'logs.export', 'logs.list', 'logs.view', 'logs.write', 'audit_logs.list'],
];

function allVerbs(resource: string): string[] {
  return ['create', 'read', 'update', 'delete', 'list'].map((verb) => `${resource}.${verb}`);
}

export function buildConfigs(dates: SampleDates): ConfigRow[] {
  const drafts: readonly (readonly [SampleArea, string, string, object])[] = [
    ['platform', 'checkout-fallback', 'pc-checko-4b8d21', { retry: { attempts: 3, on_status_codes: [429, 503] } }],
    ['marketing', 'cached-copy', 'pc-cached-9f02c6', { cache: { mode: 'simple', max_age: 3600 } }],
    // Two configs of one name: names are not unique.
    ['support', 'helpdesk-default', 'pc-helpde-17a3e5', { strategy: { mode: 'single' } }],
    ['support', 'helpdesk-default', 'pc-helpde-c0d944', { strategy: { mode: 'fallback' } }],
  ];
  return drafts.map(([area, name, slug, config], index) => {
    const id = sampleId(index === 3 ? `config ${area}/${name} 2` : `config ${area}/${name}`);
    const created = dates.ago(150 - index);
    const owner = userId('platform-admin');
    const version_id = sampleId(`config version ${slug}`);
    return {
      id,
      slug,
      name,
      workspace_id: workspaceId(area),
      is_default: 0,
      status: 'active',
      owner_id: owner,
      updated_by: owner,
      versions: [{ version_id, config: JSON.stringify(config), created_at: created, updated_by: owner }],
      created_at: created,
      last_updated_at: created,
    };
  });
}
