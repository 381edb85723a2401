/**
 * The applied record that goes with the sample organisation: what Git declared three days ago. Plain JSON in the record's
 * format, written out by hand: the emulator shares no code with the program that reads it. sample-organisation.ts says
 * what the difference to `policies/` and to the live state shows.
 */

import { sampleId, sampleOrganisationId } from './sample-ids.ts';

export type PlainJson = null | boolean | number | string | PlainJson[] | { [key: string]: PlainJson };
type PlainObject = { [key: string]: PlainJson };

const day = 86_400_000;

/**
 * @param now date of the sample organisation, as given to `sampleSeed`
 * @param baseUrl of the control plane the record is about
 */
export function sampleRecord(now: Date, baseUrl = 'http://127.0.0.1:8788/v1'): PlainObject {
  return {
    version: 2,
    tool: '0.1.0',
    environment: 'production',
    organisation: sampleOrganisationId,
    baseUrl,
    directory: null,
    commit: null,
    dirty: false,
    appliedBy: 'platform-admin',
    appliedAt: new Date(now.getTime() - 3 * day).toISOString(),
    run: 'sample',
    digest: sampleId('digest').replaceAll('-', ''),
    way: 'by-hand',
    settings: {
      review: {
        guards: {
          blocks_now: 'on',
          counter_reset: 'warn',
          deletes: { count: 2, percent: 30 },
          empties_scope: 'on',
          rewind: 'on',
          spend_up: { percent: 100 },
          updates: { count: 10, percent: 30 },
        },
        max_monthly_budget: 500_000,
        recipient_domains: ['example.com'],
        require: ['alert', 'owner'],
        rules: {},
        unmanaged: 'report',
      },
      gateway: { backend: '1.24', deployment: 'hybrid', version: '2.18' },
      pricing: { maxAgeHours: 24, source: 'https://configs.portkey.ai/pricing' },
      silences: {
        'key-limits/ws-platform-5d10aa/ci-runner': {
          exhausted: 'nightly jobs may use the week up; they wait for Sunday',
        },
      },
    },
    workspaces: [
      organisationEntries(),
      workspace('marketing', 'ws-market-4f2a1c', marketingEntries()),
      workspace('platform', 'ws-platform-5d10aa', platformEntries()),
      workspace('research', 'ws-research-07c3d8', researchEntries()),
      workspace('sales', 'ws-sales-91be02', salesEntries()),
      workspace('support', 'ws-support-c8812e', supportEntries()),
    ],
    outcomes: [],
    files: {},
  };
}

function organisationEntries(): PlainObject {
  return {
    id: null,
    slug: null,
    entries: [
      entry('integration-limits', 'openai-prod', 'openai-prod/*', {
        budget: budget('cost', 100_000, 'monthly'),
        alert: 90_000,
      }),
    ],
  };
}

function marketingEntries(): PlainObject[] {
  return [
    usagePolicy('marketing', 'key-ceiling', 'cost', 10_000, 'monthly', 8_000, 'all', ['api_key']),
    usagePolicy('marketing', 'monthly-spend', 'cost', 40_000, 'monthly', 32_000, 'all', ['workspace_id'], {
      description: 'Agreed with finance for FY27',
    }),
    usagePolicy('marketing', 'old-trial', 'cost', 5_000, 'monthly', 4_000, 'all', ['api_key']),
    key('marketing', 'campaign-writer', {
      budget: budget('cost', 8_000, 'monthly'),
      alert: 6_400,
      recipients: ['ai-finance@example.com', 'campaigns@example.com', 'marketing-lead@example.com'],
    }),
  ];
}

function platformEntries(): PlainObject[] {
  const recipients = ['ai-finance@example.com', 'platform-oncall@example.com'];
  return [
    burstGuard('platform'),
    key(
      'platform',
      'batch-embedder',
      { budget: budget('cost', 90_000, 'every 10 days'), alert: 76_500, recipients },
      { starting: '2026-12-01T00:00:00.000Z' },
    ),
    key('platform', 'checkout-service', {
      budget: budget('cost', 30_000, 'monthly'),
      alert: 24_000,
      'rate[requests/second]': 5,
      'rate[requests/minute]': 200,
      'rate[tokens/week]': 40_000_000,
      recipients: ['ai-finance@example.com', 'payments-oncall@example.com', 'platform-oncall@example.com'],
    }),
    key('platform', 'ci-runner', {
      budget: budget('tokens', 5_000_000, 'weekly'),
      alert: 4_000_000,
      'rate[requests/hour]': 2_000,
      'rate[tokens/day]': 500_000,
      recipients: [],
    }),
    key('platform', 'contractor-ana', {
      budget: budget('cost', 15_000, 'never'),
      alert: 12_000,
      expires: '2031-01-31T00:00:00.000Z',
      recipients,
    }),
  ];
}

