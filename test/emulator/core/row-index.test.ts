/** What a request looks at. Counted, not timed: every read of a member of a row is one look. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRowIndex } from '../../../src/emulator/row-index.ts';
import { createEmulator } from '../../../src/emulator/server.ts';
import { buildEmptyState, type StoreState } from '../../../src/emulator/store.ts';
import {
  integrationRow,
  keyRow,
  providerRow,
  ratePolicyRow,
  usagePolicyRow,
  uuid,
  workspaceRow,
} from '../../helpers/state.ts';

const day = 86_400_000;
const asked = uuid(1);
const other = uuid(2);

/** Two workspaces: one thing of each kind in the one that is asked about, `count` of each in the other. */
function buildWorld(count: number): StoreState {
  const numbers = Array.from({ length: count }, (_, index) => index);
  const resets = { periodic_reset: 'monthly', next_usage_reset_at: '2026-12-01T00:00:00.000Z' } as const;
  const limit = { type: 'cost', credit_limit: 10, ...resets } as const;
  const id = (kind: number, index: number): string => uuid(kind * 100_000 + index);
  return {
    ...buildEmptyState(),
    workspaces: [
      workspaceRow('ws-asked', asked),
      workspaceRow('ws-other', other),
      ...numbers.map((n) => workspaceRow(`ws-${n}`, id(9, n), { usage_limits: [{ ...limit }] })),
    ],
    integrations: [integrationRow('main', uuid(3), [asked, other])],
    usagePolicies: [
      ...numbers.map((n) => usagePolicyRow(`p${n}`, id(1, n), other, resets)),
      usagePolicyRow('mine', uuid(4), asked, resets),
    ],
    ratePolicies: [
      ...numbers.map((n) => ratePolicyRow(`r${n}`, id(2, n), other)),
      ratePolicyRow('mine', uuid(5), asked),
    ],
    apiKeys: [
      ...numbers.map((n) => keyRow(`k${n}`, id(3, n), other, { usage_limits: { ...limit } })),
      keyRow('mine', uuid(6), asked, { usage_limits: { ...limit } }),
    ],
    providers: [
      ...numbers.map((n) => providerRow(`v${n}`, id(4, n), other, { usage_limits: { ...limit } })),
      providerRow('mine', uuid(7), asked),
    ],
  };
}

/** Counts looks at the rows of every table, from `start` on. */
function watch(state: StoreState) {
  let looks = 0;
  const tables = ['usagePolicies', 'ratePolicies', 'apiKeys', 'providers', 'workspaces'] as const;
  for (const table of tables) {
    const rows: object[] = state[table];
    rows.forEach((row, index) => {
      rows[index] = new Proxy(row, {
        get(target, member, receiver) {
          looks += 1;
          return Reflect.get(target, member, receiver);
        },
      });
    });
  }
  return {
    take() {
      const seen = looks;
      looks = 0;
      return seen;
    },
  };
}

const routes: readonly (readonly [string, string, unknown?])[] = [
  ['GET', `/policies/usage-limits/${uuid(4)}`],
  ['GET', `/policies/usage-limits/${uuid(4)}?include_usage=true`],
  ['GET', `/policies/usage-limits/${uuid(4)}/entities`],
  ['GET', `/policies/usage-limits?workspace_id=${asked}`],
  ['GET', '/policies/usage-limits?workspace_id=ws-asked&page_size=100&current_page=0'],
  ['PUT', `/policies/usage-limits/${uuid(4)}`, { credit_limit: 70 }],
  ['GET', `/policies/rate-limits/${uuid(5)}`],
  ['GET', `/policies/rate-limits?workspace_id=${asked}`],
  ['PUT', `/policies/rate-limits/${uuid(5)}`, { value: 70 }],
  ['GET', `/api-keys/${uuid(6)}`],
  ['GET', `/api-keys?workspace_id=${asked}`],
  ['PUT', `/api-keys/${uuid(6)}`, { description: 'x' }],
  ['POST', `/api-keys/${uuid(6)}/rotate`, {}],
  ['GET', `/providers/mine?workspace_id=${asked}`],
  ['GET', `/providers?workspace_id=${asked}`],
  ['PUT', `/providers/mine?workspace_id=${asked}`, { note: 'x' }],
  ['GET', `/virtual-keys/mine?workspace_id=${asked}`],
  ['GET', `/admin/workspaces/${asked}`],
  ['PUT', '/admin/workspaces/ws-asked', { description: 'x' }],
  ['GET', `/integrations?workspace_id=${asked}`],
  ['GET', '/integrations/main/workspaces'],
  ['GET', `/configs?workspace_id=${asked}`],
  ['GET', `/models?workspace_id=${asked}`],
  ['DELETE', `/api-keys/${uuid(6)}`],
  ['DELETE', `/providers/mine?workspace_id=${asked}`],
  ['DELETE', `/policies/usage-limits/${uuid(4)}`],
  ['GET', `/policies/usage-limits/${uuid(4)}`],
];

