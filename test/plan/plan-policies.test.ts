/** What a plan does to policies once it is known which live one each of them is. */

import { describe, expect, it } from 'vitest';
import { buildPlan } from '../../src/plan/build-plan.ts';
import { nextWorkspaces } from '../../src/plan/next-record.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import type { Fields } from '../../src/resources/types.ts';
import { teamB, uuid } from '../helpers/state.ts';
import {
  filesOf,
  type Given,
  liveOf,
  now,
  onlyChange,
  outcomeOf,
  planOf,
  planResult,
  policyObject,
  recordAfter,
  recorded,
  spend,
} from './kit.ts';

const [a, b, c] = [uuid(41), uuid(42), uuid(43)];
const fields: Fields = {
  unit: 'cost',
  amount: 50_000,
  reset: 'monthly',
  match: 'all',
  per: ['workspace_id'],
  name: 'spend',
};
const recordedSpend = { kind: 'usage-policy' as const, name: 'spend', id: a, fields };
const perKey = spend().replace('per: workspace_id', 'per: api_key');

/** Names, ids and leftovers that are recorded after an apply of which some deletes failed. */
function rememberedAfter(given: Given, failed: readonly string[]) {
  const { plan, recordSteps } = planResult(given);
  const outcomes = (plan?.changes ?? []).map((change) =>
    outcomeOf(change, failed.includes(change.liveId ?? '') ? 'failed' : 'applied'),
  );
  const next = nextWorkspaces(recordSteps, outcomes, {
    filter: { only: [], workspaces: [] },
    past: given.record ?? null,
  });
  return next.flatMap(({ entries }) => entries.map(({ name, id, leftovers = [] }) => [name, id, leftovers]));
}

describe('a workspace that is gone', () => {
  const elsewhere = { workspaces: [{ id: teamB, slug: 'ws-team-b', name: 'Team B' }] };

  it.each(['ws-team-a', uuid(1)])('stays remembered while there is a file for it: %s', (ref) => {
    const files = { 'policies/a.yaml': `version: 1\nkind: workspace\nworkspace: ${ref}\n` };
    const given = { body: null, files, record: recorded(recordedSpend), liveRest: elsewhere };
    expect(rememberedAfter(given, [])).toEqual([['spend', a, []]]);
    expect(planOf(given).recordLines).toEqual([]);
  });

  it('is forgotten without one', () => {
    const given = { body: null, record: recorded(recordedSpend), liveRest: elsewhere };
    expect(rememberedAfter(given, [])).toEqual([]);
  });
});

describe('a policy that goes', () => {
  const halfway = recorded({ ...recordedSpend, leftovers: [b], owed: true });
  const live = [policyObject(a), policyObject(b, { group_by: [{ key: 'api_key' }] })];

  it.each([
    ['no longer declared', ''],
    ['declared none', 'policies:\n  spend: none\n'],
  ])('%s: what a replacement left behind goes with it, or stays remembered', (_, body) => {
    const given = { body, record: halfway, live };
    expect(planOf(given).changes.map(({ action, liveId }) => [action, liveId])).toEqual([
      ['delete', a],
      ['delete', b],
    ]);
    expect(rememberedAfter(given, [])).toEqual([]);
    expect(rememberedAfter(given, [b])).toEqual([['spend', b, []]]);
    expect(rememberedAfter(given, [a, b])).toEqual([['spend', a, [b]]]);
  });

  it('and is gone already leaves the record without anybody having asked to forget it', () => {
    expect(planOf({ body: '', record: recorded(recordedSpend) }).recordLines).toMatchObject([
      { action: 'forget', why: 'gone' },
    ]);
  });

  it('in one field alone stays recorded with the others', () => {
    const body = `${spend()}forget: [policies/spend/alert]\n`;
    const record = recorded({ ...recordedSpend, fields: { ...fields, alert: 40_000 } });
    const plan = planOf({ body, record, live: [policyObject(a, { alert_threshold: 400 })] });
    expect(plan.changes).toEqual([]);
    expect(plan.recordLines).toMatchObject([{ action: 'forget', detail: expect.stringContaining('alert') }]);
  });
});

describe('a policy that is made', () => {
  it('says whether somebody deleted it by hand', () => {
    expect(onlyChange({ body: spend(), record: recorded() }).reason).toBe('new');
    expect(onlyChange({ body: spend(), record: recorded(recordedSpend) }).reason).toBe('deleted-by-hand');
  });

  it('is not made again where drift is left, unless Git changed it', () => {
    const actions = (body: string) => {
      const given = { body, record: recorded(recordedSpend) };
      const files = Object.entries(filesOf(given)).map(([path, text]) => ({ path, text }));
      const { desired } = compilePolicies(files);
      if (desired === null) throw new Error('no policies');
      const { plan } = buildPlan({ desired, live: liveOf([]), record: given.record, now, drift: 'leave' });
      return [plan?.changes.map(({ action }) => action), plan?.left.length, plan?.unchanged];
    };
    expect(actions(spend())).toEqual([[], 1, 0]);
    expect(actions(spend().replace('$500', '$700'))).toEqual([['create'], 0, 0]);
  });

  it('resembles what nobody manages, and no leftover of another policy', () => {
    const made = policyObject(c, { name: 'by hand' });
    expect(onlyChange({ body: spend(), record: recorded(), live: [made] }).notes).toHaveLength(1);
    const other = { ...fields, name: 'other', amount: 9 };
    const record = recorded({ ...recordedSpend, name: 'other', fields: other, leftovers: [c] });
    const live = [policyObject(a, { name: 'other', group_by: [{ key: 'api_key' }] }), made];
    const body = spend();
    const created = planOf({ body, record, live }).changes.find(({ action }) => action === 'create');
    expect(created?.notes).toEqual([]);
  });
});

describe('a policy that stays', () => {
  it('is adopted anew where another live one has taken its place', () => {
    const plan = planOf({ body: spend(), record: recorded(recordedSpend), live: [policyObject(b)] });
    expect(plan.changes).toEqual([]);
    expect(plan.recordLines).toMatchObject([{ action: 'adopt', liveId: b }]);
  });

  it('counts as moved by hand and not as unchanged where that is left', () => {
    const given = { body: spend(), record: recorded(recordedSpend), live: [policyObject(a, { credit_limit: 300 })] };
    const { desired } = compilePolicies(Object.entries(filesOf(given)).map(([path, text]) => ({ path, text })));
    if (desired === null) throw new Error('no policies');
    const { plan } = buildPlan({ desired, live: liveOf(given.live), record: given.record, now, drift: 'leave' });
    expect([plan?.changes.length, plan?.left.length, plan?.unchanged]).toEqual([0, 1, 0]);
  });

  it('takes along what the service does not show when it is replaced', () => {
    const described = `${perKey}    description: of the team\n`;
    const { description: _, ...row } = policyObject(a).row;
    const live = [{ ...policyObject(a), row }];
    const record = recorded({ ...recordedSpend, fields: { ...fields, description: 'of the team' } });
    expect(onlyChange({ body: described, record, live })).toMatchObject({
      action: 'replace',
      after: { description: 'of the team', per: ['api_key'] },
    });
  });

  it('changes its conditions in place from backend 1.16.0 on', () => {
    const org = 'gateway:\n  backend: "1.16.0"\n';
    const body = spend('match: {metadata.a: x}');
    const record = recordAfter({ body: spend(), live: [policyObject(a)] });
    expect(onlyChange({ body, org, record, live: [policyObject(a)] }).action).toBe('update');
  });
});
