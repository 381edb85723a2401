/** What happens to money: committed spend of the organisation, and of each workspace whose limits move. */

import { fromText } from '../../exact.ts';
import type { CommittedImpact, CommittedSumImpact, Impact } from '../../impact/document.ts';
import { formatDelta, formatExact } from '../../impact/money.ts';
import type { Plan } from '../../plan/types.ts';
import { escapeInvisible } from '../../printable.ts';
import { type Cell, fresh, type Line, reason, words } from './cells.ts';
import { nameOfWorkspace } from './traffic.ts';

/** `$250 → $500 (+$250)`: for the first line. Null: no cost limit changes. */
export function organisationMoney({ impact }: Plan): Line | null {
  const all = impact?.organisation ?? null;
  if (all === null) return null;
  const [was, will] = [describeSum(all.before), describeSum(all.after)];
  // What nothing bounds any more is in no difference.
  return moved(was, will, all.before.unbounded === all.after.unbounded ? all.delta : null);
}

function moved(was: string, will: string, delta: string | null): Line {
  if (was === will) return [words(will === 'not known' ? will : `${will}, as before`)];
  const change: Cell[] =
    delta === null || fromText(delta).n === 0n
      ? []
      : [
          {
            is: 'shift',
            text: ` (${formatDelta(fromText(delta), 'cost')})`,
            to: fromText(delta).n > 0n ? 'raise' : 'cut',
          },
        ];
  return [words(`${was} → `), fresh(will), ...change];
}

/** For how many of the workspaces the amounts are known, and for which not. */
export function reachOfMoney({ impact, notRead = [], workspaces }: Plan): string | null {
  const all = impact?.organisation ?? null;
  if (all === null) return null;
  const { after } = all;
  const total = after.bounded + after.partly + after.unbounded + after.unknown;
  const missing = after.partly + after.unknown;
  if (missing === 0) return null;
  const known = new Set(
    impact?.workspaces.filter(({ after: { kind } }) => kind !== 'unknown').map((one) => one.workspace),
  );
  const names = notRead.flatMap(({ workspace, kinds }) => {
    const isOpen = kinds.includes('usage-policy') || kinds.includes('key-limits');
    return workspace === null || !isOpen || known.has(workspace) ? [] : [nameOfWorkspace(workspace, { workspaces })];
  });
  // Why nothing is known of the others is not in the plan.
  const isShort = names.length === missing && missing <= mostNamed;
  const which = isShort ? `, not for ${names.join(', ')}` : '';
  return `known for ${total - missing} of ${total} workspaces${which}`;
}

/** Of those that are not known; where there are more, `--verbose` lists what was not read. */
const mostNamed = 2;

function describeSum({ cents, bounded, partly, unbounded, unknown }: CommittedSumImpact): string {
  if (bounded === 0 && partly + unbounded + unknown > 0) return unbounded > 0 ? 'unbounded' : 'not known';
  const open = unbounded === 0 ? '' : ` and unbounded in ${unbounded} ${unbounded === 1 ? 'workspace' : 'workspaces'}`;
  return `${formatExact(fromText(cents), 'cost')}${open}`;
}

/** Beside the name of a workspace: `$250 → $500 (+$250), by old-trial → monthly-spend`. */
export function workspaceMoney(impact: Impact | null, slug: string | null): Line | null {
  const found = impact?.workspaces.find(({ workspace }) => workspace === slug);
  if (found === undefined) return null;
  const { before, after, delta, unjudged } = found;
  const [was, will] = [describeBound(before), describeBound(after)];
  const line = moved(was, will, delta);
  return [...line, unjudged === null ? reason(describeBy(before, after)) : words(`: ${unjudged}`)];
}

function describeBound({ kind, cents }: CommittedImpact): string {
  if (kind === 'bounded' && cents !== null) return formatExact(fromText(cents), 'cost');
  return kind === 'unbounded' ? 'unbounded' : 'not known';
}

/** Why the sum of a workspace moves by another amount than one of its limits. */
function describeBy(before: CommittedImpact, after: CommittedImpact): string {
  const [was, will] = [before.by, after.by].map((by) => (by === null ? null : escapeInvisible(by)));
  if (was === null || will === null || was === undefined || will === undefined) return '';
  return was === will ? `, by ${will}` : `, by ${was} → ${will}`;
}
