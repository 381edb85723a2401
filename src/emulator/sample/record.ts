/**
 * The applied record that goes with the sample organisation: what Git declared three days ago. Plain JSON in the record's
 * format, in words of its own: the emulator shares no code with the program that reads it. organisation.ts says
 * what the difference to `policies/` and to the live state shows.
 */

import { compareText } from '../../diagnostics.ts';
import type { ConditionRow, RateLimitRow, UsageLimitRow } from '../store.ts';
import { keyId, providerId, sampleId, sampleOrganisationId, workspaceId } from './ids.ts';
import * as sample from './organisation.ts';

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
    settings,
    workspaces: [
      { id: null, slug: null, entries: [share('*', sample.sampleShare.everywhere)] },
      ...['marketing', 'platform', 'research', 'sales', 'support'].map((area) => ({
        id: workspaceId(area),
        slug: sample.sampleWorkspaces[area]?.slug ?? null,
        entries: listEntries(area),
      })),
    ],
    outcomes: [],
    files: {},
  };
}

const settings: PlainObject = {
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
};

/** By kind, then by name. */
function listEntries(area: string): PlainObject[] {
  const policyId = (name: string): string => sampleId(`policy ${area}/${name}`);
  const { usage_limits: budgets, rate_limits: rates, was } = sample.sampleWorkspaces[area] ?? {};
  const limits = { ...describeBudgets(was?.usage_limits ?? budgets ?? []), ...describeRates(rates ?? []) };
  return [
    ...select(area, sample.sampleUsagePolicies, (name, { was: before, ...row }) => {
      const description = before?.description === null ? undefined : row.description;
      const { unit, amount, reset, alert } = describeBudget(row);
      const fields = { name, unit, amount, reset, alert, ...describeScope(row), ...(description && { description }) };
      return entry('usage-policy', name, policyId(name), fields);
    }),
    ...select(area, sample.sampleRatePolicies, (name, { type = 'requests', unit = '', value = 0, ...row }) => {
      const fields = { name, unit: type, window: windows[unit] ?? '', value, ...describeScope(row), target: 'llm' };
      return entry('rate-policy', name, policyId(name), fields);
    }),
    ...select(area, sample.apiKeys, (name, { usage_limits: budget, rate_limits, expires_at: expires, ...row }) => {
      if (budget?.credit_limit === undefined) return null;
      const recipients = row.was?.recipients ?? [...(row.alert_emails ?? [])].sort(compareText);
      const fields = { ...describeLimits(budget, rate_limits), ...(expires && { expires }), recipients };
      const more = budget.periodic_reset_days === undefined ? {} : { starting: sample.tenDayStart };
      return { ...entry('key-limits', name, keyId(area, name), fields), ...more };
    }),
    ...(Object.keys(limits).length > 0 ? [entry('workspace-limits', 'limits', workspaceId(area), limits)] : []),
    ...select(area, sample.sampleProviders, (name, { usage_limits: budget, rate_limits }) =>
      budget ? entry('provider-limits', name, providerId(area, name), describeLimits(budget, rate_limits)) : null,
    ),
    ...(area === sample.sampleShare.area
      ? [share(workspaceId(area), sample.sampleShare.budget, [sample.sampleShare.rate])]
      : []),
  ];
}

/** What was recorded of the drafts of one area; null: nothing. */
function select<Row extends { readonly was?: object | null }>(
  area: string,
  drafts: readonly (readonly [area: string, name: string, row: Row])[],
  describe: (name: string, row: Row) => PlainObject | null,
): PlainObject[] {
  return drafts
    .filter(([of, , row]) => of === area && row.was !== null)
    .sort(([, a], [, b]) => compareText(a, b))
    .map(([, name, row]) => describe(name, row))
    .filter((described) => described !== null);
}

function share(id: string, budget: UsageLimitRow, rates?: readonly RateLimitRow[]): PlainObject {
  const { integration } = sample.sampleShare;
  return entry('integration-limits', integration, `${integration}/${id}`, describeLimits(budget, rates));
}

function entry(kind: string, name: string, id: string, fields: PlainObject): PlainObject {
  return { kind, name, id, fields, protect: false };
}

const windows: Readonly<Record<string, string>> = {
  rps: 'second',
  rpm: 'minute',
  rph: 'hour',
  rpd: 'day',
  rpw: 'week',
};

type Budget = Pick<UsageLimitRow, 'credit_limit' | 'alert_threshold' | 'periodic_reset' | 'periodic_reset_days'> & {
  readonly type?: string;
};

/** Money in cents. */
function describeBudget({ type: unit = 'cost', credit_limit = 0, alert_threshold, ...resets }: Budget) {
  const scale = unit === 'cost' ? 100 : 1;
  const { periodic_reset, periodic_reset_days: days } = resets;
  const reset = periodic_reset || (typeof days === 'number' ? `every ${days} days` : 'never');
  return { unit, amount: credit_limit * scale, reset, alert: (alert_threshold ?? 0) * scale };
}

function describeLimits(limit: UsageLimitRow, rates: readonly RateLimitRow[] = []): PlainObject {
  const { alert, ...budget } = describeBudget(limit);
  return { budget, alert, ...describeRates(rates) };
}

/** Several budgets are told apart by unit and reset. */
function describeBudgets(limits: readonly UsageLimitRow[]): PlainObject {
  const described = limits.map(describeBudget).map(({ alert, ...budget }): PlainObject => {
    const which = `[${budget.unit}/${budget.reset}]`;
    return { [`budget${which}`]: budget, [`alert${which}`]: alert };
  });
  return Object.assign({}, ...described);
}

function describeRates(rates: readonly RateLimitRow[]): PlainObject {
  return Object.fromEntries(rates.map(({ type, unit, value }) => [`rate[${type}/${windows[unit]}]`, value]));
}

interface Scope {
  readonly per: readonly string[];
  readonly conditions?: readonly ConditionRow[];
}

function describeScope({ per, conditions }: Scope): PlainObject {
  const list = (values: string | string[] = []) => [values].flat().sort(compareText);
  const match = conditions?.map(
    ({ key, value, excludes }): PlainObject => ({
      key,
      any: value === '*' ? '*' : list(value),
      except: list(excludes),
    }),
  );
  return { match: match ?? 'all', per: [...per] };
}
