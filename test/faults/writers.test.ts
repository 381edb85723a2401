import fc from 'fast-check';
import { expect, it } from 'vitest';
import { effort } from '../helpers/effort.ts';
import { play, plot, targets } from './writers.ts';

/** Of the thorough count, on a machine that does other things as well. */
const hours = 4 * 3_600_000;
const count = effort('interleavings of writers', 10, 1_000);

/** By hand, of the first target. */
const wanted = [
  'n1 $10 by workspace_id',
  'n2 $20 by workspace_id',
  'p1 $90 by workspace_id',
  'p2 $120 by workspace_id',
  'p4 $100 by api_key',
];

it(
  'trust-E2: whatever sleeps, whichever clock is wrong and whoever takes over: nobody writes on a lost claim, and no twin remains',
  async () => {
    const total = { wrote: 0, keptOut: 0, lost: 0, renewed: 0, inWindow: 0 };
    const property = fc.asyncProperty(plot, fc.scheduler(), async (one, scheduler) => {
      const playing = play(one, scheduler, targets[0] ?? {});
      const { violations, live, counts, wasVandalized, isAmbiguous } = await scheduler.waitFor(playing);
      for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += counts[name];
      expect(violations).toEqual([]);
      // With the record in the middle of a replacement the memory is gone of which is which: nothing is guessed.
      if (isAmbiguous) {
        expect(wasVandalized).toBe(true);
        return;
      }
      // With the record the memory is gone of what Git no longer declares.
      const known = new Set(wanted.map((line) => line.split(' ')[0]));
      const judged = wasVandalized ? live.filter((line) => known.has(line.split(' ')[0] ?? '')) : live;
      // What was under way when somebody lied may arrive twice: docs/reliability.md.
      if (counts.inWindow === 0) expect(judged).toEqual(wanted);
    });
    await fc.assert(property, { seed: 20, numRuns: count, endOnFailure: true });
    // The plots have all that there is to tell.
    expect(total.wrote).toBeGreaterThan(count);
    expect(total.keptOut).toBeGreaterThan(0);
    expect(total.lost).toBeGreaterThan(0);
    expect(total.renewed).toBeGreaterThan(0);
  },
  hours,
);
