/** The ceilings of groups of workspaces: judged on what the plan leaves, and only where it raises that. */

import { fraction, fromText, multiply, ceiling as roundUp } from '../exact.ts';
import type { CommittedSumImpact, GroupImpact } from '../impact/document.ts';
import { formatDelta, formatExact } from '../impact/money.ts';
import type { Plan } from '../plan/types.ts';
import { largestOf, toWordNumber, type WordNumber } from '../plan/words.ts';
import { dateInWords } from '../resources/until-text.ts';
import { type GuardInput, type Objection, shortenDetails } from './input.ts';

/** The number is that of the rise, of the group that rises most: a rise of one pull request goes on top of another's. */
export function judgeCeiling({ plan, countsAll }: GuardInput): Objection | null {
  const risen = (plan.impact?.groups ?? []).flatMap((group) => {
    const rise = dollarsOf(group);
    return rise !== 0 && (countsAll === true || group.verdict === 'above') ? [{ group, rise }] : [];
  });
  if (risen.length === 0) return null;
  return {
    count: largestOf(risen.map(({ rise }) => rise)),
    details: shortenDetails(risen.map(({ group }) => describe(group))),
    first: firstIn(
      plan,
      risen.flatMap(({ group }) => group.workspaces),
    ),
  };
}

/** What of a group cannot be judged, one sentence each. */
export function unjudgedCeilings({ impact }: Plan): string[] {
  return (impact?.groups ?? []).flatMap(({ group, unjudged }) =>
    unjudged === null ? [] : [`ceiling cannot be judged for group ${group}: ${unjudged}`],
  );
}

/** Whole dollars, rounded up; 0: it does not rise. */
function dollarsOf({ rise }: GroupImpact): WordNumber {
  if (rise === null) return 'unbounded';
  const cents = fromText(rise);
  return cents.n <= 0n ? 0 : toWordNumber(roundUp(multiply(cents, fraction(1n, 100n))));
}

/** ` in force (these files: $5,000)`; nothing where the files say the same. */
export function describeWritten({ written }: GroupImpact): string {
  if (written === undefined) return '';
  return ` in force (these files: ${written === null ? 'none' : formatExact(fromText(written), 'cost')})`;
}

function describe(impact: GroupImpact): string {
  const { group, before, after, rise, ceiling, from } = impact;
  const by = rise === null ? '' : ` (${formatDelta(fromText(rise), 'cost')})`;
  const most = formatExact(fromText(ceiling), 'cost');
  const since = from === undefined ? '' : `, from ${dateInWords(from)} on`;
  return `committed spend of group ${group}: ${describeSum(before)} → ${describeSum(after)} / 30 days${by}; its ceiling is ${most}${describeWritten(impact)}${since}`;
}

/** Of what is bounded; what is not is named beside it. */
export function describeSum({ cents, unbounded }: CommittedSumImpact): string {
  return unbounded > 0 ? 'unbounded' : formatExact(fromText(cents), 'cost');
}

function firstIn({ changes }: Plan, slugs: readonly string[]): string | undefined {
  const own = changes.filter(({ key }) => key.workspace !== null && slugs.includes(key.workspace));
  return (own.find(({ direction }) => direction === 'loosen') ?? own[0])?.id;
}
