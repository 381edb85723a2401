/** Live policies of the sample organisation; sample-organisation.ts says where they differ from the files and why. */

import type { SampleDates } from './sample-dates.ts';
import { sampleId } from './sample-ids.ts';
import { type SampleArea, workspaceId } from './sample-organisation.ts';
import type { ConditionRow, RatePolicyRow, UsagePolicyRow } from './store.ts';

const everything: ConditionRow[] = [{ key: 'api_key', value: '*' }];

/** `fortnight-quota` is in the ninth day of its window. */
const fortnightDay = 9;

type UsageDraft = Partial<UsagePolicyRow> &
  Pick<UsagePolicyRow, 'name' | 'type' | 'credit_limit' | 'alert_threshold'> & { readonly per: readonly string[] };

export function buildUsagePolicies(dates: SampleDates): UsagePolicyRow[] {
  const keyCeiling = (limit: number): UsageDraft => ({
    name: 'key-ceiling',
    description: 'No single key may spend more than this',
    type: 'cost',
    credit_limit: limit,
    alert_threshold: limit * 0.8,
    periodic_reset: 'monthly',
    per: ['api_key'],
  });
  const drafts: readonly (readonly [SampleArea, readonly UsageDraft[]])[] = [
    [
      'marketing',
      [
        keyCeiling(100),
        {
          name: 'monthly-spend',
          description: 'Agreed with finance for FY27',
          type: 'cost',
          credit_limit: 400,
          alert_threshold: 320,
          periodic_reset: 'monthly',
          per: ['workspace_id'],
        },
        {
          name: 'old-trial',
          type: 'cost',
          credit_limit: 50,
          alert_threshold: 40,
          periodic_reset: 'monthly',
          per: ['api_key'],
        },
        {
          name: 'summer-campaign',
          type: 'cost',
          credit_limit: 120,
          alert_threshold: 100,
          periodic_reset: 'monthly',
          conditions: [{ key: 'metadata.campaign', value: '*' }],
          per: ['metadata.campaign'],
        },
      ],
    ],
    [
      'sales',
      [
        keyCeiling(250),
        {
          name: 'pilot-cap',
          description: 'New department, first two quarters',
          type: 'cost',
          credit_limit: 1_000,
          alert_threshold: 800,
          periodic_reset: 'monthly',
          conditions: [{ key: 'virtual_key', value: ['openai-sales', 'anthropic-sales'] }],
          per: ['workspace_id'],
        },
      ],
    ],
    [
      'research',
      [
        {
          name: 'fortnight-quota',
          type: 'tokens',
          credit_limit: 2_000_000,
          alert_threshold: 1_600_000,
          periodic_reset_days: 14,
          next_usage_reset_at: dates.midnight(14 - fortnightDay),
          last_reset_at: dates.midnight(-fortnightDay),
          conditions: [{ key: 'metadata.team', value: ['nlp', 'vision'] }],
          per: ['metadata.team'],
        },
        {
          name: 'frontier-models',
          type: 'cost',
          credit_limit: 50,
          alert_threshold: 40,
          periodic_reset: 'monthly',
          conditions: [{ key: 'model', value: ['@openai/gpt-5', '@anthropic/*'] }],
          per: ['metadata._user', 'model'],
        },
        {
          name: 'grant-2231',
          type: 'cost',
          credit_limit: 3_000,
          alert_threshold: 2_700,
          conditions: [{ key: 'metadata.project', value: 'grant-2231' }],
          per: ['metadata.project'],
          created_at: dates.ago(28),
        },
      ],
    ],
    ['support', [keyCeiling(250)]],
    [
      'sandbox',
      [
        {
          name: 'playground-cap',
          type: 'cost',
          credit_limit: 25,
          alert_threshold: null,
          periodic_reset: 'monthly',
          per: ['workspace_id'],
        },
      ],
    ],
  ];
  const rows = drafts.flatMap(([area, list]) => list.map((draft) => ({ area, draft })));
  return rows.map(({ area, draft: { per, ...draft } }, index) => {
    const monthly = draft.periodic_reset === 'monthly';
    return {
      id: sampleId(`policy ${area}/${draft.name}`),
      description: null,
      workspace_id: workspaceId(area),
      conditions: everything,
      group_by: per.map((key) => ({ key })),
      periodic_reset: null,
      periodic_reset_days: null,
      next_usage_reset_at: monthly ? dates.monthEnd : null,
      last_reset_at: monthly ? dates.monthStart : null,
      status: 'active',
      entities: {},
      created_at: dates.ago(120 - index),
      last_updated_at: dates.ago(50),
      ...draft,
    };
  });
}

type RateDraft = Partial<RatePolicyRow> &
  Pick<RatePolicyRow, 'name' | 'type' | 'unit' | 'value'> & { readonly per: readonly string[] };

export function buildRatePolicies(dates: SampleDates): RatePolicyRow[] {
  const burstGuard: RateDraft = {
    name: 'burst-guard',
    type: 'requests',
    unit: 'rpm',
    value: 600,
    per: ['workspace_id'],
  };
  const drafts: readonly (readonly [SampleArea, readonly RateDraft[]])[] = [
    ['sales', [burstGuard]],
    ['research', [burstGuard]],
    ['platform', [burstGuard]],
    [
      'support',
      [
        {
          name: 'user-minute',
          type: 'requests',
          unit: 'rpm',
          value: 30,
          conditions: [{ key: 'metadata._user', value: '*' }],
          per: ['metadata._user'],
        },
        {
          name: 'costly-models-hourly',
          type: 'tokens',
          unit: 'rph',
          value: 300_000,
          conditions: [{ key: 'model', value: ['@openai/gpt-4o', '@anthropic/claude-opus-4-5'] }],
          per: ['workspace_id'],
        },
        { name: 'daily-ceiling', type: 'requests', unit: 'rpd', value: 20_000, per: ['workspace_id'] },
        {
          name: 'weekly-embeddings',
          type: 'tokens',
          unit: 'rpw',
          value: 50_000_000,
          conditions: [{ key: 'endpoint_type', value: 'embed' }],
          per: ['api_key'],
        },
        {
          name: 'openai-but-4o',
          type: 'requests',
          unit: 'rpm',
          value: 300,
          conditions: [{ key: 'model', value: '@openai/*', excludes: '@openai/gpt-4o' }],
          per: ['model'],
        },
        {
          name: 'weekend-brake',
          type: 'requests',
          unit: 'rph',
          value: 400,
          conditions: [{ key: 'metadata.shift', value: 'weekend' }],
          per: ['workspace_id'],
        },
      ],
    ],
  ];
  const rows = drafts.flatMap(([area, list]) => list.map((draft) => ({ area, draft })));
  return rows.map(({ area, draft: { per, ...draft } }, index) => ({
    id: sampleId(`policy ${area}/${draft.name}`),
    description: null,
    workspace_id: workspaceId(area),
    conditions: everything,
    group_by: per.map((key) => ({ key })),
    target: 'llm',
    status: 'active',
    created_at: dates.ago(110 - index),
    last_updated_at: dates.ago(50),
    ...draft,
  }));
}
