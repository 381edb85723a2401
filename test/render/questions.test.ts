/** What somebody new asked of a plan that they read for the first time, answered by the plan. */

import { describe, expect, it } from 'vitest';
import type { CommittedImpact, RemovedImpact } from '../../src/impact/document.ts';
import type { Finding, Plan, Violation } from '../../src/plan/types.ts';
import { escapeProse } from '../../src/render/escape-markdown.ts';
import { renderHeadline, renderPlanHtml, renderPlanMarkdown, renderPlanText } from '../../src/render/plan.ts';
import { uuid } from '../helpers/state.ts';
import { entry, planOf, policyObject, recordAfter } from '../plan/kit.ts';
import { comment, limitOf, reset, withImpact } from './impact-kit.ts';

const text = (plan: Plan, verbose = false): string =>
  renderPlanText(plan, { color: false, columns: 120 }, { verbose, hasNext: true });
/** A live policy of $500 a month for each key, and what the files make of it. */
function moved(amount: string | null, live: Parameters<typeof policyObject>[1] = {}): Plan {
  const written = (dollars: string): string => entry('spend').replace('$500', dollars);
  return planOf({
    body: amount === null ? '' : `policies:\n${written(amount)}`,
    live: [policyObject(uuid(42), { name: 'spend', ...live })],
    record: recordAfter({
      body: `policies:\n${entry('spend')}`,
      live: [policyObject(uuid(42), { name: 'spend' })],
    }),
  });
}

const objection = (guard: Violation['guard'], allow: string | null): Violation => ({
  guard,
  count: 1,
  details: ['stops somebody'],
  severity: 'error',
  allow,
  lifted: false,
});

const bounded = (cents: string, by: string): CommittedImpact => ({ kind: 'bounded', cents, by });

describe('what to do next', () => {
  const word = `blocks-now=1@${'a'.repeat(32)}`;
  const raised = moved('$750');
  const states: readonly [string, Plan, RegExp, RegExp][] = [
    ['nothing is in the way', raised, /merge it, then tollgate apply\./, /review it, then merge it\./],
    [
      'a word lifts what is',
      { ...raised, violations: [objection('blocks-now', word)] },
      /change the files; or, if it is meant, review and merge it first, then apply with the line above/,
      /change the files; or, if it is meant, an approving review that says the lines above, then the merge\./,
    ],
    [
      'no word does',
      { ...raised, violations: [objection('protected', null), objection('blocks-now', word)] },
      /change the files and plan again, as no word lifts protected\./,
      /change the files and plan again, as no word lifts protected\./,
    ],
    [
      'all of it is withheld',
      { ...raised, changes: [], withheld: raised.changes },
      /nothing is to be applied\./,
      /nothing is to be applied\./,
    ],
  ];
  it.each(states)('is said in every format where %s', async (_, plan, byCommand, byReview) => {
    const flat = (shown: string): string => shown.replace(/\s+/g, ' ');
    const next = (mark: string, way: RegExp): RegExp => new RegExp(`${mark} ${way.source}`);
    expect(flat(text(plan))).toMatch(next('Next:', byCommand));
    expect(renderPlanMarkdown(plan, true)).toMatch(next('\\*\\*Next:\\*\\*', byCommand));
    expect(await renderPlanHtml(plan)).toMatch(next('<strong>Next:</strong>', byCommand));
    expect(renderHeadline(plan)).toMatch(next('Next:', byCommand));
    expect(comment(plan)).toMatch(next('\\*\\*Next:\\*\\*', byReview));
  });

  it('is not said where the plan is being carried out', () => {
    expect(renderPlanText(raised, { color: false, columns: 120 }, { verbose: false })).not.toContain('Next:');
    expect(renderPlanMarkdown(raised)).not.toContain('Next:');
  });
});

