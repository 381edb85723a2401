/** What is remembered: record steps, record lines, modes, filters and the digest. */

import { describe, expect, it } from 'vitest';
import { filterPlan, isSelected, type PlanFilter } from '../../src/plan/mode.ts';
import { nextWorkspaces } from '../../src/plan/next-record.ts';
import type { OutcomeStatus } from '../../src/plan/types.ts';
import type { WireRow } from '../../src/resources/kind.ts';
import { uuid } from '../helpers/state.ts';
import { workspaceFile } from '../helpers/world.ts';
import {
  actionsOf,
  entry,
  type Given,
  keyObject,
  outcomeOf,
  planOf,
  planResult,
  policyObject,
  recordAfter,
  spend,
} from './kit.ts';

const [a, b] = [uuid(41), uuid(42)];
const everything = { only: [], workspaces: [] };

/** Names with their amounts as the record holds them after outcomes of one status, and what is owed. */
function remembered(given: Given, status: OutcomeStatus, filter: Pick<PlanFilter, 'only' | 'workspaces'> = everything) {
  const { plan, recordSteps } = planResult(given);
  if (plan === null) throw new Error('no plan');
  const { changes } = filterPlan(plan, { mode: 'sync', ...filter });
  const outcomes = changes.map((change) => outcomeOf(change, status));
  return nextWorkspaces(recordSteps, outcomes, { filter, past: given.record ?? null }).flatMap(({ entries }) =>
    entries.map(({ name, id, fields, owed }) => [name, id, fields.amount, owed ?? false]),
  );
}

describe('the next record', () => {
  const past = recordAfter({ body: spend(), live: [policyObject(a)] });
  const raised = { body: spend().replace('$500', '$750'), live: [policyObject(a)], record: past };
  const removed = { body: '', live: [policyObject(a)], record: past };
  const added = { body: spend(), record: recordAfter({ body: '' }) };

  it.each<OutcomeStatus>(['applied', 'already-applied'])('holds what was %s', (status) => {
    expect(remembered(raised, status)).toEqual([['spend', a, 75_000, false]]);
    expect(remembered(removed, status)).toEqual([]);
    expect(remembered(added, status)).toEqual([['spend', uuid(0xabc), 50_000, false]]);
  });

  it.each<OutcomeStatus>(['failed', 'skipped', 'stale', 'withheld', 'not-attempted', 'superseded'])(
    'keeps the old entry of what was %s, as owed',
    (status) => {
      expect(remembered(raised, status)).toEqual([['spend', a, 50_000, true]]);
      expect(remembered(removed, status)).toEqual([['spend', a, 50_000, true]]);
      expect(remembered(added, status)).toEqual([]);
    },
  );

  it('owes nothing any more once it was carried out', () => {
    const [workspace] = past.workspaces;
    const owed = {
      ...past,
      workspaces: [
        {
          ...(workspace ?? { id: '', slug: '' }),
          entries: (workspace?.entries ?? []).map((one) => ({ ...one, owed: true as const })),
        },
      ],
    };
    expect(remembered({ ...raised, record: owed }, 'applied')).toEqual([['spend', a, 75_000, false]]);
    // Live caught up by itself: the plan says that the record will.
    const same = { body: spend(), live: [policyObject(a)], record: owed };
    expect(planOf(same).recordLines.map(({ action }) => action)).toEqual(['record']);
    expect(remembered(same, 'applied')).toEqual([['spend', a, 50_000, false]]);
  });

  it('forgets what a replacement left behind once it is gone', () => {
    const [workspace] = past.workspaces;
    const entries = (workspace?.entries ?? []).map((one) => ({ ...one, leftovers: [b] }));
    const record = { ...past, workspaces: [{ ...(workspace ?? { id: '', slug: '' }), entries }] };
    const { recordSteps } = planResult({ body: spend(), live: [policyObject(a)], record });
    expect(nextWorkspaces(recordSteps, [], { filter: everything, past: record })).toEqual(past.workspaces);
  });

  it('knows that a key which "*" reached has a name of its own now', () => {
    const limits = 'budget: $500\n    reset: monthly';
    const live = [keyObject('app', a, { usage_limits: { credit_limit: 500, periodic_reset: 'monthly' } })];
    const viaStar = recordAfter({ body: `keys:\n  "*":\n    ${limits}\n`, live });
    expect(viaStar.workspaces[0]?.entries).toMatchObject([{ name: 'app', viaStar: true }]);
    const named = { body: `keys:\n  app:\n    ${limits}\n`, live, record: viaStar };
    expect(planOf(named).changes).toEqual([]);
    const next = nextWorkspaces(planResult(named).recordSteps, [], { filter: everything, past: viaStar });
    expect(next[0]?.entries.map(({ name, viaStar: star }) => [name, star])).toEqual([['app', undefined]]);
  });

  it('keeps what a filter leaves out', () => {
    const body = `policies:\n${entry('other')}${entry('spend')}`.replaceAll('$500', '$750');
    const live = [policyObject(a), policyObject(b, { name: 'other' })];
    const record = recordAfter({ body: body.replaceAll('$750', '$500'), live });
    expect(remembered({ body, live, record }, 'applied', { only: ['usage-policy/spend'], workspaces: [] })).toEqual([
      ['other', b, 50_000, true],
      ['spend', a, 75_000, false],
    ]);
    expect(remembered({ body, live, record }, 'applied', { only: [], workspaces: ['ws-team-b'] })).toEqual([
      ['other', b, 50_000, true],
      ['spend', a, 50_000, true],
    ]);
  });

  it('remembers an adoption that needs no change, but not one that a filter leaves out', () => {
    const given = { body: spend(), live: [policyObject(a)], record: recordAfter({ body: '' }) };
    expect(remembered(given, 'applied')).toEqual([['spend', a, 50_000, false]]);
    expect(remembered(given, 'applied', { only: ['usage-policy/x'], workspaces: [] })).toEqual([]);
  });
});

