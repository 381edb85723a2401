/** What a killed apply had done, told from live alone. */

import { describe, expect, it } from 'vitest';
import type { LiveObject } from '../../src/live/live.ts';
import { LiveIndex } from '../../src/live/live-index.ts';
import type { AppliedRecord } from '../../src/plan/applied-record.ts';
import { toClaimedChange } from '../../src/plan/next-record.ts';
import { isChangeLive, isReached, settleClaim } from '../../src/plan/settle-claim.ts';
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
    ['two of that content: cannot be known', [policyObject(a), policyObject(b)], []],
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

describe('what is noted of a replacement that was cut short', () => {
  const perKey = spend().replace('per: workspace_id', 'per: api_key');
  const keyed = { group_by: [{ key: 'api_key' }] };
  const both = [policyObject(a), policyObject(b, keyed)];
  const noted = (record: AppliedRecord, live: readonly LiveObject[]) =>
    settleClaim(record, liveOf(live)).workspaces.flatMap(({ entries }) =>
      entries.map(({ name, id, leftovers, owed }) => [name, id, leftovers, owed]),
    );

  it('its successor, which is owed', () => {
    const past = recordAfter({ body: spend(), live: [policyObject(a)] });
    expect(noted(claimed({ body: perKey, record: past, live: [policyObject(a)] }), both)).toEqual([
      ['spend', a, [b], true],
    ]);
  });

  it('also of a policy that is in no record yet', () => {
    expect(noted(claimed({ body: perKey, live: [policyObject(a)] }), both)).toEqual([['spend', a, [b], true]]);
  });

  it('nothing of a twin that was there before', () => {
    const past = recordAfter({ body: spend(), live: [policyObject(a)] });
    const given = { body: perKey, record: past, live: both };
    expect(planOf(given).changes).toMatchObject([{ action: 'replace', twins: [b] }]);
    expect(noted(claimed(given), both)).toEqual([['spend', a, undefined, undefined]]);
    expect(noted(claimed(given), [policyObject(b, keyed)])).toEqual([['spend', a, undefined, undefined]]);
  });

  it('and it is not live while the old one is there', () => {
    const past = recordAfter({ body: spend(), live: [policyObject(a)] });
    const [change] = planOf({ body: perKey, record: past, live: [policyObject(a)] }).changes;
    if (change === undefined) throw new Error('no change');
    const result = { ...change, kind: change.key.kind, after: change.after as never };
    expect([
      isChangeLive(result, new LiveIndex(liveOf(both))),
      isChangeLive(result, new LiveIndex(liveOf([policyObject(b, keyed)]))),
    ]).toEqual([false, true]);
  });
});

describe('doubts', () => {
  const given = { body: spend(), record: recordAfter({ body: '' }), live: [] };
  const { claim, ...past } = claimed(given);
  const doubted: AppliedRecord = { ...past, doubts: claim?.changes ?? [] };

  it.each<readonly [string, readonly LiveObject[], readonly (readonly [string, string])[]]>([
    ['what was made is recorded', [policyObject(a)], [['spend', a]]],
    ['what was not is not', [], []],
  ])('%s, and they are over', (_, live, entries) => {
    expect(settle(doubted, live)).toEqual(entries);
    expect(settleClaim(doubted, liveOf(live)).doubts).toBeUndefined();
  });
});

