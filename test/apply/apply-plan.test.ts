/** A whole plan against a control plane in memory: what goes on and what does not, once something went wrong. */

import { describe, expect, it } from 'vitest';
import { applyPlan } from '../../src/apply/apply-plan.ts';
import { CancelledError, ClaimLostError, UserError } from '../../src/errors.ts';
import { teamA, teamB, uuid } from '../helpers/state.ts';
import { workspaceFile } from '../helpers/world.ts';
import {
  createMemoryBackend,
  createStepClock,
  type Interruptions,
  type MemoryBackend,
  refusal,
} from '../live/memory-backend.ts';
import { entry, type Given, planOf, policyObject, recordAfter, recorded } from '../plan/kit.ts';

const policies = (...names: readonly string[]) =>
  names.length === 0 ? '' : `policies:\n${names.map((name) => entry(name)).join('')}`;
const object = (name: string, id: number, row: object = {}) => policyObject(uuid(id), { name, ...row });

async function apply(given: Given, interruptions: Interruptions = {}, signal?: AbortSignal) {
  const usagePolicies = (given.live ?? []).map(({ id, row }) => ({ ...row, id }));
  const backend = createMemoryBackend({ usagePolicies }, interruptions);
  const outcomes = await applyPlan(planOf(given), {
    backend,
    clock: createStepClock(),
    ...(signal === undefined ? {} : { signal }),
  });
  const statuses = Object.fromEntries(outcomes.map(({ change, status }) => [change.key.name, status]));
  return { outcomes, statuses, backend, writes: backend.calls.filter((call) => /^(PUT|POST|DELETE)/.test(call)) };
}

const three: Given = { body: policies('p1', 'p2', 'p3'), record: recorded(), live: [] };
/** Answers the first call that begins so. */
const first = (start: string, error: Error) => {
  let done = false;
  return (call: string): void => {
    if (done || !call.startsWith(start)) return;
    done = true;
    throw error;
  };
};

describe('the order', () => {
  const live = [object('raised', 41), object('gone', 42), object('cut', 43)];
  const record = recordAfter({ body: policies('cut', 'gone', 'raised'), live });
  const body = `policies:\n${entry('cut').replace('$500', '$400')}${entry('raised').replace('$500', '$900')}`;

  it('is tightenings, loosenings, deletes; each in force before the next', async () => {
    const ran = await apply({ body, live, record });
    expect(ran.statuses).toEqual({ cut: 'applied', raised: 'applied', gone: 'applied' });
    expect(ran.writes).toEqual([
      `PUT usage-policy ${uuid(43)}`,
      `PUT usage-policy ${uuid(41)}`,
      `DELETE usage-policy ${uuid(42)}`,
    ]);
  });

  it('ends in its workspace where something is not in force', async () => {
    const ran = await apply({ body, live, record }, { before: first(`PUT usage-policy ${uuid(43)}`, refusal(400)) });
    expect(ran.statuses).toEqual({ cut: 'failed', raised: 'skipped', gone: 'skipped' });
    expect(ran.writes).toHaveLength(1);
  });

  it('ends where something is not as it was planned', async () => {
    const moved = (call: string, { rows }: MemoryBackend): void => {
      if (call !== `GET usage-policy ${uuid(43)}`) return;
      rows.usagePolicies = rows.usagePolicies.map((row) => (row.id === uuid(43) ? { ...row, credit_limit: 7 } : row));
    };
    const ran = await apply({ body, live, record }, { before: moved });
    expect(ran.statuses).toEqual({ cut: 'stale', raised: 'skipped', gone: 'skipped' });
  });

  it('does not hold up another workspace', async () => {
    const files = { 'policies/b.yaml': workspaceFile('ws-team-b', policies('elsewhere')) };
    const ran = await apply(
      { body, files, live, record },
      { before: first(`PUT usage-policy ${uuid(43)}`, refusal(400)) },
    );
    expect(ran.statuses).toMatchObject({ cut: 'failed', elsewhere: 'applied' });
    expect(ran.outcomes.map(({ change }) => change.workspaceId)).toContain(teamB);
    expect(ran.outcomes.map(({ change }) => change.workspaceId)).toContain(teamA);
  });

  it('takes no old policy away while a replacement has no successor', async () => {
    const old = [object('r1', 41), object('r2', 42)];
    const perKey = policies('r1', 'r2').replaceAll('workspace_id', 'api_key');
    const given = { body: perKey, live: old, record: recordAfter({ body: policies('r1', 'r2'), live: old }) };
    const ran = await apply(given, { before: first('POST', refusal(400, 'POST')) });
    expect(Object.values(ran.statuses)).toEqual(['failed', 'failed']);
    expect(ran.writes).toEqual(['POST usage-policy', 'POST usage-policy']);
    // Of the one that is there beside its old one the record takes the id, so that the next run finds it.
    expect(ran.outcomes.filter(({ change, liveId }) => liveId !== change.liveId)).toHaveLength(1);
    expect(ran.outcomes.filter(({ inDoubt }) => inDoubt === true)).toEqual([]);
  });
});

