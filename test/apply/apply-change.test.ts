/** One change against a control plane in memory: what is written, what becomes of it, and what nobody can tell. */

import { describe, expect, it } from 'vitest';
import { applyPlan } from '../../src/apply/apply-plan.ts';
import { CancelledError } from '../../src/errors.ts';
import type { LiveObject } from '../../src/live/live.ts';
import type { Outcome } from '../../src/plan/types.ts';
import { uuid } from '../helpers/state.ts';
import {
  createMemoryBackend,
  createStepClock,
  type Interruptions,
  type MemoryBackend,
  refusal,
  workspaceRows,
} from '../live/memory-backend.ts';
import {
  type Given,
  keyObject,
  planOf,
  policyObject,
  recordAfter,
  recorded,
  spend,
  workspaceObject,
} from '../plan/kit.ts';

const [a, b, k1] = [uuid(41), uuid(42), uuid(11)];
const made = uuid(0xa01);
const rowsOf = (live: readonly LiveObject[], kind: string) =>
  live.filter((object) => object.kind === kind).map(({ id, row }) => ({ ...row, id }));

/** Planned against what is live, then carried out against that, or against what is live by then. */
async function apply(given: Given, interruptions: Interruptions = {}, now: readonly LiveObject[] = given.live ?? []) {
  const workspace = now.find(({ kind }) => kind === 'workspace-limits');
  const backend = createMemoryBackend(
    {
      usagePolicies: rowsOf(now, 'usage-policy'),
      keys: rowsOf(now, 'key-limits'),
      workspaces: workspaceRows.map((row) => ({ ...row, ...(row.id === workspace?.id ? workspace.row : {}) })),
    },
    interruptions,
  );
  const outcomes = await applyPlan(planOf(given), { backend, clock: createStepClock() });
  return { outcomes, backend, writes: backend.calls.filter((call) => /^(PUT|POST|DELETE)/.test(call)) };
}

const only = ({ outcomes }: { outcomes: readonly Outcome[] }): Outcome => {
  const [outcome] = outcomes;
  if (outcome === undefined || outcomes.length !== 1) throw new Error(`${outcomes.length} outcomes`);
  return outcome;
};
const once = <T>(when: (call: string) => boolean, what: (backend: MemoryBackend) => T) => {
  let done = false;
  return (call: string, backend: MemoryBackend): T | undefined => {
    if (done || !when(call)) return undefined;
    done = true;
    return what(backend);
  };
};
const fail = (error: Error) => (): never => {
  throw error;
};
const is = (start: string) => (call: string) => call.startsWith(start);

const create: Given = { body: spend(), record: recorded(), live: [] };
const was = (live: readonly LiveObject[], body = spend()) => ({ live, record: recordAfter({ body, live }) });
const perKey = spend().replace('per: workspace_id', 'per: api_key');
const keyed = { group_by: [{ key: 'api_key' }] };
const replace: Given = { body: perKey, ...was([policyObject(a)]) };
const remove: Given = { body: '', ...was([policyObject(a)]) };

describe('a create', () => {
  it('is read back and has its id', async () => {
    expect(only(await apply(create))).toMatchObject({ status: 'applied', liveId: made, detail: null });
  });

  it.each<readonly [string, object, string]>([
    ['the same', {}, 'already-applied'],
    ['another', { credit_limit: 9 }, 'stale'],
  ])('meets %s policy of its name: nothing is written', async (_, row, status) => {
    const ran = await apply(create, {}, [policyObject(b, row as never)]);
    expect([only(ran).status, ran.writes]).toEqual([status, []]);
  });

  it('whose answer is lost is found by its content, and never sent again', async () => {
    const ran = await apply(create, { after: once(is('POST'), fail(refusal(undefined, 'POST', true))) });
    expect(only(ran)).toMatchObject({ status: 'applied', liveId: made });
    expect(ran.writes).toEqual(['POST usage-policy']);
  });

  it('whose answer is lost, and that is not there, is a doubt', async () => {
    const ran = await apply(create, { before: once(is('POST'), fail(refusal(undefined, 'POST', true))) });
    expect(only(ran)).toMatchObject({
      status: 'failed',
      inDoubt: true,
      detail: expect.stringContaining('unknown whether'),
    });
  });

  it('whose answer is lost takes nothing that somebody made beside it for its own', async () => {
    const beside = once(is('POST'), (backend) => {
      backend.rows.usagePolicies = rowsOf([policyObject(b, { name: 'spend', credit_limit: 9 })], 'usage-policy');
      throw refusal(undefined, 'POST', true);
    });
    expect(only(await apply(create, { before: beside }))).toMatchObject({ status: 'failed', inDoubt: true });
  });

  it('that is refused is no doubt', async () => {
    const ran = await apply(create, { before: once(is('POST'), fail(refusal(400, 'POST'))) });
    expect([only(ran).status, only(ran).inDoubt]).toEqual(['failed', undefined]);
    // There is nothing to be looked for.
    expect(ran.backend.calls.at(-1)).toBe('POST usage-policy');
  });

  it('that never shows as it was written has failed, and its id is known', async () => {
    const twist = once(is('POST'), ({ rows }) => {
      rows.usagePolicies = rows.usagePolicies.map((row) => ({ ...row, credit_limit: 1 }));
    });
    const outcome = only(await apply(create, { after: twist }));
    expect(outcome).toMatchObject({
      status: 'failed',
      liveId: made,
      detail: expect.stringContaining('amount reads $1 instead of $500'),
    });
    // What is known is no doubt: the record takes the id.
    expect(outcome).not.toHaveProperty('inDoubt');
  });

  it('that is confirmed is done, though the run is cancelled before it is read back', async () => {
    const cancelled = once(is('GET usage-policy'), fail(new CancelledError('cancelled')));
    expect(only(await apply(create, { before: cancelled }))).toMatchObject({ status: 'applied', liveId: made });
  });
});

