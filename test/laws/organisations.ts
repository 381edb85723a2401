/** Generated organisations: what a control plane may hold, also what no policy file could say. */

import fc from 'fast-check';
import type {
  ApiKeyRow,
  ConditionRow,
  IntegrationRow,
  ProviderRow,
  RateLimitRow,
  RatePolicyRow,
  StoreState,
  UsageLimitRow,
  UsagePolicyRow,
  WorkspaceRow,
} from '../../src/emulator/store.ts';
import {
  integrationRow,
  keyRow,
  providerRow,
  ratePolicyRow,
  smallState,
  usagePolicyRow,
  uuid,
  workspaceRow,
} from '../helpers/state.ts';

export const workspaces = [
  { slug: 'ws-alpha', id: uuid(1) },
  { slug: 'ws-beta', id: uuid(2) },
] as const;

/** Names that would act on YAML, a terminal, a path or a table if they could. */
export const hostileNames = [
  'monthly-spend',
  'none',
  '*',
  'null',
  '<<',
  '__proto__',
  'a: b',
  ' lead',
  '"q"',
  'rate',
  'a/b',
  '日本語',
  '\u202eabc',
  '\u001b[31mred',
  '@team <b>|x|',
  '2026-12-01',
  'toString',
] as const;

const name = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...hostileNames) },
  fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }).filter((text) => !/\p{Cs}/u.test(text)),
);

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { nil: null, freq: 2 });

const windowEnd = fc.constantFrom('2026-11-25T00:00:00.000Z', '2026-12-06T00:00:00.000Z');

/** In every spelling of "never": null, the empty text and nothing at all. */
const resetRow: fc.Arbitrary<Pick<UsageLimitRow, 'periodic_reset' | 'periodic_reset_days' | 'next_usage_reset_at'>> =
  fc.oneof(
    fc.constantFrom(
      {},
      { periodic_reset: null },
      { periodic_reset: '' as const, periodic_reset_days: null },
      { periodic_reset: 'weekly' as const },
      { periodic_reset: 'monthly' as const, periodic_reset_days: null },
    ),
    fc
      .tuple(fc.integer({ min: 1, max: 365 }), windowEnd)
      .map(([days, end]) => ({ periodic_reset_days: days, next_usage_reset_at: end })),
  );

/** Whole units, as attachment points hold them; now and then a fraction that no file can say. */
const budgetRow: fc.Arbitrary<UsageLimitRow> = fc
  .record({
    type: fc.constantFrom<UsageLimitRow['type'] | undefined>('cost', 'tokens', undefined),
    size: fc.integer({ min: 1, max: 100_000 }),
    alert: fc.constantFrom<number | null | undefined>(undefined, null, 0.5, 0.8),
    reset: resetRow,
  })
  .map(({ type, size, alert, reset }) => {
    const limit = type === 'tokens' ? size + 199 : size + 1;
    return {
      ...(type === undefined ? {} : { type }),
      credit_limit: limit,
      ...(alert === undefined
        ? {}
        : { alert_threshold: alert === null ? null : Math.max(1, Math.floor(limit * alert)) }),
      ...reset,
      current_usage: 7,
      status: 'active' as const,
    };
  });

/** An object of server flags alone is not a limit. */
const budgetOrNone = fc.oneof(
  { weight: 4, arbitrary: budgetRow },
  fc.constantFrom<UsageLimitRow | null>(null, { is_expired_alerts_sent: true }),
);

const rateRows = (units: readonly string[], max: number): fc.Arbitrary<RateLimitRow[]> =>
  fc.uniqueArray(
    fc.record({
      type: fc.constantFrom<RateLimitRow['type']>('requests', 'tokens'),
      unit: fc.constantFrom(...units),
      value: fc.integer({ min: 1, max: 1e9 }),
    }),
    { maxLength: max, selector: ({ type, unit }) => `${type}/${unit}` },
  );

const shared = ['rpm', 'rph', 'rpd'];

const values = fc.oneof(
  fc.constantFrom('nlp', 'a b', '"', '*', 'x,y'),
  fc.array(fc.constantFrom('nlp', 'vision', '*', 'ünï'), { minLength: 1, maxLength: 3 }),
);

