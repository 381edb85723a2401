/** Live accounts as years of clicking leave them: nothing live vanishes, and an edit moves nothing but what was edited. */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildLiveEntries, type LeftOut } from '../../src/commands/live-entries.ts';
import type { Live } from '../../src/plan/types.ts';
import { printPolicies } from '../../src/policy/print.ts';
import { readEverything } from '../../src/reconcile/read-everything.ts';
import { effort } from '../helpers/effort.ts';
import { createMuseum } from '../helpers/museum.ts';
import { keyA1, keyA2, ratePolicyRow, smallState, teamA, teamB, usagePolicyRow, uuid } from '../helpers/state.ts';
import { startWorld, type World } from '../helpers/world.ts';

type Members = Readonly<Record<string, unknown>>;

const museum = createMuseum();
let world: World;
beforeAll(async () => {
  world = await startWorld({ inProcess: true, museum, movingClock: true });
});
afterAll(() => world.close());

const policy = uuid(90);
const second = uuid(91);
const rate = uuid(92);

async function importAccount(overlays: Readonly<Record<string, Members>>) {
  museum.overlays.clear();
  museum.writes.length = 0;
  for (const [id, members] of Object.entries(overlays)) museum.overlays.set(id, members);
  world.emulator.store.loadState(
    smallState({
      usagePolicies: [usagePolicyRow('spend', policy, teamA), usagePolicyRow('other', second, teamB)],
      ratePolicies: [ratePolicyRow('burst', rate, teamA)],
    }),
  );
  world.record = null;
  return importNow();
}

async function importNow() {
  const live = await readEverything(world.backend, []);
  return { live, ...printLive(live) };
}

function printLive(live: Live): { files: Record<string, string>; leftOut: readonly LeftOut[]; ids: readonly string[] } {
  const own = buildLiveEntries(live, null, null);
  const workspaces = live.workspaces.map(({ id, slug }) => ({ slug, ...buildLiveEntries(live, id, slug) }));
  const printed = printPolicies({
    environment: 'production',
    organisation: live.organisationId,
    entries: own.entries,
    workspaces,
  });
  return {
    files: Object.fromEntries(printed.map(({ path, text }) => [path, text])),
    leftOut: [own, ...workspaces].flatMap((part) => part.leftOut),
    ids: [own, ...workspaces].flatMap((part) => part.objects.map(({ id }) => id)),
  };
}

const odd = fc.constantFrom<unknown>(null, '', 0, 2.5, -3, '100 USD', 'a@b.io', ['#ops'], { a: 1 }, [], true, 1e300);
const budget = fc.record(
  {
    type: fc.constantFrom<unknown>('cost', 'cost', 'tokens', 'images', null, 7),
    credit_limit: fc.oneof({ weight: 3, arbitrary: fc.constantFrom<unknown>(500, 1200) }, odd),
    alert_threshold: fc.oneof(fc.constantFrom<unknown>(null, 400), odd),
    periodic_reset: fc.constantFrom<unknown>('monthly', 'weekly', 'daily', null, 4),
    periodic_reset_days: fc.constantFrom<unknown>(null, null, 14),
    next_usage_reset_at: fc.constantFrom<unknown>(undefined, '2025-01-01T00:00:00.000Z'),
    note: fc.constantFrom<unknown>('by hand', { deep: [1, { deeper: true }] }),
  },
  { requiredKeys: ['credit_limit'] },
);
const rates = fc.array(
  fc.record(
    {
      type: fc.constantFrom<unknown>('requests', 'tokens', 'images'),
      unit: fc.constantFrom<unknown>('rpm', 'rpd', 'rpx'),
      value: fc.oneof({ weight: 3, arbitrary: fc.constantFrom<unknown>(100, 10) }, odd),
      burst: fc.constantFrom<unknown>(5, { of: 5 }),
    },
    { requiredKeys: ['type', 'unit', 'value'] },
  ),
  { maxLength: 3 },
);
const condition = fc.record(
  {
    key: fc.constantFrom<unknown>('metadata.team', 'metadata.team', 'api_key', 'weather', null),
    value: fc.constantFrom<unknown>('a', ['a', 'b'], '*', 5, { not: 'a' }),
    operator: fc.constantFrom<unknown>('not_equals'),
    case_insensitive: fc.boolean(),
  },
  { requiredKeys: ['key', 'value'] },
);
const key = fc.record(
  {
    name: fc.constantFrom<unknown>('app', 'app', 12345, null),
    usage_limits: fc.oneof(budget, odd),
    rate_limits: fc.oneof(rates, odd),
    alert_emails: fc.oneof(fc.constantFrom<unknown>(['a@b.io'], null), odd),
  },
  { requiredKeys: ['usage_limits', 'rate_limits'] },
);
const usage = fc.tuple(
  budget,
  fc.array(condition, { maxLength: 2 }),
  fc.record(
    { name: fc.constantFrom<unknown>('spend', 'spend', 'other', 12345, null), created_at: fc.constant<unknown>(3) },
    { requiredKeys: ['name'] },
  ),
);
const account = fc.record({
  first: key,
  second: key,
  workspace: fc.record(
    { slug: fc.constantFrom<unknown>('ws-team-b', 'ws-team-b', 'ws-team-b', null), rate_limits: rates },
    { requiredKeys: ['slug', 'rate_limits'] },
  ),
  policy: usage.map(([limit, conditions, rest]): Members => ({ ...limit, conditions, ...rest })),
});

