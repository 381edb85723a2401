/** The order of lines, of files and of their names, and the number of threads, change no byte of any answer. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { dimsOf } from '../../src/backtest/adapt-rows.ts';
import { backtest, columnsOfAsked } from '../../src/backtest/backtest.ts';
import { parseLimitPhrase } from '../../src/backtest/limit-phrase.ts';
import { columnsOfRecommend, recommend } from '../../src/backtest/recommend.ts';
import { dayMilliseconds, dayOf } from '../../src/consumption/windows.ts';
import { describeFacts } from '../../src/logs/describe-facts.ts';
import { openDatabase } from '../../src/logs/duckdb.ts';
import { keepDays } from '../../src/logs/keep-days.ts';
import { openRows, type RowsNeeds } from '../../src/logs/open-rows.ts';
import type { RowsAsked } from '../../src/logs/row-batch.ts';
import { readRowSpend } from '../../src/logs/spend.ts';
import { readTopCalls } from '../../src/logs/top-calls.ts';
import { renderBacktestText } from '../../src/render/backtest.ts';
import { renderBacktestJson } from '../../src/render/backtest-document.ts';
import { renderRecommendJson } from '../../src/render/recommend.ts';
import { budgetOf } from '../backtest/build-limit.ts';
import { generateCalls } from '../helpers/call-rows.ts';
import { effort } from '../helpers/effort.ts';
import { makeFolder } from '../record/git-fixture.ts';

const signal = new AbortController().signal;
const count = 2_400;

/** Many at one instant, and ids that are there twice and say something else, in whatever is compared last. */
function hostileLines(): readonly string[] {
  const rows = [...generateCalls(count, 5)].flatMap(({ lines }) =>
    lines.map((line) => JSON.parse(line) as Record<string, unknown>),
  );
  for (const row of rows) row.created_at = String(row.created_at).replace(/\d\d:\d\d\.\d{3}Z/, '00:00.000Z');
  const others = [
    { cost: null },
    { cost: 0.123456789012345 },
    { cost: -1 },
    { cost: 3, cost_currency: 'EUR' },
    { cost: 3, cost_currency: 'SEK' },
    { ai_model: 'other' },
    { metadata: { _user: 'nobody' } },
    { total_units: 7 },
    { cache_status: 'HIT' },
    { response_status_code: 412, cost: 0 },
  ];
  const pairs = others.flatMap((one) => others.map((other) => [one, other]));
  const twice = pairs.flatMap((pair, at) => pair.map((change) => ({ ...rows[at], ...change })));
  // Of these ids no row has a cost that counts: the reasons alone tell them apart.
  const unpriced = rows
    .slice(pairs.length, 2 * pairs.length)
    .flatMap((row) => others.slice(0, 5).map((change) => ({ ...row, ...change })));
  const lines = [...twice, ...unpriced, ...rows.slice(2 * pairs.length)];
  return lines.map((row) => JSON.stringify(row));
}

/** The same for a seed. */
function shuffle<T>(list: readonly T[], seed: number): T[] {
  const shuffled = [...list];
  let state = seed;
  for (let at = shuffled.length - 1; at > 0; at -= 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (at + 1));
    [shuffled[at], shuffled[other]] = [shuffled[other] as T, shuffled[at] as T];
  }
  return shuffled;
}

/** @returns names of six files, in another order each time */
function writeShuffled(lines: readonly string[], seed: number, folder: string): string[] {
  const shuffled = seed === 0 ? lines : shuffle(lines, seed);
  const names = ['a.jsonl', 'b.jsonl.gz', 'c.jsonl', 'd.jsonl', 'e.jsonl.gz', 'f.jsonl'];
  for (const [at, name] of names.entries()) {
    const text = shuffled
      .filter((_, index) => index % names.length === at)
      .map((line) => `${line}\n`)
      .join('');
    writeFileSync(join(folder, name), name.endsWith('.gz') ? gzipSync(text) : text);
  }
  return shuffle(names, seed + 1);
}

