import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { backtest } from '../../src/backtest/backtest.ts';
import { parseLimitPhrase } from '../../src/backtest/limit-phrase.ts';
import { fraction, zero } from '../../src/exact.ts';
import { formatSpent } from '../../src/impact/money.ts';
import { rowFlags, unitsPerCent } from '../../src/logs/row-batch.ts';
import { renderBacktestText } from '../../src/render/backtest.ts';
import { renderBacktestJson } from '../../src/render/backtest-document.ts';
import { backtestSchema } from '../../src/render/documents/backtest.ts';
import { moneyOf } from '../../src/render/money.ts';
import { renderBacktestPage } from '../../src/render/page/backtest-page.ts';
import { buildBacktestView } from '../../src/render/view/backtest-view.ts';
import { generateRows } from './generate-rows.ts';
import { sourceOf } from './source-of-rows.ts';

const rows = generateRows(30_000);
const style = { color: false, columns: Number.POSITIVE_INFINITY };

async function ask(...phrases: string[]) {
  return backtest(
    { before: null, after: { label: 'proposed', limits: phrases.map(parseLimitPhrase) }, counts: false },
    sourceOf(rows),
  );
}

describe('backtest', () => {
  it('says what a limit would have done', async () => {
    const facts = await ask('per user $2 monthly alert 80%');
    expect(renderBacktestText(facts, style)).toMatchInlineSnapshot(`
      "2026-10-01 00:06 UTC to 2026-10-31 23:59 UTC · 30,000 rows, 27,375 in scope · 0 files

      per user $2 monthly alert 80%
        limit          $2 monthly per metadata._user
        refused        643 of 27,375 calls (2.3 %) · $2.35 of $126.61
        blocked        3 of 6,590 users · first: user-00000@example.com (ws-team-00), 2026-10-16 10:14 UTC
        alert          $1.60: 4 users; first 2026-10-13 16:47 UTC
        failed anyway  3.6 % of the refused
        stops nobody   $3.61 · at most 1 % of calls: $2.63

      who                                  blocked since         days  calls  dollars  alert at
      user-00000@example.com (ws-team-00)  2026-10-16 10:14 UTC    16    420    $1.60  2026-10-13 16:47 UTC
      user-00040@example.com (ws-team-00)  2026-10-23 16:09 UTC     9    112    $0.40  2026-10-19 13:53 UTC
      user-00023@example.com (ws-team-01)  2026-10-24 12:03 UTC     8    111    $0.35  2026-10-20 17:42 UTC

      - 1,162 of 30,000 calls say nothing of user.
      - Nobody reacts: the calls are those that were made. Who is refused may try again, wait, or use another key.
      "
    `);
    expect(backtestSchema.parse(JSON.parse(renderBacktestJson(facts))).limits).toHaveLength(1);
  });

  it('never says that a limit refuses none of no calls: of no rows, of a workspace, or of a condition that none meets', async () => {
    const { workspace: _, ...unnamed } = rows.words;
    const none = { ...rows, chunks: [] };
    for (const [source, phrase, said] of [
      [none, '$20 monthly', 'there are no rows'],
      [none, 'per user $20 monthly', 'there are no rows'],
      [none, '5 requests/minute in ws-team-00', 'there are no rows'],
      [rows, '$20 monthly in ws-nobody', 'and no row is'],
    ] as const) {
      const asked = { before: null, after: { label: 'files', limits: [parseLimitPhrase(phrase)] }, counts: false };
      const facts = await backtest(asked, sourceOf(source));
      expect(renderBacktestText(facts, style), phrase).toMatch(new RegExp(`^Not replayed: .*${said}`));
      const document = backtestSchema.parse(JSON.parse(renderBacktestJson(facts)));
      expect([document.limits, document.refused], phrase).toEqual([[], { before: null, after: null }]);
    }
    const facts = await ask('$20 monthly for user nobody@example.com', '$5 monthly per api_key');
    expect(renderBacktestText(facts, style)).not.toMatch(/none of 0/);
    expect(renderBacktestText(facts, style)).toMatch(/refused +no call of these logs is in its scope/);
    const [effect] = facts.limits;
    expect(effect?.after?.checked).toBe(0);
    expect(buildBacktestView(facts).limits.map(({ line }) => line)).toEqual([
      'no call of these logs is in its scope: whom it would have refused is not known',
      expect.stringContaining('would have refused'),
    ]);
    // Rows without a workspace are not known to be of one.
    const loose = await backtest(
      { before: null, after: { label: 'files', limits: [parseLimitPhrase('$20 monthly')] }, counts: false },
      sourceOf({ ...rows, words: unnamed }),
    );
    expect(renderBacktestText(loose, style)).toContain(
      'These rows do not say their workspace: all are taken to be of one.',
    );
  });

  it('says no sum of money where no row says what its call cost: not in text, not on the page, null in JSON', async () => {
    const free = {
      ...rows,
      chunks: rows.chunks.map((chunk) => ({ ...chunk, cost: chunk.cost.map(() => Number.NaN) })),
    };
    const cost = { missing: 30_000, otherCurrency: {}, tooFine: 0, outOfRange: 0 };
    const limits = ['per user 10 requests/day', '$5 monthly'].map(parseLimitPhrase);
    const asked = { before: null, after: { label: 'proposed', limits }, counts: false };
    const facts = await backtest(asked, sourceOf(free, { cost }));
    const text = renderBacktestText(facts, style);
    expect(text).toMatch(/refused +[\d,]+ of [\d,]+ calls \([\d.]+ %\) · cost not known/);
    for (const shown of [text, renderBacktestPage(facts)]) expect(shown).not.toMatch(/\$0(?!\.)|\$0\.00/);
    const json = renderBacktestJson(facts);
    expect(json).not.toMatch(/cents":\s*"?0|"usd":\s*"/);
    const { rows: told, limits: effects, refused } = backtestSchema.parse(JSON.parse(json));
    expect(told).toMatchObject({ cents: null, usd: null, cost_unknown: 30_000 });
    expect(refused.after).toMatchObject({ cents: null, usd: null });
    expect(effects[0]?.after?.refused.calls).toBeGreaterThan(0);
    expect(effects[0]?.after?.days[0]).toMatchObject({ cents: null });
  });

  it('says dollars of the calls in scope beside calls in scope, for each side its own', async () => {
    const phrases = ['per user $2 monthly', '$5 monthly in ws-team-00'];
    const [wide, narrow] = phrases.map(parseLimitPhrase);
    if (wide === undefined || narrow === undefined) throw new Error('no limits');
    const asked = {
      before: { label: 'main', limits: [wide] },
      after: { label: 'files', limits: [narrow] },
      counts: false,
    };
    const facts = await backtest(asked, sourceOf(rows));
    const spentOn = (isOne: (dims: Record<string, number>, flags: number) => boolean): bigint =>
      rows.chunks.reduce((sum, { count, cost, dims, flags }) => {
        let all = sum;
        for (let row = 0; row < count; row++) {
          const codes = Object.fromEntries(Object.entries(dims).map(([name, list]) => [name, list?.[row] ?? -1]));
          if (isOne(codes, flags[row] ?? 0) && !Number.isNaN(cost[row])) all += BigInt(cost[row] ?? 0);
        }
        return all;
      }, 0n);
    const isHit = (flags: number): boolean => (flags & rowFlags.cacheHit) !== 0;
    const workspace = rows.words.workspace?.indexOf('ws-team-00') ?? -1;
    const expected = [
      spentOn((dims, flags) => !isHit(flags) && (dims['metadata._user'] ?? -1) >= 0),
      spentOn((dims, flags) => !isHit(flags) && dims.workspace === workspace),
    ].map((units) => fraction(units, BigInt(unitsPerCent)));
    expect([facts.together.before?.checkedMoney, facts.together.after?.checkedMoney]).toEqual(expected);
    for (const { before, after } of facts.limits) {
      for (const effect of [before, after]) {
        if (effect === null) continue;
        const side = effect === before ? facts.together.before : facts.together.after;
        expect([effect.checked, effect.checkedMoney]).toEqual([side?.checked, side?.checkedMoney]);
      }
    }
    const document = backtestSchema.parse(JSON.parse(renderBacktestJson(facts)));
    expect(document.refused.after).toMatchObject({ checked_calls: facts.together.after?.checked });
    const [, all = zero] = expected;
    expect(renderBacktestText(facts, style)).toContain(` of ${formatSpent(all, 'cost')}`);
    expect(document.refused.after?.checked.exact_cents).toBe(moneyOf(all).exact_cents);
  });

  it('says no sum of money of refused calls none of which says its cost, where others do', async () => {
    const workspace = rows.words.workspace?.indexOf('ws-team-00') ?? -1;
    const partly = {
      ...rows,
      chunks: rows.chunks.map((chunk) => ({
        ...chunk,
        cost: chunk.cost.map((units, row) => (chunk.dims.workspace?.[row] === workspace ? Number.NaN : units)),
      })),
    };
    const limits = ['5 requests/day in ws-team-00', '5 requests/day in ws-team-01'].map(parseLimitPhrase);
    const asked = { before: null, after: { label: 'proposed', limits }, counts: false };
    const facts = await backtest(asked, sourceOf(partly));
    const [unpriced, priced] = backtestSchema.parse(JSON.parse(renderBacktestJson(facts))).limits;
    expect(unpriced?.after?.refused.calls).toBeGreaterThan(0);
    const unknown = { cents: null, exact_cents: null, usd: null };
    for (const one of [unpriced?.after?.refused, unpriced?.after?.checked]) expect(one).toMatchObject(unknown);
    for (const one of [...(unpriced?.after?.days ?? []), ...(unpriced?.after?.blocked ?? [])]) {
      expect(one).toMatchObject(unknown);
    }
    expect(priced?.after?.refused.usd).toMatch(/^\$\d/);
    const [, seen] = buildBacktestView(facts).limits;
    expect(seen?.line).toMatch(/, \$\d/);
    const [line] = buildBacktestView(facts).limits.map((limit) => limit.line);
    expect(line).toContain('cost not known');
    const text = renderBacktestText(facts, style);
    const [, own = ''] = /^5 requests\/day in ws-team-00[^\n]*\n((?: .*\n|\n)*?)^5 requests/m.exec(text) ?? [];
    expect(own).not.toMatch(/\$0/);
    const { document } = parseHTML(renderBacktestPage(facts));
    expect(document.querySelector('#days-1, [id^="days-1"]')).toBeNull();
    expect(document.toString()).toContain('days-2');
  });

  it('says a reason once, with the limits that it is the reason of by name', async () => {
    const { api_key: _, ...words } = rows.words;
    const phrases = [
      'per api_key $20 monthly',
      '$5 monthly for api_key x in ws-team-00',
      '9 requests/minute per prompt',
    ];
    const asked = { before: null, after: { label: 'files', limits: phrases.map(parseLimitPhrase) }, counts: false };
    const facts = await backtest(asked, sourceOf({ ...rows, words }));
    const [prompt, keys, names] = renderBacktestText(facts, style).split('\n\n');
    expect(keys).toMatch(/^Not replayed: 2 limits; each goes by API key, which an export does not hold/);
    expect(names?.split('\n')).toEqual([
      '  per api_key $20 monthly, $20 monthly per api_key',
      '  $5 monthly for api_key x in ws-team-00 (ws-team-00), $5 monthly, for api_key x',
    ]);
    expect(prompt).toBe(
      'Not replayed: 9 requests/minute per prompt: it goes by prompt, of which no row says anything.',
    );
    const { document } = parseHTML(renderBacktestPage(facts));
    expect([...document.querySelectorAll('li')].map((item) => item.textContent?.slice(0, 14))).toEqual([
      'per api_key $2',
      '$5 monthly for',
    ]);
  });

  it('says of a window that began before the oldest row that nothing is known of its beginning', async () => {
    const doubt = /^ *Rows begin on .*, within a window that began on .*: what was used before is not in it\./m;
    // 1 October 2026 is a Thursday; policies count weeks from Monday.
    for (const [phrase, isCutOff] of [
      ['$20 monthly', false],
      ['$20 weekly', true],
      ['$20 every 5 days', false],
      ['9 requests/minute', false],
    ] as const) {
      const { limits } = await ask(phrase);
      expect(
        limits.map(({ after }) => after?.doubts.some((one) => doubt.test(one))),
        phrase,
      ).toEqual([isCutOff]);
    }
    const late = {
      ...rows,
      chunks: rows.chunks.map((chunk) => ({ ...chunk, time: chunk.time.map((at) => at + 86_400_000) })),
    };
    const asked = { before: null, after: { label: 'files', limits: [parseLimitPhrase('$20 monthly')] }, counts: false };
    expect(renderBacktestText(await backtest(asked, sourceOf(late)), style)).toMatch(doubt);
  });
});
