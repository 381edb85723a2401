/** Which crossings are due to be told: each once a limit, counter, threshold and window. Pure. */

import type { LimitStatus } from '../consumption/limit-status.ts';
import { dayMilliseconds } from '../consumption/windows.ts';
import { compare, toDrawn, zero } from '../exact.ts';
import { groupBy } from '../live/place-index.ts';
import {
  type CrossedCounter,
  type Crossing,
  type CrossingsOfCounter,
  countersOf,
  crossingsOf,
  indexMarks,
  type MarkIndex,
  wasReset,
} from './crossings.ts';
import { hashOf, type Mark, type Memory, markIn } from './memory.ts';
import type { Message } from './message.ts';
import {
  type ChannelKinds,
  channelsOf,
  leftOf,
  type MarkOf,
  messageIdOf,
  type Telling,
  type ToldOn,
} from './telling.ts';
import { type WatchedLimit, type Watcher, type WindowNow, windowOfLimit } from './watched.ts';

/** What somebody is told of a limit. */
export type LimitNews =
  | {
      readonly what: 'threshold' | 'exhausted';
      readonly limit: LimitStatus;
      /** In the unit of the limit. */
      readonly at: number;
      /** Fullest first. */
      readonly counters: readonly CrossedCounter[];
    }
  | { readonly what: 'runs-out'; readonly limit: LimitStatus; readonly at: number };

export interface LimitsDue {
  readonly tellings: readonly Telling[];
  /** Keys of what counts as not told any more: its counter was reset, or its amount is another one. */
  readonly forgotten: readonly string[];
  /** Keys of what was told in this window. */
  readonly holding: readonly string[];
}

export interface DueFacts {
  readonly limits: readonly LimitStatus[];
  readonly watcher: Watcher;
  readonly channels: ChannelKinds;
  readonly memory: Pick<Memory, 'marks'>;
  readonly environment: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Without its id. */
  readonly write: (news: LimitNews) => Omit<Message, 'id'>;
}

export function findDueLimits(facts: DueFacts): LimitsDue {
  const marks = indexMarks(facts.memory);
  const watched = facts.limits.flatMap((limit): Watched[] => {
    const watched = facts.watcher.watch(limit.facts);
    return watched === null ? [] : [{ limit, watched }];
  });
  // Two of the same reset can be written by hand: neither is the other's old amount.
  const amounts = new Map<string, Set<number>>();
  for (const { limit, watched: of } of watched) {
    amounts.set(of.key, (amounts.get(of.key) ?? new Set()).add(limit.facts.amount));
  }
  const all = watched.map((one) => dueOf(one, { ...facts, marks, amounts: amounts.get(one.watched.key) ?? new Set() }));
  return {
    tellings: all.flatMap(({ tellings }) => tellings),
    forgotten: all.flatMap(({ forgotten }) => forgotten),
    holding: all.flatMap(({ holding }) => holding),
  };
}

const nothing: LimitsDue = { tellings: [], forgotten: [], holding: [] };

interface Watched {
  readonly limit: LimitStatus;
  readonly watched: WatchedLimit;
}

/** Of one limit. */
interface LimitFacts extends DueFacts {
  readonly marks: MarkIndex;
  /** In force, in the unit of the limit. */
  readonly amounts: ReadonlySet<number>;
}

interface LimitNow extends Watched {
  readonly window: WindowNow;
  readonly facts: LimitFacts;
}

function dueOf({ limit, watched }: Watched, facts: LimitFacts): LimitsDue {
  const window = windowOfLimit(limit.facts, limit.nextReset, facts.now);
  if (window === null) return nothing;
  const now: LimitNow = { limit, watched, window, facts };
  const crossings = countersOf(limit).map((counter) => crossingsOf(counter, now));
  const runOut = runOutOf(limit, watched, window, facts);
  return {
    tellings: [...groupCrossings(crossings, now), ...runOut.tellings],
    forgotten: [...crossings.flatMap((one) => one.forgotten), ...runOut.forgotten],
    holding: [...crossings.flatMap((one) => one.holding), ...runOut.holding],
  };
}