describe('record lines', () => {
  const past = recordAfter({ body: spend(), live: [policyObject(a)] });
  const of = (given: Given): string[] =>
    planOf(given).recordLines.map(
      ({ action, key, detail }) => `${action} ${key?.name ?? ''}${key === null ? detail : ''}`,
    );
  const live = [policyObject(a)];

  it('adopt, once', () => {
    expect(of({ body: spend(), live, record: recordAfter({ body: '' }) })).toEqual(['adopt spend']);
    expect(of({ body: spend(), live, record: past })).toEqual([]);
  });

  it('none for a bare key that gets its first limits', () => {
    const body = 'keys:\n  app:\n    budget: $5\n    reset: never\n';
    expect(of({ body, live: [keyObject('app', a)], record: recordAfter({ body: '' }) })).toEqual([]);
  });

  it('protect and unprotect', () => {
    expect(of({ body: spend('protect: true'), live, record: past })).toEqual(['protect spend']);
    const guarded = recordAfter({ body: spend('protect: true'), live });
    expect(of({ body: spend(), live, record: guarded })).toEqual(['unprotect spend']);
  });

  it('forget', () => {
    const given = { body: 'forget: [policies/spend]\n', live, record: past };
    expect(of(given)).toEqual(['forget spend']);
    expect(planOf(given).changes).toEqual([]);
    expect(planOf(given).unmanaged.map(({ id }) => id)).toEqual(expect.any(Array));
  });

  it('forget one field', () => {
    const money = { type: 'cost', credit_limit: 5 };
    const rates = [{ type: 'requests', unit: 'rpm', value: 9 }];
    const keys = [keyObject('app', a, { usage_limits: money, rate_limits: rates })];
    const both = 'keys:\n  app:\n    budget: $5\n    reset: never\n    rate: 9 requests/minute\n';
    const record = recordAfter({ body: both, live: keys });
    const next = 'forget: [keys/app/rate]\nkeys:\n  app:\n    budget: $5\n    reset: never\n';
    expect(planOf({ body: next, live: keys, record }).changes).toEqual([]);
    expect(actionsOf(planOf({ body: next.replace('forget: [keys/app/rate]\n', ''), live: keys, record }))).toEqual([
      'update key-limits/app',
    ]);
  });

  it('a policy that is gone and no longer declared leaves without a change', () => {
    expect(of({ body: '', live: [], record: past })).toEqual(['forget spend']);
  });

  it('settings that moved, field by field', () => {
    const lines = of({ body: spend(), live, record: past, org: 'review:\n  unmanaged: fail\n' });
    expect(lines).toEqual(['settings review.unmanaged: "report" (default) → "fail"']);
  });

  it('live is already as Git says', () => {
    const live750 = [policyObject(a, { credit_limit: 750 })];
    expect(of({ body: spend().replace('$500', '$750'), live: live750, record: past })).toEqual(['record spend']);
  });
});

