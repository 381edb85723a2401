/** What a reader asks of a plan, and where and in which words it is answered. */

import stringWidth from 'string-width';
import { beforeAll, describe, expect, it } from 'vitest';
import { renderSamplePlan } from '../../scripts/generated-parts.ts';
import type { CommittedSumImpact, CounterImpact, LimitImpact } from '../../src/impact/document.ts';
import type { Finding, Plan, Violation } from '../../src/plan/types.ts';
import { codeOrText, escapeMarkdown } from '../../src/render/escape-markdown.ts';
import { renderOutcomeText } from '../../src/render/outcomes.ts';
import { renderPlanMarkdown, renderPlanText } from '../../src/render/plan.ts';
import { formatAmount } from '../../src/resources/amounts.ts';
import { root } from '../docs/markdown.ts';
import { uuid } from '../helpers/state.ts';
import { entry, keyObject, outcomeOf, planOf, policyObject, recordAfter } from '../plan/kit.ts';
import { budget, comment, header, limitOf, links, withImpact } from './impact-kit.ts';

const text = (plan: Plan, columns = 80, verbose = false): string =>
  renderPlanText(plan, { color: false, columns }, { verbose });

/** A live policy `spend` of $500 a month that becomes what the entry says. */
function moved(to: string, live: Parameters<typeof policyObject>[1] = {}): Plan {
  const spend = policyObject(uuid(42), { name: 'spend', ...live });
  const record = recordAfter({
    body: `policies:\n${entry('spend')}`,
    live: [policyObject(uuid(42), { name: 'spend' })],
  });
  return planOf({ body: to === '' ? '' : `policies:\n${to}`, live: [spend], record });
}

/** $500 a month for a workspace that becomes $300. */
const lowered = (more: Partial<LimitImpact>, use: Parameters<typeof limitOf>[1] = {}): LimitImpact => {
  const less = { after: budget('30000'), delta_per_30_days: '-20000', shared_by: ['workspace_id'] };
  return limitOf({ ...less, ...more }, use);
};

const sum = (cents: string, more: Partial<CommittedSumImpact> = {}): CommittedSumImpact => {
  return { cents, bounded: 1, at_most: '0', partly: 0, unbounded: 0, unknown: 0, ...more };
};

const counter = (name: string | null, used: string, before: number, after: number | null): CounterImpact => {
  return { name, used, percent_before: before, percent_after: after };
};

const objection = (more: Partial<Violation> = {}): Violation => ({
  guard: 'deletes',
  count: 4,
  details: ['deletes 4 of 10'],
  severity: 'error',
  allow: `deletes=4@${'a'.repeat(32)}`,
  lifted: false,
  ...more,
});

describe('the plan of the sample', () => {
  let shown = '';
  beforeAll(async () => {
    shown = await renderSamplePlan(root, 'plan --backend emulator');
  });

  it('is read in half a minute: 30 lines of 80 columns, and a sentence about a workspace without a file', () => {
    const sentence = /^No file is about ws-sandbox-2b7e90: [\s\S]*?somebody\s+else's\.\n/m;
    expect(shown).toMatch(sentence);
    const lines = shown.replace(sentence, '').trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(30);
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(80);
  });

  it('answers in this order: verdict, people, money, changes, news, numbers', () => {
    const order = [
      /^production: not blocked; counter-reset warns/m,
      /^No budget stops anybody/m,
      /^Let in again, .*3 keys of marketing, 1 team of research/m,
      /^Committed \/ 30 days: \$250 → \$500 \(\+\$250\), in marketing; 5 others do not change\.$/m,
      /^marketing {2,}\$250 \(5 keys × \$50\) → \$500 \(\+\$250\), by old-trial → monthly-spend$/m,
      /^ {2}~ monthly-spend/m,
      /^ {6}used \$352\.66, 88% → 71%/m,
      /^6 new notes, 6 findings from before this change: --verbose lists them\.$/m,
      /^Plan: 2 to create, 3 to update, 1 to replace, 1 to delete \(3 loosen a limit\);/m,
      /\nDigest [0-9a-f]{32}\. Next: merge it, then tollgate apply\.$/m,
    ].map((pattern) => shown.search(pattern));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order[0]).toBe(0);
  });

  it('says once why the money of a workspace moves by more than one of its limits', () => {
    expect(shown.match(/\+\$250/g)).toHaveLength(2);
    expect(shown).not.toContain('+$100');
    expect(shown).toContain('by old-trial → monthly-spend');
    expect(shown).toContain('removed; monthly-spend still holds at $500 / 30 days');
    expect(shown).not.toContain('no limit');
  });

  it('has one notation of a number, no share above the whole, and names what is adopted', () => {
    expect(shown).toContain('2,162,700 tokens');
    expect(shown).toContain('3,993,420 tokens');
    expect(shown).not.toMatch(/\d{3}\.\dk|\b(?:208|108) ?%/);
    expect(shown).toContain('adopts daily-ceiling.');
  });
});

