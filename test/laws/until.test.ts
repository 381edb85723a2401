/**
 * A year, walked hour by hour over the runs that there are: entries with dates in every place that a limit may stand in, hourly jobs that
 * are left out or come twice, merges in between, applies that die on their way, limits that somebody moves by hand; the last days of
 * February, and those on which clocks are put forward and back, in zones that do so.
 */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Change } from '../../src/plan/types.ts';
import { effort } from '../helpers/effort.ts';
import { smallState, teamA, teamB } from '../helpers/state.ts';
import { orgFile, startWorld, type World, workspaceFile } from '../helpers/world.ts';

const day = 86_400_000;
const start = Date.UTC(2027, 11, 1);

let now = start;
let world: World;
const ownZone = process.env.TZ;
beforeAll(async () => {
  world = await startWorld({ now: () => new Date(now) });
});
afterAll(async () => {
  if (ownZone === undefined) delete process.env.TZ;
  else process.env.TZ = ownZone;
  await world.close();
});

/** An entry of the files: what holds before and from a day on; null: no such limit. */
interface Dated {
  readonly first: number;
  readonly later: number | null;
  readonly date: string;
}

const places = ['policy', 'rate', 'default', 'key', 'provider', 'workspace', 'integration'] as const;
type Place = (typeof places)[number];
type Declared = Readonly<Record<Place, Dated>>;
/** Where it is live: a limit of the defaults is in both workspaces. */
const slots = [...places, 'default of b'] as const;
type Slot = (typeof slots)[number];
const placeOf = (slot: Slot): Place => (slot === 'default of b' ? 'default' : slot);

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
const place = fc.constantFrom(...places);
const slot = fc.constantFrom(...slots);
const byHand = fc.integer({ min: 1, max: 1500 });
/** After so many of them an apply dies. */
const writes = fc.integer({ min: 0, max: 5 });

/** What happens after some days, at some hour. An hourly job that is left out is a day on which nothing does. */
const event = fc.record({
  after: fc.integer({ min: 0, max: 30 }),
  // Midnight, the hours in which clocks are moved, and the last one.
  hour: fc.oneof(fc.constantFrom(0, 1, 2, 23), fc.integer({ min: 0, max: 23 })),
  what: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom({ run: 'returns' } as const, { run: 'twice' } as const) },
    { weight: 1, arbitrary: fc.record({ run: fc.constant('merge' as const), place, next: dated }) },
    { weight: 1, arbitrary: fc.record({ run: fc.constant('crash' as const), place, next: dated, writes }) },
    { weight: 2, arbitrary: fc.record({ run: fc.constant('hand' as const), slot, amount: byHand }) },
  ),
});
const walk = fc.record({
  zone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Pacific/Kiritimati', 'Australia/Lord_Howe'),
  entries: fc.record(Object.fromEntries(places.map((name) => [name, dated])) as Record<Place, typeof dated>),
  events: fc.array(event, { minLength: 8, maxLength: 40 }),
});

const until = ({ date, later }: Dated, unit = ''): string => {
  const then = later === null ? 'none' : unit === '' ? `$${later}` : `${later}${unit}`;
  return `until: { date: ${date}, then: ${then} }`;
};
const budget = (entry: Dated): string => `{ budget: $${entry.first}, reset: monthly, ${until(entry)} }`;

const filesOf = (declared: Declared): Record<string, string> => {
  const { policy, rate, key, provider, workspace, integration } = declared;
  const perMinute = ' requests/minute';
  const body = `policies:
  spend: { budget: $${policy.first}, reset: monthly, per: workspace_id, ${until(policy)} }
  calls: { rate: ${rate.first}${perMinute}, per: api_key, ${until(rate, perMinute)} }
limits: ${budget(workspace)}
keys:
  app: ${budget(key)}
providers:
  openai-a: ${budget(provider)}
integrations:
  openai-prod: ${budget(integration)}
`;
  const { first } = declared.default;
  const most = `most: { budget: $${first}, reset: weekly, per: workspace_id, ${until(declared.default)} }`;
  return {
    'policies/org.yaml': orgFile(`defaults:\n  policies:\n    ${most}\n`),
    'policies/a.yaml': workspaceFile('ws-team-a', body),
    'policies/b.yaml': workspaceFile('ws-team-b'),
  };
};

/** Rows of policies and budgets, each with its member that says how much; what has no limit has no row here. */
const rowsOf = (slot: Slot): (readonly [row: object, amount: number, member: string])[] => {
  const { state } = world.emulator.store;
  const ofBudgets = (row: { usage_limits: unknown } | undefined) =>
    ([row?.usage_limits ?? []].flat() as { credit_limit: number }[]).map(
      (budget) => [budget, budget.credit_limit, 'credit_limit'] as const,
    );
  const ofPolicies = (name: string, workspace: string) =>
    state.usagePolicies
      .filter((row) => row.status === 'active' && row.name === name && row.workspace_id === workspace)
      .map((row) => [row, row.credit_limit, 'credit_limit'] as const);
  switch (slot) {
    case 'policy':
      return ofPolicies('spend', teamA);
    case 'default':
      return ofPolicies('most', teamA);
    case 'default of b':
      return ofPolicies('most', teamB);
    case 'rate':
      return state.ratePolicies
        .filter(({ status, name }) => status === 'active' && name === 'calls')
        .map((row) => [row, row.value, 'value'] as const);
    case 'key':
      return ofBudgets(state.apiKeys.find(({ name }) => name === 'app'));
    case 'provider':
      return ofBudgets(state.providers.find(({ slug }) => slug === 'openai-a'));
    case 'workspace':
      return ofBudgets(state.workspaces.find(({ id }) => id === teamA));
    case 'integration':
      return ofBudgets(state.integrations[0]?.workspaces[0]);
  }
};

