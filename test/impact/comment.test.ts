/** The impact block in the pull-request comment and in markdown: complete, escaped, and dropped whole when there is no room. */

import { describe, expect, it } from 'vitest';
import type { CounterImpact, Impact, LimitImpact } from '../../src/impact/document.ts';
import type { Plan } from '../../src/plan/types.ts';
import { renderComment } from '../../src/render/comment.ts';
import { commentBytes } from '../../src/render/fit-sections.ts';
import { renderPlanMarkdown } from '../../src/render/plan.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile, startWorld, workspaceFile } from '../helpers/world.ts';

const hostile = '@everyone](http://evil.example.com) <script>alert(1)</script> | `x` ![y](z)';

function limit(blocked: readonly CounterImpact[]): LimitImpact {
  const use = { as_of: '2026-11-20T12:00:00.000Z', source: 'service', counters: 2, total: '900' } as const;
  return {
    unit: 'cost',
    before: { amount: '50000', reset: 'monthly', per_30_days: '50000', next_reset: '2026-12-01T00:00:00.000Z' },
    after: { amount: '30000', reset: 'monthly', per_30_days: '30000', next_reset: '2026-12-01T00:00:00.000Z' },
    delta_per_30_days: '-20000',
    shared_by: ['metadata._user'],
    counter: 'kept',
    use: {
      status: 'known',
      ...use,
      largest: blocked[0] ?? null,
      blocked: { count: blocked.length, largest: [...blocked] },
      freed: { count: 0, largest: [] },
      in_doubt: null,
      may_stay_blocked: false,
    },
    forecast: { status: 'unknown', reason: hostile },
    forgiven: null,
    binds: null,
    unjudged: [],
    mail: { to: [], at_once: false },
  };
}

const sum = { bounded: 1, at_most: '0', partly: 0, unbounded: 0, unknown: 0 };

async function planWith(count: number, blocked: readonly CounterImpact[]): Promise<Plan> {
  const names = Array.from({ length: count }, (_, index) => `spend-${index}`);
  const entries = names.map((name) => `  ${name}:\n    budget: $300\n    reset: monthly\n    per: metadata._user\n`);
  const world = await startWorld({ state: smallState() });
  try {
    const files = { 'org.yaml': orgFile(), 'a.yaml': workspaceFile('ws-team-a', `policies:\n${entries.join('')}`) };
    const plan = await world.planOk(files);
    const impact: Impact = {
      as_of: '2026-11-20T12:00:00.000Z',
      people: 'names',
      doubt: null,
      changes: plan.changes.map(({ id }) => ({ id, limits: [limit(blocked)] })),
      workspaces: [
        {
          workspace: 'ws-team-a',
          before: { kind: 'bounded', cents: '50000', by: 'spend' },
          after: { kind: 'unbounded', cents: null, by: null },
          delta: null,
          unjudged: null,
        },
      ],
      organisation: {
        before: { cents: '50000', ...sum },
        after: { cents: '0', ...sum, bounded: 0, unbounded: 1 },
        delta: null,
      },
    };
    return { ...plan, impact };
  } finally {
    await world.close();
  }
}

const header = { environment: 'production', head: 'a'.repeat(40), run: 7, attempt: 1, record: null, at: '' };
const links = { repository: 'https://github.com/example/budgets', run: 'https://github.com/example/budgets/runs/7' };
const comment = (plan: Plan): string =>
  renderComment({ state: 'planned', plan, diagnostics: [], remark: null }, header, links);

const user = (name: string): CounterImpact => ({ name, used: '45000', percent_before: 90, percent_after: 150 });

describe('impact in the comment', () => {
  it('says above the tables what is committed and how many are blocked', async () => {
    const body = comment(await planWith(1, [user('metadata._user:ada')]));
    const [first = '', ...rest] = body.split('\n').slice(3);
    expect(first).toContain('### tollgate plan · production: ');
    expect(first).toContain('$500 → **unbounded** / 30 days');
    const people = rest.findIndex((line) =>
      line.includes('🛑 **Stopped at once**: user ada ($450) of ws-team-a is refused until Tue 1 Dec by spend-0'),
    );
    expect(people).toBeGreaterThan(-1);
    expect(people).toBeLessThan(rest.findIndex((line) => line.startsWith('| ')));
    expect(body).toContain('🛑 **stops** user ada ($450)');
    // In full, folded.
    expect(body).toContain('$500 → $300 monthly, -$200 / 30 days');
    expect(body).toContain('$450, 90% → over $300');
    expect(body).toContain('as of 2026-11-20 12:00 UTC');
  });

  it('values that the service names change nothing but themselves, in markdown too', async () => {
    const plan = await planWith(1, [user(`metadata._user:${hostile}`)]);
    for (const body of [comment(plan), renderPlanMarkdown(plan)]) {
      for (const part of ['@everyone', '<script>', '](http:', '`x`', '![y]']) expect(body).not.toContain(part);
      expect(body).toContain('everyone');
      // Rows keep their columns.
      const rows = body.split('\n').filter((line) => line.includes('everyone') && line.startsWith('|'));
      expect(rows.map((line) => line.split(' | ').length)).toEqual(rows.map(() => 4));
    }
  });

  it('is dropped whole, with a count, where a large plan leaves no room', async () => {
    const body = comment(await planWith(600, [user('metadata._user:ada')]));
    expect(Buffer.byteLength(body, 'utf8')).toBeLessThanOrEqual(commentBytes);
    // Whom it stops is in no part that is left out.
    expect(body).toContain('🛑 **Stopped at once**: 600 counters by 600 limits.');
    expect(body).toMatch(/… and \d+ more lines that do not fit here/);
    for (const line of body.split('\n').filter((text) => text.startsWith('|'))) expect(line.endsWith('|')).toBe(true);
  });

  it('is not there where it was not read', async () => {
    const plan = await planWith(1, []);
    for (const body of [comment({ ...plan, impact: null }), renderPlanMarkdown({ ...plan, impact: null })]) {
      expect(body).not.toMatch(/impact in full|Committed|used now/);
      expect(body).toContain('What this does to people and money was not looked at.');
    }
  });
});