it('writes a count in one way', () => {
  expect([2_162_700, 2_000_000, 1_250_000, 1_500, 999].map((count) => formatAmount(count, 'tokens'))).toEqual([
    '2,162,700 tokens',
    '2M tokens',
    '1.25M tokens',
    '1.5k tokens',
    '999 tokens',
  ]);
});

describe('the verdict', () => {
  it('stands first, and each word that lifts it is a whole line', () => {
    const plan = { ...moved(entry('spend').replace('$500', '$750')), violations: [objection()] };
    for (const columns of [40, 80, Number.POSITIVE_INFINITY]) {
      const lines = text(plan, columns).split('\n');
      expect(lines[0]).toBe('production: BLOCKED by deletes');
      expect(lines.map((line) => line.trim())).toContain(`tollgate apply --allow deletes=4@${'a'.repeat(32)}`);
    }
    expect(renderPlanMarkdown(plan)).toMatch(/^### production: 🛑 \*\*BLOCKED by deletes\*\*\n/);
    const [first = '', , head, , row] = comment(plan).split('\n').slice(3);
    expect(first).toBe('### tollgate plan · production: 🛑 **BLOCKED by deletes**');
    expect(head).toBe('| blocked because | an approving review says |');
    expect(row).toBe(`| 🛑 **deletes**: deletes 4 of 10 | \`/tollgate allow deletes=4@${'a'.repeat(32)}\` |`);
  });

  it('of a guard that only warns has no stop sign', () => {
    const warning = objection({ guard: 'updates', severity: 'warning', details: ['updates 4 of 10'] });
    const plan = { ...moved(entry('spend').replace('$500', '$750')), violations: [warning] };
    expect(text(plan)).toMatch(/^production: not blocked; updates warns\n {2}updates: updates 4 of 10\n/);
    for (const body of [comment(plan), renderPlanMarkdown(plan)]) {
      expect(body).not.toContain('🛑');
      expect(body).toContain('⚠️ **guard updates warns:** updates 4 of 10');
    }
  });
});

describe('people', () => {
  const cut = (): Plan => moved(entry('spend').replace('$500', '$300'));

  it('are named by their traffic, and until when they are refused', () => {
    const largest = counter(null, '35266', 71, 118);
    const blocked = { count: 1, largest: [largest] };
    const shown = text(withImpact(cut(), lowered({}, { largest, blocked })));
    expect(shown).toContain('Stopped at once: all calls of Team A are refused until Tue 1 Dec by spend.');
    expect(shown).toContain('used $352.66, 71% → over $300 · stops all its calls');
    expect(shown).not.toContain('118');
  });

  it.each([
    [['api_key'], 'bot', '2 keys of Team A (keys bot ($450), bot ($450))'],
    [['metadata._user'], 'metadata._user:ada', '2 users of Team A (users ada ($450), ada ($450))'],
    [
      ['metadata.team', 'model'],
      'metadata.team:a:b',
      '2 counters of Team A (metadata.team:a:b ($450), metadata.team:a:b ($450))',
    ],
  ])('of a grouping per %j are called by it', (per, name, who) => {
    const one = counter(name, '45000', 90, 150);
    const limit = lowered({ shared_by: per }, { largest: one, blocked: { count: 2, largest: [one, one] } });
    expect(text(withImpact(cut(), limit), 200)).toContain(
      `Stopped at once: ${who} are refused until Tue 1 Dec by spend.`,
    );
  });

  it('of whom nothing is known are not taken for untouched', () => {
    const unjudged = [{ guard: 'blocks-now' as const, reason: 'GET /x answered 403' }];
    const use = { status: 'unknown' as const, reason: 'GET /x answered 403' };
    const shown = text(withImpact(cut(), lowered({ use, unjudged })), 120);
    expect(shown).toContain('Not known whether anybody is stopped by spend (ws-team-a): GET /x answered 403.');
    expect(shown).not.toContain('stops anybody.');
    expect(text({ ...cut(), impact: null })).toContain('What this does to people and money was not looked at.');
  });

  it('that a rate may refuse cannot be counted', () => {
    const rate = 'policies:\n  burst:\n    rate: 10 requests/minute\n    per: workspace_id\n';
    const plan = planOf({ body: rate, record: recordAfter({ body: '' }) });
    expect(text(withImpact(plan, lowered({}), { changes: [] }))).toContain(
      'No budget stops anybody; whom the rate burst will refuse is not known.',
    );
  });
});

describe('money', () => {
  it('is said for the workspaces that are known, and the others are named once', () => {
    const limit = lowered({});
    const plan = withImpact(moved(entry('spend').replace('$500', '$300')), limit, {
      organisation: { before: sum('50000', { unknown: 1 }), after: sum('30000', { unknown: 1 }), delta: '-20000' },
      workspaces: [
        {
          workspace: 'ws-team-a',
          before: { kind: 'bounded', cents: '50000', by: 'spend' },
          after: { kind: 'bounded', cents: '30000', by: 'spend' },
          delta: '-20000',
          unjudged: null,
        },
      ],
    });
    expect(text(plan, 120)).toContain('Committed / 30 days: $500 → $300 (-$200), in Team A; 1 other does not change.');
    expect(comment(plan)).toContain(
      '### tollgate plan · production: not blocked · $500 → **$300** (-$200) / 30 days\n',
    );
  });
});

describe('a change', () => {
  it.each([
    ['a raise', entry('spend').replace('$500', '$750'), '$500 → $750 monthly (+50%)', '32'],
    ['a cut', entry('spend').replace('$500', '$300'), '$500 → $300 monthly (-40%)', '31'],
  ])('that is %s has its sign and its colour', (_, to, what, colour) => {
    const plan = moved(to);
    expect(text(plan)).toContain(what);
    const painted = renderPlanText(plan, { color: true, columns: 80 }, { verbose: false });
    expect(painted).toContain(`${String.fromCharCode(27)}[${colour}m ${/\(.*\)/.exec(what)?.[0]}`);
  });

  it('of the period alone moves the period and not the amount', () => {
    const shown = text(moved(entry('spend').replace('reset: monthly', 'reset: every 14 days')));
    expect(shown).toContain('$500, reset monthly → every 14 days');
    expect(shown).not.toContain('$500 →');
  });

  it('made by hand says what becomes of it', () => {
    const shown = text(moved(entry('spend'), { credit_limit: 900 }));
    expect(shown).toContain('changed by hand since the last apply: put back');
    expect(shown).not.toContain('drifted');
  });

  it('that makes a budget says how long its first window is', () => {
    const plan = planOf({ body: `policies:\n${entry('spend')}`, record: recordAfter({ body: '' }) });
    const shown = text(withImpact(plan, lowered({ before: null, counter: 'new' })));
    expect(shown).toContain('first window: 2 days, resets Tue 1 Dec');
  });

  it('that takes a budget away says what still holds, or that nothing does', () => {
    const gone = (kind: 'bounded' | 'unbounded' | 'unknown'): string => {
      const before = { kind: 'bounded', cents: '50000', by: 'spend' } as const;
      const after = kind === 'bounded' ? { kind, cents: '30000', by: 'cap' } : { kind, cents: null, by: null };
      const workspaces = [{ workspace: 'ws-team-a', before, after, delta: null, unjudged: null }];
      return text(withImpact(moved(''), lowered({ after: null, counter: 'gone' }), { workspaces }), 120);
    };
    expect(gone('bounded')).toContain('removed; cap still holds at $300 / 30 days');
    expect(gone('unbounded')).toContain('removed; no other limit holds the spend of this workspace');
    expect(gone('unknown')).toContain('removed; whether another limit still holds is not known');
  });

  it('once applied is printed with amount, reset and who shares it', () => {
    const [change] = moved(entry('spend').replace('$500', '$750')).changes;
    if (change === undefined) throw new Error('the plan is empty');
    expect(renderOutcomeText(outcomeOf(change), { color: false, columns: 80 }, {})).toBe(
      'applied       ~ spend (ws-team-a): $750 monthly, shared by the workspace',
    );
    // What was read back is told, and not what was meant to be.
    const readBack = { ...change.after, amount: 74_000, reset: 'weekly', per: ['api_key'] } as const;
    expect(renderOutcomeText({ ...outcomeOf(change), readBack }, { color: false, columns: 80 }, {})).toBe(
      'applied       ~ spend (ws-team-a): $740 weekly per api_key',
    );
  });
});

it('says once that there is no record, with what to do about it', () => {
  const note = { severity: 'warning', workspace: null, source: null } as const;
  const notes = [
    { ...note, code: 'record-missing', message: 'there is no applied record of these files' },
    { ...note, code: 'no-record', message: 'no applied record for environment "production"' },
  ];
  const plan = moved(entry('spend').replace('$500', '$750'));
  const told = (list: Plan['notes']): string[] => text({ ...plan, notes: list }).match(/no applied record/g) ?? [];
  expect([told(notes), told(notes.slice(1))].map((found) => found.length)).toEqual([1, 1]);
  expect(comment({ ...plan, notes }).match(/no applied record/g)).toHaveLength(1);
});

it('fits any terminal, whatever its names are called', () => {
  const long = 'a-policy-with-a-name-that-is-much-longer-than-its-column';
  const plan = withImpact(
    planOf({ body: `policies:\n${entry(long)}${entry('b')}`, record: recordAfter({ body: '' }) }),
    lowered({}),
  );
  for (const columns of [64, 80, 120]) {
    for (const verbose of [false, true]) {
      for (const line of text(plan, columns, verbose).split('\n'))
        expect(stringWidth(line)).toBeLessThanOrEqual(columns);
    }
  }
});

describe('what is so already', () => {
  const body = `policies:\n${entry('spend')}`;
  const live = [policyObject(uuid(42), { name: 'spend' }), keyObject('by hand', uuid(11))];
  const record = recordAfter({ body, live });

  it('is one line where nothing changes', () => {
    const plan = planOf({ body, live, record });
    expect(text(plan)).toBe('No changes: 1 limit matches the files.\n');
    expect(renderPlanMarkdown(plan)).toMatch(/^### production: No changes: 1 limit matches the files\.\n/);
    expect(text(plan, 80, true)).toContain('not read: limits may be live there\n  organisation: keys\n');
  });

  it('is a count; what is about a change, or names what changes, is not', () => {
    const finding = (more: Partial<Finding>): Finding => ({
      rule: 'alert-missing',
      id: 'T1',
      severity: 'warning',
      message: 'nobody is told',
      fix: 'Write an alert.',
      source: { file: 'policies/other.yaml', line: 1, column: 1 },
      entry: null,
      change: null,
      silenced: null,
      ...more,
    });
    const raised = moved(entry('spend').replace('$500', '$750'));
    const [change] = raised.changes;
    const other = { kind: 'usage-policy', workspace: 'ws-team-a', name: 'other' } as const;
    const elsewhere = { ...other, workspace: 'ws-team-b' } as const;
    const findings = [
      finding({ entry: other }),
      finding({ severity: 'info', message: 'a hint' }),
      finding({ change: change?.id ?? null, message: 'of the change' }),
      finding({ entry: other, message: 'policy "spend" ends first' }),
      finding({ entry: elsewhere, message: 'policy "spend" is written twice' }),
      finding({ message: 'nothing bounds another workspace' }),
      finding({ message: 'nothing bounds this one', source: { file: 'policies/a.yaml', line: 1, column: 1 } }),
    ];
    const shown = text({ ...raised, findings });
    expect(shown).toContain('4 findings from before this change: --verbose lists them.');
    expect(shown).toContain('nothing bounds this one');
    expect(shown).toMatch(/of the change\. Write an alert\.[\s\S]*policy "spend" ends first/);
    expect(shown).not.toMatch(/nobody is told|a hint|written twice|another workspace/);
    expect(text({ ...raised, findings }, 80, true)).toMatch(
      /findings from before this change\n[\s\S]*nobody is told[\s\S]*a hint/,
    );
    expect(comment({ ...raised, findings })).toContain('<summary>4 findings from before this change · ');
  });

  it('and is seen for the first time talks of no deletion', () => {
    const first = text(planOf({ body, live }), 200);
    expect(first).toContain('adopts spend.');
    expect(first).not.toMatch(/delet|remov/);
  });
});

describe('markdown', () => {
  it('leaves text as it is where nothing of it acts', () => {
    const plain = 'alpha (ws-team-a): $100 → $120, metadata._user, "quoted", it\'s a/b.yaml:6 + 88%!';
    expect(escapeMarkdown(plain)).toBe(plain);
    expect(codeOrText('campaigns@example.com')).toBe('`campaigns@example.com`');
    for (const text of ['@everyone', 'a `b` c', 'x|y', 'https://example.com', ':tada:', '#12']) {
      expect(codeOrText(text)).not.toBe(`\`${text}\``);
    }
  });

  it.each([
    ['_it_', '_it&#95;'],
    ['*a* ~~b~~', '&#42;a&#42; &#126;&#126;b&#126;&#126;'],
    ['![x](y)', '!&#91;x&#93;(y)'],
    ['&lt;b&gt;', '&#38;lt;b&#38;gt;'],
    ['R & D', 'R & D'],
    ['https://x', 'https&#58;//x'],
    ['a :tada: b: c', 'a &#58;tada: b: c'],
  ])('makes %j inert', (given, wanted) => {
    expect(escapeMarkdown(given)).toBe(wanted);
  });

  it('links a name to its line, and has the new value bold', () => {
    const plan = moved(entry('spend').replace('$500', '$750'));
    const url = `${links.repository}/blob/${header.head}/policies/a.yaml#L6`;
    expect(comment(plan)).toContain(`| \`~\` [spend](${url}) | $500 → **$750** monthly (+50%) |`);
    expect(renderPlanMarkdown(plan)).toContain('| `~` spend<br>`policies/a.yaml:6` | $500 → **$750** monthly (+50%) |');
  });
});
