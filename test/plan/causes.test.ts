/** Why a change is there: Git moved, live moved, both, or nobody knows. */

import { describe, expect, it } from 'vitest';
import type { AppliedRecord } from '../../src/plan/applied-record.ts';
import type { Cause } from '../../src/plan/types.ts';
import type { WireRow } from '../../src/resources/kind.ts';
import { uuid } from '../helpers/state.ts';
import { keyObject, onlyChange, planOf, policyObject, providerObject, recordAfter } from './kit.ts';

const id = uuid(41);

interface Case {
  readonly name: string;
  /** Further lines of the policy when it was applied; null: it was not declared. */
  readonly past: string | null;
  readonly desired: string;
  readonly live: WireRow;
  readonly cause: Cause | null;
  readonly fields?: readonly string[];
}

const base = 'budget: $500\n    reset: monthly';
const policy = (text: string): string => `policies:\n  spend:\n    per: workspace_id\n    ${text}\n`;

const policyCases: readonly Case[] = [
  {
    name: 'amount edited',
    past: base,
    desired: 'budget: $750\n    reset: monthly',
    live: {},
    cause: 'edited',
    fields: ['amount'],
  },
  {
    name: 'amount drifted',
    past: base,
    desired: base,
    live: { credit_limit: 900 },
    cause: 'drifted',
    fields: ['amount'],
  },
  {
    name: 'amount both',
    past: base,
    desired: 'budget: $750\n    reset: monthly',
    live: { credit_limit: 900 },
    cause: 'both',
    fields: ['amount'],
  },
  {
    name: 'edited and another field drifted',
    past: base,
    desired: 'budget: $750\n    reset: monthly',
    live: { periodic_reset: 'weekly' },
    cause: 'both',
    fields: ['amount', 'reset'],
  },
  {
    name: 'Git agrees with the drift',
    past: base,
    desired: 'budget: $750\n    reset: monthly',
    live: { credit_limit: 750 },
    cause: null,
  },
  {
    name: 'reset edited',
    past: base,
    desired: 'budget: $500\n    reset: weekly',
    live: {},
    cause: 'edited',
    fields: ['reset'],
  },
  {
    name: 'reset drifted to never',
    past: base,
    desired: base,
    live: { periodic_reset: null },
    cause: 'drifted',
    fields: ['reset'],
  },
  {
    name: 'alert edited',
    past: `${base}\n    alert: 80%`,
    desired: `${base}\n    alert: 90%`,
    live: { alert_threshold: 400 },
    cause: 'edited',
    fields: ['alert'],
  },
  {
    name: 'alert new in Git',
    past: base,
    desired: `${base}\n    alert: 90%`,
    live: {},
    cause: 'edited',
    fields: ['alert'],
  },
  {
    name: 'alert new in Git over a hand-made one',
    past: base,
    desired: `${base}\n    alert: 90%`,
    live: { alert_threshold: 50 },
    cause: 'edited',
    fields: ['alert'],
  },
  {
    name: 'alert drifted',
    past: `${base}\n    alert: 80%`,
    desired: `${base}\n    alert: 80%`,
    live: { alert_threshold: 100 },
    cause: 'drifted',
    fields: ['alert'],
  },
  {
    name: 'alert removed by hand',
    past: `${base}\n    alert: 80%`,
    desired: `${base}\n    alert: 80%`,
    live: {},
    cause: 'drifted',
    fields: ['alert'],
  },
  {
    name: 'alert no longer in Git',
    past: `${base}\n    alert: 80%`,
    desired: base,
    live: { alert_threshold: 400 },
    cause: 'edited',
    fields: ['alert'],
  },
  {
    name: 'alert no longer in Git, and drifted',
    past: `${base}\n    alert: 80%`,
    desired: base,
    live: { alert_threshold: 100 },
    cause: 'both',
    fields: ['alert'],
  },
  {
    name: 'alert no longer in Git, and removed by hand',
    past: `${base}\n    alert: 80%`,
    desired: base,
    live: {},
    cause: null,
  },
  { name: 'alert that nobody declares', past: base, desired: base, live: { alert_threshold: 100 }, cause: null },
  {
    name: 'description edited',
    past: `${base}\n    description: a`,
    desired: `${base}\n    description: b`,
    live: { description: 'a' },
    cause: 'edited',
    fields: ['description'],
  },
  {
    name: 'description that nobody declares',
    past: base,
    desired: base,
    live: { description: 'by hand' },
    cause: null,
  },
  {
    name: 'description drifted',
    past: `${base}\n    description: a`,
    desired: `${base}\n    description: a`,
    live: { description: null },
    cause: 'drifted',
    fields: ['description'],
  },
  {
    name: 'name drifted',
    past: base,
    desired: base,
    live: { name: 'spend (old)' },
    cause: 'drifted',
    fields: ['name'],
  },
  {
    name: 'match drifted',
    past: base,
    desired: base,
    live: { conditions: [{ key: 'metadata.a', value: 'x' }] },
    cause: 'drifted',
    fields: ['match'],
  },
  {
    name: 'match edited',
    past: base,
    desired: `${base}\n    match: {metadata.a: x}`,
    live: {},
    cause: 'edited',
    fields: ['match'],
  },
  { name: 'group edited', past: base, desired: `${base}`.concat('\n    target: llm'), live: {}, cause: null },
  { name: 'first sight, equal', past: null, desired: base, live: {}, cause: null },
  {
    name: 'first sight, different',
    past: null,
    desired: base,
    live: { credit_limit: 100 },
    cause: 'adopted',
    fields: ['amount'],
  },
];

