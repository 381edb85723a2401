/** Seeded months over the pure part: runs skipped, doubled, and killed before or after sending; a channel that is down now and then. */

import { expect, it } from 'vitest';
import { judgeLimit } from '../../src/consumption/limit-status.ts';
import { UserError } from '../../src/errors.ts';
import { findDueLimits } from '../../src/notify/due-limits.ts';
import { memorySchema } from '../../src/notify/memory.ts';
import type { Delivery, Message } from '../../src/notify/message.ts';
import { tellDue } from '../../src/notify/tell.ts';
import { createWatcher } from '../../src/notify/watched.ts';
import { createMemoryText } from '../../src/record/memory.ts';
import type { TextStore } from '../../src/record/store.ts';
import { effort } from '../helpers/effort.ts';
import { createDice, foundOrganisation, hour, isLate, passHour, rowOf, type WorldLimit } from './month.ts';
import { Ledger, type SentLine } from './oracle.ts';

class Killed extends Error {}

const delivered: Delivery = { sent: true, refused: [], why: null, retry: false, mayHaveArrived: false };
const undelivered: Delivery = { sent: false, refused: [], why: 'down', retry: true, mayHaveArrived: false };

function linesOf(message: Message, channel: string): SentLine[] {
  const { limit, threshold, counters } = message.data as {
    readonly limit: { readonly id: string };
    readonly threshold: number;
    readonly counters: readonly { readonly valueKey: string | null }[];
  };
  const id = limit.id.replace(/\/0$/, '');
  return counters.map(({ valueKey }) => ({
    channel,
    limit: id,
    valueKey,
    threshold: message.kind === 'exhausted' ? 'all' : threshold,
  }));
}

type Death = 'never' | 'before-sending' | 'before-remembering';

/** One run; what it sent, though it was killed. */
async function tellOnce(
  store: TextStore,
  find: Parameters<typeof tellDue>[0]['find'],
  { run, now, death, isDown }: { run: string; now: number; death: Death; isDown: boolean },
) {
  const sent: SentLine[] = [];
  const failed: SentLine[] = [];
  let writes = 0;
  const mortal: TextStore = {
    ...store,
    async write(text, expected) {
      writes += 1;
      if (death === 'before-remembering' && sent.length > 0) throw new Killed();
      return store.write(text, expected);
    },
  };
  const sender = (channel: string) => ({
    async send(message: Message): Promise<Delivery> {
      if (death === 'before-sending') throw new Killed();
      const lines = linesOf(message, channel);
      if (channel === 'desk' && isDown) {
        failed.push(...lines);
        return undelivered;
      }
      sent.push(...lines);
      return delivered;
    },
  });
  const senders = new Map(['desk', 'post'].map((channel) => [channel, sender(channel)]));
  let died = false;
  try {
    await tellDue({ store: mortal, run, now: () => now, find, senders });
  } catch (error) {
    if (error instanceof Killed) died = true;
    else if (!(error instanceof UserError) || error.exit !== 'stale') throw error;
  }
  return { sent, failed, wasKilled: died, writes };
}

async function walk(seed: number) {
  const dice = createDice(seed);
  const organisation = foundOrganisation(dice);
  const watcher = createWatcher(organisation.settings, organisation.record);
  const store = createMemoryText();
  const ledger = new Ledger();
  let largest = 0;
  for (let passed = 0; passed < 31 * 24; passed += 1) {
    const now = organisation.start + passed * hour;
    passHour(organisation, now, dice);
    if (dice.chance(0.3)) continue;
    const known = new Set(organisation.limits.filter(() => !dice.chance(0.05)));
    const limits = organisation.limits.map((limit) => judgeLimit(rowOf(limit, now, known.has(limit)), null, now));
    const find: Parameters<typeof tellDue>[0]['find'] = (memory) =>
      findDueLimits({
        limits,
        watcher,
        channels: organisation.settings.channels,
        memory,
        environment: 'production',
        now,
        write: ({ limit, ...news }) => ({
          kind: news.what,
          title: news.what,
          facts: [],
          paragraphs: [],
          link: null,
          at: now,
          data: {
            limit: { id: limit.facts.id },
            threshold: news.at,
            counters: 'counters' in news ? news.counters : [],
          },
        }),
      });
    const isDouble = dice.chance(0.1);
    const isDown = dice.chance(0.1);
    const death: Death = dice.chance(0.05) ? 'before-sending' : dice.chance(0.05) ? 'before-remembering' : 'never';
    const runs = await Promise.all(
      (isDouble ? ['a', 'b'] : ['a']).map((name) =>
        tellOnce(store, find, { run: `${passed}${name}`, now, death, isDown }),
      ),
    );
    const isVisible = (limit: WorldLimit): boolean => known.has(limit) && !isLate(limit, now);
    ledger.check(organisation.limits.filter(isVisible), runs, death !== 'never', new Date(now).toISOString());
    const text = (await store.read())?.text ?? '{}';
    largest = Math.max(largest, text.length);
  }
  const memory = memorySchema.parse(JSON.parse((await store.read())?.text ?? '{}'));
  return { ledger, largest, marks: Object.keys(memory.marks).length };
}

const walks = effort('seeded months', 50, 500);

it(`every crossing is told once, in ${walks} months`, { timeout: 600_000 }, async () => {
  let told = 0;
  let doubled = 0;
  for (let seed = 1; seed <= walks; seed += 1) {
    const { ledger, largest } = await walk(seed);
    expect([seed, ledger.problems.slice(0, 5)]).toEqual([seed, []]);
    expect(largest).toBeLessThan(40_000);
    told += ledger.told;
    doubled += ledger.doubled;
  }
  // Something happens in them, and kills do show.
  expect(told).toBeGreaterThan(walks * 50);
  expect(doubled).toBeGreaterThan(0);
  expect(doubled).toBeLessThan(told / 10);
});
