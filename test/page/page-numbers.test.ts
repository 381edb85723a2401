/** Numbers of the page at their ends: nothing, next to nothing, what never resets, and what is known in part. */

import { describe, expect, it } from 'vitest';
import { testNow } from '../helpers/session.ts';
import { requestRow, teamA, usagePolicyRow, uuid } from '../helpers/state.ts';
import { day, owned, pageOf, spending, startPageRig as start } from './reading.ts';

describe('spend by day', () => {
  it('draws nothing where nothing was spent, and says so', async () => {
    const rig = await start({ state: spending({ requestLogs: [] }), files: owned });
    const { section, document } = await pageOf(rig);
    expect(section('Spend by day')).toBe('Spend by day Nothing was spent from Wed 2026-10-21 to Fri 2026-11-20.');
    expect(document.querySelector('[aria-labelledby="days-title"]')).toBeNull();
  });

  it('draws less than a cent by its size', async () => {
    const requestLogs = [
      requestRow({ id: uuid(1), created_at: new Date(testNow - day).toISOString(), cost: 0.1 }),
      requestRow({ id: uuid(2), created_at: new Date(testNow - 2 * day).toISOString(), cost: 0.2 }),
    ];
    const rig = await start({ state: spending({ requestLogs }), files: owned });
    const { document, rows } = await pageOf(rig);
    const heights = [...document.querySelectorAll('[aria-labelledby="days-title"] rect')]
      .map((bar) => Number(bar.getAttribute('height')))
      .filter((height) => height > 1);
    expect(heights).toHaveLength(2);
    expect((heights[0] ?? 0) / (heights[1] ?? 1)).toBeCloseTo(2, 0);
    expect(rows('spend by day, UTC').at(-2)).toEqual(['Thu 2026-11-19', 'less than $0.01']);
  });
});
