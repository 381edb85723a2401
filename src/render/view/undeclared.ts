/** Workspaces that no file is about, as people are told of them: what each spent, and what holds it. */

import { compare, type Exact, fromText, total } from '../../exact.ts';
import { formatExact, formatSpent } from '../../impact/money.ts';
import type { HeldSpend, UndeclaredWorkspace, UndeclaredWorkspaces } from '../../impact/undeclared.ts';
import { escapeInvisible } from '../../printable.ts';
import { quoteWord } from '../../shell-words.ts';
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
    return {
      lead: [about, words(' '), ...lineOf(only)],
      lines: [],
      advice: adviceFor('it', quoteWord(only.slug)),
      isHeld,
    };
  return {
    lead: [about, words(` ${workspaces.length} workspaces: ${sumOf(workspaces)}`)],
    lines: workspaces.map(lineOf),
    advice: adviceFor('one for each', 'WORKSPACE'),
    isHeld,
  };
}

function adviceFor(what: string, workspace: string): string {
  return `\`tollgate import\` writes ${what}, \`tollgate propose import ${escapeInvisible(workspace)}\` proposes it; \`review.undeclared.except\` is for what is somebody else's.`;
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
  return [words(`${spent}, `), ...heldCells(held, 'value' in spend ? fromText(spend.value) : null)];
}

/** What was spent before a limit was set, or lowered, may be more than it allows. */
function heldCells({ committed, atMost, limits }: HeldSpend, spent: Exact | null): Line {
  const most = (text: string, by: string | null): string => {
    const cents = fromText(text);
    const amount = formatExact(cents, 'cost');
    const said = by === null ? '' : ` by ${escapeInvisible(by)}`;
    return spent !== null && compare(spent, cents) > 0
      ? `more than the ${amount}${said} now, which may have been set since`
      : `of at most ${amount}${said}`;
  };
  if (committed.cents !== null) return [words(most(committed.cents, committed.by))];
  if (committed.kind === 'unbounded') {
    if (limits === 0) return [verdict('stop', 'NOTHING LIMITS IT')];
    const parts = `${limits} ${limits === 1 ? 'limit holds a part' : 'limits hold parts'} of it`;
    return [verdict('stop', 'NOTHING LIMITS IT AS A WHOLE'), words(` (${parts})`)];
  }
  return [words(atMost === null ? 'what limits it was not read' : most(atMost, null))];
}