describe('modes and filters', () => {
  const rows = [policyObject(a), policyObject(b, { name: 'other' })];
  const record = recordAfter({ body: `policies:\n${entry('other')}${entry('spend')}`, live: rows });
  const body = `policies:\n${entry('spend').replace('per: workspace_id', 'per: api_key')}`;
  const plan = planOf({ body, live: rows, record });
  const filtered = (filter: Partial<PlanFilter>) =>
    filterPlan(plan, { mode: 'sync', only: [], workspaces: [], ...filter });

  it('sync carries out everything', () => {
    expect(actionsOf(filtered({}))).toEqual(['replace usage-policy/spend', 'delete usage-policy/other']);
    expect(filtered({}).withheld).toEqual([]);
    expect(filtered({}).digest).toBe(plan.digest);
  });

  it('upsert-only holds deletes back, and a replacement is none', () => {
    const upsert = filtered({ mode: 'upsert-only' });
    expect(actionsOf(upsert)).toEqual(['replace usage-policy/spend']);
    expect(actionsOf({ changes: upsert.withheld })).toEqual(['delete usage-policy/other']);
    expect(upsert.digest).not.toBe(plan.digest);
  });

  it.each<readonly [string, Partial<PlanFilter>, number]>([
    ['kind and name', { only: ['usage-policy/spend'] }, 1],
    ['kind, workspace and name', { only: ['usage-policy/ws-team-a/spend'] }, 1],
    ['another workspace', { only: ['usage-policy/ws-team-b/spend'] }, 0],
    ['several', { only: ['usage-policy/spend', 'usage-policy/other'] }, 2],
    ['the workspace', { workspaces: ['ws-team-a'] }, 2],
    ['another workspace', { workspaces: ['ws-team-b'] }, 0],
    ['both', { workspaces: ['ws-team-b'], only: ['usage-policy/spend'] }, 0],
  ])('selects by %s', (_, filter, count) => {
    const result = filtered(filter);
    expect(result.changes).toHaveLength(count);
    expect(result.changes.length + result.withheld.length).toBe(2);
  });

  it('counts what belongs to the organisation to no workspace', () => {
    const key = { kind: 'key-limits', workspace: null, name: 'app' } as const;
    expect(isSelected(key, { only: [], workspaces: ['ws-team-a'] })).toBe(false);
    expect(isSelected(key, { only: ['key-limits/-/app'], workspaces: [] })).toBe(true);
  });
});

describe('the digest', () => {
  const row: WireRow = { credit_limit: 400 };
  const given: Given = {
    body: `policies:\n${entry('other')}${entry('spend')}`,
    live: [policyObject(a, row)],
    record: recordAfter({ body: '' }),
  };
  const digest = planOf(given).digest;

  it.each<readonly [string, Given]>([
    ['the order of entries', { ...given, body: `policies:\n${entry('spend')}${entry('other')}` }],
    [
      'comments, owners and lines',
      {
        ...given,
        body: `# said\nlimits:\n  description: x\npolicies:\n\n\n${entry('other', 'owner: finance')}${entry('spend')}`.replace(
          'limits:\n  description: x\n',
          '',
        ),
      },
    ],
    ['the order of rows', { ...given, live: [policyObject(b, { name: 'by hand' }), policyObject(a, row)] }],
    ['what is unmanaged', { ...given, live: [policyObject(a, row), policyObject(b, { name: 'by hand' })] }],
    [
      'names of workspaces',
      { ...given, liveRest: { workspaces: [{ id: uuid(1), slug: 'ws-team-a', name: 'Renamed' }] } },
    ],
  ])('does not depend on %s', (_, same) => {
    expect(planOf(same).digest).toBe(digest);
  });

  it.each<readonly [string, Given]>([
    ['an after', { ...given, body: (given.body ?? '').replace('$500', '$501') }],
    ['a before', { ...given, live: [policyObject(a, { credit_limit: 401 })] }],
    ['an action', { ...given, live: [] }],
    ['one change less', { ...given, body: spend() }],
    ['a record line', { ...given, org: 'review:\n  unmanaged: fail\n' }],
    ['an alert', { ...given, body: `policies:\n${entry('other', 'alert: none')}${entry('spend')}` }],
  ])('moves with %s', (_, other) => {
    expect(planOf(other).digest).not.toBe(digest);
  });

  it('is 64 hex digits', () => expect(digest).toMatch(/^[0-9a-f]{64}$/));
});

it('plans the same bytes for the same inputs', () => {
  const files = { 'policies/b.yaml': workspaceFile('ws-team-b', spend()) };
  const given: Given = { body: spend(), files, live: [policyObject(a)], record: recordAfter({ body: '' }) };
  expect(JSON.stringify(planResult(given))).toBe(JSON.stringify(planResult(given)));
});