describe('an update', () => {
  const raise: Given = { body: spend().replace('$500', '$750'), ...was([policyObject(a)]) };

  it.each<readonly [string, object, string, readonly string[]]>([
    ['as it was planned', {}, 'applied', [`PUT usage-policy ${a}`]],
    ['so already', { credit_limit: 750 }, 'already-applied', []],
    ['moved meanwhile', { credit_limit: 600 }, 'stale', []],
  ])('of what is %s', async (_, row, status, writes) => {
    const ran = await apply(raise, {}, [policyObject(a, row as never)]);
    expect([only(ran).status, ran.writes]).toEqual([status, writes]);
  });

  it('of what is gone is stale', async () => {
    const ran = await apply(raise, {}, []);
    expect([only(ran).status, ran.writes]).toEqual(['stale', []]);
  });

  it('sends a new start, though nothing else moves', async () => {
    const body = (day: string) =>
      spend().replace('reset: monthly', `reset: {every: 10 days, starting: "2026-12-${day}"}`);
    const live = [policyObject(a, { periodic_reset: null, periodic_reset_days: 10 })];
    const ran = await apply({ body: body('05'), ...was(live, body('01')) });
    expect(only(ran).status).toBe('applied');
    expect(ran.backend.bodies).toEqual([{ next_usage_reset_at: '2026-12-05T00:00:00.000Z' }]);
  });

  it('writes a field that the service does not show', async () => {
    const { description: _, ...row } = policyObject(a).row;
    const live = [{ ...policyObject(a), row }];
    const ran = await apply({ body: spend('description: new'), ...was(live, spend('description: old')) });
    expect([only(ran).status, ran.backend.bodies]).toEqual(['applied', [{ description: 'new' }]]);
  });

  it('of conditions that do not change says what the backend may be', async () => {
    const narrow = { body: spend('match: {metadata.a: x}'), ...was([policyObject(a)]) };
    const undo = once(is('PUT'), ({ rows }) => {
      rows.usagePolicies = rowsOf([policyObject(a)], 'usage-policy');
    });
    expect(only(await apply(narrow, { after: undo }))).toMatchObject({
      status: 'failed',
      detail: expect.stringContaining('1.16'),
    });
  });
});

describe('a replacement', () => {
  it('makes the new one before the old one goes', async () => {
    const ran = await apply(replace);
    expect([only(ran).status, only(ran).liveId]).toEqual(['applied', made]);
    expect(ran.writes).toEqual(['POST usage-policy', `DELETE usage-policy ${a}`]);
  });

  it('carries the running window over', async () => {
    const days = policyObject(a, {
      periodic_reset: null,
      periodic_reset_days: 10,
      next_usage_reset_at: '2026-11-25T00:00:00.000Z',
    });
    const body = spend().replace('monthly', 'every 10 days');
    const ran = await apply({ body: body.replace('workspace_id', 'api_key'), ...was([days], body) });
    expect(ran.backend.bodies).toMatchObject([{ next_usage_reset_at: '2026-11-25T00:00:00.000Z' }]);
  });

  it('of what moved meanwhile is stale, and nothing is made', async () => {
    const ran = await apply(replace, {}, [policyObject(a, { credit_limit: 9 })]);
    expect([only(ran).status, ran.writes]).toEqual(['stale', []]);
  });

  it('that somebody has begun meanwhile is finished: the old one goes', async () => {
    const ran = await apply(replace, {}, [policyObject(a), policyObject(b, keyed)]);
    expect([only(ran).status, only(ran).liveId]).toEqual(['applied', b]);
    expect(ran.writes).toEqual([`DELETE usage-policy ${a}`]);
  });

  it('whose answer is lost takes no twin that was there before for its own', async () => {
    const twin = policyObject(b, keyed);
    const given = { body: perKey, live: [policyObject(a), twin], record: replace.record ?? null };
    const ran = await apply(given, { before: once(is('POST'), fail(refusal(undefined, 'POST', true))) });
    expect(only(ran)).toMatchObject({ status: 'failed', inDoubt: true });
    expect(ran.writes).toEqual(['POST usage-policy']);
  });

  it('leaves the old one where the new one never shows', async () => {
    const vanish = once(is('POST'), ({ rows }) => {
      rows.usagePolicies = rows.usagePolicies.filter(({ id }) => id === a);
    });
    const ran = await apply(replace, { after: vanish });
    expect([only(ran).status, ran.writes]).toEqual(['failed', ['POST usage-policy']]);
  });

  describe('where names are unique', () => {
    const taken = once(is('POST'), fail(refusal(409, 'POST')));
    const rename = [`PUT usage-policy ${a}`];

    it('takes the name from the old one', async () => {
      const ran = await apply(replace, { before: once(is('POST'), fail(refusal(409, 'POST'))) });
      expect([only(ran).status, ran.writes]).toEqual([
        'applied',
        ['POST usage-policy', ...rename, 'POST usage-policy', `DELETE usage-policy ${a}`],
      ]);
      expect(ran.backend.bodies[0]).toEqual({ name: 'spend (being replaced)' });
    });

    it.each<readonly [string, (call: string, backend: MemoryBackend) => unknown]>([
      [
        'is refused',
        (call, backend) => {
          if (!call.startsWith('POST')) return;
          throw refusal(backend.calls.filter(is('POST')).length === 1 ? 409 : 400, 'POST');
        },
      ],
      [
        'meets another of that name',
        (call, backend) => {
          taken(call, backend);
          if (call.startsWith('PUT') && backend.bodies.length === 0) {
            backend.rows.usagePolicies = [
              ...backend.rows.usagePolicies,
              ...rowsOf([policyObject(b, { credit_limit: 9 })], 'usage-policy'),
            ];
          }
        },
      ],
    ])('gives it back where the new one %s', async (_, before) => {
      const ran = await apply(replace, { before });
      expect(only(ran).status).not.toBe('applied');
      expect(ran.backend.bodies.at(-1)).toEqual({ name: 'spend' });
      expect(ran.backend.rows.usagePolicies.find(({ id }) => id === a)?.name).toBe('spend');
    });
  });
});

