/** What is told anew, and what must not be: ids of messages, budgets that change, resets that are late. Pure parts and the memory. */

import { describe, expect, it } from 'vitest';
import { judgeLimit, type LiveLimit } from '../../src/consumption/limit-status.ts';
import { exactOf } from '../../src/exact.ts';
import { findDueEvents, type Happening } from '../../src/notify/due-events.ts';
import { findDueLimits } from '../../src/notify/due-limits.ts';
import type { Delivery, Message } from '../../src/notify/message.ts';
import { type DueNow, tellDue } from '../../src/notify/tell.ts';
import { createWatcher } from '../../src/notify/watched.ts';
import { createMemoryText } from '../../src/record/memory.ts';
import type { AlertSettings } from '../../src/resources/alert-settings.ts';

const hour = 3_600_000;
const start = Date.UTC(2026, 10, 20);
const delivered: Delivery = { sent: true, refused: [], why: null, retry: false, mayHaveArrived: false };
const channels: AlertSettings['channels'] = {
  desk: { type: 'webhook', url: 'https://desk.example.com', secret_env: 'TOLLGATE_NOTIFY_DESK' },
};

class Killed extends Error {}

/** Somebody who runs `notify` again and again. */
function createTeller() {
  const store = createMemoryText();
  let runs = 0;
  let written = 0;
  const sent: { readonly id: string; readonly title: string }[] = [];
  return {
    sent,
    writes: () => written,
    ids: () => sent.map(({ id }) => id),
    titles: () => sent.map(({ title }) => title),
    async run(
      find: Parameters<typeof tellDue>[0]['find'],
      { now = start + runs * hour, dies = false }: { readonly now?: number; readonly dies?: boolean } = {},
    ): Promise<void> {
      runs += 1;
      let writes = 0;
      const mortal = {
        ...store,
        async write(text: string, expected: string | null) {
          writes += 1;
          written += 1;
          if (dies && writes > 1) throw new Killed();
          return store.write(text, expected);
        },
      };
      const send = async ({ id, title }: Message): Promise<Delivery> => {
        sent.push({ id, title });
        return delivered;
      };
      const telling = {
        store: mortal,
        run: `run${runs}`,
        now: () => now,
        find,
        senders: new Map([['desk', { send }]]),
      };
      if (dies) await expect(tellDue(telling)).rejects.toThrow(Killed);
      else await tellDue(telling);
    },
  };
}

interface Situation {
  readonly used: number;
  readonly amount?: number;
  /** Percent of the amount. */
  readonly alert?: readonly number[];
  readonly forecast?: number;
  readonly reset?: 'monthly' | 'never';
  readonly now?: number;
  /** A second budget of the same object. */
  readonly other?: number;
}

/** One policy of a workspace, by the month. */
function limitsFor({
  used,
  amount = 10_000,
  alert = [50, 80],
  forecast,
  now = start,
  other,
  reset = 'monthly',
}: Situation) {
  const row: LiveLimit = {
    kind: 'usage-policy',
    field: 'amount',
    amount,
    match: 'all',
    per: ['workspace_id'],
    target: 'llm',
    unit: 'cost',
    reset,
    alert: null,
    workspace: 'ws-a',
    id: 'policy',
    name: 'spend',
    nextReset: null,
    lastReset: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: null,
    verdict: null,
    usage: {
      known: true,
      counters: [{ valueKey: null, used: exactOf(used), verdict: null }],
      source: 'reported',
      asOf: now,
    },
  };
  const thresholds = alert.map((percent) => ({ at: (amount * percent) / 100 }));
  const settings: AlertSettings = {
    channels,
    places: {
      ...(forecast === undefined ? {} : { organisation: { forecast } }),
      'usage-policy/ws-a/spend': { thresholds: { '': thresholds } },
    },
  };
  const entries = [{ kind: row.kind, id: row.id, name: row.name, fields: {}, protect: false }];
  const watcher = createWatcher(settings, { workspaces: [{ id: 'id-of-ws-a', slug: 'ws-a', entries }] });
  return (memory: Parameters<Parameters<typeof tellDue>[0]['find']>[0]): DueNow =>
    findDueLimits({
      limits: [amount, other ?? []].flat().map((each) => judgeLimit({ ...row, amount: each }, null, now)),
      watcher,
      channels,
      memory,
      environment: 'production',
      now,
      write: ({ what, at }) => ({
        kind: what,
        title: what === 'threshold' ? `past ${at}` : what === 'exhausted' ? `used up ${at}` : what,
        facts: [],
        paragraphs: [],
        link: null,
        at: now,
        data: {},
      }),
    });
}

