/** Workspaces that no file is about, as people are told of them: what each spent, and what holds it. */

import { fromText, total } from '../../exact.ts';
import { formatExact, formatSpent } from '../../impact/money.ts';
import type { HeldSpend, UndeclaredWorkspace, UndeclaredWorkspaces } from '../../impact/undeclared.ts';
import { escapeInvisible } from '../../printable.ts';
import { type Line, verdict, words } from './cells.ts';

export interface UndeclaredView {
  /** `2 workspaces have no file: $1,300 in 30 days`. */
  readonly title: string;
  /** One each, the largest spend first. */
  readonly lines: readonly Line[];
  /** What to do. */
  readonly advice: string;
}

/** Null: there is none, or nobody has looked. */
export function buildUndeclaredView(undeclared: UndeclaredWorkspaces | undefined): UndeclaredView | null {
  if (undeclared === undefined || undeclared.workspaces.length === 0) return null;
  const { workspaces } = undeclared;
  return {
    title: titleOf(workspaces),
    lines: workspaces.map(lineOf),
    advice: '`tollgate import` writes a file for each.',
  };
}

function titleOf(workspaces: readonly UndeclaredWorkspace[]): string {
  const known = workspaces.flatMap(({ spend }) => ('value' in spend ? [fromText(spend.value)] : []));
  const unknown = workspaces.length - known.length;
  const spent = known.length === 0 ? [] : [`${formatSpent(total(known), 'cost')} in 30 days`];
  const others = unknown === 0 ? [] : [known.length === 0 ? 'spend unknown' : `${unknown} of unknown spend`];
  const have = workspaces.length === 1 ? 'workspace has' : 'workspaces have';
  return `${workspaces.length} ${have} no file: ${[...spent, ...others].join(', ')}`;
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
