/** What happens to groups of workspaces that have a ceiling, a line each. */

import { fromText } from '../../exact.ts';
import { describeSum, describeWritten } from '../../guards/ceiling.ts';
import type { GroupImpact } from '../../impact/document.ts';
import { formatDelta, formatExact } from '../../impact/money.ts';
import type { Plan } from '../../plan/types.ts';
import { type Cell, fresh, type Line, verdict, words } from './cells.ts';

export function ceilingLines({ impact }: Plan): Line[] {
  return (impact?.groups ?? []).map(ceilingLine);
}

/** `Group research: $19,000 → $22,000 (+$3,000) of $20,000 / 30 days: above its ceiling`. */
function ceilingLine(impact: GroupImpact): Line {
  const { group, before, after, rise, ceiling, verdict: judged, unjudged, in_force } = impact;
  const [was, will] = [describeSpend(before), describeSpend(after)];
  const cents = rise === null ? null : fromText(rise);
  const shift: Cell[] =
    cents === null || cents.n === 0n
      ? []
      : [{ is: 'shift', text: ` (${formatDelta(cents, 'cost')})`, to: cents.n > 0n ? 'raise' : 'cut' }];
  const spend: Cell[] = was === will ? [words(will)] : [words(`${was} → `), fresh(will)];
  const most = `${formatExact(fromText(ceiling), 'cost')} / 30 days`;
  return [
    words(`Group ${group}: `),
    ...spend,
    ...shift,
    words(` of ${most}${in_force ? describeWritten(impact) : ', new with these files'}`),
    ...said(judged, rise === null || (cents?.n ?? 0n) > 0n, unjudged),
  ];
}

function said(judged: GroupImpact['verdict'], rises: boolean, unjudged: string | null): Line {
  if (judged === 'within') return [];
  if (judged === 'above')
    return [
      words(': '),
      verdict(rises ? 'stop' : 'warn', `above its ceiling${rises ? '' : ', and not raised by this plan'}`),
    ];
  return [words(`: whether that is within it is not known${unjudged === null ? '' : `, as ${unjudged}`}`)];
}

/** Workspaces that nothing bounds, and those of which nothing is known, are no dollars. */
function describeSpend(sum: GroupImpact['after']): string {
  const { unknown, partly, unbounded } = sum;
  const open = unknown + partly;
  const known = open === 0 || unbounded > 0 ? '' : ` and what is not known of ${open}`;
  return `${describeSum(sum)}${known}`;
}