describe('money', () => {
  const organisation = {
    before: { cents: '150000', bounded: 2, at_most: '0', partly: 0, unbounded: 0, unknown: 0 },
    after: { cents: '125000', bounded: 1, at_most: '0', partly: 0, unbounded: 1, unknown: 0 },
    delta: null,
  };

  it('of a budget for each key is the product that it is', () => {
    const after: CommittedImpact = { ...bounded('150000', 'spend'), times: { count: 6, each: '25000' } };
    const workspaces = [
      { workspace: 'ws-team-a', before: bounded('300000', 'cap'), after, delta: '-150000', unjudged: null },
    ];
    const plan = withImpact(moved('$250'), limitOf(), { workspaces });
    expect(text(plan)).toContain('$3,000 → $1,500 (6 keys × $250) (-$1,500), by cap → spend');
    expect(comment(plan)).toContain('$3,000 → **$1,500 (6 keys × $250)** (-$1,500)');
  });

  it('that is bounded no longer is in no difference, and named beside it', () => {
    const unbounded: CommittedImpact = { kind: 'unbounded', cents: null, by: null };
    const workspaces = [
      { workspace: 'ws-team-a', before: bounded('25000', 'spend'), after: unbounded, delta: null, unjudged: null },
    ];
    const plan = withImpact(moved(null), limitOf({ after: null, counter: 'gone' }), { workspaces, organisation });
    expect(text(plan)).toContain('$1,500 → $1,250 and unbounded in 1 workspace (unbounded now: Team A)');
  });

  it('that another limit decides is told apart from that of the limit alone', () => {
    const same = bounded('25000', 'old-trial');
    const workspaces = [{ workspace: 'ws-team-a', before: same, after: same, delta: '0', unjudged: null }];
    const shown = text(withImpact(moved('$750'), limitOf(), { workspaces }), true);
    expect(shown).toMatch(/limit +\$500 → \$750 monthly, \+\$250 \/ 30 days by this limit alone/);
    expect(shown).toMatch(/workspace +committed \$250, as before \/ 30 days, by old-trial/);
  });
});

describe('people', () => {
  const key = { name: 'app', used: '80000', percent_before: 160, percent_after: 107 };

  it('whom another limit goes on refusing stand beside that limit, with its reset', () => {
    const held_by = [{ limit: 'cap', amount: '60000', reset: 'monthly', next_reset: reset }];
    const plan = withImpact(moved('$900'), limitOf({}, { held: { count: 1, largest: [key] }, held_by, largest: key }));
    expect(text(plan)).toContain('cap ($600) still refuses key app ($800) until Tue 1 Dec');
    const [row = ''] = comment(plan).match(/^\| `~`.*$/m) ?? [];
    const [, , what = '', used = ''] = row.split(' | ');
    expect(`${row.split(' | ')[1]}`).toContain('cap ($600) still refuses key app ($800) until Tue 1 Dec');
    expect([what, used].join()).not.toContain('refuses');
  });

  it('whom it stops do not stand in the column of use', async () => {
    const blocked = { count: 1, largest: [key] };
    const plan = withImpact(moved('$300'), limitOf({}, { blocked, largest: key }));
    expect(comment(plan)).toContain('🛑 **stops** key app ($800) |  |');
    expect(await renderPlanHtml(plan)).toMatch(/<strong class="stop">stops<\/strong> key app \(\$800\)<\/td>/);
  });
});

describe('a raise past another limit', () => {
  const binds = (amount: string) => ({ limit: 'policy cap', amount, reset: 'monthly' });

  it.each([
    ['40000', 'this raise buys nothing while that stands'],
    ['60000', 'this raise buys no more than that allows'],
  ])('of %s cents says what it is worth', (amount, worth) => {
    const shown = text(withImpact(moved('$750'), limitOf({ binds: binds(amount) })));
    expect(shown).toContain(`monthly, resets Tue 1 Dec) is used up first: ${worth}`);
  });
});

