/** Numbers of the page at their ends: nothing, next to nothing, what never resets, and what is known in part. */

import { describe, expect, it } from 'vitest';
import { testNow } from '../helpers/session.ts';
import { requestRow, uuid } from '../helpers/state.ts';
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

describe('lists that are refused', () => {
  const refused = ['/policies/usage-limits', '/api-keys', '/providers'].map((path) => ({
    path,
    fault: { kind: 'status', status: 403 } as const,
  }));
  const unread = 'API keys of 2 workspaces, providers of 2 workspaces and usage policies of 2 workspaces';

  it('are named beside the number of budgets, in every format', async () => {
    const rig = await start({ state: spending(), files: owned, faults: refused });
    for (const format of ['text', 'markdown', 'html'] as const) {
      const { stdout } = await rig.status({ format, since: 0 });
      expect(stdout.replace(/\s+/g, ' ')).toContain(
        `0 budgets of those that could be read: 0 exhausted, 0 at 80 % or more; ${unread} were not.`,
      );
    }
  });

  it('are named by the tiles, and it is not said that there is no budget', async () => {
    const rig = await start({ state: spending(), files: owned, faults: refused });
    const { section, text } = await pageOf(rig);
    expect(text).toContain('Used up0of 0 budgets that could be read');
    expect(text).toContain(`${unread}: their budgets are in none of these numbers`);
    expect(section('What is left, and when it runs out')).toContain(`No budget could be read: ${unread} were not.`);
    expect(text).not.toContain('There is no budget.');
  });

  it('are not spoken of where all were read', async () => {
    const rig = await start({ state: spending({ usagePolicies: [] }), files: owned });
    const { text } = await pageOf(rig);
    expect(text).toContain('0 budgets: 0 exhausted');
    expect(text).toContain('There is no budget.');
    expect(text).not.toMatch(/could be read|Not read/);
  });
});
