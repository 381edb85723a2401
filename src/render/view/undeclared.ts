/** Workspaces that no file is about, as people are told of them: what each spent, and what holds it. */

import { fromText, total } from '../../exact.ts';
import { formatExact, formatSpent } from '../../impact/money.ts';
import type { HeldSpend, UndeclaredWorkspace, UndeclaredWorkspaces } from '../../impact/undeclared.ts';
import { escapeInvisible } from '../../printable.ts';
import { type Line, verdict, words } from './cells.ts';

export interface UndeclaredView {
  /** Which they are or how many, with what they spent: a sentence without its stop. */
  readonly lead: Line;
  /** One each, the largest spend first; none of a single one: the lead says it. */
  readonly lines: readonly Line[];
  /** What to do. */
  readonly advice: string;
  /** Something bounds each of them as a whole, and what each spent is known: nobody has to look at once. */
  readonly isHeld: boolean;
}

/** Null: there is none, or nobody has looked. */
export function buildUndeclaredView(undeclared: UndeclaredWorkspaces | undefined): UndeclaredView | null {
  const { workspaces } = undeclared ?? { workspaces: [] };
  const [only, ...others] = workspaces;
  if (only === undefined) return null;
  const about = verdict('warn', 'No file is about');
  const isHeld = workspaces.every(({ spend, held }) => 'value' in spend && held.committed.cents !== null);
  if (others.length === 0)
    return { lead: [about, words(' '), ...lineOf(only)], lines: [], advice: adviceFor(only), isHeld };
  return {
    lead: [about, words(` ${workspaces.length} workspaces: ${sumOf(workspaces)}`)],
    lines: workspaces.map(lineOf),
    advice: 'Write one for each: `tollgate import` does where a limit is live.',
    isHeld,
  };
}

/** `import` writes what is live: of nothing it makes no file. */
function adviceFor({ slug, held }: UndeclaredWorkspace): string {
  if (held.limits > 0 || held.committed.cents !== null) return '`tollgate import` writes it.';
  if (held.committed.kind === 'unbounded')
    return `Write one, with \`kind: workspace\` and \`workspace: ${escapeInvisible(slug)}\`.`;
  return 'Write one: `tollgate import` does where a limit is live.';
}

function sumOf(workspaces: readonly UndeclaredWorkspace[]): string {
  const known = workspaces.flatMap(({ spend }) => ('value' in spend ? [fromText(spend.value)] : []));
  const unknown = workspaces.length - known.length;
  const spent = known.length === 0 ? [] : [`${formatSpent(total(known), 'cost')} in 30 days`];
  const others = unknown === 0 ? [] : [known.length === 0 ? 'spend unknown' : `${unknown} of unknown spend`];
  return [...spent, ...others].join(', ');
}

function lineOf(workspace: UndeclaredWorkspace): Line {
  return [words(`${escapeInvisible(workspace.slug)}: `), ...spendLine(workspace)];
}

/** Without its name. */
export function spendLine({ spend, held }: Pick<UndeclaredWorkspace, 'spend' | 'held'>): Line {
  const spent =
    'value' in spend
      ? `${formatSpent(fromText(spend.value), 'cost')} in 30 days`
      : `spend unknown (${escapeInvisible(spend.unknown)})`;
  return [words(`${spent}, `), ...heldCells(held)];
}

function heldCells({ committed, atMost, limits }: HeldSpend): Line {
  const most = (cents: string): string => `of at most ${formatExact(fromText(cents), 'cost')}`;
  if (committed.cents !== null) {
    const by = committed.by === null ? '' : ` by ${escapeInvisible(committed.by)}`;
    return [words(`${most(committed.cents)}${by}`)];
  }
  if (committed.kind === 'unbounded') {
    if (limits === 0) return [verdict('stop', 'NOTHING LIMITS IT')];
    const parts = `${limits} ${limits === 1 ? 'limit holds a part' : 'limits hold parts'} of it`;
    return [verdict('stop', 'NOTHING LIMITS IT AS A WHOLE'), words(` (${parts})`)];
  }
  return [words(atMost === null ? 'what limits it was not read' : most(atMost))];
}