describe('a limit that goes', () => {
  const shown = (holds: RemovedImpact['holds'], of: RemovedImpact['of'] = 'rate'): string => {
    const plan = moved(null);
    const removed = plan.changes.map(({ id }) => ({ id, unit: 'requests', of, holds }) as const);
    return text(withImpact(plan, limitOf({ after: null, counter: 'gone' }), { removed }));
  };

  it('of rates or counts says what still holds', () => {
    const holds = { limit: 'team-calls', amount: '100', period: 'minute', per: ['api_key'] };
    expect(shown(holds)).toContain('removed; team-calls still holds at 100 requests/minute per api_key');
    expect(shown({ ...holds, period: 'monthly', per: [] }, 'budget')).toContain(
      'removed; team-calls still holds at 100 requests monthly',
    );
    expect(shown(null)).toContain('removed; no other rate of requests holds here');
    expect(shown('unknown', 'budget')).toContain('removed; whether another request budget still holds is not known');
  });
});

describe('what is counted', () => {
  const notRead = [{ workspace: 'ws-team-a', hasFile: true, kinds: ['provider-limits'] }] as const;
  const unmanaged = [{ kind: 'usage-policy', workspace: 'ws-team-a', id: uuid(9), name: 'other' }] as const;

  it('as unmanaged is a least number where not all was read, and no number where nothing was found', () => {
    expect(text({ ...moved('$750'), notRead, unmanaged })).toContain('at least 1 unmanaged');
    expect(text({ ...moved('$750'), notRead })).toContain('unmanaged not all read');
    expect(text({ ...moved('$750'), notRead: [] })).not.toContain('unmanaged');
  });

  it('as loosening is said in every format', async () => {
    const plan = moved('$750');
    const said = '1 to update (1 loosens a limit)';
    expect(
      [text(plan), renderPlanMarkdown(plan), await renderPlanHtml(plan)].every((shown) => shown.includes(said)),
    ).toBe(true);
    expect(text(moved('$250'))).not.toContain('loosen');
  });
});

describe('a change by hand', () => {
  it('says when its row was written, where the row does', () => {
    const at = '2026-11-18T09:30:00.000Z';
    const byHand = { credit_limit: 600 };
    const drifted = moved('$500', { ...byHand, last_updated_at: at });
    expect(drifted.changes[0]).toMatchObject({ cause: 'drifted', lastWritten: at });
    expect(text(drifted)).toContain('changed by hand since the last apply (row written 2026-11-18): put');
    expect(text(moved('$500', byHand))).toContain('changed by hand since the last apply: put back');
    // What Git moves was not written by hand, whenever the row was.
    expect(moved('$750', { last_updated_at: at }).changes[0]).not.toHaveProperty('lastWritten');
  });
});

describe('what stands between backticks in a message', () => {
  const finding: Finding = {
    rule: 'prices-unknown',
    id: 'P1',
    severity: 'warning',
    message: '`pricing.source` of "a`<img>`b" is `x|y`',
    fix: 'Write it.',
    source: { file: 'a.yaml', line: 1, column: 1 },
    entry: null,
    change: 'a',
    silenced: null,
  };

  it('is code in markdown where nothing in it acts, and entities elsewhere', () => {
    const shown = comment({ ...moved('$750'), findings: [finding] });
    expect(shown).toContain('`pricing.source` of "a&#96;&#60;img&#62;&#96;b" is &#96;x&#124;y&#96;');
  });

  it.each([
    ['write `alert: 80%` or `tollgate reset NAME`', 'write `alert: 80%` or `tollgate reset NAME`'],
    ['`a``b` <i>', '`a``b` &#60;i&#62;'],
    ['one ` alone', 'one &#96; alone'],
    ['`https://evil.example`', '&#96;https&#58;//evil.example&#96;'],
    ['`@someone`', '&#96;&#64;&#8203;someone&#96;'],
  ])('%s', (written, shown) => {
    expect(escapeProse(written)).toBe(shown);
  });
});