describe('causes of changes to policies', () => {
  it.each(policyCases)('$name: $cause', ({ past, desired, live, cause, fields }) => {
    const record =
      past === null ? recordAfter({ body: '' }) : recordAfter({ body: policy(past), live: [policyObject(id)] });
    const given = { body: policy(desired).replace('\n    target: llm', ''), live: [policyObject(id, live)], record };
    if (cause === null) {
      expect(planOf(given).changes).toEqual([]);
      return;
    }
    const change = onlyChange(given);
    expect(change.cause).toBe(cause);
    expect(change.fieldChanges.map(({ field }) => field)).toEqual(fields);
  });

  it('knows no cause without a record', () => {
    expect(onlyChange({ body: policy(base), live: [policyObject(id, { credit_limit: 1 })] }).cause).toBe('unknown');
    expect(onlyChange({ body: policy(base) }).cause).toBe('unknown');
  });

  it('calls a deletion by hand a drift, and both where Git moved as well', () => {
    const record = recordAfter({ body: policy(base), live: [policyObject(id)] });
    const same = onlyChange({ body: policy(base), record });
    expect([same.action, same.cause, same.reason]).toEqual(['create', 'drifted', 'deleted-by-hand']);
    expect(onlyChange({ body: policy('budget: $750\n    reset: monthly'), record }).cause).toBe('both');
  });

  it('calls a removal from Git edited, whatever live became meanwhile', () => {
    const record = recordAfter({ body: policy(base), live: [policyObject(id)] });
    const change = onlyChange({ body: '', record, live: [policyObject(id, { credit_limit: 1 })] });
    expect([change.action, change.cause, change.reason]).toEqual(['delete', 'edited', 'no-longer-declared']);
  });
});