export const conditionRows: fc.Arbitrary<ConditionRow[]> = fc.oneof(
  fc.constantFrom<ConditionRow[]>(
    [{ key: 'api_key', value: '*' }],
    [{ key: 'api_key', value: '*', excludes: uuid(11) }],
    [{ key: 'organisation_id', value: '7f3c1f8e-2b1d-4a57-9a44-0c7d2b6e9a10' }],
    [{ key: 'model', value: ['@openai/gpt-4o', '@anthropic/*'] }],
    [{ key: 'model', value: 'gpt-4o' }],
  ),
  fc.uniqueArray(
    fc
      .record({
        key: fc.constantFrom('metadata.team', 'metadata.a: b', 'virtual_key', 'provider'),
        value: values,
        excludes: fc.option(values, { nil: undefined, freq: 3 }),
      })
      .map(({ key, value, excludes }) => ({ key, value, ...(excludes === undefined ? {} : { excludes }) })),
    { minLength: 1, maxLength: 3, selector: ({ key }) => key },
  ),
);

const groupRows = fc
  .uniqueArray(fc.constantFrom('workspace_id', 'api_key', 'metadata._user', 'model'), { minLength: 1, maxLength: 3 })
  .map((keys) => keys.map((key) => ({ key })));

const policyName = fc.oneof({ weight: 5, arbitrary: name as fc.Arbitrary<string | null> }, fc.constant(null));

const usagePolicy = (workspaceId: string, id: number): fc.Arbitrary<UsagePolicyRow> =>
  fc
    .record({
      name: policyName,
      description: fc.constantFrom(null, '', 'none', 'two\nlines'),
      type: fc.constantFrom<UsagePolicyRow['type']>('cost', 'tokens', 'requests'),
      // Cents and their fractions: the last one no file can say.
      limit: fc.constantFrom(0, 1, 100, 500, 1250.5, 4.35, 10.005, 99_999.99),
      alert: maybe(fc.constantFrom(0, 0.5, 0.8)),
      reset: resetRow,
      conditions: conditionRows,
      group_by: groupRows,
    })
    .map(({ name: text, limit, alert, reset, ...row }) =>
      usagePolicyRow(text, uuid(id), workspaceId, {
        ...row,
        credit_limit: row.type === 'tokens' ? Math.round(limit * 100) : limit,
        alert_threshold: alert === null ? null : Math.round(limit * alert * 100) / 100,
        periodic_reset: reset.periodic_reset === '' ? null : (reset.periodic_reset ?? null),
        periodic_reset_days: reset.periodic_reset_days ?? null,
        next_usage_reset_at: reset.next_usage_reset_at ?? null,
      }),
    );

const ratePolicy = (workspaceId: string, id: number): fc.Arbitrary<RatePolicyRow> =>
  fc
    .record({
      name: policyName,
      type: fc.constantFrom<RatePolicyRow['type']>('requests', 'tokens'),
      unit: fc.constantFrom<RatePolicyRow['unit']>('rpm', 'rph', 'rpd', 'rpw'),
      value: fc.constantFrom(0, 1, 100, 2_000_000),
      conditions: conditionRows,
      group_by: groupRows,
    })
    .map(({ name: text, ...row }) => ratePolicyRow(text, uuid(id), workspaceId, row));

const key = (workspaceId: string | null, id: number): fc.Arbitrary<ApiKeyRow> =>
  fc
    .record({
      name: name.filter((text) => text !== '*'),
      type: fc.constantFrom<ApiKeyRow['type']>('workspace-service', 'workspace-service', 'workspace-user'),
      creation_mode: fc.constantFrom<ApiKeyRow['creation_mode']>('api', 'api', 'auto'),
      usage_limits: budgetOrNone,
      rate_limits: rateRows(['rps', 'rpm', 'rph', 'rpd', 'rpw'], 3),
      alert_emails: fc.constantFrom<string[] | null>(null, [], ['Ops@Example.com'], ['b@example.com', 'a@example.com']),
      expires_at: fc.constantFrom(null, null, '2026-10-01T00:00:00.000Z', '2027-10-01T10:20:30.000Z'),
      description: fc.constantFrom(null, '', 'of the batch jobs'),
    })
    .map(({ name: text, type, ...row }) =>
      keyRow(text, uuid(id), workspaceId, { ...row, type: workspaceId === null ? 'organisation-service' : type }),
    );

const provider = (workspaceId: string, id: number): fc.Arbitrary<ProviderRow> =>
  fc
    .record({
      slug: fc.constantFrom('openai-a', 'anthropic-b', 'azure'),
      usage_limits: budgetOrNone,
      rate_limits: rateRows(shared, 1),
      expires_at: fc.constantFrom(null, '2027-10-01T00:00:00.000Z'),
    })
    .map(({ slug, ...row }) => providerRow(slug, uuid(id), workspaceId, row));

