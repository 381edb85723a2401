/** Ceilings of groups of workspaces that are spent, or will be before their window ends: told once a window. Pure. */

import type { GroupSpend } from '../consumption/group-spend.ts';
import { dayMilliseconds } from '../consumption/windows.ts';
import { compare, exactOf, round } from '../exact.ts';
import { formatSpent } from '../impact/money.ts';
import { formatDay, formatInstant } from '../render/status-words.ts';
import { formatAmount, formatReset } from '../resources/amounts.ts';
import type { EventWords, Happening, HappeningGroup } from './due-events.ts';
import type { Message } from './message.ts';
import type { Watcher } from './watched.ts';

/** Those of the organisation are told; of what is not known nobody is, beyond what is spent for certain. */
export function ceilingsReached(
  groups: readonly GroupSpend[],
  watcher: Pick<Watcher, 'routeOfPlace'>,
  words: EventWords,
): HappeningGroup[] {
  const route = watcher.routeOfPlace(null);
  return groups.flatMap((one): HappeningGroup[] => {
    const { group, ceiling, from, next, runOut } = one;
    if (group === null || ceiling === null) return [];
    const isSpent = compare(one.atLeast, exactOf(ceiling)) >= 0;
    const isNear =
      runOut?.when === 'this-window' &&
      route.forecast !== null &&
      runOut.at <= words.now + route.forecast * dayMilliseconds;
    if (!isSpent && !isNear) return [];
    const at = !isSpent && runOut?.when === 'this-window' ? runOut.at : null;
    const what = isSpent ? 'spent' : 'runs-out';
    const happening: Happening = {
      kind: 'ceiling',
      key: `${group}\n${what}`,
      // Another window or another ceiling is told anew.
      version: `${new Date(from).toISOString()} ${ceiling}`,
      end: next,
      route,
      line: null,
      data: {
        group,
        what,
        owner: one.owner,
        workspaces: one.workspaces,
        ceiling_cents: ceiling,
        spent_at_least_cents: Number(round(one.atLeast)),
        reaches_at: at === null ? null : new Date(at).toISOString(),
      },
    };
    return [{ all: [happening], write: () => writeCeiling(one, ceiling, at, happening, words) }];
  });
}

function writeCeiling(
  { group, owner, reset, next, atLeast, workspaces }: GroupSpend,
  ceiling: number,
  at: number | null,
  { data }: Happening,
  { environment, now }: EventWords,
): Omit<Message, 'id'> {
  const most = formatAmount(ceiling, 'cost');
  return {
    kind: 'ceiling',
    title:
      at === null
        ? `Group ${group} has spent its ceiling of ${most}`
        : `Group ${group} reaches its ceiling of ${most} on ${formatDay(at)}`,
    facts: [
      { label: 'Group', value: group ?? '' },
      { label: 'Spent', value: `${formatSpent(atLeast, 'cost')} of ${most} ${formatReset(reset)}` },
      { label: 'Window ends', value: formatInstant(next) },
      { label: 'Workspaces', value: `${workspaces.length}` },
      ...(owner === null ? [] : [{ label: 'Owner', value: owner }]),
      { label: 'Environment', value: environment },
    ],
    paragraphs: ['Nobody is refused: the service knows no groups. Lower limits of its workspaces hold it.'],
    link: null,
    at: now,
    data: { environment, items: [data] },
  };
}
