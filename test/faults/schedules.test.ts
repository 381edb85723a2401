import { expect, it } from 'vitest';
import { runSchedules } from './schedules.ts';

/** 100 at a time, so that a failure says early where; the seeds are the first of each hundred. */
it.each([1, 101, 201, 301, 401])(
  'a hundred random schedules from seed %i converge without a violation',
  async (seed) => {
    await runSchedules(seed, seed === 401 ? 80 : 100, { inProcess: true });
    expect.hasAssertions();
  },
  120_000,
);

it('twenty more over loopback', async () => {
  await runSchedules(481, 20, { inProcess: false });
  expect.hasAssertions();
}, 120_000);