/** `""` goes back as null, which is how the client reads it. */
function isReadable({ value }: Members): boolean {
  return value === null || (typeof value === 'number' && value >= 0 && value < 1e15);
}

/** Ids of rows in which something limits, by the plainest look at what the store holds. */
function holdsLimit(row: Members): boolean {
  const limits = [row.credit_limit, (row.usage_limits as Members | null)?.credit_limit];
  const list = Array.isArray(row.rate_limits) ? (row.rate_limits as readonly Members[]) : [];
  return [...limits, ...list.map(({ value }) => value)].some((value) => value !== null && value !== undefined);
}

function isZero(value: unknown): boolean {
  return value === 0 || value === null || value === undefined || value === '';
}

function limitsAnybody(row: Members): boolean {
  const lone = row.usage_limits as Members | null;
  const list = Array.isArray(row.rate_limits) ? (row.rate_limits as readonly Members[]) : [];
  return [row.credit_limit, lone?.credit_limit, ...list.map(({ value }) => value)].some((value) => !isZero(value));
}

describe('single rows', () => {
  it('mistakes-J5: a row that makes no sense is named, and other rows, kinds and workspaces go on', async () => {
    const { live, files, ids } = await importAccount({ [teamB]: { slug: null }, [keyA1]: { name: 12345 } });
    expect(live.unreadable?.map(({ kind, id, why }) => [kind, id, why.split(' ')[1]])).toEqual([
      ['key-limits', keyA1, 'name'],
      ['workspace-limits', teamB, 'slug'],
    ]);
    expect(ids).toContain(policy);
    const plan = await world.planOk(files);
    expect(plan.changes).toEqual([]);
    expect(plan.notes.map(({ code }) => code)).toContain('unreadable');
  });

  it('mistakes-J5: nothing is created or deleted beside a policy that cannot be read', async () => {
    const { files } = await importAccount({});
    await world.apply(files);
    museum.overlays.set(policy, { credit_limit: '100 USD' });
    const plan = await world.planOk(files);
    expect(plan.changes).toEqual([]);
    expect(plan.withheld.map(({ action }) => action)).toEqual(['create']);
    expect(plan.recordLines).toEqual([]);
    await world.apply(files);
    expect(world.record?.workspaces.flatMap(({ entries }) => entries.map(({ id }) => id))).toContain(policy);
  });

  it('mistakes-J1: a limit set to zero by hand is loosened, and putting it back tightens', async () => {
    const { files } = await importAccount({});
    await world.apply(files);
    museum.overlays.set(policy, { credit_limit: 0 });
    museum.overlays.set(rate, { value: 0 });
    const plan = await world.planOk(files);
    expect(plan.changes.map(({ direction, cause }) => [direction, cause])).toEqual([
      ['tighten', 'drifted'],
      ['tighten', 'drifted'],
    ]);
  });

  it('mistakes-J2: a condition with a member that no file can say is not imported as an equality', async () => {
    const conditions = [{ key: 'metadata.campaign', value: 'internal', operator: 'not_equals' }];
    const { leftOut, ids } = await importAccount({ [policy]: { conditions } });
    expect(ids).not.toContain(policy);
    expect(leftOut.map(({ object, why }) => [object.id, why.includes('"operator"')])).toEqual([[policy, true]]);
  });

  it.each<readonly [string, string, Members]>([
    ['an alert of zero', policy, { alert_threshold: 0 }],
    ['an alert above its limit', policy, { alert_threshold: 500 }],
    ['recipients that are no addresses', keyA1, { usage_limits: { credit_limit: 500 }, alert_emails: ['#ops'] }],
    [
      'a rate of 2.5',
      keyA1,
      { usage_limits: { credit_limit: 500 }, rate_limits: [{ type: 'requests', unit: 'rpm', value: 2.5 }] },
    ],
    [
      'a rate of zero',
      keyA1,
      { usage_limits: { credit_limit: 500 }, rate_limits: [{ type: 'requests', unit: 'rpm', value: 0 }] },
    ],
  ])('mistakes-J9: a sound budget is imported beside %s', async (_, id, members) => {
    const { ids, files } = await importAccount({ [id]: members });
    expect(ids).toContain(id);
    expect((await world.planOk(files)).changes).toEqual([]);
  });

  it.each<readonly [string, Members]>([
    ['an unknown unit', { rate_limits: [{ type: 'requests', unit: 'rpx', value: 7 }] }],
    ['a second entry of one name', { rate_limits: [1, 2].map((value) => ({ type: 'requests', unit: 'rpm', value })) }],
  ])('mistakes-J7: a rate of %s is named', async (_, members) => {
    const { leftOut } = await importAccount({ [keyA1]: members });
    expect(leftOut.map(({ object }) => object.id)).toEqual([keyA1]);
  });
});