/** None at all is null, at a policy that is gone as at a key without a budget; two would be one too many. */
const amountOf = (slot: Slot): number | null => {
  const amounts = rowsOf(slot).map(([, amount]) => amount);
  expect(amounts.length).toBeLessThan(2);
  return amounts[0] ?? null;
};

/** What an hourly job carries out: returns and nothing else, each of them as the last apply had it. */
async function applyReturns(files: Record<string, string>): Promise<void> {
  const plan = await world.planOk(files, { drift: 'safe' });
  const due = plan.changes.filter((change: Change) => change.due !== undefined);
  for (const { due: date, key } of due) {
    expect(isoDay(now) >= (date ?? '')).toBe(true);
    const recorded = world.record?.workspaces.find(({ slug }) => slug === key.workspace)?.entries;
    const entry = recorded?.find(({ kind, name }) => kind === key.kind && name === key.name);
    expect(entry?.until?.date).toBe(date);
    expect((entry?.until?.day ?? '') < (date ?? '')).toBe(true);
  }
  if (due.length > 0) await world.apply(files, { only: due.map(({ id }) => id), drift: 'safe' });
}

/** What is live of a place, as far as everything that happened leaves no doubt. */
interface Held {
  amount: number | null;
  /** Somebody moved it since the files were applied. */
  isByHand: boolean;
  /** The return is done, or what was applied was what holds from the date on. */
  isOver: boolean;
}

function valueOn({ date, first, later }: Dated, today: string): number | null {
  return today >= date ? later : first;
}

describe('a year with dates', () => {
  it('never has a day with neither limit, nor one with both, nor a return that was not applied with its date', async () => {
    const most = effort('years with dates', 8, 300);
    let years = 0;
    let returns = 0;
    await fc.assert(
      fc.asyncProperty(walk, async ({ zone, entries, events }) => {
        process.env.TZ = zone;
        now = start;
        world.emulator.store.loadState(smallState());
        world.record = null;
        let declared: Declared = entries;
        const held = {} as Record<Slot, Held>;
        const today = (): string => isoDay(now);
        const entryOf = (slot: Slot): Dated => declared[placeOf(slot)];
        const recorded = (slot: Slot): number | null => entryOf(slot)[held[slot].isOver ? 'later' : 'first'];
        /** All that the files say is true now, whatever was done by hand. */
        const merged = (): void => {
          for (const slot of slots) {
            const entry = entryOf(slot);
            held[slot] = { amount: valueOn(entry, today()), isByHand: false, isOver: today() >= entry.date };
          }
        };
        const returned = (): void => {
          // What gives more waits for what somebody raised by hand in its workspace to be put back, as in every apply.
          const isHeldUp = (slot: Slot): boolean =>
            slots.some((other) => {
              const { amount, isByHand, isOver } = held[other];
              const isHere = (other === 'default of b') === (slot === 'default of b');
              // What is due itself is put back by its return.
              const isWaiting = isOver || today() < entryOf(other).date;
              return isHere && isByHand && isWaiting && (amount ?? 0) > (recorded(other) ?? 0);
            });
          const due = slots.filter((slot) => !held[slot].isOver && today() >= entryOf(slot).date);
          const next = due.flatMap((slot): [Slot, Held][] => {
            const [{ later }, { amount, isByHand }] = [entryOf(slot), held[slot]];
            const isLooser = later === null || (amount !== null && amount < later);
            // A cap that somebody set is not loosened by a date.
            if (isLooser && (isByHand || isHeldUp(slot))) return [];
            return [[slot, { amount: later, isByHand: false, isOver: true }]];
          });
          for (const [slot, one] of next) held[slot] = one;
          returns += next.length;
        };
        const check = (): void => {
          for (const slot of slots) expect([slot, amountOf(slot)]).toEqual([slot, held[slot].amount]);
        };
        await world.apply(filesOf(declared));
        merged();
        check();
        for (const { after, hour, what } of events) {
          now = Math.max(now, Date.parse(today()) + after * day + hour * 3_600_000);
          switch (what.run) {
            case 'hand':
              if (held[what.slot].amount === null) break;
              for (const [row, , member] of rowsOf(what.slot)) Object.assign(row, { [member]: what.amount });
              held[what.slot] = {
                ...held[what.slot],
                amount: what.amount,
                isByHand: what.amount !== recorded(what.slot),
              };
              break;
            case 'merge':
              declared = { ...declared, [what.place]: what.next };
              await world.apply(filesOf(declared));
              merged();
              break;
            case 'crash': {
              const past = declared;
              declared = { ...declared, [what.place]: what.next };
              await world.crashAfter(filesOf(declared), what.writes).catch(() => {});
              // Each place is as it was or as it is to be, and both of its limits at no time.
              for (const slot of slots) {
                const [was, is] = [past[placeOf(slot)], entryOf(slot)].map((entry) => valueOn(entry, today()));
                expect([held[slot].amount, was, is]).toContain(amountOf(slot));
              }
              await world.apply(filesOf(declared));
              merged();
              break;
            }
            case 'twice':
            case 'returns':
              await applyReturns(filesOf(declared));
              returned();
              if (what.run === 'twice') await applyReturns(filesOf(declared));
              break;
          }
          check();
        }
        // Nothing is left to do for what is as the files say.
        await world.apply(filesOf(declared));
        merged();
        check();
        const left = await world.planOk(filesOf(declared));
        expect([left.changes, left.recordLines]).toEqual([[], []]);
        years += 1;
      }),
      // Shrinking a year takes longer than reading it.
      { numRuns: most, endOnFailure: true },
    );
    expect(years).toBe(most);
    expect(returns).toBeGreaterThan(0);
    process.stdout.write(`${years} years walked, ${returns} returns\n`);
  });
});