/** What holds of a policy that somebody loosened; null: it was put back. */
function loosenedTo(version: string | null) {
  const one: Omit<Happening, 'version'> = {
    kind: 'loosened',
    key: 'usage-policy spend',
    end: null,
    route: { channels: ['desk'], recipients: [] },
    line: 'loosened',
    data: {},
  };
  const all = version === null ? [] : [{ ...one, version }];
  const write = (): Omit<Message, 'id'> => ({
    kind: 'loosened',
    title: `loosened to ${version}`,
    facts: [],
    paragraphs: [],
    link: null,
    at: start,
    data: {},
  });
  return (memory: Parameters<Parameters<typeof tellDue>[0]['find']>[0]): DueNow =>
    findDueEvents({
      groups: [{ all, write }],
      complete: new Set(['loosened']),
      channels,
      memory,
      environment: 'production',
    });
}

describe('what is told anew has an id of its own', () => {
  it('after a counter was reset by hand', async () => {
    const teller = createTeller();
    for (const used of [5_100, 0, 5_200, 100, 5_300]) await teller.run(limitsFor({ used }));
    expect(teller.titles()).toEqual(['past 5000', 'past 5000', 'past 5000']);
    expect(new Set(teller.ids()).size).toBe(3);
  });

  it('where the reset and the next crossing lie between two runs', async () => {
    const teller = createTeller();
    for (const used of [8_500, 5_200]) await teller.run(limitsFor({ used }));
    expect(teller.titles()).toEqual(['past 8000', 'past 5000']);
    expect(new Set(teller.ids()).size).toBe(2);
  });

  it('which a run that repeats it after a killed one uses again', async () => {
    const teller = createTeller();
    for (const used of [5_100, 0]) await teller.run(limitsFor({ used }));
    await teller.run(limitsFor({ used: 5_200 }), { dies: true });
    await teller.run(limitsFor({ used: 5_250 }));
    const [first, killed, repeated] = teller.ids();
    expect(repeated).toBe(killed);
    expect(killed).not.toBe(first);
  });

  it('as has a run that forgets and tells at once, and is killed', async () => {
    const teller = createTeller();
    await teller.run(limitsFor({ used: 8_500 }));
    await teller.run(limitsFor({ used: 5_200 }), { dies: true });
    await teller.run(limitsFor({ used: 5_300 }));
    const [, killed, repeated] = teller.ids();
    expect(repeated).toBe(killed);
  });

  it('where a limit is loosened, put back, and loosened to the same again', async () => {
    const teller = createTeller();
    for (const to of ['900', null, '900', '900']) await teller.run(loosenedTo(to));
    expect(teller.titles()).toEqual(['loosened to 900', 'loosened to 900']);
    expect(new Set(teller.ids()).size).toBe(2);
  });

  it('where it was loosened to something else in between', async () => {
    const teller = createTeller();
    for (const to of ['900', '800', '900']) await teller.run(loosenedTo(to));
    expect(new Set(teller.ids()).size).toBe(3);
  });
});

describe('a budget that changes in its window', () => {
  it('is told again when it is used up again after it was raised and lowered', async () => {
    const teller = createTeller();
    await teller.run(limitsFor({ used: 10_000 }));
    await teller.run(limitsFor({ used: 10_100, amount: 12_000 }));
    await teller.run(limitsFor({ used: 11_500 }));
    await teller.run(limitsFor({ used: 11_500 }));
    expect(teller.titles()).toEqual(['used up 10000', 'past 9600', 'used up 10000']);
    expect(new Set(teller.ids()).size).toBe(3);
  });

  it('has other thresholds, and its old ones anew when it is lowered again', async () => {
    const teller = createTeller();
    await teller.run(limitsFor({ used: 8_500 }));
    await teller.run(limitsFor({ used: 8_500, amount: 90_000 }));
    await teller.run(limitsFor({ used: 8_500 }));
    await teller.run(limitsFor({ used: 8_500 }));
    expect(teller.titles()).toEqual(['past 8000', 'past 8000']);
  });

  it('is not told again of a threshold that stays where it was', async () => {
    const teller = createTeller();
    await teller.run(limitsFor({ used: 5_100, amount: 10_000, alert: [50] }));
    await teller.run(limitsFor({ used: 5_100, amount: 20_000, alert: [25] }));
    await teller.run(limitsFor({ used: 5_100, amount: 10_000, alert: [50] }));
    expect(teller.titles()).toEqual(['past 5000']);
  });

  it('and that stands twice on one object is told once of each', async () => {
    const teller = createTeller();
    for (let run = 0; run < 3; run += 1) await teller.run(limitsFor({ used: 12_500, alert: [], other: 12_000 }));
    expect(teller.titles().sort()).toEqual(['used up 10000', 'used up 12000']);
  });
});

describe('a forecast', () => {
  // On the 20th of the month.
  const runningOut = { used: 8_000, alert: [], forecast: 30 };

  it('is told once', async () => {
    const teller = createTeller();
    for (const used of [8_000, 8_100]) await teller.run(limitsFor({ ...runningOut, used }));
    expect(teller.titles()).toEqual(['runs-out']);
  });

  it('is told anew after the budget was raised, and not enough', async () => {
    const teller = createTeller();
    for (const amount of [10_000, 11_200, 11_200]) await teller.run(limitsFor({ ...runningOut, amount }));
    expect(teller.titles()).toEqual(['runs-out', 'runs-out']);
    expect(new Set(teller.ids()).size).toBe(2);
  });

  it('is told anew after the counter was reset by hand', async () => {
    const teller = createTeller();
    for (const used of [8_000, 0, 8_000, 8_000]) await teller.run(limitsFor({ ...runningOut, used }));
    expect(teller.titles()).toEqual(['runs-out', 'runs-out']);
    expect(new Set(teller.ids()).size).toBe(2);
  });
});

