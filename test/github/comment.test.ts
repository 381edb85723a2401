import { describe, expect, it } from 'vitest';
import type { Change, Plan } from '../../src/plan/types.ts';
import {
  type CommentHeader,
  commentBytes,
  fitSections,
  parseHeader,
  renderHeader,
  renderPlanComment,
  restateComment,
} from '../../src/render/comment.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile, startWorld, workspaceFile } from '../helpers/world.ts';

const header: CommentHeader = {
  environment: 'production',
  head: 'a'.repeat(40),
  digest: 'b'.repeat(64),
  run: 7,
  attempt: 1,
  state: 'planned',
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
  renderPlanComment({ header, plan, diagnostics: [], outcomes: [], links, remark: null }, limit);

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
    const restated = restateComment(body, { ...header, state: 'applying', run: 8 });
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
    // One more says what was not all read.
    expect(shown + missing).toBe(10_000 + plan.notes.length + 1);
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