function researchEntries(): PlainObject[] {
  const frontier = [condition('model', ['@anthropic/*', '@openai/gpt-5'])];
  const grant = [condition('metadata.project', ['grant-2231'])];
  return [
    usagePolicy(
      'research',
      'fortnight-quota',
      'tokens',
      2_000_000,
      'every 14 days',
      1_600_000,
      [condition('metadata.team', ['nlp', 'vision'])],
      ['metadata.team'],
    ),
    usagePolicy('research', 'frontier-models', 'cost', 5_000, 'monthly', 4_000, frontier, ['metadata._user', 'model']),
    usagePolicy('research', 'grant-2231', 'cost', 300_000, 'never', 270_000, grant, ['metadata.project']),
    burstGuard('research'),
    entry('workspace-limits', 'limits', sampleId('workspace research'), {
      'budget[tokens/weekly]': budget('tokens', 200_000_000, 'weekly'),
      'alert[tokens/weekly]': 150_000_000,
    }),
  ];
}

function salesEntries(): PlainObject[] {
  const providers = [condition('virtual_key', ['anthropic-sales', 'openai-sales'])];
  return [
    keyCeiling('sales'),
    usagePolicy('sales', 'pilot-cap', 'cost', 100_000, 'monthly', 80_000, providers, ['workspace_id'], {
      description: 'New department, first two quarters',
    }),
    burstGuard('sales'),
    entry('provider-limits', 'anthropic-sales', sampleId('provider sales/anthropic-sales'), {
      budget: budget('cost', 30_000, 'monthly'),
      alert: 27_000,
    }),
    entry('provider-limits', 'openai-sales', sampleId('provider sales/openai-sales'), {
      budget: budget('cost', 70_000, 'monthly'),
      alert: 63_000,
      'rate[requests/minute]': 200,
    }),
  ];
}

function supportEntries(): PlainObject[] {
  const costly = [condition('model', ['@anthropic/claude-opus-4-5', '@openai/gpt-4o'])];
  const openai = [condition('model', ['@openai/*'], ['@openai/gpt-4o'])];
  const users = [{ key: 'metadata._user', any: '*', except: [] }];
  return [
    keyCeiling('support'),
    ratePolicy('support', 'costly-models-hourly', 'tokens', 'hour', 300_000, costly, ['workspace_id']),
    ratePolicy('support', 'openai-but-4o', 'requests', 'minute', 300, openai, ['model']),
    ratePolicy('support', 'user-minute', 'requests', 'minute', 30, users, ['metadata._user']),
    ratePolicy(
      'support',
      'weekly-embeddings',
      'tokens',
      'week',
      50_000_000,
      [condition('endpoint_type', ['embed'])],
      ['api_key'],
    ),
    entry('workspace-limits', 'limits', sampleId('workspace support'), {
      'rate[requests/minute]': 1_000,
      'rate[tokens/hour]': 5_000_000,
    }),
    entry('integration-limits', 'openai-prod', `openai-prod/${sampleId('workspace support')}`, {
      budget: budget('cost', 200_000, 'monthly'),
      alert: 160_000,
      'rate[requests/minute]': 500,
    }),
  ];
}

/** The organisation's defaults, as they reach every workspace that does not skip them. */
function keyCeiling(area: string): PlainObject {
  return usagePolicy(area, 'key-ceiling', 'cost', 25_000, 'monthly', 20_000, 'all', ['api_key'], {
    description: 'No single key may spend more than this',
  });
}

function burstGuard(area: string): PlainObject {
  return ratePolicy(area, 'burst-guard', 'requests', 'minute', 600, 'all', ['workspace_id']);
}

function workspace(area: string, slug: string, entries: PlainObject[]): PlainObject {
  return { id: sampleId(`workspace ${area}`), slug, entries };
}

function entry(kind: string, name: string, id: string, fields: PlainObject, more: PlainObject = {}): PlainObject {
  return { kind, name, id, fields, protect: false, ...more };
}

function key(area: string, name: string, fields: PlainObject, more: PlainObject = {}): PlainObject {
  return entry('key-limits', name, sampleId(`key ${area}/${name}`), fields, more);
}

function usagePolicy(
  area: string,
  name: string,
  unit: string,
  amount: number,
  reset: string,
  alert: number,
  match: PlainJson,
  per: string[],
  more: PlainObject = {},
): PlainObject {
  const fields = { name, unit, amount, reset, alert, match, per, ...more };
  return entry('usage-policy', name, sampleId(`policy ${area}/${name}`), fields);
}

function ratePolicy(
  area: string,
  name: string,
  unit: string,
  window: string,
  value: number,
  match: PlainJson,
  per: string[],
): PlainObject {
  const fields = { name, unit, window, value, match, per, target: 'llm' };
  return entry('rate-policy', name, sampleId(`policy ${area}/${name}`), fields);
}

function condition(name: string, any: string[], except: string[] = []): PlainObject {
  return { key: name, any, except };
}

function budget(unit: string, amount: number, reset: string): PlainObject {
  return { unit, amount, reset };
}
