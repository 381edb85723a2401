/** Lists against the stand-in: what cannot be read to its end is not a plan, since a policy that was missed would be made again. */

import { afterEach, describe, expect, it } from 'vitest';
import { budgetRows, budgetsFile, parseOutput, type Rig, startRig, succeed } from '../helpers/rig.ts';
import { smallState, teamA } from '../helpers/state.ts';
import { orgFile } from '../helpers/world.ts';

let rig: Rig;
afterEach(() => rig.close());

const all = Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`p${index + 1}`, 100]));

async function start(dollars: Readonly<Record<string, number>>, quirks: Parameters<typeof startRig>[0]): Promise<void> {
  rig = await startRig({
    state: smallState({ usagePolicies: budgetRows(dollars, teamA) }),
    files: { 'org.yaml': orgFile(), 'a.yaml': budgetsFile(dollars) },
    ...quirks,
  });
}

describe('trust-C4: a list is walked to its real end', () => {
  it.each([
    ['the total counts the page', { wrongTotal: 'page' }],
    ['there is no total', { wrongTotal: 'none' }],
    ['pages count from 1 and the total counts the page', { wrongTotal: 'page', pagesFromOne: true }],
    ['pages count from 1 and there is no total', { wrongTotal: 'none', pagesFromOne: true }],
    ['policies ignore paging', { policiesIgnorePaging: true }],
  ] as const)('nothing is made twice where %s', async (_, quirks) => {
    await start(all, { quirks });
    const ran = await rig.plan({ format: 'json' });
    expect([ran.exit, parseOutput(ran).changes]).toEqual([0, []]);
    await succeed(rig.apply());
    expect(rig.emulator.store.state.usagePolicies).toHaveLength(120);
  });

  it.each([
    ['is one row too many', { wrongTotal: 'more' }],
    ['says that nothing is there', { wrongTotal: 'zero' }],
  ] as const)('a total that %s ends plan and apply with 6, before any write', async (_, quirks) => {
    await start(all, { quirks });
    for (const ran of [await rig.plan(), await rig.apply()]) {
      expect(ran.exit).toBe(6);
      expect(ran.stderr).toContain('does not add up');
    }
    expect(rig.emulator.requests.countWrites()).toBe(0);
  });

  it('a list whose pages repeat ends with 6', async () => {
    await start(all, { quirks: { pagesRepeat: true } });
    const ran = await rig.apply();
    expect([ran.exit, rig.emulator.requests.countWrites()]).toEqual([6, 0]);
    expect(ran.stderr).toContain('its pages repeat themselves');
  });
});
