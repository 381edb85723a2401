/** What workspaces called over the last days: which models were called, and which keys called. For rules. */

import type { Exact } from '../exact.ts';
import { type GroupRow, groupings, readGroups } from './analytics.ts';
import type { Reads } from './ask.ts';
import { dayMilliseconds } from './windows.ts';

/** Days that traffic is read for. */
export const trafficDays = 30;

export interface ModelTraffic {
  /** As analytics name it. */
  readonly model: string;
  readonly requests: number;
  /** Requests that failed; null: not said. */
  readonly errors: number | null;
  /** Null: not said. */
  readonly tokens: Exact | null;
  /** US cents; null: not said. */
  readonly cost: Exact | null;
}

export interface WorkspaceTraffic {
  /** The models with most calls; null: not read. */
  readonly models: readonly ModelTraffic[] | null;
  /** Ids of the keys that made a call; null: not read, or too many to be read whole. */
  readonly keys: ReadonlySet<string> | null;
}

export interface TrafficNeeds {
  readonly workspaces: readonly { readonly id: string; readonly slug: string }[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * By workspace id, with two questions each. What is refused is null: rules are silent where nothing is known.
 *
 * @throws CancelledError
 */
export async function readTraffic(
  reads: Reads,
  { workspaces, now }: TrafficNeeds,
): Promise<ReadonlyMap<string, WorkspaceTraffic>> {
  const needs = { shows: ['requests'] } as const;
  const read = workspaces.map(async ({ id, slug }): Promise<[string, WorkspaceTraffic]> => {
    const calls = { workspace: slug, from: now - trafficDays * dayMilliseconds, to: now };
    const [models, keys] = await Promise.all([
      readGroups(reads, groupings.model, calls, needs),
      readGroups(reads, groupings.api_key, calls, needs),
    ]);
    return [
      id,
      {
        models: 'unknown' in models ? null : models.value.rows.map(toModel),
        // A list that was cut cannot tell who is missing from it.
        keys: 'unknown' in keys || keys.value.cut !== null ? null : new Set(keys.value.rows.map(({ name }) => name)),
      },
    ];
  });
  return new Map(await Promise.all(read));
}

function toModel({ name, requests, ...row }: GroupRow): ModelTraffic {
  return { model: name, requests: requests ?? 0, ...row };
}
