/** Generated policy files over a given organisation: what somebody may ask of it, step by step. */

import fc from 'fast-check';
import type { StoreState } from '../../src/emulator/store.ts';
import { printPolicies } from '../../src/policy/print.ts';
import type { PrintedEntry } from '../../src/policy/print-values.ts';
import { type FieldsDraft, toFields } from '../../src/resources/fields.ts';
import { reachesNothing } from '../../src/resources/match.ts';
import type { Budget, Condition, Fields, FieldValue, Match, Reset } from '../../src/resources/types.ts';
import { organisationId } from '../helpers/world.ts';
import { hostileNames, uniqueBy, workspaces } from './organisations.ts';

export type Files = Readonly<Record<string, string>>;

/** Entries by workspace; the organisation's own under null. */
export interface Declaration {
  readonly entries: readonly (PrintedEntry & { readonly workspace: string | null })[];
}

const reset = fc.constantFrom<Reset>('monthly', 'weekly', 'never', 'every 14 days', 'every 30 days');

const match: fc.Arbitrary<Match> = fc.oneof(
  fc.constant('all' as const),
  fc
    .uniqueArray(
      fc
        .record({
          key: fc.constantFrom('metadata.team', 'metadata.a: b', 'provider'),
          any: fc.constantFrom<Condition['any']>('*', ['*'], ['nlp'], ['a b', 'nlp'], ['"']),
          except: fc.constantFrom<readonly string[]>([], [], ['x,y'], ['nlp', 'vision']),
        })
        .filter((condition) => !reachesNothing(condition)),
      { minLength: 1, maxLength: 2, selector: ({ key }) => key },
    )
    .map((list) => [...list].sort((a, b) => (a.key < b.key ? -1 : 1))),
);

const per = fc.constantFrom<readonly string[]>(['workspace_id'], ['api_key'], ['metadata._user', 'model']);

const policyNames = [...hostileNames.filter((name) => name !== '*'), 'team-budget', 'burst'];
const policyName = fc.constantFrom(...policyNames);

/** An alert is always said, so that no live one is overtaken in silence (which is an error). */
const alertOf = (amount: number, share: number | null): number | null =>
  share === null ? null : Math.max(100, Math.floor((amount * share) / 100) * 100);

const usagePolicy: fc.Arbitrary<PrintedEntry> = fc
  .record({
    name: policyName,
    description: fc.constantFrom<string | null | undefined>(undefined, null, 'agreed with finance', 'none'),
    unit: fc.constantFrom('cost', 'tokens', 'requests'),
    size: fc.integer({ min: 2, max: 5_000 }),
    share: fc.constantFrom(null, 0.5, 0.8),
    reset,
    match,
    per,
    protect: fc.boolean(),
  })
  .map(({ name, description, size, share, protect, ...rest }) => {
    const amount = size * 100;
    const fields = { name, description, amount, alert: alertOf(amount, share), ...rest };
    return { kind: 'usage-policy', name, protect, fields: withoutUndefined(fields) };
  });

const ratePolicy: fc.Arbitrary<PrintedEntry> = fc
  .record({
    name: policyName,
    unit: fc.constantFrom('tokens', 'requests'),
    window: fc.constantFrom('minute', 'hour', 'day', 'week'),
    value: fc.integer({ min: 1, max: 5_000 }),
    match,
    per,
  })
  .map(({ name, ...rest }) => ({ kind: 'rate-policy', name, fields: { name, target: 'llm', ...rest } }));

interface Budgets {
  readonly budget?: Budget | null;
  readonly alert?: number | null;
}

const budget: fc.Arbitrary<Budgets> = fc.oneof(
  fc.constant({}),
  fc.constant({ budget: null }),
  fc
    .record({
      unit: fc.constantFrom('cost' as const, 'tokens' as const),
      size: fc.integer({ min: 2, max: 5_000 }),
      share: fc.constantFrom(null, 0.5, 0.8),
      reset,
    })
    .map(({ unit, size, share, reset: when }) => ({
      budget: { unit, amount: size * 100, reset: when },
      alert: alertOf(size * 100, share),
    })),
);

const rates = (single: boolean): fc.Arbitrary<Fields> =>
  fc.oneof(
    fc.constant({}),
    fc.constant({ rates: null }),
    fc
      .uniqueArray(fc.constantFrom('rate[requests/minute]', 'rate[tokens/day]'), {
        minLength: 1,
        maxLength: single ? 1 : 2,
      })
      .chain((names) => fc.integer({ min: 1, max: 900 }).map((value) => toFields(names.map((name) => [name, value])))),
  );

const expires = fc.constantFrom(undefined, undefined, null, '2027-12-01T00:00:00.000Z');

