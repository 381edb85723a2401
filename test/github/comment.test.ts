import { describe, expect, it } from 'vitest';
import { type GuardName, guardNames } from '../../src/guard-names.ts';
import type { Change, Plan, Violation } from '../../src/plan/types.ts';
import { renderComment, restateComment } from '../../src/render/comment.ts';
import {
  type CommentHeader,
  isNewerComment,
  parseHeader,
  renderHeader,
  tellsTheSame,
} from '../../src/render/comment-header.ts';
import { commentBytes, fitSections } from '../../src/render/fit-sections.ts';
import { contentOf, type PullFate } from '../../src/render/pull-fate.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile, startWorld, workspaceFile } from '../helpers/world.ts';

const header: CommentHeader = {
  environment: 'production',
  head: 'a'.repeat(40),
  digest: 'b'.repeat(64),
  run: 7,
  attempt: 1,
  state: 'planned',
  record: '2026-11-20T12:00:00.000Z',
  at: '2026-11-20T12:01:00.000Z',
  content: 'c'.repeat(64),
  text: 'd'.repeat(32),
};
const links = {
  repository: 'https://github.com/example/budgets',
  run: 'https://github.com/example/budgets/actions/runs/7',
};

async function planOf(body: string): Promise<Plan> {
  const world = await startWorld({ state: smallState() });
  try {
    return await world.planOk({ 'policies/org.yaml': orgFile(), 'policies/a.yaml': workspaceFile('ws-team-a', body) });
  } finally {
    await world.close();
  }
}

const render = (plan: Plan, limit = commentBytes): string =>
  renderComment({ state: 'planned', plan, diagnostics: [], remark: null }, header, links, limit);

const onePolicy = 'policies:\n  monthly-spend:\n    budget: $500\n    reset: monthly\n    per: workspace_id\n';

describe('the hidden header', () => {
  it('comes back as it was written, also from hostile names', () => {
    for (const environment of ['production', 'a--b', '-->', '<script>', 'Größe %', '$x']) {
      const written = { ...header, environment };
      const body = `${renderHeader(written)}\nanything`;
      expect(body.split('\n')[0]).toMatch(/^<!-- tollgate:[^<>]* -->$/);
      expect(body.split('\n')[1]?.slice(4, -3)).not.toContain('--');
      expect(parseHeader(body, environment)).toEqual(written);
    }
  });

  it.each([
    ['another environment', renderHeader({ ...header, environment: 'staging' })],
    ['quoted text', `> ${renderHeader(header)}`],
    ['no header', '<!-- tollgate:production -->\nhello'],
    ['a broken header', '<!-- tollgate:production -->\n<!-- {"run":1 -->'],
    ['nothing', ''],
  ])('is not found in %s', (_name, body) => {
    expect(parseHeader(body, 'production')).toBeNull();
  });

  it('changes state without touching what the comment shows', async () => {
    const body = render(await planOf(onePolicy));
    const restated = restateComment(body, header, { ...header, run: 8 });
    expect(parseHeader(restated, 'production')).toMatchObject({ state: 'applying', run: 8 });
    expect(restated).toContain('### tollgate is applying · production');
    expect(restated.split('\n').slice(4)).toEqual(body.split('\n').slice(4));
  });
});