/** Looks of each request, in order, after everything was looked at once. */
async function countLooks(count: number): Promise<Record<string, number>> {
  const emulator = createEmulator({
    state: buildWorld(count),
    now: () => new Date('2026-11-10T12:00:00.000Z'),
    acceptKeys: 'k',
  });
  const looks = watch(emulator.store.state);
  const call = (method: string, path: string, body?: unknown) =>
    emulator.app.request(`/v1${path}`, {
      method,
      headers: { 'x-portkey-api-key': 'k' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  for (const path of [
    '/policies/usage-limits',
    '/policies/rate-limits',
    '/api-keys',
    '/virtual-keys',
    '/admin/workspaces',
  ]) {
    await call('GET', path);
  }
  for (const [method, path] of routes) if (method === 'GET') await call('GET', path);
  looks.take();
  const counted: Record<string, number> = {};
  for (const [method, path, body] of routes) {
    const { status } = await call(method, path, body);
    counted[`${method} ${path} ${status}`] = looks.take();
  }
  return counted;
}

describe('a request', () => {
  let few: Record<string, number>;
  let many: Record<string, number>;
  beforeAll(async () => {
    few = await countLooks(3);
    many = await countLooks(300);
  });
  afterAll(() => {
    few = {};
    many = {};
  });

  test('mistakes-G9: looks at what it asks for, however much else there is', () => {
    expect(Object.keys(few).filter((name) => / [45]\d\d$/.test(name))).toEqual([
      `GET /policies/usage-limits/${uuid(4)} 404`,
    ]);
    expect(many).toEqual(few);
    expect(Math.min(...Object.values(few).slice(0, 3))).toBeGreaterThan(0);
  });
});

describe('time', () => {
  test('mistakes-G9: does to a row what it did, also where nobody asked for the row in between', async () => {
    let now = Date.parse('2026-11-10T12:00:00.000Z');
    const emulator = createEmulator({ state: buildWorld(2), now: () => new Date(now), acceptKeys: 'k' });
    const get = async (path: string) => {
      const answer = await emulator.app.request(`/v1${path}`, { headers: { 'x-portkey-api-key': 'k' } });
      return (await answer.json()) as Record<string, unknown>;
    };
    const [key] = emulator.store.state.apiKeys.slice(-1);
    if (key?.usage_limits) Object.assign(key.usage_limits, { current_usage: 900, status: 'exhausted' });
    Object.assign(key ?? {}, { status: 'exhausted', expires_at: '2027-02-01T00:00:00.000Z' });
    now += 60 * day;
    expect(await get(`/policies/usage-limits/${uuid(4)}`)).toMatchObject({
      last_reset_at: '2027-01-01T00:00:00.000Z',
      next_usage_reset_at: '2027-02-01T00:00:00.000Z',
    });
    expect(await get(`/api-keys/${uuid(6)}`)).toMatchObject({
      status: 'active',
      usage_limits: { current_usage: 0, next_usage_reset_at: '2027-02-01T00:00:00.000Z' },
    });
    now += 30 * day;
    // By the key itself: what has expired is not let in.
    const secret = emulator.store.state.apiKeys.at(-1)?.secret ?? '';
    const answer = await emulator.app.request('/v1/models', { headers: { 'x-portkey-api-key': secret } });
    expect(answer.status).toBe(401);
    expect((await get(`/api-keys?workspace_id=${asked}`)).data).toMatchObject([{ status: 'expired' }]);
  });
});

describe('an index', () => {
  interface Row {
    key: string;
    readonly name: string;
  }
  const row = (key: string, name: string): Row => ({ key, name });
  const namesOf = (rows: readonly Row[]) => rows.map(({ name }) => name);

  /** Whatever is done to the array, the index says what a walk says. */
  const deeds: readonly (readonly [string, (rows: Row[]) => void])[] = [
    ['nothing', () => {}],
    ['append', (rows) => rows.push(row('a', 'new'), row('z', 'zed'))],
    ['prepend', (rows) => rows.unshift(row('a', 'new'))],
    ['remove the first', (rows) => rows.splice(0, 1)],
    [
      'remove from the middle and append as many',
      (rows) => [rows.splice(1, 2), rows.push(row('a', 'x'), row('b', 'y'))],
    ],
    ['put another in its place', (rows) => rows.splice(0, 1, row('b', 'other'))],
    ['put it back at the end', (rows) => rows.push(...rows.splice(0, 1))],
    ['turn round', (rows) => rows.reverse()],
    ['empty', (rows) => rows.splice(0)],
    ['twice the same', (rows) => rows.push(...rows.slice(0, 1))],
  ];

  test.each(deeds)('follows the array: %s', (_, deed) => {
    const rows = [row('a', 'one'), row('b', 'two'), row('a', 'three'), row('c', 'four')];
    const index = createRowIndex<Row>(({ key }) => [key]);
    const check = () => {
      for (const key of ['a', 'b', 'c', 'z']) {
        const expected = rows.filter((each) => each.key === key);
        expect(index.find(rows, key), key).toBe(expected[0]);
        expect(namesOf(index.select(rows, key)), key).toEqual(namesOf(expected));
      }
    };
    check();
    deed(rows);
    check();
    deed(rows);
    rows.push(row('a', 'last'));
    check();
  });

  test('hands out nothing whose key has changed, and finds it again once it is told', () => {
    const rows = [row('a', 'one'), row('b', 'two')];
    const index = createRowIndex<Row>(({ key }) => [key]);
    const [first] = rows;
    expect(index.find(rows, 'a')).toBe(first);
    if (first !== undefined) first.key = 'c';
    expect(index.find(rows, 'a')).toBeUndefined();
    if (first !== undefined) index.rekey(rows, first);
    expect(index.find(rows, 'c')).toBe(first);
  });

  test('finds the first that is wanted', () => {
    const rows = [row('a', 'one'), row('a', 'two')];
    const index = createRowIndex<Row>(({ key }) => [key]);
    expect(index.find(rows, 'a', ({ name }) => name === 'two')).toBe(rows[1]);
    expect(index.find(rows, 'a', ({ name }) => name === 'three')).toBeUndefined();
  });
});
