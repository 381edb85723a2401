/** Generated resources that can be written in a policy file. */

import fc from 'fast-check';
import { isRefusedName } from '../../src/policy/passthrough.ts';
import type { PrintedEntry } from '../../src/policy/print-values.ts';
import { alertFromPercent } from '../../src/resources/amounts.ts';
import { reachesNothing } from '../../src/resources/match.ts';
import type { Condition, Fields, Kind, Reset, Unit } from '../../src/resources/types.ts';

const hostile = [
  'none',
  'true',
  'null',
  '<<',
  '2231',
  '0x10',
  '1.20',
  '*',
  '@openai/gpt',
  'a: b',
  '# no',
  '- x',
  "it's",
  '"q"',
  '__proto__',
  'constructor',
  ' lead',
  'trail ',
  'ключ',
  '日本',
  'a/b',
  '---',
  '!tag',
  '&a',
  '%x',
  '{x',
  '[y',
  '~',
  'off',
  '2026-12-01',
  '|',
  '>',
  '?',
  'a\tb',
  'a\r\nb',
  'a\nb',
  '\u202eabc',
  '=',
  '`x`',
  '$2,000',
  'budget',
  'policies',
];

/** Lone surrogates cannot be encoded in UTF-8. */
const isWellFormed = (text: string) => !/\p{Cs}/u.test(text);

const nameText = fc
  .oneof(
    fc.constantFrom(...hostile),
    fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }),
    fc.string({ minLength: 1, maxLength: 40 }),
  )
  .filter((name) => name.length <= 255 && isWellFormed(name));

const sortedSet = <T extends string>(items: fc.Arbitrary<T>, max = 4) =>
  fc.uniqueArray(items, { minLength: 1, maxLength: max }).map((list) => [...list].sort((a, b) => (a < b ? -1 : 1)));

const reset = fc.oneof(
  fc.constantFrom<Reset>('monthly', 'weekly', 'never'),
  fc.integer({ min: 1, max: 365 }).map((days): Reset => `every ${days} days`),
);

interface Limit {
  readonly unit: Unit;
  readonly amount: number;
  readonly reset: Reset;
  readonly alert?: number | null;
}

function limit(units: readonly Unit[], wholeUnits: boolean): fc.Arbitrary<Limit> {
  return fc
    .record({
      unit: fc.constantFrom(...units),
      size: fc.oneof(fc.integer({ min: 2, max: 10_000 }), fc.integer({ min: 2, max: 1e9 })),
      reset,
      alert: fc.oneof(
        fc.constant(undefined),
        fc.constant(null),
        fc.integer({ min: 1, max: 99 }),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
      ),
    })
    .map(({ unit, size, reset: when, alert }) => {
      const step = unit === 'cost' && wholeUnits ? 100 : 1;
      const smallest = unit === 'requests' ? 2 : 200;
      const amount = Math.max(smallest, size * step);
      const least = unit === 'cost' ? 100 : 1;
      const share =
        typeof alert !== 'number'
          ? 0
          : alert >= 1
            ? alertFromPercent(alert, amount, unit, wholeUnits)
            : Math.floor((amount * alert) / step) * step;
      const base = { unit, amount, reset: when };
      return typeof alert !== 'number'
        ? alert === null
          ? { ...base, alert }
          : base
        : { ...base, alert: Math.min(amount - step, Math.max(least, share)) };
    });
}

const value = nameText.filter((text) => text !== '*' && text.length <= 128);
const model = fc
  .tuple(fc.constantFrom('openai', 'anthropic', 'azure-openai'), fc.constantFrom('*', 'gpt-4o', 'claude/x', 'ünï'))
  .map(([p, m]) => `@${p}/${m}`);

function condition(target: string, limits: 'budget' | 'rate'): fc.Arbitrary<Condition> {
  const keys =
    target === 'mcp_tools'
      ? ['api_key', 'mcp_server', 'mcp_tool']
      : [
          'api_key',
          'virtual_key',
          'provider',
          'model',
          'config',
          'prompt',
          ...(limits === 'rate' ? ['endpoint_type'] : []),
        ];
  const key = fc.oneof(
    fc.constantFrom(...keys),
    nameText.map((name) => `metadata.${name}`.slice(0, 200)),
  );
  return key.chain((k) => {
    const values = sortedSet(k === 'model' ? model : fc.oneof(value, fc.constant('*')));
    const except = fc.oneof(fc.constant([]), values);
    // What leaves nothing of itself is refused.
    return fc
      .record({ key: fc.constant(k), any: fc.oneof(fc.constant('*' as const), values), except })
      .filter((one) => !reachesNothing(one));
  });
}