describe('a delete', () => {
  it.each<readonly [string, readonly LiveObject[], string, readonly string[]]>([
    ['as it was planned', [policyObject(a)], 'applied', [`DELETE usage-policy ${a}`]],
    ['gone already', [], 'already-applied', []],
    ['moved meanwhile', [policyObject(a, { credit_limit: 9 })], 'stale', []],
  ])('of what is %s', async (_, now, status, writes) => {
    const ran = await apply(remove, {}, now);
    expect([only(ran).status, ran.writes]).toEqual([status, writes]);
  });

  it.each([403, 404])('answered %i is done where the list says so', async (status) => {
    const gone = once(is('DELETE'), (backend) => {
      backend.rows.usagePolicies = [];
      throw refusal(status, 'DELETE');
    });
    expect(only(await apply(remove, { before: gone })).status).toBe('applied');
  });

  it('answered 403 is not done where the list says otherwise', async () => {
    const ran = await apply(remove, { before: once(is('DELETE'), fail(refusal(403, 'DELETE'))) });
    expect(only(ran)).toMatchObject({ status: 'failed', detail: expect.stringContaining('403') });
  });

  it('answered 403 is not done where the run is cancelled before the list is read', async () => {
    const before = (call: string, backend: MemoryBackend) => {
      if (call.startsWith('DELETE')) throw refusal(403, 'DELETE');
      if (call.startsWith('LIST usage-policy') && backend.calls.some(is('DELETE')))
        throw new CancelledError('cancelled');
    };
    expect(only(await apply(remove, { before })).status).toBe('failed');
  });

  it('that was taken, and goes on showing, has failed', async () => {
    const back = ({ rows }: MemoryBackend) => {
      rows.usagePolicies = rowsOf([policyObject(a)], 'usage-policy');
    };
    const ran = await apply(remove, {
      after: (call, backend) => (call.startsWith('DELETE') ? back(backend) : undefined),
    });
    expect(only(ran)).toMatchObject({ status: 'failed', detail: expect.stringContaining('still live') });
  });
});

describe('limits at an attachment point', () => {
  const money = (credit_limit: number) => ({ type: 'cost', credit_limit, periodic_reset: 'monthly' });

  it('a key of which somebody moved something else meanwhile is written whole', async () => {
    const body = (dollars: number) => `keys:\n  app:\n    budget: $${dollars}\n    reset: monthly\n`;
    const live = [keyObject('app', k1, { usage_limits: money(10) })];
    const now = [keyObject('app', k1, { usage_limits: { ...money(10), alert_threshold: 8, type: 'cost' } })];
    const ran = await apply({ body: body(20), ...was(live, body(10)) }, {}, now);
    expect(only(ran).status).toBe('applied');
    expect(ran.backend.bodies).toMatchObject([{ usage_limits: { credit_limit: 20, alert_threshold: 8 } }]);
  });

  it('the budget of a workspace that is cleared makes room for the next one of its period', async () => {
    const limits = 'limits:\n  budget: $100\n  reset: monthly\n';
    const live = [workspaceObject({ usage_limits: [money(100), money(50)] })];
    const ran = await apply({ body: '', ...was(live, limits) });
    expect(only(ran)).toMatchObject({ status: 'applied', detail: null });
    expect(ran.backend.bodies).toMatchObject([{ usage_limits: [{ credit_limit: 50 }] }]);
  });
});
