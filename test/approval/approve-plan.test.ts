/** A plan against what was reviewed, change by change: values in, verdicts out. */

import { describe, expect, it } from 'vitest';
import { type Approval, approvePlan } from '../../src/plan/approve.ts';
import { filterPlan } from '../../src/plan/mode.ts';
import { buildPlanFile } from '../../src/plan/plan-file.ts';
import type { Plan } from '../../src/plan/types.ts';
import { uuid } from '../helpers/state.ts';
import {
  entry,
  type Given,
  keyObject,
  liveOf,
  planOf,
  policyObject,
  recordAfter,
  recorded,
  spend,
} from '../plan/kit.ts';

const [a, k1, k2] = [uuid(41), uuid(11), uuid(12)];
const fileOf = (plan: Plan) => buildPlanFile(plan, { tool: 'test', commit: null });
const star = (dollars = 10) => `keys:\n  "*":\n    budget: $${dollars}\n    reset: monthly\n`;
const money = { type: 'cost', credit_limit: 10, periodic_reset: 'monthly' };

/** What of the plan now may be done, after another was reviewed. */
function approve(now: Given, reviewed: Given): Approval {
  return approvePlan(planOf(now), [fileOf(planOf(reviewed))], liveOf(now.live ?? []));
}

const namesOf = (approval: Approval) => [
  approval.changes.map(({ key }) => key.name),
  approval.stale.map(({ change }) => change.key.name),
  approval.past.map(({ change, status }) => [change.name, status]),
];

describe('a reviewed "*"', () => {
  const reviewed = { body: star(), live: [keyObject('app', k1)], record: recorded() };

  it('covers a key that was made since', () => {
    const now = { ...reviewed, live: [keyObject('app', k1), keyObject('late', k2)] };
    expect(namesOf(approve(now, reviewed))).toEqual([['app', 'late'], [], []]);
  });

  it('does not cover a key that has limits of its own since', () => {
    const now = {
      ...reviewed,
      live: [keyObject('app', k1), keyObject('late', k2, { usage_limits: { ...money, credit_limit: 5 } })],
    };
    expect(namesOf(approve(now, reviewed))).toEqual([['app'], ['late'], []]);
  });

  it('does not cover a key that was reviewed otherwise', () => {
    // Reviewed with a rate that it had then, and that somebody has taken away since: to be made now, as for a new key.
    const body = `${star()}    rate: 5 requests/minute\n`;
    const had = [keyObject('app', k1, { rate_limits: [{ type: 'requests', unit: 'rpm', value: 9 }] })];
    const before = { ...reviewed, body, live: had };
    const now = { ...before, live: [keyObject('app', k1)] };
    expect(namesOf(approve(now, before))).toEqual([[], ['app'], []]);
  });

  it('does not cover a key with an entry of its own, be it of the same limits', () => {
    const own = `${star()}  late:\n    budget: $10\n    reset: monthly\n`;
    const now = { ...reviewed, body: own, live: [keyObject('app', k1), keyObject('late', k2)] };
    expect(namesOf(approve(now, reviewed))).toEqual([['app'], ['late'], []]);
  });

  it('does not cover other limits than those reviewed', () => {
    const now = { ...reviewed, body: star(99) };
    expect(namesOf(approve(now, reviewed))).toEqual([[], ['app'], []]);
  });
});

describe('what was approved and is not planned any more', () => {
  const raised = {
    body: spend().replace('$500', '$750'),
    live: [policyObject(a)],
    record: recordAfter({ body: spend(), live: [policyObject(a)] }),
  };

  it.each<readonly [string, Given, string]>([
    ['live is there', { ...raised, live: [policyObject(a, { credit_limit: 750 })] }, 'already-applied'],
    ['the files say otherwise', { ...raised, body: spend() }, 'superseded'],
  ])('%s', (_, now, status) => {
    expect(namesOf(approve(now, raised))).toEqual([[], [], [['spend', status]]]);
  });

  it('is neither where a filter holds it back', () => {
    const plan = planOf(raised);
    const filter = { mode: 'sync' as const, only: ['usage-policy/other'], workspaces: [] };
    expect(namesOf(approvePlan(filterPlan(plan, filter), [fileOf(plan)], liveOf(raised.live)))).toEqual([[], [], []]);
  });
});

describe('record lines', () => {
  const held = (now: Given, reviewed: Given) =>
    approve(now, reviewed).heldLines.map(({ action, detail }) => [action, detail]);
  const record = recorded({
    kind: 'usage-policy',
    name: 'spend',
    id: a,
    fields: {
      name: 'spend',
      unit: 'cost',
      amount: 50_000,
      reset: 'monthly',
      match: 'all',
      per: ['workspace_id'],
      alert: 40_000,
      description: 'x',
    },
  });
  const live = [policyObject(a, { alert_threshold: 400, description: 'x' })];
  const given = (...fields: string[]) => ({
    body: `${spend()}forget: [${fields.map((field) => `policies/spend/${field}`).join(', ')}]\n`,
    live,
    record,
  });

  it('that forget are held unless they were reviewed, in these words', () => {
    const alert = given('alert');
    const both = given('alert', 'description');
    expect(held(alert, alert)).toEqual([]);
    expect(held(both, alert)).toEqual([['forget', expect.stringContaining('description')]]);
  });

  it('that adopt need nobody', () => {
    const adopting = { body: `policies:\n${entry('spend')}`, live: [policyObject(a)], record: recorded() };
    expect(held(adopting, { ...adopting, live: [] })).toEqual([]);
  });
});
