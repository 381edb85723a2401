/** What a plan does to the limits of keys, workspaces and the like. */

import { describe, expect, it } from 'vitest';
import { buildPlan } from '../../src/plan/build-plan.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import { teamB, uuid } from '../helpers/state.ts';
import {
  filesOf,
  type Given,
  keyObject,
  liveOf,
  now,
  onlyChange,
  planOf,
  planResult,
  recordAfter,
  recorded,
  workspaceObject,
} from './kit.ts';

const [k1, k2] = [uuid(11), uuid(12)];
const money = { type: 'cost', credit_limit: 10, periodic_reset: 'monthly' };
const days = (credit_limit: number, every = 10, more: object = {}) => ({
  type: 'cost',
  credit_limit,
  periodic_reset: null,
  periodic_reset_days: every,
  ...more,
});
const app = (lines = 'budget: $10\n    reset: monthly') => `keys:\n  app:\n    ${lines}\n`;

describe('a workspace that is gone', () => {
  const elsewhere = { workspaces: [{ id: teamB, slug: 'ws-team-b', name: 'Team B' }] };
  const record = recorded({ kind: 'key-limits', name: 'app', id: k1, fields: { 'rate[requests/minute]': 5 } });
  const lines = (given: Omit<Given, 'body'>) =>
    planOf({ body: null, record, liveRest: elsewhere, ...given }).recordLines.map(({ action }) => action);

  it.each(['ws-team-a', uuid(1)])('keeps what is recorded while there is a file for it: %s', (ref) => {
    expect(lines({ files: { 'policies/a.yaml': `version: 1\nkind: workspace\nworkspace: ${ref}\n` } })).toEqual([]);
  });

  it('is forgotten without one', () => {
    expect(lines({})).toEqual(['forget']);
  });
});

describe('which entry of the record it is', () => {
  it('never that of another key of its name, where "*" reaches it', () => {
    const star = 'keys:\n  "*":\n    budget: $10\n    reset: monthly\n';
    const limited = (id: string) => keyObject('app', id, { usage_limits: money });
    const record = recordAfter({ body: star, live: [limited(k1)] });
    // The first was deleted, and another made with its name: it is new to us.
    const plan = planOf({ body: star, live: [limited(k2)], record });
    expect(plan.recordLines.map(({ action, key }) => [action, key?.name])).toEqual([
      ['adopt', 'app'],
      ['forget', 'app'],
    ]);
  });

  it('also under a new name, by the id', () => {
    const limited = [keyObject('app', k1, { usage_limits: money })];
    const record = recordAfter({ body: app(), live: limited });
    const body = app().replace('app:', `renamed:\n    id: ${k1}`);
    const plan = planOf({ body, record, live: limited });
    expect([plan.changes, plan.recordLines.map(({ action }) => action)]).toEqual([[], ['record']]);
  });
});

describe('what nobody manages', () => {
  const unmanaged = (given: Given) => planOf(given).unmanaged.map(({ kind, fields }) => [kind, fields]);

  it('is shown of a workspace at rest', () => {
    const body = 'limits:\n  budget: $10\n  reset: monthly\n';
    const live = [workspaceObject({ usage_limits: [money, days(5)] })];
    const record = recordAfter({ body, live });
    expect(unmanaged({ body, live, record })).toEqual([['workspace-limits', ['budget[cost/every 10 days]']]]);
  });

  it('is shown of a key that is declared', () => {
    const live = [
      keyObject('app', k1, { usage_limits: money, rate_limits: [{ type: 'requests', unit: 'rpm', value: 5 }] }),
    ];
    expect(unmanaged({ body: app('budget: $20\n    reset: monthly'), live })).toEqual([
      ['key-limits', ['rate[requests/minute]']],
    ]);
  });
});

describe('what is done', () => {
  it.each<readonly [string, string, object | null, string | null]>([
    ['nothing there, a limit wanted', app(), null, 'create'],
    ['another limit there', app('budget: $20\n    reset: monthly'), money, 'update'],
    ['none wanted, one there', app('budget: none'), money, 'delete'],
    ['none wanted, none there', app('budget: none'), null, null],
  ])('%s', (_, body, limits, action) => {
    const { changes } = planOf({ body, live: [keyObject('app', k1, { usage_limits: limits })] });
    expect(changes.map((change) => change.action)).toEqual(action === null ? [] : [action]);
  });

  it('is an update where what is recorded goes and nothing of it was there', () => {
    // The expiry is not shown, and the recipients go: no limit is taken away.
    const record = recorded({ kind: 'key-limits', name: 'app', id: k1, fields: { 'rate[requests/minute]': 5 } });
    expect(planOf({ body: '', record, live: [keyObject('app', k1)] }).changes).toEqual([]);
  });

  it('never clears what is declared, nor what is forgotten', () => {
    const live = [keyObject('app', k1, { usage_limits: money })];
    const record = recordAfter({ body: app(), live });
    expect(planOf({ body: app('budget: $20\n    reset: monthly'), live, record }).changes).toMatchObject([
      { action: 'update' },
    ]);
    const plan = planOf({ body: 'forget: [keys/app]\n', live, record });
    expect([plan.changes, plan.recordLines.map(({ why }) => why)]).toEqual([[], ['forget']]);
  });

  it('clears nothing that is not there', () => {
    const body = app('budget: $10\n    reset: monthly\n    expires: none');
    expect(planOf({ body, live: [keyObject('app', k1, { usage_limits: money })] }).changes).toEqual([]);
  });

  it('counts what was moved by hand and left neither as a change nor as unchanged', () => {
    const given = {
      body: app(),
      live: [keyObject('app', k1, { usage_limits: { ...money, credit_limit: 5 } })],
      record: recordAfter({ body: app(), live: [keyObject('app', k1, { usage_limits: money })] }),
    };
    const { desired } = compilePolicies(Object.entries(filesOf(given)).map(([path, text]) => ({ path, text })));
    if (desired === null) throw new Error('no policies');
    const { plan } = buildPlan({ desired, live: liveOf(given.live), record: given.record, now, drift: 'leave' });
    // The workspace itself is not declared.
    expect([plan?.changes.length, plan?.left.length, plan?.unchanged]).toEqual([0, 1, 0]);
  });
});

describe('a window that the service does not show', () => {
  const restart = [expect.stringContaining('it restarts with the change')];
  const anew = [expect.stringContaining('the window starts anew with the change')];
  const key = (limits: object) => [keyObject('app', k1, { usage_limits: limits })];
  const body = (every: number, more = '') => app(`budget: $20\n    reset: {every: ${every} days${more}}`);
  const seen = { next_usage_reset_at: '2026-11-30T00:00:00.000Z' };

  it.each<readonly [string, string, object, readonly unknown[]]>([
    ['restarts where its period stays', body(10), days(10), restart],
    ['goes on where it is shown', body(10), days(10, 10, seen), []],
    ['begins anew with another period anyway', body(10), days(10, 14), anew],
    ['begins when the files say so', body(10, ', starting: "2026-12-01"'), days(10), []],
  ])('%s', (_, text, limits, notes) => {
    expect(onlyChange({ body: text, live: key(limits), record: recorded() }).notes).toEqual(notes);
  });

  it('is that of its own budget, not of the first of the workspace', () => {
    const limits = (amount: number) => `limits:\n  budget: $${amount}\n  reset: every 10 days\n`;
    const live = [workspaceObject({ usage_limits: [{ ...money, ...seen }, days(10)] })];
    const { plan } = planResult({ body: limits(20), live });
    expect(plan?.changes.map(({ notes }) => notes)).toEqual([restart]);
  });
});
