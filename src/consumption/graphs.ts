/** Graphs of analytics as they come: a summary and points, in numbers. A refusal is thrown: whoever asks has no answer without. */

import { ServiceError } from '../errors.ts';
import { add, type Exact, exactOf, zero } from '../exact.ts';
import { analyticsNumber, type Calls, type Day, queryOfCalls } from './analytics.ts';
import type { Reads } from './ask.ts';
import { dayMilliseconds, dayOf, startOfDay } from './windows.ts';

type Members = Readonly<Record<string, unknown>>;

export interface AnalyticsGraph {
  readonly summary: Members;
  readonly points: readonly Members[];
}

export interface GraphPoint {
  /** ISO, UTC. */
  readonly timestamp: string;
  readonly members: Members;
}

/** @throws ServiceError, also for an answer that makes no sense; CancelledError */
export async function readGraph({ backend }: Reads, path: string, calls: Calls): Promise<AnalyticsGraph> {
  const answer = await backend.readAnalytics(path, queryOfCalls(calls));
  const { summary, data_points: points = [] } = answer;
  if (!isMembers(summary)) throw brokenAnswer(`/analytics${path}`, 'the answer holds no summary');
  if (!Array.isArray(points) || !points.every(isMembers))
    throw brokenAnswer(`/analytics${path}`, 'the answer holds no list of points');
  return { summary, points };
}

/** The same where the answer is a part of a larger one: a text instead says why there is none. */
export async function tryGraph(reads: Reads, path: string, calls: Calls): Promise<AnalyticsGraph | string> {
  const answer = await reads.attempt('readAnalytics', () => readGraph(reads, path, calls));
  return 'unknown' in answer ? answer.unknown : answer.value;
}

/** Points with a time, in its order. */
export function pointsInTime({ points }: AnalyticsGraph): readonly GraphPoint[] {
  return points
    .flatMap((members): (GraphPoint & { readonly at: number })[] => {
      const at = Date.parse(String(members.timestamp));
      return Number.isNaN(at) ? [] : [{ at, timestamp: new Date(at).toISOString(), members }];
    })
    .sort((a, b) => a.at - b.at);
}

/** Null: not said. */
export function exactMember(members: Members, name: string): Exact | null {
  const number = analyticsNumber(members[name]);
  return number === null ? null : exactOf(number);
}

/** What a member comes to on each day of the window; null where points are longer than days, or one shows no number. */
export function sumByDay(graph: AnalyticsGraph, name: string, { from, to }: Calls): readonly Day[] | null {
  const byDate = new Map<string, Exact>();
  for (let at = startOfDay(from); at <= to; at += dayMilliseconds) byDate.set(dayOf(at), zero);
  const points = pointsInTime(graph);
  const times = points.map(({ timestamp }) => Date.parse(timestamp));
  const steps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  if (points.length < graph.points.length || (steps.length > 0 && Math.min(...steps) > dayMilliseconds)) return null;
  for (const { timestamp, members } of points) {
    const value = exactMember(members, name);
    if (value === null) return null;
    const date = timestamp.slice(0, 10);
    byDate.set(date, add(byDate.get(date) ?? zero, value));
  }
  return [...byDate].sort(([a], [b]) => (a < b ? -1 : 1)).map(([date, cost]) => ({ date, cost }));
}

/** An answer came, and makes no sense. */
export function brokenAnswer(path: string, problem: string): ServiceError {
  return new ServiceError(`GET ${path}: ${problem}`, {
    status: 200,
    method: 'GET',
    path,
    detail: problem,
    maybeApplied: false,
  });
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
