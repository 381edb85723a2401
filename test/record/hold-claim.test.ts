/** A claim that is held: told by clocks that disagree, by a remote that comes and goes, by what others write. */

import { beforeEach, describe, expect, test } from 'vitest';
import { ClaimLostError, UserError } from '../../src/errors.ts';
import { type HeldClaim, takeClaim } from '../../src/record/hold-claim.ts';
import { createMemoryStore } from '../../src/record/memory.ts';
import type { RecordStore } from '../../src/record/store.ts';
import { sampleRecord } from './sample-record.ts';

const minute = 60_000;
const start = Date.UTC(2026, 10, 20, 12);
const { claim: _, ...before } = sampleRecord('before');
const facts = { run: 'local:here:5pace:1:aa', by: 'ada', digest: 'd', changes: [] };

/** Three clocks; the service's is null where it tells no time. */
let time: { service: number | null; wall: number; monotonic: number };
let remote: { isAway: boolean; losesAnswers: boolean; looks: number; writes: number; lookTakes: number };
let memory: RecordStore;

/** A remote that counts, goes away, and takes its time. */
const store: RecordStore = {
  description: 'the remote',
  read: () => ask(() => memory.read()),
  readToken: () =>
    ask(() => {
      remote.looks += 1;
      pass(remote.lookTakes);
      return memory.readToken();
    }),
  async write(next, expected, message) {
    remote.writes += 1;
    const token = await ask(() => memory.write(next, expected, message));
    if (remote.losesAnswers) throw new UserError('whether it arrived cannot be known', { exit: 'unreachable' });
    return token;
  },
  lastSealed: () => memory.lastSealed(),
  history: (limit) => memory.history(limit),
  readAt: (token) => memory.readAt(token),
};

async function ask<T>(question: () => Promise<T>): Promise<T> {
  if (remote.isAway) throw new UserError('the remote is away', { exit: 'unreachable' });
  return question();
}

/** On all clocks. */
function pass(milliseconds: number): void {
  time = {
    service: time.service === null ? null : time.service + milliseconds,
    wall: time.wall + milliseconds,
    monotonic: time.monotonic + milliseconds,
  };
}

beforeEach(() => {
  time = { service: start, wall: start + 7_200_000, monotonic: 5 };
  remote = { isAway: false, losesAnswers: false, looks: 0, writes: 0, lookTakes: 0 };
  memory = createMemoryStore(before);
});

async function take(): Promise<HeldClaim> {
  return takeClaim(before, facts, await memory.readToken(), {
    store,
    clock: { now: () => time.wall, monotonic: () => time.monotonic },
    serviceNow: () => time.service,
  });
}

async function readClaim() {
  return (await memory.read())?.record.claim;
}

/** As another run does: over whatever is there. */
async function takeOver(): Promise<void> {
  const other = { ...facts, run: 'local:there:0ther:2:bb', by: 'bob', startedAt: '', leaseUntil: '' };
  await memory.write({ ...before, claim: other }, await memory.readToken(), 'claim');
}

const lost = (message: RegExp) =>
  expect.objectContaining({ name: 'ClaimLostError', message: expect.stringMatching(message) });

test('trust-E2: is dated by the service, whatever the clock of this machine says', async () => {
  await take();
  expect(await readClaim()).toMatchObject({
    startedAt: '2026-11-20T12:00:00.000Z',
    leaseUntil: '2026-11-20T13:00:00.000Z',
  });
});

test('trust-E2: is dated by this machine where the service tells no time', async () => {
  time.service = null;
  await take();
  expect(await readClaim()).toMatchObject({
    startedAt: '2026-11-20T14:00:00.000Z',
    leaseUntil: '2026-11-20T15:00:00.000Z',
  });
});

test('trust-E2: an hour passes, write after write: it is renewed in time, and nobody else has been there', async () => {
  const claim = await take();
  for (let count = 0; count < 120; count++) {
    pass(minute / 2);
    await claim.mayWrite();
  }
  expect(await readClaim()).toEqual({
    ...facts,
    startedAt: '2026-11-20T12:00:00.000Z',
    renewedAt: '2026-11-20T13:00:00.000Z',
    leaseUntil: '2026-11-20T14:00:00.000Z',
  });
  expect(remote.writes).toBe(1 + 3);
  await claim.release(before, 'done');
  expect(await readClaim()).toBeUndefined();
});

