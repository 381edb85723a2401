/** A date under `expires:` is a limit like any other: when it is over, whoever calls with the key or provider is refused. */

import { afterEach, describe, expect, it, test } from 'vitest';
import type { StoreState } from '../../src/emulator/store.ts';
import { parseOutput, type Ran, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { testNow } from '../helpers/session.ts';
import { keyA1, providerRow, smallState, teamA, uuid } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { digestIn, violationsOf } from './judged.ts';

let rig: Rig;
afterEach(() => rig.close());

const day = 86_400_000;
const key = (...lines: readonly string[]): string =>
  workspaceFile(
    'ws-team-a',
    `keys:\n  app:\n    rate: 60 requests/minute\n${lines.map((line) => `    ${line}\n`).join('')}`,
  );

async function start(body: string, state: Partial<StoreState> = {}): Promise<Rig> {
  rig = await startRig({ state: smallState(state), files: { 'org.yaml': orgFile(), 'a.yaml': key() } });
  await succeed(rig.apply());
  rig.write({ 'org.yaml': orgFile(), 'a.yaml': body });
  return rig;
}

const expiryOf = (id: string) => rig.emulator.store.state.apiKeys.find((row) => row.id === id)?.expires_at;
const guardsOf = (ran: Ran) => violationsOf(ran).map(({ guard, count }) => `${guard}=${count}`);
const mistyped = key('expires: 2021-01-31T00:00:00Z');

describe('mistakes-H1: a date that is over', () => {
  it('stops the apply that would end a live key, by a guard that counts who is refused', async () => {
    await start(mistyped);
    const plan = await rig.plan({ format: 'json' });
    expect([plan.exit, guardsOf(plan)]).toEqual([3, ['blocks-now=1']]);
    expect(violationsOf(plan)[0]?.details).toEqual([
      'key app (ws-team-a) stops working at once: its date, 2021-01-31, is over',
    ]);
    expect((await rig.apply()).exit).toBe(3);
    expect(expiryOf(keyA1)).toBeNull();
    expect((await rig.plan({ format: 'markdown' })).stdout).toContain('it stops working at once');
  });

  it('is judged where nothing is read of consumption, and lifted by a word like any other', async () => {
    await start(mistyped);
    const plan = await rig.plan({ format: 'json', impact: false });
    expect(guardsOf(plan)).toContain('blocks-now=1');
    const applied = await rig.apply({ allow: [`blocks-now=1@${digestIn(plan)}`] });
    expect([applied.exit, expiryOf(keyA1)]).toEqual([0, '2021-01-31T00:00:00.000Z']);
  });

  it('is judged when a saved plan is applied, not when it was made', async () => {
    await start(key('expires: 2026-11-30T00:00:00Z'));
    const early = await rig.plan({ out: 'plan.json', format: 'json' }, { now: testNow + 8 * day });
    expect([early.exit, guardsOf(early)]).toEqual([0, []]);
    const late = await rig.apply({ plan: ['plan.json'] }, { now: testNow + 12 * day });
    expect([late.exit, late.stderr]).toEqual([3, expect.stringContaining('the guard blocks-now objects')]);
    expect(expiryOf(keyA1)).toBeNull();
  });

  it('is told by the service, where the clock of this machine is behind', async () => {
    await start(key('expires: 2026-11-20T00:00:00Z'));
    expect(guardsOf(await rig.plan({ format: 'json' }, { now: testNow - 30 * day }))).toEqual(['blocks-now=1']);
  });

  it('counts every key that `"*"` reaches, and providers', async () => {
    const provider = providerRow('openai-a', uuid(21), teamA);
    const body =
      'keys:\n  "*":\n    expires: 2021-01-31T00:00:00Z\nproviders:\n  openai-a:\n    expires: 2021-01-31T00:00:00Z\n';
    await start(workspaceFile('ws-team-a', body), { providers: [provider] });
    expect(guardsOf(await rig.plan({ format: 'json' }))).toContain('blocks-now=3');
  });

  it.each([
    ['a date to come', '2026-11-20T12:00:01Z', null],
    ['a key that has expired already', '2021-01-31T00:00:00Z', '2026-11-01T00:00:00.000Z'],
    ['the end of an expiry', 'none', '2026-12-01T00:00:00.000Z'],
  ])('is not %s', async (_, written, live) => {
    await start(key(`expires: ${written}`));
    Object.assign(rig.emulator.store.state.apiKeys.find(({ id }) => id === keyA1) ?? {}, { expires_at: live });
    expect(guardsOf(await rig.plan({ format: 'json' }))).toEqual([]);
  });

  it('is put back by nobody unseen: reverting a prolonged key is judged too', async () => {
    await start(key('expires: 2026-11-25T00:00:00Z'));
    await succeed(rig.apply());
    Object.assign(rig.emulator.store.state.apiKeys.find(({ id }) => id === keyA1) ?? {}, {
      expires_at: '2027-11-25T00:00:00.000Z',
    });
    expect(guardsOf(await rig.plan({ format: 'json' }, { now: testNow + 12 * day }))).toEqual(['blocks-now=1']);
  });
});

test('mistakes-H1: that a key has expired and that this plan ends it are two sentences', async () => {
  await start(mistyped);
  const said = async () =>
    (parseOutput(await rig.plan({ format: 'json' })).findings as { rule: string; message: string }[]).flatMap(
      ({ rule, message }) => (rule === 'expires-soon' ? [message] : []),
    );
  expect(await said()).toEqual(['this plan ends key "app", which works until then: 2021-01-31 00:00 UTC is over']);
  Object.assign(rig.emulator.store.state.apiKeys.find(({ id }) => id === keyA1) ?? {}, { status: 'expired' });
  expect(await said()).toEqual(['key "app" has expired on 2021-01-31 00:00 UTC']);
});