/** All that commands print of rows, as text. */
async function answer(from: readonly string[], needs: RowsNeeds): Promise<Readonly<Record<string, string>>> {
  const open = (dims: readonly string[]) => openRows({ from, dims, workspaces: [] } satisfies RowsAsked, needs);
  const limits = ['per user 3 requests monthly alert 50%', '$1 weekly', 'per user 2 requests/hour', '2M tokens never'];
  const asked = { before: null, after: { label: 'proposed', limits: limits.map(parseLimitPhrase) }, counts: false };
  const rows = await open(dimsOf(columnsOfAsked(asked)));
  const facts = await backtest(asked, rows);
  await rows.close();
  const wanted = {
    limit: budgetOf(1, { per: ['metadata._user'], unit: 'cost', reset: 'monthly' }).limit,
    ...{ workspaces: [], limits: limits.slice(1).map(parseLimitPhrase) },
  };
  const source = await open(dimsOf(columnsOfRecommend(wanted)));
  const found = await recommend(wanted, source);
  await source.close();
  const spend = await readRowSpend(['day', 'model', 'user'], { from, workspaces: [] }, needs);
  const top = await readTopCalls('tokens', 500, { from, workspaces: [] }, needs);
  const write = (value: unknown) =>
    JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? String(one) : one));
  return {
    backtest: renderBacktestJson(facts),
    text: renderBacktestText(facts, { color: false, columns: 100 }),
    recommend: renderRecommendJson(found, []),
    spend: write([spend.groups, spend.total, describeFacts(spend.facts), spend.facts.cost]),
    top: write([top.calls, describeFacts(top.facts), top.facts.cost]),
  };
}

it('of lines, files and threads changes no byte, also of calls of one instant and ids that are there twice', {
  timeout: 300_000,
}, async () => {
  const lines = hostileLines();
  const folder = makeFolder();
  const one = await answer(writeShuffled(lines, 0, folder), { folder, signal, threads: 2 });
  expect(one.backtest).toContain('rows have an id that was there before');
  expect(one.spend).toContain('of them say something else');
  const orders = effort('orders of the same lines', 4, 40);
  for (let seed = 1; seed <= orders; seed += 1) {
    const other = makeFolder();
    const again = await answer(writeShuffled(lines, seed, other), { folder: other, signal, threads: 1 + (seed % 4) });
    for (const [name, text] of Object.entries(one)) expect([seed, name, again[name]]).toEqual([seed, name, text]);
  }
});

it('of the lines of an export changes no byte of the days that are kept of it', async () => {
  const lines = hostileLines().filter((line) => line.includes('"workspace_slug":"ws-team-00"'));
  expect(lines.length).toBeGreaterThan(200);
  const begin = Date.UTC(2026, 9, 1);
  const days = Array.from({ length: 31 }, (_, index) => dayOf(begin + index * dayMilliseconds));
  const keep = async (seed: number) => {
    const folder = makeFolder();
    const file = join(folder, 'export.jsonl');
    writeFileSync(file, `${(seed === 0 ? lines : shuffle(lines, seed)).join('\n')}\n`);
    const database = await openDatabase({ signal, threads: 1 + (seed % 4) });
    const window = { manifest: { fields: [], windows: [] }, days, askedAt: begin + 40 * dayMilliseconds, settles: 0 };
    const kept = await keepDays({ files: [file], isPacked: false, workspace: 'ws', ...window }, folder, database);
    await database.close();
    return kept;
  };
  const one = await keep(0);
  expect(Object.values(one.days).reduce((sum, day) => sum + day.duplicates, 0)).toBeGreaterThan(0);
  const orders = effort('orders of an export', 4, 20);
  for (let seed = 1; seed <= orders; seed += 1) {
    expect([seed, await keep(seed)]).toEqual([seed, one]);
  }
});
