import { expect, it } from 'vitest';
import { createServiceClock } from '../../src/notify/service-clock.ts';

it("is the service's time, and goes on by the steady clock between its answers", () => {
  let said: number | null = null;
  let wall = 900_000;
  let steady = 5;
  const now = createServiceClock({ now: () => wall, monotonic: () => steady, sleep: async () => {} }, () => said);
  expect(now()).toBe(900_000);
  said = 1_000;
  expect(now()).toBe(1_000);
  steady += 60;
  // Somebody sets the clock of the machine back meanwhile.
  wall = 3;
  expect(now()).toBe(1_060);
  said = 2_000;
  expect(now()).toBe(2_000);
});

it('is whole milliseconds, whatever parts of one the steady clock counts', () => {
  let steady = 12.75;
  const now = createServiceClock({ now: () => 3, monotonic: () => steady, sleep: async () => {} }, () => 1_000);
  expect(now()).toBe(1_000);
  steady += 60.5;
  expect(now()).toBe(1_060);
});