describe('the body', () => {
  it('links each change to its line at the head commit', async () => {
    expect(render(await planOf(onePolicy))).toContain(
      `(https://github.com/example/budgets/blob/${header.head}/policies/a.yaml#L6)`,
    );
  });

  it('stays below the limit with 10,000 changes, drops whole sections from the bottom and counts them', async () => {
    const plan = await planOf(onePolicy);
    const [change] = plan.changes;
    const changes = Array.from({ length: 10_000 }, (_, index): Change => {
      if (change === undefined) throw new Error('the plan is empty');
      const name = `policy-${index}-größer-als-ascii`;
      return { ...change, id: `usage-policy/ws-team-a/${name}`, key: { ...change.key, name } };
    });
    const body = render({ ...plan, changes });
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(commentBytes);
    expect(body).toContain('### tollgate plan · production');
    const shown = body.match(/policy-\d+-größer/g)?.length ?? 0;
    const missing = Number(/… and (\d+) more lines/.exec(body)?.[1]);
    expect(shown).toBeGreaterThan(100);
    // Others say where nobody has looked, and which guards were not judged.
    const notRead = (plan.notRead ?? []).filter(({ hasFile }) => hasFile).length;
    expect(shown + missing).toBe(10_000 + plan.notes.length + notRead + 1);
    // No table is cut open: every row ends as it began.
    for (const line of body.split('\n').filter((text) => text.startsWith('| '))) expect(line).toMatch(/ \|$/);
  });

  it('keeps pinned sections whatever the limit', () => {
    const body = fitSections(
      [
        { body: 'pinned', counts: 0, pinned: true },
        { body: 'x'.repeat(500), counts: 3 },
        { body: 'small', counts: 2 },
      ],
      'footer',
      'https://example.com/run',
      200,
    );
    expect(body).toBe(
      'pinned\n\n… and 5 more lines that do not fit here: [all of it](https://example.com/run)\n\nfooter',
    );
  });

  it.each([
    ['a mention', '@everyone', '@everyone'],
    ['HTML', '<script>alert(1)</script>', '<script'],
    ['a link', 'x](https://example.com)', '](https://example.com'],
    ['a bare address', 'https://example.com', 'https://example.com)'],
    ['a www address', 'www.example.com', 'www.example.com'],
    ['backticks', '```sh', '```'],
    ['a table', 'a | b', 'a | b'],
    ['an image', '![x](y)', '![x]'],
    ['a comment', '<!-- tollgate:production -->', '<!-- tollgate:production --> '],
    ['an emoji', ':tada:', ':tada:'],
    ['a right-to-left mark', 'abc\u202edef', '\u202e'],
    ['a line break', 'a\n# b', '\n# b'],
  ])('lets %s in a name stand for itself and nothing else', async (_what, name, forbidden) => {
    const body = onePolicy.replace('monthly-spend', JSON.stringify(name));
    const text = render(await planOf(body))
      .split('\n')
      .slice(2)
      .join('\n');
    expect(text.replaceAll(links.repository, '').replaceAll(links.run, '')).not.toContain(forbidden);
  });

  it('is not shaken by 100 KB of markdown in a description', async () => {
    const plan = await planOf(onePolicy);
    const [change] = plan.changes;
    if (change === undefined) throw new Error('the plan is empty');
    const huge = '# [x](y) | `z` <b>\n'.repeat(6_000);
    const fieldChanges = [{ field: 'description', before: null, after: huge, direction: 'neutral' as const }];
    const hostile = {
      ...change,
      action: 'update' as const,
      before: { ...change.after, description: null },
      fieldChanges,
    };
    const body = render({ ...plan, changes: [hostile] });
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(commentBytes);
    expect(body).toMatch(/… and \d+ more lines that do not fit here/);
  });
});