describe('a create', () => {
  it.each<readonly [string, AppliedRecord]>([
    [
      'under another name',
      recordAfter({ body: `policies:\n${entry('old')}`, live: [policyObject(a, { name: 'old' })] }),
    ],
    ['as a leftover', recordedWithLeftover()],
  ])('is not settled by what the record holds %s', (_, record) => {
    const change = planOf({ body: spend(), record: recordAfter({ body: '' }), live: [] }).changes.map(toClaimedChange);
    const claim = { run: 'r', by: 'x', startedAt: '', leaseUntil: '', digest: '', changes: change };
    const names = settleClaim({ ...record, claim }, liveOf([policyObject(a)])).workspaces.flatMap(({ entries }) =>
      entries.map(({ name }) => name),
    );
    expect(names).toEqual(['old']);
  });

  it('that was made by hand has the commit of its claim', () => {
    const record = claimed({ body: spend(), record: recordAfter({ body: '' }), live: [] });
    const byHand = record.claim === undefined ? record : { ...record, claim: { ...record.claim, commit: null } };
    expect(settleClaim(byHand, liveOf([policyObject(a)])).workspaces[0]?.entries).toMatchObject([
      { id: a, commit: null },
    ]);
  });

  it('that is owed leaves its workspace in the record', () => {
    const absent = [{ kind: 'usage-policy' as const, name: 'spend', commit: null }];
    const record = claimed({ body: spend(), record: recordAfter({ body: '' }), live: [] });
    const owed = { ...record, workspaces: [{ id: uuid(1), slug: 'ws-team-a', entries: [], absent }] };
    expect(settleClaim(owed, liveOf([])).workspaces).toMatchObject([{ absent }]);
  });
});

function recordedWithLeftover(): AppliedRecord {
  const record = recordAfter({ body: `policies:\n${entry('old')}`, live: [policyObject(b, { name: 'old' })] });
  const workspaces = record.workspaces.map((workspace) => ({
    ...workspace,
    entries: workspace.entries.map((one) => ({ ...one, leftovers: [a] })),
  }));
  return { ...record, workspaces };
}

describe('a field that the service does not show', () => {
  const undescribed = (id: string, more: object = {}): LiveObject => {
    const { description: _, ...row } = policyObject(id, more as never).row;
    return { ...policyObject(id), row };
  };
  const past = recordAfter({ body: spend('description: old'), live: [undescribed(a)] });
  const described = (record: AppliedRecord, live: LiveObject) =>
    settleClaim(record, liveOf([live])).workspaces.flatMap(({ entries }) =>
      entries.map(({ id, fields }) => [id, fields.description]),
    );

  it('may have been written by an update or not: it is owed still', () => {
    const record = claimed({ body: spend('description: new'), record: past, live: [undescribed(a)] });
    expect(described(record, undescribed(a))).toEqual([[a, 'old']]);
  });

  it('was written by the replacement that is there', () => {
    const body = spend('description: new').replace('per: workspace_id', 'per: api_key');
    const record = claimed({ body, record: past, live: [undescribed(a)] });
    expect(described(record, undescribed(b, { group_by: [{ key: 'api_key' }] }))).toEqual([[b, 'new']]);
  });

  it.each<readonly [string, unknown, boolean]>([
    ['budget[cost/monthly]', null, true],
    ['budget[cost/monthly]', { unit: 'cost', amount: 5, reset: 'monthly' }, false],
    ['rate[requests/minute]', null, true],
    ['rate[requests/minute]', 5, false],
    ['description', 'said', true],
  ])('is as wanted: %s, %j is %s', (field, wanted, is) => {
    expect(isReached({}, field, wanted as never)).toBe(is);
  });
});

describe('delete', () => {
  it('of a leftover takes away that one alone', () => {
    const past = recordAfter({ body: spend(), live: [policyObject(b)] });
    const [workspace] = past.workspaces;
    if (workspace === undefined) throw new Error('no workspace');
    const entries = workspace.entries.map((one) => ({ ...one, leftovers: [a], owed: true as const }));
    const record = claimed({
      body: spend(),
      record: { ...past, workspaces: [{ ...workspace, entries }] },
      live: [policyObject(a), policyObject(b)],
    });
    expect(record.claim?.changes).toMatchObject([{ action: 'delete', liveId: a }]);
    expect(settle(record, [policyObject(b)])).toEqual([['spend', b]]);
  });

  const past = recordAfter({ body: spend(), live: [policyObject(a)] });
  const record = claimed({ body: '', record: past, live: [policyObject(a)] });
  it('happened', () => expect(settle(record, [])).toEqual([]));
  it('did not happen', () => expect(settle(record, [policyObject(a)])).toEqual([['spend', a]]));
  it('is not confused by another policy of that name', () => {
    expect(settle(record, [policyObject(b)])).toEqual([]);
  });
});
