/** Prices that moved: told once to whom asked, with what it does to the budget, and not lost while a channel is down. */

import { describe, expect, it } from 'vitest';
import { judgeLimit, type LiveLimit } from '../../src/consumption/limit-status.ts';
import { exactOf, fraction } from '../../src/exact.ts';
import { findDueEvents } from '../../src/notify/due-events.ts';
import { lookAtPrices } from '../../src/notify/due-prices.ts';
import { emptyMemory, type Memory } from '../../src/notify/memory.ts';
import { createWatcher } from '../../src/notify/watched.ts';
import type { ModelPrice } from '../../src/prices/types.ts';
import type { AlertSettings } from '../../src/resources/alert-settings.ts';

const now = Date.UTC(2026, 10, 11);
const model = '@openai/gpt-4o';

/** $100 a month, $30 of it used in ten days. */
function limit(over: Partial<LiveLimit> = {}) {
  const facts: LiveLimit = {
    kind: 'usage-policy',
    field: 'amount',
    amount: 10_000,
    match: [{ key: 'model', any: [model], except: [] }],
    per: ['workspace_id'],
    target: 'llm',
    unit: 'cost',
    reset: 'monthly',
    alert: null,
    workspace: 'ws-a',
    id: 'p1',
    name: 'spend',
    nextReset: null,
    lastReset: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: null,
    verdict: null,
    usage: {
      known: true,
      counters: [{ valueKey: null, used: exactOf(3_000), verdict: null }],
      source: 'reported',
      asOf: now,
    },
    ...over,
  };
  return judgeLimit(facts, null, now);
}

/** Dollars a million tokens; null: not known. */
const priced =
  (input: number | null, output: number) =>
  (name: string): ModelPrice => ({
    model: name,
    kind: input === null ? 'unknown' : 'priced',
    tokens: input === null ? [] : [{ input: cents(input), output: cents(output), where: null }],
    why: null,
    notes: [],
    suggestion: null,
    provenance: null,
  });
const cents = (dollars: number) => fraction(BigInt(Math.round(dollars * 100)), 1_000_000n);

const settings: AlertSettings = {
  channels: { desk: { type: 'slack', host: 'hooks.slack.com', url_env: 'TOLLGATE_NOTIFY_SLACK' } },
  places: { organisation: { also: ['prices'] } },
};
const workspaces = [{ id: 'w', slug: 'ws-a', entries: [] }];
const words = { environment: 'production', counts: false, now };

function look(memory: Memory, priceOf: (name: string) => ModelPrice, limits = [limit()], said = settings) {
  const watcher = createWatcher(said, { workspaces });
  const found = lookAtPrices(limits, priceOf, watcher, memory, words);
  const due = findDueEvents({
    groups: found.groups,
    complete: new Set(),
    channels: said.channels,
    memory,
    environment: 'production',
  });
  return { ...found, tellings: due.tellings, memory: { ...memory, prices: found.prices ?? memory.prices } as Memory };
}

const first = look(emptyMemory, priced(2.5, 10));

describe('a price', () => {
  it('that is seen for the first time is remembered and not told', () => {
    expect(first.tellings).toEqual([]);
    expect(Object.values(first.prices ?? {})).toEqual([[250, 1000]]);
    expect(JSON.stringify(first.prices)).not.toContain('gpt');
    expect(look(first.memory, priced(2.5, 10))).toMatchObject({ tellings: [], prices: undefined });
  });

  it('that moved is told with its effect until somebody was told, and then remembered', () => {
    const moved = look(first.memory, priced(5, 20));
    expect(moved.tellings).toHaveLength(1);
    expect(moved.tellings[0]?.message).toMatchObject({ kind: 'price-moved', title: '1 price moved (ws-a)' });
    expect(moved.tellings[0]?.message.paragraphs[0]).toBe(
      '@openai/gpt-4o: $2.5 / $10 → $5 / $20 a million tokens (input / output); spend lasts until its reset, at the new price runs out Sun 2026-11-22 (3 parts of input to 1 of output)',
    );
    // Nobody was told yet: the next run sees it again.
    expect(moved.prices).toBeUndefined();
    expect(look(moved.memory, priced(5, 20)).tellings).toHaveLength(1);
    const [telling] = moved.tellings;
    const marks = Object.fromEntries(
      (telling?.marks ?? []).map(({ key, mark }) => [key, { ...mark, at: now, m: 'x' }]),
    );
    const after = look({ ...first.memory, marks }, priced(5, 20));
    expect(after.tellings).toEqual([]);
    expect(Object.values(after.prices ?? {})).toEqual([[500, 2000]]);
    // And back.
    expect(look(after.memory, priced(2.5, 10)).tellings).toHaveLength(1);
  });

  it('that cannot be read has not moved', () => {
    expect(look(first.memory, priced(null, 0))).toMatchObject({ tellings: [], prices: undefined });
  });

  it.each([
    ['tokens', limit({ unit: 'tokens' })],
    ['all models', limit({ match: 'all' })],
  ])('is nothing to a budget of %s', (_what, other) => {
    expect(look(first.memory, priced(5, 20), [other]).tellings).toEqual([]);
  });

  it('is told to nobody who did not ask', () => {
    expect(look(first.memory, priced(5, 20), [limit()], { ...settings, places: {} }).tellings).toEqual([]);
  });
});