describe('mistakes-E4: the limit', () => {
  const violation = (guard: GuardName, details: readonly string[]): Violation => {
    return {
      guard,
      count: details.length,
      details,
      severity: 'error',
      allow: `${guard}=1@${'a'.repeat(32)}`,
      lifted: false,
    };
  };
  const many = Array.from(
    { length: 899 },
    (_, index) => `größere Änderung ${index} of *ws-team-a*: $100 → none, 1 | 2`,
  );

  it.each<readonly [string, readonly Violation[], string | null]>([
    ['a guard with 899 objections', [violation('deletes', many)], null],
    ['twelve such guards', guardNames.slice(0, 12).map((guard) => violation(guard, many)), 'Not approved so far.'],
    ['one objection of 200 KB', [violation('rules', ['@everyone <b> '.repeat(14_000)])], null],
    [
      'a remark of 200 KB',
      [violation('deletes', ['one'])],
      `do this first: ${'usage-policy/ws-team-a/x: nobody · '.repeat(6_000)}`,
    ],
  ])('is passed by no part that stays: %s', async (_what, violations, remark) => {
    const plan = { ...(await planOf(onePolicy)), violations };
    for (const limit of [9_000, 20_000, commentBytes]) {
      const body = renderComment({ state: 'planned', plan, diagnostics: [], remark }, header, links, limit);
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(limit);
      expect(body).toContain('### tollgate plan · production');
      for (const { guard, allow } of violations) {
        expect(body).toContain(`| 🛑 **${guard}**: `);
        expect(body).toContain(`/tollgate allow ${allow}`);
      }
      if (remark !== null) expect(body).toContain(remark.slice(0, 12));
      // No entity is cut open, and what is missing is said.
      expect(body).not.toMatch(/&#\d*(?![\d;])/);
      expect(body).toContain('…');
    }
  });

  it('is shared: a short objection stays whole beside a long one', async () => {
    const plan = {
      ...(await planOf(onePolicy)),
      violations: [violation('deletes', many), violation('updates', ['one two'])],
    };
    const body = renderComment({ state: 'planned', plan, diagnostics: [], remark: null }, header, links, 9_000);
    expect(body).toContain('**updates**: one two |');
    const [, more] = /… and (\d+) more \|/.exec(body) ?? [];
    expect(Number(more) + (body.match(/größere Änderung/g)?.length ?? 0)).toBe(899);
  });
});

describe('mistakes-E7: one comment is told from another by a hash of what they tell', () => {
  const of = (fate: PullFate, more: Partial<CommentHeader> = {}) => renderComment(fate, { ...header, ...more }, links);
  const planned = (plan: Plan, remark: string | null = null): PullFate => {
    return { state: 'planned', plan, diagnostics: [], remark };
  };

  it('whatever words they use, and whenever somebody looked', async () => {
    const plan = await planOf(onePolicy);
    const body = of(planned(plan));
    const later = of(planned(plan), { at: '2027-01-01T00:00:00.000Z', run: 9, attempt: 3, record: null });
    expect(tellsTheSame(body, later, 'production')).toBe(true);
    const seen = (as_of: string, used: string): string =>
      contentOf(
        planned({ ...plan, impact: { as_of, changes: [{ used, at: as_of }] } as unknown as Plan['impact'] }),
        'a',
      );
    expect(seen('2026-11-20T12:00:00.000Z', '1')).toBe(seen('2026-11-20T12:07:00.000Z', '1'));
    expect(seen('2026-11-20T12:00:00.000Z', '1')).not.toBe(seen('2026-11-20T12:07:00.000Z', '2'));
  });

  it('and what is another head, plan, verdict or remark is another', async () => {
    const plan = await planOf(onePolicy);
    const body = of(planned(plan));
    const [change] = plan.changes;
    if (change === undefined) throw new Error('the plan is empty');
    const others = [
      of(planned(plan), { head: 'b'.repeat(40) }),
      of(planned(plan, 'Approved.')),
      of(planned({ ...plan, changes: [{ ...change, notes: ['a counter that starts again'] }] })),
      of({ ...planned(plan), state: 'applied', outcomes: [] } as PullFate),
      of({ state: 'unplanned', why: 'the service is down' }),
    ];
    for (const other of others) expect(tellsTheSame(body, other, 'production')).toBe(false);
  });

  it('a comment that somebody has edited is written anew, one with other line ends is not', async () => {
    const body = of(planned(await planOf(onePolicy)));
    expect(tellsTheSame(body.replace('$500', '$5'), body, 'production')).toBe(false);
    const [first, second, ...rest] = body.split('\n');
    expect(tellsTheSame([first, second, rest.join('\r\n')].join('\n'), body, 'production')).toBe(true);
  });
});

describe('mistakes-I8: of two comments', () => {
  const at = (state: CommentHeader['state'], more: Partial<CommentHeader>): string =>
    `${renderHeader({ ...header, state, ...more })}\n\ntext`;
  const [early, late] = ['2026-11-20T12:00:00.000Z', '2026-11-20T13:00:00.000Z'];

  it.each<readonly [string, boolean, string, string]>([
    [
      'the plan that was read later is newer, of an earlier run too',
      true,
      at('planned', { at: late, run: 1 }),
      at('planned', { at: early, run: 9 }),
    ],
    [
      'that of another head says nothing: who writes has looked which is the last',
      false,
      at('planned', { at: late, head: 'b'.repeat(40) }),
      at('planned', { at: early }),
    ],
    ['an outcome is newer than a plan', true, at('applied', { at: early }), at('unplanned', { at: late })],
    ['and a plan never than an outcome', false, at('planned', { at: late }), at('refused', { at: early })],
    [
      'the outcome on the later record is newer',
      true,
      at('applied', { record: late, at: early }),
      at('failed', { record: early, at: late }),
    ],
    ['on one record the later', true, at('failed', { at: late }), at('applying', { at: early })],
    ['what has no header is not', false, 'text', at('planned', {})],
  ])('%s', (_what, isNewer, there, wanted) => {
    expect(isNewerComment(there, wanted, 'production')).toBe(isNewer);
  });
});
