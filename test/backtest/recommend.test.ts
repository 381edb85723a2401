import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recommend, refusedBy, smallestBeside } from '../../src/backtest/recommend.ts';
import { recommendedFiles } from '../../src/backtest/recommend-yaml.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import { renderRecommendJson, renderRecommendText } from '../../src/render/recommend.ts';
import { isBudgetLimit } from '../../src/resources/limit.ts';
import { generateCalls } from '../helpers/call-rows.ts';
import { effort } from '../helpers/effort.ts';
import { budgetOf, rateOf } from './build-limit.ts';
import { generateRows, october } from './generate-rows.ts';
import { sourceOf } from './source-of-rows.ts';

const style = { color: false, columns: Number.POSITIVE_INFINITY };
const org = 'version: 1\nkind: org\nenvironment: test\norganisation: 00000000-0000-0000-0000-000000000000\n';

const timeIn = (line: string) => /"created_at":"([^"]*)"/.exec(line)?.[1] ?? '';
const byTime = (a: string, b: string) => (timeIn(a) < timeIn(b) ? -1 : 1);

describe('recommend', () => {
  const rows = generateRows(6_000);
  const facts = { words: rows.words, columns: rows.columns, covered: october };

  it('recommends what stops nobody, or at most a hundredth, and what one cent or request less would stop', {
    timeout: 120_000,
  }, () => {
    const limit = fc.record({
      unit: fc.constantFrom('cost', 'tokens', 'requests'),
      reset: fc.constantFrom('monthly', 'weekly', 'never', 'every 3 days'),
      per: fc.constantFrom(['metadata._user'], ['workspace_id'], ['api_key'], ['metadata._user', 'model']),
      workspace: fc.constantFrom('ws-team-00', 'ws-team-01', 'ws-team-07'),
    });
    const rate = fc.record({
      unit: fc.constantFrom('requests', 'tokens'),
      window: fc.constantFrom('minute', 'hour', 'day', 'week'),
      per: fc.constantFrom(['metadata._user'], ['workspace_id'], ['api_key'], ['metadata._user', 'model']),
      workspace: fc.constantFrom('ws-team-00', 'ws-team-01', 'ws-team-07'),
    });
    const wanted = fc.oneof(
      limit.map((more) => budgetOf(1, more as never)),
      rate.map((more) => rateOf(1, more as never)),
    );
    const other = fc.oneof(
      fc.integer({ min: 1, max: 400 }).map((amount) => budgetOf(amount, { per: ['metadata._user'] })),
      fc.integer({ min: 20, max: 2_000 }).map((amount) => budgetOf(amount, { workspace: 'ws-team-00' })),
      fc.integer({ min: 1, max: 3 }).map((amount) => rateOf(amount, { window: 'hour', per: ['api_key'] })),
    );
    fc.assert(
      fc.property(wanted, fc.array(other, { maxLength: 2 }), (named, others) => {
        const found = smallestBeside(named, others, facts, rows.chunks);
        expect(found).not.toBeNull();
        if (found === null) return;
        const refused = (amount: number) => refusedBy(amount, named, others, facts, rows.chunks);
        const allowed = Math.floor(found.calls / 100);
        expect(refused(found.nobody)).toBe(0);
        if (found.nobody > 1) expect(refused(found.nobody - 1)).toBeGreaterThan(0);
        expect(refused(found.percent)).toBeLessThanOrEqual(allowed);
        if (found.percent > 1) expect(refused(found.percent - 1)).toBeGreaterThan(allowed);
      }),
      { numRuns: effort('recommendations, tried a cent below', 25, 300) },
    );
  });

  it('recommends as many requests in a window as somebody made at most, failed ones too', async () => {
    for (const [window, length] of [
      ['minute', 60_000],
      ['hour', 3_600_000],
      ['day', 86_400_000],
    ] as const) {
      const counted = new Map<string, number>();
      const before: number[] = [];
      for (const line of [...generateCalls(6_000)].flatMap(({ lines }) => lines).sort(byTime)) {
        const call = JSON.parse(line) as Readonly<Record<string, string>> & { metadata: { _user?: string } };
        const { workspace_slug: workspace, created_at: at = '', cache_status: cache } = call;
        if (workspace !== 'ws-team-00' || cache === 'HIT' || call.metadata._user === undefined) continue;
        const counter = `${call.metadata._user} ${Math.floor(Date.parse(at) / length)}`;
        before.push(counted.get(counter) ?? 0);
        counted.set(counter, (counted.get(counter) ?? 0) + 1);
      }
      const limit = rateOf(1, { per: ['metadata._user'], unit: 'requests', window }).limit;
      const { limits } = await recommend({ limit, workspaces: ['ws-team-00'], limits: [] }, sourceOf(rows));
      const refused = (amount: number) => before.filter((count) => count >= amount).length;
      const [{ nobody = 0, percent = 0, calls = 0 } = {}] = limits;
      expect([window, calls, nobody]).toEqual([window, before.length, Math.max(...counted.values())]);
      const allowed = Math.floor(before.length / 100);
      expect(refused(percent)).toBeLessThanOrEqual(allowed);
      if (percent > 1) expect(refused(percent - 1)).toBeGreaterThan(allowed);
    }
  });

  it('says of what figures lack, by what they count', async () => {
    const said = async (unit: 'cost' | 'tokens' | 'requests', isRate = false) => {
      const bound = { per: ['metadata._user'] };
      const limit =
        isRate && unit !== 'cost'
          ? rateOf(1, { ...bound, unit, window: 'minute' }).limit
          : budgetOf(1, { ...bound, unit, reset: 'monthly' }).limit;
      const cost = { missing: 1, otherCurrency: { EUR: 2 }, tooFine: 3, outOfRange: 4 };
      const source = sourceOf(rows, { cost, tokensMissing: 5, cacheUnknown: 6 });
      return (await recommend({ limit, workspaces: ['ws-team-00'], limits: [] }, source)).doubts.join(' ');
    };
    expect(await said('cost')).toBe('A lower bound: the cost of 10 of 6,000 calls is not known.');
    expect(await said('tokens')).toMatch(
      /^A lower bound: the tokens of 5 of 6,000 calls.* 6 of 6,000 calls do not say/,
    );
    expect(await said('requests')).toMatch(/^6 of 6,000 calls do not say whether a cache answered/);
    expect(await said('tokens', true)).toMatch(/^Rows do not hold the `max_tokens`/);
    expect(await said('requests', true)).not.toContain('max_tokens');
  });

  it('says of a workspace none of whose calls says what it cost that what it spent is not known', async () => {
    const place = rows.words.workspace?.indexOf('ws-team-00');
    const chunks = rows.chunks.map((chunk) => ({
      ...chunk,
      cost: chunk.cost.map((units, row) => (chunk.dims.workspace?.[row] === place ? Number.NaN : units)),
    }));
    const limit = budgetOf(1, { per: ['workspace_id'], unit: 'requests', reset: 'monthly' }).limit;
    const workspaces = ['ws-team-00', 'ws-team-01'];
    const found = await recommend({ limit, workspaces, limits: [] }, sourceOf({ ...rows, chunks }));
    expect(JSON.parse(renderRecommendJson(found, []))).toMatchObject({
      limits: [{ spent_cents: null }, { spent_cents: expect.any(Number) }],
    });
    const lines = renderRecommendText(found, [], style).split('\n');
    expect(lines.find((line) => line.startsWith('ws-team-00'))).toMatch(/^ws-team-00 +not known /);
    expect(lines.find((line) => line.startsWith('ws-team-01'))).toMatch(/^ws-team-01 +\$[\d.]+ /);
  });

  it('reads no row where none says what the limit counts', async () => {
    const limit = budgetOf(1, { unit: 'tokens' }).limit;
    const source = sourceOf(rows, { tokensMissing: 6_000 });
    const batches = () => {
      throw new Error('rows are read');
    };
    const { limits, notes } = await recommend(
      { limit, workspaces: ['ws-team-00'], limits: [] },
      { ...source, batches },
    );
    expect(limits).toEqual([]);
    expect(notes).toContain(
      'ws-team-00: a limit per workspace_id counts tokens, and no row says how many its call took.',
    );
  });

  it('writes YAML that the files take as it is', async () => {
    const per = ['metadata._user'];
    for (const limit of [
      ...(['cost', 'tokens', 'requests'] as const).map((unit) => budgetOf(1, { per, unit, reset: 'monthly' }).limit),
      ...(['tokens', 'requests'] as const).flatMap((unit) =>
        (['minute', 'hour', 'day', 'week'] as const).map((window) => rateOf(1, { per, unit, window }).limit),
      ),
    ]) {
      const asked = {
        limit,
        workspaces: ['ws-team-00', 'ws-team-39'],
        limits: [],
      } as const;
      const found = await recommend(asked, sourceOf(rows));
      for (const mayStop of ['nobody', 'percent'] as const) {
        const files = recommendedFiles(found, mayStop);
        expect(files.map(({ workspace }) => workspace)).toEqual(['ws-team-00', 'ws-team-39']);
        const compiled = compilePolicies([
          { path: 'org.yaml', text: org },
          ...files.map(({ workspace, text }) => ({ path: `workspaces/${workspace}.yaml`, text })),
        ]);
        expect(compiled.diagnostics).toEqual([]);
        expect(compiled.desired?.entries.map(({ kind, fields }) => [kind, fields.amount ?? fields.value])).toEqual(
          found.limits.map((one) => [limit.kind, one[mayStop]]),
        );
        const periods = compiled.desired?.entries.map(({ fields }) => fields.window ?? fields.reset);
        expect(new Set(periods)).toEqual(new Set([isBudgetLimit(limit) ? 'monthly' : limit.window]));
      }
    }
  });

  it('tells limits that are too wide from those that fit', async () => {
    const budget = (amount: number, workspace: string) =>
      budgetOf(amount, { workspace, name: 'users', per: ['metadata._user'] });
    const asked = {
      limit: budgetOf(1, { per: ['metadata._user'], unit: 'cost', reset: 'monthly' }).limit,
      workspaces: [],
      limits: [budget(100_000, 'ws-team-00'), budget(1, 'ws-team-01')],
    };
    const found = await recommend(asked, sourceOf(rows));
    expect(found.limits.slice(0, 3).map(({ state }) => state)).toEqual(['too wide', 'stops calls', 'no limit']);
    const files = recommendedFiles(found, 'nobody');
    expect(files.map(({ workspace }) => workspace)).not.toContain('ws-team-01');
    const [, , third] = found.limits;
    const limits = [budget(third?.nobody ?? 0, 'ws-team-02')];
    const fitting = await recommend({ ...asked, limits, workspaces: ['ws-team-02'] }, sourceOf(rows));
    expect(fitting.limits.map(({ state }) => state)).toEqual(['fits']);
    expect(recommendedFiles(fitting, 'nobody')).toEqual([]);
    expect(renderRecommendText(found, files.slice(0, 1), style)).toContain('refuses');
    expect(JSON.parse(renderRecommendJson(found, files)).limits[0]).toMatchObject({
      state: 'too wide',
      other_limits: 0,
    });
  });
});