describe('a run that is cancelled', () => {
  it('begins nothing more', async () => {
    const controller = new AbortController();
    controller.abort();
    const ran = await apply(three, {}, controller.signal);
    expect(ran.statuses).toEqual({ p1: 'not-attempted', p2: 'not-attempted', p3: 'not-attempted' });
    expect(ran.backend.calls).toEqual([]);
  });

  it('has not attempted what it had not written', async () => {
    const ran = await apply(three, { before: first('LIST', new CancelledError('cancelled')) });
    expect(ran.statuses).toMatchObject({ p1: 'not-attempted' });
  });

  it('cannot say what became of a write that was under way', async () => {
    const ran = await apply(three, { after: first('POST', new CancelledError('cancelled')) });
    const failed = ran.outcomes.filter(({ status }) => status === 'failed');
    expect(failed).toMatchObject([{ inDoubt: true, detail: expect.stringContaining('under way') }]);
  });

  it('stops what has not begun', async () => {
    const live = [object('raised', 41), object('cut', 43)];
    const body = `policies:\n${entry('cut').replace('$500', '$400')}${entry('raised').replace('$500', '$900')}`;
    const given = { body, live, record: recordAfter({ body: policies('cut', 'raised'), live }) };
    const ran = await apply(given, { after: first('PUT', new CancelledError('cancelled')) });
    expect(ran.statuses).toEqual({ cut: 'failed', raised: 'not-attempted' });
  });
});

describe('a run that loses its claim', () => {
  it('stops, and what did not leave is not attempted', async () => {
    const ran = await apply(three, {
      before: (call) => {
        if (call.startsWith('POST')) throw new ClaimLostError('lost');
      },
    });
    expect(ran.statuses).toEqual({ p1: 'not-attempted', p2: 'not-attempted', p3: 'not-attempted' });
    expect(ran.outcomes.some(({ inDoubt }) => inDoubt)).toBe(false);
  });
});

describe('a run that is told rows of somebody else', () => {
  it('believes nothing more', async () => {
    const live = [object('raised', 41), object('cut', 43)];
    const files = { 'policies/b.yaml': workspaceFile('ws-team-b', `policies:\n${entry('late')}`) };
    const body = `policies:\n${entry('cut').replace('$500', '$400')}${entry('raised').replace('$500', '$900')}`;
    const given = { body, files, live, record: recordAfter({ body: policies('cut', 'raised'), live }) };
    const ran = await apply(given, {
      before: first(`GET usage-policy ${uuid(43)}`, new UserError('rows of another workspace')),
    });
    expect(ran.statuses).toMatchObject({ cut: 'failed', raised: 'not-attempted' });
    expect(ran.outcomes.find(({ change }) => change.key.name === 'cut')?.unreachable).toBe(true);
  });
});

describe('an answer of the service', () => {
  const live = [object('p1', 41), object('p2', 42), object('r1', 43), object('r2', 44)];
  const record = recordAfter({ body: policies('p1', 'p2', 'r1', 'r2'), live });
  const body = `policies:\n${['p1', 'p2'].map((name) => entry(name).replace('$500', '$400')).join('')}${['r1', 'r2'].map((name) => entry(name).replace('$500', '$900')).join('')}`;
  /** Two tightenings, then two loosenings that would wait for them: without that. */
  const independent = async (interruptions: Interruptions) => {
    const plan = planOf({ body, live, record });
    const usagePolicies = live.map(({ id, row }) => ({ ...row, id }));
    const backend = createMemoryBackend({ usagePolicies }, interruptions);
    const changes = plan.changes.map((change) => ({ ...change, dependsOn: [] }));
    const outcomes = await applyPlan({ ...plan, changes }, { backend, clock: createStepClock() });
    return outcomes.map(({ change, status, unreachable, detail }) => [
      change.key.name,
      status,
      unreachable ?? false,
      detail,
    ]);
  };

  it.each<readonly [string, string, number | undefined, boolean, string]>([
    ['refuses this kind of write: no more of it', `PUT usage-policy ${uuid(41)}`, 403, true, 'not-attempted'],
    ['refuses to read one object: the others go on', `GET usage-policy ${uuid(41)}`, 401, true, 'applied'],
    [
      'a broken connection that works again: the others go on',
      `PUT usage-policy ${uuid(41)}`,
      undefined,
      true,
      'applied',
    ],
    ['too many requests: the others go on', `PUT usage-policy ${uuid(41)}`, 429, true, 'applied'],
    ['an error of its own: the others go on', `PUT usage-policy ${uuid(41)}`, 500, true, 'applied'],
    ['something it does not take: the others go on', `PUT usage-policy ${uuid(41)}`, 422, false, 'applied'],
  ])('%s', async (_, call, status, unreachable, others) => {
    const method = call.startsWith('GET') ? 'GET' : 'PUT';
    const outcomes = await independent({ before: first(call, refusal(status, method)) });
    expect(outcomes.map((one) => one.slice(0, 3))).toEqual([
      ['p1', 'failed', unreachable],
      ['p2', 'applied', false],
      ['r1', others, false],
      ['r2', others, false],
    ]);
  });

  it.each([401, 403, undefined])('%s, and nothing else answers either: the run ends', async (status) => {
    let isDead = false;
    const before = (call: string): void => {
      isDead ||= call === `PUT usage-policy ${uuid(41)}`;
      if (isDead) throw refusal(status, call.startsWith('PUT') ? 'PUT' : 'GET');
    };
    const outcomes = await independent({ before });
    const ended = ['not-attempted', expect.stringContaining('stopped: ')];
    expect(outcomes.slice(2).map(([, became, , why]) => [became, why])).toEqual([ended, ended]);
  });
});