describe('causes of changes to keys', () => {
  const key = (text: string): string => `keys:\n  app:\n    ${text}\n`;
  const money = { type: 'cost', credit_limit: 80, periodic_reset: 'monthly' };
  const appliedTo = (text: string, row: WireRow): AppliedRecord =>
    recordAfter({ body: key(text), live: [keyObject('app', id, row)] });
  const cases: readonly (readonly [
    name: string,
    past: string | null,
    desired: string,
    live: WireRow,
    cause: Cause | null,
  ])[] = [
    [
      'budget edited',
      'budget: $80\n    reset: monthly',
      'budget: $100\n    reset: monthly',
      { usage_limits: money },
      'edited',
    ],
    [
      'budget drifted',
      'budget: $80\n    reset: monthly',
      'budget: $80\n    reset: monthly',
      { usage_limits: { ...money, credit_limit: 90 } },
      'drifted',
    ],
    [
      'budget cleared by hand',
      'budget: $80\n    reset: monthly',
      'budget: $80\n    reset: monthly',
      { usage_limits: null },
      'drifted',
    ],
    [
      'server flags alone are no budget',
      'budget: none',
      'budget: none',
      { usage_limits: { is_expired_alerts_sent: true } },
      null,
    ],
    [
      'recipients edited',
      'recipients: [a@example.com]',
      'recipients: [b@example.com]',
      { alert_emails: ['a@example.com'] },
      'edited',
    ],
    [
      'recipients drifted',
      'recipients: [a@example.com]',
      'recipients: [a@example.com]',
      { alert_emails: null },
      'drifted',
    ],
    [
      'recipients in other letters',
      'recipients: [a@example.com]',
      'recipients: [a@example.com]',
      { alert_emails: ['A@Example.com'] },
      null,
    ],
    [
      'rate drifted',
      'rate: 10 requests/minute',
      'rate: 10 requests/minute',
      { rate_limits: [{ type: 'requests', unit: 'rpm', value: 11 }] },
      'drifted',
    ],
    ['rate removed by hand', 'rate: 10 requests/minute', 'rate: 10 requests/minute', { rate_limits: [] }, 'drifted'],
    [
      'rate beside it made by hand',
      'rate: 10 requests/minute',
      'rate: 10 requests/minute',
      {
        rate_limits: [
          { type: 'requests', unit: 'rpm', value: 10 },
          { type: 'tokens', unit: 'rpd', value: 5 },
        ],
      },
      null,
    ],
    [
      'rate beside none',
      'rate: none',
      'rate: none',
      { rate_limits: [{ type: 'tokens', unit: 'rpd', value: 5 }] },
      'drifted',
    ],
    [
      'none said anew over a hand-made rate',
      'budget: none',
      'rate: none',
      { rate_limits: [{ type: 'tokens', unit: 'rpd', value: 5 }] },
      'edited',
    ],
    [
      'expiry drifted',
      'expires: 2027-01-31T00:00:00Z',
      'expires: 2027-01-31T00:00:00Z',
      { expires_at: null },
      'drifted',
    ],
    [
      'expiry in another form',
      'expires: 2027-01-31T00:00:00Z',
      'expires: 2027-01-31T00:00:00Z',
      { expires_at: '2027-01-31T01:00:00+01:00' },
      null,
    ],
    ['first limits of a bare key', null, 'budget: $80\n    reset: monthly', {}, 'edited'],
    [
      'first sight of hand-made limits',
      null,
      'budget: $80\n    reset: monthly',
      { usage_limits: { ...money, credit_limit: 90 } },
      'adopted',
    ],
  ];
  it.each(cases)('%s', (_, past, desired, live, cause) => {
    const applied = past === null ? recordAfter({ body: '' }) : appliedTo(past, live);
    const given = { body: key(desired), live: [keyObject('app', id, live)], record: applied };
    if (cause === null) expect(planOf(given).changes).toEqual([]);
    else expect(onlyChange(given).cause).toBe(cause);
  });
});

describe('where only one rate fits', () => {
  const provider = (text: string): string => `providers:\n  openai-a:\n    ${text}\n`;
  const minute = { type: 'requests', unit: 'rpm', value: 10 };
  const day = { type: 'tokens', unit: 'rpd', value: 5 };
  const of = (...rates: readonly WireRow[]) => [providerObject('openai-a', id, { rate_limits: rates })];

  it.each<readonly [string, string | null, string, readonly WireRow[], Cause | null]>([
    ['as recorded', 'rate: 10 requests/minute', 'rate: 10 requests/minute', [minute], null],
    ['another one in its place by hand', 'rate: 10 requests/minute', 'rate: 10 requests/minute', [day], 'drifted'],
    ['another window in Git', 'rate: 10 requests/minute', 'rate: 10 requests/hour', [minute], 'edited'],
    ['another window in Git over a hand-made one', 'rate: 10 requests/minute', 'rate: 10 requests/hour', [day], 'both'],
    ['first said in Git over a hand-made one', 'budget: none', 'rate: 10 requests/hour', [day], 'edited'],
    ['first sight', null, 'rate: 10 requests/hour', [day], 'adopted'],
  ])('%s', (_, past, desired, rates, cause) => {
    const given = { body: past === null ? '' : provider(past), live: past?.startsWith('rate') ? of(minute) : of() };
    const record = recordAfter(given);
    const now = { body: provider(desired), live: of(...rates), record };
    if (cause === null) expect(planOf(now).changes).toEqual([]);
    else expect(onlyChange(now).cause).toBe(cause);
  });
});
