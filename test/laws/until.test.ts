/**
 * A year, walked hour by hour over the runs that there are: entries with dates, skipped and doubled hourly jobs, merges in between, the
 * last days of February and those on which clocks are put forward and back.
 */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Change } from '../../src/plan/types.ts';
import { effort } from '../helpers/effort.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile, startWorld, type World, workspaceFile } from '../helpers/world.ts';

const day = 86_400_000;
const start = Date.UTC(2027, 11, 1);

let now = start;
let world: World;
beforeAll(async () => {
  world = await startWorld({ now: () => new Date(now) });
});
afterAll(() => world.close());

/** An entry of the files: what holds before and from a day on; null: no such limit. */
interface Dated {
  readonly first: number;
  readonly later: number | null;
  readonly date: string;
}

const isoDay = (time: number): string => new Date(time).toISOString().slice(0, 10);
// Among them 29 February 2028, and the nights on which clocks are moved in Europe and America.
const oddDays = ['2028-02-28', '2028-02-29', '2028-03-01', '2028-03-12', '2028-03-26', '2028-10-29', '2028-11-05'];
const date = fc.oneof(
  fc.constantFrom(...oddDays),
  fc.integer({ min: 1, max: 365 }).map((days) => isoDay(start + days * day)),
);
const dated: fc.Arbitrary<Dated> = fc
  .record({ first: fc.integer({ min: 2, max: 900 }), later: fc.option(fc.integer({ min: 1, max: 900 })), date })
  .filter(({ first, later }) => first !== later);

/** What is run on a day, and at which hour. */
const run = fc.record({
  after: fc.integer({ min: 0, max: 20 }),
  hour: fc.integer({ min: 0, max: 23 }),
  what: fc.constantFrom('returns' as const, 'returns' as const, 'twice' as const, 'merge' as const),
});
const walk = fc.record({
  entries: fc.tuple(dated, dated),
  merges: fc.array(dated, { maxLength: 3 }),
  runs: fc.array(run, { maxLength: 40 }),
});

const filesOf = ([policy, key]: readonly [Dated, Dated]): Record<string, string> => {
  const then = ({ later }: Dated): string => (later === null ? 'none' : `$${later}`);
  const body = `policies:
  spend: { budget: $${policy.first}, reset: monthly, per: workspace_id, until: { date: ${policy.date}, then: ${then(policy)} } }
keys:
  app: { budget: $${key.first}, reset: monthly, until: { date: ${key.date}, then: ${then(key)} } }
`;
  return { 'policies/org.yaml': orgFile(), 'policies/a.yaml': workspaceFile('ws-team-a', body) };
};

const liveNow = (): readonly [(number | null)[], (number | null)[]] => {
  const { state } = world.emulator.store;
  const policies = state.usagePolicies.filter(({ status, name }) => status === 'active' && name === 'spend');
  const key = state.apiKeys.find(({ name }) => name === 'app');
  const budget = key?.usage_limits as { readonly credit_limit?: number } | null | undefined;
  return [policies.map(({ credit_limit }) => credit_limit), [budget?.credit_limit ?? null]];
};

/** What an hourly job carries out: returns and nothing else. */
async function applyReturns(files: Record<string, string>): Promise<void> {
  const plan = await world.planOk(files);
  const due = plan.changes.filter((change: Change) => change.due !== undefined);
  for (const { due: date } of due) expect(isoDay(now) >= (date ?? '')).toBe(true);
  if (due.length > 0) await world.apply(files, { only: due.map(({ id }) => id) });
}

describe('a year with dates', () => {
  it('never has a day with neither limit, nor one with both, nor a return that was not applied with its date', async () => {
    await fc.assert(
      fc.asyncProperty(walk, async ({ entries, merges, runs }) => {
        now = start;
        world.emulator.store.loadState(smallState());
        world.record = null;
        let declared: readonly [Dated, Dated] = entries;
        await world.apply(filesOf(declared));
        const waiting = [...merges];
        // As applied; a date counts from the first run after it.
        const seen = new Map<Dated, boolean>();
        const holds = (entry: Dated): number | null => (seen.get(entry) === true ? entry.later : entry.first);
        const ranOn = (entry: Dated): void => void (isoDay(now) >= entry.date && seen.set(entry, true));
        for (const { after, hour, what } of runs) {
          now = Math.max(now, Date.parse(isoDay(now + after * day)) + hour * 3_600_000);
          if (what === 'merge') {
            const next = waiting.pop();
            if (next !== undefined) declared = [next, declared[1]];
            await world.apply(filesOf(declared));
          } else {
            await applyReturns(filesOf(declared));
            if (what === 'twice') await applyReturns(filesOf(declared));
          }
          for (const entry of declared) ranOn(entry);
          const [policy, key] = declared.map(holds);
          expect(liveNow()).toEqual([policy === null ? [] : [policy], [key]]);
          const left = await world.planOk(filesOf(declared));
          expect([left.changes, left.recordLines]).toEqual([[], []]);
        }
      }),
      { numRuns: effort('years with dates', 8, 300) },
    );
  });
});
