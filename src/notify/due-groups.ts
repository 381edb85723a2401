/**
 * Ceilings of groups of workspaces, and thresholds below them, that are spent; and ceilings that will be before their window ends: each
 * told once a window. Pure.
 */

import type { GroupSpend } from '../consumption/group-spend.ts';
import { dayMilliseconds } from '../consumption/windows.ts';
import { compare, exactOf, round } from '../exact.ts';
import { formatSpent } from '../impact/money.ts';
import { formatDay, formatInstant } from '../render/status-words.ts';
import type { AlertRoute, AlertThreshold } from '../resources/alert-settings.ts';
import { formatAmount, formatReset } from '../resources/amounts.ts';
import { addressOfOwner } from '../resources/workspace-groups.ts';
import type { EventWords, Happening, HappeningGroup } from './due-events.ts';
import type { Message } from './message.ts';
import type { Watcher } from './watched.ts';

/** The organisation's people and the owner are told; of what is not known nobody is, beyond what is spent for certain. */
export function ceilingsReached(
  groups: readonly GroupSpend[],
  watcher: Pick<Watcher, 'routeOfPlace'>,
  words: EventWords,
): HappeningGroup[] {
  const organisation = watcher.routeOfPlace(null);
  return groups.flatMap((spend): HappeningGroup[] => {
    const { group, ceiling } = spend;
    if (group === null || ceiling === null) return [];
    const owner = addressOfOwner(spend.owner);
    const route = withRecipients(organisation, owner === null ? [] : [owner]);
    const of: Ceiling = { spend, group, ceiling };
    return [...thresholdsPassed(of, route, words), ...runOutAhead(of, route, words)];
  });
}

interface Ceiling {
  readonly spend: GroupSpend;
  readonly group: string;
  /** Whole cents. */
  readonly ceiling: number;
}

function withRecipients(route: AlertRoute, more: readonly string[]): AlertRoute {
  return { ...route, recipients: [...new Set([...route.recipients, ...more])].sort() };
}

/** That all of it is spent is told without a threshold. */
const always: AlertThreshold = { at: 'budget' };

function thresholdsPassed({ spend, group, ceiling }: Ceiling, route: AlertRoute, words: EventWords): HappeningGroup[] {
  const { alert, from, atLeast } = spend;
  const all = alert.some(({ at }) => at === 'budget') ? alert : [...alert, always];
  const passed = all.flatMap(({ at, recipients = [] }): Passed[] => {
    const cents = at === 'budget' ? ceiling : at;
    if (compare(atLeast, exactOf(cents)) < 0) return [];
    const what = at === 'budget' ? 'spent' : 'threshold';
    return [
      {
        cents,
        what,
        happening: happeningOf(
          { spend, group, ceiling },
          {
            what,
            key: what === 'spent' ? what : `at ${cents}`,
            // Another window or another amount is told anew.
            version: `${new Date(from).toISOString()} ${cents}`,
            route: withRecipients(route, recipients),
            data: { threshold_cents: cents, reaches_at: null },
          },
        ),
      },
    ];
  });
  const highestFirst = passed.toReversed();
  if (highestFirst.length === 0) return [];
  const most = formatAmount(ceiling, 'cost');
  const titleOf = ({ what, cents }: Passed): string =>
    what === 'spent'
      ? `Group ${group} has spent its ceiling of ${most}`
      : `Group ${group} is past ${formatAmount(cents, 'cost')} of its ceiling of ${most}`;
  return [
    {
      all: highestFirst.map(({ happening }) => happening),
      isLadder: true,
      write: (due) => {
        // Those below the highest are told by it.
        const told = highestFirst.find(({ happening }) => due.includes(happening));
        return writeCeiling({ spend, group, ceiling }, told === undefined ? '' : titleOf(told), due, words);
      },
    },
  ];
}

interface Passed {
  readonly cents: number;
  readonly what: 'spent' | 'threshold';
  readonly happening: Happening;
}

function runOutAhead(of: Ceiling, route: AlertRoute, words: EventWords): HappeningGroup[] {
  const { spend, group, ceiling } = of;
  const { runOut, from, atLeast } = spend;
  const isSpent = compare(atLeast, exactOf(ceiling)) >= 0;
  if (isSpent || runOut?.when !== 'this-window' || route.forecast === null) return [];
  if (runOut.at > words.now + route.forecast * dayMilliseconds) return [];
  const happening = happeningOf(of, {
    what: 'runs-out',
    key: 'runs-out',
    version: `${new Date(from).toISOString()} ${ceiling}`,
    route,
    data: { threshold_cents: ceiling, reaches_at: new Date(runOut.at).toISOString() },
  });
  const title = `Group ${group} reaches its ceiling of ${formatAmount(ceiling, 'cost')} on ${formatDay(runOut.at)}`;
  return [{ all: [happening], write: (due) => writeCeiling(of, title, due, words) }];
}

function happeningOf(
  { spend, group, ceiling }: Ceiling,
  { what, key, data, ...rest }: Pick<Happening, 'key' | 'version' | 'route' | 'data'> & { readonly what: string },
): Happening {
  return {
    ...rest,
    kind: 'ceiling',
    key: `${group}\n${key}`,
    end: spend.next,
    line: null,
    data: {
      group,
      what,
      owner: spend.owner,
      workspaces: spend.workspaces,
      ceiling_cents: ceiling,
      spent_at_least_cents: Number(round(spend.atLeast)),
      ...data,
    },
  };
}

function writeCeiling(
  { spend: { owner, reset, next, atLeast, workspaces }, group, ceiling }: Ceiling,
  title: string,
  due: readonly Happening[],
  { environment, now }: EventWords,
): Omit<Message, 'id'> {
  return {
    kind: 'ceiling',
    title,
    facts: [
      { label: 'Group', value: group },
      {
        label: 'Spent',
        value: `${formatSpent(atLeast, 'cost')} of ${formatAmount(ceiling, 'cost')} ${formatReset(reset)}`,
      },
      { label: 'Window ends', value: formatInstant(next) },
      { label: 'Workspaces', value: `${workspaces.length}` },
      ...(owner === null ? [] : [{ label: 'Owner', value: owner }]),
      { label: 'Environment', value: environment },
    ],
    paragraphs: ['Nobody is refused: the service knows no groups. Lower limits of its workspaces hold it.'],
    link: null,
    at: now,
    data: { environment, items: due.map(({ data }) => data) },
  };
}