describe('trust-E2: a run that stood still for fifty minutes writes nothing more, though only one clock tells,', () => {
  const still = 50 * minute;
  test.each<[string, () => void]>([
    ['the service’s, having been asked', () => Object.assign(time, { service: start + still })],
    ['the wall’s: the machine slept', () => Object.assign(time, { wall: time.wall + still })],
    ['the monotonic one: the other was set back', () => Object.assign(time, { monotonic: time.monotonic + still })],
    [
      'the wall’s, of a service that tells no time',
      () => Object.assign(time, { service: null, wall: time.wall + still }),
    ],
  ])('%s', async (_name, stand) => {
    const claim = await take();
    await claim.mayWrite();
    stand();
    await expect(claim.mayWrite()).rejects.toEqual(lost(/the lease of its claim has run out/));
    // For good: a clock that is set back again does not bring it back.
    time = { service: start, wall: start, monotonic: 5 };
    await expect(claim.mayWrite()).rejects.toBeInstanceOf(ClaimLostError);
  });
});

test('trust-E2: a look that takes an hour is no reason to write after it', async () => {
  const claim = await take();
  pass(2 * minute);
  remote.lookTakes = 60 * minute;
  await expect(claim.mayWrite()).rejects.toEqual(lost(/has run out/));
});

test.each([0, 25])(
  'trust-E1: taken over after %i minutes: the next write does not begin, and says who has it',
  async (minutes) => {
    const claim = await take();
    pass(minutes * minute);
    await takeOver();
    await expect(claim.mayWrite()).rejects.toEqual(
      lost(/^an apply by bob \(run local:there:0ther:2:bb\) has taken over its claim$/),
    );
    expect(claim.lost).toContain('bob');
    const others = await memory.readToken();
    await expect(claim.release(before, 'done')).rejects.toMatchObject({ exit: 'stale' });
    expect(await memory.readToken()).toBe(others);
  },
);

test('trust-E1: an apply that came and went in between counts as another, and so does a record that is gone', async () => {
  const claim = await take();
  await memory.write({ ...before, appliedBy: 'eve', run: 'github:7.1' }, await memory.readToken(), 'done');
  await expect(claim.mayWrite()).rejects.toEqual(lost(/^an apply by eve \(run github:7\.1\)/));
  memory = createMemoryStore();
  await expect((await take()).mayWrite()).resolves.toBeUndefined();
  const other = await take();
  memory = createMemoryStore();
  await expect(other.mayWrite()).rejects.toEqual(lost(/the record was removed/));
});

test('trust-E1: looking takes a tenth of the time at most, and is done once a minute at least', async () => {
  const claim = await take();
  remote.lookTakes = 500;
  for (let count = 0; count < 600; count++) {
    pass(100);
    await claim.mayWrite();
  }
  // A minute of writes, and ten seconds of looks.
  expect(remote.looks).toBeGreaterThan(9);
  expect(remote.looks).toBeLessThan(14);
  remote.lookTakes = 30_000;
  pass(minute);
  await claim.mayWrite();
  const looks = remote.looks;
  pass(minute - 1);
  await claim.mayWrite();
  expect(remote.looks).toBe(looks);
  pass(1);
  await claim.mayWrite();
  expect(remote.looks).toBe(looks + 1);
});

test('trust-E1: writes side by side wait for one look', async () => {
  const claim = await take();
  pass(minute);
  await Promise.all(Array.from({ length: 8 }, () => claim.mayWrite()));
  expect(remote.looks).toBe(1);
});

describe('trust-E2: while the remote is away', () => {
  test('the lease is enough, until it is nearly over', async () => {
    const claim = await take();
    remote.isAway = true;
    for (let count = 0; count < 49; count++) {
      pass(minute);
      await claim.mayWrite();
    }
    pass(minute);
    await expect(claim.mayWrite()).rejects.toEqual(lost(/could not renew it/));
  });

  test('a renewal is tried again once it is back', async () => {
    const claim = await take();
    remote.isAway = true;
    pass(30 * minute);
    await claim.mayWrite();
    remote.isAway = false;
    pass(minute);
    await claim.mayWrite();
    expect((await readClaim())?.renewedAt).toBe('2026-11-20T12:31:00.000Z');
    pass(45 * minute);
    await claim.mayWrite();
  });

  test('a renewal whose answer was lost is known again as its own, and another’s claim is not', async () => {
    const claim = await take();
    remote.losesAnswers = true;
    pass(20 * minute);
    await claim.mayWrite();
    remote.losesAnswers = false;
    pass(minute);
    await claim.mayWrite();
    pass(minute);
    await claim.mayWrite();
    expect((await readClaim())?.renewedAt).toBe('2026-11-20T12:22:00.000Z');
    await takeOver();
    pass(minute);
    await expect(claim.mayWrite()).rejects.toEqual(lost(/bob/));
  });
});