function match(target: string, limits: 'budget' | 'rate') {
  const everything = target === 'mcp_tools' ? 'mcp_server' : 'api_key';
  const conditions = fc
    .uniqueArray(condition(target, limits), { minLength: 1, maxLength: 4, selector: (one) => one.key })
    .filter(
      (list) =>
        !(list.length === 1 && list[0]?.key === everything && list[0].any === '*' && list[0].except.length === 0),
    )
    .map((list) => [...list].sort((a, b) => (a.key < b.key ? -1 : 1)));
  return fc.oneof(fc.constant('all' as const), conditions);
}

function per(target: string) {
  const keys =
    target === 'mcp_tools' ? ['mcp_server', 'mcp_tool'] : ['virtual_key', 'provider', 'model', 'config', 'prompt'];
  return sortedSet(
    fc.oneof(fc.constantFrom('workspace_id', 'api_key', ...keys), fc.constantFrom('metadata._user', 'metadata.a b: c')),
  );
}

const description = (max: number) =>
  fc
    .oneof(
      fc.constant(null),
      fc.constantFrom(...hostile),
      fc.string({ minLength: 1, maxLength: max, unit: 'grapheme' }),
      fc.constant('two\nlines\n'),
      fc.constant(' \n x \n\n'),
    )
    .filter((text) => text === null || (text.length <= max && isWellFormed(text)));
function namesOf(json: unknown): string[] {
  if (typeof json !== 'object' || json === null) return [];
  const names = Array.isArray(json) ? [] : Object.keys(json);
  return [...names, ...Object.values(json).flatMap(namesOf)];
}

const api = fc.dictionary(
  fc.constantFrom('some_member', 'x-y', 'camelCase'),
  fc.jsonValue().filter((json) => !JSON.stringify(json).includes('-0') && !namesOf(json).some(isRefusedName)),
  { maxKeys: 2 },
);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const date = fc.date({ min: new Date('2026-01-01'), max: new Date('2030-12-31'), noInvalidDate: true });

function fieldsFrom(parts: Record<string, unknown>, apiMembers: Record<string, unknown> | undefined): Fields {
  const passed = Object.entries(apiMembers ?? {}).map(([member, json]) => [`api.${member}`, json]);
  return Object.fromEntries([...Object.entries(parts).filter(([, part]) => part !== undefined), ...passed]) as Fields;
}

const identity = {
  name: nameText.filter((name) => name !== ''),
  liveName: nameText,
  id: maybe(fc.uuid()),
  protect: fc.boolean(),
};

function usagePolicy(): fc.Arbitrary<PrintedEntry> {
  return fc
    .record({
      ...identity,
      named: fc.boolean(),
      limit: limit(['cost', 'tokens', 'requests'], false),
      match: match('llm', 'budget'),
      per: per('llm'),
      description: maybe(description(500)),
      api: maybe(api),
    })
    .map(({ name, liveName, id, protect, named, limit: budget, match: m, per: p, description: d, api: a }) => {
      const shown = named ? liveName : id === undefined ? name : undefined;
      return {
        kind: 'usage-policy',
        name,
        protect,
        ...(id === undefined ? {} : { id }),
        fields: fieldsFrom({ name: shown, description: d, ...budget, match: m, per: p }, a),
      };
    });
}

function ratePolicy(): fc.Arbitrary<PrintedEntry> {
  return fc.constantFrom('llm', 'mcp_tools').chain((target) =>
    fc
      .record({
        ...identity,
        unit: fc.constantFrom('tokens', 'requests'),
        window: fc.constantFrom('minute', 'hour', 'day', 'week'),
        value: fc.integer({ min: 1, max: 1e10 }),
        match: match(target, 'rate'),
        per: per(target),
        description: maybe(description(500)),
      })
      .map(({ name, protect, unit, window, value: v, match: m, per: p, description: d }) => ({
        kind: 'rate-policy',
        name,
        protect,
        fields: fieldsFrom({ name, description: d, unit, window, value: v, match: m, per: p, target }, undefined),
      })),
  );
}

