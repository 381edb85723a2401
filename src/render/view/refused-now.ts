/** Whom budgets refuse at this moment, and what of it cannot be known yet: what somebody opens a status for. */

import { escapeInvisible } from '../../printable.ts';
import { hasOneCounter } from '../../resources/limit.ts';
import type { StatusFacts, StatusLimit } from '../status-facts.ts';
import { describeLimit, describeUnread, describeValueKey } from '../status-words.ts';
import { type Line, verdict, words } from './cells.ts';

/** Limits that are told; the rest is a number. */
const mostTold = 4;

/** `Refused now: key ci-runner (ws-platform), 4 of 4 counters by old-trial (ws-market).` */
export function refusedLine(facts: StatusFacts): Line {
  const refusing = facts.limits.filter(({ state }) => state === 'exhausted');
  if (refusing.length === 0) {
    const isOpen = facts.limits.some(({ state }) => state === 'unknown') || facts.belowUnknown > 0;
    const doubt = isOpen || describeUnread(facts) !== null ? ', as far as their use is known' : '';
    return [verdict('fine', 'Nobody is refused now'), words(` by a budget${doubt}.`)];
  }
  const told = refusing.slice(0, mostTold).map((limit) => describeRefused(limit, facts));
  const more = refusing.length > told.length ? `, and by ${refusing.length - told.length} more` : '';
  return [verdict('stop', 'Refused now'), words(`: ${told.join(', ')}${more}.`)];
}

function describeRefused(limit: StatusLimit, { names, counts }: Pick<StatusFacts, 'names' | 'counts'>): string {
  const { facts, exhausted, counters, worst } = limit;
  const { kind, workspace, per, match } = facts;
  const place = workspace === null ? '' : ` (${workspace})`;
  const isEstimate = facts.usage.known && facts.usage.source === 'estimated' && facts.verdict !== 'exhausted';
  const by = isEstimate ? ', by the estimate' : '';
  const name = describeLimit(limit);
  if (kind === 'key-limits') return escapeInvisible(`${counts ? 'a key' : name}${place}${by}`);
  if (kind !== 'usage-policy' || hasOneCounter(per)) {
    const calls = match === 'all' ? 'all calls' : 'the calls';
    return escapeInvisible(`${calls} that ${name}${place} counts${by}`);
  }
  const who =
    exhausted === 1 && !counts && worst !== null
      ? describeValueKey(worst.valueKey ?? '', names)
      : `${exhausted} of ${counters} counters`;
  return escapeInvisible(`${who} by ${name}${place}${by}`);
}

/** The gateway hears of a change within about a minute (docs/service-notes.md#two-minutes), and the service judges after it. */
const settlingMilliseconds = 120_000;

/** Null: nothing was changed just now. */
export function settlingLine({ limits, now, counts }: Pick<StatusFacts, 'limits' | 'now' | 'counts'>): Line | null {
  const changed = limits.filter(({ facts: { updatedAt } }) => {
    const age = now - Date.parse(updatedAt ?? '');
    return age >= 0 && age < settlingMilliseconds;
  });
  if (changed.length === 0) return null;
  const shown = [...new Set(counts ? [] : changed.slice(0, 3).map(describeLimit))].join(', ');
  const which = shown === '' || changed.length > 3 ? `${changed.length} limits` : shown;
  const text =
    `: ${which} ${changed.length === 1 ? 'was' : 'were'} changed in the last 2 minutes. The gateway may go by the old limit so far, ` +
    'and the service may not have judged its counters anew.';
  return [verdict('warn', 'Not settled'), words(text)];
}
