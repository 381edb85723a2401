/** What a killed apply had done, told from live alone. */

import { describe, expect, it } from 'vitest';
import type { AppliedRecord } from '../../src/plan/applied-record.ts';
import { toClaimedChange } from '../../src/plan/next-record.ts';
import { settleClaim } from '../../src/plan/settle-claim.ts';
import type { LiveObject } from '../../src/plan/types.ts';
import { uuid } from '../helpers/state.ts';
import { entry, type Given, keyObject, liveOf, planOf, policyObject, recordAfter, spend } from './kit.ts';

const [a, b] = [uuid(41), uuid(42)];

/** The record of an apply that was killed: claimed, and nothing said about what became of it. */
function claimed(given: Given): AppliedRecord {
  const record = given.record ?? recordAfter({ body: '' });
  const { changes, digest } = planOf({ ...given, record });
  const claim = { run: 'r', by: 'x', startedAt: '', leaseUntil: '', digest, changes: changes.map(toClaimedChange) };
  return { ...record, claim };
}

function settle(record: AppliedRecord, live: readonly LiveObject[]): readonly (readonly [string, string])[] {
  const settled = settleClaim(record, liveOf(live));
  expect(settled.claim).toBeUndefined();
  return settled.workspaces.flatMap(({ entries }) => entries.map(({ name, id }) => [name, id] as const));
}

const amountOf = (record: AppliedRecord, live: readonly LiveObject[]): unknown =>
  settleClaim(record, liveOf(live)).workspaces[0]?.entries[0]?.fields.amount;

it('leaves a record without a claim as it is', () => {
  const record = recordAfter({ body: spend() });
  expect(settleClaim(record, liveOf([]))).toBe(record);
});

describe('create', () => {
  const record = claimed({ body: spend() });
  it.each<readonly [string, readonly LiveObject[], readonly (readonly [string, string])[]]>([
    ['happened', [policyObject(a)], [['spend', a]]],
    ['did not happen', [], []],
    ['another content of that name is none of it', [policyObject(a, { credit_limit: 1 })], []],
    ['two of that content: cannot be told', [policyObject(a), policyObject(b)], []],
  ])('%s', (_, live, entries) => {
    expect(settle(record, live)).toEqual(entries);
  });

  it('does not take for new what the record holds already', () => {
    const past = recordAfter({ body: spend(), live: [policyObject(a)] });
    const given = { body: `policies:\n${entry('spend')}${entry('more')}`, record: past, live: [policyObject(a)] };
    expect(settle(claimed(given), [policyObject(a)])).toEqual([['spend', a]]);
    expect(settle(claimed(given), [policyObject(a), policyObject(b, { name: 'more' })])).toEqual([
      ['more', b],
      ['spend', a],
    ]);
  });
});

describe('update', () => {
  const past = recordAfter({ body: spend(), live: [policyObject(a)] });
  const record = claimed({ body: spend().replace('$500', '$750'), record: past, live: [policyObject(a)] });
  it.each<readonly [string, readonly LiveObject[], number]>([
    ['happened', [policyObject(a, { credit_limit: 750 })], 75_000],
    ['did not happen', [policyObject(a)], 50_000],
    ['somebody else changed it meanwhile', [policyObject(a, { credit_limit: 800 })], 50_000],
    ['the object is gone', [], 50_000],
  ])('%s', (_, live, amount) => {
    expect(amountOf(record, live)).toBe(amount);
  });

  it('that only clears an alert, killed before the PUT, did not happen', () => {
    const alerted = policyObject(a, { alert_threshold: 400 });
    const withAlert = recordAfter({ body: spend('alert: 80%'), live: [alerted] });
    const clearing = claimed({ body: spend(), record: withAlert, live: [alerted] });
    const fieldsOf = (live: readonly LiveObject[]) =>
      settleClaim(clearing, liveOf(live)).workspaces[0]?.entries[0]?.fields;
    expect(fieldsOf([alerted])).toHaveProperty('alert', 40_000);
    expect(fieldsOf([policyObject(a)])).not.toHaveProperty('alert');
  });

  it('of a key', () => {
    const money = { type: 'cost', credit_limit: 80, periodic_reset: 'monthly' };
    const key = (row: object) => [keyObject('app', a, row as never)];
    const body = (text: string) => `keys:\n  app:\n    ${text}\n`;
    const had = recordAfter({ body: body('budget: $80\n    reset: monthly'), live: key({ usage_limits: money }) });
    const raise = claimed({
      body: body('budget: $90\n    reset: monthly'),
      record: had,
      live: key({ usage_limits: money }),
    });
    const amount = (live: readonly LiveObject[]) =>
      settleClaim(raise, liveOf(live)).workspaces[0]?.entries[0]?.fields.budget;
    expect(amount(key({ usage_limits: money }))).toHaveProperty('amount', 8000);
    expect(amount(key({ usage_limits: { ...money, credit_limit: 90 } }))).toHaveProperty('amount', 9000);
    // Cleared: the entry leaves the record once the limit is gone.
    const clear = claimed({ body: '', record: had, live: key({ usage_limits: money }) });
    expect(settle(clear, key({ usage_limits: money }))).toEqual([['app', a]]);
    expect(settle(clear, key({ usage_limits: null }))).toEqual([]);
    expect(settle(clear, key({ usage_limits: { is_expired_alerts_sent: true } }))).toEqual([]);
  });
});

describe('replace', () => {
  const past = recordAfter({ body: spend(), live: [policyObject(a)] });
  const perKey = spend().replace('per: workspace_id', 'per: api_key');
  const record = claimed({ body: perKey, record: past, live: [policyObject(a)] });
  const successor = policyObject(b, { group_by: [{ key: 'api_key' }] });
  it.each<readonly [string, readonly LiveObject[], readonly (readonly [string, string])[]]>([
    ['done', [successor], [['spend', b]]],
    ['both there: the old one still', [policyObject(a), successor], [['spend', a]]],
    ['not begun', [policyObject(a)], [['spend', a]]],
    ['both gone', [], [['spend', a]]],
  ])('%s', (_, live, entries) => {
    expect(settle(record, live)).toEqual(entries);
  });

  it('that was cut short is finished by the next plan, also when that is killed', () => {
    const both = [policyObject(a), successor];
    const again = claimed({ body: perKey, record: settleClaim(record, liveOf(both)), live: both });
    const after = settleClaim(again, liveOf([successor]));
    expect(planOf({ body: perKey, record: after, live: [successor] }).changes).toEqual([]);
    expect(planOf({ body: perKey, record: settleClaim(again, liveOf(both)), live: both }).changes).toMatchObject([
      { action: 'delete', liveId: a },
    ]);
  });
});

describe('delete', () => {
  const past = recordAfter({ body: spend(), live: [policyObject(a)] });
  const record = claimed({ body: '', record: past, live: [policyObject(a)] });
  it('happened', () => expect(settle(record, [])).toEqual([]));
  it('did not happen', () => expect(settle(record, [policyObject(a)])).toEqual([['spend', a]]));
  it('is not confused by another policy of that name', () => {
    expect(settle(record, [policyObject(b)])).toEqual([]);
  });
});