function rates(windows: readonly string[], several: boolean): fc.Arbitrary<Record<string, number | null>> {
  const requests = fc.uniqueArray(fc.constantFrom(...windows), {
    minLength: 0,
    maxLength: several ? windows.length : 1,
  });
  return fc.oneof(
    fc.constant({}),
    fc.constant({ rates: null }),
    fc
      .record({ requests, tokens: maybe(fc.constantFrom(...windows)), value: fc.integer({ min: 1, max: 1e10 }) })
      .map(({ requests: names, tokens, value: v }) => {
        const token = tokens !== undefined && (several || names.length === 0) ? [`rate[tokens/${tokens}]`] : [];
        return Object.fromEntries(
          [...names.map((window) => `rate[requests/${window}]`), ...token].map((field) => [field, v]),
        );
      }),
  );
}

function attached(kind: Kind): fc.Arbitrary<PrintedEntry> {
  const isKey = kind === 'key-limits';
  const windows = isKey ? ['second', 'minute', 'hour', 'day', 'week'] : ['minute', 'hour', 'day'];
  return fc
    .record({
      ...identity,
      budget: fc.oneof(fc.constant(undefined), fc.constant(null), limit(['cost', 'tokens'], true)),
      rates: rates(windows, isKey),
      recipients: maybe(
        fc.oneof(
          fc.constant([]),
          sortedSet(fc.constantFrom('a@example.com', 'b.c@mail.example.com', 'x+y@example.org')),
        ),
      ),
      expires: maybe(
        fc.oneof(
          fc.constant(null),
          date.map((d) => d.toISOString()),
        ),
      ),
      description: maybe(description(200)),
      api: maybe(api),
    })
    .map(({ name: raw, id, protect, budget, rates: r, recipients, expires, description: d, api: a }) => {
      const name = isKey && raw === '*' ? 'star' : raw;
      const limits =
        budget === undefined
          ? {}
          : budget === null
            ? { budget }
            : { budget: { unit: budget.unit, amount: budget.amount, reset: budget.reset }, alert: budget.alert };
      const own = {
        ...(isKey ? { recipients, description: d } : {}),
        ...(isKey || kind === 'provider-limits' ? { expires } : {}),
      };
      const fields = fieldsFrom({ ...limits, ...r, ...own }, isKey ? a : undefined);
      return { kind, name, protect, ...(isKey && id !== undefined ? { id } : {}), fields };
    })
    .filter((entry) => entry.protect || entry.id !== undefined || Object.keys(entry.fields).length > 0);
}

function workspaceLimits(): fc.Arbitrary<PrintedEntry> {
  return fc
    .record({
      budgets: fc.oneof(
        fc.constant(null),
        fc.uniqueArray(limit(['cost', 'tokens'], true), {
          maxLength: 3,
          selector: (one) => `${one.unit}/${one.reset}`,
        }),
      ),
      rates: rates(['minute', 'hour', 'day'], true),
      protect: fc.boolean(),
    })
    .map(({ budgets, rates: r, protect }) => {
      const parts: Record<string, unknown> = budgets === null ? { budgets: null } : {};
      for (const { unit, amount, reset: when, alert } of budgets ?? []) {
        parts[`budget[${unit}/${when}]`] = { unit, amount, reset: when };
        parts[`alert[${unit}/${when}]`] = alert;
      }
      return {
        kind: 'workspace-limits' as const,
        name: 'limits',
        protect,
        fields: fieldsFrom({ ...parts, ...r }, undefined),
      };
    })
    .filter((entry) => entry.protect || Object.keys(entry.fields).length > 0);
}

export function entryOf(kind: Kind): fc.Arbitrary<PrintedEntry> {
  switch (kind) {
    case 'usage-policy':
      return usagePolicy();
    case 'rate-policy':
      return ratePolicy();
    case 'workspace-limits':
      return workspaceLimits();
    default:
      return attached(kind);
  }
}

export const kindOfEntry = fc
  .constantFrom<Kind>(
    'usage-policy',
    'rate-policy',
    'workspace-limits',
    'key-limits',
    'provider-limits',
    'integration-limits',
  )
  .chain(entryOf);