const access = fc.record({
  usage_limits: maybe(budgetRow.map((row) => [row])),
  rate_limits: maybe(rateRows(shared, 1)),
});

const integration: fc.Arbitrary<IntegrationRow> = fc
  .record({
    shares: fc.array(fc.record({ enabled: fc.boolean(), limits: access }), { minLength: 2, maxLength: 2 }),
    all: maybe(fc.record({ enabled: fc.boolean(), limits: access })),
  })
  .map(({ shares, all }) =>
    integrationRow('openai-prod', uuid(31), [], {
      workspaces: shares.map(({ enabled, limits }, index) => ({
        workspace_id: workspaces[index]?.id ?? '',
        enabled,
        ...limits,
      })),
      global_workspace_access: all === null ? null : { enabled: all.enabled, ...all.limits },
    }),
  );

const workspace = (index: number): fc.Arbitrary<WorkspaceRow> =>
  fc
    .record({
      usage_limits: maybe(fc.array(budgetRow, { maxLength: 3 })),
      rate_limits: maybe(rateRows(shared, 2)),
    })
    .map((row) => workspaceRow(workspaces[index]?.slug ?? '', workspaces[index]?.id ?? '', row));

/** Up to `max` rows, each with an id of its own. */
function rows<T>(make: (id: number) => fc.Arbitrary<T>, from: number, max: number): fc.Arbitrary<T[]> {
  return fc
    .tuple(...Array.from({ length: max }, (_, index) => make(from + index)), fc.integer({ min: 0, max }))
    .map((all) => (all as [...T[], number]).slice(0, all.at(-1) as number) as T[]);
}

const [alpha, beta] = workspaces;

/** Two workspaces with policies, keys, providers and a shared integration, limited in every way there is. */
export const organisation: fc.Arbitrary<Partial<StoreState>> = fc
  .record({
    workspaces: fc.tuple(workspace(0), workspace(1)).map((pair) => [...pair]),
    apiKeys: fc
      .tuple(
        rows((id) => key(alpha.id, id), 11, 3),
        rows((id) => key(beta.id, id), 15, 2),
        rows((id) => key(null, id), 18, 1),
      )
      .map((lists) => lists.flat()),
    providers: fc
      .tuple(
        rows((id) => provider(alpha.id, id), 21, 2),
        rows((id) => provider(beta.id, id), 25, 1),
      )
      .map((lists) => uniqueBy(lists.flat(), ({ workspace_id, slug }) => `${workspace_id}/${slug}`)),
    integrations: integration.map((row) => [row]),
    usagePolicies: fc
      .tuple(
        rows((id) => usagePolicy(alpha.id, id), 41, 3),
        rows((id) => usagePolicy(beta.id, id), 45, 2),
      )
      .map((lists) => lists.flat()),
    ratePolicies: fc
      .tuple(
        rows((id) => ratePolicy(alpha.id, id), 51, 2),
        rows((id) => ratePolicy(beta.id, id), 55, 1),
      )
      .map((lists) => lists.flat()),
  })
  .map((parts) => smallState(parts));

export function uniqueBy<T>(list: readonly T[], keyOf: (item: T) => string): T[] {
  return [...new Map(list.map((item) => [keyOf(item), item])).values()];
}

/** Without policies and keys that share a name or have none. */
export function withUniqueNames(state: Partial<StoreState>): Partial<StoreState> {
  const taken = new Set<string>();
  const isFirst = (section: string, { name, workspace_id }: { name: string | null; workspace_id: string | null }) => {
    const place = `${section}\n${workspace_id}\n${name}`;
    if (name === null || name.trim() === '' || taken.has(place)) return false;
    taken.add(place);
    return true;
  };
  return {
    ...state,
    usagePolicies: (state.usagePolicies ?? []).filter((row) => isFirst('policies', row)),
    ratePolicies: (state.ratePolicies ?? []).filter((row) => isFirst('policies', row)),
    apiKeys: (state.apiKeys ?? []).filter((row) => isFirst('keys', row)),
  };
}

export function shuffle<T>(list: readonly T[], numbers: Iterator<number>): T[] {
  return list
    .map((item) => ({ item, rank: Number(numbers.next().value) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
