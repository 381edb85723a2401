/** Integrations of the sample organisation, and the providers through which its workspaces use them. */

import type { SampleDates } from './sample-dates.ts';
import { sampleId } from './sample-ids.ts';
import { type SampleArea, workspaceId } from './sample-organisation.ts';
import type { IntegrationModelRow, IntegrationRow, IntegrationWorkspaceRow, ProviderRow } from './store.ts';

interface ProviderDraft extends Partial<ProviderRow> {
  readonly slug: string;
  readonly integration_id: string;
}

const autoNote = 'Created automatically on integration access grant';
const vendors: Readonly<Record<string, string>> = {
  'openai-prod': 'openai',
  'anthropic-prod': 'anthropic',
  'azure-eu': 'azure-openai',
};

/** A grant makes a provider with the integration's slug by itself. */
function granted(integration: string): ProviderDraft {
  return { slug: integration, integration_id: integration, note: autoNote };
}

const drafts: readonly (readonly [SampleArea, readonly ProviderDraft[]])[] = [
  ['marketing', [granted('openai-prod'), granted('anthropic-prod')]],
  [
    'sales',
    [
      {
        slug: 'openai-sales',
        integration_id: 'openai-prod',
        usage_limits: { type: 'cost', credit_limit: 700, alert_threshold: 630, periodic_reset: 'monthly' },
        rate_limits: [{ type: 'requests', unit: 'rpm', value: 200 }],
      },
      {
        slug: 'anthropic-sales',
        integration_id: 'anthropic-prod',
        usage_limits: { type: 'cost', credit_limit: 300, alert_threshold: 270, periodic_reset: 'monthly' },
      },
    ],
  ],
  ['research', [granted('openai-prod'), granted('anthropic-prod')]],
  ['platform', [granted('openai-prod'), granted('anthropic-prod')]],
  ['support', [granted('openai-prod'), granted('anthropic-prod')]],
  ['sandbox', [granted('openai-prod'), granted('azure-eu')]],
];

export function providerId(area: SampleArea, slug: string): string {
  return sampleId(`provider ${area}/${slug}`);
}

export function buildProviders(dates: SampleDates): ProviderRow[] {
  const rows = drafts.flatMap(([area, list]) => list.map((draft) => ({ area, draft })));
  return rows.map(({ area, draft }, index) => ({
    id: providerId(area, draft.slug),
    name: draft.slug,
    note: null,
    workspace_id: workspaceId(area),
    ai_provider_name: vendors[draft.integration_id] ?? draft.integration_id,
    masked_api_key: 'sa*****key',
    status: 'active',
    usage_limits: null,
    rate_limits: [],
    expires_at: null,
    last_reset_at: null,
    model_config: null,
    tags: null,
    created_at: dates.ago(260 - index),
    last_updated_at: dates.ago(45),
    ...draft,
  }));
}

export function buildIntegrations(dates: SampleDates): IntegrationRow[] {
  return ['openai-prod', 'anthropic-prod', 'azure-eu'].map((slug, index) => ({
    id: sampleId(`integration ${slug}`),
    slug,
    name: slug,
    ai_provider_id: vendors[slug] ?? slug,
    description: slug === 'azure-eu' ? 'Trials that must stay in the EU' : null,
    status: 'active',
    type: 'organisation',
    workspace_id: null,
    masked_key: 'sa*****key',
    configurations: {},
    secret_mappings: [],
    pricing_adjustments: null,
    allow_all_models: slug !== 'azure-eu',
    global_workspace_access:
      slug === 'openai-prod'
        ? {
            enabled: true,
            usage_limits: [{ type: 'cost', credit_limit: 1_000, alert_threshold: 900, periodic_reset: 'monthly' }],
            rate_limits: null,
          }
        : null,
    workspaces: buildGrants(slug),
    models: buildModels(slug),
    tags: null,
    created_at: dates.ago(300 - index),
    last_updated_at: dates.ago(60),
  }));
}

function buildGrants(slug: string): IntegrationWorkspaceRow[] {
  return drafts
    .filter(([, list]) => list.some((draft) => draft.integration_id === slug))
    .map(([area]) => {
      const limited = slug === 'openai-prod' && area === 'support';
      return {
        workspace_id: workspaceId(area),
        enabled: true,
        usage_limits: limited
          ? [{ type: 'cost', credit_limit: 2_000, alert_threshold: 1_600, periodic_reset: 'monthly' }]
          : null,
        rate_limits: limited ? [{ type: 'requests', unit: 'rpm', value: 500 }] : null,
      };
    });
}

const modelSlugs: Readonly<Record<string, readonly string[]>> = {
  'openai-prod': ['gpt-4o', 'gpt-4o-mini', 'gpt-5', 'text-embedding-3-small'],
  'anthropic-prod': ['claude-opus-4-5', 'claude-sonnet-4-5'],
  'azure-eu': ['gpt-4o', 'tickets-finetune'],
};

function buildModels(slug: string): IntegrationModelRow[] {
  return (modelSlugs[slug] ?? []).map((model) => {
    const custom = model === 'tickets-finetune';
    return {
      slug: model,
      name: model,
      enabled: true,
      is_custom: custom,
      is_finetune: custom,
      base_model_slug: custom ? 'gpt-4o' : null,
      configurations: null,
      pricing_config: null,
    };
  });
}
