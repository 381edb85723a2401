import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recommend, refusedBy, smallestBeside, wantedLimit } from '../../src/backtest/recommend.ts';
import { recommendedFiles } from '../../src/backtest/recommend-yaml.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import { renderRecommendJson, renderRecommendText } from '../../src/render/recommend.ts';
import { effort } from '../helpers/effort.ts';
import { budgetOf, rateOf } from './build-limit.ts';
import { generateRows } from './generate-rows.ts';
import { sourceOf } from './source-of-rows.ts';

const style = { color: false, columns: Number.POSITIVE_INFINITY };
const org = 'version: 1\nkind: org\nenvironment: test\norganisation: 00000000-0000-0000-0000-000000000000\n';

describe('recommend', () => {
  const rows = generateRows(6_000);
  const facts = { words: rows.words, columns: rows.columns, covered: null };

  it('recommends what stops nobody, or at most a hundredth, and what one cent less would stop', {
    timeout: 120_000,
  }, () => {
    const limit = fc.record({
      unit: fc.constantFrom('cost', 'tokens', 'requests'),
      reset: fc.constantFrom('monthly', 'weekly', 'never', 'every 3 days'),
      per: fc.constantFrom(['metadata._user'], ['workspace_id'], ['api_key'], ['metadata._user', 'model']),
      workspace: fc.constantFrom('ws-team-00', 'ws-team-01', 'ws-team-07'),
    });
    const other = fc.oneof(
      fc.integer({ min: 1, max: 400 }).map((amount) => budgetOf(amount, { per: ['metadata._user'] })),
      fc.integer({ min: 20, max: 2_000 }).map((amount) => budgetOf(amount, { workspace: 'ws-team-00' })),
      fc.integer({ min: 1, max: 3 }).map((amount) => rateOf(amount, { window: 'hour', per: ['api_key'] })),
    );
    fc.assert(
      fc.property(limit, fc.array(other, { maxLength: 2 }), (more, others) => {
        const named = budgetOf(1, more as never);
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

  it('writes YAML that the files take as it is', async () => {
    for (const unit of ['cost', 'tokens', 'requests'] as const) {
      const asked = {
        limit: wantedLimit({ per: ['metadata._user'], unit, reset: 'monthly' }),
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
        expect(compiled.desired?.entries.map(({ fields }) => fields.amount)).toEqual(
          found.limits.map((one) => one[mayStop]),
        );
      }
    }
  });

  it('tells limits that are too wide from those that fit', async () => {
    const budget = (amount: number, workspace: string) =>
      budgetOf(amount, { workspace, name: 'users', per: ['metadata._user'] });
    const asked = {
      limit: wantedLimit({ per: ['metadata._user'], unit: 'cost', reset: 'monthly' }),
      workspaces: [],
      limits: [budget(100_000, 'ws-team-00'), budget(1, 'ws-team-01')],
    };
    const found = await recommend(asked, sourceOf(rows));
    expect(found.limits.slice(0, 3).map(({ state }) => state)).toEqual(['too wide', 'stops calls', 'no limit']);
    const files = recommendedFiles(found, 'nobody');
    expect(files.map(({ workspace }) => workspace)).not.toContain('ws-team-01');
    expect(renderRecommendText(found, files.slice(0, 1), style)).toContain('refuses');
    expect(JSON.parse(renderRecommendJson(found, files)).limits[0]).toMatchObject({
      state: 'too wide',
      other_limits: 0,
    });
  });
});
