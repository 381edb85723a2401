import { expect, it } from 'vitest';
import { effort } from '../helpers/effort.ts';
import { runSchedules } from './schedules.ts';

const each = effort('schedules from each of five seeds', 10, 100);

/** Some at a time, so that a failure says early where; the seeds are the first of each hundred. */
it.each([1, 101, 201, 301, 401])('random schedules from seed %i converge without a violation', async (seed) => {
  await runSchedules(seed, Math.min(each, seed === 401 ? 80 : 100), { inProcess: true });
  expect.hasAssertions();
});

it('some more over loopback', async () => {
  await runSchedules(481, effort('schedules over loopback', 3, 20), { inProcess: false });
  expect.hasAssertions();
});