describe('mistakes-J7: nothing live vanishes', () => {
  it('declares each limit of each row, leaves it unmanaged with a reason, or names its row as unreadable', async () => {
    await fc.assert(
      fc.asyncProperty(account, async ({ first, second: other, workspace, policy: row }) => {
        const overlays = { [keyA1]: first, [keyA2]: other, [teamB]: workspace, [policy]: row };
        const { live, files, leftOut, ids } = await importAccount(overlays as Record<string, Members>);
        const named = new Set(live.unreadable?.map(({ id }) => id));
        for (const { why } of live.unreadable ?? []) expect(why).not.toBe('');
        const told = new Set([...ids, ...leftOut.map(({ object }) => object.id), ...named]);
        const plan = await world.planOk(files);
        for (const { id } of plan.unmanaged) told.add(id);
        for (const [id, members] of Object.entries(overlays)) {
          if (holdsLimit(members as Members) && limitsAnybody(members as Members)) {
            const object = live.objects.find((candidate) => candidate.id === id);
            const isUnread = named.has(id) || object !== undefined;
            expect(isUnread).toBe(true);
          }
        }
        // Imported and planned, nothing moves; adopted and imported again, no byte does.
        expect(plan.changes).toEqual([]);
        await world.apply(files);
        expect(museum.writes).toEqual([]);
        expect((await importNow()).files).toEqual(files);
        for (const object of live.objects) {
          const isTold = told.has(object.id) || !limitsAnybody(object.row);
          if (object.kind !== 'workspace-limits') expect(isTold ? null : object).toBeNull();
        }
      }),
      { numRuns: effort('accounts with odd rows', 150, 2_000), seed: 11 },
    );
  });
});

describe('mistakes-J3: an edit of one field sends back everything else as it was read', () => {
  it('at every depth, for a key', async () => {
    await fc.assert(
      fc.asyncProperty(key, rates, async (odds, others) => {
        const sound = { type: 'requests', unit: 'rpm', value: 100 };
        const members = { ...odds, alert_emails: null, rate_limits: [...others.filter(isReadable), sound] };
        const raw: Members = { ...members, name: 'app', usage_limits: { type: 'cost', credit_limit: 5 } };
        const { files, ids } = await importAccount({ [keyA1]: raw });
        const path = Object.keys(files).find((name) => name.includes('ws-team-a')) ?? '';
        const text = files[path] ?? '';
        await world.apply(files);
        const at = text.indexOf('keys:');
        const moved = text.slice(Math.max(at, 0)).replace(/\d+ requests\/minute/, '90 requests/minute');
        const changed = text.slice(0, Math.max(at, 0)) + moved;
        fc.pre(ids.includes(keyA1) && at >= 0 && changed !== text);
        const outcomes = await world.apply({ ...files, [path]: changed });
        expect(outcomes.map(({ status, detail }) => [status, detail])).toEqual([['applied', null]]);
        const [write] = museum.writes;
        expect(museum.writes).toHaveLength(1);
        expect(Object.keys(write?.body ?? {})).toEqual(['rate_limits']);
        const list = raw.rate_limits as readonly Members[];
        const sent = write?.body.rate_limits as readonly Members[];
        const place = sent.findIndex((entry, index) => JSON.stringify(entry) !== JSON.stringify(list[index]));
        const before = sent.map((entry, index) => (index === place ? { ...entry, value: list[place]?.value } : entry));
        expect(before).toEqual(list);
        expect(sent[place]?.value).toBe(90);
      }),
      { numRuns: effort('edits of odd keys', 60, 2_000), seed: 12 },
    );
  });
});