/** One message for all counters that reached the same threshold; one that did not reach everybody goes to the others alone. */
function groupCrossings(all: readonly CrossingsOfCounter[], { limit, watched, window, facts }: LimitNow): Telling[] {
  const parts = all.flatMap(({ counter, due }) => {
    const again = groupBy(due, ({ told }) => told?.m ?? null);
    return [due.filter(({ told }) => told === null), ...again.values()].flatMap((crossings) => {
      const highest = crossings.at(-1);
      return highest === undefined ? [] : [{ counter, crossings, highest }];
    });
  });
  const groups = groupBy(
    parts,
    ({ highest }) => highest.told?.m ?? `${highest.at}:${highest.threshold.at === 'budget'}`,
  );
  return [...groups.values()].flatMap((group): Telling[] => {
    const [first] = group;
    if (first === undefined) return [];
    const { highest } = first;
    const to = toOf(
      group.flatMap(({ crossings }) => crossings),
      watched,
      highest,
      facts,
    );
    if (to.length === 0) return [];
    const marks = group.flatMap(({ counter: { used }, crossings }) => {
      const mark = {
        w: window.id,
        e: window.end,
        of: limit.facts.amount,
        ...(used === null ? {} : { used: toDrawn(used) }),
      };
      return crossings.map(({ key }): MarkOf => ({ key, mark }));
    });
    const counters = group.map(({ counter }) => counter).sort((a, b) => compare(b.used ?? zero, a.used ?? zero));
    const what = highest.threshold.at === 'budget' ? 'exhausted' : 'threshold';
    const message = facts.write({ what, limit, at: highest.at, counters });
    const id = highest.told?.m ?? messageIdOf(facts.environment, marks, facts.memory);
    return [{ message: { ...message, id }, marks, to }];
  });
}

/** Those in force and those of each threshold that it tells of; where the service tells the former, the latter alone. */
function toOf(
  crossings: readonly Crossing[],
  { route }: WatchedLimit,
  highest: Crossing,
  { channels }: DueFacts,
): readonly ToldOn[] {
  const own = crossings.flatMap(({ threshold: { only, also } }) => only ?? also);
  const isForAll = crossings.some(({ threshold }) => threshold.only === null);
  const recipients = [...new Set([...(isForAll ? route.recipients : []), ...own])].sort();
  const to = channelsOf({ channels: route.channels, recipients }, channels);
  const { told } = highest;
  return told === null ? to : leftOf(to, told);
}

function runOutOf(
  limit: LimitStatus,
  { key: of, route }: WatchedLimit,
  window: WindowNow,
  { memory, marks: index, amounts, channels, environment, now, write }: LimitFacts,
): LimitsDue {
  const { runOut, used } = limit;
  const base = hashOf([of, 'runs-out']);
  const drawn = used === null ? null : toDrawn(used);
  const isOver = (mark: Mark): boolean =>
    (mark.of !== undefined && !amounts.has(mark.of)) ||
    (drawn !== null && mark.w === window.id && wasReset(drawn, [mark], limit));
  const known = index.get(base) ?? [];
  const forgotten = known.flatMap(([key, mark]) => (isOver(mark) ? [key] : []));
  const holding = known.flatMap(([key, mark]) => (mark.w === window.id ? [key] : []));
  const nothingToTell: LimitsDue = { tellings: [], forgotten, holding };
  if (route.forecast === null || runOut?.when !== 'this-window') return nothingToTell;
  // A forecast is nothing that the service mails: where one is asked for, it is told of keys too.
  if (runOut.at > now + route.forecast * dayMilliseconds) return nothingToTell;
  const { amount } = limit.facts;
  const key = `${base}:runs-out@${amount}`;
  const told = forgotten.includes(key) ? null : markIn(memory, key, window.id);
  if (told !== null && told.left === undefined) return nothingToTell;
  const all = channelsOf(route, channels);
  const to = told === null ? all : leftOf(all, told);
  if (to.length === 0) return nothingToTell;
  const mark = { w: window.id, e: window.end, of: amount, ...(drawn === null ? {} : { used: drawn }) };
  const marks: readonly MarkOf[] = [{ key, mark }];
  const message = write({ what: 'runs-out', limit, at: runOut.at });
  const id = told?.m ?? messageIdOf(environment, marks, memory);
  return { tellings: [{ message: { ...message, id }, marks, to }], forgotten, holding };
}