const keyFields: fc.Arbitrary<Fields> = fc
  .record({
    budget,
    rates: rates(false),
    recipients: fc.constantFrom<readonly string[] | undefined>(
      undefined,
      [],
      ['a@example.com'],
      ['b@example.com', 'c@example.com'],
    ),
    expires,
  })
  .map(({ budget: money, rates: speed, ...rest }) => withoutUndefined({ ...money, ...speed, ...rest }));

const providerFields: fc.Arbitrary<Fields> = fc
  .record({ budget, rates: rates(true), expires })
  .map(({ budget: money, rates: speed, ...rest }) => withoutUndefined({ ...money, ...speed, ...rest }));

const shareFields: fc.Arbitrary<Fields> = fc
  .record({ budget, rates: rates(true) })
  .map(({ budget: money, rates: speed }) => ({ ...money, ...speed }));

const workspaceFields: fc.Arbitrary<Fields> = fc
  .record({
    budgets: fc.uniqueArray(
      fc.record({
        unit: fc.constantFrom('cost' as const, 'tokens' as const),
        size: fc.integer({ min: 2, max: 5_000 }),
        reset,
        share: fc.constantFrom(null, 0.5),
      }),
      { maxLength: 2, selector: ({ unit, reset: when }) => `${unit}/${when}` },
    ),
    none: fc.constantFrom(false, false, false, true),
    rates: rates(false),
  })
  .map(({ budgets, none, rates: speed }) => {
    const fields: FieldsDraft = none ? { budgets: null } : {};
    for (const { unit, size, reset: when, share } of none ? [] : budgets) {
      fields[`budget[${unit}/${when}]`] = { unit, amount: size * 100, reset: when };
      fields[`alert[${unit}/${when}]`] = alertOf(size * 100, share);
    }
    return { ...fields, ...speed };
  });

/** Files about the objects of an organisation: some of its names, some new ones. */
export function declaration(state: Partial<StoreState>): fc.Arbitrary<Declaration> {
  const parts: fc.Arbitrary<Declaration['entries']>[] = workspaces.map(({ slug, id }) => {
    const within = <T extends PrintedEntry>(entry: T) => ({ ...entry, workspace: slug });
    const keys = (state.apiKeys ?? []).filter(({ workspace_id }) => workspace_id === id).map(({ name }) => name);
    const unique = keys.filter((name, index) => keys.indexOf(name) === index && keys.lastIndexOf(name) === index);
    const slugs = (state.providers ?? []).filter(({ workspace_id }) => workspace_id === id).map((row) => row.slug);
    return fc
      .record({
        policies: fc.array(fc.oneof(usagePolicy, ratePolicy), { maxLength: 5 }),
        limits: fc.option(workspaceFields, { freq: 2 }),
        star: fc.option(keyFields, { freq: 1 }),
        keys: fc.tuple(...unique.map(() => fc.option(keyFields, { freq: 2 }))),
        providers: fc.tuple(...slugs.map(() => fc.option(providerFields, { freq: 2 }))),
        share: fc.option(shareFields, { freq: 1 }),
      })
      .map((all) => [
        // Both kinds stand in one section.
        ...uniqueBy(all.policies, ({ name }) => name).map(within),
        ...limitsEntry('workspace-limits', 'limits', all.limits).map(within),
        ...limitsEntry('key-limits', '*', all.star).map(within),
        ...unique.flatMap((name, index) => limitsEntry('key-limits', name, all.keys[index])).map(within),
        ...slugs.flatMap((name, index) => limitsEntry('provider-limits', name, all.providers[index])).map(within),
        ...limitsEntry('integration-limits', 'openai-prod', all.share).map(within),
      ]);
  });
  return fc.tuple(...parts).map((lists) => ({ entries: lists.flat() }));
}

function limitsEntry(kind: PrintedEntry['kind'], name: string, fields: Fields | null | undefined): PrintedEntry[] {
  return fields === null || fields === undefined || Object.keys(fields).length === 0 ? [] : [{ kind, name, fields }];
}

/** As policy files, one per workspace. */
export function toFiles({ entries }: Declaration): Files {
  const printed = printPolicies({
    environment: 'production',
    organisation: organisationId,
    entries: entries.filter(({ workspace }) => workspace === null),
    workspaces: workspaces.map(({ slug }) => ({
      slug,
      entries: entries.filter(({ workspace }) => workspace === slug),
    })),
  });
  return Object.fromEntries(printed.map(({ path, text }) => [path, text]));
}

function withoutUndefined(fields: Readonly<Record<string, FieldValue | undefined>>): Fields {
  return toFields(Object.entries(fields).filter((pair): pair is [string, FieldValue] => pair[1] !== undefined));
}