describe('a threshold that is added below one that was told', () => {
  it('counts as told', async () => {
    const teller = createTeller();
    await teller.run(limitsFor({ used: 8_500, alert: [80] }));
    await teller.run(limitsFor({ used: 8_600, alert: [20, 50, 80] }));
    expect(teller.titles()).toEqual(['past 8000']);
  });

  it('counts as told where the one that was told is gone', async () => {
    const teller = createTeller();
    await teller.run(limitsFor({ used: 8_500, alert: [80] }));
    await teller.run(limitsFor({ used: 8_600, alert: [50, 90] }));
    expect(teller.titles()).toEqual(['past 8000']);
    await teller.run(limitsFor({ used: 9_100, alert: [50, 90] }));
    expect(teller.titles()).toEqual(['past 8000', 'past 9000']);
  });

  it('counts as told with a budget that is used up', async () => {
    const teller = createTeller();
    await teller.run(limitsFor({ used: 10_500, alert: [] }));
    await teller.run(limitsFor({ used: 10_600, alert: [50] }));
    expect(teller.titles()).toEqual(['used up 10000']);
  });

  it('is told after a reset', async () => {
    const teller = createTeller();
    await teller.run(limitsFor({ used: 8_500, alert: [80] }));
    await teller.run(limitsFor({ used: 5_100, alert: [50, 80] }));
    expect(teller.titles()).toEqual(['past 8000', 'past 5000']);
  });

  it('above it is told', async () => {
    const teller = createTeller();
    await teller.run(limitsFor({ used: 9_100, alert: [80] }));
    await teller.run(limitsFor({ used: 9_100, alert: [80, 90] }));
    expect(teller.titles()).toEqual(['past 8000', 'past 9000']);
  });
});

describe('what holds for years', () => {
  const day = 24 * hour;

  it('is told once: a budget that never resets', async () => {
    const teller = createTeller();
    for (let passed = 0; passed < 1_000; passed += 50) {
      await teller.run(limitsFor({ used: 8_500, reset: 'never' }), { now: start + passed * day });
    }
    expect(teller.titles()).toEqual(['past 8000']);
  });

  it('is told once: a limit that stays loosened', async () => {
    const teller = createTeller();
    for (let passed = 0; passed < 1_000; passed += 50) {
      await teller.run(loosenedTo('900'), { now: start + passed * day });
    }
    expect(teller.titles()).toEqual(['loosened to 900']);
  });

  it('is written down as little as before', async () => {
    const teller = createTeller();
    await teller.run(limitsFor({ used: 8_500, reset: 'never' }), { now: start });
    const before = teller.writes();
    for (let passed = 1; passed < 90; passed += 1) {
      await teller.run(limitsFor({ used: 8_500, reset: 'never' }), { now: start + passed * day });
    }
    expect(teller.writes()).toBe(before);
  });
});

it('what a run has no time for within its claim is left to the next one, and nothing is sent twice', async () => {
  const store = createMemoryText();
  const sent: string[] = [];
  let now = start;
  const telling = (id: string) => {
    const text = { title: id, facts: [], paragraphs: [], link: null, at: start, data: {} };
    const message: Message = { id, kind: 'threshold', ...text };
    return {
      message,
      marks: [{ key: id, mark: { w: 'w', e: null } }],
      to: [{ channel: 'desk', recipients: [] }],
    };
  };
  const all = Array.from({ length: 40 }, (_, index) => telling(`m${index}`));
  const find: Parameters<typeof tellDue>[0]['find'] = ({ marks }) => ({
    tellings: all.filter(({ message }) => marks[message.id] === undefined),
    forgotten: [],
    holding: [],
  });
  const tell = (run: string, step: number, meanwhile: () => Promise<void> = async () => {}) => {
    const send = async ({ id }: Message): Promise<Delivery> => {
      now += step;
      sent.push(id);
      await meanwhile();
      return delivered;
    };
    return tellDue({ store, run, now: () => now, find, senders: new Map([['desk', { send }]]) });
  };
  // A server that takes 50 seconds for each; another run comes by while the first one sends.
  const first = await tell('a', 50_000, async () => void (await tell('b', 1)));
  expect(sent.length).toBeLessThan(40);
  expect(first.told.filter(({ delivery }) => delivery?.sent === false).length).toBe(40 - sent.length);
  expect(first.told.at(-1)?.delivery?.why).toContain('the next run sends it');
  await tell('c', 1);
  expect([...sent].sort()).toEqual(all.map(({ message }) => message.id).sort());
});
